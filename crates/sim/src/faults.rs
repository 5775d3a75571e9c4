//! What goes wrong: decided before each call of a port. Every call yields to
//! the executor before it acts and before its answer arrives, so that flows
//! interleave call by call, and one that is dropped there died there.

mod call;

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use mauntic_flows::ports::PortError;

pub use call::Call;

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection broke before anything happened, and the caller knows.
    Lost,
    /// It happened, and the answer was lost: unknown where the call ends in a
    /// COMMIT, else told as a lost connection.
    AnswerLost,
    /// It did not happen, and the caller cannot know: of calls that end in a
    /// COMMIT.
    Unsure,
    /// It lost against concurrent work, or came too soon after it; nothing happened.
    Contended,
    /// About half of the rows are locked by others at that moment, as this
    /// number spreads them; of calls that skip locked rows.
    Locked(u64),
    /// All happened but the writing of dead letters; of the claim.
    LettersLost,
    /// This error; nothing happened.
    Fail(PortError),
}

impl Fault {
    /// Stable name, for counts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::AnswerLost => "answer_lost",
            Self::Unsure => "unsure",
            Self::Contended => "contended",
            Self::Locked(_) => "locked",
            Self::LettersLost => "letters_lost",
            Self::Fail(_) => "fail",
        }
    }

    /// Whether it can happen to that call.
    #[must_use]
    pub const fn fits(&self, call: Call) -> bool {
        match self {
            Self::Lost | Self::Fail(_) => true,
            Self::AnswerLost => !matches!(call, Call::Open),
            Self::Unsure => call.ends_in_commit(),
            Self::Contended => {
                call.locks_rows() || matches!(call, Call::PutCounter | Call::PutProjection)
            }
            Self::Locked(_) => call.skips_locked(),
            Self::LettersLost => matches!(call, Call::Claim),
        }
    }
}

/// The faults of one world: what a test or a seed asks for.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    next: VecDeque<(Option<Call>, Fault)>,
    standing: BTreeMap<Call, Fault>,
    work: Option<PortError>,
    applied: BTreeMap<(&'static str, Call), u64>,
}

impl Faults {
    /// The next call of this kind, or of any kind, has this fault, once. Asked
    /// for twice, the one after it too.
    pub fn next(&self, call: Option<Call>, fault: Fault) {
        self.inner().next.push_back((call, fault));
    }

    /// Every call of this kind has this fault from now on; none ends it.
    pub fn stand(&self, call: Call, fault: Option<Fault>) {
        let mut inner = self.inner();
        match fault {
            Some(fault) => inner.standing.insert(call, fault),
            None => inner.standing.remove(&call),
        };
    }

    /// Every call of a session fails like this from now on; none ends it.
    pub fn fail_work(&self, error: Option<PortError>) {
        self.inner().work = error;
    }

    /// From now on all goes well.
    pub fn calm(&self) {
        let mut inner = self.inner();
        inner.next.clear();
        inner.standing.clear();
        inner.work = None;
    }

    /// How often each fault was applied, by its name and call.
    #[must_use]
    pub fn applied(&self) -> BTreeMap<(&'static str, Call), u64> {
        self.inner().applied.clone()
    }

    /// The fault of this call.
    pub(crate) fn draw(&self, call: Call) -> Option<Fault> {
        let mut inner = self.inner();
        let fault = inner.decide(call).filter(|fault| fault.fits(call))?;
        *inner.applied.entry((fault.name(), call)).or_default() += 1;
        Some(fault)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn decide(&mut self, call: Call) -> Option<Fault> {
        let asked = self.next.iter().position(|(of, _)| of.is_none_or(|of| of == call));
        if let Some((_, fault)) = asked.and_then(|at| self.next.remove(at)) {
            return Some(fault);
        }
        if let Some(fault) = self.standing.get(&call) {
            return Some(fault.clone());
        }
        self.work.clone().filter(|_| call.is_of_session()).map(Fault::Fail)
    }
}

/// Lets others run once.
#[derive(Debug, Default)]
pub(crate) struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
