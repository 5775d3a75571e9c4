//! The one way to a service outside: behind its breaker. Open means that the
//! job is put off, so an outage spends no retry and fills no dead letters.
//!
//! I/O:
//! 1. reads the breaker;
//! 2. half open, takes the probe: the row's version lets one caller win;
//! 3. calls;
//! 4. stores what the call says of the service's health, unless it was and is
//!    healthy. If that is lost, the breaker opens a call later, and a probe
//!    that died is replaced after a minute.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::breaker::{Admission, Breaker, OPEN, PROBE};

use crate::ports::{Call, CallError, Dependency, GuardStore, Outside, PortError, Ports};

/// Longest time that a call takes: the provider that is asked first and the one that is asked
/// in its place have 10 s each.
pub const CALL_MAX: TimeDelta = TimeDelta::seconds(20);

/// Times a breaker that somebody else changed meanwhile is decided again. A
/// signal that is lost after that is one of many.
const DECISIONS_MAX: usize = 5;

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// It answered well.
    Answered {
        /// What; see [`Outside::call`].
        body: Vec<u8>,
    },
    /// It failed, and may succeed later.
    Failed {
        /// What was seen.
        cause: String,
    },
    /// It refuses this very call.
    Refused {
        /// The answer's status.
        status: u16,
    },
    /// This deployment has no such service.
    NotConfigured,
    /// The breaker lets no call go, or let one probe go, which failed.
    Held {
        /// When to ask again.
        until: DateTime<Utc>,
    },
}

/// Calls a service, if its breaker lets the call go.
///
/// # Errors
/// The database's. The call may have been made by then.
pub async fn call<P: Ports, S: GuardStore>(
    ports: &P,
    session: &S,
    call: &Call,
) -> Result<Called, PortError> {
    let dependency = call.request.dependency();
    let (breaker, version, now) = session.breaker(dependency).await?;
    let is_probe = match breaker.admit(now) {
        Admission::Pass => false,
        Admission::Refuse { until } => return Ok(Called::Held { until }),
        Admission::Probe(probing) => {
            if !session.put_breaker(dependency, version, probing).await? {
                return Ok(Called::Held { until: now + PROBE });
            }
            true
        }
    };
    let answer = ports.outside().call(call).await;
    let (healthy, called) = match answer {
        Ok(body) => (true, Called::Answered { body }),
        // Who refuses is well.
        Err(CallError::Refused { status }) => (true, Called::Refused { status }),
        Err(CallError::Failed { cause }) => (false, Called::Failed { cause }),
        Err(CallError::NotConfigured) => return Ok(Called::NotConfigured),
    };
    if !(healthy && breaker == Breaker::Healthy) {
        learn(session, dependency, healthy).await?;
    }
    match called {
        // The outage goes on: whoever probes is no worse off than the others.
        Called::Failed { .. } if is_probe => Ok(Called::Held { until: now + OPEN }),
        called => Ok(called),
    }
}

async fn learn<S: GuardStore>(
    session: &S,
    dependency: Dependency,
    healthy: bool,
) -> Result<(), PortError> {
    for _ in 0..DECISIONS_MAX {
        let (breaker, version, now) = session.breaker(dependency).await?;
        let next = if healthy { breaker.succeeded() } else { breaker.failed(now) };
        if next == breaker || session.put_breaker(dependency, version, next).await? {
            return Ok(());
        }
    }
    Ok(())
}
