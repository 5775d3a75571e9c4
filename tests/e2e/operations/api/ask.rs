//! A call and what came of it.

use std::fmt;

use mauntic_tests::stack::Answer;
use serde_json::{Value, json};

use super::Operation;

/// A call of an operation. Its caller is whoever may, unless it says otherwise.
pub(super) struct Ask<'a> {
    pub(super) operation: Operation,
    at: Option<&'a str>,
    query: &'a str,
    pub(super) body: String,
    pub(super) idempotency_key: Option<&'a str>,
    /// The tag of the answer that is known already.
    pub(super) known: Option<&'a str>,
    pub(super) if_match: Option<&'a str>,
    pub(super) accept: Option<&'a str>,
    /// Some other caller; nobody where it is none inside.
    pub(super) caller: Option<Option<&'a str>>,
}

impl fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body: String = self.body.chars().take(200).collect();
        write!(f, "{} {} {body}", self.operation.0, self.path())
    }
}

impl<'a> Ask<'a> {
    const fn of(method: &'static str, pattern: &'static str) -> Self {
        let operation = (method, pattern);
        Self {
            operation,
            at: None,
            query: "",
            body: String::new(),
            idempotency_key: None,
            known: None,
            if_match: None,
            accept: None,
            caller: None,
        }
    }

    pub(super) const fn get(pattern: &'static str) -> Self {
        Self::of("GET", pattern)
    }

    pub(super) const fn delete(pattern: &'static str) -> Self {
        Self::of("DELETE", pattern)
    }

    pub(super) fn post(pattern: &'static str, body: &Value) -> Self {
        Self::of("POST", pattern).sends(body)
    }

    pub(super) fn put(pattern: &'static str, body: &Value) -> Self {
        Self::of("PUT", pattern).sends(body)
    }

    pub(super) fn patch(pattern: &'static str, body: &Value) -> Self {
        Self::of("PATCH", pattern).sends(body)
    }

    fn sends(self, body: &Value) -> Self {
        Self { body: body.to_string(), ..self }
    }

    /// With this in the path's one place, or these, parted by blanks, in its places.
    pub(super) fn at(self, name: &'a str) -> Self {
        Self { at: Some(name), ..self }
    }

    /// With this query, escaped already.
    pub(super) fn query(self, query: &'a str) -> Self {
        Self { query, ..self }
    }

    /// Under this `Idempotency-Key`.
    pub(super) fn keyed(self, key: &'a str) -> Self {
        Self { idempotency_key: Some(key), ..self }
    }

    /// By who knows the answer of this tag.
    pub(super) fn knowing(self, tag: &'a str) -> Self {
        Self { known: Some(tag), ..self }
    }

    /// In this form.
    pub(super) fn form(self, media_type: &'a str) -> Self {
        Self { accept: Some(media_type), ..self }
    }

    /// Of the state with this tag.
    pub(super) fn seeing(self, tag: &'a str) -> Self {
        Self { if_match: Some(tag), ..self }
    }

    /// By somebody else, or nobody.
    pub(super) fn by(self, caller: Option<&'a str>) -> Self {
        Self { caller: Some(caller), ..self }
    }

    pub(super) fn path(&self) -> String {
        let mut path = self.operation.1.to_owned();
        let mut names = self.at.into_iter().flat_map(|at| at.split(' '));
        while let Some((before, rest)) = path.split_once('{') {
            let after = rest.split_once('}').expect("a pattern").1;
            path = format!("{before}{}{after}", names.next().expect("a name for the path"));
        }
        if self.query.is_empty() { path } else { format!("{path}?{}", self.query) }
    }
}

/// What came of a call.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) what: String,
    pub(super) answer: Answer,
    pub(super) is_change: bool,
    pub(super) entry: Option<Value>,
}

impl Called {
    /// Answered, and nothing was changed for an operator: its body.
    pub(super) fn ok(self, status: u16) -> Value {
        let Self { what, answer, entry, .. } = self;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert_eq!(entry, None, "{what}");
        answer.body
    }

    /// [`Self::ok`] of a request that was done before, under the same key.
    pub(super) fn repeated(self, status: u16) -> Value {
        assert_eq!(self.answer.headers["idempotent-replayed"], "true", "{}", self.what);
        self.ok(status)
    }

    /// Done, and in the audit with this action and target: its body and the
    /// entry.
    pub(super) fn done(self, status: u16, action: &str, target: &str) -> (Value, Value) {
        let Self { what, answer, entry, .. } = self;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        let entry = entry.unwrap_or_else(|| panic!("{what} is not in the audit"));
        let told = ["actor", "action", "target", "outcome"].map(|name| entry[name].as_str());
        assert_eq!(told, [Some("bootstrap"), Some(action), Some(target), Some("done")], "{what}");
        (answer.body, entry)
    }

    /// An organization's own change, in the audit with this action: its body, and
    /// the tag of the state that it made.
    pub(super) fn changed(self, status: u16, action: &str) -> (Value, String) {
        let Self { what, answer, entry, .. } = self;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        let entry = entry.unwrap_or_else(|| panic!("{what} is not in the audit"));
        let told = ["action", "outcome"].map(|name| entry[name].as_str());
        assert_eq!(told, [Some(action), Some("done")], "{what}");
        (answer.body, answer.headers["etag"].clone())
    }

    /// Refused with a problem; a change of somebody known is in the audit.
    pub(super) fn refused(self, status: u16, code: &str) -> Value {
        let Self { what, answer, is_change, entry } = self;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{what}");
        assert_eq!(answer.body["code"], code, "{what}: {}", answer.body);
        let outcome = entry.as_ref().map(|entry| &entry["outcome"]);
        let is_noted = is_change && status != 401;
        assert_eq!(outcome, is_noted.then(|| json!(code)).as_ref(), "{what}: {entry:?}");
        answer.body
    }

    /// Refused for its contents, with pointers at what is wrong.
    pub(super) fn invalid(self, pointers: &[&str]) {
        let what = self.what.clone();
        let problem = self.refused(422, "validation_failed");
        let errors = problem["errors"].as_array().unwrap();
        let found: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(found, pointers, "{what}: {problem}");
    }
}
