//! What is read of the roll-ups: the reports that there are, and what a line of each
//! has.

use super::BUCKETS;

/// What is read of a table that roll-ups write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Report {
    /// `event_aggregates`: events by type and channel.
    EventAggregates,
    /// `event_aggregates`, of channel `monthly_summary`: events of months by type.
    MonthlyUsage,
    /// `campaign_daily_stats`: what became of campaigns' messages.
    CampaignStats,
    /// `daily_score_distribution`: scores as they stood at a day's end.
    ScoreDistribution,
    /// `enrichment_metrics`: enrichment jobs.
    EnrichmentMetrics,
}

/// What days are taken together for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Each alone.
    Day,
    /// From Monday to Sunday (ISO 8601).
    Week,
    /// Those of a calendar month.
    Month,
}

/// Some of a line's numbers, under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// A whole number.
    Count(&'static str),
    /// A number with decimals, in ten-thousandths.
    Decimal(&'static str),
    /// Whole numbers of the buckets of a distribution of scores.
    Histogram(&'static str),
}

impl Figure {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count(name) | Self::Decimal(name) | Self::Histogram(name) => name,
        }
    }

    /// How many numbers it is.
    #[must_use]
    pub const fn width(self) -> usize {
        match self {
            Self::Count(_) | Self::Decimal(_) => 1,
            Self::Histogram(_) => BUCKETS,
        }
    }
}

impl Period {
    /// Every period.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Its name, which is PostgreSQL's for it as well.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl Report {
    /// Every report.
    pub const ALL: [Self; 5] = [
        Self::EventAggregates,
        Self::MonthlyUsage,
        Self::CampaignStats,
        Self::ScoreDistribution,
        Self::EnrichmentMetrics,
    ];

    /// The periods that it has, the usual one first.
    #[must_use]
    pub const fn periods(self) -> &'static [Period] {
        match self {
            // Contacts of a month cannot be parted into its days.
            Self::MonthlyUsage => &[Period::Month],
            _ => &Period::ALL,
        }
    }

    /// Names of the texts of a line, by which lines of a period are ordered.
    #[must_use]
    pub const fn texts(self) -> &'static [&'static str] {
        match self {
            Self::EventAggregates => &["eventType", "channel"],
            Self::MonthlyUsage => &["eventType"],
            Self::CampaignStats => &["campaignId"],
            Self::ScoreDistribution => &["date"],
            Self::EnrichmentMetrics => &[],
        }
    }

    /// The numbers of a line, in their order.
    ///
    /// What is counted adds up over days; contacts do not, who come back on another
    /// day: where more than one day has some, their number is not known, and the
    /// daily ones' sum stands beside it under a name of its own.
    #[must_use]
    pub const fn figures(self) -> &'static [Figure] {
        use Figure::{Count, Decimal, Histogram};
        match self {
            Self::EventAggregates => {
                &[Count("eventCount"), Count("uniqueContacts"), Count("dailyUniqueContacts")]
            }
            Self::MonthlyUsage => &[Count("eventCount"), Count("uniqueContacts")],
            Self::CampaignStats => &[
                Count("sent"),
                Count("delivered"),
                Count("opened"),
                Count("uniqueOpened"),
                Count("dailyUniqueOpened"),
                Count("clicked"),
                Count("uniqueClicked"),
                Count("dailyUniqueClicked"),
                Count("bounced"),
                Count("complained"),
                Count("unsubscribed"),
            ],
            Self::ScoreDistribution => &[
                Decimal("average"),
                Decimal("minimum"),
                Decimal("maximum"),
                Decimal("p50"),
                Decimal("p90"),
                Decimal("p95"),
                Count("totalContacts"),
                Count("gradeA"),
                Count("gradeB"),
                Count("gradeC"),
                Count("gradeD"),
                Count("gradeF"),
                Histogram("histogram"),
            ],
            Self::EnrichmentMetrics => &[
                Count("total"),
                Count("succeeded"),
                Decimal("successRate"),
                Decimal("averageCost"),
                Decimal("averageFreshnessHours"),
            ],
        }
    }

    /// How many numbers a line has.
    #[must_use]
    pub fn width(self) -> usize {
        self.figures().iter().map(|figure| figure.width()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_tells_its_parts_apart() {
        for report in Report::ALL {
            let mut names: Vec<&str> = report.texts().to_vec();
            names.extend(["from", "to"]);
            names.extend(report.figures().iter().map(|figure| figure.name()));
            let told: BTreeSet<&str> = names.iter().copied().collect();
            assert_eq!(told.len(), names.len(), "{names:?}");
        }
        assert_eq!(Report::ScoreDistribution.width(), 12 + BUCKETS);
    }
}
