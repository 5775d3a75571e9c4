//! A session: one connection of one invocation.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures::future::{Either, select};
use tokio_postgres::Client;

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
    /// The deployment's word on every lease, in place of the types'.
    lease_secs: Option<u32>,
    timer: Timer,
}

impl Session {
    /// Takes over a connected client.
    #[must_use]
    pub fn new(client: Client, timer: Timer) -> Self {
        Self { client, lease_secs: None, timer }
    }

    /// Leases of `secs` seconds, whatever a type says.
    #[must_use]
    pub fn with_lease(self, secs: u32) -> Self {
        Self { lease_secs: Some(secs), ..self }
    }

    /// How long a claim holds a job whose type says `secs`, in seconds.
    pub(crate) fn lease(&self, secs: u32) -> i64 {
        i64::from(self.lease_secs.unwrap_or(secs))
    }

    /// Waits for a flight, but not for ever.
    pub(crate) async fn within<T>(&self, flight: impl Future<Output = T>) -> Result<T, Silence> {
        match select(pin!(flight), (self.timer)(FLIGHT_MAX)).await {
            Either::Left((answer, _)) => Ok(answer),
            Either::Right(((), _)) => Err(Silence),
        }
    }
}
