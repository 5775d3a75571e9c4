//! Whether a ledger, what it gave and the boards are what guesses and results make: the
//! differences, which are looked for in parts.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ledger::{Entry, EntryStatus, to_hex};
use super::matches::Match;
pub use super::part::{Part, PartError};
use super::result::MatchResult;
use super::totals::Totals;
use crate::audit::Broken;
use crate::ids::MemberId;
use crate::points::PointsE4;

/// What is another than it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// An entry of the ledger is gone, or one was put in.
    ChainGap,
    /// An entry or its hash is not what was written.
    ChainAltered,
    /// The ledger ends elsewhere than its tournament says.
    ChainEnd,
    /// An entry is not in the form in which entries are written.
    EntryForm,
    /// The result beside an entry is not the one whose hash it has.
    EntryResult,
    /// An entry is about a match that is not there.
    EntryMatch,
    /// An entry is not the sum of its entries of points.
    EntrySum,
    /// An entry does not name the one that counted before it.
    EntryPrevious,
    /// An entry settles a version that is not newer than the one before.
    EntryVersion,
    /// Entries of points are of no entry that counts.
    PointsStray,
    /// A match has another result than was settled as that version.
    MatchResult,
    /// A match says that another version is settled than its ledger.
    MatchVersion,
    /// What a member was given for a match is not what the guess earns.
    Points,
    /// A member's line is not there, or not as the entries of points make it.
    BoardEntry,
    /// The histogram is not the count of the board's members.
    Histogram,
    /// A closed tournament's board, or its ledger, is not as it was closed.
    Closing,
}

impl Mismatch {
    /// Name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChainGap => "chain_gap",
            Self::ChainAltered => "chain_altered",
            Self::ChainEnd => "chain_end",
            Self::EntryForm => "entry_form",
            Self::EntryResult => "entry_result",
            Self::EntryMatch => "entry_match",
            Self::EntrySum => "entry_sum",
            Self::EntryPrevious => "entry_previous",
            Self::EntryVersion => "entry_version",
            Self::PointsStray => "points_stray",
            Self::MatchResult => "match_result",
            Self::MatchVersion => "match_version",
            Self::Points => "points",
            Self::BoardEntry => "board_entry",
            Self::Histogram => "histogram",
            Self::Closing => "closing",
        }
    }
}

/// Something that is another than it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What.
    pub kind: Mismatch,
    /// Which entry of the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// Which match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_id: Option<Uuid>,
    /// Which league, whose board it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub league_id: Option<Uuid>,
    /// Which member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// Members with how many points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<PointsE4>,
    /// What is stored.
    pub stored: String,
    /// What should be.
    pub expected: String,
}

impl Difference {
    /// Of a kind, nowhere yet.
    #[must_use]
    pub fn of(kind: Mismatch, stored: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self {
            kind,
            seq: None,
            match_id: None,
            league_id: None,
            member_id: None,
            points: None,
            stored: stored.to_string(),
            expected: expected.to_string(),
        }
    }

    /// Where a chain is not what was written.
    #[must_use]
    pub fn of_chain(broken: Broken) -> Self {
        let (kind, seq, stored, expected) = match broken {
            Broken::Gap { expected, found } => (
                Mismatch::ChainGap,
                expected,
                format!("entry {found}"),
                format!("entry {expected}"),
            ),
            Broken::Altered { seq } => {
                let is = "another hash than that of the row and of the one before";
                (Mismatch::ChainAltered, seq, is.to_owned(), "its hash".to_owned())
            }
            Broken::End { expected, found } => {
                let [found, end] = [found, expected].map(|seq| format!("the end at entry {seq}"));
                (Mismatch::ChainEnd, expected, found, end)
            }
        };
        Self { seq: Some(seq), ..Self::of(kind, stored, expected) }
    }

    /// What a member was given for a match against what the guess earns.
    #[must_use]
    pub fn of_points(match_id: Uuid, of: &MemberTotals) -> Self {
        let difference = of.difference(Mismatch::Points);
        Self { match_id: Some(match_id), ..difference }
    }

    /// Of a league's board.
    #[must_use]
    pub fn in_league(self, league_id: Option<Uuid>) -> Self {
        Self { league_id, ..self }
    }

    /// Numbers of members with some points, or of all.
    #[must_use]
    pub fn of_bucket(points: Option<PointsE4>, stored: i64, expected: i64) -> Self {
        let [stored, expected] = [stored, expected].map(|members| format!("{members} members"));
        Self { points, ..Self::of(Mismatch::Histogram, stored, expected) }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if let Some(seq) = self.seq {
            write!(f, ", entry {seq}")?;
        }
        if let Some(match_id) = self.match_id {
            write!(f, ", match {match_id}")?;
        }
        if let Some(league_id) = self.league_id {
            write!(f, ", league {league_id}")?;
        }
        if let Some(member) = &self.member_id {
            write!(f, ", member {member}")?;
        }
        if let Some(points) = self.points {
            write!(f, ", {points} points")?;
        }
        write!(f, ": {}, should be {}", self.stored, self.expected)
    }
}

/// A member's totals that are others than they should be; none where there is no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberTotals {
    /// Who.
    pub member: MemberId,
    /// What is stored.
    pub stored: Option<Totals>,
    /// What should be.
    pub expected: Option<Totals>,
}

