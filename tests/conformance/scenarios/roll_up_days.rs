//! Roll-ups of days and months that are over: campaigns, months, scores,
//! enrichment jobs.

use chrono::{DateTime, Days, TimeDelta, Utc};
use mauntic_domain::analytics::RollUp;
use mauntic_flows::ports::{EffectStore, JobKey};
use serde_json::{Value, json};

use super::given::{effect, score};
use super::intake::{event, with};
use crate::dump::{assert_has, none};
use crate::subject::{Subject, World};

on_both! {
    campaigns_of_yesterday_and_of_late_days_are_counted
    a_month_is_counted_whole_and_one_before_it_where_it_was_touched
    scores_are_spread_as_they_stood_at_the_days_end
    enrichment_jobs_are_measured_by_what_is_known_of_them
}

impl<S: Subject> World<S> {
    /// An event of `org_1` that happened then and is told of now.
    pub(crate) async fn tell(&mut self, id: &str, type_name: &str, at: DateTime<Utc>, data: Value) {
        let data = with(json!({"contactId": "ada"}), data);
        let event = with(event(id, type_name, data), json!({ "occurredAt": at }));
        assert_eq!(self.take_in(&[event]).await.taken(), 1, "{id}");
    }
}

async fn campaigns_of_yesterday_and_of_late_days_are_counted<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    let (yesterday, long_ago) = (now - Days::new(1), now - Days::new(30));
    let of = |campaign: &str, contact: &str| json!({"campaignId": campaign, "contactId": contact});
    let mut n = 0;
    for (name, at, data) in [
        ("MessageSent", yesterday, of("c-1", "ada")),
        ("MessageSent", yesterday, of("c-1", "bob")),
        ("MessageDelivered", yesterday, of("c-1", "ada")),
        ("MessageOpened", yesterday, of("c-1", "ada")),
        ("MessageOpened", yesterday, of("c-1", "ada")),
        ("MessageOpened", yesterday, of("c-1", "bob")),
        ("MessageClicked", yesterday, of("c-1", "ada")),
        ("MessageClicked", yesterday, of("c-1", "ada")),
        ("MessageBounced", yesterday, of("c-2", "cy")),
        ("MessageComplained", yesterday, of("c-2", "ada")),
        ("MessageUnsubscribed", yesterday, of("c-2", "ada")),
        ("MessageSent", yesterday, json!({})),
        ("MessageSent", long_ago, of("c-1", "ada")),
        // Not over: tomorrow's.
        ("MessageSent", now, of("c-3", "ada")),
    ] {
        n += 1;
        world.tell(&format!("e{n}"), &format!("delivery.{name}"), at, data).await;
    }
    let visit = json!({"campaignId": "c-4", "url": "/blog"});
    world.tell("v", "content.PageVisited", yesterday, visit).await;
    // The window of the next time has them all: received today.
    let nominal = world.hour(1);
    world.until(nominal).await;
    world.roll_up(RollUp::GenerateDailyReports, nominal).await;
    let rows = world.rows("campaign_daily_stats").await;
    let counts = |row: &Value| -> Value {
        let names = [
            "campaign_id",
            "sent",
            "delivered",
            "opened",
            "unique_opened",
            "clicked",
            "unique_clicked",
            "bounced",
            "complained",
            "unsubscribed",
        ];
        names.iter().map(|name| row[name].clone()).collect()
    };
    let days: Vec<i64> = rows.iter().map(|row| world.ago(&row["date"])).collect();
    assert_eq!(days, [30, 1, 1]);
    let rows: Vec<Value> = rows.iter().map(counts).collect();
    let wanted = json!([
        ["c-1", 1, 0, 0, 0, 0, 0, 0, 0, 0],
        ["c-1", 2, 1, 3, 2, 2, 1, 0, 0, 0],
        ["c-2", 0, 0, 0, 0, 0, 0, 1, 1, 1],
    ]);
    assert_eq!(json!(rows), wanted);
    // What came of yesterday since is counted with all of it.
    world.tell("late", "delivery.MessageSent", yesterday, of("c-1", "cy")).await;
    world.roll_up(RollUp::GenerateDailyReports, nominal).await;
    let sent = world.column("campaign_daily_stats", "sent").await;
    assert_eq!(sent, [1, 3, 0].map(Value::from));
}

async fn a_month_is_counted_whole_and_one_before_it_where_it_was_touched<S: Subject>(
    mut world: World<S>,
) {
    // Of December one is told in time, one of November late; now it is January.
    let now = world.subject.now();
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let contact = |name: &str| json!({ "contactId": name });
    assert!(now > at("2027-01-15T00:00:00Z") && now < at("2027-01-16T00:00:00Z"), "{now}");
    world.tell("a", "delivery.MessageSent", at("2026-12-11T09:00:00Z"), contact("ada")).await;
    world.tell("b", "delivery.MessageSent", at("2026-12-31T23:59:59.999Z"), contact("bob")).await;
    world.tell("c", "delivery.MessageSent", at("2026-12-31T09:00:00Z"), contact("ada")).await;
    world.tell("d", "crm.ContactUpdated", at("2027-01-01T00:00:00Z"), contact("ada")).await;
    let nominal = at("2027-02-01T03:00:00Z");
    world.until(nominal).await;
    world.tell("e", "crm.ContactUpdated", at("2027-02-01T00:00:00Z"), contact("ada")).await;
    world.roll_up(RollUp::MonthlyUsageSummary, nominal).await;
    let row = |date: &str, name: &str, events: i64, contacts: i64| {
        json!({"organization_id": "org_1", "date": date, "event_type": format!("monthly:{name}"),
            "channel": "monthly_summary", "event_count": events, "unique_contacts": contacts,
            "updated_at": "+0s"})
    };
    let wanted = [
        row("2026-12-01", "delivery.MessageSent", 3, 2),
        row("2027-01-01", "crm.ContactUpdated", 1, 1),
    ];
    assert_eq!(world.rows("event_aggregates").await, wanted);
    let marked = world.column("rollup_days", "day").await;
    assert_eq!(marked, ["2026-12-01", "2027-01-01"].map(Value::from));
    // An hour's counts stand beside them.
    world.roll_up(RollUp::AggregateHourly, world.hour(1)).await;
    let channels = world.column("event_aggregates", "channel").await;
    assert_eq!(channels, ["monthly_summary", "monthly_summary", "crm"].map(Value::from));
}

