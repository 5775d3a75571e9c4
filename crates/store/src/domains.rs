//! Sending domains. What an organization does names it to row-level security; the
//! statements name it as well.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::data::DomainPlace;
use mauntic_domain::warmup::{DomainName, Schedule, Step};
use mauntic_flows::ports::{DomainChange, DomainStore, PortError, SendingDomain};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::{Json, Type};

use crate::Session;
use crate::flight::{Param, Statement, tenant_transaction};
use crate::rows::{column, json, unreadable};
use crate::signals::look;

impl DomainStore for Session {
    async fn put_domain(
        &self,
        organization: &OrganizationId,
        domain: &DomainName,
        change: &DomainChange,
    ) -> Result<SendingDomain, PortError> {
        let (owner, name) = (organization.as_str(), domain.as_str());
        let schedule = change.schedule.as_ref().map(|schedule| {
            let steps = schedule.as_ref().map_or(&[][..], Schedule::steps);
            serde_json::to_string(steps).unwrap_or_default()
        });
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&name, Type::TEXT),
            (&change.verified, Type::BOOL),
            (&change.created_at, Type::TIMESTAMPTZ),
            (&schedule, Type::TEXT),
        ];
        let put = Statement { sql: sql!("put_domain.sql"), params };
        let what = "storing a sending domain";
        let answers = tenant_transaction(what, self, organization, &[put]).await?;
        let row = answers.first().and_then(|rows| rows.first());
        sending_domain(row.ok_or_else(|| unreadable("nothing came back from storing a domain"))?)
    }

    async fn domain(
        &self,
        organization: &OrganizationId,
        domain: &DomainName,
    ) -> Result<Option<SendingDomain>, PortError> {
        Ok(list(self, organization, Some(domain), None, 1).await?.pop())
    }

    async fn domains(
        &self,
        organization: &OrganizationId,
        after: Option<&DomainName>,
        limit: i64,
    ) -> Result<Vec<SendingDomain>, PortError> {
        list(self, organization, None, after, limit).await
    }

    async fn warming_domains(
        &self,
        since: DateTime<Utc>,
        after: Option<&DomainPlace>,
        limit: u32,
    ) -> Result<Vec<DomainPlace>, PortError> {
        let owner = after.map(|place| place.organization_id.as_str());
        let name = after.map(|place| place.domain.as_str());
        let params: &[Param<'_>] = &[
            (&since, Type::TIMESTAMPTZ),
            (&owner, Type::TEXT),
            (&name, Type::TEXT),
            (&i64::from(limit), Type::INT8),
        ];
        let sql = sql!("warming_domains.sql");
        let rows = self.statement("looking for young domains", sql, params).await?;
        rows.iter().map(place).collect()
    }
}

async fn list(
    session: &Session,
    organization: &OrganizationId,
    one: Option<&DomainName>,
    after: Option<&DomainName>,
    limit: i64,
) -> Result<Vec<SendingDomain>, PortError> {
    let owner = organization.as_str();
    let (one, after) = (one.map(DomainName::as_str), after.map(DomainName::as_str));
    let params: &[Param<'_>] =
        &[(&owner, Type::TEXT), (&one, Type::TEXT), (&after, Type::TEXT), (&limit, Type::INT8)];
    let statement = Statement { sql: sql!("domains.sql"), params };
    let rows = look("reading sending domains", session, organization, statement).await?;
    rows.iter().map(sending_domain).collect()
}

fn sending_domain(row: &Row) -> Result<SendingDomain, PortError> {
    Ok(SendingDomain {
        domain: domain(row)?,
        created_at: column(row, "created_at")?,
        verified_at: column(row, "verified_at")?,
        schedule: schedule(row)?,
        now: column(row, "now")?,
    })
}

/// None where the product's own counts.
fn schedule(row: &Row) -> Result<Option<Schedule>, PortError> {
    if column::<Option<Json<Value>>>(row, "schedule")?.is_none() {
        return Ok(None);
    }
    let steps: Vec<Step> = json(row, "schedule")?;
    Schedule::new(steps).map(Some).map_err(|_| unreadable("column schedule"))
}

fn place(row: &Row) -> Result<DomainPlace, PortError> {
    let owner = OrganizationId::parse(column::<&str>(row, "organization_id")?);
    let organization_id = owner.map_err(|error| unreadable(&error.to_string()))?;
    Ok(DomainPlace { organization_id, domain: domain(row)? })
}

fn domain(row: &Row) -> Result<DomainName, PortError> {
    let domain = DomainName::parse(column(row, "domain")?);
    domain.map_err(|error| unreadable(&error.to_string()))
}
