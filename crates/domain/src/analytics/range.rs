//! Which days may be asked for at once.

use chrono::NaiveDate;

use crate::contact_events::ACTIVITY_KEPT;

/// Most days of one report: a year and a month, as long as activity is kept.
pub const REPORT_DAYS_MAX: i64 = 400;

const _: () = assert!(REPORT_DAYS_MAX == ACTIVITY_KEPT.num_days());

/// The days of a report, both ends among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateRange {
    from: NaiveDate,
    to: NaiveDate,
}

/// Why two days are no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// It ends before it begins.
    #[error("must not be after `to`")]
    Reversed,
    /// It is longer than [`REPORT_DAYS_MAX`].
    #[error(
        "must end a range of at most {REPORT_DAYS_MAX} days, this has {days}: ask for several \
         ranges, one after the other"
    )]
    Long {
        /// Its days.
        days: i64,
    },
}

impl DateRange {
    /// From a day to another.
    ///
    /// # Errors
    /// Where it ends before it begins, or is longer than [`REPORT_DAYS_MAX`].
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Self, RangeError> {
        match to.signed_duration_since(from).num_days() + 1 {
            ..=0 => Err(RangeError::Reversed),
            1..=REPORT_DAYS_MAX => Ok(Self { from, to }),
            days => Err(RangeError::Long { days }),
        }
    }

    /// The first day.
    #[must_use]
    pub const fn from(self) -> NaiveDate {
        self.from
    }

    /// The last day.
    #[must_use]
    pub const fn to(self) -> NaiveDate {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_1_to_400_days() {
        #[rustfmt::skip]
        let table = [
            ("2026-11-30", "2026-11-30", None),
            ("2026-11-30", "2026-11-29", Some(RangeError::Reversed)),
            ("9999-12-31", "0000-01-01", Some(RangeError::Reversed)),
            // 365 days, and 35 of them again.
            ("2026-01-01", "2027-02-04", None),
            ("2026-01-01", "2027-02-05", Some(RangeError::Long { days: 401 })),
            ("0000-01-01", "9999-12-31", Some(RangeError::Long { days: 3_652_425 })),
        ];
        for (from, to, refused) in table {
            let found = DateRange::new(from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(found.err(), refused, "{from} to {to}");
            if let Ok(found) = found {
                assert_eq!([found.from(), found.to()].map(|day| day.to_string()), [from, to]);
            }
        }
    }
}
