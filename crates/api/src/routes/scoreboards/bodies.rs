//! What routes of tournaments read of their bodies; every fault is named.

use std::collections::BTreeMap;

use mauntic_domain::gather::{gathered, sort_by};
use mauntic_domain::ids::{MemberId, ProviderMatchId, ProviderTournamentId};
use mauntic_domain::scoreboard::fixtures::{FIXTURES_MAX, is_team};
use mauntic_domain::scoreboard::guesses::GUESSES_MAX;
use mauntic_domain::scoreboard::provider::read_result;
use mauntic_domain::scoreboard::score::GOALS_MAX;
use mauntic_domain::scoreboard::{AnswerError, Fixture, MatchResult, Round, Score};
use mauntic_flows::ports::{TournamentChange, TournamentSettings};
use serde_json::{Map, Value};

use super::rules::{chain, ranking, rules};
use crate::form::Form;
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::routes::time::dated;
use crate::source::Source;

/// Most characters of the name of a tournament or a league.
const NAME_CHARS_MAX: usize = 200;

/// Most members of one request: 10,000 × 67 B are under the 1 MiB of a body, and a third
/// of a second of the database.
pub(super) const MEMBERS_MAX: usize = 10_000;

const TOURNAMENT: [&str; 5] = ["name", "providerId", "ranking", "rules", "tieBreaks"];

/// What is said of a tournament that is made.
pub(super) fn settings(fields: Map<String, Value>) -> Result<TournamentSettings, Problem> {
    let mut form = Form::of(fields, &TOURNAMENT);
    needed(&form.has("name"), "name", &mut form);
    let said = said(&mut form);
    form.done()?;
    Ok(TournamentSettings {
        name: said.name.unwrap_or_default(),
        provider_id: said.provider_id.flatten(),
        ranking: said.ranking.unwrap_or_default(),
        rules: said.rules.unwrap_or_default(),
        chain: said.chain.unwrap_or_default(),
    })
}

/// What is said of a tournament that is changed.
pub(super) fn change(fields: Map<String, Value>) -> Result<TournamentChange, Problem> {
    let mut form = Form::of(fields, &TOURNAMENT);
    let said = said(&mut form);
    form.done()?;
    Ok(said)
}

fn said(form: &mut Form) -> TournamentChange {
    let name = form.short("name", NAME_CHARS_MAX);
    let provider_id = form.text("providerId").and_then(|text| {
        // Nobody is asked from now on.
        if text.is_empty() {
            return Some(None);
        }
        let parsed = ProviderTournamentId::parse(text);
        parsed.map(Some).map_err(|error| form.fault("providerId", error.to_string())).ok()
    });
    let (ranking, rules, chain) = (ranking(form), rules(form), chain(form));
    TournamentChange { name, provider_id, ranking, rules, chain }
}

fn needed(has: &bool, name: &str, form: &mut Form) {
    if !has {
        form.fault(name, "must be given".to_owned());
    }
}

/// The name of a league.
pub(super) fn name(fields: Map<String, Value>) -> Result<String, Problem> {
    let mut form = Form::of(fields, &["name"]);
    needed(&form.has("name"), "name", &mut form);
    let name = form.short("name", NAME_CHARS_MAX);
    form.done()?;
    Ok(name.unwrap_or_default())
}

/// Matches, by their external ids.
pub(super) fn fixtures(fields: Map<String, Value>) -> Result<Vec<Fixture>, Problem> {
    let mut form = Form::of(fields, &["matches"]);
    let mut found: BTreeMap<ProviderMatchId, Fixture> = BTreeMap::new();
    let names = ["externalId", "round", "home", "away", "kickoff"];
    form.items("matches", FIXTURES_MAX, &names, |form| {
        let fixture = fixture(form)?;
        if found.contains_key(&fixture.external_id) {
            form.fault("externalId", "stands twice".to_owned());
        }
        found.insert(fixture.external_id.clone(), fixture);
        Some(())
    });
    form.done()?;
    Ok(found.into_values().collect())
}

