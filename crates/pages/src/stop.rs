//! Why there is no page: the API's refusals and what else ends a request, each with what to
//! do about it.

use serde::Deserialize;

/// A refusal of the API (RFC 9457).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Problem {
    /// The kind, for people.
    pub(crate) title: String,
    /// What happened, for people.
    pub(crate) detail: String,
    /// The kind, for programs.
    pub(crate) code: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// Correlation id; the logs have it too.
    pub(crate) request_id: String,
    /// Whether the same may succeed later.
    pub(crate) retryable: bool,
    /// What exactly is wrong.
    pub(crate) errors: Vec<Fault>,
    /// Which run holds what was asked for.
    pub(crate) holder: Option<String>,
}

impl Problem {
    /// The status of a page that shows it: its own, where that is a refusal's.
    pub(crate) fn refusal(&self) -> u16 {
        if (400..500).contains(&self.status) { self.status } else { 422 }
    }

    /// What is wrong at the API's `place` is wrong with the form's `field`.
    pub(crate) fn rename(&mut self, place: &str, field: &str) {
        let is_there = |fault: &&mut Fault| fault.pointer.strip_prefix('/') == Some(place);
        for fault in self.errors.iter_mut().filter(is_there) {
            fault.pointer = format!("/{field}");
        }
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Fault {
    /// Its JSON pointer.
    pub(crate) pointer: String,
    /// What is wrong with it, for people.
    pub(crate) message: String,
}

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nobody is signed in, or no longer.
    SignIn,
    /// The session has no key of the kind this page needs.
    NeedsKey(Kind),
    /// The API refuses this to the session's key.
    Forbidden(Box<Problem>),
    /// There is no such thing.
    NotFound(String),
    /// It was refused as it was asked; nothing happened.
    Refused(Box<Problem>),
    /// The API or its database is away, or busy: later it may be there.
    Away(Box<Problem>),
    /// The API said something that this build cannot read.
    Unreadable(String),
    /// A form did not come from a page of this session.
    Forged,
}

/// Whose key a page needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An operator's.
    Operator,
    /// An organization's.
    Organization,
}

impl Stop {
    /// What a form shows of it beside what was typed: a refusal, or that there is nothing by
    /// the name in `field`, which the API calls `place`. Any other one ends the page.
    pub(crate) fn at_form(self, place: &str, field: &str) -> Result<Problem, Self> {
        match self {
            Self::Refused(mut problem) => {
                problem.rename(place, field);
                Ok(*problem)
            }
            Self::NotFound(detail) => {
                let fault = Fault {
                    pointer: format!("/{field}"),
                    message: "names nothing that is there".to_owned(),
                };
                let title = "Not found".to_owned();
                Ok(Problem {
                    title,
                    detail,
                    errors: vec![fault],
                    status: 422,
                    ..Problem::default()
                })
            }
            stop => Err(stop),
        }
    }

    /// What a status and its problem mean for a page.
    pub(crate) fn of(status: u16, problem: Problem) -> Self {
        match status {
            401 => Self::SignIn,
            403 => Self::Forbidden(Box::new(problem)),
            404 => Self::NotFound(problem.detail),
            429 | 500..=599 => Self::Away(Box::new(problem)),
            _ => Self::Refused(Box::new(Problem { status, ..problem })),
        }
    }
}
