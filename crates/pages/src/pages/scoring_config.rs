//! `GET /admin/scoring/config`: what scores are made of: the published configuration, a draft
//! of it with what it would change, and its publication. A change is made of the state that
//! was looked at, or not at all.

use chrono::{DateTime, Utc};
use futures::future::try_join;
use http::Method;
use maud::{Markup, html};
use mauntic_domain::points::PointsE4;
use serde::Deserialize;
use serde_json::{Value, json};

use super::entries::{Column, Kind, editor, faults, list, read};
use crate::answer::{Outcome, Page};
use crate::client::{Act, Api, Client, Told};
use crate::form::{Field, ONCE, Signed, Typed, field, hidden, refusal};
use crate::paths::segment;
use crate::show::{count, facts, nothing, table, when_if};
use crate::stop::{Kind as KeyKind, Problem, Stop};
use crate::svg::pair;
use crate::visit::Visit;

/// The page's address.
const HERE: &str = "/admin/scoring/config";

/// Points of a band of the distribution, as the API cuts it.
const BAND_POINTS: usize = 5;

const CATEGORIES: Kind = Kind::OneOf(&["fit", "engagement", "intent"]);
const MODELS: Kind = Kind::OneOf(&["linear", "exponential", "step"]);
const TIERS: Kind = Kind::OneOf(&["", "critical", "high", "medium", "low"]);

const FACTORS: [Column; 4] = [
    Column { name: "factor", label: "Factor", kind: Kind::Text },
    Column { name: "category", label: "Category", kind: CATEGORIES },
    Column { name: "weight", label: "Points", kind: Kind::Number },
    Column { name: "enabled", label: "On", kind: Kind::Flag },
];

const SIGNALS: [Column; 7] = [
    Column { name: "signalType", label: "Signal", kind: Kind::Text },
    Column { name: "weight", label: "Points", kind: Kind::Number },
    Column { name: "decayHours", label: "Hours", kind: Kind::Number },
    Column { name: "decayModel", label: "Decay", kind: MODELS },
    Column { name: "tier", label: "Priority", kind: TIERS },
    Column { name: "capPerDay", label: "A day", kind: Kind::Number },
    Column { name: "enabled", label: "On", kind: Kind::Flag },
];

/// Which part of the configuration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Factors,
    Signals,
}

impl Part {
    fn columns(self) -> &'static [Column] {
        match self {
            Self::Factors => &FACTORS,
            Self::Signals => &SIGNALS,
        }
    }

    fn route(self) -> &'static str {
        match self {
            Self::Factors => "/api/v1/scoring/config",
            Self::Signals => "/api/v1/scoring/signal-config",
        }
    }
}

/// A part: what is in force, and the draft of what will be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Config {
    version: i64,
    published: Stated,
    draft: Option<Stated>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Stated {
    at: Option<String>,
    by: Option<String>,
    entries: Vec<Value>,
}

