//! Rows that a batch brings along: jobs sent by hand and dead letters.

use mauntic_flows::ports::ClaimRequest;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use crate::Session;
use crate::flight::Param;
use crate::runs::version;

/// Where a batch came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// The queue of jobs.
    Queue,
    /// The dead-letter queue behind it. A job that gets its row by that way was
    /// never tried, so that its message counts no death.
    DeadLetters,
}

impl Session {
    pub(crate) async fn insert_shorts(
        &self,
        request: &ClaimRequest,
        via: Via,
    ) -> Result<Vec<Row>, Error> {
        let shorts = &request.shorts;
        if shorts.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = shorts.iter().map(|short| short.id).collect();
        let runs: Vec<Uuid> = shorts.iter().map(|short| short.run_id).collect();
        let types: Vec<&str> = shorts.iter().map(|short| short.job_type.name()).collect();
        let versions: Vec<i16> = shorts.iter().map(|s| version(s.job_type)).collect();
        let owners: Vec<Option<&str>> =
            shorts.iter().map(|s| s.organization_id.as_deref()).collect();
        let data: Vec<String> = shorts.iter().map(|short| short.data.to_string()).collect();
        let failures_max: Vec<i16> =
            shorts.iter().map(|short| short.job_type.spec().failures_max).collect();
        let requests: Vec<Option<&str>> = shorts.iter().map(|s| s.request_id.as_deref()).collect();
        let keys: Vec<Option<&str>> = shorts.iter().map(|s| s.idempotency_key.as_deref()).collect();
        let messages: Vec<&str> = shorts.iter().map(|s| s.conflict.message_id.as_str()).collect();
        let dead = via == Via::DeadLetters;
        let deaths: Vec<Option<&str>> =
            messages.iter().map(|message| dead.then_some(*message)).collect();
        let params: &[Param<'_>] = &[
            (&ids, Type::UUID_ARRAY),
            (&runs, Type::UUID_ARRAY),
            (&types, Type::TEXT_ARRAY),
            (&versions, Type::INT2_ARRAY),
            (&owners, Type::TEXT_ARRAY),
            (&data, Type::TEXT_ARRAY),
            (&failures_max, Type::INT2_ARRAY),
            (&requests, Type::TEXT_ARRAY),
            (&keys, Type::TEXT_ARRAY),
            (&deaths, Type::TEXT_ARRAY),
            (&request.queue.name(), Type::TEXT),
            (&messages, Type::TEXT_ARRAY),
        ];
        self.client.query_typed(include_str!("../sql/insert_shorts.sql"), params).await
    }

    /// What stands in the place of hand-sent jobs that got no row.
    pub(crate) async fn judge_shorts(&self, request: &ClaimRequest) -> Result<Vec<Row>, Error> {
        let shorts = &request.shorts;
        if shorts.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = shorts.iter().map(|short| short.id).collect();
        let types: Vec<&str> = shorts.iter().map(|short| short.job_type.name()).collect();
        let owners: Vec<Option<&str>> =
            shorts.iter().map(|s| s.organization_id.as_deref()).collect();
        let data: Vec<String> = shorts.iter().map(|short| short.data.to_string()).collect();
        let keys: Vec<Option<&str>> = shorts.iter().map(|s| s.idempotency_key.as_deref()).collect();
        let messages: Vec<&str> = shorts.iter().map(|s| s.conflict.message_id.as_str()).collect();
        let bodies: Vec<&[u8]> = shorts.iter().map(|s| s.conflict.body.as_slice()).collect();
        let reasons: Vec<&str> = shorts.iter().map(|short| short.conflict.reason).collect();
        let details: Vec<&str> = shorts.iter().map(|s| s.conflict.detail.as_str()).collect();
        let params: &[Param<'_>] = &[
            (&ids, Type::UUID_ARRAY),
            (&types, Type::TEXT_ARRAY),
            (&owners, Type::TEXT_ARRAY),
            (&data, Type::TEXT_ARRAY),
            (&keys, Type::TEXT_ARRAY),
            (&messages, Type::TEXT_ARRAY),
            (&bodies, Type::BYTEA_ARRAY),
            (&reasons, Type::TEXT_ARRAY),
            (&details, Type::TEXT_ARRAY),
            (&request.queue.name(), Type::TEXT),
        ];
        self.client.query_typed(include_str!("../sql/judge_shorts.sql"), params).await
    }

    /// Fails the transaction where a hand-sent job would be lost.
    pub(crate) async fn refuse_lost(&self, request: &ClaimRequest) -> Result<Vec<Row>, Error> {
        let shorts = &request.shorts;
        if shorts.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = shorts.iter().map(|short| short.id).collect();
        let types: Vec<&str> = shorts.iter().map(|short| short.job_type.name()).collect();
        let owners: Vec<Option<&str>> =
            shorts.iter().map(|s| s.organization_id.as_deref()).collect();
        let keys: Vec<Option<&str>> = shorts.iter().map(|s| s.idempotency_key.as_deref()).collect();
        let messages: Vec<&str> = shorts.iter().map(|s| s.conflict.message_id.as_str()).collect();
        let params: &[Param<'_>] = &[
            (&ids, Type::UUID_ARRAY),
            (&types, Type::TEXT_ARRAY),
            (&owners, Type::TEXT_ARRAY),
            (&keys, Type::TEXT_ARRAY),
            (&messages, Type::TEXT_ARRAY),
            (&request.queue.name(), Type::TEXT),
        ];
        self.client.query_typed(include_str!("../sql/refuse_lost.sql"), params).await
    }

    pub(crate) async fn insert_letters(&self, request: &ClaimRequest) -> Result<Vec<Row>, Error> {
        let letters = &request.letters;
        if letters.is_empty() {
            return Ok(Vec::new());
        }
        let messages: Vec<&str> = letters.iter().map(|l| l.message_id.as_str()).collect();
        let bodies: Vec<&[u8]> = letters.iter().map(|letter| letter.body.as_slice()).collect();
        let reasons: Vec<&str> = letters.iter().map(|letter| letter.reason).collect();
        let details: Vec<&str> = letters.iter().map(|letter| letter.detail.as_str()).collect();
        let params: &[Param<'_>] = &[
            (&request.queue.name(), Type::TEXT),
            (&messages, Type::TEXT_ARRAY),
            (&bodies, Type::BYTEA_ARRAY),
            (&reasons, Type::TEXT_ARRAY),
            (&details, Type::TEXT_ARRAY),
        ];
        self.client.query_typed(include_str!("../sql/insert_letters.sql"), params).await
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
        self.client.query_typed(include_str!("../sql/insert_missing.sql"), params).await
    }
}
