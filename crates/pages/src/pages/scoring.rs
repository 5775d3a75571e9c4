//! `GET /admin/scoring`: an organization's best contacts and its open alerts.

use chrono::{DateTime, Utc};
use futures::future::try_join;
use maud::{Markup, html};
use mauntic_domain::points::PointsE4;
use serde::Deserialize;

use crate::answer::{Outcome, Page};
use crate::client::Api;
use crate::form::{Typed, search};
use crate::paths::{segment, with_query};
use crate::show::{badge, more, table, when};
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

/// A page of alerts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Alerts {
    pub(super) items: Vec<Alert>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    contact_id: String,
    signal_type: String,
    priority: String,
    status: String,
    opened_at: String,
    due_at: String,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let (api, query) = (visit.tenant()?, &visit.asked.query);
    if let Some(contact) = query.get("contact") {
        return Ok(Outcome::Done(format!("/admin/scoring/contacts/{}", segment(contact))));
    }
    let list = [("limit", Some("50")), ("cursor", query.get("cursor"))];
    let list = with_query("/api/v1/scoring/leaderboard", list);
    let (board, alerts): (Leaderboard, Alerts) =
        try_join(api.get(&list), api.get("/api/v1/scoring/alerts?status=open&limit=20")).await?;
    let now = visit.moment.now;
    let body = html! {
        p { a href="/admin/scoring/config" { "Configuration" } }
        form.filters method="get" action="/admin/scoring" {
            (search("contact", "Contact id", &Typed::default()))
            button { "Show" }
        }
        section { h2 { "Open alerts" } (alert_rows(&alerts.items, now)) }
        section { h2 { "Leaderboard" } (leaders(&board, now)) (more("/admin/scoring", query, board.next.as_deref())) }
    };
    Ok(Page::new("/admin/scoring", "Scoring", body).every(30).into())
}

/// A table of alerts.
pub(super) fn alert_rows(alerts: &[Alert], now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = alerts
        .iter()
        .map(|alert| {
            html! {
                th scope="row" { a href={ "/admin/scoring/contacts/" (segment(&alert.contact_id)) } { (alert.contact_id) } }
                td { (alert.signal_type) }
                td { (alert.priority) }
                td { (badge(&alert.status)) }
                td { (when(&alert.opened_at, now)) }
                td { (when(&alert.due_at, now)) }
            }
        })
        .collect();
    table("Alerts", &["Contact", "Signal", "Priority", "State", "Opened", "Due"], &rows)
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
