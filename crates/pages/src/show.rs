//! Small parts of many pages: times, durations, states, tables.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use maud::{Markup, PreEscaped, html};

use crate::paths::{segment, with_query};
use crate::request::Pairs;

/// An instant as the API writes it; a text that is none is shown as it is.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

/// When something was or will be: how long from now, and exactly.
pub(crate) fn when(text: &str, now: DateTime<Utc>) -> Markup {
    match instant(text) {
        Some(at) => html! {
            time datetime=(text) title=(at.to_rfc3339_opts(SecondsFormat::Secs, true)) { (relative(at - now)) }
        },
        None => html! { (text) },
    }
}

/// The same where it may not have been.
pub(crate) fn when_if(text: Option<&str>, now: DateTime<Utc>) -> Markup {
    text.map_or_else(nothing, |text| when(text, now))
}

/// An instant in full: day and time of day in UTC.
pub(crate) fn exactly(text: &str) -> Markup {
    match instant(text) {
        Some(at) => html! { time datetime=(text) { (at.format("%Y-%m-%d %H:%M:%S")) } },
        None => html! { (text) },
    }
}

/// A place where there is nothing.
pub(crate) fn nothing() -> Markup {
    html! { span.none { "–" } }
}

fn relative(from_now: TimeDelta) -> String {
    let seconds = from_now.num_seconds();
    match seconds {
        -4..=4 => "now".to_owned(),
        ..-4 => format!("{} ago", span(seconds.unsigned_abs())),
        _ => format!("in {}", span(seconds.unsigned_abs())),
    }
}

/// A span of time by its largest unit, of which at least two are full.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long something took.
pub(crate) fn took(millis: i64) -> String {
    let millis = millis.max(0).unsigned_abs();
    match millis {
        0..=999 => format!("{millis} ms"),
        1_000..=9_999 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => span(millis / 1_000),
    }
}

/// A number by thousands.
pub(crate) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if number < 0 { format!("−{text}") } else { text }
}

/// How well a state is: its colour, never alone.
fn tone(state: &str) -> &'static str {
    match state {
        "completed" | "healthy" | "online" | "closed" | "ran" | "done" | "applied" | "settled"
        | "verified" => "good",
        "running" | "in_progress" | "queued" | "backfilled" | "started" | "half_open" | "open"
        | "pacing" | "canary" => "busy",
        "late" | "partial" | "failed" | "degraded" | "paused" | "stalled" => "warn",
        "missed" | "dead_lettered" | "unhealthy" | "offline" => "bad",
        _ => "plain",
    }
}

/// A state as a badge.
pub(crate) fn badge(state: &str) -> Markup {
    html! { span class={ "badge " (tone(state)) } { (state.replace('_', " ")) } }
}

/// A link to a run by its id, which is shown by its end: ids of one time begin alike.
pub(crate) fn run(id: &str) -> Markup {
    html! { a.id href={ "/admin/runs/" (segment(id)) } title=(id) { (short(id)) } }
}

/// A link to a job.
pub(crate) fn job(id: &str) -> Markup {
    html! { a.id href={ "/admin/jobs/" (segment(id)) } title=(id) { (short(id)) } }
}

/// A link to a dead letter.
pub(crate) fn case(id: &str) -> Markup {
    html! { a.id href={ "/admin/dead-letters/" (segment(id)) } title=(id) { (short(id)) } }
}

/// The end of an id.
pub(crate) fn short(id: &str) -> String {
    let skipped = id.chars().count().saturating_sub(8);
    if skipped == 0 {
        id.to_owned()
    } else {
        format!("…{}", id.chars().skip(skipped).collect::<String>())
    }
}

/// A table that scrolls by itself where it is too wide, and can be reached by keyboard; on a
/// phone each row stands by itself, its cells under the names of their columns. A head that
/// begins with `#` is of numbers.
pub(crate) fn table(caption: &str, heads: &[&'static str], rows: &[Markup]) -> Markup {
    let bare: Vec<&'static str> = heads.iter().map(|head| head.trim_start_matches('#')).collect();
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr {
                    @for (head, bare) in heads.iter().zip(&bare) {
                        th scope="col" class=[head.starts_with('#').then_some("number")] { (bare) }
                    }
                } }
                tbody {
                    @for row in rows { tr { (named(row, &bare)) } }
                    @if rows.is_empty() { tr { td.none colspan=(heads.len()) { "None" } } }
                }
            }
        }
    }
}

/// A row's cells with the names of their columns. Texts of it are escaped, so that `<t` only
/// ever begins a cell; heads are words of ours.
fn named(row: &Markup, heads: &[&'static str]) -> Markup {
    let mut cells = row.0.split_inclusive("<t");
    let mut text = cells.next().unwrap_or_default().to_owned();
    let mut nth = 0;
    for part in cells {
        // `<td` and `<th`, but neither `<time` nor `<title`.
        match part.split_at_checked(1) {
            Some((kind @ ("d" | "h"), rest)) => {
                let head = heads.get(nth).copied().unwrap_or_default();
                text.push_str(kind);
                text.push_str(&format!(" data-head=\"{head}\""));
                text.push_str(rest);
                nth += 1;
            }
            _ => text.push_str(part),
        }
    }
    PreEscaped(text)
}

/// Names and values.
pub(crate) fn facts(of: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in of { div { dt { (name) } dd { (value) } } } } }
}

/// The link to a list's next page, which has the same filters.
pub(crate) fn more(path: &str, query: &Pairs, next: Option<&str>) -> Markup {
    more_of(path, query, ("cursor", "Next page"), next)
}

/// That link of one of several lists: its cursor's name in the query, and its text.
pub(crate) fn more_of(
    path: &str,
    query: &Pairs,
    (cursor, text): (&str, &str),
    next: Option<&str>,
) -> Markup {
    let others = query.iter().filter(|(name, value)| *name != cursor && !value.is_empty());
    let pairs = others.map(|(name, value)| (name, Some(value))).chain([(cursor, next)]);
    html! {
        @if next.is_some() { p { a.more href=(with_query(path, pairs)) rel="next" { (text) } } }
    }
}
