//! Follows the audit's chain from an entry that is known to its head, as far as
//! one request may.
//!
//! I/O: reads a page at a time, with the head as it is then. Entries that are
//! added meanwhile are followed as well. It writes nothing.

use mauntic_domain::audit::{Broken, Walk};

use crate::ports::{OperatorStore, PortError};

/// Entries of a page: at most 64 KiB each, and about one as a rule.
const PAGE_ENTRIES: i64 = 1_000;

/// Pages of one request: 10,000 entries are ten round trips, and of about
/// 1 KiB each 10 MiB to be hashed, which is a tenth of a second.
const PAGES_MAX: usize = 10;

/// What came of following the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The last entry that is what was written: every one before it is.
    pub walk: Walk,
    /// The chain's end, as it was last seen. Who keeps its hash elsewhere can
    /// tell a chain that somebody wrote anew.
    pub head: Walk,
    /// The first place where the chain is not what was written.
    pub broken: Option<Broken>,
    /// Whether nothing is left to be followed: the end was reached, or it is
    /// broken.
    pub complete: bool,
}

/// Follows the chain behind `from`: the whole of it, begun with the default, in
/// as many requests as it takes.
///
/// # Errors
/// The database's.
pub async fn verify<S: OperatorStore>(session: &S, from: Walk) -> Result<Verified, PortError> {
    let mut walk = from;
    let mut pages = 1;
    loop {
        let page = session.audit_chain(walk.seq, PAGE_ENTRIES).await?;
        let verified =
            |walk, broken, complete| Ok(Verified { walk, head: page.head, broken, complete });
        if let Err(broken) = walk.follow(&page.links) {
            return verified(walk, Some(broken), true);
        }
        // A page that brings nothing ends it, whatever the head says of more.
        if walk == page.head || page.links.is_empty() {
            return verified(walk, walk.finish(page.head).err(), true);
        }
        if pages >= PAGES_MAX {
            return verified(walk, None, false);
        }
        pages += 1;
    }
}
