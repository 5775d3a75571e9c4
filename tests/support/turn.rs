//! Whose turn it is on the machine. Tests of one process run side by side, but
//! one that measures time must not share it.

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static MACHINE: RwLock<()> = RwLock::const_new(());

/// A test's part of the machine, for as long as it lives. A test takes one at a
/// time: for a second it could wait for ever, behind a test that wants to be
/// alone and waits for the first.
#[derive(Debug)]
pub enum Turn {
    /// Beside other tests.
    Shared(RwLockReadGuard<'static, ()>),
    /// Without any other.
    Alone(RwLockWriteGuard<'static, ()>),
}

impl Turn {
    /// Beside others, when none is alone or waits to be.
    pub async fn shared() -> Self {
        Self::Shared(MACHINE.read().await)
    }

    /// [`Self::shared`] for a test that is not async and keeps the machine busy.
    #[must_use]
    pub fn shared_blocking() -> Self {
        Self::Shared(MACHINE.blocking_read())
    }

    /// Alone, when all others are done.
    pub async fn alone() -> Self {
        Self::Alone(MACHINE.write().await)
    }
}
