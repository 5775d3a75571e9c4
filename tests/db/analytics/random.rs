//! Random activity with duplicates, late arrivals and late commits, and the jobs of
//! its hours, days and months missed, doubled and reordered: the tables end equal to
//! a recount (I9).

use std::collections::BTreeMap;

use chrono::{Days, TimeDelta};
use mauntic_sim::rng::Rng;
use mauntic_tests::say::say;
use tokio_postgres::types::ToSql;

use super::recount::{Table, counted, stored};
use super::*;
use crate::duties::session;

/// Histories; more by `MAUNTIC_HISTORIES`.
const HISTORIES: u64 = 4;

/// From before the end of one month until after that of the next.
const FROM: &str = "2026-10-30T00:00:00Z";
const UNTIL: &str = "2026-12-02T06:00:00Z";

/// Events of a history, with a score each, and an enrichment job of some.
const EVENTS: usize = 1_500;

const INSERT: &str = "insert into analytics.contact_activity (organization_id, occurred_at,
    event_id, contact_id, event_type, channel, campaign_id, data, received_at)
  values ($1, $2, $3, $4, $5, split_part(lower($5), '.', 1), $6, '{}', $7)
  on conflict (organization_id, occurred_at, event_id) do nothing";
const ENRICHED: &str =
    "insert into lead_intelligence.enrichment_jobs (organization_id, finished_at,
    event_id, contact_id, succeeded, cost, freshness_hours, received_at)
  values ($1, $2, $3, $4, $5, $6::int8 * 0.0001, $7, $8)
  on conflict (organization_id, finished_at, event_id) do nothing";
const SCORED: &str = "insert into scoring.score_history (organization_id, contact_id, day,
    total_score, grade, fit_score, engagement_score, intent_score, updated_at)
  values ($1, $2, $3, $4::int8 * 0.0001, $5, 0, 0, 0, now())
  on conflict (organization_id, contact_id, day) do update
    set total_score = excluded.total_score, grade = excluded.grade";

/// A contact with a history has a score.
const OF_CONTACT: &str = "insert into scoring.lead_scores (organization_id, contact_id,
    total_score, grade, fit_score, engagement_score, intent_score, contributions, input_version,
    config_version, job_id, calculated_at)
  values ($1, $2, 0, 'F', 0, 0, 0, '[]', 1, 0, gen_random_uuid(), now())
  on conflict (organization_id, contact_id) do nothing";

/// What happens at a moment.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// An event that was received then is committed.
    Event { received: DateTime<Utc>, number: usize },
    /// A job of this nominal time is done.
    Job { of: RollUp, nominal: DateTime<Utc> },
}

/// A history in the order of its moments.
fn history(rng: &mut Rng) -> Vec<Step> {
    let (from, until) = (at(FROM), at(UNTIL));
    let secs = usize::try_from((until - from).num_seconds()).unwrap();
    let after = |rng: &mut Rng, secs| TimeDelta::seconds(below(rng, secs));
    let mut steps = Vec::new();
    for number in 0..EVENTS {
        let received = from + after(rng, secs);
        // A transaction lives for 55 s at most.
        let committed = received + after(rng, 55);
        steps.push((committed, Step::Event { received, number }));
    }
    for of in RollUp::ALL {
        let cron = of.cron().unwrap();
        let times = std::iter::successors(cron.next_after(from), |time| cron.next_after(*time));
        // Until the first one of which everything is a day ago.
        for nominal in times {
            // In time, a moment late, or missed and backfilled whenever it may be.
            let late = match rng.below(10) {
                0 => after(rng, secs),
                1 => after(rng, 7_200),
                _ => TimeDelta::zero(),
            };
            let job = Step::Job { of, nominal };
            steps.push((nominal + late, job));
            if rng.chance(150) {
                steps.push((nominal + late + after(rng, 100_000), job));
            }
            if nominal > until + Days::new(1) {
                break;
            }
        }
    }
    steps.sort_by_key(|(moment, _)| *moment);
    steps.into_iter().map(|(_, step)| step).collect()
}

const TYPES: [&str; 7] = [
    "content.PageVisited",
    "delivery.MessageSent",
    "delivery.MessageOpened",
    "delivery.MessageClicked",
    "delivery.MessageDelivered",
    "crm.ContactUpdated",
    "enrichment.JobFinished",
];

