//! A session: every call yields before it acts and before its answer is there,
//! and none follows an error.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{Act, Database, PortError};

use super::{MemoryStore, State};
use crate::faults::{Call, Yield};

/// A connected session. Dropped between two yields, its call was not done or
/// nobody heard that it was: an invocation that died there.
#[derive(Debug)]
pub struct MemorySession {
    pub(super) store: MemoryStore,
    /// Whom it acts for, once it operates.
    pub(super) act: Option<Act>,
    /// The span that starts what it enqueues.
    pub(super) starter: Option<TraceContext>,
    failed: AtomicBool,
}

impl MemorySession {
    pub(super) async fn call<T: Send>(
        &self,
        call: Call,
        step: impl FnOnce(&mut State) -> Result<T, PortError> + Send,
    ) -> Result<T, PortError> {
        assert!(!self.failed.load(Ordering::Relaxed), "session used after an error, for {call:?}");
        Yield::default().await;
        let answer = self.store.step(call, |state| {
            state.jobs.start_by(self.starter);
            step(state)
        });
        if answer.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        Yield::default().await;
        answer
    }

    /// How long a claim holds; the deployment's word before the type's.
    pub(super) fn lease(&self, secs: u32) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.store.lease_secs.unwrap_or(secs)))
    }
}

impl Database for MemoryStore {
    type Session = MemorySession;

    async fn open(&self) -> Result<MemorySession, PortError> {
        Yield::default().await;
        let opened = self.step(Call::Open, |state| {
            state.sessions_opened += 1;
            Ok(())
        });
        Yield::default().await;
        let failed = AtomicBool::new(false);
        let session = MemorySession { store: self.clone(), act: None, starter: None, failed };
        opened.map(|()| session)
    }
}
