//! Names of sending domains (RFC 1035, 2.3.1; RFC 1123, 2.1).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most characters of a name, without a dot at its end.
pub const DOMAIN_CHARS_MAX: usize = 253;

/// Most characters between two dots.
const LABEL_CHARS_MAX: usize = 63;

/// Why a text is no name of a domain; never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DomainNameError {
    /// Longer than DNS allows, or nothing at all.
    #[error("must have 1 to {DOMAIN_CHARS_MAX} characters")]
    Length,
    /// One part is none.
    #[error(
        "must be parts of 1 to {LABEL_CHARS_MAX} letters, digits and hyphens inside, joined by dots"
    )]
    Part,
    /// It has no dot; mail is sent from no such name.
    #[error("must have at least two parts, as example.com")]
    Single,
}

/// A domain that an organization sends from, in lower case: DNS tells no case
/// apart, and one domain has one counter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

impl DomainName {
    /// Reads a name; one in another alphabet is written as DNS has it (`xn--…`).
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn parse(text: &str) -> Result<Self, DomainNameError> {
        if !(1..=DOMAIN_CHARS_MAX).contains(&text.len()) {
            return Err(DomainNameError::Length);
        }
        if !text.split('.').all(is_part) {
            return Err(DomainNameError::Part);
        }
        if !text.contains('.') {
            return Err(DomainNameError::Single);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_part(part: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=LABEL_CHARS_MAX).contains(&part.len())
        && part.bytes().all(is_known)
        && !part.starts_with('-')
        && !part.ends_with('-')
}

impl TryFrom<String> for DomainName {
    type Error = DomainNameError;
    fn try_from(text: String) -> Result<Self, DomainNameError> {
        Self::parse(&text)
    }
}

impl From<DomainName> for String {
    fn from(name: DomainName) -> Self {
        name.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
