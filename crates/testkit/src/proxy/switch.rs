//! What the owner of the proxy turns, and what its threads look at.

use super::commits::{CommitCut, Plan};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What happens to bytes and to new connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Forward,
    Hold,
    Refuse,
}

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    ended: bool,
    commits: Option<Plan>,
    next: u64,
    /// Both ends of every open connection, by its number.
    open: Vec<(u64, [TcpStream; 2])>,
}

/// Shared by the proxy, its listener and its connections.
#[derive(Debug, Default)]
pub(super) struct Switch {
    state: Mutex<State>,
    turned: Condvar,
    flights: AtomicU64,
    commits_cut: AtomicU64,
}

impl Switch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, flights: u64) {
        self.flights.fetch_add(flights, Ordering::SeqCst);
    }

    pub(super) fn flights(&self) -> u64 {
        self.flights.load(Ordering::SeqCst)
    }

    pub(super) fn reset(&self) {
        self.flights.store(0, Ordering::SeqCst);
    }

    pub(super) fn plan_commits(&self, plan: Option<Plan>) {
        self.state().commits = plan;
    }

    /// A COMMIT came by: whether and how it is cut.
    pub(super) fn commit(&self) -> Option<CommitCut> {
        self.state().commits.as_mut().and_then(Plan::commit)
    }

    pub(super) fn count_commit_cut(&self) {
        self.commits_cut.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn commits_cut(&self) -> u64 {
        self.commits_cut.load(Ordering::SeqCst)
    }

    pub(super) fn connections(&self) -> usize {
        self.state().open.len()
    }

    pub(super) fn mode(&self) -> Mode {
        self.state().mode
    }

    pub(super) fn set(&self, mode: Mode) {
        self.state().mode = mode;
        self.turned.notify_all();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state().ended
    }

    pub(super) fn end(&self) {
        self.state().ended = true;
    }

    pub(super) fn cut(&self) {
        for (_number, ends) in self.state().open.drain(..) {
            close(&ends);
        }
    }

    /// Waits while nothing may move; answers whether bytes are to go on.
    pub(super) fn may_pass(&self) -> bool {
        let held = self.turned.wait_while(self.state(), |state| state.mode == Mode::Hold);
        held.unwrap_or_else(PoisonError::into_inner).mode == Mode::Forward
    }

    pub(super) fn opened(&self, ends: [TcpStream; 2]) -> u64 {
        let mut state = self.state();
        state.next += 1;
        let number = state.next;
        state.open.push((number, ends));
        number
    }

    pub(super) fn closed(&self, number: u64) {
        let mut state = self.state();
        if let Some(at) = state.open.iter().position(|(open, _ends)| *open == number) {
            close(&state.open.swap_remove(at).1);
        }
    }
}

/// An end that is closed already is as closed as it can be.
fn close(ends: &[TcpStream; 2]) {
    for end in ends {
        end.shutdown(Shutdown::Both).unwrap_or_default();
    }
}
