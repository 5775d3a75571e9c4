//! How a command ended.

use serde_json::Value;

/// A command that has ended.
#[derive(Debug)]
pub(super) struct Ran {
    /// The step and the line, for a failure's report.
    pub(super) line: String,
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Ran {
    pub(super) fn all(&self) -> String {
        format!("{}\n{}", self.out, self.err)
    }

    /// It did what it was told.
    pub(super) fn ok(self) -> Self {
        self.ends(0)
    }

    /// It failed or was refused, and told why.
    pub(super) fn failed(self, why: &str) -> Self {
        let ran = self.ends(1);
        assert!(ran.err.contains(why), "{why}: {ran:?}");
        ran
    }

    /// It was used wrongly: nothing was sent or printed.
    pub(super) fn misused(self, why: &str) -> Self {
        let ran = self.ends(2);
        assert!(ran.err.contains(why) && ran.out.is_empty(), "{why}: {ran:?}");
        ran
    }

    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}: {self:?}", self.line);
        self
    }

    /// Its output, as programs read it.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// It printed this.
    pub(super) fn says(self, what: &str) -> Self {
        assert!(self.all().contains(what), "{what}: {self:?}");
        self
    }
}
