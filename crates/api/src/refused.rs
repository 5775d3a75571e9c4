//! The audit of what is refused. Whatever would change something and is refused
//! to somebody known, by whatever rule, gets an entry; what is done has one in
//! its own transaction.
//!
//! A call of nobody writes nothing to the table, because anybody could fill it:
//! the request's log line, with its code `unauthenticated`, is all there is. For
//! the same reason it takes so many refusals of one key in an hour and no more;
//! the others are a line of the log, `audit_full`.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use mauntic_flows::ports::{Act, OperatorStore, Ports};

use crate::auth::{enter, or_open};
use crate::code::Code;
use crate::log::LogLine;
use crate::observe::RequestId;
use crate::problem::Problem;
use crate::state::Shared;

/// What the operators' routes begin with.
const ADMIN: &str = "/api/v2/admin/";

/// Most characters of a target; ids and names of ours have at most 64.
const TARGET_CHARS_MAX: usize = 200;

/// What each changing route does, and where in its path the target stands, in
/// segments after [`ADMIN`]. The audit of what was done uses the same names.
#[rustfmt::skip]
pub(crate) const ACTIONS: [(&str, &str, &str); 13] = [
    ("POST",   "cron/{jobKey}/run",       "cron.run"),
    // Unless the body says that it resumes.
    ("PATCH",  "cron/{jobKey}",           "cron.pause"),
    ("POST",   "runs/{id}/cancel",        "run.cancel"),
    ("POST",   "runs/{id}/retry",         "run.retry"),
    ("POST",   "queues/{queue}/messages", "queue.enqueue"),
    ("POST",   "jobs/{id}/cancel",        "job.cancel"),
    ("POST",   "dlq/replay",              "dlq.replay_many"),
    ("POST",   "dlq/replays/{id}/cancel", "dlq.replay_cancel"),
    ("POST",   "dlq/{id}/replay",         "dlq.replay"),
    ("DELETE", "dlq/{id}",                "dlq.discard"),
    ("POST",   "breakers/{name}/reset",   "breaker.reset"),
    ("POST",   "scoreboards/{id}/rebuild", "scoreboard.rebuild"),
    ("POST",   "scoreboards/{id}/close",  "scoreboard.close"),
];

/// A call that no route takes.
const UNKNOWN: &str = "unknown";

/// A call that would change something, kept until its answer is there.
struct Change {
    action: &'static str,
    target: String,
    headers: HeaderMap,
    request_id: String,
}

/// The middleware; inside of `observe`, which turns problems into bodies.
pub(crate) async fn audit<P: Ports>(
    State(state): State<Shared<P>>,
    request: Request,
    next: Next,
) -> Response {
    let change = Change::of(&request);
    let response = next.run(request).await;
    let is_refusal = response.status().is_client_error() || response.status().is_server_error();
    let Some(change) = change.filter(|_| is_refusal) else {
        return response;
    };
    let problem = response.extensions().get::<Problem>();
    let code = problem.map_or(UNKNOWN, Problem::code);
    let action = problem.and_then(Problem::action).unwrap_or(change.action);
    if code == Code::Unauthenticated.as_str() {
        return response;
    }
    if let Err(problem) = change.note(&state, action, code).await {
        // Nobody's call of what is not there is told so before anybody is asked
        // who they are.
        if problem.code() != Code::Unauthenticated.as_str() {
            state.log.line(&LogLine::AuditFailed {
                request_id: &change.request_id,
                action,
                code: problem.code(),
                cause: problem.cause().unwrap_or_default(),
            });
        }
    }
    response
}

impl Change {
    fn of(request: &Request) -> Option<Self> {
        let method = request.method();
        let path = request.uri().path().strip_prefix(ADMIN)?;
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return None;
        }
        let mut headers = HeaderMap::new();
        for token in request.headers().get_all(AUTHORIZATION) {
            headers.append(AUTHORIZATION, token.clone());
        }
        let pattern = request.extensions().get::<MatchedPath>();
        let pattern = pattern.and_then(|pattern| pattern.as_str().strip_prefix(ADMIN));
        let (action, target) = name(method.as_str(), pattern, path);
        let request_id = request.extensions().get::<RequestId>()?.0.clone();
        Some(Self { action, target, headers, request_id })
    }

    /// Finds out who called and writes the entry, in a session of its own: the
    /// call's may have ended with what refused it. What the audit does not take
    /// goes to the log.
    async fn note<P: Ports>(
        &self,
        state: &Shared<P>,
        action: &str,
        code: &str,
    ) -> Result<(), Problem> {
        let (caller, session) = enter(&self.headers, state).await?;
        let mut session = or_open(session, state).await?;
        session.operate(Act {
            actor: caller.name(),
            reason: None,
            request_id: self.request_id.clone(),
            key: None,
        });
        if !session.note_refusal(action, &self.target, code).await? {
            let (request_id, actor) = (self.request_id.as_str(), &caller.name());
            state.log.line(&LogLine::AuditFull { request_id, actor, action, code });
        }
        Ok(())
    }
}

/// The action of a call, and its target as the path writes it: visible
/// characters, whatever a client sent.
fn name(method: &str, pattern: Option<&str>, path: &str) -> (&'static str, String) {
    let known = pattern.and_then(|pattern| {
        ACTIONS.iter().find(|(of, known, _)| *of == method && *known == pattern)
    });
    let Some((_, pattern, action)) = known else {
        return (UNKNOWN, path.chars().take(TARGET_CHARS_MAX).collect());
    };
    let place = pattern.split('/').position(|segment| segment.starts_with('{'));
    // What acts on many has no target of its own.
    let target = path.split('/').nth(place.unwrap_or_default()).unwrap_or_default();
    (action, target.chars().take(TARGET_CHARS_MAX).collect())
}
