//! `GET /admin/cron/{jobKey}`: one schedule, and what can be done with it: run it now, pause
//! it with a note, resume it.

use chrono::{DateTime, Utc};
use futures::future::try_join;
use http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cron::{Cron, Occurrences, Schedule, legend, occurrences, outcome, state, strip};
use super::runs::{HEADS, Runs, row};
use crate::answer::{Outcome, Page};
use crate::client::{Act, Api};
use crate::form::{Field, ONCE, Signed, Typed, field, hidden, refusal};
use crate::paths::{segment, with_query};
use crate::show::{badge, exactly, facts, nothing, run as run_link, table, took, when, when_if};
use crate::stop::{Kind, Problem, Stop};
use crate::visit::Visit;

/// Runs that are shown; the page of runs has all.
const RUNS: u8 = 10;

/// What an expression names next.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Preview {
    next: Vec<String>,
    #[serde(default)]
    warnings: Vec<Dialect>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Dialect {
    message: String,
}

/// All that the page shows.
struct Model {
    schedule: Schedule,
    occurrences: Occurrences,
    runs: Runs,
    preview: Preview,
}

/// Which form was refused, if one was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Run,
    Pause,
}

/// `GET /admin/cron/{jobKey}`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>, key: &str) -> Result<Outcome, Stop> {
    Ok(page(visit, key, None).await?.into())
}

/// `POST /admin/cron/{jobKey}/run`.
pub(super) async fn run<A: Api>(visit: &Visit<'_, A>, key: &str) -> Result<Outcome, Stop> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Started {
        execution_id: String,
    }
    let path = format!("/api/v2/admin/cron/{}/run", segment(key));
    let body = json!({"reason": visit.asked.form.get("reason")});
    let once = visit.asked.form.get(ONCE);
    let act = Act { method: Method::POST, path: &path, body: Some(&body), once, seen: None };
    match visit.operator()?.act::<Started>(act).await {
        Ok(started) => Ok(Outcome::Done(format!("/admin/runs/{}", segment(&started.execution_id)))),
        Err(Stop::Refused(problem)) => refused(visit, key, Form::Run, *problem).await,
        Err(stop) => Err(stop),
    }
}

/// `POST /admin/cron/{jobKey}/pause`.
pub(super) async fn pause<A: Api>(visit: &Visit<'_, A>, key: &str) -> Result<Outcome, Stop> {
    let note = visit.asked.form.get("note");
    change(visit, key, json!({"paused": true, "note": note})).await
}

/// `POST /admin/cron/{jobKey}/resume`.
pub(super) async fn resume<A: Api>(visit: &Visit<'_, A>, key: &str) -> Result<Outcome, Stop> {
    let reason = visit.asked.form.get("reason");
    change(visit, key, json!({"paused": false, "reason": reason})).await
}

async fn change<A: Api>(visit: &Visit<'_, A>, key: &str, body: Value) -> Result<Outcome, Stop> {
    let path = format!("/api/v2/admin/cron/{}", segment(key));
    let act = Act { method: Method::PATCH, path: &path, body: Some(&body), once: None, seen: None };
    match visit.operator()?.act::<Value>(act).await {
        Ok(_) => Ok(Outcome::Done(format!("/admin/cron/{}", segment(key)))),
        Err(Stop::Refused(problem)) => refused(visit, key, Form::Pause, *problem).await,
        Err(stop) => Err(stop),
    }
}

async fn refused<A: Api>(
    visit: &Visit<'_, A>,
    key: &str,
    form: Form,
    problem: Problem,
) -> Result<Outcome, Stop> {
    let page = page(visit, key, Some((form, &problem))).await?;
    Ok(page.faulty(&problem).into())
}

async fn page<A: Api>(
    visit: &Visit<'_, A>,
    key: &str,
    problem: Option<(Form, &Problem)>,
) -> Result<Page, Stop> {
    let api = visit.operator()?;
    let cron: Cron = api.get("/api/v2/admin/cron").await?;
    let found = cron.jobs.into_iter().find(|schedule| schedule.job_key == key);
    let schedule =
        found.ok_or_else(|| Stop::NotFound("There is no schedule of this name.".to_owned()))?;
    let runs = format!("/api/v2/admin/cron/{}/runs?limit={RUNS}", segment(key));
    let preview =
        with_query("/api/v2/admin/cron/preview", [("expr", Some(schedule.schedule.as_str()))]);
    let (occurrences, (runs, preview)) =
        try_join(occurrences(&api, key), try_join(api.get(&runs), api.get(&preview))).await?;
    let model = Model { schedule, occurrences, runs, preview };
    let typed = |form: Form| match &problem {
        Some((of, problem)) if *of == form => {
            Typed { values: Some(&visit.asked.form), problem: Some(problem) }
        }
        _ => Typed::default(),
    };
    let (run, pause) = (typed(Form::Run), typed(Form::Pause));
    let body = html! {
        (facts_of(&model.schedule, visit.moment.now))
        @match visit.signs(Kind::Operator) {
            Some(signed) => div.acts { (run_form(&model.schedule, signed, &run)) (pause_form(&model.schedule, signed, &pause)) },
            None => (visit.only_looks(Kind::Operator)),
        }
        (times(&model, visit.moment.now))
    };
    Ok(Page::new("/admin/cron", key, body))
}

