//! Claims: of a batch in one flight, and of one job alone.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures::future::{join, join4};
use mauntic_domain::jobs::JobType;
use mauntic_domain::jobs::types::LEASE_SECS_DEFAULT;
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, ClaimReply, ClaimRequest, Next, PortError, Seen,
};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use crate::error::{no_answer, statement_error};
use crate::flight::{Param, READ_WRITE, Statement, transaction};
use crate::inserts::Via;
use crate::rows::version;
use crate::rows::{self, column, held, state, unreadable};
use crate::{SCHEMA, Session};

/// Claims a batch, and writes its delivery with it, so that no claim is ever
/// without its count. What stands beside it are transactions of their own: a
/// dead letter that cannot be kept costs no other message its claim.
pub(crate) async fn claim(
    session: &Session,
    request: &ClaimRequest,
) -> Result<ClaimReply, PortError> {
    let failed = |error: Error| statement_error("the claim", &error);
    let ids = job_ids(request);
    let flight = join4(
        session.insert_shorts(request, Via::Queue),
        Box::pin(take(session, request, &ids)),
        session.client.query_typed(include_str!("../sql/clock.sql"), &[]),
        Box::pin(letters(session, request)),
    );
    let (shorts, taken, clock, letters) = session.within(flight).await.map_err(no_answer)?;
    shorts.map_err(failed)?;
    let clock = clock.map_err(failed)?;
    let clock = clock.first().ok_or_else(|| unreadable("clock"))?;
    // First: on another schema the statements themselves may not be understood.
    check_schema(column(clock, "version")?)?;
    let (claimed, looked) = taken.map_err(failed)?;
    let held: Vec<_> = claimed.iter().map(held).collect::<Result<_, _>>()?;
    let seen: Vec<Seen> = looked.iter().map(read_seen).collect::<Result<_, _>>()?;
    let ours = held.iter().map(|held| held.id);
    let known: BTreeSet<Uuid> = ours.chain(seen.iter().map(|seen| seen.id)).collect();
    let mut reply = ClaimReply {
        now: column(clock, "now")?,
        held,
        seen,
        missing: Vec::new(),
        joined: Vec::new(),
        conflicts: Vec::new(),
        letters: Ok(()),
    };
    match letters {
        Ok((missing, judged)) => {
            // As the dead letters have it: what got a row between the look and
            // them is in no list, and its message comes back.
            reply.missing = rows::ids(&missing)?;
            reply.missing.retain(|id| !known.contains(id));
            for row in &judged {
                let list =
                    if column(row, "same")? { &mut reply.joined } else { &mut reply.conflicts };
                list.push(column(row, "id")?);
            }
        }
        Err(error) => {
            let addressed = request.addresses.iter().map(|(id, _)| *id);
            reply.missing = addressed.filter(|id| !known.contains(id)).collect();
            reply.letters = Err(failed(error));
        }
    }
    Ok(reply)
}

/// Claims one job alone.
pub(crate) async fn claim_alone(
    session: &Session,
    request: AloneRequest,
) -> Result<AloneClaim, PortError> {
    let params: &[Param<'_>] = &[
        (&request.id, Type::UUID),
        (&request.queue.name(), Type::TEXT),
        (&session.lease(request.lease_secs), Type::INT8),
        (&request.token, Type::UUID),
    ];
    let sql = include_str!("../sql/claim_alone.sql");
    let claimed = session.statement("the claim", sql, params).await?;
    let Some(row) = claimed.first() else {
        return Ok(AloneClaim::NotDue);
    };
    let now: DateTime<Utc> = column(row, "now")?;
    Ok(match column::<String>(row, "state")?.as_str() {
        "in_progress" => AloneClaim::Held(held(row)?, now),
        _ => AloneClaim::DeadLettered,
    })
}

/// Every job the batch names, sorted and distinct.
fn job_ids(request: &ClaimRequest) -> Vec<Uuid> {
    let addressed = request.addresses.iter().map(|(id, _)| *id);
    let ids: BTreeSet<Uuid> = addressed.chain(request.shorts.iter().map(|s| s.id)).collect();
    ids.into_iter().collect()
}

/// The claim of what is batched, then the look at what is left with the
/// delivery's row, in one transaction.
async fn take(
    session: &Session,
    request: &ClaimRequest,
    ids: &[Uuid],
) -> Result<(Vec<Row>, Vec<Row>), Error> {
    let batched = request.types.iter().copied().filter(|job_type| job_type.spec().batched);
    let (batched, types) =
        (TypeColumns::of(batched), TypeColumns::of(request.types.iter().copied()));
    let (queue, lease) = (request.queue.name(), session.lease(LEASE_SECS_DEFAULT));
    // The platform delivers a hundred messages at most.
    let unreadable = i32::try_from(request.letters.len()).unwrap_or(i32::MAX);
    let claim: &[Param<'_>] = &[
        (&ids, Type::UUID_ARRAY),
        (&queue, Type::TEXT),
        (&batched.names, Type::TEXT_ARRAY),
        (&batched.versions, Type::INT2_ARRAY),
        (&lease, Type::INT8),
        (&request.token, Type::UUID),
        (SCHEMA.start(), Type::INT4),
        (SCHEMA.end(), Type::INT4),
    ];
    let look: &[Param<'_>] = &[
        (&ids, Type::UUID_ARRAY),
        (&queue, Type::TEXT),
        (&types.names, Type::TEXT_ARRAY),
        (&types.versions, Type::INT2_ARRAY),
        (&types.batched, Type::BOOL_ARRAY),
        (&request.token, Type::UUID),
        (&request.messages, Type::INT4),
        (&unreadable, Type::INT4),
        (&request.repeated, Type::INT4),
    ];
    let claim = Statement { sql: include_str!("../sql/claim_batch.sql"), params: claim };
    let look = Statement { sql: include_str!("../sql/look.sql"), params: look };
    let claims = !ids.is_empty() && !batched.names.is_empty();
    let statements: &[Statement<'_>] = if claims { &[claim, look] } else { &[look] };
    let mut answers = transaction(&session.client, READ_WRITE, statements).await?.into_iter();
    let claimed = if claims { answers.next() } else { None };
    Ok((claimed.unwrap_or_default(), answers.next().unwrap_or_default()))
}

/// Keeps what is no job; returns the addresses without a row, and the hand-sent
/// jobs whose key another job holds.
async fn letters(session: &Session, request: &ClaimRequest) -> Result<(Vec<Row>, Vec<Row>), Error> {
    let (letters, (missing, judged)) = join(
        session.insert_letters(request.queue.name(), &request.letters),
        join(session.insert_missing(request), session.judge_shorts(request)),
    )
    .await;
    letters?;
    Ok((missing?, judged?))
}

/// What the statements know of types, column by column.
struct TypeColumns {
    names: Vec<&'static str>,
    versions: Vec<i16>,
    batched: Vec<bool>,
}

impl TypeColumns {
    fn of(types: impl Iterator<Item = JobType> + Clone) -> Self {
        Self {
            names: types.clone().map(JobType::name).collect(),
            versions: types.clone().map(version).collect(),
            batched: types.map(|job_type| job_type.spec().batched).collect(),
        }
    }
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
        "another_build" => Next::AnotherBuild,
        _ => Next::Nothing,
    };
    Ok(Seen {
        id: column(row, "id")?,
        type_name: column(row, "type")?,
        state: state(row)?,
        was_alone: column(row, "alone")?,
        next,
    })
}