fn fixture(form: &mut Form) -> Option<Fixture> {
    let id = "1 to 64 letters, digits and _ . : -";
    let external_id =
        form.parse("externalId", id, |value| ProviderMatchId::parse(value.as_str()?).ok());
    let round_form = "1 to 64 characters, without control characters, nor blanks at its ends";
    let round = form.parse("round", round_form, |value| Round::parse(value.as_str()?).ok());
    let mut team = |name| {
        let expected = "1 to 100 characters, without control characters";
        form.parse(name, expected, |value| {
            value.as_str().filter(|name| is_team(name)).map(str::to_owned)
        })
    };
    let (home, away) = (team("home"), team("away"));
    let expected = "a time of RFC 3339 with its zone, as 2026-11-29T12:00:00Z";
    let kickoff = form.parse("kickoff", expected, |value| value.as_str().and_then(dated));
    Some(Fixture {
        external_id: external_id?,
        round: round?,
        home: home?,
        away: away?,
        kickoff: kickoff?,
    })
}

/// How a match ended.
pub(super) fn result(fields: Map<String, Value>) -> Result<MatchResult, Problem> {
    let score = fields.get("score").cloned();
    let mut form = Form::of(fields, &["status", "score"]);
    form.parse("status", "ended", |status| (status.as_str() == Some("ended")).then_some(()));
    let known = ["ft", "et", "p"];
    form.inner("score", &known, |_| ());
    let result = match read_result(&gathered(score.map(|score| ("score".to_owned(), score)))) {
        Ok(Some(result)) => Some(result),
        Ok(None) => {
            form.fault("score", "must have ft, the goals of both teams after full time".to_owned());
            None
        }
        Err(AnswerError::Field { .. }) => None,
        Err(error) => {
            form.fault("score", error.to_string());
            None
        }
    };
    form.done()?;
    // Without one the form has a fault.
    result.ok_or_else(|| Problem::new(crate::code::Code::ValidationFailed))
}

/// Members, by name, and where the body has each.
pub(super) type Named = (Vec<MemberId>, Vec<(MemberId, Pointer)>);

/// Members.
pub(super) fn members(fields: Map<String, Value>) -> Result<Named, Problem> {
    let mut form = Form::of(fields, &["members"]);
    let named = form.texts("members", MEMBERS_MAX, |text| {
        MemberId::parse(text).map_err(|error| error.to_string())
    });
    form.done()?;
    let mut members: Vec<MemberId> = named.iter().map(|(member, _)| member.clone()).collect();
    sort_by(&mut members, Ord::cmp);
    members.dedup();
    Ok((members, named))
}

/// A guess.
pub(super) fn guess(fields: Map<String, Value>) -> Result<Score, Problem> {
    let mut form = Form::of(fields, &["home", "away"]);
    let score = score(&mut form);
    form.done()?;
    // Without one the form has a fault.
    score.ok_or_else(|| Problem::new(crate::code::Code::ValidationFailed))
}

fn score(form: &mut Form) -> Option<Score> {
    let mut goals = |name| {
        let expected = format!("a whole number of goals from 0 to {GOALS_MAX}");
        let is_goals = |goals: &i64| (0..=i64::from(GOALS_MAX)).contains(goals);
        form.parse(name, &expected, |value| value.as_i64().filter(is_goals))
    };
    let (home, away) = (goals("home"), goals("away"));
    Score::new(home?, away?).ok()
}

/// Guesses by member, and where the body has each.
pub(super) type Guesses = (Vec<(MemberId, Score)>, Vec<(MemberId, Pointer)>);

/// Guesses about one match.
pub(super) fn guesses(fields: Map<String, Value>) -> Result<Guesses, Problem> {
    let mut form = Form::of(fields, &["guesses"]);
    let mut found: BTreeMap<MemberId, Score> = BTreeMap::new();
    let mut named = Vec::new();
    let names = ["memberId", "home", "away"];
    form.items("guesses", GUESSES_MAX, &names, |form| {
        let expected = "1 to 64 letters, digits and _ . : -";
        let member =
            form.parse("memberId", expected, |value| MemberId::parse(value.as_str()?).ok());
        let at = form.at("memberId");
        let (score, member) = (score(form), member?);
        if found.insert(member.clone(), score?).is_some() {
            form.fault("memberId", "stands twice".to_owned());
        }
        named.push((member, at));
        Some(())
    });
    form.done()?;
    Ok((found.into_iter().collect(), named))
}
