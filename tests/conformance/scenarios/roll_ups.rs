//! Roll-ups of activity: what is in a window, and that days are counted whole,
//! however often and in whatever order.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use mauntic_domain::analytics::RollUp;
use mauntic_domain::jobs::data::OrganizationRange;
use mauntic_flows::ports::{Committed, Effect, EffectStore, EventStore, Held, JobKey, RollUpWrite};
use serde_json::{Value, json};

use super::given::{dead, effect};
use super::intake::{event, with};
use crate::subject::{Subject, World};

on_both! {
    a_window_has_what_was_received_from_its_start_until_before_its_end
    a_late_event_has_its_day_counted_again_whole
    contacts_are_counted_once_a_day_type_and_organization
    a_day_is_counted_for_whom_it_was_touched
    counting_again_changes_nothing
    hours_in_any_order_end_the_same
    nothing_comes_of_an_empty_window
    a_roll_up_without_its_claim_counts_nothing
}

/// The effect of a held job that does a roll-up.
pub(crate) fn rolling(now: DateTime<Utc>, held: &Held, of: RollUp, at: DateTime<Utc>) -> Effect {
    let write = RollUpWrite {
        roll_up: of,
        window: of.window(at),
        organizations: OrganizationRange::default(),
        job_id: held.id,
    };
    Effect { roll_ups: vec![write], ..effect(now, &[held]) }
}

impl<S: Subject> World<S> {
    /// Does a roll-up of a nominal time.
    pub(crate) async fn roll_up(&mut self, of: RollUp, nominal: DateTime<Utc>) {
        let job = self.one(JobKey::None).await;
        let held = self.hold(job).await;
        let effect = rolling(self.subject.now(), &held, of, nominal);
        let committed = self.queue.commit(&effect).await.expect("committed");
        assert!(matches!(committed, Committed::Done { superseded: 0, .. }), "{committed:?}");
    }

    /// The whole hour that comes in so many.
    pub(crate) fn hour(&self, hours: i64) -> DateTime<Utc> {
        let now = self.subject.now();
        now - TimeDelta::seconds(now.timestamp().rem_euclid(3_600)) + TimeDelta::hours(hours)
    }

    /// The clock says this.
    pub(crate) async fn until(&self, at: DateTime<Utc>) {
        self.subject.advance(at - self.subject.now()).await;
    }

    /// A contact of `org_1` was sent a message so many days ago; it is told of now.
    pub(crate) async fn sent(&mut self, id: &str, contact: &str, days_ago: u64) {
        self.sent_by("org_1", id, contact, days_ago).await;
    }

    async fn sent_by(&mut self, owner: &str, id: &str, contact: &str, days_ago: u64) {
        let at = self.subject.now() - Days::new(days_ago);
        let sent = event(id, "delivery.MessageSent", json!({ "contactId": contact }));
        let sent = with(sent, json!({"organizationId": owner, "occurredAt": at}));
        self.subject.put_organization(&crate::subject::organization(owner)).await;
        let intake = self.intake(&[sent]);
        let taken = self.queue.take_in(None, &intake).await.expect("taken in");
        assert_eq!(taken.taken(), 1, "{id}");
    }

    /// How many days ago a day was.
    pub(crate) fn ago(&self, day: &Value) -> i64 {
        let day: NaiveDate = day.as_str().unwrap().parse().unwrap();
        (self.subject.now().date_naive() - day).num_days()
    }

    /// Aggregates: days ago, events, contacts.
    async fn counted(&mut self) -> Vec<(i64, Value, Value)> {
        let rows = self.rows("event_aggregates").await;
        let row = |row: &Value| {
            (self.ago(&row["date"]), row["event_count"].clone(), row["unique_contacts"].clone())
        };
        rows.iter().map(row).collect()
    }

    /// Days ago that were marked.
    async fn marked(&mut self) -> Vec<i64> {
        self.column("rollup_days", "day").await.iter().map(|day| self.ago(day)).collect()
    }
}

async fn a_window_has_what_was_received_from_its_start_until_before_its_end<S: Subject>(
    mut world: World<S>,
) {
    let nominal = world.hour(2);
    let (from, moment) = (nominal - TimeDelta::minutes(70), TimeDelta::microseconds(1));
    for (id, at, days) in
        [("a", from - moment, 1), ("b", from, 2), ("c", nominal - moment, 3), ("d", nominal, 4)]
    {
        world.until(at).await;
        world.sent(id, "ada", days).await;
    }
    world.roll_up(RollUp::AggregateHourly, nominal).await;
    let one = |days| (days, json!(1), json!(1));
    assert_eq!(world.counted().await, [one(3), one(2)]);
    assert_eq!(world.marked().await, [3, 2]);
}

async fn a_late_event_has_its_day_counted_again_whole<S: Subject>(mut world: World<S>) {
    let (first, second) = (world.hour(1), world.hour(2));
    world.sent("a", "ada", 0).await;
    world.sent("b", "bob", 10).await;
    world.until(first).await;
    world.roll_up(RollUp::AggregateHourly, first).await;
    // Out of the window that has the event before.
    world.until(first + TimeDelta::minutes(1)).await;
    world.sent("c", "bob", 10).await;
    world.sent("d", "cy", 10).await;
    world.sent("e", "cy", 35).await;
    world.until(second).await;
    world.roll_up(RollUp::AggregateHourly, second).await;
    let counted = world.counted().await;
    assert_eq!(
        counted,
        [(35, json!(1), json!(1)), (10, json!(3), json!(2)), (0, json!(1), json!(1))]
    );
    let updated = world.column("event_aggregates", "updated_at").await;
    assert_eq!(updated, ["+0s", "+0s", "-3600s"].map(Value::from));
}

