//! `GET /admin/audit`: what operators did and were refused, and whether it is what was written.

use chrono::{DateTime, Utc};
use futures::future::try_join;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::jobs::pretty;
use crate::answer::{Outcome, Page};
use crate::client::Api;
use crate::form::{Typed, refusal, search};
use crate::paths::with_query;
use crate::show::{badge, count, more, nothing, table, when};
use crate::stop::Stop;
use crate::visit::Visit;

/// What can be searched for, as the API names it.
const FILTERS: [&str; 4] = ["actor", "action", "target", "outcome"];

/// A page of the audit.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Lines {
    items: Vec<Line>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Line {
    seq: i64,
    at: String,
    hash: String,
    entry: Option<Entry>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    actor: String,
    action: String,
    target: String,
    outcome: String,
    reason: Option<String>,
    before: Value,
    after: Value,
    request_id: String,
}

/// Whether the audit is what was written.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Verified {
    verified: bool,
    complete: bool,
    entries: i64,
    head: String,
    broken: Option<Broken>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Broken {
    message: String,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let (api, query) = (visit.operator()?, &visit.asked.query);
    let names = FILTERS.iter().map(|name| (*name, query.get(name)));
    let pairs = names.chain([("limit", Some("20")), ("cursor", query.get("cursor"))]);
    let list = with_query("/api/v2/admin/audit", pairs);
    let found =
        try_join(api.get::<Lines>(&list), api.get::<Verified>("/api/v2/admin/audit/verify"));
    let ((lines, verified), problem) = match found.await {
        Ok((lines, verified)) => ((lines, Some(verified)), None),
        Err(Stop::Refused(problem)) => ((Lines::default(), None), Some(*problem)),
        Err(stop) => return Err(stop),
    };
    let typed = Typed { values: Some(query), problem: problem.as_ref() };
    let body = html! {
        @if let Some(verified) = &verified { (chain(verified)) }
        form.filters method="get" action="/admin/audit" {
            (search("actor", "Actor", &typed)) (search("action", "Action", &typed))
            (search("target", "Target", &typed)) (search("outcome", "Outcome", &typed))
            button { "Search" }
        }
        (refusal(&Typed { values: None, problem: typed.problem }))
        (list_of(&lines, visit.moment.now))
        (more("/admin/audit", query, lines.next.as_deref()))
    };
    let page = Page::new("/admin/audit", "Audit", body);
    Ok(page.faulty_if(problem.as_ref()).into())
}

fn chain(verified: &Verified) -> Markup {
    let many = count(verified.entries);
    html! {
        @match (&verified.broken, verified.verified) {
            (Some(broken), _) => p.refusal role="alert" { "The audit is not what was written: " (broken.message) },
            (None, true) => p { (badge("verified")) " All " (many) " entries are what was written. Last hash " code { (verified.head) } "; keep it elsewhere." },
            (None, false) => p { "The first " (many) " entries are what was written" @if !verified.complete { "; the rest was not followed here (" code { "mauntic audit verify" } " does)" } "." },
        }
    }
}

fn list_of(lines: &Lines, now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = lines.items.iter().map(|line| row(line, now)).collect();
    table(
        "The audit, newest first",
        &["#No.", "When", "Actor", "Action", "Target", "Outcome", "Reason", "Change"],
        &rows,
    )
}

fn row(line: &Line, now: DateTime<Utc>) -> Markup {
    let Some(entry) = &line.entry else {
        return html! {
            th.number scope="row" { (line.seq) } td { (when(&line.at, now)) }
            td colspan="6" { "An entry that cannot be read; hash " code { (line.hash) } }
        };
    };
    html! {
        th.number scope="row" { (line.seq) }
        td { (when(&line.at, now)) }
        td { code title=(entry.actor) { (crate::show::short(&entry.actor)) } }
        td { (entry.action) }
        td { code { (entry.target) } }
        td { (badge(&entry.outcome)) }
        td { (entry.reason.as_deref().map_or_else(nothing, |reason| html! { (reason) })) }
        td {
            details {
                summary { "Details" }
                p.hint { "Request " code { (entry.request_id) } }
                p.hint { "Before" } (pretty(&entry.before))
                p.hint { "After" } (pretty(&entry.after))
            }
        }
    }
}
