//! Claims: of a batch in one flight, and of one job alone.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures::future::{join3, join4};
use mauntic_domain::jobs::JobType;
use mauntic_domain::jobs::types::LEASE_SECS_DEFAULT;
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, ClaimReply, ClaimRequest, Held, Next, PortError, Seen,
};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use crate::error::{no_answer, statement_error};
use crate::flight::Param;
use crate::inserts::Via;
use crate::rows::version;
use crate::rows::{self, column, held, state, unreadable};
use crate::{SCHEMA, Session};

/// Claims a batch, and writes its delivery with it, so that no claim is ever
/// without its count. Where every job was claimed, which is nearly always, that
/// is all; else what the others wait for is looked at, in the same flight where
/// the messages say that there are such. Dead letters are transactions of their
/// own: one that cannot be kept costs no other message its claim.
pub(crate) async fn claim(
    session: &Session,
    request: &ClaimRequest,
) -> Result<ClaimReply, PortError> {
    let failed = |error: Error| statement_error("the claim", &error);
    let ids = job_ids(request);
    let at_once = request.expects_others || !request.shorts.is_empty();
    let flight = join4(
        session.insert_shorts(request, Via::Queue),
        Box::pin(take(session, request, &ids)),
        session.insert_letters(request.queue.name(), &request.letters),
        Box::pin(async { if at_once { Some(others(session, request, &ids).await) } else { None } }),
    );
    let (shorts, taken, letters, mut looked) = session.within(flight).await.map_err(no_answer)?;
    shorts.map_err(failed)?;
    let taken = match taken {
        Ok(rows) => rows,
        // On another schema the statement itself may not be understood.
        Err(error) => return Err(refused_schema(session).await.unwrap_or_else(|| failed(error))),
    };
    let first = taken.first().ok_or_else(|| unreadable("clock"))?;
    check_schema(column(first, "schema_version")?)?;
    let now = column(first, "now")?;
    let claimed =
        taken.iter().filter(|row| !matches!(row.try_get::<_, Option<Uuid>>("id"), Ok(None)));
    let held: Vec<Held> = claimed.map(held).collect::<Result<_, _>>()?;
    if looked.is_none() && held.len() < ids.len() {
        let others = Box::pin(others(session, request, &ids));
        looked = Some(session.within(others).await.map_err(no_answer)?);
    }
    let mut reply = ClaimReply {
        now,
        held,
        seen: Vec::new(),
        missing: Vec::new(),
        joined: Vec::new(),
        conflicts: Vec::new(),
        letters: letters.map(|_| ()).map_err(failed),
    };
    if let Some((looked, kept)) = looked {
        reply.seen = looked.map_err(failed)?.iter().map(read_seen).collect::<Result<_, _>>()?;
        add_letters(&mut reply, request, kept.map_err(failed))?;
    }
    Ok(reply)
}

/// What was kept in place of jobs, or why it was not.
fn add_letters(
    reply: &mut ClaimReply,
    request: &ClaimRequest,
    kept: Result<(Vec<Row>, Vec<Row>), PortError>,
) -> Result<(), PortError> {
    let ours = reply.held.iter().map(|held| held.id);
    let known: BTreeSet<Uuid> = ours.chain(reply.seen.iter().map(|seen| seen.id)).collect();
    match kept {
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
            reply.letters = Err(error);
        }
    }
    Ok(())
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
    let sql = sql!("claim_alone.sql");
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

/// The claim of what is batched, with the delivery's row.
async fn take(session: &Session, request: &ClaimRequest, ids: &[Uuid]) -> Result<Vec<Row>, Error> {
    let batched = request.types.iter().copied().filter(|of| request.is_batched(*of));
    let batched = TypeColumns::of(request, batched);
    // The platform delivers a hundred messages at most.
    let unreadable = i32::try_from(request.letters.len()).unwrap_or(i32::MAX);
    let params: &[Param<'_>] = &[
        (&ids, Type::UUID_ARRAY),
        (&request.queue.name(), Type::TEXT),
        (&batched.names, Type::TEXT_ARRAY),
        (&batched.versions, Type::INT2_ARRAY),
        (&session.lease(LEASE_SECS_DEFAULT), Type::INT8),
        (&request.token, Type::UUID),
        (SCHEMA.start(), Type::INT4),
        (SCHEMA.end(), Type::INT4),
        (&request.messages, Type::INT4),
        (&unreadable, Type::INT4),
        (&request.repeated, Type::INT4),
    ];
    session.client.query_typed(sql!("claim_batch.sql"), params).await
}

/// What was looked at; addresses without a row, and hand-sent jobs whose key
/// another job holds.
type Others = (Result<Vec<Row>, Error>, Result<(Vec<Row>, Vec<Row>), Error>);

/// Looks at what was not claimed, and keeps what is no job.
async fn others(session: &Session, request: &ClaimRequest, ids: &[Uuid]) -> Others {
    let types = TypeColumns::of(request, request.types.iter().copied());
    let params: &[Param<'_>] = &[
        (&ids, Type::UUID_ARRAY),
        (&request.queue.name(), Type::TEXT),
        (&types.names, Type::TEXT_ARRAY),
        (&types.versions, Type::INT2_ARRAY),
        (&types.batched, Type::BOOL_ARRAY),
        (&request.token, Type::UUID),
    ];
    let (looked, missing, judged) = join3(
        session.client.query_typed(sql!("look.sql"), params),
        session.insert_missing(request),
        session.judge_shorts(request),
    )
    .await;
    (looked, missing.and_then(|missing| judged.map(|judged| (missing, judged))))
}

/// What the statements know of types, column by column.
struct TypeColumns {
    names: Vec<&'static str>,
    versions: Vec<i16>,
    batched: Vec<bool>,
}

impl TypeColumns {
    fn of(request: &ClaimRequest, types: impl Iterator<Item = JobType> + Clone) -> Self {
        Self {
            names: types.clone().map(JobType::name).collect(),
            versions: types.clone().map(version).collect(),
            batched: types.map(|job_type| request.is_batched(job_type)).collect(),
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

/// That the schema is another build's, if that is so.
async fn refused_schema(session: &Session) -> Option<PortError> {
    let clock = session.client.query_typed(sql!("clock.sql"), &[]);
    let rows = session.within(clock).await.ok()?.ok()?;
    check_schema(column(rows.first()?, "version").ok()?).err()
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
