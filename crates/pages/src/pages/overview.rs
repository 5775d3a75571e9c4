//! The first page of an operator: whether all is well, and what is not.

use chrono::{DateTime, Utc};
use futures::future::try_join;
use http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cron::{Cron, Schedule};
use super::warning::Warning;
use crate::answer::{Outcome, Page};
use crate::client::{Act, Api};
use crate::form::{Signed, Typed, hidden, refusal};
use crate::paths::{segment, with_query};
use crate::show::{badge, case, count, facts, nothing, span, table, took, when, when_if};
use crate::stop::{Kind, Problem, Stop};
use crate::visit::Visit;

/// Seconds between two looks: a tick comes every minute, and what it did shows soon after.
const REFRESH_SECS: u16 = 5;

/// Causes of dead letters that are shown; the page of dead letters has all.
const CAUSES: &str = "/api/v2/admin/dlq/groups?limit=5";

/// Runs that are shown.
const RUNS: usize = 8;

/// What the health check says.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    status: String,
    checks: Checks,
    #[serde(default)]
    warnings: Vec<Warning>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Checks {
    database: Check,
    schema: SchemaCheck,
    scheduler: SchedulerCheck,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Check {
    status: String,
    code: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct SchemaCheck {
    #[serde(flatten)]
    check: Check,
    version: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct SchedulerCheck {
    #[serde(flatten)]
    check: Check,
    #[serde(default)]
    duties: Vec<Duty>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Duty {
    name: String,
    status: String,
    age_seconds: i64,
}

/// Every queue.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Queues {
    pub(super) queues: Vec<Queue>,
}

/// A queue by its counts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Queue {
    pub(super) name: String,
    pending: i64,
    processing: i64,
    failed: i64,
    dead_letters: i64,
    oldest_seconds: Option<i64>,
    backlog: Option<Backlog>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Backlog {
    messages: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Groups {
    pub(super) items: Vec<Group>,
}

/// Dead letters of one cause.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) fingerprint: String,
    pub(super) detail: String,
    pub(super) reason: String,
    #[serde(rename = "type")]
    pub(super) type_name: Option<String>,
    pub(super) open: i64,
    pub(super) organizations: i64,
    pub(super) last_seen: String,
    pub(super) newest_case_id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Breakers {
    items: Vec<Breaker>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Breaker {
    name: String,
    state: String,
    failures: i64,
    retry_at: Option<String>,
}

/// All that the page shows.
struct Model {
    health: Health,
    cron: Cron,
    queues: Queues,
    groups: Groups,
    breakers: Breakers,
}

/// `GET /admin`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    if visit.session.operator.is_none() {
        return Ok(Outcome::Done("/admin/scoring".to_owned()));
    }
    Ok(page(visit, None).await?.into())
}

/// The page, with why a breaker was not closed.
async fn page<A: Api>(visit: &Visit<'_, A>, problem: Option<&Problem>) -> Result<Page, Stop> {
    let api = visit.operator()?;
    let ((health, cron), ((queues, groups), breakers)) = try_join(
        try_join(api.whatever("/api/monitoring/health"), api.get("/api/v2/admin/cron")),
        try_join(
            try_join(api.get("/api/v2/admin/queues"), api.get(CAUSES)),
            api.get("/api/v2/admin/breakers"),
        ),
    )
    .await?;
    let model = Model { health, cron, queues, groups, breakers };
    let body = html! {
        (refusal(&Typed { values: None, problem }))
        (view(&model, visit.moment.now, visit.signs(Kind::Operator)))
        @if visit.signs(Kind::Operator).is_none() { (visit.only_looks(Kind::Operator)) }
    };
    Ok(Page::new("/admin", "Overview", body).every(REFRESH_SECS))
}

/// `POST /admin/breakers/{name}/reset`.
pub(super) async fn reset_breaker<A: Api>(
    visit: &Visit<'_, A>,
    name: &str,
) -> Result<Outcome, Stop> {
    let path = format!("/api/v2/admin/breakers/{}/reset", segment(name));
    let (method, body) = (Method::POST, json!({"reason": "by hand, in the console"}));
    let once = visit.asked.form.get(crate::form::ONCE);
    let act = Act { method, path: &path, body: Some(&body), once, seen: None };
    match visit.operator()?.act::<Value>(act).await {
        Ok(_) => Ok(Outcome::Done("/admin".to_owned())),
        Err(Stop::Refused(problem)) => {
            Ok(page(visit, Some(&problem)).await?.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

fn view(model: &Model, now: DateTime<Utc>, signed: Option<&Signed>) -> Markup {
    html! {
        (state(model, now))
        (warnings(model))
        section { h2 { "Queues" } (queues(&model.queues.queues)) }
        section { h2 { "What failed" } (causes(&model.groups.items, now)) }
        section { h2 { "Newest runs" } (runs(&model.cron.jobs, now)) }
        section { h2 { "Breakers" } (breakers(&model.breakers.items, now, signed)) }
    }
}

fn state(model: &Model, now: DateTime<Utc>) -> Markup {
    let scheduler = &model.cron.scheduler;
    let checks = &model.health.checks;
    let version = checks.schema.version.map_or_else(nothing, |version| html! { (version) });
    facts(&[
        ("Scheduler", badge(&scheduler.status)),
        ("Last heartbeat", when_if(scheduler.heartbeat_at.as_deref(), now)),
        ("Service", badge(&model.health.status)),
        ("Database", badge(&checks.database.status)),
        ("Schema", version),
    ])
}

/// What somebody should look at, as sentences.
fn warnings(model: &Model) -> Markup {
    let mut found: Vec<Markup> = Vec::new();
    let checks = &model.health.checks;
    for check in [&checks.database, &checks.schema.check, &checks.scheduler.check] {
        if let Some(code) = &check.code {
            found.push(html! { "The health check says " code { (code) } "." });
        }
    }
    for duty in checks.scheduler.duties.iter().filter(|duty| duty.status != "healthy") {
        let age = span(duty.age_seconds.max(0).unsigned_abs());
        found.push(
            html! { "The duty " code { (duty.name) } " of the tick was last done " (age) " ago." },
        );
    }
    found.extend(model.health.warnings.iter().filter_map(Warning::sentence));
    for breaker in model.breakers.items.iter().filter(|breaker| breaker.state != "closed") {
        found.push(html! { "The breaker " code { (breaker.name) } " is " (breaker.state.replace('_', "-")) "." });
    }
    for schedule in model.cron.jobs.iter().filter(|schedule| !schedule.enabled) {
        let why = schedule.disabled_reason.as_deref().unwrap_or("paused").replace('_', " ");
        found.push(html! { (super::cron::link(&schedule.job_key)) " starts no runs: " (why) "." });
    }
    html! {
        section {
            h2 { "To look at" }
            @if found.is_empty() { p.calm { "Nothing." } }
            @else { ul.warnings { @for warning in found { li { (warning) } } } }
        }
    }
}

fn queues(queues: &[Queue]) -> Markup {
    let rows: Vec<Markup> = queues
        .iter()
        .map(|queue| {
            let jobs = with_query("/admin/jobs", [("queue", Some(queue.name.as_str()))]);
            let dead = with_query("/admin/dead-letters", [("queue", Some(queue.name.as_str()))]);
            html! {
                th scope="row" { a href=(jobs) { (queue.name) } }
                td.number { (count(queue.pending)) }
                td.number { (count(queue.processing)) }
                td.number { (count(queue.failed)) }
                td.number { @if queue.dead_letters > 0 { a href=(dead) { (count(queue.dead_letters)) } } @else { "0" } }
                td.number { (queue.oldest_seconds.map_or_else(nothing, |age| html! { (span(age.max(0).unsigned_abs())) })) }
                td.number { (queue.backlog.as_ref().map_or_else(nothing, |backlog| html! { (count(backlog.messages)) })) }
            }
        })
        .collect();
    let heads = [
        "Queue",
        "#Pending",
        "#Processing",
        "#To be retried",
        "#Dead letters",
        "#Oldest",
        "#Messages",
    ];
    table("Jobs by queue", &heads, &rows)
}

/// A table of causes.
pub(super) fn causes(groups: &[Group], now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = groups
        .iter()
        .map(|group| {
            let all = with_query(
                "/admin/dead-letters",
                [("fingerprint", Some(group.fingerprint.as_str()))],
            );
            html! {
                th scope="row" { a href=(all) { (group.detail) } }
                td { (group.type_name.as_deref().unwrap_or("–")) }
                td { (group.reason.replace('_', " ")) }
                td.number { (count(group.open)) }
                td { (when(&group.last_seen, now)) }
                td { (case(&group.newest_case_id)) }
            }
        })
        .collect();
    table(
        "Dead letters by cause",
        &["Cause", "Type", "Reason", "#Open", "Last seen", "Newest"],
        &rows,
    )
}

fn runs(schedules: &[Schedule], now: DateTime<Utc>) -> Markup {
    let mut newest: Vec<_> =
        schedules.iter().filter_map(|of| of.last_run.as_ref().map(|last| (of, last))).collect();
    newest.sort_by(|(_, a), (_, b)| b.started_at.cmp(&a.started_at));
    let rows: Vec<Markup> = newest
        .into_iter()
        .take(RUNS)
        .map(|(schedule, last)| {
            html! {
                th scope="row" { (super::cron::link(&schedule.job_key)) }
                td { (badge(&last.status)) }
                td { (when(&last.started_at, now)) }
                td.number { (last.duration_ms.map_or_else(nothing, |millis| html! { (took(millis)) })) }
            }
        })
        .collect();
    table("The newest run of each schedule", &["Schedule", "Status", "Started", "#Took"], &rows)
}

fn breakers(breakers: &[Breaker], now: DateTime<Utc>, signed: Option<&Signed>) -> Markup {
    // Where all are closed there is nothing to do.
    let signed = signed.filter(|_| breakers.iter().any(|breaker| breaker.state != "closed"));
    let rows: Vec<Markup> = breakers
        .iter()
        .map(|breaker| {
            html! {
                th scope="row" { (breaker.name) }
                td { (badge(&breaker.state)) }
                td.number { (count(breaker.failures)) }
                td { (when_if(breaker.retry_at.as_deref(), now)) }
                @if let Some(signed) = signed {
                    td {
                        @if breaker.state != "closed" {
                            form method="post" action={ "/admin/breakers/" (segment(&breaker.name)) "/reset" } {
                                (hidden(signed))
                                button.small id={ "reset-" (breaker.name) } { "Close it" }
                            }
                        }
                    }
                }
            }
        })
        .collect();
    let mut heads = vec!["Breaker", "State", "#Failures", "Tried again"];
    heads.extend(signed.map(|_| "Act"));
    table("Breakers of what we depend on", &heads, &rows)
}
