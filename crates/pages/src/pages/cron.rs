//! `GET /admin/cron`: every schedule, what became of its last times, and its next one.

use chrono::{DateTime, Utc};
use futures::future::try_join_all;
use maud::{Markup, html};
use serde::Deserialize;

use crate::answer::{Outcome, Page};
use crate::client::{Api, Client};
use crate::form::{Signed, hidden};
use crate::paths::segment;
use crate::show::{badge, count, nothing, table, took, when, when_if};
use crate::stop::{Kind, Stop};
use crate::svg::{self, Mark};
use crate::visit::Visit;

/// Seconds between two looks, as a tick comes: no nominal time is judged more often. Each look
/// asks for every schedule's strip.
const REFRESH_SECS: u16 = 60;

/// Nominal times of a strip.
pub(super) const STRIP: usize = 50;

/// Every schedule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Cron {
    pub(super) scheduler: Scheduler,
    pub(super) jobs: Vec<Schedule>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scheduler {
    pub(super) status: String,
    pub(super) heartbeat_at: Option<String>,
}

/// A schedule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Schedule {
    pub(super) job_key: String,
    pub(super) description: String,
    pub(super) owner: String,
    pub(super) schedule: String,
    pub(super) enabled: bool,
    pub(super) disabled_reason: Option<String>,
    pub(super) pause_note: Option<String>,
    pub(super) running: bool,
    pub(super) last_run: Option<LastRun>,
    pub(super) next_run_at: Option<String>,
    pub(super) queue: ScheduleQueue,
}

/// The newest run of a schedule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LastRun {
    pub(super) started_at: String,
    pub(super) status: String,
    pub(super) duration_ms: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct ScheduleQueue {
    pub(super) name: String,
    pending: i64,
    processing: i64,
    dlq: i64,
}

/// A page of nominal times.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Occurrences {
    pub(super) items: Vec<Occurrence>,
}

/// A nominal time, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Occurrence {
    pub(super) nominal_at: String,
    pub(super) outcome: String,
    pub(super) reason: Option<String>,
    pub(super) execution_id: Option<String>,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let api = visit.operator()?;
    let cron: Cron = api.get("/api/v2/admin/cron").await?;
    let strips = try_join_all(cron.jobs.iter().map(|of| occurrences(&api, &of.job_key))).await?;
    let signed = visit.signs(Kind::Operator);
    let body = html! {
        (view(&cron, &strips, visit.moment.now, signed))
        @if signed.is_none() { (visit.only_looks(Kind::Operator)) }
    };
    Ok(Page::new("/admin/cron", "Cron", body).every(REFRESH_SECS).into())
}

/// The newest nominal times of a schedule.
pub(super) async fn occurrences<A: Api>(
    api: &Client<'_, A>,
    job_key: &str,
) -> Result<Occurrences, Stop> {
    api.get(&format!("/api/v2/admin/cron/{}/occurrences?limit={STRIP}", segment(job_key))).await
}

/// A link to a schedule's page.
pub(super) fn link(job_key: &str) -> Markup {
    html! { a href={ "/admin/cron/" (segment(job_key)) } { (job_key) } }
}

/// The last nominal times, the oldest first, each by what became of it.
pub(super) fn strip(occurrences: &Occurrences) -> Markup {
    let newest = || occurrences.items.iter().take(STRIP);
    let mark = |of: &Occurrence| Mark {
        class: known(&of.outcome),
        title: format!("{}: {}", of.nominal_at, outcome(of)),
    };
    let marks: Vec<Mark<'_>> = newest().rev().map(mark).collect();
    let told = ["ran", "late", "backfilled", "skipped", "missed"].map(|name| {
        let many = newest().filter(|of| of.outcome == name).count();
        (many > 0).then(|| format!("{many} {name}"))
    });
    let told: Vec<String> = told.into_iter().flatten().collect();
    let told = if told.is_empty() { "none yet".to_owned() } else { told.join(", ") };
    html! {
        @if !marks.is_empty() { (svg::strip(&format!("Last nominal times: {told}"), &marks, STRIP)) }
        span.told { (told) }
    }
}

/// What became of a time, in words.
pub(super) fn outcome(of: &Occurrence) -> String {
    match &of.reason {
        Some(reason) => format!("{} ({})", of.outcome, reason.replace('_', " ")),
        None => of.outcome.clone(),
    }
}

/// The class of an outcome; a new one has none.
fn known(outcome: &str) -> &'static str {
    let names = ["ran", "late", "backfilled", "skipped", "missed"];
    names.into_iter().find(|name| *name == outcome).unwrap_or("unknown")
}

/// How a schedule is.
pub(super) fn state(schedule: &Schedule) -> Markup {
    html! {
        @if schedule.running { (badge("running")) " " }
        @match schedule.disabled_reason.as_deref() {
            Some(why) => (badge(why)),
            None => @if !schedule.running { (badge("enabled")) },
        }
    }
}

fn view(
    cron: &Cron,
    strips: &[Occurrences],
    now: DateTime<Utc>,
    signed: Option<&Signed>,
) -> Markup {
    let rows: Vec<Markup> = cron
        .jobs
        .iter()
        .zip(strips)
        .map(|(schedule, strip)| row(schedule, strip, now, signed))
        .collect();
    let mut heads =
        vec!["Schedule", "State", "When (UTC)", "Last 50 times", "Last run", "Next run", "Queue"];
    heads.extend(signed.map(|_| "Act"));
    html! {
        p {
            "Scheduler " (badge(&cron.scheduler.status)) ", last heartbeat "
            (when_if(cron.scheduler.heartbeat_at.as_deref(), now)) "."
        }
        (table("Schedules", &heads, &rows))
        (legend())
    }
}

/// What the marks of a strip mean.
pub(super) fn legend() -> Markup {
    let meanings = [
        ("ran", "ran in time"),
        ("late", "ran late"),
        ("backfilled", "ran afterwards"),
        ("skipped", "skipped, and why"),
        ("missed", "missed"),
    ];
    html! {
        ul.legend aria-label="Marks" {
            @for (class, meaning) in meanings {
                li { svg.key viewBox="0 0 10 10" aria-hidden="true" { rect class={ "mark " (class) } width="10" height="10" {} } (meaning) }
            }
        }
    }
}

fn row(
    schedule: &Schedule,
    strip_of: &Occurrences,
    now: DateTime<Utc>,
    signed: Option<&Signed>,
) -> Markup {
    let queue = &schedule.queue;
    html! {
        th scope="row" { (link(&schedule.job_key)) p.hint { (schedule.description) } }
        td { (state(schedule)) @if let Some(note) = &schedule.pause_note { p.hint { (note) } } }
        td.nowrap { code { (schedule.schedule) } }
        td { (strip(strip_of)) }
        td {
            @match &schedule.last_run {
                Some(last) => {
                    (badge(&last.status)) " " (when(&last.started_at, now))
                    @if let Some(millis) = last.duration_ms { p.hint { "took " (took(millis)) } }
                },
                None => (nothing()),
            }
        }
        td { (when_if(schedule.next_run_at.as_deref(), now)) }
        td { (count(queue.pending)) " pending, " (count(queue.processing)) " processing, " (count(queue.dlq)) " dead" }
        @if let Some(signed) = signed {
            td {
                form method="post" action={ "/admin/cron/" (segment(&schedule.job_key)) "/run" } {
                    (hidden(signed))
                    button.small id={ "run-" (schedule.job_key) } aria-label={ "Run now: " (schedule.job_key) } { "Run now" }
                }
            }
        }
    }
}
