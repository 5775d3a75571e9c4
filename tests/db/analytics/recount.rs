//! The recount: the tables of roll-ups from the rows of what they count, one row
//! after the other, by code that shares nothing with theirs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use mauntic_tests::world::World;
use serde_json::{Value, json};
use tokio_postgres::Row;

/// A table's rows, each an array of its columns.
pub(super) type Table = Vec<Value>;

/// Where each table stands, and its columns; numbers as the integers that they are
/// of their smallest unit.
const STORED: [(&str, &str); 4] = [
    (
        "event_aggregates",
        "organization_id, date, event_type, channel, event_count, unique_contacts",
    ),
    (
        "campaign_daily_stats",
        "organization_id, date, campaign_id, sent, delivered, opened, unique_opened, clicked,
         unique_clicked, bounced, complained, unsubscribed",
    ),
    (
        "daily_score_distribution",
        "organization_id, date, (average * 100)::int8, (minimum * 10000)::int8,
         (maximum * 10000)::int8, (p50 * 10000)::int8, (p90 * 10000)::int8, (p95 * 10000)::int8,
         total_contacts, histogram, grade_a, grade_b, grade_c, grade_d, grade_f",
    ),
    (
        "enrichment_metrics",
        "organization_id, date, total, succeeded, (success_rate * 100)::int8,
         (average_cost * 10000)::int8, (average_freshness_hours * 100)::int8, jobs_with_cost,
         (cost_total * 10000)::int8, jobs_with_freshness, freshness_hours_total",
    ),
];

/// What stands in the tables, by their names.
pub(super) async fn stored(world: &World) -> BTreeMap<&'static str, Table> {
    let mut tables = BTreeMap::new();
    for (table, columns) in STORED {
        let sql = format!("select jsonb_build_array({columns}) from analytics.{table} order by 1");
        let rows = world.rows(&sql).await.iter().map(|row| row.get(0)).collect();
        tables.insert(table, sorted(rows));
    }
    tables
}

/// What should stand in them: of everything, and of days and months before `today`
/// where only those are counted that are over; scores of days before `scores_until`.
pub(super) async fn counted(
    world: &World,
    today: NaiveDate,
    scores_until: NaiveDate,
) -> BTreeMap<&'static str, Table> {
    let sql = "select organization_id, (occurred_at at time zone 'UTC')::date, event_type, channel,
      contact_id, campaign_id from analytics.contact_activity";
    let activity = world.rows(sql).await;
    let mut aggregates: BTreeMap<Vec<String>, (i64, BTreeSet<String>)> = BTreeMap::new();
    let mut campaigns: BTreeMap<Vec<String>, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for row in &activity {
        let [owner, name, channel, contact] = [0, 2, 3, 4].map(|n| row.get::<_, String>(n));
        let (day, campaign) = (row.get::<_, NaiveDate>(1), row.get::<_, Option<String>>(5));
        let mut add = |date: NaiveDate, name: String, channel: &str| {
            let key = vec![owner.clone(), date.to_string(), name, channel.to_owned()];
            let of = aggregates.entry(key).or_default();
            of.0 += 1;
            of.1.insert(contact.clone());
        };
        add(day, name.clone(), &channel);
        if (day.year(), day.month()) < (today.year(), today.month()) {
            add(day.with_day(1).unwrap(), format!("monthly:{name}"), "monthly_summary");
        }
        if let (Some(campaign), "delivery", true) = (campaign, channel.as_str(), day < today) {
            let of = campaigns.entry(vec![owner, day.to_string(), campaign]).or_default();
            of.entry(name).or_default().push(contact);
        }
    }
    let aggregates = aggregates.into_iter().map(|(key, (events, contacts))| {
        json!([key[0], key[1], key[2], key[3], events, contacts.len()])
    });
    let campaigns = campaigns.into_iter().map(|(key, of)| {
        let all =
            |name: &str| of.get(&format!("delivery.Message{name}")).cloned().unwrap_or_default();
        let once = |name: &str| all(name).into_iter().collect::<BTreeSet<_>>().len();
        json!([
            key[0],
            key[1],
            key[2],
            all("Sent").len(),
            all("Delivered").len(),
            all("Opened").len(),
            once("Opened"),
            all("Clicked").len(),
            once("Clicked"),
            all("Bounced").len(),
            all("Complained").len(),
            all("Unsubscribed").len()
        ])
    });
    BTreeMap::from([
        ("event_aggregates", sorted(aggregates.collect())),
        ("campaign_daily_stats", sorted(campaigns.collect())),
        ("daily_score_distribution", sorted(distributions(world, scores_until).await)),
        ("enrichment_metrics", sorted(metrics(world, today).await)),
    ])
}

