//! Small pictures of numbers, drawn here: they are read without JavaScript, scale with the
//! page, take its colours, and say in words what they show. Whole numbers only: a picture is
//! a thousand units wide, which no screen resolves.

use maud::{Markup, html};

/// Units of a picture's width.
const WIDTH: i64 = 1_000;

/// A share of a whole, from 0 to `out_of`.
fn scaled(value: i64, whole: i64, out_of: i64) -> i64 {
    if whole <= 0 { 0 } else { (value.clamp(0, whole)).saturating_mul(out_of) / whole }
}

/// How far something is: `parts` of one whole, each with its class.
pub(crate) fn progress(label: &str, parts: &[(i64, &str)], whole: i64) -> Markup {
    let mut from = 0_i64;
    let placed: Vec<(i64, i64, &str)> = parts
        .iter()
        .map(|(value, class)| {
            let begin = from;
            from = from.saturating_add(*value);
            let (low, high) = (scaled(begin, whole, WIDTH), scaled(from, whole, WIDTH));
            (low, high - low, *class)
        })
        .collect();
    html! {
        svg.progress viewBox={ "0 0 " (WIDTH) " 12" } preserveAspectRatio="none" role="img" aria-label=(label) {
            rect.rest x="0" y="0" width=(WIDTH) height="12" {}
            @for (low, width, class) in placed {
                rect class=(class) x=(low) y="0" width=(width) height="12" {}
            }
        }
    }
}

/// One mark of a strip.
pub(crate) struct Mark<'m> {
    /// Its colour, and how high it stands: so that colour is not all that tells.
    pub(crate) class: &'m str,
    /// What it is, in words.
    pub(crate) title: String,
}

/// Marks side by side, the oldest first.
pub(crate) fn strip(label: &str, marks: &[Mark<'_>], most: usize) -> Markup {
    let (step, free) = (10, most.saturating_sub(marks.len()));
    html! {
        svg.strip viewBox={ "0 0 " (most * step) " 24" } role="img" aria-label=(label) {
            @for (at, mark) in marks.iter().enumerate() {
                @let (y, height) = match mark.class { "ran" => (4, 16), "late" | "backfilled" => (9, 11), "missed" => (0, 24), _ => (16, 4) };
                rect class={ "mark " (mark.class) } x=((free + at) * step + 1) y=(y) width="8" height=(height) rx="1" { title { (mark.title) } }
            }
        }
    }
}

/// Values one after the other, as a filled line.
pub(crate) fn sparkline(label: &str, values: &[i64]) -> Markup {
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let last = i64::try_from(values.len().saturating_sub(1)).unwrap_or(1).max(1);
    let at = |nth: usize| scaled(i64::try_from(nth).unwrap_or(0), last, WIDTH);
    let y = |value: i64| 100 - scaled(value, most, 96);
    let line: String = values
        .iter()
        .enumerate()
        .map(|(nth, value)| format!("{},{} ", at(nth), y(*value)))
        .collect();
    html! {
        svg.sparkline viewBox={ "0 0 " (WIDTH) " 100" } preserveAspectRatio="none" role="img" aria-label=(label) {
            polygon points={ "0,100 " (line) (WIDTH) ",100" } {}
            polyline points=(line.trim_end()) vector-effect="non-scaling-stroke" {}
        }
    }
}

/// A bar of its own length beside others, for a table's cell.
pub(crate) fn bar(value: i64, most: i64, class: &str) -> Markup {
    html! {
        svg.bar viewBox={ "0 0 " (WIDTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
            rect class=(class) x="0" y="0" width=(scaled(value, most, WIDTH)) height="10" {}
        }
    }
}

/// A bar of a waterfall: where the sum stood before, and where after it.
pub(crate) fn fall(from: i64, to: i64, (least, most): (i64, i64)) -> Markup {
    let place = |value: i64| scaled(value.saturating_sub(least), most.saturating_sub(least), WIDTH);
    let (low, high) = (place(from.min(to)), place(from.max(to)));
    let class = if to < from { "down" } else { "up" };
    html! {
        svg.bar viewBox={ "0 0 " (WIDTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
            rect class=(class) x=(low) y="0" width=((high - low).max(4)) height="10" {}
            line.zero x1=(place(0)) x2=(place(0)) y1="0" y2="10" vector-effect="non-scaling-stroke" {}
        }
    }
}

/// A line that falls, with a mark at a thousandth of its way.
pub(crate) fn curve(label: &str, values: &[i64], mark: i64) -> Markup {
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let last = i64::try_from(values.len().saturating_sub(1)).unwrap_or(1).max(1);
    let at = |nth: usize| scaled(i64::try_from(nth).unwrap_or(0), last, WIDTH);
    let line: String = values
        .iter()
        .enumerate()
        .map(|(nth, value)| format!("{},{} ", at(nth), 100 - scaled(*value, most, 96)))
        .collect();
    let mark = mark.clamp(0, WIDTH);
    html! {
        svg.sparkline viewBox={ "0 0 " (WIDTH) " 100" } preserveAspectRatio="none" role="img" aria-label=(label) {
            polyline points=(line.trim_end()) vector-effect="non-scaling-stroke" {}
            line.now x1=(mark) x2=(mark) y1="0" y2="100" vector-effect="non-scaling-stroke" {}
        }
    }
}

/// Two bars, one above the other: how many before, and how many after.
pub(crate) fn pair(before: i64, after: i64, most: i64) -> Markup {
    html! {
        svg.bar.pair viewBox={ "0 0 " (WIDTH) " 20" } preserveAspectRatio="none" aria-hidden="true" {
            rect.before x="0" y="0" width=(scaled(before, most, WIDTH)) height="9" {}
            rect.after x="0" y="11" width=(scaled(after, most, WIDTH)) height="9" {}
        }
    }
}

/// A part of a whole, from where it begins to where it ends.
pub(crate) fn span_of(from: i64, to: i64, whole: i64) -> Markup {
    let (low, high) = (scaled(from, whole, WIDTH), scaled(to, whole, WIDTH));
    html! {
        svg.bar.span viewBox={ "0 0 " (WIDTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
            rect.rest x="0" y="4" width=(WIDTH) height="2" {}
            rect x=(low) y="0" width=((high - low).max(4)) height="10" {}
        }
    }
}
