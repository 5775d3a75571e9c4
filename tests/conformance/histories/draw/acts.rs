//! What operators do and look at.

use mauntic_domain::jobs::{JobState, Queue};
use mauntic_domain::replays::Terms;
use mauntic_flows::ports::{
    AuditFilter, CaseFilter, CaseReplay, CompletedJob, JobFilter, Page, ReplayOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::super::deeds::Deed;
use super::super::ops::Op;
use super::super::sights::Sight;
use super::{Draw, KEYS, SCHEDULES};
use crate::scenarios::{asked, given};

/// Keys of requests.
const REQUESTS: [&str; 3] = ["r0", "r1", "r2"];

/// Ticks: how far ahead a replay is gone on with, in seconds.
const WINDOWS: [i64; 3] = [2, 60, 900];

impl Draw {
    /// Something an operator does, now and then under a key.
    pub(super) fn act(&mut self) -> Op {
        let deed = self.deed();
        let is_keyed = self.rng.chance(400) && !matches!(deed, Deed::Refuse(..));
        Op::Act(deed, is_keyed.then(|| REQUESTS[self.rng.below(REQUESTS.len())]))
    }

    fn deed(&mut self) -> Deed {
        let run = self.pick(&self.runs.clone()).unwrap_or(Uuid::max());
        let case = self.case();
        match self.rng.below(20) {
            0..5 => Deed::Replay(self.case_replay(case)),
            5 => Deed::Discard(case),
            6..9 => Deed::Order(self.order()),
            9 => Deed::EndReplay(self.replay()),
            10 | 11 => Deed::RetryRun(run),
            12 => Deed::EndRun(run),
            13 => Deed::CancelRun(run),
            14 => Deed::Cancel(self.some_jobs(1)),
            15 => {
                let ids = (self.id(), self.id());
                let key = [None, None, Some(KEYS[0])][self.rng.below(3)];
                Deed::HandIn(asked::by_hand(ids, self.contact(), key))
            }
            16 => {
                let ids = (self.id(), self.id());
                Deed::OpenRun(given::new_run(SCHEDULES[self.rng.below(2)], ids.0, ids.1, true))
            }
            17 => Deed::Pause(SCHEDULES[self.rng.below(2)], [None, Some("why")][self.rng.below(2)]),
            18 => Deed::ResetBreaker,
            _ => match self.rehearsal() {
                Some(deed) => deed,
                None => Deed::Refuse("nothing", "not_found"),
            },
        }
    }

    /// A tick that goes on with replays.
    pub(super) fn advance_replays(&mut self) -> Op {
        Op::AdvanceReplays(WINDOWS[self.rng.below(WINDOWS.len())])
    }

    /// A case, rather an open one; sometimes none that there is.
    fn case(&mut self) -> Uuid {
        let cases = if self.rng.chance(800) { self.open_cases.clone() } else { self.cases.clone() };
        self.pick(&cases).unwrap_or(Uuid::max())
    }

    fn replay(&mut self) -> Uuid {
        self.pick(&self.replays.clone()).unwrap_or(Uuid::max())
    }

    fn case_replay(&mut self, id: Uuid) -> CaseReplay {
        let (owner, name) = (self.owner(), self.contact());
        let content = match self.rng.below(6) {
            0 | 1 => Some(asked::content(owner, name)),
            2 => Some(asked::list(owner, name)),
            _ => None,
        };
        CaseReplay { id, content, fresh_id: self.id(), idempotency_key: None }
    }

    fn order(&mut self) -> ReplayOrder {
        let terms = Terms {
            limit: [1, 2, 100][self.rng.below(3)],
            canary: [0, 0, 1, 2][self.rng.below(4)],
            per_second: [1, 3, 1_000][self.rng.below(3)],
        };
        ReplayOrder { id: self.id(), filter: self.case_filter(), terms }
    }

    fn case_filter(&mut self) -> CaseFilter {
        let text = |text: &str| Some(text.to_owned());
        let none = CaseFilter::default();
        match self.rng.below(9) {
            0 => CaseFilter { organization_id: text(self.owner()), ..none },
            1 => CaseFilter { reason: text("permanent"), ..none },
            2 => CaseFilter { type_name: text("scoring.CalculateScore"), ..none },
            3 => CaseFilter { payload: Some(json!({"contactId": self.contact()})), ..none },
            4 => CaseFilter { run_id: self.pick(&self.runs.clone()), ..none },
            5 => CaseFilter { queue: text(Queue::OvernightJobs.name()), ..none },
            _ => none,
        }
    }

    fn job_filter(&mut self) -> JobFilter {
        let none = JobFilter::default();
        match self.rng.below(7) {
            0 => JobFilter { organization_id: Some(self.owner().to_owned()), ..none },
            1 => JobFilter { states: vec![JobState::DeadLettered, JobState::Queued], ..none },
            2 => JobFilter { idempotency_key: Some(KEYS[0].to_owned()), ..none },
            3 => JobFilter { run_id: self.pick(&self.runs.clone()), ..none },
            4 => JobFilter { payload: Some(json!({"contactId": self.contact()})), ..none },
            5 => JobFilter { ids: self.some_jobs(3), ..none },
            _ => none,
        }
    }

    /// What the dead job's next attempt would do.
    fn rehearsal(&mut self) -> Option<Deed> {
        let dead = self.jobs.iter().filter(|row| row.state == JobState::DeadLettered);
        let dead: Vec<(Uuid, i32, Option<Uuid>)> =
            dead.map(|row| (row.id, row.claim, row.run_id)).collect();
        let (id, claim, run_id) = self.pick(&dead)?;
        let claim = claim + i32::from(!self.rng.chance(self.stale));
        let done = CompletedJob { id, claim, run_id, summary: json!({"done": true}) };
        Some(Deed::Rehearse(id, Box::new(self.effect_of(vec![done]))))
    }

    /// Something an operator looks at.
    pub(super) fn sight(&mut self) -> Sight {
        let key = SCHEDULES[self.rng.below(2)];
        let limit = self.limit();
        let page = Page { before: None, limit };
        let is_open = self.rng.chance(700);
        match self.rng.below(13) {
            0 | 1 => {
                let before = self.rng.chance(300).then(|| self.job_in(JobState::Queued));
                Sight::Jobs(self.job_filter(), Page { before, limit: 3 * limit })
            }
            2 => Sight::Job(self.job_in(JobState::Failed)),
            3 | 4 => {
                let before = self.rng.chance(300).then(|| self.case());
                Sight::Cases(self.case_filter(), is_open, Page { before, limit })
            }
            5 => Sight::Groups(self.case_filter()),
            6 => Sight::Case(self.case()),
            7 => Sight::Replay(self.replay()),
            8 => Sight::Cron(SCHEDULES.to_vec()),
            9 => Sight::Runs(key, page),
            10 => Sight::Run(self.pick(&self.runs.clone()).unwrap_or(Uuid::max())),
            11 => Sight::Occurrences(key, limit),
            _ if is_open => Sight::Breakers,
            _ => Sight::Audit(AuditFilter::default(), limit),
        }
    }
}
