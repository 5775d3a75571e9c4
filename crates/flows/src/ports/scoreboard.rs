//! What settlements are decided on, and what they write.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoreboard::chain::Weights;
use mauntic_domain::scoreboard::settlement::Applied;
use mauntic_domain::scoreboard::{
    Chain, Entry, EntryStatus, Match, MatchResult, Round, Rules, Score, Totals,
};
use uuid::Uuid;

use super::PortError;

/// A match's place; sorts as the primary key does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchPlace {
    /// Whose.
    pub organization_id: OrganizationId,
    /// Of which tournament.
    pub tournament_id: Uuid,
    /// Which match.
    pub match_id: Uuid,
}

/// What a match and its tournament are as a settlement is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementInputs {
    /// The tournament's rules.
    pub rules: Rules,
    /// Its order of members.
    pub chain: Chain,
    /// Raised with every change of the two.
    pub rules_version: i32,
    /// The match's round.
    pub round: Round,
    /// The match.
    pub stored: Match,
    /// The settlement of it that counts.
    pub applied: Option<Applied>,
    /// Whether the tournament is closed.
    pub is_closed: bool,
    /// Whether there are more guesses about the match than [`GUESSES_MAX`].
    ///
    /// [`GUESSES_MAX`]: mauntic_domain::scoreboard::settlement::GUESSES_MAX
    pub is_too_large: bool,
}

/// What of it a decision depends on: where it is another when the tournament's row is
/// locked, nothing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementBasis {
    /// See [`SettlementInputs::rules_version`].
    pub rules_version: i32,
    /// The match's round.
    pub round: Round,
    /// Guesses count that were stored before.
    pub kickoff: DateTime<Utc>,
    /// The version of its result.
    pub result_version: i32,
    /// The entry of the ledger that counts.
    pub applied: Option<i64>,
}

/// What a settlement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettlementAct {
    /// Its result counts already: an entry says so.
    Skip,
    /// It gives what guesses earn now, less what settlements of the match gave before.
    Apply {
        /// What every score earns; nothing where it is absent.
        awards: BTreeMap<Score, Totals>,
        /// What that weighs in a standing.
        weights: Weights,
    },
}

/// A decided settlement. The store locks the tournament's row in a statement of its
/// own, and only if nobody holds it; looks whether the basis is what it was; and then
/// writes the ledger, the entries of points, the board with its histogram, the match,
/// and where it is applied the event `scoreboard.MatchSettled`, whose numbers only the
/// rows as updated tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementWrite {
    /// Which match.
    pub place: MatchPlace,
    /// What it was decided on.
    pub basis: SettlementBasis,
    /// The result that is settled.
    pub result: MatchResult,
    /// What is done.
    pub act: SettlementAct,
    /// The job that settles.
    pub job_id: Uuid,
    /// Its attempt.
    pub attempt: i32,
    /// Correlation id.
    pub request_id: Option<String>,
}

/// The type of the event that tells of an applied settlement.
pub const MATCH_SETTLED: &str = "scoreboard.MatchSettled";

impl SettlementWrite {
    /// Its entry in the ledger where it gives nothing, or gave nothing.
    #[must_use]
    pub fn bare_entry(&self, status: EntryStatus) -> Entry {
        Entry {
            match_id: self.place.match_id,
            result_version: self.basis.result_version,
            status,
            result_hash: self.result.hash(),
            guesses: 0,
            members: 0,
            change: Totals::ZERO,
            previous: self.basis.applied,
        }
    }
}

/// What settlements read.
#[trait_variant::make(Send)]
pub trait SettlementStore: Sync {
    /// A match and what counts of it, of one snapshot, in one round trip; none where
    /// there is no such match.
    async fn settlement_inputs(
        &self,
        place: &MatchPlace,
    ) -> Result<Option<SettlementInputs>, PortError>;
}
