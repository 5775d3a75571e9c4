//! Who is signed in. The cookie holds the keys themselves, sealed: no script and nobody who
//! reads a browser's files has them, nothing is kept on a server, and a key that is revoked
//! opens nothing from then on, because every page asks the API with it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::moment::{Moment, keyed};
use crate::stop::Kind;

/// How long who signed in stays so: a working day.
pub(crate) const SESSION_MAX: TimeDelta = TimeDelta::hours(8);

/// Fewest characters of `SESSION_SECRET`: 128 random bits in hexadecimal.
const SECRET_CHARS_MIN: usize = 32;

/// Bytes of a nonce, random for each cookie: of 2^96 of them none comes twice.
const NONCE_BYTES: usize = 24;

/// Longest cookie that is looked at. Two keys and their names take a quarter of it.
const COOKIE_CHARS_MAX: usize = 4_096;

/// Why a `SESSION_SECRET` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretError;

/// What cookies are sealed with and forms are signed with.
#[derive(Clone)]
pub struct Secrets {
    seal: [u8; 32],
    forms: [u8; 32],
}

impl Secrets {
    /// Derives both from `SESSION_SECRET`.
    ///
    /// # Errors
    /// Where it is shorter than 32 characters.
    pub fn parse(secret: &str) -> Result<Self, SecretError> {
        if secret.trim().len() < SECRET_CHARS_MIN {
            return Err(SecretError);
        }
        let derive = |purpose: &str| keyed(secret.trim().as_bytes(), purpose.as_bytes());
        Ok(Self {
            seal: derive("mauntic console session 1"),
            forms: derive("mauntic console form 1"),
        })
    }

    /// What forms are signed with.
    pub(crate) fn forms(&self) -> &[u8; 32] {
        &self.forms
    }
}

/// A key somebody signed in with, and what the API said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    /// The bearer's key.
    pub(crate) key: String,
    /// Who that is in the audit.
    pub(crate) name: String,
    /// The organization it acts for; none for an operator.
    pub(crate) organization: Option<String>,
    /// What it may do.
    pub(crate) scopes: Vec<String>,
}

impl Holder {
    /// Whether it has this scope.
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|of| of == scope)
    }
}

/// A session: of an operator, of an organization, of both, or of somebody who is about to
/// sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Random; forms are bound to it.
    pub(crate) id: String,
    /// Seconds since 1970 at which it ends.
    pub(crate) ends: i64,
    /// An operator's key.
    pub(crate) operator: Option<Holder>,
    /// An organization's key.
    pub(crate) tenant: Option<Holder>,
}

impl Session {
    /// One of nobody.
    pub(crate) fn fresh(moment: &Moment) -> Self {
        let ends = (moment.now + SESSION_MAX).timestamp();
        Self { id: moment.token("session"), ends, operator: None, tenant: None }
    }

    /// Whether anybody is signed in.
    pub(crate) fn is_somebody(&self) -> bool {
        self.operator.is_some() || self.tenant.is_some()
    }

    /// Whether the key of this kind may change something. An operator's highest scope includes
    /// those below it, an organization's are named one by one, as the API has it.
    pub(crate) fn may_act(&self, kind: Kind) -> bool {
        let (holder, scopes): (_, &[&str]) = match kind {
            Kind::Operator => (&self.operator, &["operate", "admin"]),
            Kind::Organization => (&self.tenant, &["write"]),
        };
        holder.as_ref().is_some_and(|holder| scopes.iter().any(|scope| holder.has(scope)))
    }

    /// This session with one more key, under another id: what was known of the session
    /// before says nothing of the one after.
    pub(crate) fn with(self, holder: Holder, moment: &Moment) -> Self {
        let mut next = Self { operator: self.operator, tenant: self.tenant, ..Self::fresh(moment) };
        let place =
            if holder.organization.is_some() { &mut next.tenant } else { &mut next.operator };
        *place = Some(holder);
        next
    }

    /// The cookie's value.
    pub(crate) fn seal(&self, secrets: &Secrets, cookie: &str, moment: &Moment) -> String {
        let [nonce @ .., _, _, _, _, _, _, _, _] = moment.derive("nonce");
        let text = serde_json::to_vec(self).unwrap_or_default();
        let payload = Payload { msg: &text, aad: cookie.as_bytes() };
        let cipher = XChaCha20Poly1305::new(&secrets.seal.into());
        // Sealing fails only for 256 GB, and then there is no session.
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a cookie's value; none where it was not sealed by this secret for this cookie,
    /// or is over.
    pub(crate) fn open(
        value: &str,
        secrets: &Secrets,
        cookie: &str,
        moment: &Moment,
    ) -> Option<Self> {
        if value.len() > COOKIE_CHARS_MAX {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let cipher = XChaCha20Poly1305::new(&secrets.seal.into());
        let payload = Payload { msg: text, aad: cookie.as_bytes() };
        let text = cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        let session: Self = serde_json::from_slice(&text).ok()?;
        (moment.now.timestamp() < session.ends).then_some(session)
    }
}
