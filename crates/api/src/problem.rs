//! A refusal as an RFC 9457 problem. It travels through the router as a value
//! in the response's extensions; `observe` gives it the request id, writes the
//! body and logs it, so that every way out of the router is the same.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use mauntic_flows::commands::rehearsal::RehearsalError;
use mauntic_flows::ports::PortError;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::code::Code;
use crate::faults::FieldError;

/// Media type of every refusal.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    challenge: Option<&'static str>,
    cause: Option<String>,
    /// Apart, so that every `Result` of a handler stays small.
    more: Box<More>,
}

/// What few refusals have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct More {
    members: Map<String, Value>,
    action: Option<&'static str>,
    retry_after_secs: Option<i64>,
}

/// A refusal as it is sent (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Names the kind, relative to this server.
    #[serde(rename = "type")]
    kind: String,
    /// The kind, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// This refusal, for people.
    detail: String,
    /// Names the kind, for programs; never renamed.
    code: &'static str,
    /// Correlation id; the logs have it too.
    request_id: String,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// What exactly is wrong with the request; empty when it is not the
    /// request.
    errors: Vec<FieldError>,
    /// What some kinds say beyond that: `run_held` has `holder`,
    /// `lockAcquiredAt` and `expiresAt`; `run_over` has `runStatus`,
    /// `replay_over` has `replayStatus`, `job_not_waiting` has `state`,
    /// `already_acknowledged` has `acknowledgedBy` and `acknowledgedAt`,
    /// `alert_expired` has `expiredAt`, `warmup_limit_reached` has `retryAfter`.
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl Problem {
    /// A refusal about which nothing more can be said.
    pub(crate) fn new(code: Code) -> Self {
        Self::with_detail(code, code.advice())
    }

    /// A refusal with its own words.
    pub(crate) fn with_detail(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            challenge: None,
            cause: None,
            more: Box::default(),
        }
    }

    /// Says more than every problem does: the one way for members of a kind's
    /// own (RFC 9457, 3.2). Their names are none of the fixed ones.
    pub(crate) fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.members.insert(name.to_owned(), value.into());
        self
    }

    /// Names what was refused, where its route does not tell.
    pub(crate) fn refusing(mut self, action: &'static str) -> Self {
        self.more.action = Some(action);
        self
    }

    /// What was refused, where its route does not tell.
    pub(crate) const fn action(&self) -> Option<&'static str> {
        self.more.action
    }

    /// Lists what is wrong.
    pub(crate) fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Says how to authenticate (RFC 6750).
    pub(crate) fn challenge(mut self, challenge: &'static str) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// Says when to come back, where its kind does not tell.
    pub(crate) fn retry_after_secs(mut self, secs: i64) -> Self {
        self.more.retry_after_secs = Some(secs);
        self
    }

    /// Keeps what happened for the log; callers do not see it.
    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Its kind's name.
    pub(crate) const fn code(&self) -> &'static str {
        self.code.as_str()
    }

    /// What the log should say about it.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// As it is sent.
    pub(crate) fn body(&self, request_id: &str) -> ProblemBody {
        ProblemBody {
            kind: format!("/problems/{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            code: self.code.as_str(),
            request_id: request_id.to_owned(),
            retryable: self.code.is_retryable(),
            errors: self.errors.clone(),
            members: self.more.members.clone(),
        }
    }

    /// The answer.
    pub(crate) fn render(&self, request_id: &str) -> Response {
        let mut response = (self.code.status(), Json(self.body(request_id))).into_response();
        let mut set = |name: HeaderName, value| response.headers_mut().insert(name, value);
        set(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        let usual = self.code.retry_after_secs().map(i64::from);
        if let Some(secs) = self.more.retry_after_secs.or(usual) {
            set(RETRY_AFTER, HeaderValue::from(secs));
        }
        if let Some(challenge) = self.challenge {
            set(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<RehearsalError> for Problem {
    fn from(error: RehearsalError) -> Self {
        match error {
            RehearsalError::Port(error) => error.into(),
            away @ RehearsalError::Away { .. } => {
                Self::new(Code::RehearsalsUnavailable).because(away.to_string())
            }
        }
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        let code = match &error {
            PortError::Unavailable { .. } => Code::DatabaseUnavailable,
            PortError::Contention { .. } => Code::Contention,
            PortError::Unknown { .. } => Code::CommitUnknown,
            PortError::KeyConflict => Code::IdempotencyConflict,
            PortError::Backlog { .. } => Code::BacklogFull,
            PortError::Refused { .. } | PortError::Unreadable { .. } => Code::InternalError,
        };
        match error {
            // The caller's, and all there is to say of it.
            PortError::KeyConflict => Self::new(code),
            error => Self::new(code).because(error.to_string()),
        }
    }
}
