//! What a request is given besides itself: the time, and chance.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// When a request came, and random bytes for all that it needs.
#[derive(Clone, Copy)]
pub struct Moment {
    /// The host's clock.
    pub now: DateTime<Utc>,
    /// Fresh for each request and never shown: what is random of a page is derived from it.
    pub random: [u8; 32],
}

impl Moment {
    /// Random bytes for one purpose; others for another.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        keyed(&self.random, purpose.as_bytes())
    }

    /// Random text for one purpose, of visible characters.
    pub(crate) fn token(&self, purpose: &str) -> String {
        let bytes = self.derive(purpose);
        bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// HMAC-SHA256.
pub(crate) fn keyed(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length, so that this never fails.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.chain_update(message).finalize().into_bytes().into()
}
