//! Why a body is not a message.

use super::queue::BODY_BYTES_MAX;

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
    /// A version newer than this build's of the type.
    #[error("version {found} of the data is not known to this build")]
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
    /// The type is registered, and this build cannot do it yet.
    #[error("type {name} is registered; its logic comes with a later build")]
    NotAvailable {
        /// The type's name.
        name: &'static str,
    },
    /// The key stands for a job with other content.
    #[error("the idempotency key {key:?} stands for a job of this type with other content")]
    KeyConflict {
        /// The key.
        key: String,
    },
    /// The type belongs on another queue.
    #[error("type {name} belongs on queue {expected}")]
    WrongQueue {
        /// The type's name.
        name: &'static str,
        /// The queue it belongs on.
        expected: &'static str,
    },
    /// The idempotency key cannot be one.
    #[error("idempotencyKey: {message}")]
    InvalidKey {
        /// What is wrong with it.
        message: String,
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
            Self::NotAvailable { .. } => "type_not_available",
            Self::KeyConflict { .. } => "idempotency_conflict",
            Self::WrongQueue { .. } => "wrong_queue",
            Self::InvalidKey { .. } => "invalid_key",
            Self::InvalidData { .. } => "invalid_data",
        }
    }
}