/// What the draft would change.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    before: Vec<i64>,
    after: Vec<i64>,
    changed: i64,
    contacts: i64,
    mean_change: PointsE4,
    crossings: Vec<Crossing>,
    movements: Vec<Movement>,
    movers: Vec<Mover>,
    cost: Cost,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Crossing {
    threshold: i64,
    gained: i64,
    lost: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Movement {
    from: String,
    to: String,
    contacts: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mover {
    contact_id: String,
    before: PointsE4,
    after: PointsE4,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cost {
    contacts: i64,
    chunks: i64,
    queue_operations: i64,
}

/// Which form was refused, and why.
enum Refused<'r> {
    Part(Part, &'r Problem),
    Publish(&'r Problem),
}

/// `GET /admin/scoring/config`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    Ok(page(visit, None).await?.into())
}

/// `POST …/factors` and `…/signals`: the draft anew.
pub(super) async fn draft<A: Api>(visit: &Visit<'_, A>, part: Part) -> Result<Outcome, Stop> {
    let form = &visit.asked.form;
    let (entries, rows) = read(part.columns(), form);
    let body = json!({"entries": entries});
    let act = Act {
        method: Method::PUT,
        path: part.route(),
        body: Some(&body),
        once: None,
        seen: form.get("seen"),
    };
    match visit.tenant()?.act::<Value>(act).await {
        Ok(_) => Ok(Outcome::Done(HERE.to_owned())),
        Err(Stop::Refused(problem)) => {
            let problem = faults(*problem, &rows);
            let page = page(visit, Some(Refused::Part(part, &problem))).await?;
            Ok(page.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

/// `POST …/publish` and `…/discard`.
pub(super) async fn end<A: Api>(
    visit: &Visit<'_, A>,
    is_publication: bool,
) -> Result<Outcome, Stop> {
    let form = &visit.asked.form;
    let body = json!({"note": form.get("note")});
    let (once, seen) = (form.get(ONCE), form.get("seen"));
    let act = if is_publication {
        let path = "/api/v1/scoring/config/publish";
        Act { method: Method::POST, path, body: Some(&body), once, seen }
    } else {
        Act {
            method: Method::DELETE,
            path: "/api/v1/scoring/config/draft",
            body: None,
            once: None,
            seen,
        }
    };
    match visit.tenant()?.act::<Value>(act).await {
        Ok(_) => Ok(Outcome::Done(HERE.to_owned())),
        Err(Stop::Refused(problem)) => {
            let page = page(visit, Some(Refused::Publish(&problem))).await?;
            Ok(page.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

/// What the draft would change, or why that is not told: the rest of the page can do without.
async fn preview<A: Api>(api: &Client<'_, A>) -> Result<Result<Preview, Box<Problem>>, Stop> {
    let (method, path) = (Method::POST, "/api/v1/scoring/config/preview");
    let act = Act { method, path, body: Some(&json!({})), once: None, seen: None };
    match api.act(act).await {
        Ok(preview) => Ok(Ok(preview)),
        Err(Stop::Refused(problem) | Stop::Away(problem)) => Ok(Err(problem)),
        Err(stop) => Err(stop),
    }
}

async fn page<A: Api>(visit: &Visit<'_, A>, refused: Option<Refused<'_>>) -> Result<Page, Stop> {
    let api = visit.tenant()?;
    let (factors, signals): (Told<Config>, Told<Config>) =
        try_join(api.tagged(Part::Factors.route()), api.tagged(Part::Signals.route())).await?;
    let has_draft = factors.value.draft.is_some() || signals.value.draft.is_some();
    let preview = if has_draft { Some(preview(&api).await?) } else { None };
    let (form, now) = (&visit.asked.form, visit.moment.now);
    let owner = KeyKind::Organization;
    let signed = visit.signs(owner);
    let typed = |part: Part| match &refused {
        Some(Refused::Part(of, problem)) if *of == part => {
            Typed { values: Some(form), problem: Some(problem) }
        }
        _ => Typed::default(),
    };
    let ending = match &refused {
        Some(Refused::Publish(problem)) => Typed { values: Some(form), problem: Some(problem) },
        _ => Typed::default(),
    };
    let body = html! {
        (state(&factors.value, &signals.value, now))
        @if let Some(preview) = &preview {
            section {
                h2 { "What the draft would change" }
                @match preview {
                    Ok(preview) => (changes(preview)),
                    Err(problem) => (refusal(&Typed { values: None, problem: Some(problem) })),
                }
            }
            @if let Some(signed) = signed { (endings(signed, factors.tag.as_deref(), &ending)) }
        }
        @if preview.is_none() { (refusal(&ending)) }
        @if signed.is_none() { (visit.only_looks(owner)) }
        section { h2 { "Factors" } (part_of(signed, Part::Factors, &factors, &typed(Part::Factors))) }
        section { h2 { "Signals" } (part_of(signed, Part::Signals, &signals, &typed(Part::Signals))) }
    };
    Ok(Page::new("/admin/scoring", "Scoring configuration", body))
}

fn state(factors: &Config, signals: &Config, now: DateTime<Utc>) -> Markup {
    let by =
        |stated: &Stated| stated.by.as_deref().map_or_else(nothing, |by| html! { code { (by) } });
    let draft = factors.draft.as_ref().or(signals.draft.as_ref());
    facts(&[
        ("Published version", html! { (factors.version) }),
        ("Published", when_if(factors.published.at.as_deref(), now)),
        ("By", by(&factors.published)),
        (
            "Draft",
            draft.map_or_else(
                || html! { "none" },
                |draft| html! { "changed " (when_if(draft.at.as_deref(), now)) " by " (by(draft)) },
            ),
        ),
    ])
}

/// A part as a form, and as a table for who only looks.
fn part_of(signed: Option<&Signed>, part: Part, told: &Told<Config>, typed: &Typed<'_>) -> Markup {
    let config = &told.value;
    let entries = &config.draft.as_ref().unwrap_or(&config.published).entries;
    // What was typed is of the state that it was typed on, until that is loaded anew.
    let typed_on = typed.values.and_then(|form| form.get("seen"));
    let seen = typed_on.or(told.tag.as_deref()).unwrap_or_default();
    let is_of_another = typed.problem.is_some_and(|problem| problem.status == 412);
    let (caption, name) = match part {
        Part::Factors => ("Factors and their points", "factors"),
        Part::Signals => ("Signals, their points and how these fall", "signals"),
    };
    let Some(signed) = signed else {
        return list(caption, part.columns(), entries);
    };
    html! {
        form method="post" action={ (HERE) "/" (name) } {
            (hidden(signed))
            input type="hidden" name="seen" value=(seen);
            (refusal(typed))
            @if is_of_another { p { a href=(HERE) { "Load what is there now" } " and type it anew: saving would undo it." } }
            (editor(caption, part.columns(), entries, typed))
            p.hint { "A row whose first field is empty is left out. Nothing is in force before it is published." }
            button { "Save the draft" }
        }
    }
}

fn endings(signed: &Signed, tag: Option<&str>, typed: &Typed<'_>) -> Markup {
    let note = Field {
        name: "note",
        id: "publish-note",
        label: "Note",
        hint: "Why, in your words; the configuration's history keeps it.",
        first: "",
        is_required: false,
    };
    html! {
        form.panel method="post" action={ (HERE) "/publish" } {
            h2 { "Publish the draft" }
            (hidden(signed))
            input type="hidden" name="seen" value=(tag.unwrap_or_default());
            (refusal(typed)) (field(&note, typed))
            button { "Publish" } " "
            button.danger formaction={ (HERE) "/discard" } { "Discard the draft" }
        }
    }
}

fn changes(preview: &Preview) -> Markup {
    let most = preview.before.iter().chain(&preview.after).copied().max().unwrap_or(0);
    let bands: Vec<Markup> = preview
        .before
        .iter()
        .zip(&preview.after)
        .enumerate()
        .map(|(nth, (before, after))| {
            html! { th scope="row" { (band(nth, preview.before.len())) } td.number { (count(*before)) } td.number { (count(*after)) } td { (pair(*before, *after, most)) } }
        })
        .collect();
    let moved: Vec<Markup> = preview
        .movements
        .iter()
        .map(|of| html! { th scope="row" { (of.from) " to " (of.to) } td.number { (count(of.contacts)) } })
        .collect();
    let crossed: Vec<Markup> = preview
        .crossings
        .iter()
        .map(|of| html! { th scope="row" { (of.threshold) } td.number { (count(of.gained)) } td.number { (count(of.lost)) } })
        .collect();
    let movers: Vec<Markup> = preview
        .movers
        .iter()
        .map(|of| html! { th scope="row" { a href={ "/admin/scoring/contacts/" (segment(&of.contact_id)) } { (of.contact_id) } } td.number { (of.before) } td.number { (of.after) } })
        .collect();
    html! {
        p {
            (count(preview.changed)) " of " (count(preview.contacts)) " looked at would have another score, by "
            (preview.mean_change) " on average. Publishing scores " (count(preview.cost.contacts)) " contacts anew in "
            (count(preview.cost.chunks)) " jobs (" (count(preview.cost.queue_operations)) " queue operations)."
        }
        div.acts {
            (table("Contacts by score, before and after", &["Score", "#Before", "#After", "Both"], &bands))
            (table("Grades, before and after", &["Grade", "#Contacts"], &moved))
            (table("Thresholds that are crossed", &["Threshold", "#Gained", "#Lost"], &crossed))
            (table("Who moves most", &["Contact", "#Before", "#After"], &movers))
        }
    }
}

/// The scores of a band; the last one has all above, too.
fn band(nth: usize, of: usize) -> String {
    let from = nth * BAND_POINTS;
    if nth + 1 == of { format!("from {from}") } else { format!("{from} to {}", from + BAND_POINTS) }
}
