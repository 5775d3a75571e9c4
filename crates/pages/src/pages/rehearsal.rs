//! What a dry run found, as several pages show it.

use maud::{Markup, html};
use serde::Deserialize;

use crate::show::{badge, case, count, table};

/// What a replay of a case would do.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rehearsal {
    case_id: String,
    outcome: String,
    reason: Option<String>,
    detail: Option<String>,
    scores: i64,
    superseded: i64,
    jobs: i64,
    events: i64,
}

/// A table of what was tried.
pub(super) fn tried(of: &[Rehearsal]) -> Markup {
    let rows: Vec<Markup> = of
        .iter()
        .map(|of| {
            let why = of.detail.as_deref().or(of.reason.as_deref()).unwrap_or_default();
            html! {
                th scope="row" { (case(&of.case_id)) }
                td { (badge(&of.outcome)) }
                td { (why) }
                td.number { (count(of.scores)) @if of.superseded > 0 { ", " (count(of.superseded)) " superseded" } }
                td.number { (count(of.jobs)) }
                td.number { (count(of.events)) }
            }
        })
        .collect();
    table(
        "What a replay would do",
        &["Case", "Would be", "Why", "#Scores", "#Jobs", "#Events"],
        &rows,
    )
}
