//! What operators see of jobs, runs, schedules and breakers.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use mauntic_domain::breaker::Breaker;
use mauntic_domain::runs::RunStatus;
use mauntic_domain::schedules::{Outcome, SkipReason};
use mauntic_flows::ports::{
    BreakerRow, CronRow, Dependency, JobDetail, JobFilter, JobView, OccurrenceView, Page, Paged,
    RunView,
};
use uuid::Uuid;

use super::State;
use super::contains::contains;
use super::rows::{JobRow, OccurrenceRow, RunRecord};
use super::runs::shown;

/// Whether what is asked for, if anything is, is there.
pub(super) fn is_asked<T: PartialEq>(asked: Option<&T>, found: Option<&T>) -> bool {
    asked.is_none() || asked == found
}

pub(super) fn size(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(0)
}

/// A page of what is newest first.
pub(super) fn paged<T>(
    page: Page,
    newest_first: impl Iterator<Item = T>,
    id: impl Fn(&T) -> Uuid,
) -> Paged<T> {
    let is_older = |item: &T| page.before.is_none_or(|before| id(item) < before);
    let mut rest = newest_first.filter(is_older);
    let items: Vec<T> = rest.by_ref().take(size(page.limit)).collect();
    let next = rest.next().and_then(|_| items.last().map(&id));
    Paged { items, next }
}

impl State {
    pub(super) fn job_views(&self, filter: &JobFilter, page: Page) -> Paged<JobView> {
        let mut rows: Vec<&JobRow> = self.jobs.iter().filter(|row| is_meant(filter, row)).collect();
        rows.sort_by_key(|row| Reverse(row.id));
        paged(page, rows.into_iter().map(job_view), |view| view.id)
    }

    pub(super) fn job_detail(&self, id: Uuid) -> Option<JobDetail> {
        let row = self.jobs.get(id)?;
        Some(JobDetail {
            job: job_view(row),
            data: row.data.clone(),
            receipt: row.receipt.clone(),
            errors: row.errors.clone(),
            coalesced: row.coalesced,
            scheduled_for: row.scheduled_for,
        })
    }

    pub(super) fn cron_rows(&self, job_keys: &[&str]) -> Vec<CronRow> {
        let row = |job_key: &&str| {
            let its = || self.runs.iter().filter(|run| run.job_key == *job_key);
            let open = its().filter(|run| run.status == RunStatus::Running);
            let open = open.max_by_key(|run| (run.exclusive, run.progressed_at));
            CronRow {
                job_key: (*job_key).to_owned(),
                last_run: its()
                    .max_by_key(|run| (run.started_at, run.id))
                    .map(|run| self.view_of_run(run)),
                open_run: open.map(|run| run.id),
                last_occurrence: self.occurrence_views(job_key, None, 1).pop(),
            }
        };
        job_keys.iter().map(row).collect()
    }

    pub(super) fn run_views(&self, job_key: &str, page: Page) -> Paged<RunView> {
        let mut runs: Vec<&RunRecord> =
            self.runs.iter().filter(|run| run.job_key == job_key).collect();
        runs.sort_by_key(|run| Reverse(run.id));
        paged(page, runs.into_iter().map(|run| self.view_of_run(run)), |view| view.run.id)
    }

    pub(super) fn run_view(&self, id: Uuid) -> Option<RunView> {
        self.runs.get(id).map(|run| self.view_of_run(run))
    }

    fn view_of_run(&self, run: &RunRecord) -> RunView {
        RunView {
            run: shown(run),
            organization_id: run.organization_id.clone(),
            scheduled_for: run.scheduled_for,
            request_id: run.request_id.clone(),
            cancelled_at: run.cancelled_at,
            outcome: self.portfolios.nights.get(&run.id).map(|night| night.status),
        }
    }

    pub(super) fn occurrence_views(
        &self,
        job_key: &str,
        before: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Vec<OccurrenceView> {
        let place = |at| (job_key.to_owned(), at);
        let until = place(before.unwrap_or(DateTime::<Utc>::MAX_UTC));
        let rows = self.occurrences.range(place(DateTime::<Utc>::MIN_UTC)..until).rev();
        let view = |((_, nominal_at), row): (&(String, DateTime<Utc>), &OccurrenceRow)| {
            Some(OccurrenceView {
                nominal_at: *nominal_at,
                outcome: outcome(row)?,
                run_id: row.run_id,
                judged_at: row.judged_at,
            })
        };
        rows.filter_map(view).take(size(limit)).collect()
    }

    pub(super) fn breaker_rows(&self) -> Vec<BreakerRow> {
        let row = |dependency: Dependency| {
            let found = self.breakers.get(dependency.name());
            BreakerRow {
                name: dependency.name().to_owned(),
                breaker: found.map_or(Breaker::Healthy, |(breaker, ..)| *breaker),
                changed_at: found.map(|(_, _, at)| *at),
            }
        };
        Dependency::ALL.into_iter().map(row).collect()
    }
}

fn is_meant(filter: &JobFilter, row: &JobRow) -> bool {
    let keys = [row.idempotency_key.as_ref(), row.released_key.as_ref()];
    (filter.ids.is_empty() || filter.ids.contains(&row.id))
        && filter.queue.is_none_or(|queue| queue.name() == row.queue)
        && is_asked(filter.type_name.as_ref(), Some(&row.type_name))
        && is_asked(filter.organization_id.as_ref(), row.organization_id.as_ref())
        && (filter.states.is_empty() || filter.states.contains(&row.state))
        && (filter.idempotency_key.is_none() || keys.contains(&filter.idempotency_key.as_ref()))
        && is_asked(filter.run_id.as_ref(), row.run_id.as_ref())
        && filter.payload.as_ref().is_none_or(|part| contains(&row.data, part))
}

fn job_view(row: &JobRow) -> JobView {
    JobView {
        id: row.id,
        queue: row.queue.clone(),
        type_name: row.type_name.clone(),
        version: i16::try_from(row.version).unwrap_or(i16::MAX),
        organization_id: row.organization_id.clone(),
        run_id: row.run_id,
        state: row.state,
        claim: row.claim,
        failures: row.failures,
        failures_max: row.failures_max,
        snooze_reason: row.snooze_reason.clone(),
        idempotency_key: row.idempotency_key.clone().or_else(|| row.released_key.clone()),
        request_id: row.request_id.clone(),
        replays: row.replays,
        created_at: row.created_at,
        available_at: row.available_at,
        expires_at: row.expires_at,
        lease_until: row.lease_until,
        finished_at: row.finished_at,
        last_error: row.last_error.clone(),
    }
}

fn outcome(row: &OccurrenceRow) -> Option<Outcome> {
    let plain = [Outcome::Ran, Outcome::Late, Outcome::Missed, Outcome::Backfilled];
    let skipped = SkipReason::ALL.map(Outcome::Skipped);
    let reason = |outcome: &Outcome| match outcome {
        Outcome::Skipped(reason) => Some(reason.name()),
        _ => None,
    };
    plain
        .into_iter()
        .chain(skipped)
        .find(|outcome| outcome.name() == row.outcome && reason(outcome) == row.reason)
}
