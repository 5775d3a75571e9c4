//! What the HTTP worker does for one organization. Every flight names the
//! organization to row-level security; the statements name it as well.

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Contribution, Features, Grade, Score};
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{
    Enqueued, FeaturesStored, LeaderboardEntry, NewJob, PortError, Position, RequestKey, ScoreRow,
    TenantStore,
};
use tokio_postgres::Row;
use tokio_postgres::types::{Json, Type};
use uuid::Uuid;

use crate::Session;
use crate::enqueue::enqueue;
use crate::flight::{Param, Statement, tenant_transaction};
use crate::rows::{column, json, unreadable};

impl TenantStore for Session {
    fn start_by(&mut self, starter: TraceContext) {
        self.set_starter(starter);
    }

    fn starter(&self) -> Option<TraceContext> {
        self.started_by().and_then(|header| TraceContext::parse(header))
    }

    async fn put_features(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        features: &Features,
        job: &NewJob,
    ) -> Result<FeaturesStored, PortError> {
        let (owner, name) = (organization.as_str(), contact.as_str());
        let document = serde_json::to_string(features)
            .map_err(|error| PortError::Refused { what: "features", cause: error.to_string() })?;
        let params: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&name, Type::TEXT), (&document, Type::TEXT)];
        let upsert = Statement { sql: sql!("put_features.sql"), params };
        let jobs = std::slice::from_ref(job);
        let what = "storing features";
        let (jobs, stored) = enqueue(self, what, organization, jobs, Some(upsert), None).await?;
        let (Some(job), Some(stored)) = (jobs.into_iter().next(), stored.first()) else {
            return Err(unreadable("nothing came back from storing features"));
        };
        Ok(FeaturesStored { input_version: column(stored, "input_version")?, job })
    }

    async fn enqueue(
        &self,
        organization: &OrganizationId,
        jobs: &[NewJob],
        key: Option<&RequestKey>,
    ) -> Result<Vec<Enqueued>, PortError> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        Ok(enqueue(self, "enqueuing", organization, jobs, None, key).await?.0)
    }

    async fn mark_own_sent(
        &self,
        organization: &OrganizationId,
        ids: &[Uuid],
    ) -> Result<(), PortError> {
        let params: &[Param<'_>] = &[(&ids, Type::UUID_ARRAY)];
        let sql = sql!("mark_sent.sql");
        self.one("marking sent", organization, sql, params).await.map(|_| ())
    }

    async fn score(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
    ) -> Result<Option<Option<ScoreRow>>, PortError> {
        let (owner, name) = (organization.as_str(), contact.as_str());
        let params: &[Param<'_>] = &[(&owner, Type::TEXT), (&name, Type::TEXT)];
        let sql = sql!("read_score.sql");
        let rows = self.one("reading a score", organization, sql, params).await?;
        rows.first().map(score_row).transpose()
    }

    async fn leaderboard(
        &self,
        organization: &OrganizationId,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<LeaderboardEntry>, PortError> {
        let owner = organization.as_str();
        let total = after.map(|position| position.total.e4());
        let contact = after.map(|position| position.contact_id.as_str());
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&total, Type::INT8),
            (&contact, Type::TEXT),
            (&limit, Type::INT8),
        ];
        let sql = sql!("leaderboard.sql");
        let rows = self.one("reading the leaderboard", organization, sql, params).await?;
        rows.iter().map(leaderboard_entry).collect()
    }
}

impl Session {
    async fn one(
        &self,
        what: &'static str,
        organization: &OrganizationId,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, PortError> {
        let statement = Statement { sql, params };
        let mut answers = tenant_transaction(what, self, organization, &[statement]).await?;
        answers.pop().ok_or_else(|| unreadable("the answer of a statement"))
    }
}

pub(crate) fn score_row(row: &Row) -> Result<Option<ScoreRow>, PortError> {
    if column::<Option<Json<serde_json::Value>>>(row, "contributions")?.is_none() {
        return Ok(None);
    }
    let contributions: Vec<Contribution> = json(row, "contributions")?;
    Ok(Some(ScoreRow {
        score: Score::from_contributions(contributions),
        previous_total: column::<Option<i64>>(row, "previous_total")?.map(PointsE4::from_e4),
        input_version: column(row, "input_version")?,
        input_version_now: column(row, "input_version_now")?,
        config_version: column(row, "config_version")?,
        calculated_at: column(row, "calculated_at")?,
    }))
}

fn leaderboard_entry(row: &Row) -> Result<LeaderboardEntry, PortError> {
    let contact = ContactId::parse(column::<String>(row, "contact_id")?);
    let total = PointsE4::from_e4(column(row, "total")?);
    Ok(LeaderboardEntry {
        contact_id: contact.map_err(|error| unreadable(&error.to_string()))?,
        total,
        grade: Grade::of(total),
        calculated_at: column(row, "calculated_at")?,
    })
}
