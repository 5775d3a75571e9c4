//! The provider of matches, by script: what it says of each match from which time on.
//! Matches that nobody wrote a script for are unknown to it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ProviderMatchId, ProviderTournamentId};
use mauntic_domain::scoreboard::{MatchResult, Round, Score, Status, WORLD_CUP_2022};
use mauntic_flows::ports::{CallError, Request};
use serde_json::{Value, json};

/// From the whistle of a match's second half to that of its extra time: two halves of 15
/// minutes, and 5 between and before them.
const EXTRA_TIME: TimeDelta = TimeDelta::minutes(5 + 15 + 15);

/// A shoot-out.
const SHOOT_OUT: TimeDelta = TimeDelta::minutes(15);

/// From kickoff to the whistle of the second half.
const FULL_TIME: TimeDelta = TimeDelta::minutes(112);

/// What is said from a time on; lists of matches are without one of which nothing is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// This, as JSON.
    Json(Value),
    /// Something that is no answer.
    Garbage(Vec<u8>),
    /// Nothing, for it is not reached.
    Unreachable,
    /// That it refuses, with this status.
    Refused(u16),
}

impl Said {
    /// What comes of a request that is answered by it.
    ///
    /// # Errors
    /// Where it is no answer at all.
    pub(crate) fn answer(self, request: &Request) -> Result<Vec<u8>, CallError> {
        let mut body = match self {
            Self::Json(value) => value.to_string().into_bytes(),
            Self::Garbage(body) => body,
            Self::Unreachable => {
                return Err(CallError::Failed { cause: "not reached".to_owned() });
            }
            Self::Refused(status) => return Err(CallError::Refused { status }),
        };
        body.truncate(request.answer_bytes_max() + 1);
        Ok(body)
    }
}

/// What somebody asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub request: Request,
}

type Place = (ProviderTournamentId, ProviderMatchId);

/// The double of a provider.
#[derive(Debug, Default)]
pub struct Provider {
    script: BTreeMap<Place, BTreeMap<DateTime<Utc>, Said>>,
    lists: BTreeMap<ProviderTournamentId, BTreeMap<DateTime<Utc>, Said>>,
    asked: Vec<Question>,
}

impl Provider {
    /// From `since` on it says this of a match; of a time that was said before, this
    /// instead.
    pub fn say(
        &mut self,
        tournament: &ProviderTournamentId,
        id: &ProviderMatchId,
        since: DateTime<Utc>,
        said: Said,
    ) {
        let place = (tournament.clone(), id.clone());
        self.script.entry(place).or_default().insert(since, said);
    }

    /// From `since` on it answers questions for a tournament's list with this, in place of
    /// what it says of the matches; of a [`Said::Json`] as it is.
    pub fn say_list(
        &mut self,
        tournament: &ProviderTournamentId,
        since: DateTime<Utc>,
        said: Said,
    ) {
        self.lists.entry(tournament.clone()).or_default().insert(since, said);
    }

    /// A match is known from `since` on, and is played as it was.
    pub fn play(
        &mut self,
        tournament: &ProviderTournamentId,
        fixture: &Fixture,
        since: DateTime<Utc>,
    ) {
        let mut from = |at, status| {
            let said = Said::Json(fixture.told(status, fixture.result));
            self.say(tournament, &fixture.id, at, said);
        };
        from(since.min(fixture.kickoff), Status::Scheduled);
        from(fixture.kickoff, Status::Live);
        from(fixture.ends_at(), Status::Ended);
    }

    /// What was asked so far, answered or not.
    #[must_use]
    pub fn asked(&self) -> &[Question] {
        &self.asked
    }

    /// What it answers at `now`.
    ///
    /// # Errors
    /// As its script has it; 404 for what it does not know.
    pub fn answer(&mut self, request: &Request, now: DateTime<Utc>) -> Result<Vec<u8>, CallError> {
        self.asked.push(Question { at: now, request: request.clone() });
        let unknown = Said::Refused(404);
        let said = match request {
            Request::Match { tournament, id } => {
                let steps = self.script.get(&(tournament.clone(), id.clone()));
                steps.and_then(|steps| latest(steps, now)).unwrap_or(&unknown).clone()
            }
            Request::Matches { tournament } => self.list(tournament, now).unwrap_or(unknown),
            Request::Alert(_) | Request::Rates | Request::Quotes { .. } => unknown,
        };
        said.answer(request)
    }

