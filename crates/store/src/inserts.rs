//! Rows that a batch brings along: jobs sent by hand and dead letters.

use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{ClaimRequest, DeadLetter};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use crate::Session;
use crate::flight::Param;
use crate::rows::version;

/// Where a batch came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// The queue of jobs.
    Queue,
    /// The dead-letter queue behind it. A job that gets its row by that way was
    /// never tried, so that its message counts no death.
    DeadLetters,
}

/// Jobs sent by hand, column by column for `unnest`.
struct Shorts<'a> {
    queue: &'static str,
    ids: Vec<Uuid>,
    runs: Vec<Uuid>,
    types: Vec<&'static str>,
    versions: Vec<i16>,
    owners: Vec<Option<&'a str>>,
    data: Vec<String>,
    failures_max: Vec<i16>,
    requests: Vec<Option<&'a str>>,
    starters: Vec<Option<String>>,
    keys: Vec<Option<&'a str>>,
    messages: Vec<&'a str>,
    bodies: Vec<&'a [u8]>,
    reasons: Vec<&'static str>,
    details: Vec<&'a str>,
}

impl<'a> Shorts<'a> {
    /// None where the batch has none.
    fn of(request: &'a ClaimRequest) -> Option<Self> {
        let shorts = || request.shorts.iter();
        (!request.shorts.is_empty()).then(|| Self {
            queue: request.queue.name(),
            ids: shorts().map(|short| short.id).collect(),
            runs: shorts().map(|short| short.run_id).collect(),
            types: shorts().map(|short| short.job_type.name()).collect(),
            versions: shorts().map(|short| version(short.job_type)).collect(),
            owners: shorts().map(|short| short.organization_id.as_deref()).collect(),
            data: shorts().map(|short| short.data.to_string()).collect(),
            failures_max: shorts().map(|short| short.job_type.spec().failures_max).collect(),
            requests: shorts().map(|short| short.request_id.as_deref()).collect(),
            starters: shorts().map(|one| one.starter.map(TraceContext::traceparent)).collect(),
            keys: shorts().map(|short| short.idempotency_key.as_deref()).collect(),
            messages: shorts().map(|short| short.conflict.message_id.as_str()).collect(),
            bodies: shorts().map(|short| short.conflict.body.as_slice()).collect(),
            reasons: shorts().map(|short| short.conflict.reason).collect(),
            details: shorts().map(|short| short.conflict.detail.as_str()).collect(),
        })
    }
}

impl Session {
    pub(crate) async fn insert_shorts(
        &self,
        request: &ClaimRequest,
        via: Via,
    ) -> Result<Vec<Row>, Error> {
        let Some(shorts) = Shorts::of(request) else { return Ok(Vec::new()) };
        let dead = via == Via::DeadLetters;
        let deaths: Vec<Option<&str>> =
            shorts.messages.iter().map(|message| dead.then_some(*message)).collect();
        let params: &[Param<'_>] = &[
            (&shorts.ids, Type::UUID_ARRAY),
            (&shorts.runs, Type::UUID_ARRAY),
            (&shorts.types, Type::TEXT_ARRAY),
            (&shorts.versions, Type::INT2_ARRAY),
            (&shorts.owners, Type::TEXT_ARRAY),
            (&shorts.data, Type::TEXT_ARRAY),
            (&shorts.failures_max, Type::INT2_ARRAY),
            (&shorts.requests, Type::TEXT_ARRAY),
            (&shorts.keys, Type::TEXT_ARRAY),
            (&deaths, Type::TEXT_ARRAY),
            (&shorts.queue, Type::TEXT),
            (&shorts.messages, Type::TEXT_ARRAY),
            (&shorts.starters, Type::TEXT_ARRAY),
        ];
        self.client.query_typed(sql!("insert_shorts.sql"), params).await
    }

    /// What stands in the place of hand-sent jobs that got no row.
    pub(crate) async fn judge_shorts(&self, request: &ClaimRequest) -> Result<Vec<Row>, Error> {
        let Some(shorts) = Shorts::of(request) else { return Ok(Vec::new()) };
        let params: &[Param<'_>] = &[
            (&shorts.ids, Type::UUID_ARRAY),
            (&shorts.types, Type::TEXT_ARRAY),
            (&shorts.owners, Type::TEXT_ARRAY),
            (&shorts.data, Type::TEXT_ARRAY),
            (&shorts.keys, Type::TEXT_ARRAY),
            (&shorts.messages, Type::TEXT_ARRAY),
            (&shorts.bodies, Type::BYTEA_ARRAY),
            (&shorts.reasons, Type::TEXT_ARRAY),
            (&shorts.details, Type::TEXT_ARRAY),
            (&shorts.queue, Type::TEXT),
        ];
        self.client.query_typed(sql!("judge_shorts.sql"), params).await
    }

    /// Fails the transaction where a hand-sent job would be lost.
    pub(crate) async fn refuse_lost(&self, request: &ClaimRequest) -> Result<Vec<Row>, Error> {
        let Some(shorts) = Shorts::of(request) else { return Ok(Vec::new()) };
        let params: &[Param<'_>] = &[
            (&shorts.ids, Type::UUID_ARRAY),
            (&shorts.types, Type::TEXT_ARRAY),
            (&shorts.owners, Type::TEXT_ARRAY),
            (&shorts.keys, Type::TEXT_ARRAY),
            (&shorts.messages, Type::TEXT_ARRAY),
            (&shorts.queue, Type::TEXT),
        ];
        self.client.query_typed(sql!("refuse_lost.sql"), params).await
    }

    pub(crate) async fn insert_letters(
        &self,
        queue: &str,
        letters: &[DeadLetter],
    ) -> Result<Vec<Row>, Error> {
        if letters.is_empty() {
            return Ok(Vec::new());
        }
        let messages: Vec<&str> = letters.iter().map(|l| l.message_id.as_str()).collect();
        let bodies: Vec<&[u8]> = letters.iter().map(|letter| letter.body.as_slice()).collect();
        let reasons: Vec<&str> = letters.iter().map(|letter| letter.reason).collect();
        let details: Vec<&str> = letters.iter().map(|letter| letter.detail.as_str()).collect();
        let params: &[Param<'_>] = &[
            (&queue, Type::TEXT),
            (&messages, Type::TEXT_ARRAY),
            (&bodies, Type::BYTEA_ARRAY),
            (&reasons, Type::TEXT_ARRAY),
            (&details, Type::TEXT_ARRAY),
        ];
        self.client.query_typed(sql!("insert_letters.sql"), params).await
    }

    pub(crate) async fn insert_missing(&self, request: &ClaimRequest) -> Result<Vec<Row>, Error> {
        if request.addresses.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = request.addresses.iter().map(|(id, _)| *id).collect();
        let messages: Vec<&str> = request.addresses.iter().map(|(_, m)| m.as_str()).collect();
        let params: &[Param<'_>] = &[
            (&request.queue.name(), Type::TEXT),
            (&ids, Type::UUID_ARRAY),
            (&messages, Type::TEXT_ARRAY),
        ];
        self.client.query_typed(sql!("insert_missing.sql"), params).await
    }
}
