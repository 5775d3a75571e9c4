//! Reports: what is read of the roll-ups, by day, week and month, a page at a time.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use mauntic_domain::analytics::range::DateRange;
use mauntic_domain::analytics::reports::{Period, Report};
use mauntic_domain::analytics::{RollUp, midnight};
use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{ReportLine, ReportPlace, ReportQuery, ReportStore};
use serde_json::{Value, json};

use super::roll_up_days::scored;
use crate::subject::{Subject, World, contact, organization};

on_both! {
    events_add_up_by_period_and_contacts_do_not
    months_are_read_whole
    campaigns_are_read_in_the_order_of_bytes
    averages_are_those_of_the_jobs_that_tell_them
    scores_are_those_of_the_newest_day
    pages_meet_without_gap_or_overlap
    a_place_outside_of_the_range_is_a_place
    one_organization_reads_its_own
}

const VISIT: &str = "content.PageVisited";
const CRM: &str = "crm.ContactUpdated";

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn query(report: Report, from: &str, to: &str, period: Period) -> ReportQuery {
    let range = DateRange::new(day(from), day(to)).expect("a range");
    ReportQuery { report, range, period, after: None, limit: 1_000 }
}

/// A line: its days, texts and numbers.
fn shown(line: &ReportLine) -> Value {
    json!([line.from, line.to, line.texts, line.numbers])
}

impl<S: Subject> World<S> {
    async fn read_report(&self, query: &ReportQuery) -> Vec<ReportLine> {
        self.http.report(&organization("org_1"), query).await.expect("a report")
    }

    async fn report(&self, report: Report, from: &str, to: &str, period: Period) -> Value {
        let lines = self.read_report(&query(report, from, to, period)).await;
        lines.iter().map(shown).collect()
    }

    /// Something that a contact did at noon of a day.
    async fn did(&mut self, id: &str, type_name: &str, on: &str, data: Value) {
        let noon = midnight(day(on)) + TimeDelta::hours(12);
        self.tell(id, type_name, noon, data).await;
    }

    /// What was told so far is counted.
    async fn counted_up(&mut self, roll_ups: &[RollUp]) {
        let nominal = self.hour(1);
        self.until(nominal).await;
        for roll_up in roll_ups {
            self.roll_up(*roll_up, nominal).await;
        }
    }

    /// Visits and a change of ada and bob, of three weeks and two months; today is
    /// Friday, 15 January 2027. The months are counted in February.
    async fn with_events(mut self) -> Self {
        let visit = |name: &str| json!({"contactId": name, "url": "/blog"});
        for (id, type_name, on, data) in [
            ("a", VISIT, "2026-12-31", visit("ada")),
            ("b", VISIT, "2027-01-04", visit("ada")),
            ("c", VISIT, "2027-01-11", visit("ada")),
            ("d", VISIT, "2027-01-12", visit("ada")),
            ("e", VISIT, "2027-01-12", visit("bob")),
            ("f", CRM, "2027-01-12", json!({"contactId": "ada"})),
        ] {
            self.did(id, type_name, on, data).await;
        }
        self.counted_up(&[RollUp::AggregateHourly]).await;
        let nominal: DateTime<Utc> = "2027-02-01T03:00:00Z".parse().expect("a time");
        self.until(nominal).await;
        self.roll_up(RollUp::MonthlyUsageSummary, nominal).await;
        self
    }

    /// What became of messages of three campaigns.
    async fn with_campaigns(mut self) -> Self {
        for (n, (name, on, campaign, contact)) in [
            ("Sent", "2027-01-04", "a", "ada"),
            ("Opened", "2027-01-04", "a", "ada"),
            ("Opened", "2027-01-04", "a", "bob"),
            ("Opened", "2027-01-06", "a", "ada"),
            ("Clicked", "2027-01-06", "a", "ada"),
            ("Clicked", "2027-01-06", "a", "ada"),
            ("Sent", "2027-01-06", "Ä=1", "ada"),
            ("Bounced", "2027-01-06", "B", "ada"),
            ("Sent", "2027-01-13", "a", "ada"),
        ]
        .into_iter()
        .enumerate()
        {
            let data = json!({"campaignId": campaign, "contactId": contact});
            self.did(&format!("m{n}"), &format!("delivery.Message{name}"), on, data).await;
        }
        self.counted_up(&[RollUp::GenerateDailyReports]).await;
        self
    }
}

