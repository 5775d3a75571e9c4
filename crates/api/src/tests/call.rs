//! Calls the router, and holds every answer to what all answers promise.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use serde_json::Value;
use tower::ServiceExt;

use super::schema::assert_documented;
use super::world::World;
use crate::csv::CSV_HEADED;
use crate::etag::is_tagged;

/// A request.
#[derive(Clone)]
pub(crate) struct Call {
    method: String,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// `null` when there is no body.
    pub(crate) body: Value,
    /// The request's log line.
    pub(crate) line: Value,
}

impl Call {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// A body without a content type.
    pub(crate) fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").bytes(body)
    }

    pub(crate) async fn send(self, world: &World) -> Answer {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Body::from(self.body.clone())).unwrap();
        let lines_before = world.log().len();
        let response = world.router().oneshot(request).await.unwrap();

        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let is_text =
            headers.get("content-type").is_some_and(|of| of.as_bytes().starts_with(b"text/"));
        let body = match bytes.as_ref() {
            [] => Value::Null,
            text if is_text => String::from_utf8(text.to_vec()).unwrap().into(),
            json => serde_json::from_slice(json).unwrap(),
        };
        let lines: Vec<Value> = world.log()[lines_before..]
            .iter()
            .filter(|line| line["event"] == "request")
            .cloned()
            .collect();
        assert_eq!(lines.len(), 1, "one line a request");
        let answer = Answer { status, headers, body, line: lines[0].clone() };
        answer.hold(&self);
        answer
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }

    /// The pointers of the problem's errors.
    pub(crate) fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().unwrap();
        errors.iter().map(|e| e["pointer"].as_str().unwrap()).collect()
    }

    fn hold(&self, call: &Call) {
        // What an organization reads may be kept by its client, and by nobody else.
        let is_read = matches!(call.method.as_str(), "GET" | "HEAD");
        let is_read = is_read && is_tagged(&call.path);
        let may_be_kept = is_read && matches!(self.status, 200 | 304);
        let board = call.path.strip_prefix("/api/v1/scoreboards/");
        let is_board = board
            .is_some_and(|rest| !rest.starts_with("tournaments") && !rest.contains("/explain"));
        let kept = match may_be_kept {
            true if is_board => "private, max-age=5",
            true => "private, no-cache",
            false => "no-store",
        };
        // A change of a configuration tells the new state, a preview the one it saw.
        let part = call.path.strip_prefix("/api/v1/scoring/").unwrap_or_default();
        let is_config = part.starts_with("config") || part.starts_with("signal-config");
        // And so does one of a tournament.
        let board = call.path.strip_prefix("/api/v1/scoreboards/tournaments");
        let is_tournament = call.method == "PATCH" || call.method == "POST" && board == Some("");
        let is_tournament = board.is_some() && is_tournament;
        let tells_state = (is_config || is_tournament) && matches!(self.status, 200 | 202);
        assert_eq!(self.headers.contains_key("etag"), may_be_kept || tells_state);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", kept),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(self.header(name), value, "{name}");
        }
        let id = self.header("x-request-id");
        assert!(!id.is_empty());
        assert_eq!(self.line["requestId"], id);
        assert_eq!(self.line["status"], self.status);
        // Each look at the clock takes 5 ms: the line's own, and another where
        // the times of events are judged.
        assert!([5, 10].map(Value::from).contains(&self.line["durationMs"]));
        let line = self.line.to_string();
        let is_discreet =
            ["mk_", "contact_1", "contact_7", "member_1"].iter().all(|name| !line.contains(name));
        assert!(is_discreet, "{line}");
        if call.method == "HEAD" || matches!(self.status, 204 | 304) {
            assert!(self.body.is_null());
        } else if self.body.get("code").is_some() {
            self.hold_problem(id);
        } else {
            let path = call.path.split('?').next();
            let wanted = match path {
                Some("/metrics") => "text/plain; version=0.0.4; charset=utf-8",
                _ if self.body.is_string() => CSV_HEADED,
                _ => "application/json",
            };
            assert_eq!(self.header("content-type"), wanted);
        }
        assert_documented(&call.method, self);
    }

    fn hold_problem(&self, id: &str) {
        let body = &self.body;
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], self.status);
        assert_eq!(body["requestId"], id);
        assert_eq!(body["code"], self.line["code"]);
        assert_eq!(body["type"], format!("/problems/{}", self.code()));
        assert!(!body["title"].as_str().unwrap().is_empty());
        assert!(!body["detail"].as_str().unwrap().is_empty());
        assert!(body["retryable"].is_boolean());
        let has_errors = !body["errors"].as_array().unwrap().is_empty();
        assert_eq!(has_errors, self.code() == "validation_failed", "{body}");
        assert_eq!(
            self.headers.contains_key("retry-after"),
            matches!(self.status, 429 | 503) || self.code() == "score_not_ready"
        );
        assert_eq!(
            self.headers.contains_key("www-authenticate"),
            self.status == 401 || self.code() == "insufficient_scope"
        );
        let has_cause = self.status >= 500 || self.code() == "backlog_full";
        assert_eq!(self.line.get("cause").is_some(), has_cause, "{}", self.line);
    }
}