/// An event, which may be one that was there, and what else it changes.
async fn arrive(world: &World, rng: &mut Rng, received: DateTime<Utc>, number: usize) {
    let owner = ["org_1", "org_2", "org_3"][rng.below(3)];
    let contact = format!("c{}", rng.below(6));
    let name = TYPES[rng.below(TYPES.len())];
    let campaign = [None, Some("k1"), Some("k2")][rng.below(3)];
    let ago = [0, 90_000, 3_000_000][rng.below(3)];
    let ago = TimeDelta::milliseconds(below(rng, ago * 1_000 + 1));
    let (happened, id) = (received - ago, format!("e{}", number - rng.below(2).min(number)));
    let row: [&(dyn ToSql + Sync); 7] =
        [&owner, &happened, &id, &contact, &name, &campaign, &received];
    let is_new = world.owner.execute(INSERT, &row).await.unwrap() == 1;
    if rng.chance(100) {
        assert_eq!(world.owner.execute(INSERT, &row).await.unwrap(), 0, "a repeat");
    }
    if is_new && name == "enrichment.JobFinished" {
        let cost = rng.chance(600).then(|| below(rng, 1_000));
        let hours = rng.chance(600).then(|| i32::try_from(rng.below(100)).unwrap());
        let succeeded = rng.chance(700);
        world
            .owner
            .execute(
                ENRICHED,
                &[&owner, &happened, &id, &contact, &succeeded, &cost, &hours, &received],
            )
            .await
            .unwrap();
    }
    // A score is of the day of its transaction.
    let score = below(rng, 1_000_001);
    let grade = ["F", "D", "C", "B", "A"][usize::try_from(score / 200_000).unwrap().min(4)];
    let day = received.date_naive();
    world.owner.execute(OF_CONTACT, &[&owner, &contact]).await.unwrap();
    world.owner.execute(SCORED, &[&owner, &contact, &day, &score, &grade]).await.unwrap();
}

fn below(rng: &mut Rng, bound: usize) -> i64 {
    i64::try_from(rng.below(bound)).unwrap()
}

async fn end(world: &World, seed: u64) -> [BTreeMap<&'static str, Table>; 2] {
    let sql = "select analytics.keep_months($1, $2, 'epoch')";
    let (earliest, latest) = (at(FROM) - Days::new(36), at(UNTIL));
    world.owner.execute(sql, &[&earliest, &latest]).await.unwrap();
    let session = session(world).await;
    let mut rng = Rng::new(seed);
    for step in history(&mut rng) {
        match step {
            Step::Event { received, number } => arrive(world, &mut rng, received, number).await,
            Step::Job { of, nominal } if rng.chance(700) => roll_up(&session, of, nominal).await,
            // In parts, in any order: what a part is of is told by names alone.
            Step::Job { of, nominal } => {
                let mut parts = [
                    (None, Some("org_1")),
                    (Some("org_1"), Some("org_2x")),
                    (Some("org_2x"), None),
                ];
                parts.rotate_left(rng.below(3));
                for (after, through) in parts {
                    roll_up_part(&session, of, nominal, after, through).await;
                }
            }
        }
    }
    // The last jobs are of the next year's first day; of days without an event there
    // are scores alone, and of these the last job is of two days later.
    let scores_until = at(UNTIL).date_naive() + Days::new(2);
    [
        stored(world).await,
        counted(world, at("2027-01-01T00:00:00Z").date_naive(), scores_until).await,
    ]
}

#[tokio::test]
async fn roll_ups_end_equal_to_a_recount() {
    let histories = std::env::var("MAUNTIC_HISTORIES").ok().and_then(|text| text.parse().ok());
    for seed in 0..histories.unwrap_or(HISTORIES) {
        let world = World::new().await;
        let [found, expected] = end(&world, seed).await;
        for (table, expected) in expected {
            assert!(expected.len() > 20, "{table}: nothing to compare, seed {seed}");
            let found = &found[table];
            let extra: Vec<_> = found.iter().filter(|row| !expected.contains(row)).collect();
            let lacking: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
            assert!(
                extra.is_empty() && lacking.is_empty(),
                "{table}, seed {seed}: stored alone {extra:#?}, counted alone {lacking:#?}"
            );
            say(format_args!("seed {seed}: {} rows of {table}", found.len()));
        }
    }
}