async fn events_add_up_by_period_and_contacts_do_not<S: Subject>(world: World<S>) {
    let world = world.with_events().await;
    let read = async |from: &str, to: &str, period| {
        world.report(Report::EventAggregates, from, to, period).await
    };
    let (visits, crm) = (json!([VISIT, "content"]), json!([CRM, "crm"]));
    let days = json!([
        ["2026-12-31", "2026-12-31", visits, [1, 1, 1]],
        ["2027-01-04", "2027-01-04", visits, [1, 1, 1]],
        ["2027-01-11", "2027-01-11", visits, [1, 1, 1]],
        ["2027-01-12", "2027-01-12", visits, [2, 2, 2]],
        ["2027-01-12", "2027-01-12", crm, [1, 1, 1]],
    ]);
    assert_eq!(read("2026-12-31", "2027-01-12", Period::Day).await, days);
    assert_eq!(read("2026-01-05", "2027-01-15", Period::Day).await, days, "more than a year");
    let weeks = json!([
        ["2026-12-29", "2027-01-03", visits, [1, 1, 1]],
        ["2027-01-04", "2027-01-10", visits, [1, 1, 1]],
        ["2027-01-11", "2027-01-15", visits, [3, null, 3]],
        ["2027-01-11", "2027-01-15", crm, [1, 1, 1]],
    ]);
    assert_eq!(read("2026-12-29", "2027-01-15", Period::Week).await, weeks);
    let months = json!([
        ["2026-12-29", "2026-12-31", visits, [1, 1, 1]],
        ["2027-01-01", "2027-01-12", visits, [4, null, 4]],
        ["2027-01-01", "2027-01-12", crm, [1, 1, 1]],
    ]);
    assert_eq!(read("2026-12-29", "2027-01-12", Period::Month).await, months);
    for (from, to) in [("2027-01-05", "2027-01-10"), ("2019-12-31", "2020-01-01")] {
        for period in Period::ALL {
            assert_eq!(read(from, to, period).await, json!([]), "{from} to {to}");
        }
    }
}

async fn months_are_read_whole<S: Subject>(world: World<S>) {
    let world = world.with_events().await;
    let read = async |from: &str, to: &str| {
        world.report(Report::MonthlyUsage, from, to, Period::Month).await
    };
    let (december, january) = (
        json!(["2026-12-01", "2026-12-31", [VISIT], [1, 1]]),
        [
            json!(["2027-01-01", "2027-01-31", [VISIT], [4, 2]]),
            json!(["2027-01-01", "2027-01-31", [CRM], [1, 1]]),
        ],
    );
    let all = json!([december, january[0], january[1]]);
    assert_eq!(read("2026-12-01", "2027-01-31").await, all);
    assert_eq!(read("2026-11-30", "2027-01-01").await, all, "both begin in it");
    assert_eq!(read("2026-12-02", "2027-02-28").await, json!(january));
    assert_eq!(read("2026-12-01", "2026-12-01").await, json!([december]));
    assert_eq!(read("2026-12-02", "2026-12-31").await, json!([]));
}

