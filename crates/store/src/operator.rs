//! The operators' port; what its operations do stands elsewhere: reads in
//! [`crate::views`] and [`crate::case_views`], changes in the modules of acts.

use chrono::{DateTime, Utc};
use mauntic_flows::ports::{
    Act, AuditFilter, AuditPage, BreakerRow, ByHand, CaseDetail, CaseFilter, CaseGroup, CaseReplay,
    CaseReplayed, CaseView, Committed, CronRow, Dependency, Discarded, Effect, Ended, Handed,
    JobDetail, JobFilter, JobView, OccurrenceView, OperatorStore, Page, Paged, PortError,
    ReplayOrder, ReplayRow, Retried, RunView,
};
use uuid::Uuid;

use crate::{
    Session, audit, case_acts, case_views, guards, handed, rehearse, replays, run_acts, views,
};

impl OperatorStore for Session {
    fn operate(&mut self, act: Act) {
        self.set_act(act);
    }

    async fn note_refusal(
        &self,
        action: &str,
        target: &str,
        code: &str,
    ) -> Result<bool, PortError> {
        audit::note_refusal(self, action, target, code).await
    }

    async fn jobs(&self, filter: &JobFilter, page: Page) -> Result<Paged<JobView>, PortError> {
        views::jobs(self, filter, page).await
    }

    async fn job(&self, id: Uuid) -> Result<Option<JobDetail>, PortError> {
        views::job(self, id).await
    }

    async fn hand_in(&self, asked: &ByHand) -> Result<Handed, PortError> {
        handed::hand_in(self, asked).await
    }

    async fn cron_rows(&self, job_keys: &[&str]) -> Result<Vec<CronRow>, PortError> {
        views::cron_rows(self, job_keys).await
    }

    async fn runs(&self, job_key: &str, page: Page) -> Result<Paged<RunView>, PortError> {
        views::runs(self, job_key, page).await
    }

    async fn run_view(&self, id: Uuid) -> Result<Option<RunView>, PortError> {
        views::run_view(self, id).await
    }

    async fn occurrences(
        &self,
        job_key: &str,
        before: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Result<Vec<OccurrenceView>, PortError> {
        views::occurrences(self, job_key, before, limit).await
    }

    async fn end_run(&self, id: Uuid) -> Result<Ended, PortError> {
        run_acts::end_run(self, id).await
    }

    async fn retry_run(&self, id: Uuid) -> Result<Retried, PortError> {
        run_acts::retry_run(self, id).await
    }

    async fn cases(
        &self,
        filter: &CaseFilter,
        open: bool,
        page: Page,
    ) -> Result<Paged<CaseView>, PortError> {
        case_views::cases(self, filter, open, page).await
    }

    async fn first_cases(&self, filter: &CaseFilter, limit: i64) -> Result<Vec<Uuid>, PortError> {
        case_views::first_cases(self, filter, limit).await
    }

    async fn case_groups(
        &self,
        filter: &CaseFilter,
        limit: i64,
    ) -> Result<Vec<CaseGroup>, PortError> {
        case_views::case_groups(self, filter, limit).await
    }

    async fn case(&self, id: Uuid) -> Result<Option<CaseDetail>, PortError> {
        case_views::case(self, id).await
    }

    async fn replay_case(&self, replay: &CaseReplay) -> Result<CaseReplayed, PortError> {
        case_acts::replay_case(self, replay).await
    }

    async fn rehearse(&self, job_id: Uuid, effect: &Effect) -> Result<Committed, PortError> {
        rehearse::rehearse(self, job_id, effect).await
    }

    async fn discard(&self, id: Uuid) -> Result<Discarded, PortError> {
        case_acts::discard(self, id).await
    }

    async fn order_replay(&self, order: &ReplayOrder) -> Result<ReplayRow, PortError> {
        replays::order(self, order).await
    }

    async fn replay_row(&self, id: Uuid) -> Result<Option<ReplayRow>, PortError> {
        replays::row(self, id).await
    }

    async fn end_replay(&self, id: Uuid) -> Result<Ended, PortError> {
        replays::end(self, id).await
    }

    async fn breakers(&self) -> Result<(Vec<BreakerRow>, DateTime<Utc>), PortError> {
        views::breakers(self).await
    }

    async fn reset_breaker(&self, dependency: Dependency) -> Result<(), PortError> {
        guards::reset_breaker(self, dependency).await
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<AuditPage, PortError> {
        audit::audit(self, filter, before, limit).await
    }

    async fn audit_chain(&self, after: i64, limit: i64) -> Result<AuditPage, PortError> {
        audit::audit_chain(self, after, limit).await
    }
}
