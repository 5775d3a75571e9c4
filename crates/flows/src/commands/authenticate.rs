//! Who is calling: an organization's key, an operator's key, or the bootstrap
//! operator's token. Comparisons are of SHA-256 digests, in constant time.

use mauntic_domain::ids::OrganizationId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ports::{KeyStore, PortError, Scope};

/// Longest token that is hashed; ours have 46 characters.
pub const TOKEN_BYTES_MAX: usize = 256;

/// A known caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The organization the caller belongs to; none for an operator.
    pub organization: Option<OrganizationId>,
    /// What the caller may do.
    pub scopes: Vec<Scope>,
}

impl Caller {
    /// Whether the caller may do what `scope` names; `admin` includes `operate`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
            || (scope == Scope::Operate && self.scopes.contains(&Scope::Admin))
    }
}

/// Finds the caller behind a bearer token; `None` when nobody has it.
///
/// # Errors
/// The key store's.
pub async fn authenticate<S: KeyStore>(
    session: &S,
    token: &str,
    admin_token: Option<&str>,
) -> Result<Option<Caller>, PortError> {
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
        return Ok(None);
    }
    let digest = sha256(token);
    // An empty ADMIN_TOKEN opens nothing.
    if let Some(admin) = admin_token.filter(|admin| !admin.is_empty())
        && same(&digest, &sha256(admin))
    {
        let scopes = vec![Scope::Operate, Scope::Admin];
        return Ok(Some(Caller { organization: None, scopes }));
    }
    let key = session.find_key(&digest).await?;
    Ok(key
        .filter(|key| same(&digest, &key.sha256))
        .map(|key| Caller { organization: key.organization_id, scopes: key.scopes }))
}

/// SHA-256 of a token, as keys are stored.
#[must_use]
pub fn sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}
