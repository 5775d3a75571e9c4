//! Reports: row by row, what their statements take together as a set.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use mauntic_domain::analytics::reports::{Period, Report};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::points::PointsE4;
use mauntic_flows::ports::{PortError, ReportLine, ReportQuery, ReportStore};

use super::roll_up_rows::{AggregateRow, CampaignRow, DistributionRow, MetricsRow};
use super::views::size;
use super::{MemorySession, State};
use crate::faults::Call;

/// The channel of months.
const MONTHLY: &str = "monthly_summary";

/// Ten-thousandths of a hundredth.
const E4_PER_E2: i64 = 100;

type Numbers = Vec<Option<i64>>;

impl ReportStore for MemorySession {
    async fn report(
        &self,
        organization: &OrganizationId,
        query: &ReportQuery,
    ) -> Result<Vec<ReportLine>, PortError> {
        self.call(Call::Report, |state| Ok(state.report(organization, query))).await
    }
}

impl State {
    fn report(&self, owner: &OrganizationId, query: &ReportQuery) -> Vec<ReportLine> {
        let lines = match query.report {
            Report::EventAggregates => lines(query, self.aggregates(owner, false), events),
            Report::MonthlyUsage => lines(query, self.aggregates(owner, true), months),
            Report::CampaignStats => {
                let rows = self.roll_ups.campaign_daily_stats.iter();
                let rows = rows.filter(|((of, ..), _)| of == owner);
                let rows = rows.map(|((_, day, name), row)| (*day, vec![name.clone()], row));
                lines(query, rows, campaigns)
            }
            Report::ScoreDistribution => self.distributions(owner, query),
            Report::EnrichmentMetrics => {
                let rows = self.roll_ups.enrichment_metrics.iter();
                let rows = rows.filter(|((of, _), _)| of == owner);
                lines(query, rows.map(|((_, day), row)| (*day, Vec::new(), row)), enrichments)
            }
        };
        let is_behind = |line: &ReportLine| {
            // A day's texts are its count's, which a newer one may replace.
            let has_one_line = query.report == Report::ScoreDistribution;
            query.after.as_ref().is_none_or(|at| {
                line.from > at.from
                    || (!has_one_line && (line.from, &line.texts) > (at.from, &at.texts))
            })
        };
        lines.into_iter().filter(is_behind).take(size(query.limit)).collect()
    }

    fn aggregates<'a>(
        &'a self,
        owner: &'a OrganizationId,
        of_months: bool,
    ) -> impl Iterator<Item = (NaiveDate, Vec<String>, &'a AggregateRow)> {
        let rows = self.roll_ups.event_aggregates.iter();
        let rows = rows.filter(move |((of, _, _, channel), _)| {
            of == owner && (*channel == MONTHLY) == of_months
        });
        rows.map(move |((_, day, name, channel), row)| {
            let texts = if of_months {
                vec![name.trim_start_matches("monthly:").to_owned()]
            } else {
                vec![name.clone(), (*channel).to_owned()]
            };
            (*day, texts, row)
        })
    }

    /// Of each period the newest day.
    fn distributions(&self, owner: &OrganizationId, query: &ReportQuery) -> Vec<ReportLine> {
        let rows = self.roll_ups.daily_score_distribution.iter();
        let rows = rows.filter(|((of, day), _)| of == owner && is_in(query, *day));
        let mut newest = BTreeMap::new();
        for ((_, day), row) in rows {
            let (from, to) = bounds(query, *day);
            let texts = vec![day.to_string()];
            newest.insert(from, ReportLine { from, to, texts, numbers: distribution(row) });
        }
        newest.into_values().collect()
    }
}

/// The lines of rows, each with its day and texts.
fn lines<R>(
    query: &ReportQuery,
    rows: impl Iterator<Item = (NaiveDate, Vec<String>, R)>,
    numbers: impl Fn(&[R]) -> Numbers,
) -> Vec<ReportLine> {
    let mut taken: BTreeMap<_, Vec<R>> = BTreeMap::new();
    for (day, texts, row) in rows.filter(|(day, ..)| is_in(query, *day)) {
        let (from, to) = bounds(query, day);
        taken.entry((from, texts, to)).or_default().push(row);
    }
    let line = |((from, texts, to), rows): (_, Vec<R>)| {
        let numbers = numbers(&rows);
        ReportLine { from, to, texts, numbers }
    };
    taken.into_iter().map(line).collect()
}

