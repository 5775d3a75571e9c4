//! A session: one connection of one invocation.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures::future::{Either, select};
use tokio_postgres::Client;

/// How long a claim holds a job unless the deployment says otherwise.
pub const LEASE_SECS_DEFAULT: u32 = 60;

/// Longest wait for the answer of a flight. The server ends a transaction of a
/// worker after 55 s by itself, so that later there is no server any more: a
/// frozen host, a partition without a reset.
pub(crate) const FLIGHT_MAX: Duration = Duration::from_secs(60);

/// Something that is over after a while.
pub type Timeout = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How this platform waits; there is no clock that both targets share.
pub type Timer = fn(Duration) -> Timeout;

/// The answer of a flight did not come within [`FLIGHT_MAX`].
#[derive(Debug)]
pub(crate) struct Silence;

/// A connected session. Dropped after an error, but for a transaction that lost
/// against concurrent work, which its own COMMIT has ended.
#[derive(Debug)]
pub struct Session {
    pub(crate) client: Client,
    pub(crate) lease_secs: i64,
    timer: Timer,
}

impl Session {
    /// Takes over a connected client.
    #[must_use]
    pub fn new(client: Client, timer: Timer) -> Self {
        Self { client, lease_secs: i64::from(LEASE_SECS_DEFAULT), timer }
    }

    /// Leases of `secs` seconds.
    #[must_use]
    pub fn with_lease(self, secs: u32) -> Self {
        Self { lease_secs: i64::from(secs), ..self }
    }

    /// Waits for a flight, but not for ever.
    pub(crate) async fn within<T>(&self, flight: impl Future<Output = T>) -> Result<T, Silence> {
        match select(pin!(flight), (self.timer)(FLIGHT_MAX)).await {
            Either::Left((answer, _)) => Ok(answer),
            Either::Right(((), _)) => Err(Silence),
        }
    }
}
