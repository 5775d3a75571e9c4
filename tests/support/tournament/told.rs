//! What a provider says of a match, by the clock: that it is played from its kickoff to
//! its real end, then how it ended. Of some it says something wrong first, or in between;
//! sometimes it cannot be reached, does not know the match, or what it says is no answer,
//! or contradicts itself.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::scoreboard::{MatchResult, Score};
use mauntic_sim::provider::Said;
use serde_json::{Value, json};

use super::{Played, number};

/// Two halves, what is between and added.
const LENGTH: TimeDelta = TimeDelta::minutes(115);

/// Two halves more, with the breaks.
const EXTRA_TIME: TimeDelta = TimeDelta::minutes(35);

/// A shoot-out.
const SHOOT_OUT: TimeDelta = TimeDelta::minutes(15);

/// So long after its end all goes well: the last checks for corrections must.
const TROUBLE: TimeDelta = TimeDelta::hours(23);

/// When a match was over.
#[must_use]
pub fn end(of: &Played) -> DateTime<Utc> {
    let extra = of.result.extra_time().map_or(TimeDelta::zero(), |_| EXTRA_TIME);
    let shoot_out = of.result.penalties().map_or(TimeDelta::zero(), |_| SHOOT_OUT);
    of.kickoff + LENGTH + extra + shoot_out
}

/// Whether all is said of a match at this time, and nothing goes wrong any more.
#[must_use]
pub fn is_over(of: &Played, now: DateTime<Utc>) -> bool {
    now > end(of) + TROUBLE
}

/// What is said of a match at this time.
#[must_use]
pub fn told(of: &Played, now: DateTime<Utc>) -> Said {
    let trouble = number(&format!("{} {now} trouble", of.name()));
    let is_over = is_over(of, now);
    match trouble % 16 {
        0 if !is_over => Said::Unreachable,
        1 if !is_over => Said::Refused(404),
        2 if !is_over => Said::Garbage(no_answer(of, trouble >> 8).into_bytes()),
        3 if !is_over => Said::Json(contradiction(of, now, trouble >> 8)),
        _ => Said::Json(truth(of, now)),
    }
}

/// The answer when all goes well, which is not always right.
fn truth(of: &Played, now: DateTime<Utc>) -> Value {
    let status = |status: &str| answer(of, status, None);
    match said(of, now) {
        _ if now < of.kickoff => status("scheduled"),
        None => status("live"),
        Some(result) => answer(of, "ended", Some(result)),
    }
}

/// The result that is said at this time; none while it is said to be played.
fn said(of: &Played, now: DateTime<Utc>) -> Option<MatchResult> {
    let since = now - end(of);
    let [wrong, other] = [(1, 0), (0, 2)].map(|(home, away)| wrong(of.result, home, away));
    let within = |minutes: i64| since < TimeDelta::minutes(minutes);
    let kind = number(&format!("{} told", of.name())) % 10;
    match kind {
        // Over too early, and then it is played on.
        5 if within(-20) => None,
        5 if within(-10) => Some(wrong),
        _ if within(0) => None,
        // First wrong: corrected within the hour, the day, or after it.
        0 if within(20) => Some(wrong),
        1 if within(5 * 60) => Some(wrong),
        4 if within(20 * 60) => Some(wrong),
        // Right, wrong, and right again.
        2 if !within(12) && within(3 * 60) => Some(wrong),
        // Wrong, otherwise wrong, and right.
        3 if within(12) => Some(wrong),
        3 if within(3 * 60) => Some(other),
        _ => Some(of.result),
    }
}

fn wrong(result: MatchResult, home: i64, away: i64) -> MatchResult {
    let score = result.full_time();
    let goals = |of: u8, more: i64| i64::from(of) + more;
    let score = Score::new(goals(score.home(), home), goals(score.away(), away));
    MatchResult::of_full_time(score.expect("a score"))
}

fn answer(of: &Played, status: &str, result: Option<MatchResult>) -> Value {
    let score = result.map(|result| {
        let score: Value = serde_json::from_str(&result.canonical()).expect("JSON");
        score
    });
    json!({"id": of.id, "round": of.round, "home": of.home, "away": of.away,
        "kickoff": of.kickoff, "status": status, "score": score, "ground": "a stadium"})
}

/// What cannot be read.
fn no_answer(of: &Played, choice: u32) -> String {
    let mut other = answer(of, "live", None);
    match choice % 6 {
        0 => return "<html>502</html>".to_owned(),
        1 => return format!("[{other}]"),
        2 => return " ".repeat(70_000),
        3 => other["id"] = json!("another"),
        4 => other["status"] = json!("in_play"),
        _ => {
            other["status"] = json!("ended");
            other["score"] = json!({"ft": [100, -1]});
        }
    }
    other.to_string()
}

/// What can be read and cannot be.
fn contradiction(of: &Played, now: DateTime<Utc>, choice: u32) -> Value {
    let with = |score: Value| {
        let mut answer = answer(of, "ended", None);
        answer["score"] = score;
        answer
    };
    match choice % 6 {
        0 => with(Value::Null),
        1 => with(json!({"ft": [1, 1], "p": [4, 4]})),
        2 => with(json!({"ft": [2, 1], "p": [4, 2]})),
        3 => with(json!({"ft": [2, 2], "et": [1, 2]})),
        4 => {
            let mut answer = answer(of, "live", None);
            answer["kickoff"] = json!(now + TimeDelta::hours(1));
            answer
        }
        // Once it was seen begun, it cannot be still to come.
        _ => truth(of, now - TimeDelta::hours(1)),
    }
}
