//! Reports: what each says, by day, week and month, and as a table.

use mauntic_domain::analytics::BUCKETS;
use mauntic_domain::points::PointsE4;
use mauntic_flows::ports::PortError;
use mauntic_sim::faults;
use mauntic_sim::store::roll_up_rows::{
    AggregateRow, CampaignRow, DistributionRow, MetricsRow, RollUpTables,
};
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::world::{OTHER_KEY, READ_KEY, World, epoch, organization};

pub(super) const NOVEMBER: &str = "from=2026-11-01&to=2026-11-30";
pub(super) const FORMULA: &str = "=HYPERLINK(\"//x\",1)";

pub(super) async fn get(world: &World, name: &str, query: &str) -> Answer {
    Call::get(&format!("/api/v1/analytics/{name}?{query}")).key(READ_KEY).send(world).await
}

pub(super) async fn csv(world: &World, name: &str, query: &str) -> Answer {
    let call = Call::get(&format!("/api/v1/analytics/{name}?{query}")).key(READ_KEY);
    call.header("accept", "text/csv").send(world).await
}

/// Its lines, of days of November.
async fn lines(world: &World, name: &str, period: &str) -> Value {
    let answer = get(world, name, &format!("{NOVEMBER}&groupBy={period}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((answer.header("vary"), &answer.body["next"]), ("Accept", &Value::Null));
    answer.body["items"].clone()
}

fn november(tables: &mut RollUpTables) {
    let day = |day: u32| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    // The 2nd is a Monday; so is the 9th.
    for (owner, date, name, channel, event_count, unique_contacts) in [
        ("org_a", 2, "content.PageVisited", "content", 5, 3),
        ("org_a", 3, "content.PageVisited", "content", 4, 4),
        ("org_a", 3, "crm.ContactUpdated", "crm", 2, 1),
        ("org_a", 9, "content.PageVisited", "content", 1, 1),
        ("org_b", 2, "content.PageVisited", "content", 7, 7),
        ("org_a", 1, "monthly:content.PageVisited", "monthly_summary", 10, 6),
    ] {
        let row = AggregateRow { event_count, unique_contacts, updated_at: epoch() };
        let key = (organization(owner), day(date), name.to_owned(), channel);
        tables.event_aggregates.insert(key, row);
    }
    for (date, campaign, opened, unique_opened, clicked, unique_clicked) in
        [(2, FORMULA, 3, 2, 1, 1), (4, FORMULA, 2, 2, 0, 0), (9, "k-1", 0, 0, 0, 0)]
    {
        let row = CampaignRow {
            sent: 9,
            opened,
            unique_opened,
            clicked,
            unique_clicked,
            ..CampaignRow::default()
        };
        tables
            .campaign_daily_stats
            .insert((organization("org_a"), day(date), campaign.into()), row);
    }
    for (date, average_e2, top) in [(3, 6_133, 955_000), (5, 7_000, 1_000_000)] {
        let points = PointsE4::from_e4(45_000);
        let row = DistributionRow {
            average_e2,
            minimum: points,
            maximum: PointsE4::from_e4(top),
            p50: points,
            p90: points,
            p95: points,
            total_contacts: 2,
            histogram: std::array::from_fn(|at| u64::from(at == 0 || at + 1 == BUCKETS)),
            grades: [1, 0, 0, 0, 1],
        };
        tables.daily_score_distribution.insert((organization("org_a"), day(date)), row);
    }
    for (date, total, succeeded, cost, hours) in [
        (2, 3, 3, Some(20_000), Some((167, 5))),
        (3, 1, 0, None, None),
        (4, 1, 0, Some(10_003), None),
        (16, 1, 0, None, None),
    ] {
        let row = MetricsRow {
            total,
            succeeded,
            success_rate_e2: if succeeded == 0 { 0 } else { 10_000 },
            average_cost: cost.map(PointsE4::from_e4),
            average_freshness_e2: hours.map(|(average, _)| average),
            jobs_with_cost: cost.map_or(0, |_| total),
            cost_total: PointsE4::from_e4(cost.unwrap_or(0) * i64::try_from(total).unwrap()),
            jobs_with_freshness: hours.map_or(0, |_| total),
            freshness_hours_total: hours.map_or(0, |(_, total)| total),
        };
        tables.enrichment_metrics.insert((organization("org_a"), day(date)), row);
    }
}

pub(super) fn world() -> World {
    let world = World::new();
    world.store().change_roll_ups(november);
    world
}

/// A line of days of November, with what else it has.
fn line(from: u32, to: u32, more: Value) -> Value {
    let mut line = more;
    line["from"] = json!(format!("2026-11-{from:02}"));
    line["to"] = json!(format!("2026-11-{to:02}"));
    line
}

#[tokio::test]
async fn events_add_up_and_contacts_do_not() {
    let world = world();
    let of = |name: &str, events: i64, contacts: Option<i64>, daily: i64| {
        let (channel, _) = name.split_once('.').unwrap();
        json!({"eventType": name, "channel": channel, "eventCount": events,
            "uniqueContacts": contacts, "dailyUniqueContacts": daily})
    };
    let (visits, crm) = ("content.PageVisited", "crm.ContactUpdated");
    let days = json!([
        line(2, 2, of(visits, 5, Some(3), 3)),
        line(3, 3, of(visits, 4, Some(4), 4)),
        line(3, 3, of(crm, 2, Some(1), 1)),
        line(9, 9, of(visits, 1, Some(1), 1)),
    ]);
    assert_eq!(lines(&world, "event-aggregates", "day").await, days);
    let unsaid = get(&world, "event-aggregates", NOVEMBER).await;
    assert_eq!((&unsaid.body["items"], &unsaid.body["limit"]), (&days, &json!(100)));
    let weeks = json!([
        line(2, 8, of(visits, 9, None, 7)),
        line(2, 8, of(crm, 2, Some(1), 1)),
        line(9, 15, of(visits, 1, Some(1), 1)),
    ]);
    assert_eq!(lines(&world, "event-aggregates", "week").await, weeks);
    let months = json!([line(1, 30, of(visits, 10, None, 8)), line(1, 30, of(crm, 2, Some(1), 1))]);
    assert_eq!(lines(&world, "event-aggregates", "month").await, months);
    // A period is as long as it is in the range.
    let clipped =
        get(&world, "event-aggregates", "from=2026-11-03&to=2026-11-09&groupBy=week").await;
    let clipped_weeks = json!([
        line(3, 8, of(visits, 4, Some(4), 4)),
        line(3, 8, of(crm, 2, Some(1), 1)),
        line(9, 9, of(visits, 1, Some(1), 1)),
    ]);
    assert_eq!(clipped.body["items"], clipped_weeks);
}

#[tokio::test]
async fn months_are_whole_and_nothing_else() {
    let world = world();
    let month = json!({"eventType": "content.PageVisited", "eventCount": 10, "uniqueContacts": 6});
    let month = json!([line(1, 30, month)]);
    assert_eq!(lines(&world, "monthly-usage", "month").await, month);
    let first = get(&world, "monthly-usage", "from=2026-11-01&to=2026-11-01").await;
    assert_eq!(first.body["items"], month, "it begins in the range");
    let rest = get(&world, "monthly-usage", "from=2026-11-02&to=2026-12-31").await;
    assert_eq!(rest.body["items"], json!([]));
    for period in ["day", "week"] {
        let query = format!("{NOVEMBER}&groupBy={period}");
        let refused = get(&world, "monthly-usage", &query).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/groupBy"]), "{period}");
    }
}

#[tokio::test]
async fn campaigns_scores_and_enrichments_have_weeks() {
    let world = world();
    let campaign = |id: &str, numbers: [Option<i64>; 7]| {
        let [sent, opened, unique, daily, clicked, unique_clicked, daily_clicked] = numbers;
        json!({"campaignId": id, "sent": sent, "delivered": 0, "opened": opened,
            "uniqueOpened": unique, "dailyUniqueOpened": daily, "clicked": clicked,
            "uniqueClicked": unique_clicked, "dailyUniqueClicked": daily_clicked, "bounced": 0,
            "complained": 0, "unsubscribed": 0})
    };
    // Who clicked is known, because one day alone has clicks.
    let first = [Some(18), Some(5), None, Some(4), Some(1), Some(1), Some(1)];
    let second = [Some(9), Some(0), Some(0), Some(0), Some(0), Some(0), Some(0)];
    let weeks = json!([line(2, 8, campaign(FORMULA, first)), line(9, 15, campaign("k-1", second))]);
    assert_eq!(lines(&world, "campaign-stats", "week").await, weeks);

    let mut histogram = vec![0; BUCKETS];
    (histogram[0], histogram[BUCKETS - 1]) = (1, 1);
    let scores = |day: u32, average: f64, most: f64| {
        json!({"date": format!("2026-11-{day:02}"), "average": average, "minimum": 4.5,
            "maximum": most, "p50": 4.5, "p90": 4.5, "p95": 4.5, "totalContacts": 2, "gradeA": 1,
            "gradeB": 0, "gradeC": 0, "gradeD": 0, "gradeF": 1, "histogram": histogram})
    };
    let mut newest = scores(5, 70.0, 100.0);
    // Whole numbers have no decimals.
    (newest["average"], newest["maximum"]) = (json!(70), json!(100));
    let days = json!([line(3, 3, scores(3, 61.33, 95.5)), line(5, 5, newest.clone())]);
    assert_eq!(lines(&world, "score-distribution", "day").await, days);
    let month = json!([line(1, 30, newest)]);
    assert_eq!(lines(&world, "score-distribution", "month").await, month);

    let jobs = |total: i64, succeeded: i64, rate: Value, cost: Value, hours: Value| {
        json!({"total": total, "succeeded": succeeded, "successRate": rate, "averageCost": cost,
            "averageFreshnessHours": hours})
    };
    // (3 × 2 + 1.0003) / 4 is 1.750075, of the four jobs that tell it.
    let weeks = json!([
        line(2, 8, jobs(5, 3, json!(60), json!(1.7501), json!(1.67))),
        line(16, 22, jobs(1, 0, json!(0), Value::Null, Value::Null)),
    ]);
    assert_eq!(lines(&world, "enrichment-metrics", "week").await, weeks);
}

#[tokio::test]
async fn a_table_has_the_same_lines_and_no_formula() {
    let world = world();
    let campaigns = csv(&world, "campaign-stats", &format!("{NOVEMBER}&groupBy=week")).await;
    let wanted = "from,to,campaignId,sent,delivered,opened,uniqueOpened,dailyUniqueOpened,clicked,\
        uniqueClicked,dailyUniqueClicked,bounced,complained,unsubscribed\r\n\
        2026-11-02,2026-11-08,\"'=HYPERLINK(\"\"//x\"\",1)\",18,0,5,,4,1,1,1,0,0,0\r\n\
        2026-11-09,2026-11-15,k-1,9,0,0,0,0,0,0,0,0,0,0\r\n";
    assert_eq!((campaigns.status, &campaigns.body), (200, &json!(wanted)));
    assert_eq!(campaigns.header("vary"), "Accept");
    let scores = csv(&world, "score-distribution", NOVEMBER).await;
    let rows: Vec<Vec<&str>> =
        scores.body.as_str().unwrap().lines().map(|row| row.split(',').collect()).collect();
    assert_eq!(rows[0].len(), 3 + 12 + BUCKETS);
    assert_eq!((rows[0][15], rows[0][34], rows[1][34]), ("histogram0", "histogram95", "1"));
    assert_eq!((rows[0][3], rows[1][3], rows[2][3]), ("average", "61.33", "70"));
    let nothing = csv(&world, "enrichment-metrics", "from=2020-01-01&to=2020-01-01").await;
    let heading = "from,to,total,succeeded,successRate,averageCost,averageFreshnessHours\r\n";
    assert_eq!(nothing.body, heading);
}

#[tokio::test]
async fn another_organizations_lines_are_not_there() {
    let world = world();
    for (name, count) in [
        ("event-aggregates", 1),
        ("monthly-usage", 0),
        ("campaign-stats", 0),
        ("score-distribution", 0),
        ("enrichment-metrics", 0),
    ] {
        let path = format!("/api/v1/analytics/{name}?{NOVEMBER}");
        let answer = Call::get(&path).key(OTHER_KEY).send(&world).await;
        assert_eq!(answer.body["items"].as_array().unwrap().len(), count, "{name}");
    }
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_a_problem() {
    let world = world();
    let cause = "secret cause".to_owned();
    world.fail(faults::Call::Report, PortError::Unavailable { what: "the database", cause });
    let answer = csv(&world, "campaign-stats", NOVEMBER).await;
    assert_eq!((answer.status, answer.code()), (503, "database_unavailable"));
}
