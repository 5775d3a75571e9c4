//! Leads operations to their end, in one order of their statements.

use super::state::Session;
use super::{SessionHandle, Step, SteppingProxy};
use futures::future::{join, join_all};
use std::fmt;

/// Of each statement, this much is shown: an order is read at a glance.
const HEAD_CHARS_MAX: usize = 60;

/// A step of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub session: usize,
    /// What was forwarded: a statement, and preludes before it. Those that were
    /// prepared earlier are empty.
    pub statements: Vec<String>,
    /// What became of it.
    pub step: Step,
}

/// What was done in an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Step by step.
    pub events: Vec<Event>,
}

impl Trace {
    /// How many steps waited for a lock.
    #[must_use]
    pub fn blocked(&self) -> usize {
        self.events.iter().filter(|event| event.step == Step::Blocked).count()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Event { session, statements, step } in &self.events {
            let heads: Vec<String> = statements.iter().map(|sql| head(sql)).collect();
            let blocked = if *step == Step::Blocked { " (blocked)" } else { "" };
            writeln!(f, "{session}: {}{blocked}", heads.join("; "))?;
        }
        Ok(())
    }
}

/// The first line, where the store's statements have their names.
fn head(sql: &str) -> String {
    let line = sql.trim().lines().next().unwrap_or("(prepared)");
    line.trim_start_matches("-- ").chars().take(HEAD_CHARS_MAX).collect()
}

/// Says where an order was when the test failed amid it.
struct Recorder(Trace);

impl Drop for Recorder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint!("the order so far:\n{}", self.0);
        }
    }
}

impl SteppingProxy {
    /// Runs operations to their end, one a session, each over the address that
    /// [`url`](Self::url) gives for it (or a connection kept from there). Where
    /// more than one could go on, `choose` gets their numbers and answers a
    /// position among them. One that is blocked goes on by itself as soon as
    /// another's step lets it.
    ///
    /// Operations run within the calling task. Each awaits the answers to all it
    /// sends, and waits for nothing but the database.
    ///
    /// # Panics
    /// When there are more operations than sessions, a choice is none of those
    /// offered, or nothing goes on for 30 s.
    pub async fn interleave<F: Future>(
        &self,
        operations: impl IntoIterator<Item = F>,
        choose: &mut impl FnMut(&[usize]) -> usize,
    ) -> (Trace, Vec<F::Output>) {
        let operations: Vec<F> = operations.into_iter().collect();
        let sessions: Vec<SessionHandle> =
            (0..operations.len()).map(|number| self.session(number)).collect();
        let running = sessions.iter().zip(operations).map(|(session, run)| session.run(run));
        let running = join_all(running.collect::<Vec<_>>());
        join(self.lead(&sessions, choose), running).await
    }

    #[allow(clippy::panic, reason = "a test that chooses what is not there is wrong")]
    async fn lead(
        &self,
        sessions: &[SessionHandle],
        choose: &mut impl FnMut(&[usize]) -> usize,
    ) -> Trace {
        let mut recorder = Recorder(Trace::default());
        let mut blocked: Vec<usize> = Vec::new();
        loop {
            let mut ready: Vec<(usize, &SessionHandle)> = Vec::new();
            for (number, session) in sessions.iter().enumerate() {
                if !blocked.contains(&number) && session.has_more().await {
                    ready.push((number, session));
                }
            }
            if ready.is_empty() && blocked.is_empty() {
                return std::mem::take(&mut recorder.0);
            }
            if ready.is_empty() {
                self.settle_any(&blocked).await;
            } else {
                let numbers: Vec<usize> = ready.iter().map(|(number, _session)| *number).collect();
                let chosen = if numbers.len() == 1 { 0 } else { choose(&numbers) };
                let Some((number, session)) = ready.get(chosen) else {
                    panic!("{chosen} is none of {numbers:?}");
                };
                let (statements, step) = session.advance().await;
                recorder.0.events.push(Event { session: *number, statements, step });
                if step == Step::Blocked {
                    blocked.push(*number);
                }
            }
            blocked = still_blocked(sessions, blocked).await;
        }
    }

    /// Waits until one of these is answered: by a deadlock's end, or because a
    /// connection has left.
    async fn settle_any(&self, blocked: &[usize]) {
        let answered = |session: &mut Session| session.is_answered().then_some(());
        self.shared.wait(blocked, answered).await;
    }
}

async fn still_blocked(sessions: &[SessionHandle], blocked: Vec<usize>) -> Vec<usize> {
    let mut still = Vec::new();
    for number in blocked {
        if let Some(session) = sessions.get(number)
            && session.outcome().await == Step::Blocked
        {
            still.push(number);
        }
    }
    still
}
