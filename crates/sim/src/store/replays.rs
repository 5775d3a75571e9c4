//! Replays of many: ordered with their row, gone on with by the tick. What is
//! next follows from the row alone, and moves it in the same step.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::JobState;
use mauntic_domain::replays::{
    Canaries, PER_SECOND_MAX, Progress, STEP_CASES_MAX, Status, Step, step,
};
use mauntic_flows::ports::{
    Act, Advanced, CaseFilter, Ended, PortError, ReplayOrder, ReplayRow, Replayed,
};
use serde_json::json;
use uuid::Uuid;

use super::acts::{Acted, Note};
use super::cases::{Decider, Requeue};
use super::rows::{JobRow, LetterRow, ReplayRecord};
use super::{MemorySession, State, Twin};
use crate::faults::Call;

/// Who ordered what nobody ordered by an act.
const NOBODY: &str = "owner";

/// Most steps of one replay in one call: what the highest pace releases in a
/// minute.
const STEPS_MAX: u32 = 60 * PER_SECOND_MAX / STEP_CASES_MAX;

/// A step of a replay, as it is to be written into its row.
struct Moved {
    row: ReplayRecord,
    stepped: Stepped,
}

/// What one step did.
struct Stepped {
    released: u32,
    status: Status,
    /// Whether it released as many as one may, so that a further one may more.
    had_its_fill: bool,
}

impl MemorySession {
    /// Goes on with every open replay, each in a step of its own.
    pub(super) async fn advance(
        &self,
        window: TimeDelta,
        only: Option<Uuid>,
    ) -> Result<Advanced, PortError> {
        let open = self.call(Call::AdvanceReplays, |state| Ok(state.open_replays())).await?;
        let open: Vec<Uuid> =
            open.into_iter().filter(|id| only.is_none_or(|only| only == *id)).collect();
        let mut advanced = Advanced::default();
        for id in open {
            let steps = if only.is_some() { 1 } else { STEPS_MAX };
            for _ in 0..steps {
                let Some(stepped) = self.one_step(id, window).await? else { break };
                advanced.released += u64::from(stepped.released);
                if stepped.status.is_final() {
                    advanced.ended.push((id, stepped.status.as_str()));
                }
                if !stepped.had_its_fill {
                    break;
                }
            }
        }
        Ok(advanced)
    }

    async fn one_step(&self, id: Uuid, window: TimeDelta) -> Result<Option<Stepped>, PortError> {
        let call = Call::AdvanceReplays;
        if self.store.lock().twin == Twin::ReplayApartFromItsRow {
            let moved = self.call(call, |state| Ok(state.go_on(id, window))).await?;
            return self.call(call, |state| Ok(state.put_moved(moved))).await;
        }
        self.call(call, |state| {
            let moved = state.go_on(id, window);
            Ok(state.put_moved(moved))
        })
        .await
    }
}

impl State {
    pub(super) fn order_replay(
        &mut self,
        order: &ReplayOrder,
        act: Option<&Act>,
    ) -> Acted<ReplayRow> {
        if let Some(row) = self.replay_row(order.id) {
            return (row, Vec::new());
        }
        let record = ReplayRecord {
            id: order.id,
            filter: order.filter.clone(),
            terms: order.terms,
            actor: act.map_or(NOBODY, |act| &act.actor).to_owned(),
            why: act.and_then(|act| act.reason.clone()),
            request_id: act.map(|act| act.request_id.clone()),
            created_at: self.now,
            status: if order.terms.canary > 0 { Status::Canary } else { Status::Running },
            after_case: None,
            canaries: Vec::new(),
            paced_until: self.now,
            replayed: 0,
            refused: 0,
            stopped_by: None,
            finished_at: None,
        };
        let row = self.shown_replay(&record);
        let note = Note::new("dlq.replay_many", &order.id).after(json!({
            "filter": record.filter, "limit": record.terms.limit, "canary": record.terms.canary,
            "perSecond": record.terms.per_second,
        }));
        self.put_replay(record);
        (row, vec![note])
    }

    pub(super) fn replay_row(&self, id: Uuid) -> Option<ReplayRow> {
        self.replays.get(&id).map(|record| self.shown_replay(record))
    }

