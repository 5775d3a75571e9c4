//! The opaque names that a product gives to its own things.
//!
//! Their alphabet and length are the product's. Both are checked once, at
//! the edge, so that every later use (SQL parameter, log field, URL) is safe.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most characters of a name; the alphabet is ASCII, so this is bytes as well.
pub const NAME_LENGTH_MAX: usize = 64;

/// Why a text is not a name: says what the rule is, and never repeats the
/// text, which may be long or hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text has no characters.
    #[error("must not be empty")]
    Empty,
    /// The text has more than [`NAME_LENGTH_MAX`] characters.
    #[error("must have at most {NAME_LENGTH_MAX} characters, has {found}")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// A character is outside the alphabet.
    #[error("may contain only letters, digits and _ . : - (character {position} is not one)")]
    Alphabet {
        /// Position of the first offending byte, counted from 1.
        position: usize,
    },
}

/// Whether `text` is a name of 1 to 64 characters of `[A-Za-z0-9_.:-]`.
///
/// # Errors
/// The first rule that is broken.
pub fn check_name(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > NAME_LENGTH_MAX {
        return Err(NameError::TooLong { found: text.len() });
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-');
    match text.bytes().position(|b| !allowed(b)) {
        Some(index) => Err(NameError::Alphabet { position: index + 1 }),
        None => Ok(()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Checks the rules of [`check_name`].
            ///
            /// # Errors
            /// The first rule that is broken.
            pub fn parse(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                check_name(&text)?;
                Ok(Self(text))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A tenant of the product; every row and every job belongs to one.
    OrganizationId
}
name! {
    /// A contact of an organization; unique within it only.
    ContactId
}
name! {
    /// A scoring factor: one of the model's own or an organization's.
    FactorName
}
name! {
    /// A type of signal, such as `DEMO_REQUEST`: one of the product's own or an
    /// observer's.
    SignalType
}
name! {
    /// An event's own id, by which its repeats are known; unique within an
    /// organization.
    EventId
}
name! {
    /// Somebody who guesses, by the product's own name; unique within an
    /// organization.
    MemberId
}
name! {
    /// Somebody whose portfolio is scored, by the product's own name; unique within an
    /// organization.
    PortfolioUserId
}
name! {
    /// An asset of a portfolio; unique within its user's.
    AssetId
}
name! {
    /// A criterion; unique among its user's.
    CriterionId
}
name! {
    /// A match as its provider calls it; unique within a provider.
    ProviderMatchId
}
name! {
    /// A tournament as its provider calls it.
    ProviderTournamentId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_alphabet_and_length() {
        let long = "a".repeat(NAME_LENGTH_MAX + 1);
        for (text, expected) in [
            ("org_123", Ok(())),
            ("a", Ok(())),
            ("A.b:c-D_9", Ok(())),
            ("", Err(NameError::Empty)),
            ("a b", Err(NameError::Alphabet { position: 2 })),
            ("ü", Err(NameError::Alphabet { position: 1 })),
            ("a\0", Err(NameError::Alphabet { position: 2 })),
            ("a/b", Err(NameError::Alphabet { position: 2 })),
            (long.as_str(), Err(NameError::TooLong { found: 65 })),
        ] {
            assert_eq!(check_name(text), expected, "{text:?}");
        }
        assert_eq!(check_name(&long[1..]), Ok(()));
    }

    #[test]
    fn a_bad_name_does_not_deserialize() {
        assert!(serde_json::from_str::<ContactId>("\"a b\"").is_err());
        assert!(serde_json::from_str::<ContactId>("7").is_err());
    }
}
