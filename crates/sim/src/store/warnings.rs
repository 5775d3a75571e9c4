//! What somebody should look at.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use mauntic_domain::breaker::Breaker;
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::runs::RunStatus;
use mauntic_domain::schedules::Outcome;
use mauntic_flows::ports::{Night, Warning, WarningKind};

use super::State;

use super::rows::RunRecord;

/// Most dead letters that are counted, of all queues.
const LETTERS_COUNTED_MAX: usize = 10_000;

/// How far back a nominal time that was missed is told.
const MISSED_TOLD_FOR: TimeDelta = TimeDelta::hours(24);

impl State {
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let most = usize::try_from(WarningKind::TOLD_MAX).unwrap_or(0);
        let drifting = self.boards.drifts.values().map(|row| &row.found);
        let drifting = drifting.filter(|found| found.differences > 0).map(|found| Warning {
            kind: WarningKind::ScoreboardDrift,
            id: Some(found.place.tournament_id),
            name: None,
            count: Some(found.differences),
        });
        let given_up = self.given_up();
        let count = i64::try_from(given_up.len()).unwrap_or(i64::MAX);
        let kind = WarningKind::MatchesGivenUp;
        let given_up = given_up.into_iter().map(|id| Warning {
            kind,
            id: Some(id),
            name: None,
            count: Some(count),
        });
        let night = self.night_warning();
        let boards = drifting.take(most).chain(given_up.take(most));
        boards.chain(night).chain(self.to_look_at(most)).collect()
    }

    /// Of the newest night that has ended.
    fn night_warning(&self) -> Option<Warning> {
        let night = self.newest_night()?;
        let kind = match night.status {
            NightStatus::Partial => WarningKind::NightPartial,
            NightStatus::Failed => WarningKind::NightFailed,
            NightStatus::Started | NightStatus::Completed => return None,
        };
        let (id, count) = (Some(night.run_id), Some(night.users_failed));
        Some(Warning { kind, id, name: None, count })
    }

    fn newest_night(&self) -> Option<&Night> {
        let ended = self.portfolios.nights.values();
        let ended = ended.filter(|night| night.status != NightStatus::Started);
        ended.max_by_key(|night| (night.started_at, night.run_id))
    }

    /// Of queues, breakers, runs, schedules and rates.
    fn to_look_at(&self, most: usize) -> Vec<Warning> {
        let held = self.breakers.iter();
        let held = held.filter(|(_, (breaker, ..))| breaker.name() != Breaker::Healthy.name());
        let held = held.map(|(name, _)| named(WarningKind::BreakerOpen, name, None));
        let is_stalled =
            |run: &&RunRecord| run.status == RunStatus::Running && run.stalled_at.is_some();
        let stalled = self.runs.iter().filter(is_stalled).map(|run| Warning {
            id: Some(run.id),
            ..named(WarningKind::RunStalled, &run.job_key, None)
        });
        let letters = self.counted_letters().into_iter();
        let letters = letters.map(|(of, count)| named(WarningKind::DeadLetters, of, Some(count)));
        let missed = self.counted_missed().into_iter();
        let missed =
            missed.map(|(of, count)| named(WarningKind::OccurrencesMissed, of, Some(count)));
        let all = letters.take(most).chain(held.take(most)).chain(stalled.take(most));
        all.chain(missed.take(most)).chain(self.stale_night()).collect()
    }

    /// Open ones by queue.
    fn counted_letters(&self) -> BTreeMap<&str, i64> {
        let open = self.letters.iter().filter(|letter| letter.decided_at.is_none());
        let open = open.take(LETTERS_COUNTED_MAX);
        count(open.map(|letter| letter.queue.as_str()))
    }

    /// Nominal times by schedule.
    fn counted_missed(&self) -> BTreeMap<&str, i64> {
        let since = self.now - MISSED_TOLD_FOR;
        let missed = self.occurrences.iter().filter(|((_, nominal_at), row)| {
            row.outcome == Outcome::Missed.name() && *nominal_at > since
        });
        count(missed.map(|((job_key, _), _)| job_key.as_str()))
    }

    fn stale_night(&self) -> Option<Warning> {
        let night = self.newest_night()?;
        let rates = self.portfolios.rates.get(&night.inputs_of)?;
        let kind = WarningKind::RatesStale;
        rates.stale.then_some(Warning { kind, id: Some(night.run_id), name: None, count: None })
    }
}

fn named(kind: WarningKind, name: &str, count: Option<i64>) -> Warning {
    Warning { kind, id: None, name: Some(name.to_owned()), count }
}

fn count<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<&'n str, i64> {
    let mut counts = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts
}
