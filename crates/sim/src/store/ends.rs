//! How a job ends: its dead letter, and its run's counts, which are the last
//! thing of every transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::JobState;
use mauntic_domain::runs::RunStatus;
use mauntic_flows::ports::Died;
use uuid::Uuid;

use super::State;
use super::rows::{JobRow, LetterRow, RunRecord};

/// What moves in a run's counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moved {
    pub(super) done: i32,
    pub(super) dead: i32,
    pub(super) cancelled: i32,
    pub(super) spawned: i32,
}

/// By run, so that runs are locked in order.
pub(super) type Counts = BTreeMap<Uuid, Moved>;

impl State {
    /// Makes a job a dead letter, with its row in `jobs.dead_letter`. The run is
    /// the caller's to count.
    pub(super) fn die(
        &mut self,
        id: Uuid,
        reason: &'static str,
        detail: &str,
        change: impl FnOnce(&mut JobRow),
    ) -> Option<Died> {
        let now = self.now;
        let row = self.jobs.change(id, |row| {
            change(row);
            row.end(JobState::DeadLettered, now);
            row.add_error(detail, now);
        })?;
        let died = Died {
            id,
            type_name: row.type_name.clone(),
            queue: row.queue.clone(),
            run_id: row.run_id,
            request_id: row.request_id.clone(),
            claim: row.claim,
            reason,
        };
        let letter = LetterRow {
            job_id: Some(id),
            organization_id: row.organization_id.clone(),
            type_name: Some(row.type_name.clone()),
            body: row.data.to_string().into_bytes(),
            ..LetterRow::new(&row.queue, reason, &cut(detail, 2_000), now)
        };
        self.put_letter(letter);
        Some(died)
    }

    /// Keeps a dead letter; one a message and queue.
    pub(super) fn put_letter(&mut self, mut letter: LetterRow) {
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let is_reason =
            (1..=40).contains(&letter.reason.len()) && letter.reason.chars().all(is_name);
        assert!(is_reason, "dead_letter_reason_check: {}", letter.reason);
        let has_origin = letter.message_id.is_some() || letter.job_id.is_some();
        assert!(has_origin, "dead_letter_origin");
        assert!(letter.detail.chars().count() <= 4_000, "dead_letter_detail_check");
        let is_decided = letter.decision.is_none() || letter.decided_at.is_some();
        assert!(is_decided, "dead_letter_decision");
        let is_kept = |kept: &LetterRow| {
            (&kept.queue, &kept.message_id) == (&letter.queue, &letter.message_id)
        };
        let is_repeat = letter.message_id.is_some() && self.letters.iter().any(is_kept);
        if !is_repeat {
            if letter.id.is_nil() {
                letter.id = self.new_id();
            }
            self.letters.push(letter);
        }
    }

    /// Moves runs' counts; a run is final when they add up. The last thing of
    /// a transaction.
    pub(super) fn count(&mut self, counts: &Counts) {
        let now = self.now;
        for (id, moved) in counts {
            self.change_run(*id, |run| {
                run.counts.done += moved.done;
                run.counts.dead += moved.dead;
                run.counts.cancelled += moved.cancelled;
                run.counts.total += moved.spawned;
                run.progressed_at = now;
                run.stalled_at = None;
                run.settle(now);
            });
        }
    }

    /// Counts jobs that died.
    pub(super) fn count_dead<'a>(&mut self, died: impl IntoIterator<Item = &'a Died>) {
        let mut counts = Counts::new();
        for run in died.into_iter().filter_map(|died| died.run_id) {
            counts.entry(run).or_default().dead += 1;
        }
        self.count(&counts);
    }
}

impl RunRecord {
    /// The status that the counts say.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) {
        self.status = self.counts.status();
        self.finished_at = match self.status {
            RunStatus::Running => None,
            _ => self.finished_at.or(Some(now)),
        };
    }
}

/// The first `most` characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
