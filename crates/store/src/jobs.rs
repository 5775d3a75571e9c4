//! The job protocol's statements.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures::future::{join, join5};
use mauntic_domain::jobs::queue::VERSION;
use mauntic_domain::jobs::{Message, Queue};
use mauntic_flows::ports::{
    AloneClaim, ClaimReply, ClaimRequest, Held, JobStore, Next, PortError, Seen,
};
use serde_json::Value;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use crate::error::{no_answer, statement_error};
use crate::flight::Param;
use crate::rows::{column, held, queue, state, unreadable};
use crate::{SCHEMA, Session};

/// Times a message may come out of a dead-letter queue before its job is one.
const PLATFORM_DEATHS_MAX: i16 = 3;

impl JobStore for Session {
    async fn claim(&self, request: &ClaimRequest) -> Result<ClaimReply, PortError> {
        let failed = |error: Error| statement_error("the claim", &error);
        let ids = job_ids(request);
        let flight = join5(
            self.insert_shorts(request),
            self.claim_batch(request, &ids),
            self.look(request, &ids),
            self.client.query_typed(include_str!("../sql/clock.sql"), &[]),
            join(self.insert_letters(request), self.insert_missing(request)),
        );
        let (shorts, claimed, looked, clock, (letters, missing)) =
            self.within(flight).await.map_err(no_answer)?;
        shorts.map_err(failed)?;
        let (claimed, looked, clock) =
            (claimed.map_err(failed)?, looked.map_err(failed)?, clock.map_err(failed)?);
        let clock = clock.first().ok_or_else(|| unreadable("clock"))?;
        check_schema(column(clock, "version")?)?;
        let held: Vec<_> = claimed.iter().map(held).collect::<Result<_, _>>()?;
        let ours: BTreeSet<Uuid> = held.iter().map(|held| held.id).collect();
        let mut seen: Vec<Seen> = looked.iter().map(read_seen).collect::<Result<_, _>>()?;
        let known: BTreeSet<Uuid> = seen.iter().map(|seen| seen.id).collect();
        seen.retain(|seen| !ours.contains(&seen.id));
        let letters = letters.and(missing).map(|_| ()).map_err(failed);
        Ok(ClaimReply {
            now: column(clock, "now")?,
            held,
            seen,
            missing: ids.into_iter().filter(|id| !known.contains(id)).collect(),
            letters,
        })
    }

    async fn claim_alone(
        &self,
        queue: Queue,
        id: Uuid,
        token: Uuid,
    ) -> Result<AloneClaim, PortError> {
        let params: &[Param<'_>] = &[
            (&id, Type::UUID),
            (&queue.name(), Type::TEXT),
            (&self.lease_secs, Type::INT8),
            (&token, Type::UUID),
        ];
        let rows = self.statement("the claim", include_str!("../sql/claim_alone.sql"), params);
        let rows = rows.await?;
        let Some(row) = rows.first() else {
            return Ok(AloneClaim::NotDue);
        };
        let now: DateTime<Utc> = column(row, "now")?;
        match column::<Option<i32>>(row, "claim")? {
            Some(_) => Ok(AloneClaim::Held(held(row)?, now)),
            None => Ok(AloneClaim::DeadLettered),
        }
    }

    async fn reject(&self, held: &Held, reason: &str, detail: &str) -> Result<(), PortError> {
        let params: &[Param<'_>] = &[
            (&held.id, Type::UUID),
            (&held.claim, Type::INT4),
            (&reason, Type::TEXT),
            (&detail, Type::TEXT),
        ];
        self.statement("rejecting", include_str!("../sql/reject.sql"), params).await.map(|_| ())
    }

