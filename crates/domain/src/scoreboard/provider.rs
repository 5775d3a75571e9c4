//! What a provider of matches answers, in the JSON shape that [`parse_match`] shows.
//! It is read field by field, and whatever does not fit has a name: what a stranger
//! sends is neither trusted nor repeated.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Utc};
use serde_json::{Map, Value};

use super::fixtures::is_team;
use super::matches::Status;
use super::refusal::AnswerError;
use super::result::MatchResult;
use super::round::Round;
use super::score::Score;
use crate::ids::ProviderMatchId;

/// Longest answer about one match. One is under 2 KiB with the longest names; the
/// rest is for fields that we do not read.
pub const MATCH_BYTES_MAX: usize = 64 * 1_024;

/// Most matches of a list: all of a league's season twice.
pub const MATCHES_MAX: usize = 1_000;

/// Longest list: a thousand matches of 4 KiB, a thirtieth of an isolate's memory.
pub const LIST_BYTES_MAX: usize = MATCHES_MAX * 4 * 1_024;

/// Most characters of a team's name.
pub const TEAM_CHARS_MAX: usize = 100;

/// A match as its provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The provider's own name of it.
    pub id: ProviderMatchId,
    /// Its round.
    pub round: Round,
    /// The team named first.
    pub home: String,
    /// The team named second.
    pub away: String,
    /// When it begins, or began.
    pub kickoff: DateTime<Utc>,
    /// Where it stands.
    pub status: Status,
    /// Its result; of a match that has not ended, nor was broken off, none, whatever
    /// stands there.
    pub result: Option<MatchResult>,
}

/// Reads an answer about one match:
///
/// ```json
/// {"id": "2022-64", "round": "Final", "home": "Argentina", "away": "France",
///  "kickoff": "2022-12-18T15:00:00Z", "status": "ended",
///  "score": {"ft": [2, 2], "et": [3, 3], "p": [4, 2]}}
/// ```
///
/// `score` is needed once the match has ended, `et` and `p` where they were played.
/// Fields that are not named here are not looked at.
///
/// # Errors
/// Why it is none.
pub fn parse_match(asked: &ProviderMatchId, body: &[u8]) -> Result<Answer, AnswerError> {
    let answer = read_match(&read_json(body, MATCH_BYTES_MAX)?)?;
    if answer.id == *asked { Ok(answer) } else { Err(AnswerError::OtherMatch) }
}

/// Reads a list of matches, `{"matches": […]}`: one that is malformed spoils the
/// list, so that a round is never taken for complete without it.
///
/// # Errors
/// Why it is none.
pub fn parse_matches(body: &[u8]) -> Result<Vec<Answer>, AnswerError> {
    let value = read_json(body, LIST_BYTES_MAX)?;
    let list = value.as_object().ok_or(AnswerError::NotObject)?.get("matches");
    let list = list.and_then(Value::as_array).ok_or(AnswerError::Field { field: "matches" })?;
    if list.len() > MATCHES_MAX {
        return Err(AnswerError::TooMany);
    }
    let answers: Vec<Answer> = list.iter().map(read_match).collect::<Result<_, _>>()?;
    let ids: BTreeSet<_> = answers.iter().map(|answer| &answer.id).collect();
    if ids.len() < answers.len() {
        return Err(AnswerError::Twice);
    }
    Ok(answers)
}

fn read_json(body: &[u8], max: usize) -> Result<Value, AnswerError> {
    if body.len() > max {
        return Err(AnswerError::TooLong { max });
    }
    serde_json::from_slice(body).map_err(|_| AnswerError::NotJson)
}

fn read_match(value: &Value) -> Result<Answer, AnswerError> {
    let fields = value.as_object().ok_or(AnswerError::NotObject)?;
    let id = ProviderMatchId::parse(text(fields, "id")?);
    let id = id.map_err(|_| AnswerError::Field { field: "id" })?;
    let round = Round::parse(text(fields, "round")?);
    let round = round.map_err(|_| AnswerError::Field { field: "round" })?;
    let (home, away) = (team(fields, "home")?, team(fields, "away")?);
    let kickoff = time(fields, "kickoff")?;
    let status =
        Status::from_provider(text(fields, "status")?).ok_or(AnswerError::UnknownStatus)?;
    let result = match status {
        Status::Ended => Some(read_result(fields)?.ok_or(AnswerError::NoScore)?),
        // Broken off before it had a score, it has none.
        Status::Abandoned => read_result(fields)?,
        // A score that may still change, which nobody uses.
        _ => None,
    };
    Ok(Answer { id, round, home, away, kickoff, status, result })
}

fn text<'a>(fields: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, AnswerError> {
    fields.get(field).and_then(Value::as_str).ok_or(AnswerError::Field { field })
}

fn team(fields: &Map<String, Value>, field: &'static str) -> Result<String, AnswerError> {
    let name = text(fields, field)?;
    if is_team(name) { Ok(name.to_owned()) } else { Err(AnswerError::Field { field }) }
}

/// Years of four digits, from 1970 on: every sum of times with these is in range.
fn time(fields: &Map<String, Value>, field: &'static str) -> Result<DateTime<Utc>, AnswerError> {
    DateTime::parse_from_rfc3339(text(fields, field)?)
        .ok()
        .map(|time| time.with_timezone(&Utc))
        .filter(|time| (1970..=9999).contains(&time.year()))
        .ok_or(AnswerError::Field { field })
}

/// The result of `score`; none where that, or its `ft`, is absent or null.
///
/// # Errors
/// When it is none.
pub fn read_result(fields: &Map<String, Value>) -> Result<Option<MatchResult>, AnswerError> {
    let score = match fields.get("score") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(score)) => score,
        Some(_) => return Err(AnswerError::Field { field: "score" }),
    };
    let (full_time, extra_time) = (goals(score, "ft")?, goals(score, "et")?);
    let penalties = goals(score, "p")?;
    let Some(full_time) = full_time else {
        return Ok(None);
    };
    Ok(Some(MatchResult::new(full_time, extra_time, penalties)?))
}

/// Two whole numbers; none where the part is absent or null.
fn goals(score: &Map<String, Value>, part: &'static str) -> Result<Option<Score>, AnswerError> {
    let wrong = AnswerError::Goals { part };
    let pair = match score.get(part) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(pair)) => pair,
        Some(_) => return Err(wrong),
    };
    let [home, away] = pair.as_slice() else {
        return Err(wrong);
    };
    let (Some(home), Some(away)) = (home.as_i64(), away.as_i64()) else {
        return Err(wrong);
    };
    Score::new(home, away).map(Some).map_err(|_| wrong)
}