async fn contacts_are_counted_once_a_day_type_and_organization<S: Subject>(mut world: World<S>) {
    let visit = |id: &str, contact: &str| {
        event(id, "content.PageVisited", json!({"contactId": contact, "url": "/blog"}))
    };
    for (id, contact) in [("a", "ada"), ("b", "ada"), ("c", "bob"), ("d", "ada")] {
        world.take_in(&[visit(id, contact)]).await;
    }
    world.sent("e", "ada", 0).await;
    world.sent_by("org_2", "a", "ada", 0).await;
    let nominal = world.hour(1);
    world.until(nominal).await;
    world.roll_up(RollUp::AggregateHourly, nominal).await;
    let rows = world.rows("event_aggregates").await;
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let names = ["organization_id", "event_type", "channel"];
            let counts = ["event_count", "unique_contacts"];
            names.iter().chain(&counts).map(|name| row[name].clone()).collect()
        })
        .collect();
    let wanted = json!([
        ["org_1", "content.PageVisited", "content", 4, 2],
        ["org_1", "delivery.MessageSent", "delivery", 1, 1],
        ["org_2", "delivery.MessageSent", "delivery", 1, 1],
    ]);
    assert_eq!(json!(rows), wanted);
}

async fn a_day_is_counted_for_whom_it_was_touched<S: Subject>(mut world: World<S>) {
    let (first, second) = (world.hour(1), world.hour(3));
    world.sent("a", "ada", 2).await;
    world.sent_by("org_2", "a", "ada", 2).await;
    world.until(second - TimeDelta::minutes(30)).await;
    world.sent("b", "ada", 2).await;
    world.until(second).await;
    // The hour in which both began was missed.
    world.roll_up(RollUp::AggregateHourly, second).await;
    assert_eq!(world.counted().await, [(2, json!(2), json!(1))]);
    world.roll_up(RollUp::AggregateHourly, first).await;
    assert_eq!(world.counted().await, [(2, json!(2), json!(1)), (2, json!(1), json!(1))]);
}

async fn counting_again_changes_nothing<S: Subject>(mut world: World<S>) {
    world.sent("a", "ada", 0).await;
    world.sent("b", "bob", 20).await;
    let nominal = world.hour(1);
    world.until(nominal).await;
    world.roll_up(RollUp::AggregateHourly, nominal).await;
    let before = world.rows("event_aggregates").await;
    let mark = world.column("rollup_days", "batch").await;
    for _ in 0..2 {
        world.roll_up(RollUp::AggregateHourly, nominal).await;
        assert_eq!(world.rows("event_aggregates").await, before);
    }
    assert_ne!(world.column("rollup_days", "batch").await, mark, "who counted last");
}

async fn hours_in_any_order_end_the_same<S: Subject>(mut world: World<S>) {
    let hours: Vec<DateTime<Utc>> = (1..=4).map(|hour| world.hour(hour)).collect();
    for (n, (hour, days)) in hours.iter().zip([0, 3, 3, 0]).enumerate() {
        world.until(*hour - TimeDelta::minutes(20)).await;
        world.sent(&format!("a{n}"), "ada", days).await;
        world.sent(&format!("b{n}"), &format!("c{n}"), 0).await;
    }
    world.until(hours[3]).await;
    let mut ends = Vec::new();
    for order in [[3, 1, 0, 2], [0, 0, 2, 3], [2, 3, 1, 1]] {
        for hour in order {
            world.roll_up(RollUp::AggregateHourly, hours[hour]).await;
        }
        ends.push(world.counted().await);
    }
    assert_eq!(ends[0], [(3, json!(2), json!(1)), (0, json!(6), json!(5))]);
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
}

async fn nothing_comes_of_an_empty_window<S: Subject>(mut world: World<S>) {
    let nominal = world.hour(1);
    world.until(nominal).await;
    for of in RollUp::ALL {
        world.roll_up(of, nominal).await;
    }
    let dump = world.dump().await;
    for table in [
        "event_aggregates",
        "campaign_daily_stats",
        "daily_score_distribution",
        "enrichment_metrics",
    ] {
        assert_eq!(dump[table], json!([]), "{table}");
    }
    let marked: Vec<&Value> =
        dump["rollup_days"].as_array().unwrap().iter().map(|row| &row["job"]).collect();
    let whole = [
        "enrichment-metrics",
        "generate-daily-reports",
        "monthly-usage-summary",
        "score-distribution",
    ];
    assert_eq!(json!(marked), json!(whole.map(|name| format!("analytics.{name}"))));
}

async fn a_roll_up_without_its_claim_counts_nothing<S: Subject>(mut world: World<S>) {
    world.sent("a", "ada", 0).await;
    let nominal = world.hour(1);
    world.until(nominal).await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    assert!(world.set_back(&held, dead(true)).await);
    let before = world.dump().await;
    let effect = rolling(nominal, &held, RollUp::AggregateHourly, nominal);
    assert_eq!(world.queue.commit(&effect).await.unwrap(), Committed::FenceLost);
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}
