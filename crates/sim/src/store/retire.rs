//! Retention: what is final, decided or sent, and old, goes; a case that
//! nobody decided stays, and so does its job.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::overnight::HISTORY_KEPT;
use mauntic_domain::runs::RunStatus;
use mauntic_flows::ports::Retired;
use uuid::Uuid;

use super::State;
use super::acts::ANSWERS_KEPT;
use super::rows::{JobRow, NotificationRow};
use crate::ids::v7_floor;

/// The version of ids that are digests, whose age is not in them.
const DIGEST_VERSION: usize = 8;

impl State {
    pub(super) fn retire(&mut self, keep: TimeDelta, limit: i64) -> Retired {
        let before = self.now - keep;
        let most = usize::try_from(limit).unwrap_or(0);
        Retired {
            jobs: self.retire_jobs(before, most),
            dead_letters: self.retire_letters(before, most),
            runs: self.retire_runs(before, most),
            occurrences: self.retire_occurrences(before, most),
            events: self.retire_events(before, most),
            notifications: self.retire_notifications(before, most),
            deliveries: self.retire_deliveries(before, most),
            answers: self.retire_answers(most),
            replays: self.retire_replays(before, most),
            verifications: self.retire_verifications(before, most),
            night_users: self.retire_night_users(before, most),
            prices: self.retire_prices(before, most),
            nights: self.retire_nights(before, most),
            score_history: self.retire_score_history(self.now - keep.max(HISTORY_KEPT), most),
            criteria: self.retire_criteria(self.now - keep.max(HISTORY_KEPT), most),
        }
    }

    fn retire_jobs(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let open: BTreeSet<Uuid> = self
            .letters
            .iter()
            .filter(|letter| letter.decided_at.is_none())
            .filter_map(|letter| letter.job_id)
            .collect();
        let floor = v7_floor(before);
        let is_old = |row: &&JobRow| {
            let by_hand = row.id.get_version_num() == DIGEST_VERSION;
            row.finished_at.is_some_and(|at| at < before)
                && (by_hand || row.id < floor)
                && !open.contains(&row.id)
        };
        let mut old: Vec<&JobRow> = self.jobs.iter().filter(is_old).collect();
        old.sort_by_key(|row| (row.id.get_version_num() == DIGEST_VERSION, row.id));
        let old: Vec<Uuid> = old.into_iter().map(|row| row.id).take(most).collect();
        old.iter().for_each(|id| self.jobs.delete(*id));
        count(old.len())
    }

    fn retire_letters(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let mut left = most;
        let kept = self.letters.len();
        self.letters.retain(|letter| {
            let goes = left > 0 && letter.decided_at.is_some_and(|at| at < before);
            left -= usize::from(goes);
            !goes
        });
        count(kept - self.letters.len())
    }

    fn retire_runs(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let used: BTreeSet<Uuid> = self.jobs.iter().filter_map(|row| row.run_id).collect();
        let old = self.runs.iter().filter(|run| {
            let is_final = run.status != RunStatus::Running;
            let is_old = run.finished_at.is_some_and(|at| at < before);
            is_final && is_old && !used.contains(&run.id)
        });
        let old: Vec<Uuid> = old.map(|run| run.id).take(most).collect();
        old.iter().for_each(|id| self.runs.delete(*id));
        count(old.len())
    }

    fn retire_occurrences(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let old = self.schedules.iter().flat_map(|(job_key, row)| {
            let place = |at| (job_key.clone(), at);
            let until = place(row.judged_until.min(before));
            self.occurrences.range(place(DateTime::UNIX_EPOCH)..until)
        });
        let old: Vec<_> = old.map(|(key, _)| key.clone()).take(most).collect();
        for key in &old {
            self.occurrences.remove(key);
        }
        count(old.len())
    }

    fn retire_deliveries(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let old = self.deliveries.iter().filter(|(_, row)| row.delivered_at < before);
        let old: Vec<Uuid> = old.map(|(token, _)| *token).take(most).collect();
        old.iter().for_each(|token| drop(self.deliveries.remove(token)));
        count(old.len())
    }

    fn retire_answers(&mut self, most: usize) -> u64 {
        let before = self.now - ANSWERS_KEPT;
        let old = self.answers.iter().filter(|(_, row)| row.created_at < before);
        let old: BTreeSet<_> = old.map(|(name, row)| (row.created_at, name.clone())).collect();
        let old: BTreeSet<_> = old.into_iter().map(|(_, name)| name).take(most).collect();
        self.answers.retain(|name, _| !old.contains(name));
        count(old.len())
    }

    fn retire_replays(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let is_old = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at < before);
        let floor = v7_floor(before);
        let old = self.replays.values().filter(|row| row.id < floor && is_old(row.finished_at));
        let old: Vec<Uuid> = old.map(|row| row.id).take(most).collect();
        old.iter().for_each(|id| drop(self.replays.remove(id)));
        count(old.len())
    }

    fn retire_verifications(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let rows = &mut self.boards.verifications;
        let mut old: Vec<_> = rows.iter().filter(|(_, row)| row.fetched_at < before).collect();
        old.sort_by_key(|(id, row)| (row.fetched_at, **id));
        let old: Vec<_> = old.into_iter().map(|(id, _)| *id).take(most).collect();
        old.iter().for_each(|id| drop(rows.remove(id)));
        count(old.len())
    }

    fn retire_events(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let old = self.outbox.values().filter(|event| event.occurred_at < before);
        let old: Vec<Uuid> = old.map(|event| event.id).take(most).collect();
        old.iter().for_each(|id| drop(self.outbox.remove(id)));
        count(old.len())
    }

    fn retire_notifications(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let now = self.now;
        let is_old = |row: &NotificationRow| {
            row.expires_at < if row.sent_at.is_some() { now } else { before }
        };
        let old = self.notifications.iter().filter(|(_, row)| is_old(row));
        let old: BTreeSet<_> = old.map(|(key, row)| (row.expires_at, key.clone())).collect();
        let old: BTreeSet<_> = old.into_iter().map(|(_, key)| key).take(most).collect();
        self.notifications.retain(|key, _| !old.contains(key));
        count(old.len())
    }
}

pub(super) fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
