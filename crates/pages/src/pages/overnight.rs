//! `GET /admin/overnight`: nights of all organizations, and one with its steps as a timeline,
//! whom it did not score, and whether its scores are what its inputs make of them.

use chrono::{DateTime, Utc};
use futures::future::try_join;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::jobs::pretty;
use crate::answer::{Outcome, Page};
use crate::client::Api;
use crate::paths::{segment, with_query};
use crate::show::{badge, count, facts, instant, more, nothing, table, took, when, when_if};
use crate::stop::Stop;
use crate::svg::{progress, span_of};
use crate::visit::Visit;

/// Seconds between two looks while a night goes on.
const REFRESH_SECS: u16 = 5;

/// What users can be narrowed to, each by one link; the first is shown at first.
const FATES: [(&str, &str); 3] =
    [("Failed", "failed"), ("Skipped", "skipped"), ("Scored", "scored")];

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Nights {
    items: Vec<Night>,
    next: Option<String>,
}

/// A night.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Night {
    run_id: String,
    status: String,
    started_at: String,
    completed_at: Option<String>,
    inputs_of: Option<String>,
    markets: Vec<String>,
    chunks_done: i64,
    chunks_total: i64,
    users_processed: i64,
    users_failed: i64,
    users_skipped: i64,
    error_details: Value,
    metrics: Value,
    #[serde(default)]
    steps: Vec<Step>,
}

/// A page of a night's users.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Users {
    items: Vec<User>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    organization_id: String,
    user_id: String,
    fate: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
    assets_scored: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    step: String,
    done_at: String,
    took_ms: i64,
    summary: Value,
}

/// Whether stored scores are what their inputs make.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replay {
    users: i64,
    identical: i64,
    without_inputs: i64,
    differences: Vec<Difference>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Difference {
    organization_id: String,
    user_id: String,
    place: String,
    stored: String,
    computed: String,
}

/// `GET /admin/overnight`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let query = &visit.asked.query;
    let list = [("limit", Some("30")), ("cursor", query.get("cursor"))];
    let nights: Nights =
        visit.operator()?.get(&with_query("/api/v2/admin/overnight/runs", list)).await?;
    let now = visit.moment.now;
    let rows: Vec<Markup> = nights.items.iter().map(|night| row(night, now)).collect();
    let heads =
        ["Night", "Status", "Started", "#Took", "#Scored", "#Failed", "#Skipped", "#Chunks"];
    let body = html! {
        (table("Nights, the newest first", &heads, &rows))
        (more("/admin/overnight", query, nights.next.as_deref()))
        p { "A night is started, paused and run by hand as a schedule: " (super::cron::link("overnight-scoring")) "." }
    };
    Ok(Page::new("/admin/overnight", "Overnight", body).every(REFRESH_SECS * 3).into())
}

fn row(night: &Night, now: DateTime<Utc>) -> Markup {
    html! {
        th scope="row" { a.id href={ "/admin/overnight/" (segment(&night.run_id)) } title=(night.run_id) { (crate::show::short(&night.run_id)) } }
        td { (badge(&night.status)) }
        td { (when(&night.started_at, now)) }
        td.number { (lasted(night).map_or_else(nothing, |millis| html! { (took(millis)) })) }
        td.number { (count(night.users_processed)) }
        td.number { (count(night.users_failed)) }
        td.number { (count(night.users_skipped)) }
        td.number { (count(night.chunks_done)) " of " (count(night.chunks_total)) }
    }
}

fn lasted(night: &Night) -> Option<i64> {
    let end = instant(night.completed_at.as_deref()?)?;
    Some((end - instant(&night.started_at)?).num_milliseconds())
}

/// `GET /admin/overnight/{id}`.
pub(super) async fn one<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let path = format!("/api/v2/admin/overnight/runs/{}", segment(id));
    let (api, query) = (visit.operator()?, &visit.asked.query);
    let fate = query.get("fate").unwrap_or(FATES[0].1);
    let list = [("fate", Some(fate)), ("limit", Some("50")), ("cursor", query.get("cursor"))];
    let list = with_query(&format!("{path}/users"), list);
    let (night, users): (Night, Users) = try_join(api.get(&path), api.get(&list)).await?;
    let here = format!("/admin/overnight/{}", segment(id));
    let body = html! {
        (known(&night, visit.moment.now))
        section { h2 { "Steps" } (steps(&night)) }
        section {
            h2 { "Users" }
            p { @for (text, of) in FATES {
                a href=(with_query(&here, [("fate", Some(of))])) aria-current=[(of == fate).then_some("true")] { (text) } " "
            } }
            (user_rows(&users.items))
            (more(&here, query, users.next.as_deref()))
        }
        section { h2 { "What went wrong" } (pretty(&night.error_details)) }
        section { h2 { "Metrics" } (pretty(&night.metrics)) }
        p {
            a.button href={ (here) "/replay" } { "Check its scores again" }
            " from the inputs that it captured."
        }
        p { a href={ "/admin/runs/" (segment(&night.run_id)) } { "Its run: chunks, dead jobs, cancel, retry" } }
    };
    let page = Page::new("/admin/overnight", "A night", body);
    Ok(if night.completed_at.is_none() { page.every(REFRESH_SECS) } else { page }.into())
}

