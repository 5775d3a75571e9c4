//! Follows the audit's chain from its first entry to its head.
//!
//! I/O: reads a page at a time, with the head as it is then. Entries that are
//! added meanwhile are followed as well. It writes nothing.

use mauntic_domain::audit::{Broken, Hash, Walk};

use crate::ports::{OperatorStore, PortError};

/// Entries of a page: at most 64 KiB each, and about one as a rule.
const PAGE_ENTRIES: i64 = 1_000;

/// What came of following the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Entries that are what was written, counted from the first.
    pub entries: i64,
    /// The head's hash in hexadecimal. Who keeps it elsewhere can tell a chain
    /// that somebody wrote anew.
    pub head: String,
    /// The first place where the chain is not what was written.
    pub broken: Option<Broken>,
}

/// Follows the whole chain.
///
/// # Errors
/// The database's.
pub async fn verify<S: OperatorStore>(session: &S) -> Result<Verified, PortError> {
    let mut walk = Walk::default();
    loop {
        let page = session.audit_chain(walk.seq, PAGE_ENTRIES).await?;
        let verified = |walk: Walk, broken| {
            Ok(Verified { entries: walk.seq, head: hex(&page.head.hash), broken })
        };
        if let Err(broken) = walk.follow(&page.links) {
            return verified(walk, Some(broken));
        }
        // A page that brings nothing ends it, whatever the head says of more.
        if walk == page.head || page.links.is_empty() {
            return verified(walk, walk.finish(page.head).err());
        }
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
