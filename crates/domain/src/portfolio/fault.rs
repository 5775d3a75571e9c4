//! What is wrong with a document that somebody sends: each fault by its name, with the
//! place that it is in, so that one answer names them all.

use serde::Serialize;

/// Most faults that are listed, enough to see the pattern.
pub const FAULTS_LISTED_MAX: usize = 20;

/// Most characters of a place that are shown: names of ours have up to 64.
const PLACE_CHARS_MAX: usize = 256;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct Fault {
    /// Its name, for programs.
    pub name: &'static str,
    /// JSON pointer (RFC 6901) to the value.
    pub pointer: String,
    /// What the value must be, for people. It never repeats the value.
    pub message: String,
}

/// What was found wrong so far: the first [`FAULTS_LISTED_MAX`], and how many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    listed: Vec<Fault>,
    found: usize,
}

impl Faults {
    /// Notes one.
    pub fn add(&mut self, at: &Place, name: &'static str, message: impl Into<String>) {
        self.found += 1;
        if self.listed.len() < FAULTS_LISTED_MAX {
            self.listed.push(Fault { name, pointer: at.shown(), message: message.into() });
        }
    }

    /// The first ones.
    #[must_use]
    pub fn listed(&self) -> &[Fault] {
        &self.listed
    }

    /// How many there are.
    #[must_use]
    pub const fn found(&self) -> usize {
        self.found
    }

    /// What was read, where nothing was wrong with it.
    ///
    /// # Errors
    /// The faults, where there are any.
    pub fn none_or<T>(self, read: T) -> Result<T, Self> {
        if self.found == 0 { Ok(read) } else { Err(self) }
    }
}

/// A place in a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// One of its fields.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        Self(format!("{}/{}", self.0, name.replace('~', "~0").replace('/', "~1")))
    }

    /// One of its items.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    fn shown(&self) -> String {
        self.0.chars().take(PLACE_CHARS_MAX).collect()
    }
}