fn facts_of(schedule: &Schedule, now: DateTime<Utc>) -> Markup {
    let last = schedule.last_run.as_ref();
    let took_text = last.and_then(|last| last.duration_ms).map(took);
    html! {
        p { (schedule.description) }
        (facts(&[
            ("State", state(schedule)),
            ("When (UTC)", html! { code { (schedule.schedule) } }),
            ("Next run", when_if(schedule.next_run_at.as_deref(), now)),
            ("Last run", last.map_or_else(nothing, |last| html! { (badge(&last.status)) " " (when(&last.started_at, now)) })),
            ("Took", took_text.map_or_else(nothing, |text| html! { (text) })),
            ("Owner", html! { (schedule.owner) }),
            ("Queue", html! { a href=(with_query("/admin/jobs", [("queue", Some(schedule.queue.name.as_str()))])) { (schedule.queue.name) } }),
        ]))
    }
}

fn run_form(schedule: &Schedule, signed: &Signed, typed: &Typed<'_>) -> Markup {
    let reason = Field {
        name: "reason",
        id: "run-reason",
        label: "Reason",
        hint: "Why, in your words; the audit keeps it.",
        first: "",
        is_required: false,
    };
    html! {
        form.panel method="post" action={ "/admin/cron/" (segment(&schedule.job_key)) "/run" } {
            h2 { "Run now" }
            (hidden(signed))
            (refusal(typed))
            (field(&reason, typed))
            button { "Run now" }
        }
    }
}

fn pause_form(schedule: &Schedule, signed: &Signed, typed: &Typed<'_>) -> Markup {
    let address = format!("/admin/cron/{}", segment(&schedule.job_key));
    match &schedule.pause_note {
        Some(note) => {
            let reason = Field {
                name: "reason",
                id: "resume-reason",
                label: "Reason",
                hint: "Times that passed meanwhile stay skipped; the audit keeps the reason.",
                first: "",
                is_required: false,
            };
            html! {
                form.panel method="post" action={ (address) "/resume" } {
                    h2 { "Resume" }
                    p { "Paused: " (note) }
                    (hidden(signed)) (refusal(typed)) (field(&reason, typed))
                    button { "Resume" }
                }
            }
        }
        None => {
            let note = Field {
                name: "note",
                id: "pause-note",
                label: "Note",
                hint: "Why it is paused; whoever looks at the schedule reads it.",
                first: "",
                is_required: true,
            };
            html! {
                form.panel method="post" action={ (address) "/pause" } {
                    h2 { "Pause" }
                    (hidden(signed)) (refusal(typed)) (field(&note, typed))
                    button { "Pause" }
                }
            }
        }
    }
}

fn times(model: &Model, now: DateTime<Utc>) -> Markup {
    let runs: Vec<Markup> = model.runs.items.iter().map(|run| row(run, now)).collect();
    let past: Vec<Markup> = model
        .occurrences
        .items
        .iter()
        .map(|of| {
            html! {
                th scope="row" { (exactly(&of.nominal_at)) }
                td { (badge(&of.outcome)) @if of.reason.is_some() { " " (outcome(of)) } }
                td { (of.execution_id.as_deref().map_or_else(nothing, run_link)) }
            }
        })
        .collect();
    let all = with_query("/admin/runs", [("schedule", Some(model.schedule.job_key.as_str()))]);
    html! {
        section { h2 { "Last times" } (strip(&model.occurrences)) (legend()) details { summary { "As a list" } (table("Nominal times", &["Time (UTC)", "Outcome", "Run"], &past)) } }
        section { h2 { "Runs" } (table("Newest runs", &HEADS, &runs)) p { a href=(all) { "All runs" } } }
        section {
            h2 { "Next times" }
            @for warning in &model.preview.warnings { p.hint { (warning.message) } }
            ol.times { @for at in &model.preview.next { li { (exactly(at)) " " span.hint { (when(at, now)) } } } }
        }
    }
}
