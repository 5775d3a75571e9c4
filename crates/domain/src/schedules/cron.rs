//! Cron expressions in Cloudflare's dialect, stepped forwards and backwards.
//!
//! They are read by the platform's own parser, so that what is judged here is
//! what the platform fires: five fields, UTC, weekday 1 is Sunday. Write names.
//! Forms that this parser reads otherwise than they are written are refused, as
//! are expressions that hardly ever match: every search below is bounded.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use saffron::parse::{CronExpr, DayOfMonthExpr, DayOfWeekExpr, Expr, Exprs, Last, OrsExpr};

/// Most bytes of an expression. The longest useful one, thirty minutes written
/// out and four stars, has 97; parsing is linear in it.
pub const CRON_BYTES_MAX: usize = 100;

/// The years that stand for all: 28 in a row hold every kind of year (leap or
/// not, each first weekday), and their order repeats.
const CYCLE: std::ops::RangeInclusive<i32> = 2001..=2028;

/// Most years of the cycle in a row without a match. The 29th of February
/// leaves out three, a fifth Monday of April four. Where a century drops its
/// leap day, six become seven at most, whichever kinds of year match.
const EMPTY_YEARS_MAX: u32 = 6;

/// How often the window backwards doubles, from one minute. With seven years
/// left out between them two matches are less than nine years apart, and
/// 9 × 366 × 1,440 minutes are under 2^23.
const DOUBLINGS_MAX: u32 = 23;

/// An expression that matches again and again, with its text as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    parsed: saffron::Cron,
}

/// Why a text is not an expression. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// More than [`CRON_BYTES_MAX`].
    #[error("must have at most {CRON_BYTES_MAX} bytes, has {found}")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// Not the platform's dialect.
    #[error("must be five fields in Cloudflare's cron dialect")]
    Dialect,
    /// Weekday 0, which is Sunday elsewhere.
    #[error("has weekday 0, and weekdays go from 1, which is Sunday; write SUN")]
    WeekdayZero,
    /// A range that ends before it starts: the parser adds the value before it.
    #[error("has a range that ends before it starts, as FRI-MON; write FRI,SAT,SUN,MON")]
    Wraps,
    /// A star among other items: the parser takes it for the field's least value.
    #[error("has * among other items of a field; write * alone")]
    StarInList,
    /// The weekday nearest to a day before the last: the parser's match and its
    /// step disagree about it.
    #[error("has a weekday near a day before the last, as L-3W, which has no one meaning")]
    LastOffsetWeekday,
    /// Matches never, or with more than `EMPTY_YEARS_MAX` years between.
    #[error("matches no day, or leaves out more than {EMPTY_YEARS_MAX} years in a row")]
    Never,
}