async fn metrics(world: &World, today: NaiveDate) -> Table {
    let sql = "select organization_id, (finished_at at time zone 'UTC')::date, succeeded,
      (cost * 10000)::int8, freshness_hours::int8 from lead_intelligence.enrichment_jobs";
    let mut ended: BTreeMap<(String, NaiveDate), Vec<Row>> = BTreeMap::new();
    for row in world.rows(sql).await {
        ended.entry((row.get(0), row.get(1))).or_default().push(row);
    }
    ended.retain(|(_, day), _| *day < today);
    let known = |rows: &[Row], column: usize| -> Vec<i64> {
        rows.iter().filter_map(|row| row.get(column)).collect()
    };
    let row = |((owner, day), rows): ((String, NaiveDate), Vec<Row>)| {
        let succeeded = rows.iter().filter(|row| row.get::<_, bool>(2)).count();
        let (costs, hours) = (known(&rows, 3), known(&rows, 4));
        let hundredths: Vec<i64> = hours.iter().map(|hours| hours * 100).collect();
        json!([
            owner,
            day,
            rows.len(),
            succeeded,
            half_up(succeeded * 10_000, rows.len()),
            average(&costs),
            average(&hundredths),
            costs.len(),
            costs.iter().sum::<i64>(),
            hours.len(),
            hours.iter().sum::<i64>()
        ])
    };
    ended.into_iter().map(row).collect()
}

async fn distributions(world: &World, until: NaiveDate) -> Table {
    let sql = "select organization_id, contact_id, day, (total_score * 10000)::int8, grade
      from scoring.score_history order by day";
    let history = world.rows(sql).await;
    let first = history.iter().map(|row| row.get::<_, NaiveDate>(2)).min();
    let days = first.into_iter().flat_map(|day| day.iter_days()).take_while(|day| *day < until);
    let mut table = Vec::new();
    for day in days {
        let mut newest: BTreeMap<String, BTreeMap<String, (i64, String)>> = BTreeMap::new();
        for row in history.iter().filter(|row| row.get::<_, NaiveDate>(2) <= day) {
            newest.entry(row.get(0)).or_default().insert(row.get(1), (row.get(3), row.get(4)));
        }
        for (owner, contacts) in newest {
            let mut scores: Vec<(i64, String)> = contacts.into_values().collect();
            scores.sort();
            let at = |percent: usize| {
                // The first that is not less than so many in a hundred.
                let is_enough = |n: &usize| n * 100 >= percent * scores.len();
                scores[(1..).find(is_enough).unwrap() - 1].0
            };
            let in_bucket = |n: i64| {
                let is_in = |(e4, _): &&(i64, String)| (e4 / 50_000).min(19) == n;
                scores.iter().filter(is_in).count()
            };
            let of_grade = |grade: &str| scores.iter().filter(|(_, of)| of == grade).count();
            let sum: i64 = scores.iter().map(|(e4, _)| e4).sum();
            let average = half_up(usize::try_from(sum).unwrap(), scores.len() * 100);
            let buckets: Vec<usize> = (0..20).map(in_bucket).collect();
            table.push(json!([
                owner,
                day,
                average,
                scores[0].0,
                scores[scores.len() - 1].0,
                at(50),
                at(90),
                at(95),
                scores.len(),
                buckets,
                of_grade("A"),
                of_grade("B"),
                of_grade("C"),
                of_grade("D"),
                of_grade("F")
            ]));
        }
    }
    table
}

fn average(of: &[i64]) -> Option<usize> {
    let sum = usize::try_from(of.iter().sum::<i64>()).unwrap();
    (!of.is_empty()).then(|| half_up(sum, of.len()))
}

/// A quotient, rounded to the nearest, halves up.
fn half_up(of: usize, by: usize) -> usize {
    of / by + usize::from(of % by * 2 >= by)
}

fn sorted(mut rows: Table) -> Table {
    rows.sort_by_key(ToString::to_string);
    rows
}