    async fn hand_back(&self, held: &Held) -> Result<(), PortError> {
        let params: &[Param<'_>] = &[(&held.id, Type::UUID), (&held.claim, Type::INT4)];
        let sql = include_str!("../sql/hand_back.sql");
        self.statement("handing a job back", sql, params).await.map(|_| ())
    }

    async fn release(&self, token: Uuid) -> Result<u64, PortError> {
        let params: &[Param<'_>] = &[(&token, Type::UUID)];
        let released = self.client.execute_typed(include_str!("../sql/release.sql"), params);
        let released = self.within(released).await.map_err(no_answer)?;
        released.map_err(|error| statement_error("releasing leases", &error))
    }

    async fn take_due(&self, limit: i64) -> Result<Vec<(Queue, Message)>, PortError> {
        let queues: Vec<&str> = Queue::ALL.into_iter().map(Queue::name).collect();
        let params: &[Param<'_>] = &[(&queues, Type::TEXT_ARRAY), (&limit, Type::INT8)];
        let rows = self.statement("taking due jobs", include_str!("../sql/take_due.sql"), params);
        rows.await?.iter().map(|row| Ok((queue(row)?, message(row)?))).collect()
    }

    async fn mark_sent(&self, ids: &[Uuid]) -> Result<(), PortError> {
        let params: &[Param<'_>] = &[(&ids, Type::UUID_ARRAY)];
        let marked = self.statement("marking sent", include_str!("../sql/mark_sent.sql"), params);
        marked.await.map(|_| ())
    }

    async fn beat(&self, duty: &str) -> Result<(), PortError> {
        let params: &[Param<'_>] = &[(&duty, Type::TEXT)];
        self.statement("the heartbeat", include_str!("../sql/beat.sql"), params).await.map(|_| ())
    }

    async fn bury(&self, request: &ClaimRequest) -> Result<(), PortError> {
        let ids = job_ids(request);
        let params: &[Param<'_>] = &[(&ids, Type::UUID_ARRAY), (&PLATFORM_DEATHS_MAX, Type::INT2)];
        // One transaction, so that a repeat after an error counts no death twice;
        // hand-sent messages get their rows first, for what is judged includes them.
        let flight = join5(
            self.client.batch_execute("begin"),
            self.insert_shorts(request),
            join(self.insert_letters(request), self.insert_missing(request)),
            self.client.query_typed(include_str!("../sql/bury.sql"), params),
            self.client.batch_execute("commit"),
        );
        let (begun, shorts, (letters, missing), judged, committed) =
            self.within(flight).await.map_err(no_answer)?;
        let all = begun.and(shorts).and(letters).and(missing).and(judged).and(committed);
        all.map_err(|error| statement_error("judging dead messages", &error))
    }
}

impl Session {
    pub(crate) async fn statement(
        &self,
        what: &'static str,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, PortError> {
        let rows = self.within(self.client.query_typed(sql, params)).await.map_err(no_answer)?;
        rows.map_err(|error| statement_error(what, &error))
    }

    async fn claim_batch(&self, request: &ClaimRequest, ids: &[Uuid]) -> Result<Vec<Row>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let params: &[Param<'_>] = &[
            (&ids, Type::UUID_ARRAY),
            (&request.batched_types, Type::TEXT_ARRAY),
            (&self.lease_secs, Type::INT8),
            (&request.token, Type::UUID),
            (SCHEMA.start(), Type::INT4),
            (SCHEMA.end(), Type::INT4),
        ];
        self.client.query_typed(include_str!("../sql/claim_batch.sql"), params).await
    }

    async fn look(&self, request: &ClaimRequest, ids: &[Uuid]) -> Result<Vec<Row>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let params: &[Param<'_>] = &[
            (&ids, Type::UUID_ARRAY),
            (&request.batched_types, Type::TEXT_ARRAY),
            (&request.single_types, Type::TEXT_ARRAY),
        ];
        self.client.query_typed(include_str!("../sql/look.sql"), params).await
    }
}

/// Every job the batch names, sorted and distinct.
fn job_ids(request: &ClaimRequest) -> Vec<Uuid> {
    let addressed = request.addresses.iter().map(|(id, _)| *id);
    let ids: BTreeSet<Uuid> = addressed.chain(request.shorts.iter().map(|s| s.id)).collect();
    ids.into_iter().collect()
}

fn check_schema(version: Option<i32>) -> Result<(), PortError> {
    if version.is_some_and(|version| SCHEMA.contains(&version)) {
        return Ok(());
    }
    let found = version.map_or_else(|| "none".to_owned(), |version| version.to_string());
    let cause = format!("schema version {found}, this build runs on {SCHEMA:?}");
    Err(PortError::Refused { what: "the claim", cause })
}

fn read_seen(row: &Row) -> Result<Seen, PortError> {
    let next = match column::<String>(row, "next")?.as_str() {
        "alone" => Next::Alone,
        "unlocked" => Next::Unlocked,
        _ => Next::Nothing,
    };
    Ok(Seen { id: column(row, "id")?, state: state(row)?, was_alone: column(row, "alone")?, next })
}

fn message(row: &Row) -> Result<Message, PortError> {
    Ok(Message {
        type_name: column(row, "type")?,
        data: Value::Null,
        job_id: Some(column(row, "id")?),
        request_id: column(row, "request_id")?,
        execution_id: column(row, "run_id")?,
        idempotency_key: None,
        scheduled_for: None,
        enqueued_at: Some(column(row, "created_at")?),
        traceparent: None,
        v: Some(VERSION),
    })
}
