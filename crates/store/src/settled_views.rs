//! What operators see of verifications and settlements.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoreboard::{EntryStatus, Outcome};
use mauntic_flows::ports::{
    PortError, SettledStore, SettlementFilter, SettlementPlace, SettlementView, VerificationFilter,
    VerificationPlace, VerificationView,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Session;
use crate::flight::Param;
use crate::rows::{column, unreadable};
use crate::signals::no_name;

impl SettledStore for Session {
    async fn settlements(
        &self,
        filter: &SettlementFilter,
        before: Option<&SettlementPlace>,
        limit: i64,
    ) -> Result<Vec<SettlementView>, PortError> {
        let status = filter.status.map(EntryStatus::name);
        let owner = before.map(|place| place.organization_id.as_str());
        let tournament = before.map(|place| place.tournament_id);
        let seq = before.map(|place| place.seq);
        let params: &[Param<'_>] = &[
            (&filter.organization_id, Type::TEXT),
            (&filter.tournament_id, Type::UUID),
            (&filter.match_id, Type::UUID),
            (&status, Type::TEXT),
            (&owner, Type::TEXT),
            (&tournament, Type::UUID),
            (&seq, Type::INT8),
            (&limit, Type::INT8),
        ];
        let sql = sql!("settlements.sql");
        let rows = self.statement("listing settlements", sql, params).await?;
        rows.iter().map(view).collect()
    }

    async fn verifications(
        &self,
        filter: &VerificationFilter,
        before: Option<&VerificationPlace>,
        limit: i64,
    ) -> Result<Vec<VerificationView>, PortError> {
        let outcome = filter.outcome.map(Outcome::name);
        let fetched_at = before.map(|place| place.fetched_at);
        let job = before.map(|place| place.job_id);
        let attempt = before.map(|place| place.attempt);
        let params: &[Param<'_>] = &[
            (&filter.organization_id, Type::TEXT),
            (&filter.match_id, Type::UUID),
            (&outcome, Type::TEXT),
            (&fetched_at, Type::TIMESTAMPTZ),
            (&job, Type::UUID),
            (&attempt, Type::INT4),
            (&limit, Type::INT8),
        ];
        let sql = sql!("verifications.sql");
        let rows = self.statement("listing verifications", sql, params).await?;
        rows.iter().map(verification).collect()
    }
}

fn verification(row: &Row) -> Result<VerificationView, PortError> {
    Ok(VerificationView {
        place: VerificationPlace {
            fetched_at: column(row, "fetched_at")?,
            job_id: column(row, "job_id")?,
            attempt: column(row, "attempt")?,
        },
        organization_id: column(row, "organization_id")?,
        match_id: column(row, "match_id")?,
        outcome: column(row, "outcome")?,
        reason: column(row, "reason")?,
        result_version: column(row, "result_version")?,
    })
}

fn view(row: &Row) -> Result<SettlementView, PortError> {
    let owner = OrganizationId::parse(column::<&str>(row, "organization_id")?);
    let hash: &[u8] = column(row, "hash")?;
    Ok(SettlementView {
        place: SettlementPlace {
            organization_id: owner.map_err(|error| no_name(&error))?,
            tournament_id: column(row, "tournament_id")?,
            seq: column(row, "seq")?,
        },
        at: column(row, "at")?,
        hash: hash.try_into().map_err(|_| unreadable("column hash"))?,
        entry: serde_json::from_str(column(row, "entry")?).ok(),
        result: column(row, "result")?,
        job_id: column(row, "job_id")?,
        attempt: column(row, "attempt")?,
        detail: column(row, "detail")?,
    })
}
