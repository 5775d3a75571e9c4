//! A refusal (RFC 9457) as people read it.

use std::fmt;

use serde_json::Value;

use crate::output::{cell, plain};

/// Most characters that are shown of an answer that is no problem, such as a
/// proxy's page.
const FOREIGN_CHARS_MAX: usize = 200;

/// Members that have a place of their own, or say nothing to people.
const KNOWN: [&str; 8] =
    ["type", "title", "status", "detail", "code", "requestId", "retryable", "errors"];

/// The API refused.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The problem; null where the answer is none.
    pub(crate) body: Value,
    /// The answer as it came.
    pub(crate) text: String,
    /// Whether an earlier try of the same request was not answered.
    pub(crate) repeated: bool,
}

impl std::error::Error for Refused {}

impl Refused {
    /// The refusal's name for programs; empty where the answer is no problem.
    pub(crate) fn code(&self) -> &str {
        self.member("code")
    }

    /// In a few words.
    pub(crate) fn to_line(&self) -> String {
        match self.code() {
            "" => format!("the answer is {}", self.status),
            code => format!("{} {}", self.status, plain(code)),
        }
    }

    fn member(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code().is_empty() {
            let shown: String = self.text.chars().take(FOREIGN_CHARS_MAX).collect();
            return write!(
                f,
                "the answer is {}, and no problem document: {}",
                self.status,
                plain(&shown)
            );
        }
        write!(f, "{} ({})", plain(self.member("title")), self.to_line())?;
        write!(f, "\n  {}", plain(self.member("detail")))?;
        let errors = self.body.get("errors").and_then(Value::as_array);
        for error in errors.into_iter().flatten() {
            let part = |name| plain(error.get(name).and_then(Value::as_str).unwrap_or_default());
            write!(f, "\n  {} {}: {}", part("in"), part("pointer"), part("message"))?;
        }
        for (name, value) in self.body.as_object().into_iter().flatten() {
            if !KNOWN.contains(&name.as_str()) {
                write!(f, "\n  {}: {}", plain(name), cell(Some(value)))?;
            }
        }
        if self.repeated && self.status == 409 {
            f.write_str("\n  An earlier try was not answered; it may be what is in the way.")?;
        }
        write!(f, "\n  requestId: {}", plain(self.member("requestId")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(status: u16, body: &Value) -> Refused {
        Refused { status, body: body.clone(), text: body.to_string(), repeated: false }
    }

    #[test]
    fn a_problem_is_told_with_all_that_it_says() {
        let body = json!({
            "type": "/problems/run_held", "title": "A run holds the lock", "status": 409,
            "detail": "Wait.", "code": "run_held", "requestId": "r-1", "retryable": false,
            "errors": [{"in": "body", "pointer": "/a", "message": "must be b"}],
            "holder": "0198",
        });
        let told = refused(409, &body).to_string();
        assert_eq!(
            told,
            "A run holds the lock (409 run_held)\n  Wait.\n  body /a: must be b\n  holder: 0198\n  \
             requestId: r-1"
        );
        let again = Refused { repeated: true, ..refused(409, &body) }.to_string();
        assert!(again.contains("earlier try"), "{again}");
    }

    #[test]
    fn an_answer_of_somebody_else_is_shown_short_and_plain() {
        let page = format!("<html>\u{1b}[2J{}", "x".repeat(1000));
        let refused = Refused { status: 502, body: Value::Null, text: page, repeated: false };
        let told = refused.to_string();
        assert!(told.starts_with("the answer is 502"), "{told}");
        assert!(told.len() < 300 && !told.contains('\u{1b}'), "{told}");
    }
}
