//! Draws the next step from a seed and from what the double holds: mostly such
//! that it does something, and sometimes such that it must not.

mod acts;
mod picks;
mod values;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::breaker::Breaker;
use mauntic_domain::jobs::JobState;
use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{JobKey, NewJob, Repeat, RequestKey};
use mauntic_sim::rng::Rng;
use mauntic_sim::store::State;
use mauntic_sim::store::rows::JobRow;
use uuid::Uuid;

use super::ops::Op;
use crate::memory::Memory;
use crate::scenarios::given;
use crate::subject::{Subject, World};

const CRONS: [&str; 2] = ["* * * * *", "*/5 * * * *"];
const SCHEDULES: [&str; 2] = ["scoring.batch-recompute", "scoring.signal-decay"];
const SUBJECTS: [&str; 2] = ["alert-1", "alert-2"];
const DUTIES: [&str; 2] = ["relay", "cron"];
const INTERVALS: [u32; 2] = [60, 900];
const KEYS: [&str; 2] = ["k0", "k1"];

/// Senders of notifications.
const TOKENS: u32 = 3;

/// Where ids begin that are drawn, so that no token is an id.
const IDS_FROM: u32 = 100;

/// Seconds that pass: within leases, past them, past waits, past a run's
/// idleness, a day, an expiry and retention.
const WAITS: [i64; 12] = [10, 30, 58, 60, 60, 90, 300, 900, 1_501, 90_000, 604_800, 2_600_000];

/// The source of steps.
pub(super) struct Draw {
    rng: Rng,
    stale: u32,
    made: u32,
    now: DateTime<Utc>,
    jobs: Vec<JobRow>,
    runs: Vec<Uuid>,
    cases: Vec<Uuid>,
    open_cases: Vec<Uuid>,
    replays: Vec<Uuid>,
    deliveries: Vec<Uuid>,
    events: Vec<Uuid>,
    marks: Vec<Option<DateTime<Utc>>>,
    breaker: i64,
}

impl Draw {
    /// Of a thousand claims that a step names, `stale` are not the job's own.
    pub(super) fn new(seed: u64, stale: u32) -> Self {
        Self {
            rng: Rng::new(seed),
            stale,
            made: IDS_FROM,
            now: DateTime::UNIX_EPOCH,
            jobs: Vec::new(),
            runs: Vec::new(),
            cases: Vec::new(),
            open_cases: Vec::new(),
            replays: Vec::new(),
            deliveries: Vec::new(),
            events: Vec::new(),
            marks: Vec::new(),
            breaker: 0,
        }
    }

    /// The next step.
    pub(super) fn next(&mut self, world: &World<Memory>) -> Op {
        self.now = world.subject.now();
        world.subject.store.look(|state| self.look(state));
        let op = self.step();
        if matches!(op, Op::PutBreaker(version, _) if version == self.breaker) {
            self.breaker += 1;
        }
        op
    }

    fn look(&mut self, state: &State) {
        self.jobs = state.jobs().cloned().collect();
        self.runs = state.runs().map(|run| run.id).collect();
        self.cases = state.letters().iter().map(|letter| letter.id).collect();
        let open = state.letters().iter().filter(|letter| letter.decided_at.is_none());
        self.open_cases = open.map(|letter| letter.id).collect();
        self.replays = state.replays().keys().copied().collect();
        self.deliveries = state.deliveries().keys().copied().collect();
        self.events = state.events().map(|event| event.id).collect();
        let mark = |key: &str| state.schedules().get(key).map(|row| row.judged_until);
        self.marks = SCHEDULES.iter().map(|key| mark(key)).collect();
    }

    fn step(&mut self) -> Op {
        match self.rng.below(100) {
            0..12 => {
                // Long waits seldom: they end whatever is going on.
                let most = if self.rng.chance(250) { WAITS.len() } else { 8 };
                Op::Advance(WAITS[self.rng.below(most)])
            }
            12..20 => self.enqueue(),
            20..32 => Op::Claim(self.request()),
            32..36 => Op::ClaimAlone(self.alone()),
            36..45 => Op::SetBack(self.set_backs()),
            45..52 => Op::Commit(self.effect()),
            52..55 => Op::Bury(self.request()),
            55..64 => self.small_step(),
            64..70 => self.step_of_runs(),
            70..74 => self.step_of_guards(),
            74..80 => self.step_of_duties(),
            80..91 => self.act(),
            91..94 => self.advance_replays(),
            _ => Op::See(self.sight()),
        }
    }