    pub(super) fn end_replay(&mut self, id: Uuid) -> Acted<Ended> {
        let now = self.now;
        let Some(row) = self.replays.get_mut(&id) else { return (Ended::Unknown, Vec::new()) };
        if row.status.is_final() {
            return (Ended::Over { status: row.status.as_str().to_owned() }, Vec::new());
        }
        let before = json!({"status": row.status.as_str(), "replayed": row.replayed});
        row.status = Status::Cancelled;
        row.finished_at = Some(now);
        let note = Note::new("dlq.replay_cancel", &id).before(before);
        let after = json!({"status": Status::Cancelled.as_str()});
        (Ended::Done { jobs: 0 }, vec![note.after(after)])
    }

    fn open_replays(&self) -> Vec<Uuid> {
        self.replays.values().filter(|row| !row.status.is_final()).map(|row| row.id).collect()
    }

    /// The next step of an open replay.
    fn go_on(&mut self, id: Uuid, window: TimeDelta) -> Option<Moved> {
        let is_free = |row: &&ReplayRecord| !row.status.is_final() && !self.is_locked(row.id);
        let mut row = self.replays.get(&id).filter(is_free)?.clone();
        let progress = Progress {
            status: row.status,
            replayed: row.replayed,
            paced_until: row.paced_until,
            canaries: self.canaries(&row),
        };
        let (mut released, mut had_its_fill) = (0, false);
        match step(row.terms, progress, self.now, window) {
            Step::Wait => return None,
            Step::Stop(job) => {
                row.status = Status::Stopped;
                row.stopped_by = Some(job);
            }
            Step::Release { cases, start, spacing } => {
                if progress.canaries == Canaries::Completed {
                    row.status = Status::Running;
                }
                let is_canary = row.status == Status::Canary;
                let most = usize::try_from(cases).unwrap_or(usize::MAX);
                let found = self.slice(&row, most);
                let is_last = found.len() < most;
                released = self.release_cases(&mut row, &found, start, spacing);
                let is_through = if is_canary {
                    is_last && row.canaries.is_empty()
                } else {
                    is_last || row.replayed >= row.terms.limit
                };
                had_its_fill = !is_canary && !is_through && cases == STEP_CASES_MAX;
                if is_through {
                    row.status = Status::Completed;
                }
            }
        }
        row.finished_at = row.status.is_final().then_some(self.now);
        let stepped = Stepped { released, status: row.status, had_its_fill };
        Some(Moved { row, stepped })
    }

    /// Writes where a replay stands now.
    fn put_moved(&mut self, moved: Option<Moved>) -> Option<Stepped> {
        let Moved { row, stepped } = moved?;
        self.put_replay(row);
        Some(stepped)
    }

    fn put_replay(&mut self, row: ReplayRecord) {
        let id = row.id;
        assert!(row.replayed <= row.terms.limit, "replay_limit: {id}");
        assert!(row.status.is_final() == row.finished_at.is_some(), "replay_final: {id}");
        self.replays.insert(id, row);
    }

    fn canaries(&self, replay: &ReplayRecord) -> Canaries {
        if self.twin == Twin::CanariesUnwatched && !replay.canaries.is_empty() {
            return Canaries::Completed;
        }
        let mut canaries = Canaries::None;
        for id in &replay.canaries {
            let is_well = |row: &&JobRow| row.failures == 0 && !self.has_died(replay.id, *id);
            let state = self.jobs.get(*id).filter(is_well).map(|row| row.state);
            match state {
                None | Some(JobState::Failed | JobState::DeadLettered | JobState::Cancelled) => {
                    return Canaries::Failed(*id);
                }
                Some(JobState::Completed) if canaries == Canaries::None => {
                    canaries = Canaries::Completed;
                }
                Some(JobState::Completed) => {}
                Some(JobState::Queued | JobState::InProgress) => canaries = Canaries::Waiting,
            }
        }
        canaries
    }

