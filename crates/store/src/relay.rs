//! What the tick's duties need: sending what is due, and retention.

use chrono::TimeDelta;
use futures::future::{join, join3, join4};
use mauntic_domain::jobs::limits::{DISPATCHED_MAX, UNSENT_WITHIN, WAKE};
use mauntic_domain::jobs::{Message, Queue};
use mauntic_domain::overnight::HISTORY_KEPT;
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{
    Advanced, Instance, OutgoingEvent, PortError, RelayStore, Retired, Wakeup,
};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::{Json, Type};
use uuid::Uuid;

use crate::Session;
use crate::flight::Param;
use crate::replays;
use crate::rows::{column, queue, unreadable};

/// Answers to requests are kept for a day: a client that repeats its request
/// does so within minutes.
const ANSWERS_KEPT: TimeDelta = TimeDelta::hours(24);

impl RelayStore for Session {
    async fn take_due(&self, limit: i64) -> Result<Vec<(Queue, Wakeup)>, PortError> {
        let queues: Vec<&str> = Queue::ALL.into_iter().map(Queue::name).collect();
        let params: &[Param<'_>] = &[
            (&queues, Type::TEXT_ARRAY),
            (&limit, Type::INT8),
            (&DISPATCHED_MAX, Type::INT8),
            (&WAKE.num_seconds(), Type::INT8),
        ];
        let rows = self.statement("taking due jobs", sql!("take_due.sql"), params);
        rows.await?.iter().map(|row| Ok((queue(row)?, wakeup(row)?))).collect()
    }

    async fn take_held_back(
        &self,
        queue: Queue,
        organizations: &[&str],
    ) -> Result<Vec<Wakeup>, PortError> {
        let (name, wake, unsent) = (queue.name(), WAKE.num_seconds(), UNSENT_WITHIN.num_seconds());
        let params: &[Param<'_>] = &[
            (&name, Type::TEXT),
            (&organizations, Type::TEXT_ARRAY),
            (&DISPATCHED_MAX, Type::INT8),
            (&wake, Type::INT8),
            (&unsent, Type::INT8),
        ];
        let sql = sql!("take_held_back.sql");
        self.statement("taking jobs held back", sql, params).await?.iter().map(wakeup).collect()
    }

