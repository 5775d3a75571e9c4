//! Invocations that run side by side: each is a future that is polled by hand,
//! and advances by one port call a poll. One that is dropped died there, before
//! or after its commit, wherever it stood.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use mauntic_domain::jobs::queue::Origin;
use mauntic_flows::consume;
use mauntic_flows::ports::PortError;
use mauntic_flows::tick::TickReport;
use uuid::Uuid;

use super::model::Asked;
use crate::ports::SimPorts;
use crate::queue::Batch;

/// What an invocation came to.
pub(super) enum Ended {
    /// A batch was consumed.
    Consumed(consume::Report),
    /// The tick's duties were done, or not.
    Ticked(TickReport),
    /// A trigger was judged.
    Fired(Result<(), PortError>),
    /// Something was asked for, and this is the answer.
    Answered(Box<Asked>),
    /// What leaves nothing to look at.
    Nothing,
}

type Work = Pin<Box<dyn Future<Output = Ended>>>;

/// An invocation.
pub(super) struct Invocation {
    /// What it is, for the trace.
    pub(super) name: &'static str,
    /// Its token, if it claims.
    pub(super) token: Option<Uuid>,
    /// Operations during which it gets no turn.
    pub(super) stalled: u8,
    /// Whether it wrote something for a request, where that is watched.
    pub(super) wrote: bool,
    work: Work,
    batch: Option<Arc<Batch>>,
}

impl Invocation {
    /// One that only ends.
    pub(super) fn new(name: &'static str, work: impl Future<Output = Ended> + 'static) -> Self {
        Self { name, token: None, stalled: 0, wrote: false, work: Box::pin(work), batch: None }
    }

    /// One that consumes a batch.
    pub(super) fn consuming(ports: &SimPorts, token: Uuid, batch: Batch) -> Self {
        let batch = Arc::new(batch);
        let name = match batch.origin() {
            Origin::Jobs(_) => "consumer",
            Origin::DeadLetters(_) => "dead-letter consumer",
        };
        let (ports, given) = (ports.clone(), Arc::clone(&batch));
        let work = async move {
            let origin = given.origin();
            let report = consume::consume(&ports, origin, token, given.deliveries(), &*given).await;
            Ended::Consumed(report)
        };
        let (token, batch) = (Some(token), Some(batch));
        Self { name, token, stalled: 0, wrote: false, work: Box::pin(work), batch }
    }

    /// Advances it by one port call; what it came to, if it is over.
    pub(super) fn poll(mut self) -> Result<Self, Box<(Ended, Option<Batch>)>> {
        let mut context = Context::from_waker(Waker::noop());
        match self.work.as_mut().poll(&mut context) {
            Poll::Pending => Ok(self),
            Poll::Ready(ended) => Err(Box::new((ended, self.die()))),
        }
    }

    /// Drops it where it stands; the batch that it had, whose words nobody heard.
    pub(super) fn die(self) -> Option<Batch> {
        drop(self.work);
        self.batch.and_then(Arc::into_inner)
    }
}
