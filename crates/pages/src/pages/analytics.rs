//! `GET /admin/analytics`: what an organization's contacts did, how its campaigns went, how its
//! scores are spread, and what its young sending domains used of what they may send.

use chrono::TimeDelta;
use futures::future::{try_join_all, try_join3};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Number;

use crate::answer::{Outcome, Page};
use crate::client::{Api, Client};
use crate::form::{Typed, refusal, search};
use crate::paths::{segment, with_query};
use crate::request::Pairs;
use crate::show::{count, nothing, table};
use crate::stop::{Problem, Stop};
use crate::svg::{bar, progress, sparkline};
use crate::visit::Visit;

/// Days that are shown when nobody says which.
const DAYS: i64 = 30;

/// Domains whose day is looked at: one request each.
const DOMAINS: &str = "10";

/// A page of anything.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Listed<T> {
    items: Vec<T>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Events {
    from: String,
    event_type: String,
    channel: String,
    event_count: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Campaign {
    from: String,
    campaign_id: String,
    sent: i64,
    delivered: i64,
    opened: i64,
    clicked: i64,
    bounced: i64,
    complained: i64,
    unsubscribed: i64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Distribution {
    date: String,
    total_contacts: i64,
    average: Number,
    grade_a: i64,
    grade_b: i64,
    grade_c: i64,
    grade_d: i64,
    grade_f: i64,
    histogram: Vec<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Domain {
    domain: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct DomainDay {
    domain: String,
    day: i64,
    count: i64,
    limit: Option<i64>,
}

/// What the reports say.
#[derive(Default)]
struct Reports {
    events: Listed<Events>,
    campaigns: Listed<Campaign>,
    distributions: Listed<Distribution>,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let (api, query) = (visit.tenant()?, &visit.asked.query);
    let today = visit.moment.now.date_naive();
    let first = (today - TimeDelta::days(DAYS)).to_string();
    let end = today.to_string();
    let (from, to) = (query.get("from").unwrap_or(&first), query.get("to").unwrap_or(&end));
    let (reports, problem) = match reports(&api, from, to).await {
        Ok(reports) => (reports, None),
        Err(Stop::Refused(problem)) => (Reports::default(), Some(*problem)),
        Err(stop) => return Err(stop),
    };
    let days = domains(&api).await?;
    let body = html! {
        (form(from, to, problem.as_ref()))
        section { h2 { "Events" } (events(&reports.events.items)) }
        section { h2 { "Campaigns" } (campaigns(&reports.campaigns.items)) }
        section { h2 { "Scores" } (distributions(&reports.distributions.items)) }
        section { h2 { "Warm-up today" } (warm_up(&days)) }
    };
    let page = Page::new("/admin/analytics", "Analytics", body);
    Ok(if problem.is_some() { page.faulty() } else { page }.into())
}

async fn reports<A: Api>(api: &Client<'_, A>, from: &str, to: &str) -> Result<Reports, Stop> {
    let of = |name: &str, group: &str| {
        let range = [
            ("from", Some(from)),
            ("to", Some(to)),
            ("groupBy", Some(group)),
            ("limit", Some("100")),
        ];
        with_query(&format!("/api/v1/analytics/{name}"), range)
    };
    let paths = [
        of("event-aggregates", "day"),
        of("campaign-stats", "month"),
        of("score-distribution", "day"),
    ];
    let [events, campaigns, distributions] = &paths;
    let (events, campaigns, distributions) =
        try_join3(api.get(events), api.get(campaigns), api.get(distributions)).await?;
    Ok(Reports { events, campaigns, distributions })
}

async fn domains<A: Api>(api: &Client<'_, A>) -> Result<Vec<DomainDay>, Stop> {
    let list = with_query("/api/v1/warmup/domains", [("limit", Some(DOMAINS))]);
    let found: Listed<Domain> = api.get(&list).await?;
    let days = found.items.iter().map(|of| async move {
        api.get(&format!("/api/v1/warmup/domains/{}", segment(&of.domain))).await
    });
    try_join_all(days).await
}

fn form(from: &str, to: &str, problem: Option<&Problem>) -> Markup {
    let values = Pairs::of(&[("from", from), ("to", to)]);
    let typed = Typed { values: Some(&values), problem };
    html! {
        form.filters method="get" action="/admin/analytics" {
            (search("from", "From (day, UTC)", &typed)) (search("to", "To (day, UTC), included", &typed))
            button { "Show" }
        }
        (refusal(&Typed { values: None, problem }))
    }
}

fn events(of: &[Events]) -> Markup {
    let most = of.iter().map(|line| line.event_count).max().unwrap_or(0);
    let rows: Vec<Markup> = of
        .iter()
        .map(|line| {
            html! {
                th scope="row" { (line.from) }
                td { (line.event_type) }
                td { (line.channel) }
                td.number { (count(line.event_count)) }
                td { (bar(line.event_count, most, "events")) }
            }
        })
        .collect();
    table(
        "Events by day, type and channel",
        &["Day", "Type", "Channel", "#Events", "Beside the most"],
        &rows,
    )
}

fn campaigns(of: &[Campaign]) -> Markup {
    let rows: Vec<Markup> = of
        .iter()
        .map(|line| {
            let numbers = [
                line.sent,
                line.delivered,
                line.opened,
                line.clicked,
                line.bounced,
                line.complained,
                line.unsubscribed,
            ];
            html! {
                th scope="row" { (line.campaign_id) }
                td { (line.from) }
                @for number in numbers { td.number { (count(number)) } }
            }
        })
        .collect();
    let heads = [
        "Campaign",
        "Month from",
        "#Sent",
        "#Delivered",
        "#Opened",
        "#Clicked",
        "#Bounced",
        "#Complained",
        "#Unsubscribed",
    ];
    table("Campaigns by month", &heads, &rows)
}

fn distributions(of: &[Distribution]) -> Markup {
    let rows: Vec<Markup> = of
        .iter()
        .map(|line| {
            let grades = [line.grade_a, line.grade_b, line.grade_c, line.grade_d, line.grade_f];
            let told = format!("Contacts by score on {}: {:?}", line.date, line.histogram);
            html! {
                th scope="row" { (line.date) }
                td.number { (count(line.total_contacts)) }
                td.number { (line.average.to_string()) }
                @for number in grades { td.number { (count(number)) } }
                td { @if line.histogram.is_empty() { (nothing()) } @else { (sparkline(&told, &line.histogram)) } }
            }
        })
        .collect();
    let heads = ["Day", "#Contacts", "#Average", "#A", "#B", "#C", "#D", "#F", "Spread"];
    table("How scores are spread, by day", &heads, &rows)
}

fn warm_up(of: &[DomainDay]) -> Markup {
    let rows: Vec<Markup> = of
        .iter()
        .map(|line| {
            let told = format!("{} of {} sent", line.count, line.limit.map_or("any number".to_owned(), |limit| limit.to_string()));
            html! {
                th scope="row" { (line.domain) }
                td.number { (line.day) }
                td.number { (count(line.count)) }
                td.number { (line.limit.map_or_else(|| html! { "no limit" }, |limit| html! { (count(limit)) })) }
                td { @match line.limit { Some(limit) => (progress(&told, &[(line.count, "done")], limit)), None => (nothing()) } }
            }
        })
        .collect();
    table(
        "Sending domains: used of today's limit",
        &["Domain", "#Day", "#Used", "#Limit", "Used of it"],
        &rows,
    )
}