fn user_rows(users: &[User]) -> Markup {
    let text =
        |text: &Option<String>| text.as_deref().map_or_else(nothing, |text| html! { (text) });
    let rows: Vec<Markup> = users
        .iter()
        .map(|of| {
            html! {
                th scope="row" { (of.user_id) }
                td { (of.organization_id) }
                td { (of.fate.as_deref().map_or_else(nothing, badge)) }
                td { (of.reason.as_deref().map_or_else(nothing, |reason| html! { (reason.replace('_', " ")) })) }
                td { (text(&of.detail)) }
                td.number { (count(of.assets_scored)) }
            }
        })
        .collect();
    table(
        "Users of the night",
        &["User", "Organization", "What became of it", "Why", "What exactly", "#Assets scored"],
        &rows,
    )
}

fn known(night: &Night, now: DateTime<Utc>) -> Markup {
    let done = format!("{} of {} chunks done", count(night.chunks_done), count(night.chunks_total));
    let is_repeat = night.inputs_of.as_deref().filter(|of| *of != night.run_id);
    html! {
        (progress(&done, &[(night.chunks_done, "done")], night.chunks_total))
        p { (done) "." }
        (facts(&[
            ("Status", badge(&night.status)),
            ("Started", when(&night.started_at, now)),
            ("Ended", when_if(night.completed_at.as_deref(), now)),
            ("Took", lasted(night).map_or_else(nothing, |millis| html! { (took(millis)) })),
            ("Users scored", html! { (count(night.users_processed)) }),
            ("Failed", html! { (count(night.users_failed)) }),
            ("Skipped", html! { (count(night.users_skipped)) }),
            ("Markets", html! { (night.markets.join(", ")) }),
            ("Repeats", is_repeat.map_or_else(nothing, |id| html! { a.id href={ "/admin/overnight/" (segment(id)) } { (crate::show::short(id)) } })),
            ("Night", html! { code { (night.run_id) } }),
        ]))
    }
}

/// Each step from its beginning to its end, on one line of time.
fn steps(night: &Night) -> Markup {
    let begin = instant(&night.started_at);
    let after =
        |text: &str| begin.zip(instant(text)).map(|(begin, at)| (at - begin).num_milliseconds());
    let last = night.steps.iter().filter_map(|step| after(&step.done_at)).max().unwrap_or(0);
    let whole = lasted(night).unwrap_or(last).max(last).max(1);
    let rows: Vec<Markup> = night
        .steps
        .iter()
        .map(|step| {
            let end = after(&step.done_at).unwrap_or(0);
            html! {
                th scope="row" { (step.step.replace('_', " ")) }
                td.number { (took(step.took_ms)) }
                td { (span_of(end.saturating_sub(step.took_ms), end, whole)) }
                td { (summary(&step.summary)) }
            }
        })
        .collect();
    table("Steps of the night", &["Step", "#Took", "When in the night", "What came of it"], &rows)
}

/// The fields of a summary, in one line.
fn summary(of: &Value) -> Markup {
    let fields = of.as_object().into_iter().flatten();
    html! { @for (name, value) in fields { span.pair { (name) " " code { (value) } } " " } }
}

/// `GET /admin/overnight/{id}/replay`.
pub(super) async fn replay<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let (query, here) = (&visit.asked.query, format!("/admin/overnight/{}", segment(id)));
    let path = format!("/api/v2/admin/overnight/runs/{}/replay", segment(id));
    let path = with_query(&path, [("cursor", query.get("cursor"))]);
    let replay: Replay = visit.operator()?.get(&path).await?;
    let rows: Vec<Markup> = replay
        .differences
        .iter()
        .map(|of| html! { th scope="row" { (of.user_id) } td { (of.organization_id) } td { (of.place) } td { code { (of.stored) } } td { code { (of.computed) } } })
        .collect();
    let body = html! {
        p {
            (count(replay.users)) " users computed again from what the night captured: "
            (count(replay.identical)) " are the same, byte for byte; " (count(replay.without_inputs)) " have no inputs any more."
        }
        (table("What differs", &["User", "Organization", "Where", "Stored", "Computed"], &rows))
        (more(&format!("{here}/replay"), query, replay.next.as_deref()))
        p { a href=(here) { "The night" } }
    };
    Ok(Page::new("/admin/overnight", "Scores checked again", body).into())
}