    fn small_step(&mut self) -> Op {
        match self.rng.below(11) {
            0 => self.held().map_or(Op::QueueStats, |(id, claim, _)| Op::HandBack(id, claim)),
            1 => Op::PutOff(self.some_jobs(3)),
            2 => Op::Release(self.delivery()),
            3 => Op::Cancel(self.some_jobs(2)),
            4 | 5 => Op::Replay(self.job_in(JobState::DeadLettered)),
            6 => Op::PutJob(self.raw()),
            7 => Op::MarkSent(self.some_jobs(3)),
            8 | 9 => Op::Absolve(self.holder()),
            _ => Op::MarkOwnSent(self.owner(), self.some_jobs(3)),
        }
    }

    fn step_of_runs(&mut self) -> Op {
        let run = self.pick(&self.runs.clone()).unwrap_or(Uuid::max());
        match self.rng.below(8) {
            0 | 1 => {
                let (run, job) = (self.id(), self.id());
                let key = SCHEDULES[self.rng.below(2)];
                Op::OpenRun(given::new_run(key, run, job, self.rng.chance(700)))
            }
            2 => Op::Run(run),
            3 => Op::CancelRun(run),
            4 => Op::Recount(self.limit()),
            5 => Op::Pause(SCHEDULES[self.rng.below(2)], [None, Some("why")][self.rng.below(2)]),
            6 => Op::Schedules(SCHEDULES.to_vec()),
            _ => Op::WriteJudged(self.judged()),
        }
    }

    fn step_of_guards(&mut self) -> Op {
        let until = self.now + TimeDelta::seconds(120);
        match self.rng.below(7) {
            0..3 => {
                let breaker = [
                    Breaker::Healthy,
                    Breaker::Failing { failures: 4 },
                    Breaker::Open { until },
                    Breaker::HalfOpen { successes: 1, probe_until: Some(until) },
                    Breaker::HalfOpen { successes: 2, probe_until: None },
                ][self.rng.below(5)];
                let is_stale = self.rng.chance(250);
                // One dependency's: the others' rows differ by their names alone.
                Op::PutBreaker(self.breaker + i64::from(is_stale), breaker)
            }
            _ => Op::TryRecord(SUBJECTS[self.rng.below(2)], self.token(), self.id()),
        }
    }

    fn step_of_duties(&mut self) -> Op {
        match self.rng.below(13) {
            0 => Op::TakeDue(self.limit()),
            1 => Op::TakeHeldBack(self.owner()),
            2 => Op::TakeEvents(self.limit()),
            3 => Op::MarkEventsSent(self.pick(&self.events.clone()).into_iter().collect()),
            4 => Op::Beat(DUTIES[self.rng.below(2)], INTERVALS[self.rng.below(2)]),
            5 => Op::Retire,
            6 => Op::Expire(self.limit()),
            7 => Op::DecideLetters,
            8 => Op::QueueStats,
            9 => Op::Score(self.owner(), self.contact()),
            10 => Op::Leaderboard(self.owner()),
            11 => Op::PlanRanges(1 + self.rng.next_u32() % 3, 1 + self.rng.next_u32() % 3),
            _ => {
                let (owner, name) = (self.owner(), self.contact());
                let has_email = self.rng.chance(500);
                let features = Box::new(Features { has_email, ..Features::default() });
                let key = self.key();
                Op::PutFeatures(owner, name, features, given::scoring(owner, name, key))
            }
        }
    }

    fn enqueue(&mut self) -> Op {
        let owner = self.owner();
        let jobs: Vec<NewJob> = (0..=self.rng.below(3))
            .map(|_| {
                let name = self.contact();
                let key = self.key();
                let job = if self.rng.chance(200) {
                    given::chunk(owner, name)
                } else {
                    given::scoring(owner, name, JobKey::None)
                };
                NewJob { key, ..job }
            })
            .collect();
        let key = self.rng.chance(150).then(|| RequestKey {
            holder: format!("a key of {owner}"),
            key: "k".to_owned(),
            fingerprint: [u8::from(self.rng.chance(300)); 32],
            repeat: Repeat::default(),
        });
        Op::Enqueue(owner, jobs, key)
    }
}
