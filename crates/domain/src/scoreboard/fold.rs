//! The fold that makes a scoreboard of a ledger, and where a stored one differs.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::ledger::{Entry, EntryStatus};
use super::totals::Totals;
use crate::gather::gathered;
use crate::ids::MemberId;

/// A row of the ledger with its entries of points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place: rising from 1, without gaps.
    pub seq: i64,
    /// The entry.
    pub entry: Entry,
    /// What it changed, member by member.
    pub points: Vec<(MemberId, Totals)>,
}

/// Why a ledger contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A row is gone, put in, or in the wrong place.
    #[error("entry {expected} of the ledger is missing: entry {found} stands in its place")]
    Gap {
        /// The seq that should have come.
        expected: i64,
        /// The seq that came.
        found: i64,
    },
    /// Its entries of points are not what it says, or are of one that does not count.
    #[error("entry {seq} of the ledger is not the sum of its entries of points")]
    Sum {
        /// Its seq.
        seq: i64,
    },
    /// It does not follow the entry that counted before it.
    #[error("entry {seq} of the ledger does not name the entry that counted before it")]
    Link {
        /// Its seq.
        seq: i64,
    },
    /// It settles a version that is not newer than what counted before it.
    #[error("entry {seq} of the ledger settles a result that is not newer than the one before")]
    Version {
        /// Its seq.
        seq: i64,
    },
}

/// What every member has; who has nothing may be absent.
pub type Board = BTreeMap<MemberId, Totals>;

/// Makes the scoreboard of a ledger, whose rows come in the order of their seqs.
///
/// # Errors
/// The first row that contradicts those before it.
pub fn fold<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Result<Board, LedgerError> {
    let mut board = Board::new();
    let mut counted: BTreeMap<Uuid, (i64, i32)> = BTreeMap::new();
    for (expected, Row { seq, entry, points }) in (1..).zip(rows) {
        let seq = *seq;
        if seq != expected {
            return Err(LedgerError::Gap { expected, found: seq });
        }
        let is_applied = entry.status == EntryStatus::Applied;
        let changed: Totals = points.iter().map(|(_, change)| *change).sum();
        if changed != entry.change || (!is_applied && !points.is_empty()) {
            return Err(LedgerError::Sum { seq });
        }
        // One that failed had not come to look for what counted before it.
        let before = counted.get(&entry.match_id).copied();
        let is_linked = entry.previous == before.map(|(seq, _)| seq);
        if entry.status != EntryStatus::Failed && !is_linked {
            return Err(LedgerError::Link { seq });
        }
        if !is_applied {
            continue;
        }
        if before.is_some_and(|(_, version)| entry.result_version <= version) {
            return Err(LedgerError::Version { seq });
        }
        counted.insert(entry.match_id, (seq, entry.result_version));
        for (member, change) in points {
            let totals = board.entry(member.clone()).or_default();
            *totals = *totals + *change;
        }
    }
    Ok(board)
}

/// A member whose stored totals are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Who.
    pub member: MemberId,
    /// What is stored.
    pub stored: Totals,
    /// What it should be.
    pub expected: Totals,
}

/// Where two scoreboards differ, in the order of the members; nothing where none does.
#[must_use]
pub fn drift(stored: &Board, expected: &Board) -> Vec<Drift> {
    let members: BTreeSet<_> = gathered(stored.keys().chain(expected.keys()));
    let of = |board: &Board, member| board.get(member).copied().unwrap_or_default();
    members
        .into_iter()
        .map(|member| Drift {
            member: member.clone(),
            stored: of(stored, member),
            expected: of(expected, member),
        })
        .filter(|drift| drift.stored != drift.expected)
        .collect()
}
