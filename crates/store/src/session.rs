//! A session: one connection of one invocation.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::Act;
use tokio_postgres::Client;

/// Longest wait for the answer of a flight. The server ends a transaction of a
/// worker after 55 s by itself, so that later there is no server any more: a
/// frozen host, a partition without a reset.
pub(crate) const FLIGHT_MAX: Duration = Duration::from_secs(60);

/// Longest actor, reason and request id, as the columns' checks have it.
const ACTOR_CHARS_MAX: usize = 100;
const REASON_CHARS_MAX: usize = 500;
const REQUEST_ID_CHARS_MAX: usize = 128;

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
    act: Option<Act>,
    /// The span that starts what it enqueues, as its header.
    starter: Option<String>,
    #[expect(dead_code, reason = "its end is what it says, behind the client's")]
    end: Option<oneshot::Sender<()>>,
}

impl Session {
    /// Takes over a connected client.
    #[must_use]
    pub fn new(client: Client, timer: Timer) -> Self {
        Self { client, lease_secs: None, timer, act: None, starter: None, end: None }
    }

    /// Leases of `secs` seconds, whatever a type says.
    #[must_use]
    pub fn with_lease(self, secs: u32) -> Self {
        Self { lease_secs: Some(secs), ..self }
    }

    /// Tells whoever drives the connection when the session is gone, so that he need not wait
    /// for the server to hear of it.
    #[must_use]
    pub fn with_end(self, end: oneshot::Sender<()>) -> Self {
        Self { end: Some(end), ..self }
    }

    /// How long a claim holds a job whose type says `secs`, in seconds.
    pub(crate) fn lease(&self, secs: u32) -> i64 {
        i64::from(self.lease_secs.unwrap_or(secs))
    }

    /// Acts for an operator from now on. What people wrote is kept to what its
    /// columns hold: no more than they take, and no NUL.
    pub(crate) fn set_act(&mut self, act: Act) {
        self.act = Some(kept_act(act));
    }

    /// Whom it acts for; none for the system.
    pub(crate) const fn act(&self) -> Option<&Act> {
        self.act.as_ref()
    }

    /// What it enqueues from now on is started by this span.
    pub(crate) fn set_starter(&mut self, starter: TraceContext) {
        self.starter = Some(starter.traceparent());
    }

    /// The span that starts what it enqueues, as its header.
    pub(crate) const fn started_by(&self) -> Option<&String> {
        self.starter.as_ref()
    }

    /// Waits for a flight, but not for ever.
    pub(crate) async fn within<T>(&self, flight: impl Future<Output = T>) -> Result<T, Silence> {
        match select(pin!(flight), (self.timer)(FLIGHT_MAX)).await {
            Either::Left((answer, _)) => Ok(answer),
            Either::Right(((), _)) => Err(Silence),
        }
    }
}

/// An act with what its columns hold of its texts.
pub(crate) fn kept_act(act: Act) -> Act {
    Act {
        actor: kept(&act.actor, ACTOR_CHARS_MAX),
        reason: act.reason.map(|reason| kept(&reason, REASON_CHARS_MAX)),
        request_id: kept(&act.request_id, REQUEST_ID_CHARS_MAX),
        key: act.key,
    }
}

/// At most `chars_max` characters, and none that PostgreSQL's text cannot hold.
pub(crate) fn kept(text: &str, chars_max: usize) -> String {
    let held = |character| if character == '\0' { char::REPLACEMENT_CHARACTER } else { character };
    text.chars().take(chars_max).map(held).collect()
}
