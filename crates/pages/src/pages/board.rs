//! `GET /admin/scoreboards/{id}`: a tournament's board by the ranks of a chosen kind, the
//! neighbours of one member, and its matches.

use chrono::{DateTime, Utc};
use futures::future::try_join3;
use maud::{Markup, html};
use mauntic_domain::points::PointsE4;
use serde::Deserialize;
use serde_json::{Number, Value};

use crate::answer::{Outcome, Page};
use crate::client::Api;
use crate::form::{Typed, choice, refusal, search};
use crate::paths::{segment, with_query};
use crate::show::{badge, count, exactly, facts, more, nothing, table, when_if};
use crate::stop::Stop;
use crate::visit::Visit;

/// Kinds of ranks.
const KINDS: [(&str, &str); 6] = [
    ("", "The tournament's own"),
    ("dense", "Dense: 1, 2, 2, 3"),
    ("competition", "Competition: 1, 2, 2, 4"),
    ("modified", "Modified: 1, 3, 3, 4"),
    ("ordinal", "Ordinal: 1, 2, 3, 4"),
    ("percentile", "Percentile"),
];

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tournament {
    name: String,
    tie_breaks: Vec<String>,
    settled_at: Option<String>,
    closed_at: Option<String>,
    rules_version: i64,
    rules: Value,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Board {
    kind: String,
    members: i64,
    provisional: bool,
    unsettled_matches: i64,
    items: Vec<Entry>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Around {
    above: Vec<Entry>,
    member: Entry,
    below: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    rank: Number,
    #[serde(default)]
    at_least: bool,
    member_id: String,
    points: PointsE4,
    exact_hits: i64,
    right_outcomes: i64,
}

impl Default for Entry {
    fn default() -> Self {
        let member_id = String::new();
        Self {
            rank: Number::from(0),
            at_least: false,
            member_id,
            points: PointsE4::ZERO,
            exact_hits: 0,
            right_outcomes: 0,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Matches {
    items: Vec<Match>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    home: String,
    away: String,
    round: String,
    kickoff: String,
    status: String,
    result: Option<Goals>,
    result_version: i64,
    settled_version: i64,
    last_checked_at: Option<String>,
}

/// Goals at full time.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Goals {
    ft: Vec<i64>,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let (api, query, now) = (visit.tenant()?, &visit.asked.query, visit.moment.now);
    let board = format!("/api/v1/scoreboards/{}", segment(id));
    let whole = format!("/api/v1/scoreboards/tournaments/{}", segment(id));
    let (kind, member) = (query.get("kind"), query.get("member"));
    let list = [("kind", kind), ("limit", Some("50")), ("cursor", query.get("cursor"))];
    let matches = with_query(&format!("{whole}/matches"), [("limit", Some("100"))]);
    let (tournament, found, matches): (Tournament, Board, Matches) =
        try_join3(api.get(&whole), api.get(&with_query(&board, list)), api.get(&matches)).await?;
    let (around, problem) = match member {
        Some(member) => {
            let path = format!("{board}/members/{}", segment(member));
            match api.get::<Around>(&with_query(&path, [("kind", kind)])).await {
                Ok(around) => (Some(around), None),
                Err(stop) => (None, Some(stop.at_form("memberId", "member")?)),
            }
        }
        None => (None, None),
    };
    let here = format!("{}/{}", super::scoreboards::HERE, segment(id));
    let typed = Typed { values: Some(query), problem: problem.as_ref() };
    let body = html! {
        (known(&tournament, &found, now))
        form.filters method="get" action=(here) {
            (choice("kind", "Ranks", &KINDS, kind.unwrap_or_default()))
            (search("member", "Around a member", &typed))
            button { "Show" }
        }
        (refusal(&Typed { values: None, problem: typed.problem }))
        @if let Some(around) = &around {
            section { h2 { "Around " (around.member.member_id) } (around_rows(around)) }
        }
        section { h2 { "Board" } (rows("The board", found.items.iter(), "")) (more(&here, query, found.next.as_deref())) }
        section { h2 { "Matches" } (match_rows(&matches, now)) @if matches.next.is_some() { p.hint { "The first 100." } } }
    };
    let page = Page::new(super::scoreboards::HERE, tournament.name.clone(), body);
    Ok(page.faulty_if(problem.as_ref()).into())
}

fn known(of: &Tournament, board: &Board, now: DateTime<Utc>) -> Markup {
    facts(&[
        ("State", if board.provisional { badge("provisional") } else { badge("settled") }),
        ("Matches not settled", html! { (count(board.unsettled_matches)) }),
        ("Members", html! { (count(board.members)) }),
        ("Ranks", html! { (board.kind) }),
        ("Ties by", html! { (of.tie_breaks.join(", then ")) }),
        ("Settled", when_if(of.settled_at.as_deref(), now)),
        ("Closed", when_if(of.closed_at.as_deref(), now)),
        (
            "Rules",
            html! { "version " (of.rules_version) details { summary { "As they are" } (super::jobs::pretty(&of.rules)) } },
        ),
    ])
}

fn around_rows(around: &Around) -> Markup {
    let all = around.above.iter().chain([&around.member]).chain(&around.below);
    rows("Neighbours", all, &around.member.member_id)
}

fn rows<'e>(caption: &str, entries: impl Iterator<Item = &'e Entry>, marked: &str) -> Markup {
    let rows: Vec<Markup> = entries
        .map(|entry| {
            html! {
                td.number { @if entry.at_least { "≥ " } (entry.rank.to_string()) }
                th scope="row" { @if entry.member_id == marked { strong { (entry.member_id) } } @else { (entry.member_id) } }
                td.number { (entry.points) }
                td.number { (count(entry.exact_hits)) }
                td.number { (count(entry.right_outcomes)) }
            }
        })
        .collect();
    table(caption, &["#Rank", "Member", "#Points", "#Exact", "#Right outcome"], &rows)
}

fn match_rows(matches: &Matches, now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = matches
        .items
        .iter()
        .map(|of| {
            let goals: Vec<String> =
                of.result.iter().flat_map(|goals| &goals.ft).map(ToString::to_string).collect();
            let settled = if of.result_version == 0 {
                nothing()
            } else if of.settled_version < of.result_version {
                badge("waiting")
            } else {
                badge("settled")
            };
            html! {
                th scope="row" { (of.home) " – " (of.away) }
                td { (of.round) }
                td { (exactly(&of.kickoff)) }
                td { (badge(&of.status)) }
                td { @if goals.is_empty() { (nothing()) } @else { (goals.join(" : ")) } }
                td { (settled) }
                td { (when_if(of.last_checked_at.as_deref(), now)) }
            }
        })
        .collect();
    table(
        "Matches",
        &["Match", "Round", "Kickoff (UTC)", "Status", "Result", "Settlement", "Asked"],
        &rows,
    )
}
