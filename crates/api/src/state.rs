//! What the router is given by whoever wires it.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use mauntic_flows::commands::authenticate::is_secret;
use mauntic_flows::ports::{Database, Ports};

use crate::beside::{Assets, Rehearsals};
use crate::log::Log;

/// What every request sees. It outlives requests, so it holds no connection.
pub struct ApiState<P: Ports> {
    /// The database, the queues and the host.
    pub ports: Arc<P>,
    /// The bootstrap operator's token; without one nobody enters by it.
    pub admin_token: Option<Secret>,
    /// The token of operators who only look; without one nobody enters by it.
    pub viewer_token: Option<Secret>,
    /// Receives the log lines.
    pub log: Arc<dyn Log>,
    /// Schema versions this build runs on.
    pub schema: RangeInclusive<i32>,
    /// Files beside the worker, of which [`DOCUMENT`](crate::DOCUMENT) is one.
    pub assets: Arc<dyn Assets>,
    /// Who does dry runs.
    pub rehearsals: Arc<dyn Rehearsals>,
}

impl<P: Ports> ApiState<P> {
    /// Whether one token stands for who acts and for who only looks. It opens what the latter
    /// may, so that nobody acts by a mistake of the deployment's.
    pub(crate) fn has_one_token(&self) -> bool {
        let admin = self.admin_token.as_ref().map(Secret::expose);
        self.viewer_token.as_ref().is_some_and(|viewer| is_secret(viewer.expose(), admin))
    }
}

/// The state as handlers get it.
pub(crate) type Shared<P> = Arc<ApiState<P>>;

/// The session of these ports.
pub(crate) type Session<P> = <<P as Ports>::Db as Database>::Session;

/// A text that no `Debug` shows.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for comparing.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
