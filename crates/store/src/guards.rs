//! Breakers and the notification ledger. Both are guarded by what their row
//! says at that moment, so that of several that act at once one wins.

use std::convert::Infallible;

use chrono::{DateTime, Utc};
use futures::future::join;
use mauntic_domain::breaker::Breaker;
use mauntic_domain::notifications::{RESERVATION, Reservation, Window};
use mauntic_flows::ports::{Dependency, GuardStore, PortError};
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::acts::{Made, Move, Open, perform};
use crate::audit::Noted;
use crate::flight::{Param, Statement};
use crate::rows::{column, unreadable};

/// Times a notification is asked for again whose row was there when it was
/// asked for and gone when it was read: retention takes a row once.
const RECORD_REPEATS_MAX: usize = 3;

impl GuardStore for Session {
    async fn breaker(
        &self,
        dependency: Dependency,
    ) -> Result<(Breaker, i64, DateTime<Utc>), PortError> {
        let params: &[Param<'_>] = &[(&dependency.name(), Type::TEXT)];
        let sql = sql!("read_breaker.sql");
        let rows = self.statement("reading a breaker", sql, params).await?;
        let row = rows.first().ok_or_else(|| unreadable("clock"))?;
        let now = column(row, "now")?;
        match column::<Option<i64>>(row, "version")? {
            Some(version) => Ok((breaker(row)?, version, now)),
            None => Ok((Breaker::Healthy, 0, now)),
        }
    }

    async fn put_breaker(
        &self,
        dependency: Dependency,
        version: i64,
        breaker: Breaker,
    ) -> Result<bool, PortError> {
        let (failures, successes, until) = columns(breaker);
        let params: &[Param<'_>] = &[
            (&dependency.name(), Type::TEXT),
            (&breaker.name(), Type::TEXT),
            (&failures, Type::INT4),
            (&successes, Type::INT4),
            (&until, Type::TIMESTAMPTZ),
            (&version, Type::INT8),
        ];
        let what = "storing a breaker";
        let stored = match params {
            [first @ .., _] if version == 0 => {
                self.statement(what, sql!("insert_breaker.sql"), first).await?
            }
            all => self.statement(what, sql!("update_breaker.sql"), all).await?,
        };
        Ok(!stored.is_empty())
    }

    async fn try_record(
        &self,
        subject: &str,
        kind: &'static str,
        window: Window,
        token: Uuid,
        fresh_id: Uuid,
    ) -> Result<Reservation, PortError> {
        let what = "reserving a notification";
        let ask: &[Param<'_>] = &[
            (&subject, Type::TEXT),
            (&kind, Type::TEXT),
            (&fresh_id, Type::UUID),
            (&token, Type::UUID),
            (&RESERVATION.num_seconds(), Type::INT8),
            (&window.length().num_seconds(), Type::INT8),
        ];
        let read: &[Param<'_>] = &[(&subject, Type::TEXT), (&kind, Type::TEXT)];
        for _ in 0..=RECORD_REPEATS_MAX {
            // Two statements of one flight: the second sees whom the first
            // waited for.
            let (reserved, present) = join(
                self.statement(what, sql!("try_record.sql"), ask),
                self.statement(what, sql!("read_notification.sql"), read),
            )
            .await;
            if let Some(row) = reserved?.first() {
                return Ok(Reservation::Reserved { id: column(row, "id")? });
            }
            if let Some(row) = present?.first() {
                // A row that is sent has no lease.
                let lease = column::<Option<DateTime<Utc>>>(row, "lease_until")?;
                return Ok(lease.map_or(Reservation::Sent, |until| Reservation::Held { until }));
            }
        }
        let cause = "its row was gone whenever it was read".to_owned();
        Err(PortError::Contention { what, cause })
    }
}

/// Closes a breaker, whatever its state.
pub(crate) async fn reset_breaker(
    session: &Session,
    dependency: Dependency,
) -> Result<(), PortError> {
    perform(session, &Reset(dependency)).await.map(|_| ())
}

struct Reset(Dependency);

impl Move for Reset {
    const WHAT: &'static str = "resetting a breaker";
    type Done = bool;
    type Refused = Infallible;

    async fn make(&self, open: &Open<'_>) -> Result<Made<bool, Infallible>, PortError> {
        let params: &[Param<'_>] = &[(&self.0.name(), Type::TEXT)];
        let sql = sql!("reset_breaker.sql");
        let rows = open.rows(Statement { sql, params }).await?;
        let row = rows.first().ok_or_else(|| unreadable("the breaker"))?;
        let before: Option<String> = column(row, "state")?;
        let closed = Breaker::Healthy.name();
        let noted = Noted {
            action: "breaker.reset",
            target: self.0.name().to_owned(),
            before: json!({"state": before.as_deref().unwrap_or(closed)}),
            after: json!({"state": closed}),
        };
        Ok(Made::Done(true, vec![noted]))
    }
}

/// Failures, successes and the time of a breaker's row.
fn columns(breaker: Breaker) -> (i32, i32, Option<DateTime<Utc>>) {
    // Both are bounded by constants of one digit or two.
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    match breaker {
        Breaker::Healthy => (0, 0, None),
        Breaker::Failing { failures } => (count(failures), 0, None),
        Breaker::Open { until } => (0, 0, Some(until)),
        Breaker::HalfOpen { successes, probe_until } => (0, count(successes), probe_until),
    }
}

pub(crate) fn breaker(row: &Row) -> Result<Breaker, PortError> {
    let state: String = column(row, "state")?;
    let until: Option<DateTime<Utc>> = column(row, "until")?;
    let count = |name: &str| {
        u32::try_from(column::<i32>(row, name)?).map_err(|_| unreadable(&format!("column {name}")))
    };
    match (state.as_str(), count("failures")?, until) {
        ("closed", 0, _) => Ok(Breaker::Healthy),
        ("closed", failures, _) => Ok(Breaker::Failing { failures }),
        ("open", _, Some(until)) => Ok(Breaker::Open { until }),
        ("half_open", _, probe_until) => {
            Ok(Breaker::HalfOpen { successes: count("successes")?, probe_until })
        }
        _ => Err(unreadable("column state")),
    }
}
