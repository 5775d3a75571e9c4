//! `GET /admin/dead-letters/{id}`: a case with all that is known of it, and what decides it:
//! a replay, which is tried without doing first, or a discard with a reason.

use chrono::{DateTime, Utc};
use http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::dead_letters::{Case, rows};
use super::job_rows::{Failure, Job, failures};
use super::rehearsal::{Rehearsal, tried};
use crate::answer::{Outcome, Page};
use crate::client::{Act, Api};
use crate::form::{Field, ONCE, Signed, Typed, area, hidden, reason, refusal};
use crate::paths::{segment, with_query};
use crate::show::{badge, facts, job as job_link, nothing, run as run_link, when, when_if};
use crate::stop::{Kind, Problem, Stop};
use crate::visit::Visit;

/// Most characters of data that replace a case's.
const DATA_CHARS_MAX: usize = 65_536;

/// A case with all that is known of it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    #[serde(flatten)]
    case: Case,
    attempts: i64,
    body: String,
    body_encoding: String,
    job: Option<Job>,
    errors: Vec<Failure>,
    lineage: Vec<Case>,
}

/// What was tried or refused by a form of the page.
#[derive(Default)]
struct Said<'s> {
    rehearsal: Option<Rehearsal>,
    replay: Option<&'s Problem>,
    discard: Option<&'s Problem>,
}

/// `GET /admin/dead-letters/{id}`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    Ok(page(visit, id, Said::default()).await?.into())
}

