//! What keeps services outside from being asked in vain, and people from being told twice.

use chrono::{DateTime, Utc};
use mauntic_domain::breaker::Breaker;
use mauntic_domain::notifications::{Reservation, Window};
use uuid::Uuid;

use super::{Dependency, PortError};

/// Breakers and the notification ledger.
#[trait_variant::make(Send)]
pub trait GuardStore: Sync {
    /// A breaker, the version of its row (0 for none) and the database's clock.
    async fn breaker(
        &self,
        dependency: Dependency,
    ) -> Result<(Breaker, i64, DateTime<Utc>), PortError>;
    /// Stores a breaker decided on that version; false if it has changed since.
    async fn put_breaker(
        &self,
        dependency: Dependency,
        version: i64,
        breaker: Breaker,
    ) -> Result<bool, PortError>;
    /// Reserves a notification for `token`, once a `window`; `fresh_id` is its
    /// id if nobody reserved it before in this window.
    async fn try_record(
        &self,
        subject: &str,
        kind: &'static str,
        window: Window,
        token: Uuid,
        fresh_id: Uuid,
    ) -> Result<Reservation, PortError>;
}
