//! Jobs that become dead letters outside of an attempt of their own.

use futures::future::{join, join5};
use mauntic_domain::jobs::limits::PLATFORM_DEATHS_MAX;
use mauntic_flows::ports::{ClaimRequest, Died, PortError};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use crate::Session;
use crate::error::{commit_error, no_commit_answer};
use crate::flight::{Param, READ_WRITE};
use crate::inserts::Via;
use crate::rows::died;

/// Judges messages that the platform gave up on, in one transaction of one
/// flight. Hand-sent messages get their rows first, for what is judged includes
/// them. A repeat after a lost answer counts nothing twice.
pub(crate) async fn bury(
    session: &Session,
    request: &ClaimRequest,
) -> Result<Vec<Died>, PortError> {
    let what = "judging dead messages";
    let flight = Box::pin(join5(
        session.client.batch_execute(READ_WRITE),
        session.insert_shorts(request, Via::DeadLetters),
        join(
            session.insert_letters(request.queue.name(), &request.letters),
            join(session.insert_missing(request), session.judge_shorts(request)),
        ),
        join(session.refuse_lost(request), judge(session, request)),
        session.client.batch_execute("commit"),
    ));
    let (begun, shorts, (letters, (missing, joined)), (lost, judged), committed) =
        session.within(flight).await.map_err(no_commit_answer(what))?;
    let kept = begun.and(shorts).and(letters).and(missing).and(joined);
    let judged = kept.and(lost).and(judged).and_then(|rows| committed.map(|()| rows));
    let dead = judged.map_err(|error| commit_error(what, &error))?;
    dead.iter().map(|row| died(row, "isolate_killed")).collect()
}

async fn judge(session: &Session, request: &ClaimRequest) -> Result<Vec<Row>, Error> {
    let addressed = request.addresses.iter().map(|(id, message)| (*id, message.as_str()));
    let shorts = request.shorts.iter().map(|s| (s.id, s.conflict.message_id.as_str()));
    let mut messages: Vec<(Uuid, &str)> = addressed.chain(shorts).collect();
    messages.sort_unstable();
    messages.dedup_by_key(|(id, _)| *id);
    let (ids, messages): (Vec<Uuid>, Vec<&str>) = messages.into_iter().unzip();
    let params: &[Param<'_>] = &[
        (&ids, Type::UUID_ARRAY),
        (&messages, Type::TEXT_ARRAY),
        (&request.queue.name(), Type::TEXT),
        (&PLATFORM_DEATHS_MAX, Type::INT2),
    ];
    session.client.query_typed(sql!("bury.sql"), params).await
}

/// Makes jobs dead letters that are past their time.
pub(crate) async fn expire(session: &Session, limit: i64) -> Result<Vec<Died>, PortError> {
    let params: &[Param<'_>] = &[(&limit, Type::INT8)];
    let rows = session.change("expiring jobs", sql!("expire.sql"), params).await?;
    rows.iter().map(|row| died(row, "expired")).collect()
}
