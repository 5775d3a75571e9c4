//! The signature of a webhook's call, as the Standard Webhooks have it: who
//! receives it can tell that it comes from here, that nothing of it was changed,
//! and that it is not an old one said again.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// What a secret begins with; the rest is base64.
const SECRET_PREFIX: &str = "whsec_";

/// Bytes of a secret, as the standard bounds them.
const SECRET_BYTES_MIN: usize = 24;
const SECRET_BYTES_MAX: usize = 64;

/// What a secret must look like, for people.
pub const SECRET_FORM: &str = "whsec_ and 24 to 64 random bytes in base64";

/// The standard's headers: the id, by which repeats are known; when it was said,
/// in seconds since 1970; and the signature of both with the body.
pub const HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// The key of signatures. No `Debug` shows it, and nothing else does.
pub struct WebhookSecret(Vec<u8>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

impl WebhookSecret {
    /// Reads a secret; none of another form than [`SECRET_FORM`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim().strip_prefix(SECRET_PREFIX)?).ok()?;
        (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The values of [`HEADERS`] for a call that is made now.
    #[must_use]
    pub fn sign(&self, id: Uuid, now: DateTime<Utc>, body: &str) -> [String; 3] {
        let (id, timestamp) = (id.to_string(), now.timestamp().to_string());
        let signature = self.signature(&id, &timestamp, body);
        [id, timestamp, signature]
    }

    fn signature(&self, id: &str, timestamp: &str, body: &str) -> String {
        // Keys of every length are taken: longer ones than a block are hashed.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_standards_own_example() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signature = secret.signature(id, "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_call_is_signed_with_its_id_and_time() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let (id, now) = (Uuid::from_u128(7), DateTime::from_timestamp(1_800_000_000, 999).unwrap());
        let signed = secret.sign(id, now, "{}");
        let expected = secret.signature(&id.to_string(), "1800000000", "{}");
        assert_eq!(signed, [id.to_string(), "1800000000".to_owned(), expected]);
        let others = [
            secret.sign(Uuid::from_u128(8), now, "{}"),
            secret.sign(id, now + chrono::TimeDelta::seconds(1), "{}"),
            secret.sign(id, now, "{ }"),
            WebhookSecret(vec![1; 24]).sign(id, now, "{}"),
        ];
        for other in others {
            assert_ne!(other[2], signed[2]);
        }
    }

    #[test]
    fn a_secret_has_one_form_and_is_not_shown() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for sound in [of(24), of(64), format!(" {SECRET}\n")] {
            assert!(WebhookSecret::parse(&sound).is_some(), "{sound}");
        }
        let bare = STANDARD.encode([7; 24]);
        for wrong in ["", "whsec_", "whsec_!", "secret", &bare, &of(23), &of(65)] {
            assert!(WebhookSecret::parse(wrong).is_none(), "{wrong}");
        }
        let secret = WebhookSecret::parse(SECRET).unwrap();
        assert_eq!(format!("{secret:?}"), "WebhookSecret(..)");
    }
}