    /// Whether a job of a replay has a case that is younger than those that the
    /// replay decided, whoever has decided it since.
    fn has_died(&self, replay: Uuid, job: Uuid) -> bool {
        let of_job = || self.letters.iter().filter(move |letter| letter.job_id == Some(job));
        let is_its = |letter: &&LetterRow| letter.replay_id == Some(replay);
        let first = of_job().filter(is_its).map(|letter| letter.id).min();
        of_job().any(|letter| !is_its(&letter) && first.is_some_and(|first| letter.id > first))
    }

    /// The next cases of a replay: of those that were there when it was ordered,
    /// the open ones that its filter means, by id.
    fn slice(&self, replay: &ReplayRecord, most: usize) -> Vec<Uuid> {
        let is_its = |letter: &LetterRow| {
            replay.after_case.is_none_or(|after| letter.id > after)
                && letter.created_at <= replay.created_at
        };
        self.pick(&replay.filter, is_its, most)
    }

    /// The cases that a replay would take first.
    pub(super) fn first_cases(&self, filter: &CaseFilter, most: usize) -> Vec<Uuid> {
        self.pick(filter, |_| true, most)
    }

    fn pick(
        &self,
        filter: &CaseFilter,
        is_its: impl Fn(&LetterRow) -> bool,
        most: usize,
    ) -> Vec<Uuid> {
        let is_next = |letter: &&LetterRow| {
            letter.decided_at.is_none() && is_its(letter) && self.is_meant(filter, letter)
        };
        let mut found: Vec<Uuid> =
            self.letters.iter().filter(is_next).map(|letter| letter.id).collect();
        found.sort_unstable();
        found.truncate(most);
        found
    }

    /// Queues the jobs of these cases again, one behind the other.
    fn release_cases(
        &mut self,
        replay: &mut ReplayRecord,
        cases: &[Uuid],
        start: DateTime<Utc>,
        spacing: TimeDelta,
    ) -> u32 {
        let decider = Decider {
            by: Some(replay.actor.clone()),
            why: replay.why.clone(),
            replay_id: Some(replay.id),
        };
        let (mut released, mut next) = (0, start);
        for case in cases {
            replay.after_case = Some(*case);
            let letter = self.letter(*case).filter(|letter| letter.decided_at.is_none());
            // Another case of the slice may have been the same job's.
            let Some(letter) = letter else { continue };
            let how = Requeue::now(self.now, decider.clone()).at(whole_micros(next));
            let replayed =
                letter.job_id.map_or(Replayed::NotDead, |job_id| self.requeue(job_id, &how));
            let job_id = self.letter(*case).and_then(|letter| letter.replayed_as);
            match (replayed, job_id) {
                (Replayed::Queued, Some(job_id)) => {
                    released += 1;
                    next = start + spacing * i32::try_from(released).unwrap_or(i32::MAX);
                    if replay.status == Status::Canary {
                        replay.canaries.push(job_id);
                    }
                }
                _ => replay.refused += 1,
            }
        }
        replay.replayed += released;
        // Where the next one has its place.
        replay.paced_until = if released > 0 { whole_micros(next) } else { replay.paced_until };
        released
    }

    fn shown_replay(&self, record: &ReplayRecord) -> ReplayRow {
        let its = self.letters.iter().filter(|letter| letter.replay_id == Some(record.id));
        let jobs = its.filter_map(|letter| self.jobs.get(letter.replayed_as?));
        let (mut completed, mut dead_again) = (0, 0);
        for row in jobs {
            completed += u32::from(row.state == JobState::Completed);
            dead_again += u32::from(row.state == JobState::DeadLettered);
        }
        ReplayRow {
            id: record.id,
            filter: record.filter.clone(),
            limit: record.terms.limit,
            canary: record.terms.canary,
            per_second: record.terms.per_second,
            actor: record.actor.clone(),
            why: record.why.clone(),
            created_at: record.created_at,
            status: record.status.as_str().to_owned(),
            replayed: record.replayed,
            refused: record.refused,
            canaries: record.canaries.clone(),
            paced_until: record.paced_until,
            stopped_by: record.stopped_by,
            finished_at: record.finished_at,
            completed,
            dead_again,
            unfinished: record.replayed.saturating_sub(completed + dead_again),
        }
    }
}

/// As the database keeps times.
fn whole_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    at - TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos() % 1_000))
}
