//! `GET /admin/runs`: runs by schedule, or by the type of what was enqueued by hand.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;

use super::cron::Cron;
use crate::answer::{Outcome, Page};
use crate::client::Api;
use crate::form::{Typed, refusal, search};
use crate::paths::{segment, with_query};
use crate::show::{badge, count, more, nothing, run as run_link, table, took, when, when_if};
use crate::stop::Stop;
use crate::visit::Visit;

/// Seconds between two looks.
const REFRESH_SECS: u16 = 10;

/// A page of runs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Runs {
    pub(super) items: Vec<Run>,
    pub(super) next: Option<String>,
}

/// A run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    pub(super) execution_id: String,
    pub(super) job_key: String,
    pub(super) trigger: String,
    pub(super) status: String,
    pub(super) organization_id: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) scheduled_for: Option<String>,
    pub(super) started_at: String,
    pub(super) progressed_at: String,
    pub(super) finished_at: Option<String>,
    pub(super) duration_ms: Option<i64>,
    pub(super) stalled_at: Option<String>,
    pub(super) cancelled_at: Option<String>,
    /// Of a night that has ended.
    pub(super) outcome: Option<String>,
    /// How often a replay opened it again.
    pub(super) revision: i64,
    pub(super) jobs: Jobs,
    pub(super) estimate: Option<Estimate>,
}

/// A run's jobs by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Jobs {
    pub(super) total: i64,
    pub(super) completed: i64,
    pub(super) dead_lettered: i64,
    pub(super) cancelled: i64,
    pub(super) unfinished: i64,
}

/// How long a run may still take.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Estimate {
    pub(super) seconds: i64,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let api = visit.operator()?;
    let query = &visit.asked.query;
    let now = visit.moment.now;
    let (found, problem) = match (query.get("id"), query.get("schedule")) {
        (Some(id), _) => {
            match api.get::<Run>(&format!("/api/v2/admin/runs/{}", segment(id))).await {
                Ok(_) => return Ok(Outcome::Done(format!("/admin/runs/{}", segment(id)))),
                Err(stop) => (None, Some(stop.at_form("id", "id")?)),
            }
        }
        (None, Some(key)) => {
            let path = format!("/api/v2/admin/cron/{}/runs", segment(key));
            let path = with_query(&path, [("limit", Some("50")), ("cursor", query.get("cursor"))]);
            match api.get::<Runs>(&path).await {
                Ok(runs) => (Some((key, runs)), None),
                Err(stop) => (None, Some(stop.at_form("jobKey", "schedule")?)),
            }
        }
        (None, None) => (None, None),
    };
    let list = match &found {
        Some((key, runs)) => {
            html! { (list(key, runs, now)) (more("/admin/runs", query, runs.next.as_deref())) }
        }
        None => newest(&api.get("/api/v2/admin/cron").await?, now),
    };
    let body = html! { (form(&Typed { values: Some(query), problem: problem.as_ref() })) (list) };
    let page = Page::new("/admin/runs", "Runs", body).every(REFRESH_SECS);
    Ok(page.faulty_if(problem.as_ref()).into())
}

fn form(typed: &Typed<'_>) -> Markup {
    html! {
        form.filters method="get" action="/admin/runs" {
            (search("schedule", "Schedule, or type of a job", typed))
            (search("id", "Run id", typed))
            button { "Show" }
        }
        (refusal(&Typed { values: None, problem: typed.problem }))
    }
}

/// A run's row, without its schedule.
pub(super) fn row(run: &Run, now: DateTime<Utc>) -> Markup {
    let jobs = &run.jobs;
    html! {
        th scope="row" { (run_link(&run.execution_id)) }
        td { (badge(&run.status)) @if run.stalled_at.is_some() && run.finished_at.is_none() { " " (badge("stalled")) } }
        td { (run.trigger) }
        td { (when(&run.started_at, now)) }
        td.number { (run.duration_ms.map_or_else(nothing, |millis| html! { (took(millis)) })) }
        td.number { (count(jobs.completed)) " of " (count(jobs.total)) @if jobs.dead_lettered > 0 { ", " (count(jobs.dead_lettered)) " dead" } }
    }
}

/// The heads of such rows.
pub(super) const HEADS: [&str; 6] =
    ["Run", "Status", "Started by", "Started", "#Took", "#Jobs done"];

fn list(key: &str, runs: &Runs, now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = runs.items.iter().map(|run| row(run, now)).collect();
    html! { section { h2 { "Runs of " code { (key) } } (table("Runs", &HEADS, &rows)) } }
}

fn newest(cron: &Cron, now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = cron
        .jobs
        .iter()
        .map(|schedule| {
            let all = with_query("/admin/runs", [("schedule", Some(schedule.job_key.as_str()))]);
            let last = schedule.last_run.as_ref();
            html! {
                th scope="row" { a href=(all) { (schedule.job_key) } }
                td { @if schedule.running { (badge("running")) } @else { (last.map_or_else(nothing, |last| badge(&last.status))) } }
                td { (when_if(last.map(|last| last.started_at.as_str()), now)) }
                td.number { (last.and_then(|last| last.duration_ms).map_or_else(nothing, |millis| html! { (took(millis)) })) }
                td { (when_if(schedule.next_run_at.as_deref(), now)) }
            }
        })
        .collect();
    table(
        "The newest run of each schedule",
        &["Schedule", "Status", "Started", "#Took", "Next run"],
        &rows,
    )
}
