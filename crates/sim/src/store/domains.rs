//! Sending domains.

use std::ops::Bound;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::data::DomainPlace;
use mauntic_domain::warmup::{DomainName, Schedule};
use mauntic_flows::ports::{DomainChange, DomainStore, PortError, SendingDomain};

use super::{MemorySession, State};
use crate::faults::Call;

/// A sending domain's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRow {
    /// Since when its days are counted.
    pub created_at: DateTime<Utc>,
    /// Since when it is verified.
    pub verified_at: Option<DateTime<Utc>>,
    /// Its own limits.
    pub schedule: Option<Schedule>,
    /// When it was written.
    pub updated_at: DateTime<Utc>,
}

impl DomainStore for MemorySession {
    async fn put_domain(
        &self,
        organization: &OrganizationId,
        domain: &DomainName,
        change: &DomainChange,
    ) -> Result<SendingDomain, PortError> {
        let place = place(organization, domain);
        self.call(Call::PutDomain, |state| Ok(state.put_domain(&place, change))).await
    }

    async fn domain(
        &self,
        organization: &OrganizationId,
        domain: &DomainName,
    ) -> Result<Option<SendingDomain>, PortError> {
        let place = place(organization, domain);
        self.call(Call::Domain, |state| {
            Ok(state.domains.get(&place).map(|row| state.sending_domain(&place.domain, row)))
        })
        .await
    }

    async fn domains(
        &self,
        organization: &OrganizationId,
        after: Option<&DomainName>,
        limit: i64,
    ) -> Result<Vec<SendingDomain>, PortError> {
        self.call(Call::Domains, |state| {
            let is_asked = |place: &DomainPlace| {
                place.organization_id == *organization && after < Some(&place.domain)
            };
            let found = state.domains.iter().filter(|(place, _)| is_asked(place));
            let found = found.take(usize::try_from(limit).unwrap_or(0));
            Ok(found.map(|(place, row)| state.sending_domain(&place.domain, row)).collect())
        })
        .await
    }

    async fn warming_domains(
        &self,
        since: DateTime<Utc>,
        after: Option<&DomainPlace>,
        limit: u32,
    ) -> Result<Vec<DomainPlace>, PortError> {
        self.call(Call::WarmingDomains, |state| {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let rows = state.domains.range((from, Bound::Unbounded));
            let is_young = |row: &DomainRow| row.verified_at.is_some() && row.created_at > since;
            let found = rows.filter(|(_, row)| is_young(row)).map(|(place, _)| place.clone());
            Ok(found.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
        })
        .await
    }
}

fn place(organization: &OrganizationId, domain: &DomainName) -> DomainPlace {
    DomainPlace { organization_id: organization.clone(), domain: domain.clone() }
}

impl State {
    fn put_domain(&mut self, place: &DomainPlace, change: &DomainChange) -> SendingDomain {
        let now = self.now;
        let fresh =
            DomainRow { created_at: now, verified_at: None, schedule: None, updated_at: now };
        let row = self.domains.entry(place.clone()).or_insert(fresh);
        row.created_at = change.created_at.unwrap_or(row.created_at);
        row.verified_at = match change.verified {
            None => row.verified_at,
            Some(is_verified) => is_verified.then(|| row.verified_at.unwrap_or(now)),
        };
        if let Some(schedule) = &change.schedule {
            row.schedule.clone_from(schedule);
        }
        row.updated_at = now;
        let row = row.clone();
        self.sending_domain(&place.domain, &row)
    }

    fn sending_domain(&self, domain: &DomainName, row: &DomainRow) -> SendingDomain {
        SendingDomain {
            domain: domain.clone(),
            created_at: row.created_at,
            verified_at: row.verified_at,
            schedule: row.schedule.clone(),
            now: self.now,
        }
    }

    /// The sending domains, by their places.
    pub fn sending_domains(&self) -> impl Iterator<Item = (&DomainPlace, &DomainRow)> {
        self.domains.iter()
    }
}
