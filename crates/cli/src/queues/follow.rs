//! What `queues tail` knows of a queue's jobs, and what it tells of them; pure.
//!
//! Jobs are listed by id. An id begins with the clock of the host that made it,
//! or with nothing of the kind where it was derived from a message; when a job
//! came to be is told by the database's clock (`createdAt`).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::JobState;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// How long after a job is stamped it may be seen first: the server ends a
/// transaction after 55 s.
pub(super) const OVERLAP: TimeDelta = TimeDelta::seconds(60);

/// How far the clocks of hosts may be behind the database's.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// How far an unfinished job holds the cursor back. Jobs take seconds; one that
/// takes longer is looked at by its id.
const HELD_BACK_MAX: TimeDelta = TimeDelta::hours(1);

/// A job as the API lists it, as far as it tells where the job stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seen {
    #[serde(rename = "jobId")]
    id: Uuid,
    state: String,
    attempt: i64,
    failures: i64,
    #[serde(default)]
    replays: i64,
    created_at: DateTime<Utc>,
}

impl Seen {
    fn is_over(&self) -> bool {
        // A state of a newer build is followed on.
        JobState::from_name(&self.state).is_some_and(JobState::is_final)
    }

    fn stands_where(&self, other: &Self) -> bool {
        let of = |seen: &Self| (seen.attempt, seen.failures, seen.replays);
        self.state == other.state && of(self) == of(other)
    }
}

/// What is told of a job: the state before, if it was known, and now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Transition {
    pub(super) from: Option<String>,
    pub(super) job: Value,
}

/// The jobs that are followed.
#[derive(Debug, Clone, Default)]
pub(super) struct Follow {
    /// Unfinished ones, and finished ones that a list may still show as new.
    seen: BTreeMap<Uuid, Seen>,
    /// When the newest job was made; none before the first.
    newest: Option<DateTime<Utc>>,
    /// Where the turn of [`Follow::unfinished`] is.
    turn: Option<Uuid>,
}

impl Follow {
    /// Everything since a cursor.
    pub(super) fn after(cursor: DateTime<Utc>) -> Self {
        Self { newest: Some(cursor), ..Self::default() }
    }

    /// What was made before this is not new, whenever it is seen first.
    fn floor(&self) -> DateTime<Utc> {
        self.newest.map_or(DateTime::<Utc>::MIN_UTC, |newest| newest - OVERLAP)
    }

    /// Whether a list that has come to this id has shown all that may be new.
    pub(super) fn is_behind(&self, id: Uuid) -> bool {
        let Some(made) = id.get_timestamp() else {
            return false;
        };
        let (secs, nanos) = made.to_unix();
        let made = i64::try_from(secs).ok().and_then(|secs| DateTime::from_timestamp(secs, nanos));
        // What is no time of ours was derived.
        self.newest.is_some() && made.is_some_and(|made| made < self.floor() - SKEW)
    }

    /// Takes note of jobs as a look found them. What changed since the look
    /// before is told, oldest first.
    pub(super) fn notice(&mut self, jobs: &[Value]) -> Result<Vec<Transition>, serde_json::Error> {
        let mut found = Vec::new();
        for job in jobs {
            found.push((Seen::deserialize(job)?, job));
        }
        // Judged by the floor before this look: all of it is new alike.
        let floor = self.floor();
        found.sort_by_key(|(seen, _)| (seen.created_at, seen.id));
        let mut told = Vec::new();
        for (seen, job) in found {
            self.newest = self.newest.max(Some(seen.created_at));
            let before = self.seen.get(&seen.id);
            let is_told = match before {
                Some(before) => !before.stands_where(&seen),
                // A finished one of before was told then, or is nobody's news.
                None => !seen.is_over() || seen.created_at >= floor,
            };
            if is_told {
                let from = before.map(|before| before.state.clone());
                told.push(Transition { from, job: job.clone() });
            }
            self.seen.insert(seen.id, seen);
        }
        let floor = self.floor();
        self.seen.retain(|_, seen| !seen.is_over() || seen.created_at >= floor);
        Ok(told)
    }

    /// The unfinished ones that are followed, but for those just listed: at most
    /// so many, in turn.
    pub(super) fn unfinished(&mut self, listed: &[Value], limit: usize) -> Vec<Uuid> {
        let listed: Vec<Uuid> = listed.iter().filter_map(id_of).collect();
        let is_asked = |seen: &&Seen| !seen.is_over() && !listed.contains(&seen.id);
        let ids: Vec<Uuid> = self.seen.values().filter(is_asked).map(|seen| seen.id).collect();
        let (before, after): (Vec<Uuid>, Vec<Uuid>) =
            ids.into_iter().partition(|id| self.turn.is_some_and(|turn| *id <= turn));
        let asked: Vec<Uuid> = after.into_iter().chain(before).take(limit).collect();
        self.turn = asked.last().copied();
        asked
    }

    /// Forgets a job that is not there any more.
    pub(super) fn forget(&mut self, id: Uuid) {
        self.seen.remove(&id);
    }

    /// Where to go on: everything before it was told to its end, but for what
    /// waits for longer than an hour. None as long as there was no job.
    pub(super) fn cursor(&self) -> Option<DateTime<Utc>> {
        let newest = self.newest?;
        let waiting = self.seen.values().filter(|seen| !seen.is_over());
        let oldest = waiting
            .map(|seen| seen.created_at)
            .filter(|made| *made >= newest - HELD_BACK_MAX)
            .min();
        Some(oldest.map_or(newest, |oldest| oldest.min(newest)))
    }
}

/// A listed job's id.
pub(super) fn id_of(job: &Value) -> Option<Uuid> {
    job.get("jobId").and_then(Value::as_str).and_then(|id| id.parse().ok())
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
