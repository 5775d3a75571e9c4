//! One session, stepped by hand or by the scheduler.

use super::state::{Session, Shared};
use std::sync::Arc;
use std::time::Duration;

/// Between two looks at a backend's locks: what a short statement takes.
const LOOK: Duration = Duration::from_millis(1);

/// Looks at a statement that neither ends nor waits for a lock: each takes 1 ms
/// at least, so 30 s.
const LOOKS_MAX: u32 = 30_000;

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The server has answered, and the client has the answer.
    Done,
    /// The backend waits for a lock.
    Blocked,
}

/// A session of a [`SteppingProxy`](super::SteppingProxy). All waits are bounded
/// by 30 s and panic then: the test has failed.
#[derive(Clone, Debug)]
pub struct SessionHandle {
    shared: Arc<Shared>,
    number: usize,
}

impl SessionHandle {
    pub(super) fn new(shared: Arc<Shared>, number: usize) -> Self {
        Self { shared, number }
    }

    /// The session's next operation. The session has more until it is over; it
    /// awaits the answers to all it sends.
    pub fn run<F: Future>(&self, operation: F) -> impl Future<Output = F::Output> + use<F> {
        self.shared.change(self.number, |session| session.ended = false);
        let session = self.clone();
        async move {
            let output = operation.await;
            session.shared.change(session.number, |session| session.ended = true);
            output
        }
    }

    /// Waits until a statement is there (true) or the operation over (false).
    pub async fn has_more(&self) -> bool {
        let look = |session: &mut Session| {
            if session.held.is_empty() { session.ended.then_some(false) } else { Some(true) }
        };
        self.shared.wait(&[self.number], look).await
    }

    /// Waits for a statement, forwards it, and waits until it is answered or
    /// blocked.
    ///
    /// # Panics
    /// When an earlier one is not answered, or the operation is over.
    pub async fn step(&self) -> Step {
        self.advance().await.1
    }

    /// [`step`](Self::step) that also answers what was forwarded.
    pub(super) async fn advance(&self) -> (Vec<String>, Step) {
        assert!(self.is_answered(), "session {} is still blocked", self.number);
        let mut statements = Vec::new();
        while self.has_more().await {
            let forwarded = self.shared.look(self.number, Session::forward);
            let Some((sql, is_prelude)) = forwarded else { continue };
            statements.push(sql);
            let step = self.outcome().await;
            if step == Step::Blocked || !is_prelude {
                return (statements, step);
            }
        }
        assert!(!statements.is_empty(), "session {} has no statement left", self.number);
        (statements, Step::Done)
    }

    /// Waits until the outstanding statement, if there is one, is answered.
    pub async fn settle(&self) {
        let answered = |session: &mut Session| session.is_answered().then_some(());
        self.shared.wait(&[self.number], answered).await;
    }

    /// Waits until the outstanding statement is either answered or blocked: a
    /// backend that was just given its lock is neither.
    pub(super) async fn outcome(&self) -> Step {
        let mut looks: u32 = 0;
        while !self.shared.is_answered_within(self.number, LOOK).await {
            if self.shared.is_waiting(self.number).await && !self.is_answered() {
                return Step::Blocked;
            }
            looks += 1;
            assert!(looks < LOOKS_MAX, "session {} gets no answer", self.number);
        }
        Step::Done
    }

    pub(super) fn is_answered(&self) -> bool {
        self.shared.look(self.number, Session::is_answered)
    }
}
