//! One thing that was looked at.

/// How it stands; worse ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// As it must be.
    Ok,
    /// To be looked at; nothing is lost by it.
    Warn,
    /// Jobs are not done, or something may go wrong.
    Fail,
}

impl Verdict {
    /// Name for people and programs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    /// Its name; stable.
    pub(super) name: &'static str,
    pub(super) verdict: Verdict,
    /// What was found.
    pub(super) found: String,
    /// What to do; none where all is well.
    pub(super) advice: Option<String>,
}

impl Check {
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, found: found.into(), advice: None }
    }

    pub(super) fn warn(
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let advice = Some(advice.into());
        Self { name, verdict: Verdict::Warn, found: found.into(), advice }
    }

    pub(super) fn fail(
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { verdict: Verdict::Fail, ..Self::warn(name, found, advice) }
    }

    /// A look that was not answered.
    pub(super) fn unanswered(name: &'static str, error: &tokio_postgres::Error) -> Self {
        let found = error.as_db_error().map_or_else(
            || error.to_string(),
            |db| format!("{} (SQLSTATE {})", db.message(), db.code().code()),
        );
        Self::fail(name, found, "connect as the owner of the schema, after `mauntic migrate`")
    }

    /// No more than this, where it is no reason to stop.
    pub(super) fn at_most(self, most: Verdict) -> Self {
        Self { verdict: self.verdict.min(most), ..self }
    }
}

/// Names a few of many.
pub(super) fn some(names: &[String]) -> String {
    const NAMED_MAX: usize = 5;
    let named = names.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED_MAX) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
