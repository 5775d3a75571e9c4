//! `GET /admin/scoring`: an organization's best contacts and its open alerts.

use chrono::{DateTime, Utc};
use futures::future::try_join;
use maud::{Markup, html};
use mauntic_domain::points::PointsE4;
use serde::Deserialize;
use serde_json::Value;

use super::alerts::{Alerts, rows};
use crate::answer::{Outcome, Page};
use crate::client::Api;
use crate::form::{Typed, refusal, search};
use crate::paths::{segment, with_query};
use crate::show::{more, table, when};
use crate::stop::Stop;
use crate::svg::bar;
use crate::visit::Visit;

/// A page of the leaderboard.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Leaderboard {
    items: Vec<Leader>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leader {
    contact_id: String,
    total_score: PointsE4,
    grade: String,
    calculated_at: String,
}

/// `GET /admin/scoring`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let api = visit.tenant()?;
    let Some(contact) = visit.asked.query.get("contact") else {
        return Ok(page(visit, &Typed::default(), &Typed::default()).await?.into());
    };
    let score = format!("/api/v1/scoring/contacts/{}/score/explain", segment(contact));
    match api.get::<Value>(&score).await {
        Ok(_) => Ok(Outcome::Done(format!("/admin/scoring/contacts/{}", segment(contact)))),
        Err(stop) => {
            let problem = stop.at_form("contactId", "contact")?;
            let typed = Typed { values: Some(&visit.asked.query), problem: Some(&problem) };
            Ok(page(visit, &typed, &Typed::default()).await?.faulty(&problem).into())
        }
    }
}

/// The page, with what was searched for, and what was to be taken on.
pub(super) async fn page<A: Api>(
    visit: &Visit<'_, A>,
    searched: &Typed<'_>,
    taken: &Typed<'_>,
) -> Result<Page, Stop> {
    let (api, query) = (visit.tenant()?, &visit.asked.query);
    let list = [("limit", Some("50")), ("cursor", query.get("cursor"))];
    let list = with_query("/api/v1/scoring/leaderboard", list);
    let (board, alerts): (Leaderboard, Alerts) =
        try_join(api.get(&list), api.get("/api/v1/scoring/alerts?status=open&limit=20")).await?;
    let now = visit.moment.now;
    let body = html! {
        p { a href="/admin/scoring/config" { "Configuration" } }
        form.filters method="get" action="/admin/scoring" {
            (search("contact", "Contact id", searched))
            button { "Show" }
        }
        (refusal(&Typed { values: None, problem: searched.problem }))
        section { h2 { "Open alerts" } (rows(visit, &alerts.items, taken)) }
        section { h2 { "Leaderboard" } (leaders(&board, now)) (more("/admin/scoring", query, board.next.as_deref())) }
    };
    Ok(Page::new("/admin/scoring", "Scoring", body).every(30))
}

fn leaders(board: &Leaderboard, now: DateTime<Utc>) -> Markup {
    let most = board.items.iter().map(|leader| leader.total_score.e4()).max().unwrap_or(0);
    let rows: Vec<Markup> = board
        .items
        .iter()
        .map(|leader| {
            html! {
                th scope="row" { a href={ "/admin/scoring/contacts/" (segment(&leader.contact_id)) } { (leader.contact_id) } }
                td { (leader.grade) }
                td.number { (leader.total_score) }
                td { (bar(leader.total_score.e4(), most, "score")) }
                td { (when(&leader.calculated_at, now)) }
            }
        })
        .collect();
    table(
        "The best contacts",
        &["Contact", "Grade", "#Score", "Beside the best", "Calculated"],
        &rows,
    )
}
