//! The statements of roll-ups, two each: one marks the days that are counted, the
//! next one counts them. Of one transaction each statement sees what was committed
//! before it began, and it begins when the marks are this transaction's: of two
//! roll-ups of one day the later one counts no less than the earlier.
//!
//! A statement of the worker's role has 50 s, its transaction 55 s, and a flight is cut
//! after 60 s whatever the role has. What touched days hold is looked up by organization,
//! 150,000 events a second on two shared cores: an hour may touch days that hold 7 million
//! together. A whole day or month is read through, 800,000 a second: 40 million events a
//! month. Scores are spread at 75,000 contacts a second: 3.5 million. A count that does not
//! end in that is parted by organizations; `docs/analytics.md` tells.

use chrono::{DateTime, NaiveDate, Utc};
use mauntic_domain::analytics::{RollUp, midnight};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::RollUpWrite;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::flight::{Param, Statement};

/// Roll-ups, column by column.
pub(crate) struct RollUps(Vec<Columns>);

struct Columns {
    roll_up: RollUp,
    name: &'static str,
    batch: Uuid,
    unit: &'static str,
    /// First days of what is counted in any case.
    firsts: Vec<NaiveDate>,
    first: Option<NaiveDate>,
    received: [Option<DateTime<Utc>>; 2],
    happened: [Option<DateTime<Utc>>; 2],
    whole: [Option<DateTime<Utc>>; 2],
    /// After the one, up to the other.
    organizations: [Option<String>; 2],
}

impl RollUps {
    pub(crate) fn of(roll_ups: &[RollUpWrite]) -> Self {
        Self(roll_ups.iter().map(Columns::of).collect())
    }

    pub(crate) fn params(&self) -> Vec<Params<'_>> {
        self.0.iter().map(Columns::params).collect()
    }
}

impl Columns {
    fn of(write: &RollUpWrite) -> Self {
        let RollUpWrite { roll_up, window, organizations, job_id } = write;
        let name = |of: &Option<OrganizationId>| of.as_ref().map(ToString::to_string);
        let first = window.whole.as_ref().map(|days| days.start);
        let received = window.received.as_ref();
        let (at, happened) = (received.map(|of| &of.at), received.map(|of| &of.happened));
        let whole = window.whole.as_ref();
        Self {
            roll_up: *roll_up,
            name: roll_up.name(),
            batch: *job_id,
            unit: if *roll_up == RollUp::MonthlyUsageSummary { "month" } else { "day" },
            firsts: first.into_iter().collect(),
            first,
            received: [at.map(|at| at.start), at.map(|at| at.end)],
            happened: [happened.map(|at| at.start), happened.map(|at| at.end)],
            whole: [whole.map(|days| midnight(days.start)), whole.map(|days| midnight(days.end))],
            organizations: [name(&organizations.after), name(&organizations.through)],
        }
    }

    fn params(&self) -> Params<'_> {
        let named: [Param<'_>; 2] = [(&self.name, Type::TEXT), (&self.batch, Type::UUID)];
        let window = times(&self.received).chain(times(&self.happened));
        let window: Vec<Param<'_>> = window.collect();
        let days: [Param<'_>; 2] = [(&self.firsts, Type::DATE_ARRAY), (&self.unit, Type::TEXT)];
        let mut touch: Vec<Param<'_>> = named.iter().cloned().chain(days).collect();
        let mut count: Vec<Param<'_>> = named.into_iter().chain(window.iter().cloned()).collect();
        match self.roll_up {
            RollUp::AggregateHourly => touch.extend(window),
            RollUp::ScoreDistribution => {
                touch.truncate(3);
                count = vec![(&self.first, Type::DATE)];
            }
            RollUp::GenerateDailyReports
            | RollUp::MonthlyUsageSummary
            | RollUp::EnrichmentMetrics => {
                touch.extend(window);
                count.extend(times(&self.whole));
            }
        }
        let organizations = || self.organizations.iter().map(|name| (name as _, Type::TEXT));
        if self.roll_up != RollUp::ScoreDistribution {
            touch.extend(organizations());
        }
        count.extend(organizations());
        Params { roll_up: self.roll_up, touch, count }
    }
}

fn times(of: &[Option<DateTime<Utc>>; 2]) -> impl Iterator<Item = Param<'_>> {
    of.iter().map(|at| (at as _, Type::TIMESTAMPTZ))
}

/// The parameters of a roll-up's statements.
pub(crate) struct Params<'a> {
    roll_up: RollUp,
    touch: Vec<Param<'a>>,
    count: Vec<Param<'a>>,
}

impl Params<'_> {
    /// In their order.
    pub(crate) fn statements(&self) -> [Statement<'_>; 2] {
        let (touch, count) = match self.roll_up {
            RollUp::AggregateHourly => (sql!("touch_activity.sql"), sql!("aggregate_days.sql")),
            RollUp::GenerateDailyReports => {
                (sql!("touch_activity.sql"), sql!("count_campaigns.sql"))
            }
            RollUp::MonthlyUsageSummary => {
                (sql!("touch_activity.sql"), sql!("summarize_months.sql"))
            }
            RollUp::ScoreDistribution => (sql!("touch_days.sql"), sql!("distribute_scores.sql")),
            RollUp::EnrichmentMetrics => {
                (sql!("touch_enrichments.sql"), sql!("measure_enrichments.sql"))
            }
        };
        [
            Statement { sql: touch, params: &self.touch },
            Statement { sql: count, params: &self.count },
        ]
    }
}
