//! What an expression names next, and where it may mean something else than who
//! wrote it meant: Cloudflare's dialect is not that of POSIX.

use chrono::{DateTime, Utc};

use super::cron::{Cron, CronError};

/// Most times of a preview.
pub const PREVIEW_MAX: usize = 20;

/// Names of the weekdays by their numbers in this dialect, from 1.
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// What an expression names, and what to look at twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The next times, in UTC, the earliest first.
    pub next: Vec<DateTime<Utc>>,
    /// Where other crons read the expression otherwise.
    pub warnings: Vec<Warning>,
}

/// A place where other crons read the expression otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Stable name.
    pub code: &'static str,
    /// What it means here, for people.
    pub message: String,
}

/// The next `count` times after `from`, at most [`PREVIEW_MAX`], and warnings.
///
/// # Errors
/// What is wrong with the expression, found in bounded time.
pub fn preview(expr: &str, from: DateTime<Utc>, count: usize) -> Result<Preview, CronError> {
    let cron = Cron::parse(expr)?;
    let following = |time: &DateTime<Utc>| cron.next_after(*time);
    let next = std::iter::successors(cron.next_after(from), following);
    Ok(Preview { next: next.take(count.min(PREVIEW_MAX)).collect(), warnings: warnings(&cron) })
}

fn warnings(cron: &Cron) -> Vec<Warning> {
    let fields: Vec<&str> = cron.as_str().split_ascii_whitespace().collect();
    let [_, _, days, _, weekdays] = fields.as_slice() else { return Vec::new() };
    let found = [
        numbered(weekdays),
        either(days, weekdays),
        last(days, weekdays),
        nearest(days),
        nth(weekdays),
        open_step(&fields),
    ];
    found.into_iter().flatten().collect()
}

fn warning(code: &'static str, message: impl Into<String>) -> Option<Warning> {
    Some(Warning { code, message: message.into() })
}

/// Weekdays by number: 1 is Sunday here, and Monday elsewhere.
fn numbered(weekdays: &str) -> Option<Warning> {
    let here = named(weekdays, 1);
    if here == weekdays {
        return None;
    }
    let elsewhere = named(weekdays, 0);
    let message = format!(
        "Weekdays are numbered from 1, which is Sunday: {weekdays} is {here}. Elsewhere 1 is \
         Monday, and it would be {elsewhere}. Write names."
    );
    warning("numeric_weekday", message)
}

/// The weekdays of a field by their names, where `first` is Sunday's number. The
/// numbers of a step and of an nth weekday are none of theirs.
fn named(weekdays: &str, first: usize) -> String {
    let mut text = String::new();
    let mut is_weekday = true;
    for part in weekdays.split_inclusive([',', '-', '/', '#']) {
        let length = part.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = part.split_at(length);
        let number = digits.parse::<usize>().ok().filter(|_| is_weekday);
        // 7 is Sunday again where 0 is.
        let place = number.and_then(|number| number.checked_sub(first)).map(|place| place % 7);
        text.push_str(place.and_then(|place| WEEKDAYS.get(place)).copied().unwrap_or(digits));
        text.push_str(rest);
        is_weekday = part.ends_with([',', '-']);
    }
    text
}

/// Both kinds of day are given: either will do. Only a plain star gives none.
fn either(days: &str, weekdays: &str) -> Option<Warning> {
    if days == "*" || weekdays == "*" {
        return None;
    }
    let starred = if days.starts_with('*') || weekdays.starts_with('*') {
        " Some crons want both where one of them begins with *."
    } else {
        ""
    };
    let message = format!(
        "Day of month and weekday are both restricted: it fires on every day that matches \
         either, not only on those that match both.{starred}"
    );
    warning("either_day", message)
}

fn last(days: &str, weekdays: &str) -> Option<Warning> {
    let has_last = days.contains('L') || weekdays.strip_suffix('L').is_some();
    let message = "L is the month's last day, or after a weekday the month's last such day; \
                   alone in the weekday's field it is Saturday. POSIX has none.";
    has_last.then(|| warning("last_day", message)).flatten()
}

fn nearest(days: &str) -> Option<Warning> {
    let message = "W is the day from Monday to Friday that is nearest to the day before it, \
                   within the month. POSIX has none.";
    days.contains('W').then(|| warning("nearest_weekday", message)).flatten()
}

fn nth(weekdays: &str) -> Option<Warning> {
    let message = "# is the month's nth such weekday, and a month without one is left out. \
                   POSIX has none.";
    weekdays.contains('#').then(|| warning("nth_weekday", message)).flatten()
}

/// `5/20`: here from 5 to the field's end.
fn open_step(fields: &[&str]) -> Option<Warning> {
    let is_open = |item: &str| {
        item.split_once('/').is_some_and(|(start, _)| start != "*" && !start.contains('-'))
    };
    let message = "A step after one value goes on to the field's end, as 5/20 is 5,25,45 among \
                   minutes. Other crons refuse it or take the value alone.";
    let open = fields.iter().flat_map(|field| field.split(',')).any(is_open);
    open.then(|| warning("open_step", message)).flatten()
}

#[cfg(test)]
#[path = "tests_preview.rs"]
mod tests;
