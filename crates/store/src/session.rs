//! A session: one connection of one invocation.

use tokio_postgres::Client;

/// How long a claim holds a job unless the deployment says otherwise.
pub const LEASE_SECS_DEFAULT: u32 = 60;

/// A connected session. Dropped after an error, never reused.
#[derive(Debug)]
pub struct Session {
    pub(crate) client: Client,
    pub(crate) lease_secs: i64,
}

impl Session {
    /// Takes over a connected client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, lease_secs: i64::from(LEASE_SECS_DEFAULT) }
    }

    /// Leases of `secs` seconds.
    #[must_use]
    pub fn with_lease(self, secs: u32) -> Self {
        Self { lease_secs: i64::from(secs), ..self }
    }
}
