//! What an invariant says when it does not hold.

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub invariant: &'static str,
    /// What was found, with the ids.
    pub detail: String,
    /// The last operations before it.
    pub told: Vec<String>,
}

/// Whether an invariant holds.
pub(super) type Failed = Result<(), Box<Failure>>;

/// It does not.
pub(super) fn fail<T>(
    invariant: &'static str,
    detail: std::fmt::Arguments<'_>,
) -> Result<T, Box<Failure>> {
    Err(Box::new(Failure { invariant, detail: detail.to_string(), told: Vec::new() }))
}
