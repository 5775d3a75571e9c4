//! Where PostgreSQL's messages begin and end, in one direction of a connection and
//! through chunks of any size. Pure; nothing is kept but a header.
//!
//! A message is a byte that says its kind, four bytes of length that count
//! themselves, and a body; the first that a client sends has no kind byte.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

/// A client's first message, which has no kind byte.
pub const STARTUP: u8 = 0;

/// Bytes of a kind and a length.
pub const HEADER_BYTES: usize = 5;

/// Bytes of a length, which counts itself.
const LENGTH_BYTES: u32 = 4;

/// A header that no PostgreSQL sends, or that is over the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A length that does not even count itself.
    #[error("a message of kind {kind:#04x} says that it has {length} bytes")]
    BadLength {
        /// The message's kind.
        kind: u8,
        /// The length it says, in bytes.
        length: u32,
    },
    /// More than this side takes.
    #[error("a message of kind {kind:#04x} has {bytes} bytes, at most {bytes_max}")]
    TooLarge {
        /// The message's kind.
        kind: u8,
        /// Bytes of its body.
        bytes: u32,
        /// Bytes that are taken.
        bytes_max: u32,
    },
}

/// Follows one direction.
#[derive(Debug, Clone)]
pub struct Follow {
    /// The header seen so far; a start-up message's leaves out the kind.
    header: [u8; HEADER_BYTES],
    header_bytes: usize,
    body_left: u32,
    body_bytes_max: u32,
}

impl Follow {
    /// What a server sends, or what a client sends behind its first message.
    #[must_use]
    pub fn messages(body_bytes_max: u32) -> Self {
        Self { header: [0; HEADER_BYTES], header_bytes: 0, body_left: 0, body_bytes_max }
    }

    /// What a client sends from the beginning.
    #[must_use]
    pub fn from_startup(body_bytes_max: u32) -> Self {
        // The kind that is not there counts as seen.
        Self { header_bytes: 1, ..Self::messages(body_bytes_max) }
    }

    /// Whether a message has begun whose end is still to come.
    #[must_use]
    pub fn is_amid(&self) -> bool {
        self.body_left > 0 || self.header_bytes > 0
    }

    /// Calls `each` with the kind of every message that ends in this chunk.
    ///
    /// # Errors
    /// At a header that cannot be; nothing behind it has a meaning.
    pub fn feed(&mut self, chunk: &[u8], mut each: impl FnMut(u8)) -> Result<(), WireError> {
        let mut rest = chunk;
        loop {
            if self.header_bytes < HEADER_BYTES {
                let Some((&byte, behind)) = rest.split_first() else { return Ok(()) };
                if let Some(place) = self.header.get_mut(self.header_bytes) {
                    *place = byte;
                }
                self.header_bytes += 1;
                rest = behind;
                if self.header_bytes == HEADER_BYTES {
                    self.body_left = self.body_bytes()?;
                }
                continue;
            }
            let here = usize::try_from(self.body_left).unwrap_or(usize::MAX).min(rest.len());
            rest = rest.get(here..).unwrap_or_default();
            self.body_left -= u32::try_from(here).unwrap_or(self.body_left);
            if self.body_left > 0 {
                return Ok(());
            }
            let [kind, ..] = self.header;
            self.header = [0; HEADER_BYTES];
            self.header_bytes = 0;
            each(kind);
        }
    }

    /// The body's length, by a header that is whole.
    fn body_bytes(&self) -> Result<u32, WireError> {
        let [kind, length @ ..] = self.header;
        let length = u32::from_be_bytes(length);
        let bytes =
            length.checked_sub(LENGTH_BYTES).ok_or(WireError::BadLength { kind, length })?;
        if bytes > self.body_bytes_max {
            return Err(WireError::TooLarge { kind, bytes, bytes_max: self.body_bytes_max });
        }
        Ok(bytes)
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
