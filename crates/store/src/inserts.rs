//! Rows that a batch brings along: jobs sent by hand and dead letters.

use mauntic_flows::ports::ClaimRequest;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use crate::Session;
use crate::flight::Param;

impl Session {
    pub(crate) async fn insert_shorts(&self, request: &ClaimRequest) -> Result<Vec<Row>, Error> {
        let shorts = &request.shorts;
        if shorts.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = shorts.iter().map(|short| short.id).collect();
        let types: Vec<&str> = shorts.iter().map(|short| short.type_name).collect();
        let owners: Vec<&str> = shorts.iter().map(|s| s.organization_id.as_str()).collect();
        let data: Vec<String> = shorts.iter().map(|short| short.data.to_string()).collect();
        let failures_max: Vec<i16> = shorts.iter().map(|short| short.failures_max).collect();
        let requests: Vec<Option<&str>> = shorts.iter().map(|s| s.request_id.as_deref()).collect();
        let params: &[Param<'_>] = &[
            (&ids, Type::UUID_ARRAY),
            (&types, Type::TEXT_ARRAY),
            (&owners, Type::TEXT_ARRAY),
            (&data, Type::TEXT_ARRAY),
            (&failures_max, Type::INT2_ARRAY),
            (&requests, Type::TEXT_ARRAY),
            (&request.queue.name(), Type::TEXT),
        ];
        self.client.query_typed(include_str!("../sql/insert_shorts.sql"), params).await
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
