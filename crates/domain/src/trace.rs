//! Trace contexts (W3C Trace Context) that follow from ids: invocations that know nothing
//! of one another tell spans of one trace. What is stored is the context of who started a
//! job, where somebody did who has one.

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

/// Characters of a header of version 00.
const HEADER_CHARS: usize = 55;

/// A span's place: its trace, and itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace: its starter's, the run's id, or of a job without a run the job's.
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

    /// The span that corrects how a run ended, told by this attempt at a job.
    #[must_use]
    pub fn of_correction(run_id: Uuid, job_id: Uuid, attempt: i32) -> Self {
        Self { trace_id: run_id, span_id: SpanId::of("correction", job_id, attempt) }
    }

    /// The same span in the trace of who started it, where somebody did.
    #[must_use]
    pub fn within(self, starter: Option<Self>) -> Self {
        Self { trace_id: starter.map_or(self.trace_id, |starter| starter.trace_id), ..self }
    }

    /// Reads a header; none where it is not exactly one. Of a later version as much as
    /// version 00 has, as the standard wants it. Whether it was sampled decides nothing:
    /// what is collected here is this deployment's matter.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let known = header.get(..HEADER_CHARS)?;
        let rest = header.get(HEADER_CHARS..)?;
        let mut parts = known.split('-');
        let mut part = |digits: usize| {
            let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
            parts.next().filter(|part| part.len() == digits && part.bytes().all(is_digit))
        };
        let (version, trace, span, _flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let is_whole = match version {
            "00" => rest.is_empty(),
            "ff" => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        let trace = u128::from_str_radix(trace, 16).ok().filter(|id| is_whole && *id != 0)?;
        let span = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
        Some(Self { trace_id: Uuid::from_u128(trace), span_id: SpanId(span) })
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
        // A job is no run, whatever its id, and a correction neither.
        assert_ne!(TraceContext::of_attempt(None, run, 0).span_id, of_run.span_id);
        assert_ne!(TraceContext::of_correction(run, run, 0).span_id, of_run.span_id);
        let starter = TraceContext::of_attempt(None, other, 1);
        assert_eq!(of_run.within(Some(starter)).trace_id, other);
        assert_eq!(of_run.within(Some(starter)).span_id, of_run.span_id);
        assert_eq!(of_run.within(None), of_run);
    }

    #[test]
    fn the_header_has_the_standards_form() {
        let header = TraceContext::of_run(Uuid::from_u128(0xab)).traceparent();
        let parts: Vec<&str> = header.split('-').collect();
        assert_eq!((parts[0], parts[1], parts[3]), ("00", &*format!("{:032x}", 0xab), "01"));
        assert_eq!(parts[2].len(), 16);
        assert!(parts[2].bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn a_header_is_read_strictly() {
        let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let whole = format!("00-{trace}-{span}-01");
        let read = TraceContext::parse(&whole).unwrap();
        assert_eq!(read.traceparent(), whole);
        assert_eq!(TraceContext::parse(&format!("00-{trace}-{span}-00")), Some(read));
        // A later version may say more behind it.
        assert_eq!(TraceContext::parse(&format!("01-{trace}-{span}-01")), Some(read));
        assert_eq!(TraceContext::parse(&format!("cc-{trace}-{span}-09-what")), Some(read));
        for other in [
            String::new(),
            "00".to_owned(),
            whole.to_uppercase(),
            format!(" {whole}"),
            format!("{whole} "),
            format!("{whole}-what"),
            format!("cc-{trace}-{span}-01what"),
            format!("ff-{trace}-{span}-01"),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}g-{span}-01", &trace[1..]),
            format!("00-{trace}-{span}-0x"),
            format!("0-{trace}0-{span}-01"),
            format!("00-{span}-{trace}-01"),
            format!("00_{trace}_{span}_01"),
            // Fifty-five bytes, of which one character has two.
            format!("00-{}é-{span}-01", &trace[2..]),
            format!("00-{trace}-{span}-0é"),
        ] {
            assert_eq!(TraceContext::parse(&other), None, "{other:?}");
        }
    }
}
