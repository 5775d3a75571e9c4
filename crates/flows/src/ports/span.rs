//! Spans of traces, for whoever collects them: names, ids and numbers, never payloads.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use mauntic_domain::trace::{SpanId, TraceContext};

/// Most attributes of a span that are taken from what was told of a job.
pub const ATTRIBUTES_MAX: usize = 32;

/// What a span stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// An attempt at a job, which a queue brought.
    Consumer,
    /// A run as a whole.
    Internal,
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanValue {
    /// A text.
    Text(String),
    /// A count, or milliseconds where its name says so.
    Count(i64),
    /// A yes or no.
    Flag(bool),
}

/// A span that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its place.
    pub context: TraceContext,
    /// What it is a part of.
    pub parent: Option<SpanId>,
    /// Few names, so that spans can be grouped by them.
    pub name: Cow<'static, str>,
    /// What it stands for.
    pub kind: SpanKind,
    /// When it began, by the clock of who tells.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// Attributes by name.
    pub attributes: Vec<(Cow<'static, str>, SpanValue)>,
    /// What went wrong, for people; none where nothing did. A stable reason is among the
    /// attributes, and no word of a payload is in either.
    pub error: Option<String>,
}
