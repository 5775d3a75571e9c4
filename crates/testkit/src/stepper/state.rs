//! What the proxy's tasks and the test both know, and waiting for it to change.

use super::BLOCKED_AFTER_MS;
use super::statement::Statement;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use tokio_postgres::Client;

/// Longest wait for what a session does next. Statements take milliseconds; the
/// bound only turns a hang into a failure.
const WAIT_SECONDS_MAX: u64 = 30;

/// A connection of a session.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) number: u64,
    /// Of its backend, once that has introduced itself.
    pub(super) pid: Option<i32>,
    /// It has logged in.
    pub(super) is_in: bool,
    /// How often the server has still to say that it is ready.
    pub(super) owed: u32,
    /// None once the client has left.
    pub(super) to_server: Option<mpsc::UnboundedSender<Vec<u8>>>,
}

impl Connection {
    /// Lets bytes pass. A server that is gone shows as the connection's end.
    pub(super) fn pass(&mut self, bytes: Vec<u8>, answers: u32) {
        if let Some(to_server) = &self.to_server {
            self.owed += answers;
            to_server.send(bytes).ok();
        }
    }
}

/// A session.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) connections: Vec<Connection>,
    /// Statements not yet forwarded, with their connections' numbers.
    pub(super) held: VecDeque<(u64, Statement)>,
    /// The connection whose statement was forwarded and is not yet answered.
    pub(super) outstanding: Option<u64>,
    /// Its operation is over.
    pub(super) ended: bool,
}

impl Session {
    pub(super) fn connection(&mut self, number: u64) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.number == number)
    }

    /// Forwards the first statement that is held.
    pub(super) fn forward(&mut self) -> Option<(String, bool)> {
        let (number, statement) = self.held.pop_front()?;
        self.connection(number)?.pass(statement.bytes, statement.answers);
        self.outstanding = Some(number);
        Some((statement.sql, statement.is_prelude))
    }

    /// Whether nothing is outstanding, or not any more. A connection that is
    /// gone answers nothing.
    pub(super) fn is_answered(&mut self) -> bool {
        let Some(number) = self.outstanding else { return true };
        let owes = self.connection(number).is_some_and(|connection| connection.owed > 0);
        if !owes {
            self.outstanding = None;
        }
        !owes
    }

    fn outstanding_pid(&mut self) -> Option<i32> {
        self.outstanding.and_then(|number| self.connection(number)?.pid)
    }
}

/// Shared by the proxy, its tasks and its sessions' handles.
#[derive(Debug)]
pub(super) struct Shared {
    sessions: Mutex<Vec<Session>>,
    changed: Notify,
    pub(super) is_prelude: fn(&str) -> bool,
    admin: Client,
    waits: tokio_postgres::Statement,
}

impl Shared {
    pub(super) async fn new(
        admin: Client,
        sessions: usize,
        is_prelude: fn(&str) -> bool,
    ) -> Result<Self, tokio_postgres::Error> {
        // Not pg_stat_activity: that goes on to name the lock until the backend,
        // which has been given it, is on a processor again.
        let sql = format!(
            "select coalesce(bool_or(
               clock_timestamp() - waitstart >= interval '{BLOCKED_AFTER_MS} ms'), false)
             from pg_locks where pid = $1 and not granted"
        );
        let waits = admin.prepare(&sql).await?;
        let sessions = Mutex::new((0..sessions).map(|_| Session::default()).collect());
        Ok(Self { sessions, changed: Notify::new(), is_prelude, admin, waits })
    }

    fn sessions(&self) -> MutexGuard<'_, Vec<Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a session, which is there.
    #[allow(clippy::panic, reason = "numbers are checked where they come in")]
    pub(super) fn look<T>(&self, session: usize, look: impl FnOnce(&mut Session) -> T) -> T {
        let mut sessions = self.sessions();
        let Some(session) = sessions.get_mut(session) else {
            panic!("there is no session {session}");
        };
        look(session)
    }

    /// Changes a session and tells whoever waits.
    pub(super) fn change<T>(&self, session: usize, change: impl FnOnce(&mut Session) -> T) -> T {
        let changed = self.look(session, change);
        self.changed.notify_waiters();
        changed
    }

    /// Waits until one of these sessions shows something.
    ///
    /// # Panics
    /// When the time is up, with what there is to see.
    #[allow(clippy::panic, reason = "a test that waited in vain has failed")]
    pub(super) async fn wait<T>(
        &self,
        sessions: &[usize],
        mut look: impl FnMut(&mut Session) -> Option<T>,
    ) -> T {
        let limit = Duration::from_secs(WAIT_SECONDS_MAX);
        let Ok(seen) = timeout(limit, self.seen(sessions, &mut look)).await else {
            panic!("sessions {sessions:?} do not go on: {:#?}", self.sessions());
        };
        seen
    }

    async fn seen<T>(
        &self,
        sessions: &[usize],
        look: &mut impl FnMut(&mut Session) -> Option<T>,
    ) -> T {
        loop {
            // Made before the look, it misses no change behind it.
            let changed = self.changed.notified();
            if let Some(seen) = sessions.iter().find_map(|session| self.look(*session, &mut *look))
            {
                return seen;
            }
            changed.await;
        }
    }

    /// Waits a moment for the answer to what is outstanding.
    pub(super) async fn is_answered_within(&self, session: usize, moment: Duration) -> bool {
        let mut look = |session: &mut Session| session.is_answered().then_some(());
        timeout(moment, self.seen(&[session], &mut look)).await.is_ok()
    }

    /// Whether what is outstanding waits for a lock, and has looked for a deadlock.
    ///
    /// # Panics
    /// When the server does not say.
    #[allow(clippy::panic, reason = "a test without its server has failed")]
    pub(super) async fn is_waiting(&self, session: usize) -> bool {
        let Some(pid) = self.look(session, Session::outstanding_pid) else { return false };
        match self.admin.query_one(&self.waits, &[&pid]).await {
            Ok(row) => row.get(0) && is_asleep(pid),
            Err(error) => panic!("could not ask for the locks of session {session}: {error}"),
        }
    }
}

/// Whether a backend of this machine sleeps. One that is runnable has been woken
/// to look for a deadlock, but has had no processor yet. Where the system does
/// not say, time alone decides.
fn is_asleep(pid: i32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    // The state stands behind the name, which is in parentheses.
    stat.rsplit_once(") ").is_none_or(|(_name, fields)| fields.starts_with('S'))
}
