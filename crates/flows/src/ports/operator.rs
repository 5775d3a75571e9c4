//! What operators see of every organization, and do.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Act, AuditFilter, AuditPage, BreakerRow, ByHand, CaseDetail, CaseFilter, CaseGroup, CaseReplay,
    CaseReplayed, CaseView, Committed, CronRow, Dependency, Discarded, Effect, Ended, Handed,
    JobDetail, JobFilter, JobView, OccurrenceView, Page, Paged, PortError, ReplayOrder, ReplayRow,
    Retried, RunView,
};

/// What operators see of every organization, and do.
///
/// Every change of a session that [`OperatorStore::operate`]s, by this port and
/// by the moves of the others ([`super::JobStore::cancel`], [`super::RunStore::open_run`],
/// [`super::RunStore::cancel_run`],
/// [`super::ScheduleStore::pause`]), is one transaction with
/// its entry in the audit; a repeat of its key gets the first answer. A change
/// that does nothing (unknown, over, not dead, held) writes no entry: whoever
/// refuses the call writes it by [`OperatorStore::note_refusal`].
#[trait_variant::make(Send)]
pub trait OperatorStore: Sync {
    /// From now on this session acts for an operator.
    fn operate(&mut self, act: Act);
    /// An entry for a call that was refused with this code. False where it was
    /// not written, because the last hour has as many as the audit takes:
    /// [`mauntic_domain::audit::REFUSALS_AN_HOUR_MAX`] of whom this session acts
    /// for, or [`mauntic_domain::audit::ENTRIES_AN_HOUR_MAX`] in all.
    async fn note_refusal(&self, action: &str, target: &str, code: &str)
    -> Result<bool, PortError>;

    /// Jobs, newest first.
    async fn jobs(&self, filter: &JobFilter, page: Page) -> Result<Paged<JobView>, PortError>;
    /// A job.
    async fn job(&self, id: Uuid) -> Result<Option<JobDetail>, PortError>;
    /// A job enqueued by hand, with its run.
    async fn hand_in(&self, asked: &ByHand) -> Result<Handed, PortError>;

    /// The schedules' newest runs and occurrences, in the order of the keys.
    async fn cron_rows(&self, job_keys: &[&str]) -> Result<Vec<CronRow>, PortError>;
    /// Runs of a schedule or type, newest first.
    async fn runs(&self, job_key: &str, page: Page) -> Result<Paged<RunView>, PortError>;
    /// A run.
    async fn run_view(&self, id: Uuid) -> Result<Option<RunView>, PortError>;
    /// Occurrences of a schedule before a nominal time, newest first.
    async fn occurrences(
        &self,
        job_key: &str,
        before: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Result<Vec<OccurrenceView>, PortError>;
    /// [`super::RunStore::cancel_run`], and what there was to cancel.
    async fn end_run(&self, id: Uuid) -> Result<Ended, PortError>;
    /// Queues the dead jobs of a run again, but for those whose case was
    /// discarded; at most [`mauntic_domain::jobs::limits::SPAWNED_MAX`].
    async fn retry_run(&self, id: Uuid) -> Result<Retried, PortError>;

    /// Cases, newest first: open ones, or decided ones.
    async fn cases(
        &self,
        filter: &CaseFilter,
        open: bool,
        page: Page,
    ) -> Result<Paged<CaseView>, PortError>;
    /// The open cases that a replay of many would take first, the oldest first.
    async fn first_cases(&self, filter: &CaseFilter, limit: i64) -> Result<Vec<Uuid>, PortError>;
    /// Open cases by fingerprint, the largest group first.
    async fn case_groups(
        &self,
        filter: &CaseFilter,
        limit: i64,
    ) -> Result<Vec<CaseGroup>, PortError>;
    /// A case.
    async fn case(&self, id: Uuid) -> Result<Option<CaseDetail>, PortError>;
    /// Replays one case.
    async fn replay_case(&self, replay: &CaseReplay) -> Result<CaseReplayed, PortError>;
    /// What the effect of a dead letter's job would do: all of its statements,
    /// under a short wait for locks, in a transaction that is rolled back.
    async fn rehearse(&self, job_id: Uuid, effect: &Effect) -> Result<Committed, PortError>;
    /// Decides a case without a replay.
    async fn discard(&self, id: Uuid) -> Result<Discarded, PortError>;
    /// Writes a replay of many; [`super::RelayStore::advance_replays`] goes on with it.
    async fn order_replay(&self, order: &ReplayOrder) -> Result<ReplayRow, PortError>;
    /// A replay of many.
    async fn replay_row(&self, id: Uuid) -> Result<Option<ReplayRow>, PortError>;
    /// Ends a replay; what it released goes on.
    async fn end_replay(&self, id: Uuid) -> Result<Ended, PortError>;

    /// Every dependency's breaker, and the database's clock.
    async fn breakers(&self) -> Result<(Vec<BreakerRow>, DateTime<Utc>), PortError>;
    /// Closes a breaker, whatever its state.
    async fn reset_breaker(&self, dependency: Dependency) -> Result<(), PortError>;

    /// The audit, newest first, before a seq.
    async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<AuditPage, PortError>;
    /// The audit as it was written, after a seq.
    async fn audit_chain(&self, after: i64, limit: i64) -> Result<AuditPage, PortError>;
}
