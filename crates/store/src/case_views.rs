//! What operators see of dead letters: cases, their groups, and one of them
//! with its job and all that became of it.

use mauntic_flows::ports::{CaseDetail, CaseFilter, CaseGroup, CaseView, Page, Paged, PortError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::flight::Param;
use crate::rows::{column, ids};
use crate::slice::{PICK, Pick};
use crate::views::{self, LOOKED_MAX, paged};
use crate::{Session, replays};

/// Most cases of a job that are shown: of each replay one.
const LINEAGE_MAX: i64 = 100;

pub(crate) async fn cases(
    session: &Session,
    filter: &CaseFilter,
    open: bool,
    page: Page,
) -> Result<Paged<CaseView>, PortError> {
    let params: &[Param<'_>] = &[
        (&page.before, Type::UUID),
        (&page.limit, Type::INT8),
        (&LOOKED_MAX, Type::INT8),
        (&open, Type::BOOL),
        (&filter.queue, Type::TEXT),
        (&filter.type_name, Type::TEXT),
        (&filter.organization_id, Type::TEXT),
        (&filter.reason, Type::TEXT),
        (&filter.fingerprint, Type::TEXT),
        (&filter.run_id, Type::UUID),
        (&filter.payload, Type::JSONB),
    ];
    let rows = session.statement("listing cases", sql!("cases.sql"), params).await?;
    paged(&rows, page, case_view, |case| case.id)
}

pub(crate) async fn first_cases(
    session: &Session,
    filter: &CaseFilter,
    limit: i64,
) -> Result<Vec<Uuid>, PortError> {
    let pick = Pick { filter: replays::filter(filter)?, after: None, until: None };
    ids(&session.statement("finding the first cases", PICK, &pick.params(&limit)).await?)
}

pub(crate) async fn case_groups(
    session: &Session,
    filter: &CaseFilter,
    limit: i64,
) -> Result<Vec<CaseGroup>, PortError> {
    let params: &[Param<'_>] = &[
        (&limit, Type::INT8),
        (&filter.queue, Type::TEXT),
        (&filter.type_name, Type::TEXT),
        (&filter.organization_id, Type::TEXT),
        (&filter.reason, Type::TEXT),
        (&filter.fingerprint, Type::TEXT),
        (&filter.run_id, Type::UUID),
        (&filter.payload, Type::JSONB),
    ];
    let sql = sql!("case_groups.sql");
    session.statement("grouping cases", sql, params).await?.iter().map(case_group).collect()
}

pub(crate) async fn case(session: &Session, id: Uuid) -> Result<Option<CaseDetail>, PortError> {
    let what = "reading a case";
    let params: &[Param<'_>] = &[(&id, Type::UUID)];
    let rows = session.statement(what, sql!("case.sql"), params).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let case = case_view(row)?;
    // A message without a job may have become one.
    let Some(job_id) = case.job_id.or(case.replayed_as) else {
        let lineage = vec![case.clone()];
        return Ok(Some(CaseDetail { case, body: column(row, "body")?, job: None, lineage }));
    };
    let job = views::job(session, job_id).await?;
    let params: &[Param<'_>] = &[(&job_id, Type::UUID), (&LINEAGE_MAX, Type::INT8)];
    let lineage = session.statement(what, sql!("lineage.sql"), params).await?;
    let lineage = lineage.iter().map(case_view).collect::<Result<_, _>>()?;
    Ok(Some(CaseDetail { case, body: column(row, "body")?, job, lineage }))
}

pub(crate) fn case_view(row: &Row) -> Result<CaseView, PortError> {
    Ok(CaseView {
        id: column(row, "id")?,
        queue: column(row, "queue")?,
        type_name: column(row, "type")?,
        organization_id: column(row, "organization_id")?,
        job_id: column(row, "job_id")?,
        message_id: column(row, "message_id")?,
        reason: column(row, "reason")?,
        detail: column(row, "detail")?,
        fingerprint: column(row, "fingerprint")?,
        created_at: column(row, "created_at")?,
        decided_at: column(row, "decided_at")?,
        decision: column(row, "decision")?,
        decided_by: column(row, "decided_by")?,
        decided_why: column(row, "decided_why")?,
        replay_id: column(row, "replay_id")?,
        replayed_as: column(row, "replayed_as")?,
    })
}

fn case_group(row: &Row) -> Result<CaseGroup, PortError> {
    Ok(CaseGroup {
        fingerprint: column(row, "fingerprint")?,
        type_name: column(row, "type")?,
        reason: column(row, "reason")?,
        detail: column(row, "detail")?,
        open: column(row, "open")?,
        organizations: column(row, "organizations")?,
        first_seen: column(row, "first_seen")?,
        last_seen: column(row, "last_seen")?,
        newest: column(row, "newest")?,
    })
}
