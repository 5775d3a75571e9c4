//! Lines of reports: as JSON and as rows of a table, by the domain's description of
//! each; and as the API's document has them.

use mauntic_domain::analytics::BUCKETS;
use mauntic_domain::analytics::reports::{Figure, Report};
use mauntic_domain::points::PointsE4;
use mauntic_flows::ports::{ReportLine, ReportPlace};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::csv::{Table, cell};

/// Points of a bucket of scores.
const BUCKET_POINTS: usize = 100 / BUCKETS;

/// A line of a report.
pub(super) struct Line {
    pub(super) report: Report,
    pub(super) line: ReportLine,
}

impl Line {
    /// Where it is.
    pub(super) fn place(&self) -> ReportPlace {
        ReportPlace { from: self.line.from, texts: self.line.texts.clone() }
    }

    /// Its numbers, parted as they are described.
    fn figures(&self) -> impl Iterator<Item = (Figure, &[Option<i64>])> {
        let mut rest = self.line.numbers.as_slice();
        self.report.figures().iter().map(move |figure| {
            let (own, behind) = rest.split_at_checked(figure.width()).unwrap_or((rest, &[]));
            rest = behind;
            (*figure, own)
        })
    }

    fn cells(&self) -> Vec<String> {
        let days = [self.line.from, self.line.to].map(|day| day.to_string()).into_iter();
        let texts = self.line.texts.iter().map(|text| cell(text));
        let shown = |figure, number: i64| match figure {
            Figure::Decimal(_) => PointsE4::from_e4(number).to_string(),
            Figure::Count(_) | Figure::Histogram(_) => number.to_string(),
        };
        let numbers = self.figures().flat_map(|(figure, own)| {
            own.iter().map(move |number| number.map_or_else(String::new, |n| shown(figure, n)))
        });
        days.chain(texts).chain(numbers).collect()
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("from", &self.line.from)?;
        map.serialize_entry("to", &self.line.to)?;
        for (name, text) in self.report.texts().iter().zip(&self.line.texts) {
            map.serialize_entry(name, text)?;
        }
        for (figure, own) in self.figures() {
            let first = own.first().copied().flatten();
            match figure {
                Figure::Count(name) => map.serialize_entry(name, &first)?,
                Figure::Decimal(name) => {
                    map.serialize_entry(name, &first.map(PointsE4::from_e4))?;
                }
                Figure::Histogram(name) => map.serialize_entry(name, own)?,
            }
        }
        map.end()
    }
}

/// The lines as a table with a heading.
pub(super) fn table(report: Report, lines: &[Line]) -> String {
    let mut heading: Vec<String> = ["from", "to"].map(str::to_owned).to_vec();
    heading.extend(report.texts().iter().map(|name| (*name).to_owned()));
    for figure in report.figures() {
        match figure {
            Figure::Count(name) | Figure::Decimal(name) => heading.push((*name).to_owned()),
            // By the least points of each bucket.
            Figure::Histogram(name) => heading
                .extend((0..BUCKETS).map(|bucket| format!("{name}{}", bucket * BUCKET_POINTS))),
        }
    }
    let mut table = Table::default();
    table.row(&heading);
    lines.iter().for_each(|line| table.row(&line.cells()));
    table.into_text()
}

/// Lines as the document has them: what each says, from `from` to `to`, of UTC.
macro_rules! documented {
    ($($(#[$doc:meta])* $name:ident as $shown:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)+
    })+) => {$(
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        #[schema(as = $shown)]
        pub(crate) struct $name {
            /// The first day.
            #[schema(format = Date)]
            from: String,
            /// The last day.
            #[schema(format = Date)]
            to: String,
            $($(#[$field_doc])* $field: $type,)+
        }
    )+};
}

documented! {
    /// Events of a type and channel.
    EventAggregatesLine as EventAggregates {
        event_type: String,
        channel: String,
        event_count: i64,
        /// Contacts, each once; null where more than one day has some.
        #[schema(required)]
        unique_contacts: Option<i64>,
        /// Contacts, each once a day.
        daily_unique_contacts: i64,
    }
    /// Events of a type, of a whole month.
    MonthlyUsageLine as MonthlyUsage {
        event_type: String,
        event_count: i64,
        /// Contacts, each once.
        unique_contacts: i64,
    }
    /// What became of a campaign's messages.
    CampaignStatsLine as CampaignStats {
        campaign_id: String,
        sent: i64,
        delivered: i64,
        opened: i64,
        /// Contacts who opened, each once; null where more than one day has some.
        #[schema(required)]
        unique_opened: Option<i64>,
        /// Contacts who opened, each once a day.
        daily_unique_opened: i64,
        clicked: i64,
        /// Contacts who clicked, each once; null where more than one day has some.
        #[schema(required)]
        unique_clicked: Option<i64>,
        /// Contacts who clicked, each once a day.
        daily_unique_clicked: i64,
        bounced: i64,
        complained: i64,
        unsubscribed: i64,
    }
    /// How contacts' scores were spread at the end of a day.
    ScoreDistributionLine as ScoreDistribution {
        /// The day at whose end they stood so: the newest of the line's that there is.
        #[schema(format = Date)]
        date: String,
        average: f64,
        minimum: f64,
        maximum: f64,
        /// The least score that half of the contacts do not exceed.
        p50: f64,
        /// The same of nine in ten.
        p90: f64,
        /// The same of nineteen in twenty.
        p95: f64,
        total_contacts: i64,
        grade_a: i64,
        grade_b: i64,
        grade_c: i64,
        grade_d: i64,
        grade_f: i64,
        /// Contacts by score, 5 points a bucket; 100 is in the last. In a table the
        /// columns are named by the least points of their bucket, as `histogram95`.
        #[schema(min_items = 20, max_items = 20)]
        histogram: Vec<i64>,
    }
    /// Enrichment jobs that ended.
    EnrichmentMetricsLine as EnrichmentMetrics {
        total: i64,
        /// Jobs that found something.
        succeeded: i64,
        /// Percent of all of them.
        success_rate: f64,
        /// In the organization's currency, of the jobs that tell it.
        #[schema(required)]
        average_cost: Option<f64>,
        /// Age of what was found, of the jobs that tell it.
        #[schema(required)]
        average_freshness_hours: Option<f64>,
    }
}
