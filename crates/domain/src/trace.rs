//! Trace contexts (W3C Trace Context) that follow from ids: invocations that know nothing
//! of one another tell spans of one trace, and nothing is stored for it.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A span's id: eight bytes that are not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(u64);

impl SpanId {
    fn of(what: &str, id: Uuid, nth: i32) -> Self {
        let mut digest = Sha256::new();
        digest.update(what.as_bytes());
        digest.update(id.as_bytes());
        digest.update(nth.to_be_bytes());
        let mut first = [0; 8];
        first.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
        Self(u64::from_be_bytes(first).max(1))
    }

    /// As traces are exported.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A span's place: its trace, and itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace: the run's id, or of a job without a run the job's.
    pub trace_id: Uuid,
    /// The span.
    pub span_id: SpanId,
}

impl TraceContext {
    /// The span of a run as a whole.
    #[must_use]
    pub fn of_run(run_id: Uuid) -> Self {
        Self { trace_id: run_id, span_id: SpanId::of("run", run_id, 0) }
    }

    /// The span of an attempt at a job.
    #[must_use]
    pub fn of_attempt(run_id: Option<Uuid>, job_id: Uuid, attempt: i32) -> Self {
        let span_id = SpanId::of("attempt", job_id, attempt);
        Self { trace_id: run_id.unwrap_or(job_id), span_id }
    }

    /// What goes with the messages of a run, so that whoever reads them finds its trace.
    #[must_use]
    pub fn sent_with(run_id: Option<Uuid>) -> Option<String> {
        run_id.map(|run_id| Self::of_run(run_id).traceparent())
    }

    /// As the header has it: version 00, sampled.
    #[must_use]
    pub fn traceparent(self) -> String {
        format!("00-{}-{}-01", self.trace_id.simple(), self.span_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_follow_from_ids_and_differ_by_them() {
        let [run, job, other] = [1, 2, 3].map(Uuid::from_u128);
        let of_run = TraceContext::of_run(run);
        assert_eq!(of_run, TraceContext::of_run(run));
        let attempts = [
            TraceContext::of_attempt(Some(run), job, 1),
            TraceContext::of_attempt(Some(run), job, 2),
            TraceContext::of_attempt(Some(run), other, 1),
        ];
        let mut spans: Vec<SpanId> = attempts.iter().map(|attempt| attempt.span_id).collect();
        spans.push(of_run.span_id);
        spans.sort_unstable();
        spans.dedup();
        assert_eq!(spans.len(), 4);
        assert!(attempts.iter().all(|attempt| attempt.trace_id == run));
        assert_eq!(TraceContext::of_attempt(None, job, 1).trace_id, job);
        // A job is no run, whatever its id.
        assert_ne!(TraceContext::of_attempt(None, run, 0).span_id, of_run.span_id);
    }

    #[test]
    fn the_header_has_the_standards_form() {
        let header = TraceContext::of_run(Uuid::from_u128(0xab)).traceparent();
        let parts: Vec<&str> = header.split('-').collect();
        assert_eq!((parts[0], parts[1], parts[3]), ("00", &*format!("{:032x}", 0xab), "01"));
        assert_eq!(parts[2].len(), 16);
        assert!(parts[2].bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
