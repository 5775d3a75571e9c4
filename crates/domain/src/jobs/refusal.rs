//! Why a body is not a message.

use super::queue::{BODY_BYTES_MAX, VERSION};

/// Why a body is not a message; it is kept as a dead letter with this reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is not text and no JSON value.
    #[error("the body is neither text nor a JSON value")]
    NotText,
    /// More than [`BODY_BYTES_MAX`] bytes.
    #[error("the body has {found} bytes, at most {BODY_BYTES_MAX} are read")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// Not JSON, or not the envelope's shape.
    #[error("the body is not a message: {message}")]
    Malformed {
        /// What the parser says.
        message: String,
    },
    /// A string holds U+0000, which the database cannot store.
    #[error("a string of the body contains U+0000")]
    Nul,
    /// A version newer than [`VERSION`].
    #[error("version {found} of the envelope is newer than this build's {VERSION}")]
    UnknownVersion {
        /// Version found.
        found: u16,
    },
    /// A type this build does not know.
    #[error("type {name:?} is not known to this build")]
    UnknownType {
        /// The type's name, at most 100 characters of it.
        name: String,
    },
    /// The type belongs on another queue.
    #[error("type {name} belongs on queue {expected}")]
    WrongQueue {
        /// The type's name.
        name: &'static str,
        /// The queue it belongs on.
        expected: &'static str,
    },
    /// The data does not fit the type.
    #[error("data.{path}: {message}")]
    InvalidData {
        /// Path inside `data`.
        path: String,
        /// What is wrong there.
        message: String,
    },
}

impl Refusal {
    /// Stable name of the reason, for rows, metrics and fingerprints.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotText => "not_text",
            Self::TooLarge { .. } => "too_large",
            Self::Malformed { .. } => "malformed",
            Self::Nul => "contains_nul",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::UnknownType { .. } => "unknown_type",
            Self::WrongQueue { .. } => "wrong_queue",
            Self::InvalidData { .. } => "invalid_data",
        }
    }
}