/// Stores scores of today, of a contact a number of points, and a half.
pub(crate) async fn scored<S: Subject>(world: &mut World<S>, version: i64, scores: &[(&str, i64)]) {
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let mut effect = effect(world.subject.now(), &[&held]);
    effect.scores =
        scores.iter().map(|(name, points)| score(name, *points, (version, 0), job)).collect();
    world.queue.commit(&effect).await.unwrap();
}

async fn scores_are_spread_as_they_stood_at_the_days_end<S: Subject>(mut world: World<S>) {
    for name in ["ada", "bob", "cy"] {
        let owner = crate::subject::organization("org_1");
        let features = mauntic_domain::scoring::Features::default();
        world.subject.put_contact(&owner, &crate::subject::contact(name), features).await;
    }
    scored(&mut world, 1, &[("ada", 4), ("bob", 95)]).await;
    world.advance(24 * 3_600).await;
    // 100 at most, and a contact that was not scored before.
    scored(&mut world, 2, &[("bob", 150), ("cy", 79)]).await;
    world.advance(24 * 3_600).await;
    scored(&mut world, 3, &[("ada", 60)]).await;
    let nominal = world.hour(0);
    let buckets = |at: &[usize]| {
        let mut buckets = [0; 20];
        at.iter().for_each(|at| buckets[*at] += 1);
        json!(buckets)
    };
    for (days_ago, wanted) in [
        (
            2,
            json!({"average": 5_000, "minimum": 45_000, "maximum": 955_000, "p50": 45_000,
                "p90": 955_000, "p95": 955_000, "total_contacts": 2,
                "histogram": buckets(&[0, 19]), "grade_a": 1, "grade_b": 0, "grade_c": 0,
                "grade_d": 0, "grade_f": 1}),
        ),
        (
            1,
            // (4.5 + 79.5 + 100) / 3
            json!({"average": 6_133, "minimum": 45_000, "maximum": 1_000_000, "p50": 795_000,
                "p90": 1_000_000, "p95": 1_000_000, "total_contacts": 3,
                "histogram": buckets(&[0, 15, 19]), "grade_a": 1, "grade_b": 1, "grade_c": 0,
                "grade_d": 0, "grade_f": 1}),
        ),
        // A day on which ada alone was scored has the others' scores of before.
        (
            0,
            json!({"average": 8_000, "minimum": 605_000, "p50": 795_000, "total_contacts": 3,
                "histogram": buckets(&[12, 15, 19]), "grade_b": 2, "grade_f": 0}),
        ),
    ] {
        // Late, and not in their order: as of the day's end all the same.
        world
            .roll_up(RollUp::ScoreDistribution, nominal + Days::new(1) - Days::new(days_ago))
            .await;
        let rows = world.rows("daily_score_distribution").await;
        let days = i64::try_from(days_ago).unwrap();
        let row = rows.iter().find(|row| world.ago(&row["date"]) == days).unwrap();
        assert_has(row, &wanted);
    }
    // Nobody had a score then.
    world.roll_up(RollUp::ScoreDistribution, nominal - Days::new(5)).await;
    assert_eq!(world.rows("daily_score_distribution").await.len(), 3);
}

async fn enrichment_jobs_are_measured_by_what_is_known_of_them<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    let (yesterday, late) = (now - Days::new(1), now - Days::new(9));
    let name = "enrichment.JobFinished";
    for (n, data) in [
        json!({"status": "succeeded", "cost": 0.0001, "freshnessHours": 1}),
        json!({"status": "succeeded", "cost": 0.0002}),
        json!({"status": "failed", "freshnessHours": 1}),
        json!({"status": "failed", "freshnessHours": 3}),
        json!({"status": "succeeded"}),
        json!({"status": "failed"}),
    ]
    .into_iter()
    .enumerate()
    {
        world.tell(&format!("a{n}"), name, yesterday + TimeDelta::minutes(1), data).await;
    }
    world.tell("b", name, late, json!({"status": "failed"})).await;
    world.tell("c", name, now, json!({"status": "failed"})).await;
    let nominal = world.hour(1);
    world.until(nominal).await;
    world.roll_up(RollUp::EnrichmentMetrics, nominal).await;
    let rows = world.rows("enrichment_metrics").await;
    let days: Vec<i64> = rows.iter().map(|row| world.ago(&row["date"])).collect();
    assert_eq!(days, [9, 1], "today is not over");
    let unknown = json!({"total": 1, "succeeded": 0, "success_rate": 0, "average_cost": none(),
        "average_freshness_hours": none()});
    assert_has(&rows[0], &unknown);
    // 0.00015 and 5 / 3 are rounded, halves up.
    let known = json!({"organization_id": "org_1", "total": 6, "succeeded": 3,
        "success_rate": 5_000, "average_cost": 2, "average_freshness_hours": 167});
    assert_has(&rows[1], &known);
}