fn is_in(query: &ReportQuery, day: NaiveDate) -> bool {
    (query.range.from()..=query.range.to()).contains(&day)
}

/// First and last day of the line that has this day.
fn bounds(query: &ReportQuery, day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let (first, next) = match query.period {
        Period::Day => (day, day + Days::new(1)),
        Period::Week => {
            let monday = day - Days::new(day.weekday().num_days_from_monday().into());
            (monday, monday + Days::new(7))
        }
        Period::Month => {
            let first = day.with_day(1).unwrap_or(day);
            (first, first + Months::new(1))
        }
    };
    let last = next - Days::new(1);
    if query.report == Report::MonthlyUsage {
        return (first, last);
    }
    (first.max(query.range.from()), last.min(query.range.to()))
}

fn events(rows: &[&AggregateRow]) -> Numbers {
    let contacts: Vec<u64> = rows.iter().map(|row| row.unique_contacts).collect();
    let [unique, daily] = contacts_of(&contacts);
    vec![sum(rows.iter().map(|row| row.event_count)), unique, daily]
}

fn months(rows: &[&AggregateRow]) -> Numbers {
    let of = |number: fn(&AggregateRow) -> u64| sum(rows.iter().map(|row| number(row)));
    vec![of(|row| row.event_count), of(|row| row.unique_contacts)]
}

fn campaigns(rows: &[&CampaignRow]) -> Numbers {
    let of = |number: fn(&CampaignRow) -> u64| sum(rows.iter().map(|row| number(row)));
    let contacts = |number: fn(&CampaignRow) -> u64| {
        let contacts: Vec<u64> = rows.iter().map(|row| number(row)).collect();
        contacts_of(&contacts)
    };
    let [opened, daily_opened] = contacts(|row| row.unique_opened);
    let [clicked, daily_clicked] = contacts(|row| row.unique_clicked);
    vec![
        of(|row| row.sent),
        of(|row| row.delivered),
        of(|row| row.opened),
        opened,
        daily_opened,
        of(|row| row.clicked),
        clicked,
        daily_clicked,
        of(|row| row.bounced),
        of(|row| row.complained),
        of(|row| row.unsubscribed),
    ]
}

/// Contacts of several days, if they are known, and the days' sum.
fn contacts_of(days: &[u64]) -> [Option<i64>; 2] {
    let sum = sum(days.iter().copied());
    let is_known = days.iter().filter(|contacts| **contacts > 0).count() <= 1;
    [sum.filter(|_| is_known), sum]
}

fn distribution(row: &DistributionRow) -> Numbers {
    let points = [row.minimum, row.maximum, row.p50, row.p90, row.p95].map(PointsE4::e4);
    let counts = [row.total_contacts].into_iter().chain(row.grades).chain(row.histogram);
    let points = [row.average_e2 * E4_PER_E2].into_iter().chain(points).map(Some);
    points.chain(counts.map(number)).collect()
}

fn enrichments(rows: &[&MetricsRow]) -> Numbers {
    let jobs: u64 = rows.iter().map(|row| row.total).sum();
    let succeeded: u64 = rows.iter().map(|row| row.succeeded).sum();
    let rate = rounded(i128::from(succeeded) * 10_000, jobs);
    let costs: i128 = rows.iter().map(|row| i128::from(row.cost_total.e4())).sum();
    let cost = rounded(costs, rows.iter().map(|row| row.jobs_with_cost).sum());
    let hours: i128 = rows.iter().map(|row| i128::from(row.freshness_hours_total)).sum();
    let hours = rounded(hours * 100, rows.iter().map(|row| row.jobs_with_freshness).sum());
    let in_e4 = |hundredths: Option<i64>| hundredths.map(|number| number * E4_PER_E2);
    vec![number(jobs), number(succeeded), in_e4(rate), cost, in_e4(hours)]
}

/// A sum that is not negative, parted and rounded, halves up; none of nothing.
fn rounded(sum: i128, parts: u64) -> Option<i64> {
    let parts = i128::from(parts);
    let rounded = (parts > 0).then(|| (2 * sum + parts).div_euclid(2 * parts))?;
    i64::try_from(rounded).ok()
}

fn sum(numbers: impl Iterator<Item = u64>) -> Option<i64> {
    number(numbers.sum())
}

fn number(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}
