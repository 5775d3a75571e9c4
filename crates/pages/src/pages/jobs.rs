//! `GET /admin/jobs`: the search over a queue's jobs, by state, type, organization and what
//! their data hold; and one job, with its end by hand.

use chrono::{DateTime, Utc};
use http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::job_rows::{Failure, Job, Jobs, failures, rows};
use super::overview::Queues;
use crate::answer::{Outcome, Page};
use crate::client::{Act, Api};
use crate::form::{ONCE, Typed, cancel as cancel_form, choice, refusal, search};
use crate::paths::{segment, with_query};
use crate::show::{badge, exactly, facts, more, nothing, run as run_link, when, when_if};
use crate::stop::{Kind, Problem, Stop};
use crate::visit::Visit;

/// What can be searched for, as the API names it.
const FILTERS: [&str; 5] = ["state", "type", "organizationId", "idempotencyKey", "payload"];

/// States by which jobs are searched for.
const STATES: [(&str, &str); 8] = [
    ("", "Any"),
    ("queued,in_progress,failed", "Unfinished"),
    ("queued", "Queued"),
    ("in_progress", "In progress"),
    ("failed", "To be retried"),
    ("completed", "Completed"),
    ("dead_lettered", "Dead"),
    ("cancelled", "Cancelled"),
];

/// Where the search begins.
const FIRST_QUEUE: &str = "mauntic-scoring-events";

/// All that is known of a job.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    #[serde(flatten)]
    job: Job,
    data: Value,
    receipt: Option<Value>,
    errors: Vec<Failure>,
    coalesced: i64,
    scheduled_for: Option<String>,
}

/// `GET /admin/jobs`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let (api, query) = (visit.operator()?, &visit.asked.query);
    let lost = match query.get("id") {
        Some(id) => match api.get::<Value>(&format!("/api/v2/admin/jobs/{}", segment(id))).await {
            Ok(_) => return Ok(Outcome::Done(format!("/admin/jobs/{}", segment(id)))),
            Err(stop) => Some(stop.at_form("id", "id")?),
        },
        None => None,
    };
    let queue = query.get("queue").unwrap_or(FIRST_QUEUE);
    let queues: Queues = api.get("/api/v2/admin/queues").await?;
    let names = FILTERS.iter().map(|name| (*name, query.get(name)));
    let pairs = names.chain([("limit", Some("50")), ("cursor", query.get("cursor"))]);
    let path = with_query(&format!("/api/v2/admin/queues/{}/jobs", segment(queue)), pairs);
    let (found, problem) = match api.get::<Jobs>(&path).await {
        Ok(jobs) => (jobs, None),
        Err(Stop::Refused(problem)) => (Jobs::default(), Some(*problem)),
        Err(stop) => return Err(stop),
    };
    let problem = lost.or(problem);
    let typed = Typed { values: Some(query), problem: problem.as_ref() };
    let names: Vec<&str> = queues.queues.iter().map(|queue| queue.name.as_str()).collect();
    let body = html! {
        (form(&names, queue, &typed))
        (rows("Jobs, newest first", &found.items, visit.moment.now))
        (more("/admin/jobs", query, found.next.as_deref()))
        p { a href="/admin/dead-letters" { "Dead letters" } }
    };
    let page = Page::new("/admin/jobs", "Jobs", body);
    Ok(page.faulty_if(problem.as_ref()).into())
}

fn form(queues: &[&str], queue: &str, typed: &Typed<'_>) -> Markup {
    let queues: Vec<(&str, &str)> = queues.iter().map(|name| (*name, *name)).collect();
    html! {
        form.filters method="get" action="/admin/jobs" {
            (choice("queue", "Queue", &queues, queue))
            (choice("state", "State", &STATES, typed.value("state", "")))
            (search("type", "Type", typed))
            (search("organizationId", "Organization", typed))
            (search("payload", "Data contains (JSON object)", typed))
            (search("idempotencyKey", "Idempotency key", typed))
            (search("id", "Job id", typed))
            button { "Search" }
        }
        (refusal(&Typed { values: None, problem: typed.problem }))
    }
}

/// `GET /admin/jobs/{id}`.
pub(super) async fn one<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    Ok(page(visit, id, None).await?.into())
}

/// `POST /admin/jobs/{id}/cancel`.
pub(super) async fn cancel<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let path = format!("/api/v2/admin/jobs/{}/cancel", segment(id));
    let body = json!({"reason": visit.asked.form.get("reason")});
    let once = visit.asked.form.get(ONCE);
    let act = Act { method: Method::POST, path: &path, body: Some(&body), once, seen: None };
    match visit.operator()?.act::<Value>(act).await {
        Ok(_) => Ok(Outcome::Done(format!("/admin/jobs/{}", segment(id)))),
        Err(Stop::Refused(problem)) => {
            Ok(page(visit, id, Some(&problem)).await?.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

async fn page<A: Api>(
    visit: &Visit<'_, A>,
    id: &str,
    problem: Option<&Problem>,
) -> Result<Page, Stop> {
    let whole: Whole =
        visit.operator()?.get(&format!("/api/v2/admin/jobs/{}", segment(id))).await?;
    let typed = Typed { values: problem.map(|_| &visit.asked.form), problem };
    let can_end = ["queued", "failed"].contains(&whole.job.state.as_str());
    let body = html! {
        (known(&whole, visit.moment.now))
        @if can_end || problem.is_some() {
            @match visit.signs(Kind::Operator) {
                Some(signed) => (cancel_form(signed, &format!("/admin/jobs/{}/cancel", segment(id)), "Cancel the job", &typed)),
                None => (visit.only_looks(Kind::Operator)),
            }
        }
        section { h2 { "Data" } (pretty(&whole.data)) }
        @if let Some(receipt) = &whole.receipt { section { h2 { "Receipt" } (pretty(receipt)) } }
        section { h2 { "Failures" } (failures(&whole.errors, visit.moment.now)) }
    };
    Ok(Page::new("/admin/jobs", whole.job.type_name.clone(), body))
}

/// A value as text with line breaks.
pub(super) fn pretty(value: &Value) -> Markup {
    html! { pre tabindex="0" { (serde_json::to_string_pretty(value).unwrap_or_default()) } }
}

fn known(whole: &Whole, now: DateTime<Utc>) -> Markup {
    let job = &whole.job;
    let text = |text: &Option<String>| {
        text.as_deref().map_or_else(nothing, |text| html! { code { (text) } })
    };
    let same = with_query(
        "/admin/jobs",
        [("queue", Some(job.queue.as_str())), ("type", Some(job.type_name.as_str()))],
    );
    facts(&[
        ("State", badge(&job.state)),
        ("Job", html! { code { (job.job_id) } }),
        ("Queue", html! { a href=(same) { (job.queue) } }),
        ("Organization", text(&job.organization_id)),
        ("Run", job.execution_id.as_deref().map_or_else(nothing, run_link)),
        ("Attempts", html! { (job.attempt) }),
        ("Failures that count", html! { (job.failures) " of " (job.failures_max) }),
        ("Put off because", text(&job.snooze_reason)),
        ("Created", when(&job.created_at, now)),
        ("May be tried", when(&job.available_at, now)),
        ("Expires", when(&job.expires_at, now)),
        ("Ended", when_if(job.finished_at.as_deref(), now)),
        ("Nominal time", whole.scheduled_for.as_deref().map_or_else(nothing, exactly)),
        ("Idempotency key", text(&job.idempotency_key)),
        ("Request", text(&job.request_id)),
        ("Replays", html! { (job.replays) }),
        ("Requests joined", html! { (whole.coalesced) }),
    ])
}
