//! `GET /admin/runs/{id}`: how far a run is, its jobs, and what can be done about it: cancel
//! it, or try its dead jobs again.

use chrono::{DateTime, Utc};
use futures::future::try_join;
use http::Method;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::job_rows::{Jobs, rows};
use super::runs::Run;
use crate::answer::{Outcome, Page};
use crate::client::{Act, Api};
use crate::form::{ONCE, Signed, Typed, hidden, reason, refusal};
use crate::paths::{segment, with_query};
use crate::show::{badge, count, exactly, facts, more, nothing, span, took, when, when_if};
use crate::stop::{Kind, Problem, Stop};
use crate::svg::progress;
use crate::visit::Visit;

/// Seconds between two looks while it runs.
const REFRESH_SECS: u16 = 2;

/// States that its jobs can be narrowed to, each by one link.
const STATES: [(&str, &str); 4] = [
    ("All", ""),
    ("Unfinished", "queued,in_progress,failed"),
    ("Dead", "dead_lettered"),
    ("Done", "completed"),
];

/// `GET /admin/runs/{id}`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    Ok(page(visit, id, None).await?.into())
}

/// `POST /admin/runs/{id}/cancel` and `…/retry`.
pub(super) async fn act<A: Api>(
    visit: &Visit<'_, A>,
    id: &str,
    what: &str,
) -> Result<Outcome, Stop> {
    let path = format!("/api/v2/admin/runs/{}/{what}", segment(id));
    let body = json!({"reason": visit.asked.form.get("reason")});
    let once = visit.asked.form.get(ONCE);
    let act = Act { method: Method::POST, path: &path, body: Some(&body), once, seen: None };
    match visit.operator()?.act::<Value>(act).await {
        Ok(_) => Ok(Outcome::Done(format!("/admin/runs/{}", segment(id)))),
        Err(Stop::Refused(problem)) => {
            let page = page(visit, id, Some((what, &problem))).await?;
            Ok(page.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

async fn page<A: Api>(
    visit: &Visit<'_, A>,
    id: &str,
    refused: Option<(&str, &Problem)>,
) -> Result<Page, Stop> {
    let api = visit.operator()?;
    let (path, query) = (format!("/api/v2/admin/runs/{}", segment(id)), &visit.asked.query);
    let jobs = with_query(
        &format!("{path}/jobs"),
        [("limit", Some("50")), ("state", query.get("state")), ("cursor", query.get("cursor"))],
    );
    let (run, jobs): (Run, Jobs) = try_join(api.get(&path), api.get(&jobs)).await?;
    let typed = |form: &str| match refused {
        Some((of, problem)) if of == form => {
            Typed { values: Some(&visit.asked.form), problem: Some(problem) }
        }
        _ => Typed::default(),
    };
    let here = format!("/admin/runs/{}", segment(id));
    let is_open = run.finished_at.is_none();
    let body = html! {
        (state(&run, visit.moment.now))
        @match visit.signs(Kind::Operator) {
            Some(signed) => div.acts { (acts(&run, &here, signed, typed)) },
            None => (visit.only_looks(Kind::Operator)),
        }
        section {
            h2 { "Jobs" }
            p { @for (text, state) in STATES {
                a href=(with_query(&here, [("state", Some(state).filter(|state| !state.is_empty()))]))
                    aria-current=[(query.get("state").unwrap_or_default() == state).then_some("true")] { (text) } " "
            } }
            (rows("Jobs of the run", &jobs.items, visit.moment.now))
            (more(&here, query, jobs.next.as_deref()))
        }
    };
    let page = Page::new("/admin/runs", format!("Run of {}", run.job_key), body);
    Ok(if is_open { page.every(REFRESH_SECS) } else { page })
}

fn state(run: &Run, now: DateTime<Utc>) -> Markup {
    let jobs = &run.jobs;
    let done = format!("{} of {} jobs done", count(jobs.completed), count(jobs.total));
    let parts =
        [(jobs.completed, "done"), (jobs.dead_lettered, "dead"), (jobs.cancelled, "cancelled")];
    let estimate =
        run.estimate.as_ref().map(|estimate| span(estimate.seconds.max(0).unsigned_abs()));
    html! {
        (progress(&done, &parts, jobs.total))
        p {
            (done) @if jobs.dead_lettered > 0 { ", " (count(jobs.dead_lettered)) " dead" }
            @if jobs.cancelled > 0 { ", " (count(jobs.cancelled)) " cancelled" }
            @if jobs.unfinished > 0 { ", " (count(jobs.unfinished)) " unfinished" }
            @if let Some(estimate) = estimate { ". About " (estimate) " left" } "."
        }
        (facts(&[
            ("Status", html! { (badge(&run.status)) @if run.stalled_at.is_some() && run.finished_at.is_none() { " " (badge("stalled")) } }),
            ("Schedule", super::cron::link(&run.job_key)),
            ("Started by", html! { (run.trigger) }),
            ("Started", when(&run.started_at, now)),
            ("Last progress", when(&run.progressed_at, now)),
            ("Ended", when_if(run.finished_at.as_deref(), now)),
            ("Being cancelled", when_if(run.cancelled_at.as_deref(), now)),
            ("Users of the night", run.outcome.as_deref().map_or_else(nothing, badge)),
            ("Times opened again", html! { (count(run.revision)) }),
            ("Took", run.duration_ms.map_or_else(nothing, |millis| html! { (took(millis)) })),
            ("Nominal time", run.scheduled_for.as_deref().map_or_else(nothing, exactly)),
            ("Organization", run.organization_id.as_deref().map_or_else(nothing, |id| html! { (id) })),
            ("Run", html! { code { (run.execution_id) } }),
            ("Request", run.request_id.as_deref().map_or_else(nothing, |id| html! { code { (id) } })),
        ]))
    }
}

/// What can be done; `typed` is what was typed into a form, and why that was refused.
fn acts<'t>(run: &Run, here: &str, signed: &Signed, typed: impl Fn(&str) -> Typed<'t>) -> Markup {
    let form = |path: &str, title: &str, text: &str, class: &str| {
        let typed = typed(path);
        html! {
            form.panel method="post" action={ (here) "/" (path) } {
                h2 { (title) }
                (hidden(signed)) (refusal(&typed)) (reason(&format!("{path}-reason"), false, &typed))
                button class=(class) { (text) }
            }
        }
    };
    html! {
        @if run.finished_at.is_none() || typed("cancel").problem.is_some() { (form("cancel", "Cancel", "Cancel the run", "danger")) }
        @if run.jobs.dead_lettered > 0 || typed("retry").problem.is_some() { (form("retry", "Dead jobs", "Try them again", "")) }
    }
}
