//! `GET /admin/scoring/contacts/{id}`: why a contact has its score: what adds to it one by
//! one, how it went, and what is left of each signal until it is nothing.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::try_join3;
use maud::{Markup, html};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Decay, DecayHours, DecayModel, SignalWeight};
use serde::Deserialize;

use super::alerts::{Alerts, rows};
use crate::answer::{Outcome, Page};
use crate::client::Api;
use crate::form::{Typed, refusal, search};
use crate::paths::{segment, with_query};
use crate::show::{badge, exactly, facts, instant, nothing, table, when, when_if};
use crate::stop::Stop;
use crate::svg::{curve, fall, sparkline};
use crate::visit::Visit;

/// Points of a curve of decay.
const CURVE_POINTS: i64 = 60;

/// Why a score is what it is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Explanation {
    total_score: PointsE4,
    grade: String,
    summary: String,
    as_of: String,
    calculated_at: Option<String>,
    contributions: Vec<Contribution>,
    trend: Trend,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Contribution {
    category: Option<String>,
    factor: String,
    label: String,
    points: PointsE4,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Trend {
    direction: String,
    change: PointsE4,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct History {
    items: Vec<Day>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Day {
    day: String,
    total_score: PointsE4,
    grade: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Signals {
    items: Vec<Signal>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signal {
    signal_type: String,
    source: String,
    priority: String,
    weight: SignalWeight,
    current_weight: SignalWeight,
    decay_model: String,
    decay_hours: u64,
    detected_at: String,
    decayed_at: String,
    counted: bool,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let (api, query) = (visit.tenant()?, &visit.asked.query);
    let path = format!("/api/v1/scoring/contacts/{}", segment(id));
    let explain = |at| with_query(&format!("{path}/score/explain"), [("asOf", at)]);
    let as_of = query.get("asOf");
    let (explanation, problem): (Explanation, _) = match (api.get(&explain(as_of)).await, as_of) {
        (Err(Stop::Refused(problem)), Some(_)) => (api.get(&explain(None)).await?, Some(*problem)),
        (told, _) => (told?, None),
    };
    let alerts = [("contactId", Some(id)), ("limit", Some("20"))];
    let alerts = with_query("/api/v1/scoring/alerts", alerts);
    let (history, signals) = (format!("{path}/score/history"), format!("{path}/signals?limit=50"));
    let (history, signals, alerts): (History, Signals, Alerts) =
        try_join3(api.get(&history), api.get(&signals), api.get(&alerts)).await?;
    let now = visit.moment.now;
    let here = format!("/admin/scoring/contacts/{}", segment(id));
    let typed = Typed { values: Some(query), problem: problem.as_ref() };
    let body = html! {
        (head(&explanation, now))
        form.filters method="get" action=(here) {
            (search("asOf", "As of (UTC, such as 2026-11-30T12:00:00Z)", &typed))
            button { "Show" }
        }
        (refusal(&Typed { values: None, problem: typed.problem }))
        section { h2 { "What adds to it" } (waterfall(&explanation)) }
        section { h2 { "How it went" } (line(&history.items)) }
        section { h2 { "Signals" } (signal_rows(&signals.items, now)) }
        section { h2 { "Alerts" } (rows(visit, &alerts.items, &Typed::default())) }
    };
    let page = Page::new("/admin/scoring", id, body);
    Ok(page.faulty_if(problem.as_ref()).into())
}

fn head(of: &Explanation, now: DateTime<Utc>) -> Markup {
    html! {
        p { (of.summary) }
        (facts(&[
            ("Score", html! { strong { (of.total_score) } }),
            ("Grade", html! { (of.grade) }),
            ("Trend", html! { (of.trend.direction) @if of.trend.change != PointsE4::default() { " " (of.trend.change) } }),
            ("As of", when(&of.as_of, now)),
            ("Calculated", when_if(of.calculated_at.as_deref(), now)),
        ]))
    }
}

fn waterfall(of: &Explanation) -> Markup {
    let mut sums = vec![0];
    let mut sum = PointsE4::ZERO;
    for contribution in &of.contributions {
        sum = sum + contribution.points;
        sums.push(sum.e4());
    }
    let bounds =
        (sums.iter().copied().min().unwrap_or(0).min(0), sums.iter().copied().max().unwrap_or(0));
    let steps = of.contributions.iter().zip(sums.iter().zip(sums.iter().skip(1)));
    let mut rows: Vec<Markup> = steps
        .map(|(contribution, (from, to))| {
            html! {
                th scope="row" { (contribution.label) p.hint { code { (contribution.factor) } } }
                td { (contribution.category.as_deref().map_or_else(nothing, |name| html! { (name) })) }
                td.number { (contribution.points) }
                td { (fall(*from, *to, bounds)) }
                td.number { (PointsE4::from_e4(*to)) }
            }
        })
        .collect();
    rows.push(html! {
        th scope="row" { "Score" } td {} td.number { strong { (of.total_score) } }
        td { (fall(0, of.total_score.e4(), bounds)) } td.number { (of.total_score) }
    });
    table(
        "Contributions, which sum to the score",
        &["What", "Category", "#Points", "Sum so far", "#Sum"],
        &rows,
    )
}

fn line(days: &[Day]) -> Markup {
    let mut oldest_first: Vec<&Day> = days.iter().collect();
    oldest_first.sort_by(|a, b| a.day.cmp(&b.day));
    let values: Vec<i64> = oldest_first.iter().map(|day| day.total_score.e4()).collect();
    let rows: Vec<Markup> = oldest_first
        .iter()
        .rev()
        .map(|day| html! { th scope="row" { (day.day) } td.number { (day.total_score) } td { (day.grade) } })
        .collect();
    let label = match (oldest_first.first(), oldest_first.last()) {
        (Some(first), Some(last)) => format!(
            "Score by day, from {} on {} to {} on {}",
            first.total_score, first.day, last.total_score, last.day
        ),
        _ => "No day yet".to_owned(),
    };
    html! {
        @if values.len() > 1 { div.wide { (sparkline(&label, &values)) } p.hint { (label) } }
        (table("Scores by day", &["Day", "#Score", "Grade"], &rows))
    }
}

fn signal_rows(signals: &[Signal], now: DateTime<Utc>) -> Markup {
    let rows: Vec<Markup> = signals
        .iter()
        .map(|signal| {
            html! {
                th scope="row" { (signal.signal_type) p.hint { (signal.source) ", " (signal.priority) } }
                td.number { (signal.weight) }
                td.number { (signal.current_weight) }
                td { (decay(signal, now)) }
                td { (when(&signal.detected_at, now)) }
                td { (exactly(&signal.decayed_at)) }
                td { (badge(if signal.counted { "counts" } else { "left out" })) }
            }
        })
        .collect();
    let heads = [
        "Signal",
        "#Weight",
        "#Left now",
        "Until it is nothing",
        "Seen",
        "Nothing from (UTC)",
        "State",
    ];
    table("Signals, the newest first", &heads, &rows)
}

/// What is left of a signal from its detection until it is nothing, by the rule itself.
fn decay(signal: &Signal, now: DateTime<Utc>) -> Markup {
    let model = DecayModel::from_name(&signal.decay_model);
    let (Some(model), Ok(hours)) = (model, DecayHours::new(signal.decay_hours)) else {
        return nothing();
    };
    let decay = Decay { model, hours };
    let whole = hours.duration().num_milliseconds();
    let left = |nth: i64| {
        let elapsed = TimeDelta::milliseconds(whole * nth / CURVE_POINTS);
        i64::from(decay.remaining(signal.weight, elapsed).hundredths())
    };
    let values: Vec<i64> = (0..=CURVE_POINTS).map(left).collect();
    let elapsed = instant(&signal.detected_at).map_or(0, |at| (now - at).num_milliseconds());
    let mark = elapsed.clamp(0, whole) * 1_000 / whole.max(1);
    let label = format!(
        "{} from {} to 0 within {} hours; {} left",
        signal.decay_model, signal.weight, signal.decay_hours, signal.current_weight
    );
    curve(&label, &values, mark)
}
