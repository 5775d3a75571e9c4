//! `GET /admin/dead-letters`: what died, by cause and one by one, and the replay of all that
//! a filter names: tried without doing first, then some, then the rest at a pace.

use chrono::{DateTime, Utc};
use futures::future::try_join;
use http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::overview::Groups;
use super::rehearsal::{Rehearsal, tried};
use crate::answer::{Outcome, Page};
use crate::client::{Act, Api};
use crate::form::{Field, ONCE, Signed, Typed, choice, field, hidden, refusal, search, why};
use crate::paths::{segment, with_query};
use crate::request::Pairs;
use crate::show::{badge, case as case_link, count, more, nothing, table, when};
use crate::stop::{Kind, Stop};
use crate::visit::Visit;

/// Why one replays: `reason` is why a case died.
const WHY: &str = "why";

/// What can be searched for, as the API names it.
const FILTERS: [&str; 7] =
    ["queue", "type", "organizationId", "reason", "fingerprint", "runId", "payload"];

/// The page's address.
const HERE: &str = "/admin/dead-letters";

/// A page of cases.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Cases {
    pub(super) items: Vec<Case>,
    next: Option<String>,
}

/// A dead letter.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Case {
    pub(super) case_id: String,
    pub(super) job_id: Option<String>,
    pub(super) message_id: Option<String>,
    pub(super) queue: String,
    #[serde(rename = "type")]
    pub(super) type_name: Option<String>,
    pub(super) organization_id: Option<String>,
    pub(super) reason: String,
    pub(super) detail: String,
    pub(super) fingerprint: String,
    pub(super) created_at: String,
    pub(super) decision: Option<String>,
    pub(super) decided_at: Option<String>,
    pub(super) decided_by: Option<String>,
    pub(super) decided_why: Option<String>,
    pub(super) replay_id: Option<String>,
}

/// What a dry run of many found.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Rehearsals {
    items: Vec<Rehearsal>,
}

/// `GET /admin/dead-letters`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let (api, query) = (visit.operator()?, &visit.asked.query);
    let decided = query.get("decided").filter(|decided| *decided == "true");
    let names = || FILTERS.iter().map(|name| (*name, query.get(name)));
    let list = names().chain([
        ("decided", decided),
        ("limit", Some("50")),
        ("cursor", query.get("cursor")),
    ]);
    let list = with_query("/api/v2/admin/dlq", list);
    let groups = with_query("/api/v2/admin/dlq/groups", names().chain([("limit", Some("20"))]));
    let (found, problem) = match try_join(api.get::<Cases>(&list), api.get::<Groups>(&groups)).await
    {
        Ok(found) => (found, None),
        Err(Stop::Refused(problem)) => (Default::default(), Some(*problem)),
        Err(stop) => return Err(stop),
    };
    let (cases, groups) = found;
    let typed = Typed { values: Some(query), problem: problem.as_ref() };
    let now = visit.moment.now;
    let body = html! {
        (form(&typed, decided))
        @if decided.is_none() && problem.is_none() {
            section { h2 { "By cause" } (super::overview::causes(&groups.items, now)) }
        }
        section {
            h2 { "One by one" }
            (rows("Dead letters, newest first", &cases.items, now))
            (more(HERE, query, cases.next.as_deref()))
        }
        @if decided.is_none() && !cases.items.is_empty() {
            @match visit.signs(Kind::Operator) {
                Some(signed) => (many(query, signed)),
                None => (visit.only_looks(Kind::Operator)),
            }
        }
    };
    let page = Page::new("/admin/jobs", "Dead letters", body);
    Ok(page.faulty_if(problem.as_ref()).into())
}

fn form(typed: &Typed<'_>, decided: Option<&str>) -> Markup {
    html! {
        form.filters method="get" action=(HERE) {
            (search("queue", "Queue", typed)) (search("type", "Type", typed))
            (search("organizationId", "Organization", typed)) (search("reason", "Reason", typed))
            (search("fingerprint", "Fingerprint", typed)) (search("runId", "Run id", typed))
            (search("payload", "Body contains (JSON object)", typed))
            (choice("decided", "Which", &[("", "Open"), ("true", "Decided")], decided.unwrap_or_default()))
            button { "Search" }
        }
        (refusal(&Typed { values: None, problem: typed.problem }))
    }
}

/// A table of cases.
pub(super) fn rows(caption: &str, cases: &[Case], now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = cases
        .iter()
        .map(|case| {
            html! {
                th scope="row" { (case_link(&case.case_id)) }
                td { (case.type_name.as_deref().map_or_else(nothing, |name| html! { (name) })) }
                td { (case.reason.replace('_', " ")) }
                td { (case.detail) }
                td { (case.organization_id.as_deref().map_or_else(nothing, |id| html! { (id) })) }
                td { (when(&case.created_at, now)) }
                td { @match &case.decision { Some(decision) => (badge(decision)), None => (badge("open")) } }
            }
        })
        .collect();
    table(
        caption,
        &["Case", "Type", "Reason", "What happened", "Organization", "Died", "State"],
        &rows,
    )
}

