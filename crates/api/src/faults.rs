//! Collects what is wrong with a request, so that one answer names it all.

use mauntic_domain::portfolio;
use serde::Serialize;
use utoipa::ToSchema;

use crate::code::Code;
use crate::pointer::Pointer;
use crate::problem::Problem;

/// Most faults that are listed: enough to see the pattern, and an answer of at
/// most 20 × (256 + 400 characters), about 13 KB, whatever was sent.
pub(crate) const FAULTS_LISTED_MAX: usize = portfolio::fault::FAULTS_LISTED_MAX;

/// The part of a request that a fault is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// The JSON body; the pointer points into it.
    Body,
    /// The path; the pointer is `/` and the parameter's name.
    Path,
    /// The query; the pointer is `/` and the parameter's name.
    Query,
    /// The headers; the pointer is `/` and the header's name.
    Header,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Part of the request.
    #[serde(rename = "in")]
    part: Part,
    /// JSON pointer (RFC 6901) to the value.
    pointer: String,
    /// What the value must be, for people.
    message: String,
}

impl FieldError {
    /// An example for the API's document.
    pub(crate) fn example() -> Self {
        Self {
            part: Part::Body,
            pointer: "/companySize".to_owned(),
            message: "must be one of `smb`, `mid`, `enterprise`".to_owned(),
        }
    }
}

/// What was found wrong so far.
#[derive(Debug)]
pub(crate) struct Faults {
    part: Part,
    listed: Vec<FieldError>,
    found: usize,
}

impl Faults {
    /// None yet, in this part of the request.
    pub(crate) const fn of(part: Part) -> Self {
        Self { part, listed: Vec::new(), found: 0 }
    }

    /// Notes one.
    pub(crate) fn add(&mut self, at: &Pointer, message: impl Into<String>) {
        self.found += 1;
        if self.listed.len() < FAULTS_LISTED_MAX {
            self.listed.push(FieldError {
                part: self.part,
                pointer: at.shown(),
                message: message.into(),
            });
        }
    }

    /// Those of a document that was read by its own rules.
    pub(crate) fn of_document(found: &portfolio::Faults) -> Self {
        let listed = found.listed().iter().map(|fault| FieldError {
            part: Part::Body,
            pointer: fault.pointer.clone(),
            message: fault.message.clone(),
        });
        Self { part: Part::Body, listed: listed.collect(), found: found.found() }
    }

    /// Whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.found == 0
    }

    /// The problem that lists them.
    pub(crate) fn problem(self) -> Problem {
        let detail = match self.found {
            1 => "One value is not valid; `errors` says which.".to_owned(),
            found if found > FAULTS_LISTED_MAX => {
                format!(
                    "{found} values are not valid; the first {FAULTS_LISTED_MAX} are listed in `errors`."
                )
            }
            found => format!("{found} values are not valid; they are listed in `errors`."),
        };
        Problem::with_detail(Code::ValidationFailed, detail).errors(self.listed)
    }

    /// Fails if there are any.
    pub(crate) fn check(self) -> Result<(), Problem> {
        if self.is_empty() {
            return Ok(());
        }
        Err(self.problem())
    }
}
