//! `GET /admin/scoreboards`: an organization's tournaments; and for operators what settlements
//! and questions to providers came to, and which boards differ from their ledgers.

use chrono::{DateTime, Utc};
use futures::future::try_join3;
use maud::{Markup, html};
use serde::Deserialize;

use crate::answer::{Outcome, Page};
use crate::client::{Api, Client};
use crate::paths::{segment, with_query};
use crate::show::{
    badge, count, job as job_link, more, more_of, nothing, short, table, when, when_if,
};
use crate::stop::{Kind, Stop};
use crate::visit::Visit;

/// The page's address.
pub(super) const HERE: &str = "/admin/scoreboards";

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Tournaments {
    items: Vec<Tournament>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tournament {
    tournament_id: String,
    name: String,
    ranking: String,
    tie_breaks: Vec<String>,
    created_at: String,
    settled_at: Option<String>,
    closed_at: Option<String>,
}

/// A page of settlements.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Settlements {
    items: Vec<Settlement>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settlement {
    at: String,
    organization_id: String,
    tournament_id: String,
    seq: i64,
    job_id: String,
    result: String,
    detail: Option<String>,
    entry: Option<Entry>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    match_id: String,
    result_version: i64,
    status: String,
    guesses: i64,
    members: i64,
}

/// A page of questions to providers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Verifications {
    items: Vec<Verification>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    fetched_at: String,
    organization_id: String,
    match_id: String,
    outcome: String,
    reason: String,
    job_id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Drifts {
    items: Vec<Drift>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Drift {
    organization_id: String,
    tournament_id: String,
    name: String,
    found: i64,
    checked_at: String,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let now = visit.moment.now;
    let own = match visit.session.tenant {
        Some(_) => Some(own(visit, &visit.tenant()?, now).await?),
        None => None,
    };
    let of_all = match visit.session.operator {
        Some(_) => Some(of_all(visit, &visit.operator()?, now).await?),
        None => None,
    };
    if own.is_none() && of_all.is_none() {
        return Err(Stop::NeedsKey(Kind::Organization));
    }
    let body = html! {
        @if let Some(own) = own { (own) }
        @if let Some(of_all) = of_all { (of_all) }
    };
    Ok(Page::new(HERE, "Scoreboards", body).every(15).into())
}

async fn own<A: Api>(
    visit: &Visit<'_, A>,
    api: &Client<'_, A>,
    now: DateTime<Utc>,
) -> Result<Markup, Stop> {
    let query = &visit.asked.query;
    let list = [("limit", Some("50")), ("cursor", query.get("cursor"))];
    let found: Tournaments = api.get(&with_query("/api/v1/scoreboards/tournaments", list)).await?;
    let rows: Vec<Markup> = found
        .items
        .iter()
        .map(|of| {
            html! {
                th scope="row" { a href={ (HERE) "/" (segment(&of.tournament_id)) } { (of.name) } }
                td { (of.ranking) }
                td { (of.tie_breaks.join(", then ")) }
                td { (when(&of.created_at, now)) }
                td { (when_if(of.settled_at.as_deref(), now)) }
                td { (when_if(of.closed_at.as_deref(), now)) }
            }
        })
        .collect();
    let heads = ["Tournament", "Ranks", "Ties by", "Made", "Settled", "Closed"];
    Ok(html! {
        section {
            h2 { "Tournaments" }
            (table("Tournaments of the organization", &heads, &rows))
            (more(HERE, query, found.next.as_deref()))
        }
    })
}

async fn of_all<A: Api>(
    visit: &Visit<'_, A>,
    api: &Client<'_, A>,
    now: DateTime<Utc>,
) -> Result<Markup, Stop> {
    let query = &visit.asked.query;
    // Each list goes on by itself.
    let list = |path: &str, cursor: &str| {
        with_query(path, [("limit", Some("20")), ("cursor", query.get(cursor))])
    };
    let drift = list("/api/v2/admin/scoreboards/drift", "drift");
    let settled = list("/api/v2/admin/settlements", "settled");
    let asked = list("/api/v2/admin/verifications", "asked");
    let (drifts, settlements, verifications): (Drifts, Settlements, Verifications) =
        try_join3(api.get(&drift), api.get(&settled), api.get(&asked)).await?;
    let next =
        |cursor, text, next: &Option<String>| more_of(HERE, query, (cursor, text), next.as_deref());
    let rows: Vec<Markup> = drifts
        .items
        .iter()
        .map(|of| {
            let state = if of.found == 0 { "healthy" } else { "differs" };
            html! {
                th scope="row" { (ledger(&of.organization_id, &of.tournament_id, &of.name)) }
                td { (of.organization_id) }
                td { (badge(state)) }
                td.number { (count(of.found)) }
                td { (when(&of.checked_at, now)) }
            }
        })
        .collect();
    let heads = ["Tournament", "Organization", "State", "#Differences", "Checked"];
    Ok(html! {
        section { h2 { "Boards against their ledgers" } (table("The last check of each board", &heads, &rows)) (next("drift", "More boards", &drifts.next)) }
        section { h2 { "Settlements" } (settlement_rows(&settlements, now)) (next("settled", "More settlements", &settlements.next)) }
        section { h2 { "What providers said" } (verification_rows(&verifications, now)) (next("asked", "More of what they said", &verifications.next)) }
    })
}

/// A link to what operators see of a tournament.
fn ledger(organization: &str, tournament: &str, text: &str) -> Markup {
    let path = format!("{HERE}/{}/ledger", segment(tournament));
    html! { a href=(with_query(&path, [("organizationId", Some(organization))])) title=(tournament) { (text) } }
}

/// A table of settlements.
pub(super) fn settlement_rows(of: &Settlements, now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = of
        .items
        .iter()
        .map(|of| {
            let entry = of.entry.as_ref();
            html! {
                th scope="row" { (ledger(&of.organization_id, &of.tournament_id, &short(&of.tournament_id))) }
                td.number { (of.seq) }
                td { (badge(entry.map_or(&of.result, |entry| &entry.status))) @if let Some(detail) = &of.detail { p.hint { (detail) } } }
                td { (entry.map_or_else(nothing, |entry| html! { code title=(entry.match_id) { (short(&entry.match_id)) } " result " (entry.result_version) })) }
                td.number { (entry.map_or_else(nothing, |entry| html! { (count(entry.guesses)) })) }
                td.number { (entry.map_or_else(nothing, |entry| html! { (count(entry.members)) })) }
                td { (when(&of.at, now)) }
                td { (job_link(&of.job_id)) }
            }
        })
        .collect();
    let heads = ["Tournament", "#No.", "Ledger", "Match", "#Guesses", "#Members", "When", "Job"];
    table("Settlements, the newest first", &heads, &rows)
}

/// A table of questions to providers.
pub(super) fn verification_rows(of: &Verifications, now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = of
        .items
        .iter()
        .map(|of| {
            html! {
                th scope="row" { code title=(of.match_id) { (short(&of.match_id)) } }
                td { (of.organization_id) }
                td { (badge(&of.outcome)) }
                td { (of.reason.replace('_', " ")) }
                td { (when(&of.fetched_at, now)) }
                td { (job_link(&of.job_id)) }
            }
        })
        .collect();
    table(
        "What providers said, the newest first",
        &["Match", "Organization", "Outcome", "Why", "Asked", "Job"],
        &rows,
    )
}