impl MemberTotals {
    /// As a difference of that kind.
    #[must_use]
    pub fn difference(&self, kind: Mismatch) -> Difference {
        let [stored, expected] = [self.stored, self.expected].map(shown);
        // Where the totals are right, it is what else a line holds.
        let is_same = self.stored == self.expected;
        let expected =
            if is_same { "its standing and time of joining".to_owned() } else { expected };
        Difference {
            member_id: Some(self.member.clone()),
            ..Difference::of(kind, stored, expected)
        }
    }
}

fn shown(totals: Option<Totals>) -> String {
    totals.map_or_else(
        || "nothing".to_owned(),
        |Totals { points, exact_hits, right_outcomes }| {
            format!("{points} points, {exact_hits} exact, {right_outcomes} right")
        },
    )
}

/// A settlement of a match, with what its entries of points add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledRow {
    /// Its place in the ledger.
    pub seq: i64,
    /// The entry as it was hashed.
    pub entry: String,
    /// The result beside it, in canonical form.
    pub result: String,
    /// Members who have entries of points of it.
    pub members: i64,
    /// What they were given together.
    pub sum: Totals,
}

/// What counts of a match by its ledger, and what of that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The newest entry that counts, and the result that it settled; none where no
    /// member was given anything yet.
    pub applied: Option<(i64, MatchResult)>,
    /// Whether the match has a newer result than the ledger, whose job is to come.
    pub is_pending: bool,
    /// What is not as it should be.
    pub differences: Vec<Difference>,
}

/// Looks at a match and its settlements, in the order of their seqs.
#[must_use]
pub fn check_match(
    match_id: Uuid,
    stored: &Match,
    settled_version: i32,
    rows: &[SettledRow],
) -> Settled {
    let mut settled = Settled { applied: None, is_pending: false, differences: Vec::new() };
    let mut version = 0;
    let mut applied_version = 0;
    for row in rows {
        let mut differ = |kind, is: String, should: String| {
            let at = Difference { seq: Some(row.seq), ..Difference::of(kind, is, should) };
            settled.differences.push(Difference { match_id: Some(match_id), ..at });
        };
        let entry = serde_json::from_str::<Entry>(&row.entry).ok();
        let Some(entry) = entry.filter(|entry| entry.to_json() == row.entry) else {
            differ(Mismatch::EntryForm, "another form".to_owned(), "an entry's".to_owned());
            continue;
        };
        let result = MatchResult::from_canonical(&row.result);
        let Some(result) = result.filter(|result| result.hash() == entry.result_hash) else {
            let should = format!("the result of hash {}", to_hex(&entry.result_hash));
            differ(Mismatch::EntryResult, row.result.clone(), should);
            continue;
        };
        let is_applied = entry.status == EntryStatus::Applied;
        let gives = |members, totals| format!("{members} members: {}", shown(Some(totals)));
        let is_sum = (row.members, row.sum) == (entry.members, entry.change);
        if !is_sum || (!is_applied && row.members > 0) {
            let should = if is_applied { (entry.members, entry.change) } else { (0, Totals::ZERO) };
            differ(Mismatch::EntrySum, gives(row.members, row.sum), gives(should.0, should.1));
        }
        if entry.status == EntryStatus::Failed {
            continue;
        }
        let before = settled.applied.map(|(seq, _)| seq);
        if entry.previous != before {
            let name =
                |seq: Option<i64>| seq.map_or("none".to_owned(), |seq| format!("entry {seq}"));
            differ(Mismatch::EntryPrevious, name(entry.previous), name(before));
        }
        let is_kept = settled.applied.is_some_and(|(_, kept)| kept == result);
        if is_applied && entry.result_version <= applied_version {
            let [is, should] =
                [entry.result_version, applied_version].map(|version| format!("version {version}"));
            differ(Mismatch::EntryVersion, is, format!("newer than {should}"));
        } else if !is_applied && !is_kept {
            let should = "the result that counts".to_owned();
            differ(Mismatch::EntryResult, row.result.clone(), should);
        }
        version = entry.result_version.max(version);
        if is_applied {
            settled.applied = Some((row.seq, result));
            applied_version = entry.result_version;
        }
    }
    settled.is_pending = stored.result_version > version;
    check_row(match_id, stored, settled_version, version, &mut settled);
    settled
}

/// Whether the match's row says the same as its ledger.
fn check_row(match_id: Uuid, stored: &Match, settled: i32, version: i32, of: &mut Settled) {
    let mut differ = |kind, is: String, should: String| {
        let at = Difference { match_id: Some(match_id), ..Difference::of(kind, is, should) };
        of.differences.push(at);
    };
    if settled != version {
        let [is, should] = [settled, version].map(|version| format!("version {version} settled"));
        differ(Mismatch::MatchVersion, is, should);
    }
    let shown = |result: Option<MatchResult>| {
        result.map_or_else(|| "no result".to_owned(), MatchResult::canonical)
    };
    let counts = of.applied.map(|(_, result)| result);
    // A newer one is to be settled yet; an older one than was settled is none.
    if version > 0 && stored.result_version <= version && stored.result != counts {
        differ(Mismatch::MatchResult, shown(stored.result), shown(counts));
    }
}
