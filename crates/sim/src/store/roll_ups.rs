//! Roll-ups: row by row, what their statements count as a set.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use mauntic_domain::analytics::{BUCKETS, Received, RollUp};
use mauntic_domain::ids::{ContactId, EventId, OrganizationId};
use mauntic_domain::points::{E4_PER_POINT, PointsE4};
use mauntic_domain::scoring::Grade;
use mauntic_flows::ports::{ContactKey, RollUpWrite};

use super::State;
use super::roll_up_rows::{AggregateRow, CampaignRow, DistributionRow, EnrichmentRow, MetricsRow};
use super::rows::HistoryRow;
use super::signal_rows::ActivityRow;

/// An organization and the first day of what is counted for it.
type Pair = (OrganizationId, NaiveDate);

/// The key of activity and of enrichment jobs.
type EventKey = (OrganizationId, DateTime<Utc>, EventId);

/// How often a contact did each thing.
type ByContact = BTreeMap<ContactId, u64>;

/// Points of a bucket of scores, in ten-thousandths.
const BUCKET_E4: i64 = 5 * E4_PER_POINT;

impl State {
    pub(super) fn roll_up(&mut self, write: &RollUpWrite) {
        match write.roll_up {
            RollUp::AggregateHourly | RollUp::MonthlyUsageSummary => self.aggregate(write),
            RollUp::GenerateDailyReports => self.count_campaigns(write),
            RollUp::EnrichmentMetrics => self.measure_enrichments(write),
            RollUp::ScoreDistribution => self.distribute_scores(write),
        }
    }

    /// Marks the days that are counted.
    fn mark(&mut self, write: &RollUpWrite, touched: &BTreeSet<Pair>) {
        let whole = write.window.whole.iter().map(|days| days.start);
        for day in touched.iter().map(|(_, day)| *day).chain(whole) {
            self.roll_ups.rollup_days.insert((write.roll_up.name(), day), write.job_id);
        }
    }

    fn aggregate(&mut self, write: &RollUpWrite) {
        let touched = touched(write, self.activity.iter().map(|(key, row)| (key, row.received_at)));
        self.mark(write, &touched);
        let is_month = write.roll_up == RollUp::MonthlyUsageSummary;
        let mut counts: BTreeMap<_, ByContact> = BTreeMap::new();
        for (key, row) in &self.activity {
            let Some(day) = counted_on(write, &touched, key) else { continue };
            let kind = &row.event.kind;
            let (name, channel) = if is_month {
                (format!("monthly:{}", kind.type_name()), "monthly_summary")
            } else {
                (kind.type_name().to_owned(), kind.channel().as_str())
            };
            let of = counts.entry((key.0.clone(), day, name, channel)).or_default();
            *of.entry(row.event.contact_id.clone()).or_default() += 1;
        }
        for (key, of) in counts {
            let (event_count, unique_contacts) = (of.values().sum(), count(of.len()));
            let new = AggregateRow { event_count, unique_contacts, updated_at: self.now };
            let row = self.roll_ups.event_aggregates.entry(key).or_insert(new);
            // What is the same keeps its time.
            if (row.event_count, row.unique_contacts) != (event_count, unique_contacts) {
                *row = new;
            }
        }
    }

    fn count_campaigns(&mut self, write: &RollUpWrite) {
        let of_campaign = |row: &ActivityRow| {
            let is_delivery = row.event.kind.channel().as_str() == "delivery";
            row.event.campaign_id.clone().filter(|_| is_delivery)
        };
        let rows = || self.activity.iter().filter(|(_, row)| of_campaign(row).is_some());
        // The days of all activity are marked, those of campaigns alone are counted.
        let all = touched(write, self.activity.iter().map(|(key, row)| (key, row.received_at)));
        let touched = touched(write, rows().map(|(key, row)| (key, row.received_at)));
        let mut counts: BTreeMap<_, BTreeMap<&str, ByContact>> = BTreeMap::new();
        for (key, row) in rows() {
            let Some(day) = counted_on(write, &touched, key) else { continue };
            let Some(campaign) = of_campaign(row) else { continue };
            let of = counts.entry((key.0.clone(), day, campaign)).or_default();
            let of = of.entry(row.event.kind.type_name()).or_default();
            *of.entry(row.event.contact_id.clone()).or_default() += 1;
        }
        let rows = counts.into_iter().map(|(key, of)| (key, campaign(&of)));
        let rows: Vec<_> = rows.collect();
        self.roll_ups.campaign_daily_stats.extend(rows);
        self.mark(write, &all);
    }

    fn measure_enrichments(&mut self, write: &RollUpWrite) {
        let rows = self.enrichments.iter().map(|(key, row)| (key, row.received_at));
        let touched = touched(write, rows);
        self.mark(write, &touched);
        let mut ended: BTreeMap<Pair, Vec<&EnrichmentRow>> = BTreeMap::new();
        for (key, row) in &self.enrichments {
            if let Some(day) = counted_on(write, &touched, key) {
                ended.entry((key.0.clone(), day)).or_default().push(row);
            }
        }
        let rows: Vec<_> = ended.into_iter().map(|(key, rows)| (key, metrics(&rows))).collect();
        self.roll_ups.enrichment_metrics.extend(rows);
    }