    async fn mark_sent(&self, ids: &[Uuid]) -> Result<(), PortError> {
        let params: &[Param<'_>] = &[(&ids, Type::UUID_ARRAY)];
        let marked = self.statement("marking sent", sql!("mark_sent.sql"), params);
        marked.await.map(|_| ())
    }

    async fn take_events(&self, limit: i64) -> Result<Vec<OutgoingEvent>, PortError> {
        let params: &[Param<'_>] = &[(&limit, Type::INT8), (&WAKE.num_seconds(), Type::INT8)];
        let rows = self.statement("taking events", sql!("take_events.sql"), params);
        rows.await?.iter().map(event).collect()
    }

    async fn mark_events_sent(&self, ids: &[Uuid]) -> Result<(), PortError> {
        let params: &[Param<'_>] = &[(&ids, Type::UUID_ARRAY)];
        let sql = sql!("mark_events_sent.sql");
        self.statement("marking events sent", sql, params).await.map(|_| ())
    }

    async fn beat(&self, duty: &str, interval_secs: u32, by: &Instance) -> Result<(), PortError> {
        let interval = i64::from(interval_secs);
        let params: &[Param<'_>] = &[
            (&duty, Type::TEXT),
            (&interval, Type::INT8),
            (&by.id, Type::UUID),
            (&by.schema_max, Type::INT4),
        ];
        self.statement("the heartbeat", sql!("beat.sql"), params).await.map(|_| ())
    }

    async fn advance_replays(
        &self,
        window: TimeDelta,
        only: Option<Uuid>,
    ) -> Result<Advanced, PortError> {
        replays::advance(self, window, only).await
    }

    async fn retire(&self, keep: TimeDelta, limit: i64) -> Result<Retired, PortError> {
        let history_kept = keep.max(HISTORY_KEPT).num_seconds();
        let keep = keep.num_seconds();
        let answers_kept = ANSWERS_KEPT.num_seconds();
        let of_answers: &[Param<'_>] = &[(&answers_kept, Type::INT8), (&limit, Type::INT8)];
        let params: &[Param<'_>] = &[(&keep, Type::INT8), (&limit, Type::INT8)];
        let of_history: &[Param<'_>] = &[(&history_kept, Type::INT8), (&limit, Type::INT8)];
        // Each is a transaction of its own, so that one that waits or fails
        // takes nothing back from the others. Runs come after their jobs, nights after
        // their users.
        let of_jobs = join3(
            self.retire_from(sql!("retire_jobs.sql"), params),
            self.retire_from(sql!("retire_dead_letters.sql"), params),
            self.retire_from(sql!("retire_runs.sql"), params),
        );
        let of_the_rest = join3(
            self.retire_from(sql!("retire_occurrences.sql"), params),
            self.retire_from(sql!("retire_events.sql"), params),
            self.retire_from(sql!("retire_notifications.sql"), params),
        );
        let of_the_record = join4(
            self.retire_from(sql!("retire_deliveries.sql"), params),
            self.retire_from(sql!("retire_answers.sql"), of_answers),
            self.retire_from(sql!("retire_replays.sql"), params),
            self.retire_from(sql!("retire_verifications.sql"), params),
        );
        let of_nights = join4(
            self.retire_from(sql!("retire_night_users.sql"), params),
            self.retire_from(sql!("retire_prices.sql"), params),
            self.retire_from(sql!("retire_nights.sql"), params),
            join(
                self.retire_from(sql!("retire_score_history.sql"), of_history),
                self.retire_from(sql!("retire_criteria.sql"), of_history),
            ),
        );
        let (
            (jobs, dead_letters, runs),
            (occurrences, events, notifications),
            (deliveries, answers, replays, verifications),
            (night_users, prices, nights, (score_history, criteria)),
        ) = Box::pin(join4(of_jobs, of_the_rest, of_the_record, of_nights)).await;
        Ok(Retired {
            jobs: jobs?,
            dead_letters: dead_letters?,
            runs: runs?,
            occurrences: occurrences?,
            events: events?,
            notifications: notifications?,
            deliveries: deliveries?,
            answers: answers?,
            replays: replays?,
            verifications: verifications?,
            night_users: night_users?,
            prices: prices?,
            nights: nights?,
            score_history: score_history?,
            criteria: criteria?,
        })
    }
}

impl Session {
    pub(crate) async fn retire_from(
        &self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<u64, PortError> {
        let rows = self.statement("retention", sql, params).await?;
        let row = rows.first().ok_or_else(|| unreadable("what was retired"))?;
        u64::try_from(column::<i64>(row, "retired")?).map_err(|_| unreadable("column retired"))
    }
}

fn wakeup(row: &Row) -> Result<Wakeup, PortError> {
    let delay: i64 = column(row, "delay_secs")?;
    let delay_secs = u32::try_from(delay).map_err(|_| unreadable("column delay_secs"))?;
    Ok(Wakeup { message: message(row)?, delay_secs })
}

fn message(row: &Row) -> Result<Message, PortError> {
    let version: i16 = column(row, "version")?;
    let run_id = column(row, "run_id")?;
    let told: Option<String> = column(row, "traceparent")?;
    Ok(Message {
        type_name: column(row, "type")?,
        data: Value::Null,
        job_id: Some(column(row, "id")?),
        request_id: column(row, "request_id")?,
        execution_id: run_id,
        idempotency_key: None,
        scheduled_for: column(row, "scheduled_for")?,
        enqueued_at: Some(column(row, "created_at")?),
        traceparent: told.or_else(|| TraceContext::sent_with(run_id)),
        v: Some(u16::try_from(version).map_err(|_| unreadable("column version"))?),
    })
}

fn event(row: &Row) -> Result<OutgoingEvent, PortError> {
    let data: Json<Value> = column(row, "data")?;
    Ok(OutgoingEvent {
        id: column(row, "id")?,
        event_type: column(row, "type")?,
        organization_id: column(row, "organization_id")?,
        data: data.0,
        request_id: column(row, "request_id")?,
        occurred_at: column(row, "occurred_at")?,
    })
}
