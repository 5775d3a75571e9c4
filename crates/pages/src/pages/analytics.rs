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
use crate::show::{count, more_of, nothing, table};
use crate::stop::{Problem, Stop};
use crate::svg::{bar, progress, sparkline};
use crate::visit::Visit;

/// Days that are shown when nobody says which.
const DAYS: i64 = 30;

/// Domains whose day is looked at: one request each.
const DOMAINS: &str = "10";

/// The page's address.
const HERE: &str = "/admin/analytics";

/// A page of anything.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Listed<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next: None }
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
    let (reports, problem) = match reports(&api, query, from, to).await {
        Ok(reports) => (reports, None),
        Err(Stop::Refused(problem)) => (Reports::default(), Some(*problem)),
        Err(stop) => return Err(stop),
    };
    let domains = domains(&api, query).await?;
    let next =
        |cursor, text, next: &Option<String>| more_of(HERE, query, (cursor, text), next.as_deref());
    let Reports { events: done, campaigns: sent, distributions: spread } = &reports;
    let body = html! {
        (form(from, to, problem.as_ref()))
        section { h2 { "Events" } (events(&done.items)) (next("events", "More events", &done.next)) }
        section { h2 { "Campaigns" } (campaigns(&sent.items)) (next("campaigns", "More campaigns", &sent.next)) }
        section { h2 { "Scores" } (distributions(&spread.items)) (next("scores", "More days", &spread.next)) }
        section { h2 { "Warm-up today" } (warm_up(&domains.items)) (next("domains", "More domains", &domains.next)) }
    };
    let page = Page::new(HERE, "Analytics", body);
    Ok(page.faulty_if(problem.as_ref()).into())
}

async fn reports<A: Api>(
    api: &Client<'_, A>,
    query: &Pairs,
    from: &str,
    to: &str,
) -> Result<Reports, Stop> {
    let of = |name: &str, group: &str, cursor: &str| {
        let range = [
            ("from", Some(from)),
            ("to", Some(to)),
            ("groupBy", Some(group)),
            ("limit", Some("100")),
            ("cursor", query.get(cursor)),
        ];
        with_query(&format!("/api/v1/analytics/{name}"), range)
    };
    let paths = [
        of("event-aggregates", "day", "events"),
        of("campaign-stats", "month", "campaigns"),
        of("score-distribution", "day", "scores"),
    ];
    let [events, campaigns, distributions] = &paths;
    let (events, campaigns, distributions) =
        try_join3(api.get(events), api.get(campaigns), api.get(distributions)).await?;
    Ok(Reports { events, campaigns, distributions })
}

/// Domains with their day; a counter that is away takes no more than its own place.
async fn domains<A: Api>(
    api: &Client<'_, A>,
    query: &Pairs,
) -> Result<Listed<(String, Option<DomainDay>)>, Stop> {
    let list = [("limit", Some(DOMAINS)), ("cursor", query.get("domains"))];
    let found: Listed<Domain> = api.get(&with_query("/api/v1/warmup/domains", list)).await?;
    let days = found.items.into_iter().map(|of| async move {
        match api.get(&format!("/api/v1/warmup/domains/{}", segment(&of.domain))).await {
            Ok(day) => Ok((of.domain, Some(day))),
            Err(Stop::Away(_)) => Ok((of.domain, None)),
            Err(stop) => Err(stop),
        }
    });
    Ok(Listed { items: try_join_all(days).await?, next: found.next })
}

fn form(from: &str, to: &str, problem: Option<&Problem>) -> Markup {
    let values = Pairs::of(&[("from", from), ("to", to)]);
    let typed = Typed { values: Some(&values), problem };
    html! {
        form.filters method="get" action=(HERE) {
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

fn warm_up(of: &[(String, Option<DomainDay>)]) -> Markup {
    let rows: Vec<Markup> = of
        .iter()
        .map(|(domain, day)| {
            let Some(line) = day else {
                return html! { th scope="row" { (domain) } td colspan="4" { "Its counter is not there at the moment." } };
            };
            let told = format!("{} of {} sent", line.count, line.limit.map_or("any number".to_owned(), |limit| limit.to_string()));
            html! {
                th scope="row" { (domain) }
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
