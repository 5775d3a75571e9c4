//! Each roll-up by a message to the real queue worker, beside the statement that makes
//! the same rows.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::analytics::{RollUp, Window, midnight};
use mauntic_domain::jobs::data::OrganizationRange;
use mauntic_flows::ports::{
    Committed, Database, Effect, EffectStore, KeyStore, Ports, RollUpWrite,
};
use mauntic_local::workers::{Body, Message, Outcome, Worker};
use mauntic_tests::ports::TestPorts;
use serde_json::json;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::kept::Lines;
use crate::stage::{Param, Stage};

const QUEUE: &str = "mauntic-analytics-jobs";

/// Passes of each, of which the best counts.
const PASSES: usize = 3;

/// Bounds: in terms of plain SQL's time, and of the smaller table's.
const BESIDE_PLAIN_MAX: f64 = 1.2;
const GROWTH_MAX: f64 = 1.3;

/// What is measured, the table that it fills, and the statement that fills it as well.
const ROLL_UPS: [(RollUp, &str, &str); 5] = [
    (
        RollUp::AggregateHourly,
        "analytics.event_aggregates",
        include_str!("plain/aggregate-hourly.sql"),
    ),
    (
        RollUp::GenerateDailyReports,
        "analytics.campaign_daily_stats",
        include_str!("plain/generate-daily-reports.sql"),
    ),
    (
        RollUp::MonthlyUsageSummary,
        "analytics.event_aggregates",
        include_str!("plain/monthly-usage-summary.sql"),
    ),
    (
        RollUp::ScoreDistribution,
        "analytics.daily_score_distribution",
        include_str!("plain/score-distribution.sql"),
    ),
    (
        RollUp::EnrichmentMetrics,
        "analytics.enrichment_metrics",
        include_str!("plain/enrichment-metrics.sql"),
    ),
];

/// The nominal time whose period the activity's last hours are.
fn nominal(of: RollUp, end: DateTime<Utc>) -> DateTime<Utc> {
    let next_day = midnight(end.date_naive().succ_opt().unwrap());
    match of {
        RollUp::AggregateHourly => end,
        RollUp::GenerateDailyReports => next_day + TimeDelta::hours(2),
        RollUp::MonthlyUsageSummary => next_day + TimeDelta::hours(3),
        RollUp::ScoreDistribution => next_day + TimeDelta::hours(4),
        RollUp::EnrichmentMetrics => next_day + TimeDelta::hours(5),
    }
}

/// Writes a line for each; returns what the hourly one took.
pub(crate) async fn measure(stage: &Stage, lines: &mut Lines) -> Duration {
    let mut hourly = Duration::MAX;
    for (of, table, plain) in ROLL_UPS {
        let [mut of_plain, mut of_ours, mut of_worker] = [Duration::MAX; 3];
        for _ in 0..PASSES {
            of_plain = of_plain.min(in_plain_sql(stage, of, table, plain).await);
            let wanted = rows(stage, table).await;
            of_ours = of_ours.min(in_one_session(stage, of, table).await);
            assert_eq!(rows(stage, table).await, wanted, "{}", of.name());
            of_worker = of_worker.min(by_worker(stage, of, table).await);
            assert_eq!(rows(stage, table).await, wanted, "{}", of.name());
        }
        let ratio = of_ours.as_secs_f64() / of_plain.as_secs_f64();
        lines.line(
            &format!("`{}`, {} events", of.name(), stage.events),
            &format!(
                "{of_ours:.2?} beside {of_plain:.2?} of plain SQL: {ratio:.2} ×; as a message to \
                 the worker {of_worker:.2?}"
            ),
            &format!("at most {BESIDE_PLAIN_MAX:.1} ×"),
            ratio <= BESIDE_PLAIN_MAX,
        );
        if of == RollUp::AggregateHourly {
            hourly = of_worker;
        }
    }
    hourly
}