/// `POST …/try`: a dry run.
pub(super) async fn rehearse<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let path = format!("/api/v2/admin/dlq/{}/replay", segment(id));
    let body = order(visit, true);
    let act = Act { method: Method::POST, path: &path, body: Some(&body), once: None, seen: None };
    match visit.operator()?.act::<Rehearsal>(act).await {
        Ok(found) => {
            let said = Said { rehearsal: Some(found), ..Said::default() };
            Ok(page(visit, id, said).await?.into())
        }
        Err(Stop::Refused(problem)) => {
            let page = page(visit, id, Said { replay: Some(&problem), ..Said::default() }).await?;
            Ok(page.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

/// `POST …/replay`.
pub(super) async fn replay<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Replayed {
        job_id: String,
    }
    let path = format!("/api/v2/admin/dlq/{}/replay", segment(id));
    let (body, once) = (order(visit, false), visit.asked.form.get(ONCE));
    let act = Act { method: Method::POST, path: &path, body: Some(&body), once, seen: None };
    match visit.operator()?.act::<Replayed>(act).await {
        Ok(replayed) => Ok(Outcome::Done(format!("/admin/jobs/{}", segment(&replayed.job_id)))),
        Err(Stop::Refused(problem)) => {
            let page = page(visit, id, Said { replay: Some(&problem), ..Said::default() }).await?;
            Ok(page.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

/// `POST …/discard`.
pub(super) async fn discard<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let path = format!("/api/v2/admin/dlq/{}", segment(id));
    let path = with_query(&path, [("reason", visit.asked.form.get("reason"))]);
    let act = Act { method: Method::DELETE, path: &path, body: None, once: None, seen: None };
    match visit.operator()?.act::<Value>(act).await {
        Ok(_) => Ok(Outcome::Done(format!("/admin/dead-letters/{}", segment(id)))),
        Err(Stop::Refused(problem)) => {
            let page = page(visit, id, Said { discard: Some(&problem), ..Said::default() }).await?;
            Ok(page.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

/// What a replay is asked for. Data that is no JSON goes as text, and the API says so.
fn order<A: Api>(visit: &Visit<'_, A>, dry_run: bool) -> Value {
    let form = &visit.asked.form;
    let mut body = Map::from_iter([("dryRun".to_owned(), json!(dry_run))]);
    if let Some(text) = form.get("data") {
        body.insert("data".to_owned(), serde_json::from_str(text).unwrap_or_else(|_| text.into()));
    }
    if let Some(reason) = form.get("reason") {
        body.insert("reason".to_owned(), reason.into());
    }
    Value::Object(body)
}

async fn page<A: Api>(visit: &Visit<'_, A>, id: &str, said: Said<'_>) -> Result<Page, Stop> {
    let whole: Whole = visit.operator()?.get(&format!("/api/v2/admin/dlq/{}", segment(id))).await?;
    let now = visit.moment.now;
    let is_other = |of: &&Case| of.case_id != whole.case.case_id;
    let earlier: Vec<Case> = whole.lineage.iter().filter(is_other).cloned().collect();
    let values = (visit.asked.method == Method::POST).then_some(&visit.asked.form);
    let body = html! {
        (known(&whole, now))
        @if whole.case.decision.is_none() {
            @match visit.signs(Kind::Operator) {
                Some(signed) => div.acts { (decide(&whole, &said, values, signed)) },
                None => (visit.only_looks(Kind::Operator)),
            }
        } @else {
            // Somebody else has decided meanwhile: there is no form that would show why not.
            (refusal(&Typed { values, problem: said.replay.or(said.discard) }))
        }
        section { h2 { "Body" } (body_of(&whole)) }
        section { h2 { "Failures" } (failures(&whole.errors, now)) }
        @if !earlier.is_empty() {
            section { h2 { "Other cases of the same job" } (rows("Lineage", &earlier, now)) }
        }
    };
    let title = whole.case.type_name.as_deref().unwrap_or("A message that could not be read");
    Ok(Page::new("/admin/jobs", title, body))
}

fn known(whole: &Whole, now: DateTime<Utc>) -> Markup {
    let case = &whole.case;
    let text =
        |text: &Option<String>| text.as_deref().map_or_else(nothing, |text| html! { (text) });
    let same =
        with_query("/admin/dead-letters", [("fingerprint", Some(case.fingerprint.as_str()))]);
    let run = whole.job.as_ref().and_then(|job| job.execution_id.as_deref());
    html! {
        p.refusal { (case.detail) }
        (facts(&[
            ("State", case.decision.as_deref().map_or_else(|| badge("open"), badge)),
            ("Reason", html! { (case.reason.replace('_', " ")) }),
            ("Died", when(&case.created_at, now)),
            ("Attempts", html! { (whole.attempts) }),
            ("Queue", html! { (case.queue) }),
            ("Organization", text(&case.organization_id)),
            ("Job", case.job_id.as_deref().map_or_else(nothing, job_link)),
            ("Run", run.map_or_else(nothing, run_link)),
            ("Message", text(&case.message_id)),
            ("Case", html! { code { (case.case_id) } }),
            ("Others of this cause", html! { a href=(same) { code { (case.fingerprint) } } }),
        ]))
        @if case.decision.is_some() { (decided(case, now)) }
    }
}

fn decided(case: &Case, now: DateTime<Utc>) -> Markup {
    let text =
        |text: &Option<String>| text.as_deref().map_or_else(nothing, |text| html! { (text) });
    facts(&[
        ("Decided", when_if(case.decided_at.as_deref(), now)),
        ("By", text(&case.decided_by)),
        ("Why", text(&case.decided_why)),
        (
            "Replay of many",
            case.replay_id.as_deref().map_or_else(
                nothing,
                |id| html! { a href={ "/admin/replays/" (segment(id)) } { "its progress" } },
            ),
        ),
    ])
}

fn decide(
    whole: &Whole,
    said: &Said<'_>,
    values: Option<&crate::request::Pairs>,
    signed: &Signed,
) -> Markup {
    let here = format!("/admin/dead-letters/{}", segment(&whole.case.case_id));
    let replay = Typed { values: values.filter(|_| said.discard.is_none()), problem: said.replay };
    let discard =
        Typed { values: values.filter(|_| said.discard.is_some()), problem: said.discard };
    let data = Field {
        name: "data",
        id: "replay-data",
        label: "Other data",
        hint: "In place of the job's own, as JSON, where that was wrong: of the same organization.",
        first: "",
        is_required: false,
    };
    html! {
        form.panel method="post" action={ (here) "/try" } {
            h2 { "Replay" }
            (hidden(signed)) (refusal(&replay))
            @if let Some(found) = &said.rehearsal {
                p role="status" { "A dry run: nothing was done. This is what a replay would do now." }
                (tried(std::slice::from_ref(found)))
            }
            (area(&data, &replay, DATA_CHARS_MAX))
            (reason("replay-reason", false, &replay))
            button { "Try without doing" } " "
            @if said.rehearsal.is_some() || said.replay.is_some() {
                button.danger formaction={ (here) "/replay" } { "Replay" }
            }
        }
        form.panel method="post" action={ (here) "/discard" } {
            h2 { "Discard" }
            p.hint { "Nothing is deleted: the case is kept as decided, with who and why." }
            (hidden(signed)) (refusal(&discard)) (reason("discard-reason", true, &discard))
            button.danger { "Discard the case" }
        }
    }
}

fn body_of(whole: &Whole) -> Markup {
    let parsed: Option<Value> = serde_json::from_str(&whole.body).ok();
    html! {
        @if whole.body_encoding == "base64" { p.hint { "These bytes are no text; shown as base64." } }
        @match parsed {
            Some(value) => (super::jobs::pretty(&value)),
            None => pre tabindex="0" { (whole.body) },
        }
    }
}
