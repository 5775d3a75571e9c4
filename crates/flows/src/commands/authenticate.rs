//! Who is calling: an organization's key, an operator's key, or one of the deployment's two
//! tokens, the bootstrap operator's and the viewer's. Comparisons are of SHA-256 digests, in
//! constant time.

use mauntic_domain::ids::OrganizationId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::ports::{ApiKey, KeyStore, PortError, Scope};

/// Longest token that is hashed to be compared with the deployment's.
const TOKEN_BYTES_MAX: usize = 256;

/// What every key begins with.
const KEY_PREFIX: &str = "mk_";

/// Digits after it: 256 random bits in hexadecimal.
const KEY_DIGITS: usize = 64;

/// A known caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key; none for whoever has a token of the deployment's.
    pub key_id: Option<Uuid>,
    /// The organization the caller belongs to; none for an operator.
    pub organization: Option<OrganizationId>,
    /// What the caller may do.
    pub scopes: Vec<Scope>,
}

impl Caller {
    /// Whoever has the bootstrap operator's token.
    #[must_use]
    pub fn bootstrap() -> Self {
        Self { key_id: None, organization: None, scopes: vec![Scope::Operate, Scope::Admin] }
    }

    /// Whoever has the viewer's token: an operator who sees all there is and changes nothing.
    #[must_use]
    pub fn viewer() -> Self {
        Self { key_id: None, organization: None, scopes: vec![Scope::Read] }
    }

    /// Who it is in the audit and to the store of answers: the key's id, `bootstrap`
    /// or `viewer`.
    #[must_use]
    pub fn name(&self) -> String {
        let token = if self.may(Scope::Admin) { "bootstrap" } else { "viewer" };
        self.key_id.map_or_else(|| token.to_owned(), |id| id.to_string())
    }

    /// Whether the caller may do what `scope` names. An operator's scopes include those
    /// below them; of an organization's neither includes the other.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        let is_operator = self.organization.is_none();
        self.scopes.iter().any(|has| *has == scope || is_operator && *has > scope)
    }
}

/// Whether `token` has the shape of our keys: `mk_` and 64 lower-case
/// hexadecimal digits. What has another is nobody's key, without a look at the
/// database.
#[must_use]
pub fn is_key(token: &str) -> bool {
    token.strip_prefix(KEY_PREFIX).is_some_and(|digits| {
        digits.len() == KEY_DIGITS
            && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
    })
}

/// Whether `token` is this secret of the deployment's. A missing or empty one opens nothing.
#[must_use]
pub fn is_secret(token: &str, secret: Option<&str>) -> bool {
    token.len() <= TOKEN_BYTES_MAX
        && secret
            .filter(|secret| !secret.is_empty())
            .is_some_and(|secret| same(&sha256(token), &sha256(secret)))
}

/// Finds the caller behind a key; `None` when nobody has it.
///
/// # Errors
/// The key store's.
pub async fn find_caller<S: KeyStore>(
    session: &S,
    token: &str,
) -> Result<Option<Caller>, PortError> {
    if !is_key(token) {
        return Ok(None);
    }
    let digest = sha256(token);
    let key = session.find_key(&digest).await?;
    let caller = |key: ApiKey| Caller {
        key_id: Some(key.id),
        organization: key.organization_id,
        scopes: key.scopes,
    };
    Ok(key.filter(|key| same(&digest, &key.sha256)).map(caller))
}

/// SHA-256 of a token, as keys are stored.
#[must_use]
pub fn sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_one_shape() {
        let digits = "0123456789abcdef".repeat(4);
        assert!(is_key(&format!("mk_{digits}")));
        for other in [
            String::new(),
            "mk_".to_owned(),
            digits.clone(),
            format!("MK_{digits}"),
            format!(" mk_{digits}"),
            format!("mk_{digits}0"),
            format!("mk_{}", &digits[1..]),
            format!("mk_{}", digits.to_uppercase()),
            format!("mk_{}g", &digits[1..]),
            // Sixty-four bytes that are fewer characters.
            format!("mk_{}é", &digits[2..]),
        ] {
            assert!(!is_key(&other), "{other:?}");
        }
    }

    #[test]
    fn only_the_whole_secret_is_it() {
        assert!(is_secret("secret", Some("secret")));
        for (token, secret) in [
            ("secret", None),
            ("", Some("")),
            ("", Some("secret")),
            ("secre", Some("secret")),
            ("secret ", Some("secret")),
            ("SECRET", Some("secret")),
        ] {
            assert!(!is_secret(token, secret), "{token:?} {secret:?}");
        }
    }

    #[test]
    fn an_operators_scopes_include_those_below() {
        let operator = |scope| Caller { scopes: vec![scope], ..Caller::viewer() };
        let tenant =
            |scope| Caller { organization: OrganizationId::parse("o").ok(), ..operator(scope) };
        let may = |caller: Caller| Scope::ALL.map(|scope| caller.may(scope));
        for (caller, allowed) in [
            (Caller::viewer(), [true, false, false, false]),
            (operator(Scope::Operate), [true, true, true, false]),
            (Caller::bootstrap(), [true, true, true, true]),
            (tenant(Scope::Read), [true, false, false, false]),
            (tenant(Scope::Write), [false, true, false, false]),
        ] {
            assert_eq!(may(caller.clone()), allowed, "{caller:?}");
        }
        let named = [Caller::bootstrap(), Caller::viewer()].map(|caller| caller.name());
        assert_eq!(named, ["bootstrap", "viewer"]);
    }
}
