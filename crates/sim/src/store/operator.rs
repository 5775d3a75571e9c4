//! What operators see and do: each method is one step, whose rules stand beside
//! it in the files that it names.

use chrono::{DateTime, Utc};
use mauntic_flows::ports::{
    Act, AuditFilter, AuditPage, BreakerRow, ByHand, CaseDetail, CaseFilter, CaseGroup, CaseReplay,
    CaseReplayed, CaseView, Committed, CronRow, Dependency, Discarded, Effect, Ended, Handed,
    JobDetail, JobFilter, JobView, OccurrenceView, OperatorStore, Page, Paged, PortError,
    ReplayOrder, ReplayRow, Retried, RunView,
};
use uuid::Uuid;

use super::MemorySession;
use super::views::size;
use crate::faults::Call;

impl OperatorStore for MemorySession {
    fn operate(&mut self, act: Act) {
        self.act = Some(act);
    }

    async fn note_refusal(
        &self,
        action: &str,
        target: &str,
        code: &str,
    ) -> Result<bool, PortError> {
        self.note(action, target, code).await
    }

    async fn jobs(&self, filter: &JobFilter, page: Page) -> Result<Paged<JobView>, PortError> {
        self.call(Call::Jobs, |state| Ok(state.job_views(filter, page))).await
    }

    async fn job(&self, id: Uuid) -> Result<Option<JobDetail>, PortError> {
        self.call(Call::Job, |state| Ok(state.job_detail(id))).await
    }

    async fn hand_in(&self, asked: &ByHand) -> Result<Handed, PortError> {
        self.act(Call::HandIn, |state, _| state.hand_in(asked)).await
    }

    async fn cron_rows(&self, job_keys: &[&str]) -> Result<Vec<CronRow>, PortError> {
        self.call(Call::CronRows, |state| Ok(state.cron_rows(job_keys))).await
    }

    async fn runs(&self, job_key: &str, page: Page) -> Result<Paged<RunView>, PortError> {
        self.call(Call::Runs, |state| Ok(state.run_views(job_key, page))).await
    }

    async fn run_view(&self, id: Uuid) -> Result<Option<RunView>, PortError> {
        self.call(Call::RunView, |state| Ok(state.run_view(id))).await
    }

    async fn occurrences(
        &self,
        job_key: &str,
        before: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Result<Vec<OccurrenceView>, PortError> {
        self.call(Call::Occurrences, |state| Ok(state.occurrence_views(job_key, before, limit)))
            .await
    }

    async fn end_run(&self, id: Uuid) -> Result<Ended, PortError> {
        self.act(Call::EndRun, |state, _| Ok(state.end_run(id))).await
    }

    async fn retry_run(&self, id: Uuid) -> Result<Retried, PortError> {
        self.act(Call::RetryRun, |state, act| Ok(state.retry_run(id, act))).await
    }

    async fn cases(
        &self,
        filter: &CaseFilter,
        open: bool,
        page: Page,
    ) -> Result<Paged<CaseView>, PortError> {
        self.call(Call::Cases, |state| Ok(state.case_views(filter, open, page))).await
    }

    async fn first_cases(&self, filter: &CaseFilter, limit: i64) -> Result<Vec<Uuid>, PortError> {
        self.call(Call::FirstCases, |state| Ok(state.first_cases(filter, size(limit)))).await
    }

    async fn case_groups(
        &self,
        filter: &CaseFilter,
        limit: i64,
    ) -> Result<Vec<CaseGroup>, PortError> {
        self.call(Call::CaseGroups, |state| Ok(state.case_groups(filter, limit))).await
    }

    async fn case(&self, id: Uuid) -> Result<Option<CaseDetail>, PortError> {
        self.call(Call::Case, |state| Ok(state.case_detail(id))).await
    }

    async fn replay_case(&self, replay: &CaseReplay) -> Result<CaseReplayed, PortError> {
        self.act(Call::ReplayCase, |state, act| Ok(state.replay_case(replay, act))).await
    }

    async fn rehearse(&self, job_id: Uuid, effect: &Effect) -> Result<Committed, PortError> {
        self.call(Call::Rehearse, |state| state.rehearse(job_id, effect)).await
    }

    async fn discard(&self, id: Uuid) -> Result<Discarded, PortError> {
        self.act(Call::Discard, |state, act| Ok(state.discard(id, act))).await
    }

    async fn order_replay(&self, order: &ReplayOrder) -> Result<ReplayRow, PortError> {
        self.act(Call::OrderReplay, |state, act| Ok(state.order_replay(order, act))).await
    }

    async fn replay_row(&self, id: Uuid) -> Result<Option<ReplayRow>, PortError> {
        self.call(Call::ReplayRow, |state| Ok(state.replay_row(id))).await
    }

    async fn end_replay(&self, id: Uuid) -> Result<Ended, PortError> {
        self.act(Call::EndReplay, |state, _| Ok(state.end_replay(id))).await
    }

    async fn breakers(&self) -> Result<(Vec<BreakerRow>, DateTime<Utc>), PortError> {
        self.call(Call::Breakers, |state| Ok((state.breaker_rows(), state.now))).await
    }

    async fn reset_breaker(&self, dependency: Dependency) -> Result<(), PortError> {
        self.act(Call::ResetBreaker, |state, _| Ok(state.reset_breaker(dependency))).await
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<AuditPage, PortError> {
        self.call(Call::Audit, |state| Ok(state.audit_page(filter, before, limit))).await
    }

    async fn audit_chain(&self, after: i64, limit: i64) -> Result<AuditPage, PortError> {
        self.call(Call::AuditChain, |state| Ok(state.audit_chain(after, limit))).await
    }
}
