//! `GET /admin/replays/{id}`: how far a replay of many is, and its end by hand.

use http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Outcome, Page};
use crate::client::{Act, Api};
use crate::form::{ONCE, Typed, cancel as cancel_form};
use crate::paths::segment;
use crate::show::{badge, count, facts, nothing, when, when_if};
use crate::stop::{Kind, Problem, Stop};
use crate::svg::progress;
use crate::visit::Visit;

/// Seconds between two looks while it goes on.
const REFRESH_SECS: u16 = 3;

/// A replay of many.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replay {
    replay_id: String,
    actor: String,
    reason: Option<String>,
    status: String,
    filter: Value,
    canary: i64,
    per_second: i64,
    replayed: i64,
    completed: i64,
    dead_again: i64,
    unfinished: i64,
    refused: i64,
    created_at: String,
    finished_at: Option<String>,
    canaries: Vec<String>,
    stopped_by: Option<String>,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    Ok(page(visit, id, None).await?.into())
}

async fn page<A: Api>(
    visit: &Visit<'_, A>,
    id: &str,
    problem: Option<&Problem>,
) -> Result<Page, Stop> {
    let path = format!("/api/v2/admin/dlq/replays/{}", segment(id));
    let replay: Replay = visit.operator()?.get(&path).await?;
    let typed = Typed { values: problem.map(|_| &visit.asked.form), problem };
    let body = html! {
        (state(&replay))
        (known(&replay, visit))
        @if replay.finished_at.is_none() || problem.is_some() {
            @match visit.signs(Kind::Operator) {
                Some(signed) => (cancel_form(signed, &format!("/admin/replays/{}/cancel", segment(id)), "Stop it here", &typed)),
                None => (visit.only_looks(Kind::Operator)),
            }
        }
        section { h2 { "What it takes" } (super::jobs::pretty(&replay.filter)) }
    };
    let page = Page::new("/admin/jobs", "Replay of many", body);
    Ok(if replay.finished_at.is_none() { page.every(REFRESH_SECS) } else { page })
}

/// `POST /admin/replays/{id}/cancel`.
pub(super) async fn cancel<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let path = format!("/api/v2/admin/dlq/replays/{}/cancel", segment(id));
    let body = json!({"reason": visit.asked.form.get("reason")});
    let once = visit.asked.form.get(ONCE);
    let act = Act { method: Method::POST, path: &path, body: Some(&body), once, seen: None };
    match visit.operator()?.act::<Value>(act).await {
        Ok(_) => Ok(Outcome::Done(format!("/admin/replays/{}", segment(id)))),
        Err(Stop::Refused(problem)) => {
            Ok(page(visit, id, Some(&problem)).await?.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

fn state(replay: &Replay) -> Markup {
    let all = replay.replayed.saturating_add(replay.refused);
    let told = format!("{} of {} completed", count(replay.completed), count(replay.replayed));
    html! {
        (progress(&told, &[(replay.completed, "done"), (replay.dead_again, "dead"), (replay.refused, "cancelled")], all))
        p {
            (told) ", " (count(replay.unfinished)) " under way, " (count(replay.dead_again)) " dead again, "
            (count(replay.refused)) " refused."
        }
    }
}

fn known<A: Api>(replay: &Replay, visit: &Visit<'_, A>) -> Markup {
    let now = visit.moment.now;
    facts(&[
        ("Status", badge(&replay.status)),
        ("Ordered", when(&replay.created_at, now)),
        ("Ended", when_if(replay.finished_at.as_deref(), now)),
        ("By", html! { (replay.actor) }),
        ("Why", replay.reason.as_deref().map_or_else(nothing, |reason| html! { (reason) })),
        ("First", html! { (count(replay.canary)) }),
        ("Per second", html! { (count(replay.per_second)) }),
        ("Stopped by", replay.stopped_by.as_deref().map_or_else(nothing, crate::show::job)),
        ("Canaries", html! { @for id in &replay.canaries { (crate::show::job(id)) " " } }),
        ("Replay", html! { code { (replay.replay_id) } }),
    ])
}
