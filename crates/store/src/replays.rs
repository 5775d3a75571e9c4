//! Replays of many dead letters: asked for, looked at and ended here; gone on
//! with in [`crate::advance`].

use mauntic_flows::ports::{CaseFilter, Ended, PortError, ReplayOrder, ReplayRow};
use serde_json::{Value, json};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

pub(crate) use crate::advance::advance;

use crate::Session;
use crate::acts::{Made, Move, Open, either, perform};
use crate::audit::Noted;
use crate::flight::{Param, Statement};
use crate::rows::{column, json as json_column, unreadable};

/// Whose replay it is that nobody asked for by name: who has the database.
const NOBODY: &str = "owner";

const READ: &str = sql!("read_replay.sql");

/// Writes a replay of many.
pub(crate) async fn order(session: &Session, order: &ReplayOrder) -> Result<ReplayRow, PortError> {
    perform(session, order).await.map(either)
}

/// A replay of many.
pub(crate) async fn row(session: &Session, id: Uuid) -> Result<Option<ReplayRow>, PortError> {
    let params: &[Param<'_>] = &[(&id, Type::UUID)];
    let rows = session.statement("reading a replay", READ, params).await?;
    rows.first().map(replay_row).transpose()
}

/// Ends a replay of many.
pub(crate) async fn end(session: &Session, id: Uuid) -> Result<Ended, PortError> {
    perform(session, &End(id)).await.map(either)
}

impl Move for ReplayOrder {
    const WHAT: &'static str = "ordering a replay";
    type Done = ReplayRow;
    type Refused = ReplayRow;

    async fn make(&self, open: &Open<'_>) -> Result<Made<ReplayRow, ReplayRow>, PortError> {
        let filter = filter(&self.filter)?;
        let text = filter.to_string();
        let [most, canary, pace] =
            [self.terms.limit, self.terms.canary, self.terms.per_second].map(small);
        let act = open.session().act();
        let by = act.map_or(NOBODY, |act| &act.actor);
        let why = act.and_then(|act| act.reason.as_ref());
        let request = act.map(|act| act.request_id.as_str()).filter(|id| !id.is_empty());
        let params: &[Param<'_>] = &[
            (&self.id, Type::UUID),
            (&text, Type::TEXT),
            (&most, Type::INT4),
            (&canary, Type::INT4),
            (&pace, Type::INT4),
            (&by, Type::TEXT),
            (&why, Type::TEXT),
            (&request, Type::TEXT),
        ];
        let write = Statement { sql: sql!("order_replay.sql"), params };
        let read = Statement { sql: READ, params: &[(&self.id, Type::UUID)] };
        let answers = open.flight(&[write, read]).await?;
        let [written, found] = answers.as_slice() else {
            return Err(unreadable("the answers of an order"));
        };
        let row = found.first().ok_or_else(|| unreadable("the replay"))?;
        let row = replay_row(row)?;
        // There already: the first answer was lost.
        if written.is_empty() {
            return Ok(Made::Nothing(row));
        }
        let after = json!({
            "filter": filter, "limit": most, "canary": canary, "perSecond": pace,
        });
        let target = self.id.to_string();
        let noted = Noted { action: "dlq.replay_many", target, before: Value::Null, after };
        Ok(Made::Done(row, vec![noted]))
    }
}

struct End(Uuid);

impl Move for End {
    const WHAT: &'static str = "ending a replay";
    type Done = Ended;
    type Refused = Ended;

    async fn make(&self, open: &Open<'_>) -> Result<Made<Ended, Ended>, PortError> {
        let params: &[Param<'_>] = &[(&self.0, Type::UUID)];
        let end = Statement { sql: sql!("end_replay.sql"), params };
        let look = Statement { sql: sql!("replay_status.sql"), params };
        let answers = open.flight(&[end, look]).await?;
        let [ended, found] = answers.as_slice() else {
            return Err(unreadable("the answers of an end"));
        };
        let Some(before) = ended.first() else {
            let over = |row: &Row| Ok(Ended::Over { status: column(row, "status")? });
            let refused = found.first().map_or(Ok(Ended::Unknown), over)?;
            return Ok(Made::Nothing(refused));
        };
        let replayed: i32 = column(before, "replayed")?;
        let noted = Noted {
            action: "dlq.replay_cancel",
            target: self.0.to_string(),
            before: json!({"status": column::<String>(before, "status")?, "replayed": replayed}),
            after: json!({"status": "cancelled"}),
        };
        Ok(Made::Done(Ended::Done { jobs: 0 }, vec![noted]))
    }
}

/// A filter as it is kept.
pub(crate) fn filter(filter: &CaseFilter) -> Result<Value, PortError> {
    let refused = |error: serde_json::Error| PortError::Refused {
        what: "ordering a replay",
        cause: error.to_string(),
    };
    serde_json::to_value(filter).map_err(refused)
}

/// A count of the terms: all are bounded far below.
fn small(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A count as its column has it.
pub(crate) fn count(row: &Row, name: &str) -> Result<u32, PortError> {
    u32::try_from(column::<i32>(row, name)?).map_err(|_| unreadable(&format!("column {name}")))
}

fn replay_row(row: &Row) -> Result<ReplayRow, PortError> {
    let replayed = count(row, "replayed")?;
    let (completed, dead_again) = (count(row, "completed")?, count(row, "dead_again")?);
    Ok(ReplayRow {
        id: column(row, "id")?,
        filter: json_column(row, "filter")?,
        limit: count(row, "case_limit")?,
        canary: count(row, "canary")?,
        per_second: count(row, "per_second")?,
        actor: column(row, "actor")?,
        why: column(row, "why")?,
        created_at: column(row, "created_at")?,
        status: column(row, "status")?,
        replayed,
        refused: count(row, "refused")?,
        canaries: column(row, "canaries")?,
        paced_until: column(row, "paced_until")?,
        stopped_by: column(row, "stopped_by")?,
        finished_at: column(row, "finished_at")?,
        completed,
        dead_again,
        unfinished: replayed.saturating_sub(completed).saturating_sub(dead_again),
    })
}
