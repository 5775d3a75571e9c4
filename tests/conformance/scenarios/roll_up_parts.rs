//! Roll-ups of a part of the organizations: all parts together count what one job
//! counts of all at once.

use chrono::{DateTime, Days, Utc};
use mauntic_domain::analytics::RollUp;
use mauntic_domain::jobs::data::OrganizationRange;
use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{Committed, EffectStore, EventStore, JobKey};
use serde_json::{Value, json};

use super::intake::{event, with};
use super::roll_up_days::scored;
use super::roll_ups::rolling;
use crate::subject::{Subject, World, contact, organization};

on_both! {
    organizations_have_pages
    parts_count_what_all_at_once_counts
}

async fn organizations_have_pages<S: Subject>(world: World<S>) {
    // In the order of their bytes.
    for name in ["b", "a.9", "B", "a", "a-1"] {
        world.subject.put_organization(&organization(name)).await;
    }
    let all = world.queue.organizations(None, 100).await.unwrap();
    assert!(all.is_sorted(), "{all:?}");
    for name in ["B", "a", "a-1", "a.9", "b"] {
        assert!(all.contains(&organization(name)), "{name}");
    }
    let mut seen = Vec::new();
    loop {
        let page = world.queue.organizations(seen.last(), 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, all);
    // Nobody needs to be of that name.
    let after = world.queue.organizations(Some(&organization("a.")), 100).await.unwrap();
    assert_eq!(after.first(), Some(&organization("a.9")));
}

/// Where each roll-up writes.
const TABLES: [(RollUp, &str); 5] = [
    (RollUp::AggregateHourly, "event_aggregates"),
    (RollUp::MonthlyUsageSummary, "event_aggregates"),
    (RollUp::GenerateDailyReports, "campaign_daily_stats"),
    (RollUp::ScoreDistribution, "daily_score_distribution"),
    (RollUp::EnrichmentMetrics, "enrichment_metrics"),
];

impl<S: Subject> World<S> {
    async fn roll_up_part(&mut self, of: RollUp, at: DateTime<Utc>, part: [Option<&str>; 2]) {
        let job = self.one(JobKey::None).await;
        let held = self.hold(job).await;
        let mut effect = rolling(self.subject.now(), &held, of, at);
        let [after, through] = part.map(|name| name.map(organization));
        effect.roll_ups[0].organizations = OrganizationRange { after, through };
        let committed = self.queue.commit(&effect).await.expect("committed");
        assert!(matches!(committed, Committed::Done { .. }), "{committed:?}");
    }

    /// Whose rows stand in a table.
    async fn owners(&mut self, table: &str) -> Vec<String> {
        let names = self.column(table, "organization_id").await;
        let mut names: Vec<String> =
            names.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Activity of three organizations: of yesterday, of a month ago, and late.
async fn happen<S: Subject>(world: &mut World<S>) {
    world.subject.put_contact(&organization("org_1"), &contact("ada"), Features::default()).await;
    scored(world, 1, &[("ada", 40)]).await;
    world.advance(24 * 3_600).await;
    for owner in ["org_1", "org_2", "org_3"] {
        world.subject.put_organization(&organization(owner)).await;
        for (name, days) in
            [("MessageSent", 1), ("MessageSent", 20), ("JobFinished", 1), ("JobFinished", 20)]
        {
            let at = world.subject.now() - Days::new(days);
            let (name, data) = match name {
                "JobFinished" => ("enrichment.JobFinished", json!({"status": "failed", "cost": 2})),
                _ => ("delivery.MessageSent", json!({"campaignId": "c-1"})),
            };
            let data = with(json!({"contactId": "ada"}), data);
            let told = event(&format!("{name}-{days}"), name, data);
            let told = with(told, json!({"organizationId": owner, "occurredAt": at}));
            let intake = world.intake(&[told]);
            assert_eq!(world.queue.take_in(None, &intake).await.unwrap().taken(), 1);
        }
    }
}

async fn parts_count_what_all_at_once_counts<S: Subject>(mut world: World<S>) {
    happen(&mut world).await;
    let nominal = world.hour(1);
    world.until(nominal).await;
    // A part may begin and end with a name that nobody has.
    let parts = [[Some("org_2"), None], [None, Some("org_1")], [Some("org_1"), Some("org_2x")]];
    for (of, table) in TABLES {
        let of_score = of == RollUp::ScoreDistribution;
        let others = world.rows(table).await;
        let mut expected: Vec<&str> = Vec::new();
        for (part, owner) in parts.into_iter().zip(["org_3", "org_1", "org_2"]) {
            world.roll_up_part(of, nominal, part).await;
            if !of_score || owner == "org_1" {
                expected.push(owner);
            }
            expected.sort_unstable();
            if others.is_empty() {
                assert_eq!(world.owners(table).await, expected, "{of:?} {part:?}");
            }
        }
        let parted: Vec<Value> = world.rows(table).await;
        assert!(parted.len() > others.len(), "{of:?} counted nothing");
        world.roll_up(of, nominal).await;
        assert_eq!(world.rows(table).await, parted, "{of:?}: all at once finds nothing else");
    }
}
