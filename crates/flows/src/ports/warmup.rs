//! Sending domains; the counters of what they may send are outside of the database.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::data::DomainPlace;
use mauntic_domain::warmup::{DomainName, Schedule, day_of};

use super::PortError;

/// A domain that an organization sends from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingDomain {
    /// Its name.
    pub domain: DomainName,
    /// Since when its days are counted.
    pub created_at: DateTime<Utc>,
    /// Since when the product says that it is the organization's; none while it
    /// does not.
    pub verified_at: Option<DateTime<Utc>>,
    /// Limits in place of the product's.
    pub schedule: Option<Schedule>,
    /// The database's clock when this was read.
    pub now: DateTime<Utc>,
}

impl SendingDomain {
    /// Which of its days it is in, from 1.
    #[must_use]
    pub fn day(&self) -> i64 {
        day_of(self.created_at, self.now)
    }

    /// The schedule that counts.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        self.schedule.clone().unwrap_or_default()
    }
}

/// What is said of a domain; what is absent stays as it is, and is the default of
/// a domain that was not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainChange {
    /// Whether it is verified: not unless said so.
    pub verified: Option<bool>,
    /// Since when its days are counted: since now.
    pub created_at: Option<DateTime<Utc>>,
    /// Its limits; none inside for the product's, which are the default.
    pub schedule: Option<Option<Schedule>>,
}

/// Sending domains.
#[trait_variant::make(Send)]
pub trait DomainStore: Sync {
    /// Says something of an organization's domain, which is made where it is not
    /// there.
    async fn put_domain(
        &self,
        organization: &OrganizationId,
        domain: &DomainName,
        change: &DomainChange,
    ) -> Result<SendingDomain, PortError>;
    /// An organization's domain.
    async fn domain(
        &self,
        organization: &OrganizationId,
        domain: &DomainName,
    ) -> Result<Option<SendingDomain>, PortError>;
    /// At most `limit` of an organization's domains, by their names.
    async fn domains(
        &self,
        organization: &OrganizationId,
        after: Option<&DomainName>,
        limit: i64,
    ) -> Result<Vec<SendingDomain>, PortError>;
    /// At most `limit` verified domains of all organizations that were created
    /// after `since`, in the order of their places.
    async fn warming_domains(
        &self,
        since: DateTime<Utc>,
        after: Option<&DomainPlace>,
        limit: u32,
    ) -> Result<Vec<DomainPlace>, PortError>;
}
