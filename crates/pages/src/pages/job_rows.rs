//! Jobs as rows, which several pages show.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;

use crate::show::{badge, job as job_link, nothing, table, when};

/// A page of jobs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Jobs {
    pub(super) items: Vec<Job>,
    pub(super) next: Option<String>,
}

/// A job.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Job {
    pub(super) job_id: String,
    pub(super) queue: String,
    #[serde(rename = "type")]
    pub(super) type_name: String,
    pub(super) organization_id: Option<String>,
    pub(super) execution_id: Option<String>,
    pub(super) state: String,
    pub(super) attempt: i64,
    pub(super) failures: i64,
    pub(super) failures_max: i64,
    pub(super) snooze_reason: Option<String>,
    pub(super) idempotency_key: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) replays: i64,
    pub(super) created_at: String,
    pub(super) available_at: String,
    pub(super) expires_at: String,
    pub(super) finished_at: Option<String>,
    pub(super) last_error: Option<String>,
}

/// A failure of a job.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Failure {
    pub(super) attempt: i64,
    pub(super) at: String,
    pub(super) error: String,
}

/// A table of jobs.
pub(super) fn rows(caption: &str, jobs: &[Job], now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = jobs
        .iter()
        .map(|job| {
            html! {
                th scope="row" { (job_link(&job.job_id)) }
                td { (job.type_name) }
                td { (badge(&job.state)) }
                td { (job.organization_id.as_deref().map_or_else(nothing, |id| html! { (id) })) }
                td.number { (job.attempt) }
                td { (when(&job.created_at, now)) }
                td { (job.last_error.as_deref().or(job.snooze_reason.as_deref()).map_or_else(nothing, |error| html! { (error) })) }
            }
        })
        .collect();
    table(
        caption,
        &["Job", "Type", "State", "Organization", "#Attempts", "Created", "Last error"],
        &rows,
    )
}

/// Failures, the oldest first.
pub(super) fn failures(of: &[Failure], now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = of
        .iter()
        .map(|failure| html! { td.number { (failure.attempt) } td { (when(&failure.at, now)) } td { (failure.error) } })
        .collect();
    table("Failures", &["#Attempt", "When", "Error"], &rows)
}
