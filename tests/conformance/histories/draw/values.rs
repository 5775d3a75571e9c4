//! What ports are asked for: batches, moves, effects, judgements.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_domain::schedules::{Outcome, SkipReason};
use mauntic_flows::ports::{
    AloneRequest, ClaimRequest, CompletedJob, Effect, JudgedFrom, JudgedSchedule, NewEvent,
    NewOccurrence, RunStart, SentNotification, SetBackJob, ShortJob,
};
use serde_json::json;

use super::{CRONS, Draw, KEYS, SCHEDULES, SUBJECTS};
use crate::scenarios::given;
use crate::subject::{CONTACTS, QUEUE, RawJob, claim_request};

/// Messages of a batch: as many as there may be, because a job that is claimed
/// alone is drawn without regard to what a batch brought.
const BATCH_MAX: i32 = 100;

/// Messages sent by hand; each always says the same.
const SHORTS: usize = 6;

impl Draw {
    /// A batch: addresses, jobs sent by hand, and what is no message.
    pub(super) fn request(&mut self) -> ClaimRequest {
        let mut ids = self.some_jobs(4);
        if self.rng.chance(100) {
            ids.push(self.id());
        }
        ids.sort_unstable();
        ids.dedup();
        let first = self.rng.below(9);
        let message = |n: usize| format!("message-{}", (first + n) % 9);
        let mut shorts = Vec::new();
        for n in 0..SHORTS {
            if self.rng.chance(80) {
                shorts.push(short(n));
            }
        }
        shorts.sort_by_key(|short: &ShortJob| short.id);
        let letters = if self.rng.chance(80) {
            vec![given::letter(["letter-0", "letter-1"][self.rng.below(2)], "malformed")]
        } else {
            Vec::new()
        };
        let request = claim_request(self.id(), &[]);
        let types = if self.rng.chance(100) {
            vec![JobType::RecomputeChunk]
        } else {
            request.types.clone()
        };
        let addresses = ids.into_iter().enumerate().map(|(n, id)| (id, message(n))).collect();
        ClaimRequest { addresses, shorts, letters, types, messages: BATCH_MAX, ..request }
    }

    pub(super) fn alone(&mut self) -> AloneRequest {
        let state = [JobState::Queued, JobState::InProgress][self.rng.below(2)];
        AloneRequest {
            queue: QUEUE,
            id: self.job_in(state),
            token: self.delivery(),
            lease_secs: 90,
        }
    }

    pub(super) fn set_backs(&mut self) -> Vec<SetBackJob> {
        let mut jobs: Vec<SetBackJob> = Vec::new();
        for _ in 0..=self.rng.below(2) {
            let Some((id, claim, _)) = self.held() else {
                break;
            };
            let setback = match self.rng.below(5) {
                0 | 1 => given::failed([0, 5, 600][self.rng.below(3)]),
                2 => given::snoozed(120, ["breaker_open", "contention"][self.rng.below(2)]),
                3 => given::snoozed(0, "breaker_open"),
                _ => given::dead(self.rng.chance(500)),
            };
            if jobs.iter().all(|job| job.id != id) {
                jobs.push(SetBackJob { id, claim, setback });
            }
        }
        jobs
    }

    pub(super) fn effect(&mut self) -> Effect {
        let mut held: Vec<_> = (0..=self.rng.below(3)).filter_map(|_| self.held()).collect();
        held.sort_unstable();
        held.dedup_by_key(|(id, _, _)| *id);
        let done = held.into_iter().map(|(id, claim, run_id)| CompletedJob {
            id,
            claim,
            run_id,
            summary: json!({"done": true}),
        });
        self.effect_of(done.collect())
    }

    /// An effect that completes these.
    pub(super) fn effect_of(&mut self, jobs: Vec<CompletedJob>) -> Effect {
        let mut effect = given::effect(self.now, &[]);
        let Some((first, run_id)) = jobs.first().map(|job| (job.id, job.run_id)) else {
            return effect;
        };
        effect.jobs = jobs;
        for name in CONTACTS {
            if self.rng.chance(300) {
                let mut draw = |most| i64::try_from(self.rng.below(most)).expect("a small number");
                let (points, versions) = (draw(100), (1 + draw(4), draw(3)));
                effect.scores.push(given::score(name, points, versions, first));
            }
        }
        for _ in 0..self.rng.below(3) {
            effect.spawned.push(given::spawned(self.id(), run_id));
        }
        if self.rng.chance(200) {
            effect.events.push(NewEvent {
                event_type: "test.Happened",
                organization_id: Some("org_1".to_owned()),
                data: json!({"what": self.rng.below(100)}),
                job_id: first,
                request_id: None,
            });
        }
        if self.rng.chance(200) {
            let subject = SUBJECTS[self.rng.below(2)].to_owned();
            effect.notified.push(SentNotification { subject, kind: "signal", token: self.token() });
        }
        effect
    }

    pub(super) fn judged(&mut self) -> JudgedSchedule {
        let which = self.rng.below(2);
        let mark = self.marks[which];
        let judged_from = match self.rng.below(10) {
            0 => None,
            1 => Some(self.now - TimeDelta::minutes(7)),
            _ => mark,
        };
        let cron = CRONS[self.rng.below(2)].to_owned();
        let minute = self.now.duration_trunc(TimeDelta::minutes(1)).expect("a minute");
        let count = i64::try_from(self.rng.below(4)).expect("a small number");
        let occurrences = (0..count).map(|n| self.occurrence(minute, count - 1 - n)).collect();
        JudgedSchedule {
            job_key: SCHEDULES[which].into(),
            cron: CRONS[self.rng.below(2)].to_owned(),
            judged_from: judged_from.map(|judged_until| JudgedFrom { judged_until, cron }),
            judged_until: minute - TimeDelta::minutes([0, 0, 5][self.rng.below(3)]),
            ordinal_next: Some(count),
            occurrences,
        }
    }

    /// The one so many minutes ago.
    pub(super) fn occurrence(&mut self, minute: DateTime<Utc>, ago: i64) -> NewOccurrence {
        let start = RunStart {
            run_id: self.id(),
            job_id: self.id(),
            job_type: JobType::BatchRecompute,
            data: json!({}),
            exclusive: self.rng.chance(700),
            request_id: "tick".to_owned(),
        };
        let outcome = [
            Outcome::Ran,
            Outcome::Backfilled,
            Outcome::Missed,
            Outcome::Skipped(SkipReason::Paused),
        ][self.rng.below(4)];
        NewOccurrence {
            nominal_at: minute - TimeDelta::minutes(ago),
            outcome,
            ordinal: ago,
            start: outcome.runs().then_some(start),
        }
    }

    /// A row of another build or another queue.
    pub(super) fn raw(&mut self) -> RawJob {
        let job = given::raw(self.id());
        match self.rng.below(4) {
            0 => RawJob { type_name: "scoring.Later", ..job },
            1 => RawJob { version: 9, ..job },
            2 => RawJob { queue: Queue::OvernightJobs.name(), ..job },
            _ => RawJob { owner: None, type_name: JobType::BatchRecompute.name(), ..job },
        }
    }
}

fn short(n: usize) -> ShortJob {
    let key = [None, Some(KEYS[0]), Some(KEYS[0]), Some(KEYS[1])][n % 4];
    given::short(&format!("short-{n}"), CONTACTS[n % CONTACTS.len()], key)
}
