//! Reserves e-mails of a sending domain's limit of the day, and tells what is
//! reserved of it.
//!
//! I/O: 1. reads the domain's counter; 2. stores it with the grant, if nobody stored
//! anything meanwhile; else again from 1. A repeat under the same key finds its
//! grant in the counter and stores nothing. Without a key, a grant whose answer was
//! lost is spent: fewer e-mails are sent than might be, and never more.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::warmup::{Block, Counter, Reserved, counter_place};
use sha2::{Digest, Sha256};

use crate::objects::{Next, read, swap};
use crate::ports::{PortError, Ports, RequestKey, SendingDomain};

/// What came of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// So many may be sent.
    Granted {
        /// As many as were asked for, or what was left.
        emails: u32,
    },
    /// Nothing is left of the day's limit.
    Exhausted {
        /// When the next day begins.
        retry_at: DateTime<Utc>,
    },
}

/// Reserves at most a block of what is left today, which begins at midnight UTC by
/// the database's clock.
///
/// # Errors
/// Nothing was reserved, but for [`PortError::Unknown`]: then the grant may be
/// spent, and a repeat under the same key finds out. A key that stands for another
/// number is a [`PortError::KeyConflict`].
pub async fn reserve<P: Ports>(
    ports: &P,
    organization: &OrganizationId,
    domain: &SendingDomain,
    block: Block,
    key: Option<&RequestKey>,
) -> Result<Reservation, PortError> {
    let place = counter_place(organization, &domain.domain);
    let limit = domain.schedule().limit(domain.day());
    let name = key.map(key_name);
    let decide = |counter: Option<Counter>| {
        let counter = counter.unwrap_or_else(|| Counter::new(domain.now.date_naive()));
        match counter.reserve(domain.now, limit, block, name.as_deref()) {
            Reserved::Granted { emails, counter } => {
                Next::Store(counter, Some(Reservation::Granted { emails }))
            }
            Reserved::Repeated { emails } => {
                key.iter().for_each(|key| key.repeat.tell());
                Next::Say(Some(Reservation::Granted { emails }))
            }
            Reserved::Exhausted { retry_at } => {
                Next::Say(Some(Reservation::Exhausted { retry_at }))
            }
            Reserved::KeyConflict => Next::Say(None),
        }
    };
    let said = swap(ports, ports.counters(), &place, name.is_some(), decide).await?;
    said.ok_or(PortError::KeyConflict)
}

/// What is granted of today.
///
/// # Errors
/// The counters'.
pub async fn count_today<P: Ports>(
    ports: &P,
    organization: &OrganizationId,
    domain: &SendingDomain,
) -> Result<u64, PortError> {
    let place = counter_place(organization, &domain.domain);
    let counter: Option<(Counter, String)> = read(ports.counters(), &place).await?;
    Ok(counter.map_or(0, |(counter, _)| counter.count(domain.now.date_naive())))
}

/// A request's key in a counter: of its holder alone, and of one length. Keys have
/// no space in them.
fn key_name(key: &RequestKey) -> String {
    let digest = Sha256::digest(format!("{} {}", key.holder, key.key));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