/// The hourly job where there is a tenth of the history, and as many events a day.
pub(crate) async fn growth(small: &Stage, large: Duration, lines: &mut Lines) {
    let (of, table, _) = ROLL_UPS[0];
    let mut best = Duration::MAX;
    for _ in 0..PASSES {
        best = best.min(by_worker(small, of, table).await);
    }
    let ratio = large.as_secs_f64() / best.as_secs_f64();
    lines.line(
        &format!("the hourly job, ten times the history of {} events", small.events),
        &format!("{large:.2?} beside {best:.2?}: {ratio:.2} ×"),
        &format!("at most {GROWTH_MAX:.1} ×"),
        ratio <= GROWTH_MAX,
    );
}

async fn in_plain_sql(stage: &Stage, of: RollUp, table: &str, sql: &str) -> Duration {
    empty(stage, table).await;
    let Window { received, whole } = of.window(nominal(of, stage.end));
    let late = received.map(|of| [of.at.start, of.at.end, of.happened.start, of.happened.end]);
    let day = whole.as_ref().map(|days| days.start);
    let days = whole.map(|days| [midnight(days.start), midnight(days.end)]);
    let (late, days) = (late.iter().flatten(), days.iter().flatten());
    let times: Vec<&DateTime<Utc>> = match of {
        RollUp::AggregateHourly => late.collect(),
        RollUp::GenerateDailyReports | RollUp::EnrichmentMetrics => late.chain(days).collect(),
        RollUp::MonthlyUsageSummary => days.collect(),
        RollUp::ScoreDistribution => Vec::new(),
    };
    let mut params: Vec<Param<'_>> = times.iter().map(|at| (*at as _, Type::TIMESTAMPTZ)).collect();
    if of == RollUp::ScoreDistribution {
        params.push((&day, Type::DATE));
    }
    let started = Instant::now();
    stage.owner.query_typed(sql, &params).await.unwrap();
    started.elapsed()
}

/// The job's transaction, as the rival in one session that is open already.
async fn in_one_session(stage: &Stage, of: RollUp, table: &str) -> Duration {
    empty(stage, table).await;
    let session = TestPorts::new(&stage.queue_url).db().open().await.unwrap();
    let window = of.window(nominal(of, stage.end));
    let write = RollUpWrite {
        roll_up: of,
        window,
        organizations: OrganizationRange::default(),
        job_id: Uuid::new_v4(),
    };
    let effect = Effect { roll_ups: vec![write], ..Effect::of(stage.end, Vec::new()) };
    // A connection's first statement reads the catalogue.
    session.queue_stats().await.unwrap();
    let started = Instant::now();
    let committed = session.commit(&effect).await.unwrap();
    let took = started.elapsed();
    assert_eq!(committed, Committed::Done { superseded: 0, refill: false });
    took
}

/// From the message being handed over to its acknowledgement.
async fn by_worker(stage: &Stage, of: RollUp, table: &str) -> Duration {
    empty(stage, table).await;
    let body = json!({"type": of.job_type().name(), "data": {"nominal": nominal(of, stage.end)}});
    let id = Uuid::new_v4().simple().to_string();
    let body = Body::Text(body.to_string());
    let message = Message { id, timestamp_ms: 1_800_000_000_000, attempts: 1, body };
    let started = Instant::now();
    let result = stage.workers.deliver(Worker::Queue, QUEUE, &[message]).expect("delivered");
    let took = started.elapsed();
    assert_eq!((result.outcome, result.explicit_acks.len()), (Outcome::Ok, 1), "{}", of.name());
    took
}

async fn empty(stage: &Stage, table: &str) {
    stage.owner.batch_execute(&format!("truncate {table}")).await.unwrap();
    stage.checkpoint().await;
}

/// Its rows without the time at which they were written, as one digest.
async fn rows(stage: &Stage, table: &str) -> (i64, Option<String>) {
    let sql = format!(
        "select count(*), md5(string_agg((to_jsonb(t) - 'updated_at')::text, '' order by \
         to_jsonb(t) - 'updated_at')) from {table} t"
    );
    let row = stage.owner.query_one(&sql, &[]).await.unwrap();
    let (count, digest): (i64, Option<String>) = (row.get(0), row.get(1));
    assert!(count > 0, "{table} has rows");
    (count, digest)
}
