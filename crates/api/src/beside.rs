//! What is no part of this worker, whose size is bounded: files that are deployed with
//! it, and the handlers of jobs, which the queue worker has.

use std::pin::Pin;

use mauntic_flows::commands::rehearsal::{Cases, Rehearsal, RehearsalError};

/// An answer that is waited for.
pub type Waiting<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Where files are read; any such closure is one.
pub trait Assets: Send + Sync + 'static {
    /// A file by its path, which begins with a slash; what kept it from being read, for
    /// the log.
    fn read(&self, path: &'static str) -> Waiting<Vec<u8>, String>;
}

impl<F> Assets for F
where
    F: Fn(&'static str) -> Waiting<Vec<u8>, String> + Send + Sync + 'static,
{
    fn read(&self, path: &'static str) -> Waiting<Vec<u8>, String> {
        self(path)
    }
}

/// Who rehearses cases ([`rehearse`](mauntic_flows::commands::rehearse)); any such closure
/// is one.
pub trait Rehearsals: Send + Sync + 'static {
    /// Rehearses cases, in their order; one that is not there is left out.
    fn rehearse(&self, cases: Cases) -> Waiting<Vec<Rehearsal>, RehearsalError>;
}

impl<F> Rehearsals for F
where
    F: Fn(Cases) -> Waiting<Vec<Rehearsal>, RehearsalError> + Send + Sync + 'static,
{
    fn rehearse(&self, cases: Cases) -> Waiting<Vec<Rehearsal>, RehearsalError> {
        self(cases)
    }
}