fn filter_fields(of: &Pairs) -> Markup {
    html! {
        @for name in FILTERS {
            @if let Some(value) = of.get(name) { input type="hidden" name=(name) value=(value); }
        }
    }
}

fn named(of: &Pairs) -> Markup {
    let named: Vec<_> =
        FILTERS.iter().filter_map(|name| of.get(name).map(|value| (*name, value))).collect();
    html! {
        @if named.is_empty() { p { "All open dead letters." } }
        @else { dl.facts { @for (name, value) in named { div { dt { (name) } dd { code { (value) } } } } } }
    }
}

fn many(query: &Pairs, signed: &Signed) -> Markup {
    html! {
        form.panel method="post" action="/admin/dead-letters/try" {
            h2 { "All that match" }
            (hidden(signed)) (filter_fields(query)) (named(query))
            p.hint { "A dry run does the oldest 100 in transactions that are rolled back, and shows what a replay would do. Nothing happens before you confirm it." }
            button { "Try all that match" }
        }
    }
}

fn filter(form: &Pairs) -> Value {
    let mut filter = Map::new();
    for name in FILTERS {
        if let Some(text) = form.get(name) {
            let value = if name == "payload" { serde_json::from_str(text).ok() } else { None };
            filter.insert(name.to_owned(), value.unwrap_or_else(|| text.into()));
        }
    }
    Value::Object(filter)
}

/// `POST /admin/dead-letters/try`: a dry run of all that match, and the form that does it.
pub(super) async fn rehearse<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let form = &visit.asked.form;
    let body = json!({"filter": filter(form), "dryRun": true});
    let act = Act {
        method: Method::POST,
        path: "/api/v2/admin/dlq/replay",
        body: Some(&body),
        once: None,
        seen: None,
    };
    match visit.operator()?.act::<Rehearsals>(act).await {
        Ok(found) => Ok(confirm(visit, Ok(&found), &Typed::default()).into()),
        Err(Stop::Refused(problem)) => {
            Ok(confirm(visit, Err(&problem), &Typed::default()).faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

/// `POST /admin/dead-letters/replay`: replays all that match.
pub(super) async fn replay<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Ordered {
        replay_id: String,
    }
    let form = &visit.asked.form;
    let mut body = Map::from_iter([("filter".to_owned(), filter(form))]);
    for name in ["canary", "perSecond", "limit"] {
        if let Some(text) = form.get(name) {
            // What is no number is told so by the API.
            body.insert(
                name.to_owned(),
                text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            );
        }
    }
    if let Some(why) = form.get(WHY) {
        body.insert("reason".to_owned(), why.into());
    }
    let body = Value::Object(body);
    let once = form.get(ONCE);
    let act = Act {
        method: Method::POST,
        path: "/api/v2/admin/dlq/replay",
        body: Some(&body),
        once,
        seen: None,
    };
    match visit.operator()?.act::<Ordered>(act).await {
        Ok(ordered) => Ok(Outcome::Done(format!("/admin/replays/{}", segment(&ordered.replay_id)))),
        Err(Stop::Refused(mut problem)) => {
            problem.rename("reason", WHY);
            let typed = Typed { values: Some(form), problem: Some(&problem) };
            Ok(confirm(visit, Ok(&Rehearsals::default()), &typed).faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

fn confirm<A: Api>(
    visit: &Visit<'_, A>,
    found: Result<&Rehearsals, &crate::stop::Problem>,
    typed: &Typed<'_>,
) -> Page {
    let form = &visit.asked.form;
    let number = |name, label, hint, first| {
        field(&Field { name, id: name, label, hint, first, is_required: false }, typed)
    };
    let body = html! {
        (named(form))
        @match found {
            Ok(found) if !found.items.is_empty() => section {
                h2 { "What a replay would do" }
                p { (count(i64::try_from(found.items.len()).unwrap_or(0))) " tried, nothing done." }
                (tried(&found.items))
            },
            Ok(_) => {},
            Err(problem) => (refusal(&Typed { values: None, problem: Some(problem) })),
        }
        @match visit.signs(Kind::Operator) {
            Some(signed) => form.panel method="post" action="/admin/dead-letters/replay" {
                h2 { "Replay them" }
                (hidden(signed)) (filter_fields(form)) (refusal(typed))
                (number("canary", "First", "So many cases first; the others follow when all of these are completed.", "1"))
                (number("perSecond", "Per second", "No more than so many a second.", "20"))
                (number("limit", "At most", "Cases, the oldest first; empty for all.", ""))
                (why(WHY, "replay-why", false, typed))
                button { "Replay all that match" } " " a href=(HERE) { "Leave them" }
            },
            None => (visit.only_looks(Kind::Operator)),
        }
    };
    Page::new("/admin/jobs", "Replay of many", body)
}
