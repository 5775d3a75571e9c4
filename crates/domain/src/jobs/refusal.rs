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
        /// Where, as a JSON pointer; empty for the whole body.
        pointer: String,
        /// What the parser says.
        message: String,
    },
    /// A string holds U+0000, which the database cannot store.
    #[error("a string of the body contains U+0000")]
    Nul,
    /// It addresses a job instead of bringing one. No producer's body is refused
    /// for that; a body that somebody hands in is.
    #[error("jobId addresses a job that is there; a message by hand has none")]
    Address,
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
            Self::Address => "has_address",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::UnknownType { .. } => "unknown_type",
            Self::KeyConflict { .. } => "idempotency_conflict",
            Self::WrongQueue { .. } => "wrong_queue",
            Self::InvalidKey { .. } => "invalid_key",
            Self::InvalidData { .. } => "invalid_data",
        }
    }

    /// Where in the message it is, as a JSON pointer (RFC 6901); empty for the
    /// whole of it. Data of an older version is pointed into as the newest has
    /// it.
    #[must_use]
    pub fn pointer(&self) -> String {
        match self {
            Self::NotText | Self::TooLarge { .. } | Self::Nul => String::new(),
            Self::Malformed { pointer, .. } => pointer.clone(),
            Self::Address => "/jobId".to_owned(),
            Self::UnknownVersion { .. } => "/v".to_owned(),
            Self::UnknownType { .. } | Self::WrongQueue { .. } => "/type".to_owned(),
            Self::KeyConflict { .. } | Self::InvalidKey { .. } => "/idempotencyKey".to_owned(),
            Self::InvalidData { path, .. } => format!("/data{}", pointer(path)),
        }
    }
}

/// The pointer of a path as it is shown: names of ours and numbers in brackets,
/// none of which needs an escape but a key that somebody made up.
pub(super) fn pointer(path: &str) -> String {
    let mut pointer = String::new();
    for segment in path.split(['.', '[', ']']).filter(|segment| !segment.is_empty()) {
        pointer.push('/');
        pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

#[cfg(test)]
#[path = "tests_refusal.rs"]
mod tests;