    fn distribute_scores(&mut self, write: &RollUpWrite) {
        self.mark(write, &BTreeSet::new());
        let Some(day) = write.window.whole.as_ref().map(|days| days.start) else { return };
        // Rows of a contact are in the order of their days: the last one stays.
        let mut newest: BTreeMap<&ContactKey, &HistoryRow> = BTreeMap::new();
        for ((contact, on), row) in &self.history {
            if *on <= day && write.organizations.contains(&contact.0) {
                newest.insert(contact, row);
            }
        }
        let mut scores: BTreeMap<OrganizationId, Vec<&HistoryRow>> = BTreeMap::new();
        for ((owner, _), row) in newest {
            scores.entry(owner.clone()).or_default().push(row);
        }
        let spread = scores.into_iter().map(|(owner, rows)| ((owner, day), distribution(rows)));
        let spread: Vec<_> = spread.collect();
        self.roll_ups.daily_score_distribution.extend(spread);
    }
}

/// The organizations and days of what was received in a window.
fn touched<'a>(
    write: &RollUpWrite,
    rows: impl Iterator<Item = (&'a EventKey, DateTime<Utc>)>,
) -> BTreeSet<Pair> {
    let Some(Received { at, happened }) = &write.window.received else { return BTreeSet::new() };
    let is_touched = |(key, received): &(&EventKey, DateTime<Utc>)| {
        at.contains(received) && happened.contains(&key.1) && write.organizations.contains(&key.0)
    };
    let pair =
        |(key, _): (&EventKey, _)| (key.0.clone(), write.roll_up.first_day(key.1.date_naive()));
    rows.filter(is_touched).map(pair).collect()
}

/// The first day of what an event is counted for; none for one that is not counted.
fn counted_on(
    write: &RollUpWrite,
    touched: &BTreeSet<Pair>,
    (owner, at, _): &EventKey,
) -> Option<NaiveDate> {
    let first = write.roll_up.first_day(at.date_naive());
    let is_whole = |days: &Range<NaiveDate>| days.contains(&at.date_naive());
    let is_counted = write.window.whole.as_ref().is_some_and(is_whole)
        && write.organizations.contains(owner)
        || touched.contains(&(owner.clone(), first));
    is_counted.then_some(first)
}

fn campaign(of: &BTreeMap<&str, ByContact>) -> CampaignRow {
    let events = |name: &str| of.get(name).map_or(0, |of| of.values().sum());
    let contacts = |name: &str| of.get(name).map_or(0, |of| count(of.len()));
    CampaignRow {
        sent: events("delivery.MessageSent"),
        delivered: events("delivery.MessageDelivered"),
        opened: events("delivery.MessageOpened"),
        unique_opened: contacts("delivery.MessageOpened"),
        clicked: events("delivery.MessageClicked"),
        unique_clicked: contacts("delivery.MessageClicked"),
        bounced: events("delivery.MessageBounced"),
        complained: events("delivery.MessageComplained"),
        unsubscribed: events("delivery.MessageUnsubscribed"),
    }
}

fn metrics(rows: &[&EnrichmentRow]) -> MetricsRow {
    let succeeded = rows.iter().filter(|row| row.job.succeeded).count();
    let costs: Vec<i64> = rows.iter().filter_map(|row| Some(row.job.cost?.e4())).collect();
    let hours = rows.iter().filter_map(|row| row.job.freshness_hours);
    let hours: Vec<i64> = hours.map(i64::from).collect();
    MetricsRow {
        total: count(rows.len()),
        succeeded: count(succeeded),
        success_rate_e2: rounded(size(succeeded) * 100 * 100, rows.len()).unwrap_or(0),
        average_cost: rounded(costs.iter().sum(), costs.len()).map(PointsE4::from_e4),
        average_freshness_e2: rounded(hours.iter().sum::<i64>() * 100, hours.len()),
        jobs_with_cost: count(costs.len()),
        cost_total: PointsE4::from_e4(costs.iter().sum()),
        jobs_with_freshness: count(hours.len()),
        freshness_hours_total: hours.iter().sum(),
    }
}

fn distribution(mut rows: Vec<&HistoryRow>) -> DistributionRow {
    rows.sort_by_key(|row| row.total);
    let at = |place: usize| rows.get(place).map_or(PointsE4::ZERO, |row| row.total);
    // The first of which so many in a hundred are no greater.
    let percentile = |percent: usize| at((rows.len() * percent).div_ceil(100).saturating_sub(1));
    let mut histogram = [0; BUCKETS];
    for row in &rows {
        let bucket = usize::try_from(row.total.e4() / BUCKET_E4).unwrap_or(0);
        if let Some(of) = histogram.get_mut(bucket.min(BUCKETS - 1)) {
            *of += 1;
        }
    }
    let grades = [Grade::A, Grade::B, Grade::C, Grade::D, Grade::F];
    let sum: i64 = rows.iter().map(|row| row.total.e4()).sum();
    DistributionRow {
        // Of ten-thousandths; a hundred of them are a hundredth.
        average_e2: rounded(sum, rows.len() * 100).unwrap_or(0),
        minimum: at(0),
        maximum: at(rows.len().saturating_sub(1)),
        p50: percentile(50),
        p90: percentile(90),
        p95: percentile(95),
        total_contacts: count(rows.len()),
        histogram,
        grades: grades.map(|grade| count(rows.iter().filter(|row| row.grade == grade).count())),
    }
}

/// A sum that is not negative, parted and rounded, halves up; none of nothing.
fn rounded(sum: i64, parts: usize) -> Option<i64> {
    let parts = size(parts);
    (parts > 0).then(|| (2 * sum + parts).div_euclid(2 * parts))
}

fn size(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