impl Cron {
    /// Reads an expression of at most [`CRON_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// The first rule that is broken, found in bounded time.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        if text.len() > CRON_BYTES_MAX {
            return Err(CronError::TooLong { found: text.len() });
        }
        let expression: CronExpr = text.parse().map_err(|_| why_not(text))?;
        let is_star = |item: &str| item == "*" || item.starts_with("*-");
        let mut lists = text.split_ascii_whitespace().filter(|field| field.contains(','));
        if lists.any(|field| field.split(',').any(is_star)) {
            return Err(CronError::StarInList);
        }
        if matches!(expression.doms, DayOfMonthExpr::Last(Last::OffsetWeekday(_))) {
            return Err(CronError::LastOffsetWeekday);
        }
        if wraps(&expression) {
            return Err(CronError::Wraps);
        }
        if empty_years(&expression) > EMPTY_YEARS_MAX {
            return Err(CronError::Never);
        }
        Ok(Self { text: text.to_owned(), parsed: saffron::Cron::new(expression) })
    }

    /// The text as it was given; a trigger names it character by character.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `time` is a whole minute that matches.
    #[must_use]
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        whole_minute(time) == Some(time) && self.parsed.contains(time)
    }

    /// The first match strictly after `time`; none only at the end of the calendar.
    #[must_use]
    pub fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.parsed.next_after(time)
    }

    /// The latest match that is not after `time`; none only at the beginning of
    /// the calendar. The parser steps forwards alone, so a window backwards
    /// doubles until a match lies in it, and halves until that is the last one:
    /// at most 2 × 24 steps, however dense the matches.
    #[must_use]
    pub fn previous(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let until = whole_minute(time)?;
        if self.parsed.contains(until) {
            return Some(until);
        }
        let reached = |from| self.next_after(from).filter(|next| *next <= until);
        let mut empty_after = until;
        let mut found = None;
        for doubling in 0..=DOUBLINGS_MAX {
            let from = until.checked_sub_signed(TimeDelta::minutes(1 << doubling))?;
            found = reached(from);
            if found.is_some() {
                break;
            }
            empty_after = from;
        }
        let mut found = found?;
        while found < empty_after {
            let middle = found + TimeDelta::minutes((empty_after - found).num_minutes() / 2);
            match reached(middle) {
                Some(later) => found = later,
                None => empty_after = middle,
            }
        }
        Some(found)
    }

    /// The longest gap between two consecutive times, in seconds, of an
    /// expression that matches on every day; none for one that leaves days out,
    /// whose gap is longer than a day. The times of a day are the same on each,
    /// so this asks the cycle's 10,227 days once and steps through one day, at
    /// most 1,440 times.
    #[must_use]
    pub fn interval_max_secs(&self) -> Option<u32> {
        let start = NaiveDate::from_ymd_opt(*CYCLE.start(), 1, 1)?;
        let midnight = start.and_time(NaiveTime::MIN).and_utc();
        let first = self.next_after(midnight - TimeDelta::minutes(1))?;
        let mut days = start.iter_days().take_while(|day| CYCLE.contains(&day.year()));
        if !days.all(|day| self.parsed.contains(day.and_time(first.time()).and_utc())) {
            return None;
        }
        let again = first + TimeDelta::days(1);
        let mut longest = 0;
        let mut time = first;
        while time < again {
            let next = self.next_after(time)?;
            longest = longest.max((next - time).num_seconds());
            time = next;
        }
        u32::try_from(longest).ok()
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What is wrong with a text that the parser refuses.
fn why_not(text: &str) -> CronError {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
        return CronError::Dialect;
    };
    let is_zero = |number: &str| !number.is_empty() && number.bytes().all(|digit| digit == b'0');
    // A step or an nth of 0 is no weekday.
    let named = weekdays.split(',').filter_map(|item| item.split(['/', '#']).next());
    let has_zero = named.flat_map(|range| range.split('-')).any(is_zero);
    let others_parse =
        || format!("{minutes} {hours} {days} {months} *").parse::<CronExpr>().is_ok();
    if has_zero && others_parse() { CronError::WeekdayZero } else { CronError::Dialect }
}

/// `time` without its seconds.
fn whole_minute(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    time.with_nanosecond(0)?.with_second(0)
}

/// Whether a range of any field ends before it starts.
fn wraps(expression: &CronExpr) -> bool {
    fn in_list<E: PartialOrd>(list: &Exprs<E>) -> bool {
        list.iter().any(|item| match item {
            OrsExpr::Range(start, end) | OrsExpr::Step { start, end, .. } => start > end,
            _ => false,
        })
    }
    fn in_field<E: PartialOrd>(field: &Expr<E>) -> bool {
        matches!(field, Expr::Many(list) if in_list(list))
    }
    in_field(&expression.minutes)
        || in_field(&expression.hours)
        || in_field(&expression.months)
        || matches!(&expression.doms, DayOfMonthExpr::Many(list) if in_list(list))
        || matches!(&expression.dows, DayOfWeekExpr::Many(list) if in_list(list))
}

/// Most years of the cycle in a row without a match, counted round it. Asks day
/// by day, at most 28 × 366 times: the parser's own search for a match that
/// never comes goes through a quarter of a million years.
fn empty_years(expression: &CronExpr) -> u32 {
    let mut any_day = expression.clone();
    any_day.doms = DayOfMonthExpr::All;
    any_day.months = Expr::All;
    any_day.dows = DayOfWeekExpr::All;
    let Some(first) = saffron::Cron::new(any_day).next_from(DateTime::UNIX_EPOCH) else {
        return u32::MAX;
    };
    let cron = saffron::Cron::new(expression.clone());
    let matches_in = |year: &i32| {
        let days = NaiveDate::from_ymd_opt(*year, 1, 1).into_iter().flat_map(|d| d.iter_days());
        days.take(366)
            .take_while(|day| day.year() == *year)
            .any(|day| cron.contains(day.and_time(first.time()).and_utc()))
    };
    let mut longest = 0;
    let mut run = 0;
    let once: Vec<bool> = CYCLE.map(|year| matches_in(&year)).collect();
    for matched in once.iter().chain(&once) {
        run = if *matched { 0 } else { run + 1 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
#[path = "tests_cron.rs"]
mod tests;