async fn campaigns_are_read_in_the_order_of_bytes<S: Subject>(world: World<S>) {
    let world = world.with_campaigns().await;
    let read = async |period| {
        world.report(Report::CampaignStats, "2027-01-01", "2027-01-13", period).await
    };
    let weeks = json!([
        ["2027-01-04", "2027-01-10", ["B"], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]],
        // Who clicked did it on one day, who opened on two.
        ["2027-01-04", "2027-01-10", ["a"], [1, 0, 3, null, 3, 2, 1, 1, 0, 0, 0]],
        ["2027-01-04", "2027-01-10", ["Ä=1"], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
        ["2027-01-11", "2027-01-13", ["a"], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ]);
    assert_eq!(read(Period::Week).await, weeks);
    let month = read(Period::Month).await;
    let of_a = json!(["2027-01-01", "2027-01-13", ["a"], [2, 0, 3, null, 3, 2, 1, 1, 0, 0, 0]]);
    assert_eq!(month[1], of_a);
}

async fn averages_are_those_of_the_jobs_that_tell_them<S: Subject>(mut world: World<S>) {
    let found = |cost: f64, hours: i64| json!({"status": "succeeded", "cost": cost, "freshnessHours": hours});
    for (n, (on, data)) in [
        ("2027-01-04", found(2.0, 1)),
        ("2027-01-04", found(2.0, 2)),
        ("2027-01-04", found(2.0, 2)),
        // Tells neither, and weighs nothing.
        ("2027-01-04", json!({"status": "failed"})),
        ("2027-01-05", json!({"status": "failed"})),
        ("2027-01-06", json!({"status": "failed", "cost": 1.0003})),
        ("2027-01-11", json!({"status": "failed", "cost": 0.0001})),
        ("2027-01-12", json!({"status": "failed", "cost": 0.0002})),
    ]
    .into_iter()
    .enumerate()
    {
        world.did(&format!("j{n}"), "enrichment.JobFinished", on, data).await;
    }
    world.counted_up(&[RollUp::EnrichmentMetrics]).await;
    let read = async |from: &str, period| {
        world.report(Report::EnrichmentMetrics, from, "2027-01-15", period).await
    };
    let weeks = json!([
        // (3 × 2 + 1.0003) / 4, and (1 + 2 + 2) / 3.
        ["2027-01-04", "2027-01-10", [], [6, 3, 500_000, 17_501, 16_700]],
        // Halves go up.
        ["2027-01-11", "2027-01-15", [], [2, 0, 0, 2, null]],
    ]);
    assert_eq!(read("2027-01-01", Period::Week).await, weeks);
    let days = json!([
        ["2027-01-05", "2027-01-05", [], [1, 0, 0, null, null]],
        ["2027-01-06", "2027-01-06", [], [1, 0, 0, 10_003, null]],
        ["2027-01-11", "2027-01-11", [], [1, 0, 0, 1, null]],
        ["2027-01-12", "2027-01-12", [], [1, 0, 0, 2, null]],
    ]);
    assert_eq!(read("2027-01-05", Period::Day).await, days);
}

async fn scores_are_those_of_the_newest_day<S: Subject>(mut world: World<S>) {
    for name in ["ada", "bob"] {
        let owner = organization("org_1");
        world.subject.put_contact(&owner, &contact(name), Features::default()).await;
    }
    let first = world.subject.now().date_naive();
    scored(&mut world, 1, &[("ada", 4), ("bob", 95)]).await;
    world.advance(24 * 3_600).await;
    scored(&mut world, 2, &[("ada", 60)]).await;
    for days in [1, 2] {
        world.roll_up(RollUp::ScoreDistribution, midnight(first + Days::new(days))).await;
    }
    let second = first + Days::new(1);
    let line = |from: NaiveDate, to: NaiveDate, on: NaiveDate, first: [i64; 7]| {
        json!([from, to, [on], first])
    };
    let read = async |period| {
        let (from, to) = ("2027-01-01", "2027-01-31");
        let lines = world.read_report(&query(Report::ScoreDistribution, from, to, period)).await;
        let cut = |line: &ReportLine| {
            assert_eq!(line.numbers.len(), Report::ScoreDistribution.width());
            // Contacts by grade, and by bucket.
            for part in [7..12, 12..32] {
                let parts: Option<i64> = line.numbers[part].iter().copied().sum();
                assert_eq!(parts, Some(2), "{line:?}");
            }
            shown(&ReportLine { numbers: line.numbers[..7].to_vec(), ..line.clone() })
        };
        lines.iter().map(cut).collect::<Value>()
    };
    let before = [500_000, 45_000, 955_000, 45_000, 955_000, 955_000, 2];
    let after = [780_000, 605_000, 955_000, 605_000, 955_000, 955_000, 2];
    let days = json!([line(first, first, first, before), line(second, second, second, after)]);
    assert_eq!(read(Period::Day).await, days);
    // Friday and Saturday are of one week.
    let week = json!([line(day("2027-01-11"), day("2027-01-17"), second, after)]);
    assert_eq!(read(Period::Week).await, week);
    let month = json!([line(day("2027-01-01"), day("2027-01-31"), second, after)]);
    assert_eq!(read(Period::Month).await, month);
}

async fn pages_meet_without_gap_or_overlap<S: Subject>(world: World<S>) {
    let world = world.with_campaigns().await.with_events().await;
    for report in Report::ALL {
        for period in report.periods() {
            let whole = query(report, "2026-11-01", "2027-02-01", *period);
            let all = world.read_report(&whole).await;
            for limit in [1, 2, 3, 7] {
                let mut seen: Vec<ReportLine> = Vec::new();
                loop {
                    let after = seen
                        .last()
                        .map(|last| ReportPlace { from: last.from, texts: last.texts.clone() });
                    let page = ReportQuery { after, limit, ..whole.clone() };
                    let page = world.read_report(&page).await;
                    assert!(page.len() <= usize::try_from(limit).unwrap());
                    if page.is_empty() {
                        break;
                    }
                    seen.extend(page);
                }
                assert_eq!(seen, all, "{report:?} by {period:?}, {limit} a page");
            }
        }
    }
}

async fn a_place_outside_of_the_range_is_a_place<S: Subject>(world: World<S>) {
    let world = world.with_campaigns().await.with_events().await;
    for report in Report::ALL {
        let whole = query(report, "2026-11-01", "2027-02-01", report.periods()[0]);
        let all = world.read_report(&whole).await;
        for (from, texts, lines) in [
            ("0000-01-01", vec![], all.as_slice()),
            ("0000-01-01", vec!["x"], &all),
            ("9999-12-31", vec![], &[]),
        ] {
            let texts = texts.into_iter().map(str::to_owned).collect();
            let after = Some(ReportPlace { from: day(from), texts });
            let found = world.read_report(&ReportQuery { after, ..whole.clone() }).await;
            assert_eq!(found, lines, "{report:?} behind {from}");
        }
    }
}

async fn one_organization_reads_its_own<S: Subject>(world: World<S>) {
    let world = world.with_campaigns().await.with_events().await;
    for report in [Report::EventAggregates, Report::MonthlyUsage, Report::CampaignStats] {
        let whole = query(report, "2026-11-01", "2027-02-01", report.periods()[0]);
        assert!(!world.read_report(&whole).await.is_empty(), "{report:?}");
        let other = world.http.report(&organization("org_2"), &whole).await.expect("a report");
        assert_eq!(other, [], "{report:?}");
    }
}