    fn list(&self, tournament: &ProviderTournamentId, now: DateTime<Utc>) -> Option<Said> {
        let own = self.lists.get(tournament).and_then(|steps| latest(steps, now));
        if let Some(said) = own {
            return Some(said.clone());
        }
        let of_tournament = self.script.iter().filter(|((of, _), _)| of == tournament);
        let known: Vec<&Said> = of_tournament.filter_map(|(_, steps)| latest(steps, now)).collect();
        let told = known.iter().filter_map(|said| match said {
            Said::Json(value) => Some(value.clone()),
            _ => None,
        });
        let told: Vec<Value> = told.collect();
        (!known.is_empty()).then(|| Said::Json(json!({ "matches": told })))
    }
}

/// What holds at `now` of what holds from a time on.
pub(crate) fn latest<T>(steps: &BTreeMap<DateTime<Utc>, T>, now: DateTime<Utc>) -> Option<&T> {
    steps.range(..=now).next_back().map(|(_, said)| said)
}

/// A match that was played.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixture {
    /// The provider's name of it.
    pub id: ProviderMatchId,
    /// Its round.
    pub round: Round,
    /// The team named first.
    pub home: String,
    /// The team named second.
    pub away: String,
    /// When it began.
    pub kickoff: DateTime<Utc>,
    /// How it ended.
    pub result: MatchResult,
}

impl Fixture {
    /// When it is over.
    #[must_use]
    pub fn ends_at(&self) -> DateTime<Utc> {
        let canonical = self.result.canonical();
        let length = |part: &str, length| {
            if canonical.contains(part) { length } else { TimeDelta::zero() }
        };
        self.kickoff + FULL_TIME + length("\"et\"", EXTRA_TIME) + length("\"p\"", SHOOT_OUT)
    }

    /// What is said of it while it stands so, in the shape of the documents; a result
    /// only once it has one.
    #[must_use]
    pub fn told(&self, status: Status, result: MatchResult) -> Value {
        let mut told = json!({
            "id": self.id, "round": self.round, "home": self.home, "away": self.away,
            "kickoff": self.kickoff, "status": status.name(),
        });
        if matches!(status, Status::Ended | Status::Abandoned)
            && let Some(fields) = told.as_object_mut()
        {
            let score = serde_json::from_str(&result.canonical()).unwrap_or(Value::Null);
            fields.insert("score".to_owned(), score);
        }
        told
    }

    /// What is said of it at `now`.
    #[must_use]
    pub fn told_at(&self, now: DateTime<Utc>) -> Value {
        let status = match now {
            now if now < self.kickoff => Status::Scheduled,
            now if now < self.ends_at() => Status::Live,
            _ => Status::Ended,
        };
        self.told(status, self.result)
    }

    /// The same match, played `later`.
    #[must_use]
    pub fn moved(mut self, later: TimeDelta) -> Self {
        self.kickoff += later;
        self
    }
}

/// The 2022 World Cup, in the order of the matches; they are called `2022-01` to `2022-64`.
#[must_use]
pub fn world_cup() -> Vec<Fixture> {
    let lines = WORLD_CUP_2022.lines().filter(|line| !line.starts_with('#'));
    (1..).zip(lines).filter_map(|(number, line)| fixture(number, line)).collect()
}

fn fixture(number: u32, line: &str) -> Option<Fixture> {
    let mut fields = line.split(',');
    let mut next = || fields.next();
    let kickoff = DateTime::parse_from_rfc3339(next()?).ok()?.to_utc();
    let round = Round::parse(next()?).ok()?;
    let (home, away) = (next()?.to_owned(), next()?.to_owned());
    let full_time = score(next()?)?;
    let (extra_time, penalties) = (score(next()?), score(next()?));
    let id = ProviderMatchId::parse(format!("2022-{number:02}")).ok()?;
    let result = MatchResult::new(full_time, extra_time, penalties).ok()?;
    Some(Fixture { id, round, home, away, kickoff, result })
}

fn score(text: &str) -> Option<Score> {
    let (home, away) = text.split_once(':')?;
    Score::new(home.parse().ok()?, away.parse().ok()?).ok()
}
