//! The rows of matches, settlements and boards, and filling them by hand.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use mauntic_domain::audit::{Link, Walk};
use mauntic_domain::ids::{MemberId, OrganizationId, ProviderMatchId, ProviderTournamentId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::board::LEAGUE_READ_MAX;
use mauntic_domain::scoreboard::ledger::to_hex;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::{
    Chain, Entry, Match, MatchResult, Reason, Round, Rules, Score, Totals,
};
use mauntic_flows::ports::{BoardKey, Closed, DriftRow, MatchPlace};
use uuid::Uuid;

use super::MemoryStore;

/// An organization and one of its tournaments, or the board of it.
pub type TournamentKey = (OrganizationId, Uuid);

/// A row of `scoreboard.tournaments`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct TournamentRow {
    pub name: String,
    pub provider: Option<ProviderTournamentId>,
    pub ranking: Kind,
    pub rules: Rules,
    pub chain: Chain,
    pub rules_version: i32,
    pub revision: i64,
    /// The ledger's end.
    pub head: Walk,
    pub settled_at: Option<DateTime<Utc>>,
    pub closed: Option<Closed>,
    pub created_at: DateTime<Utc>,
}

impl TournamentRow {
    /// Whether somebody is asked about its matches.
    pub(super) fn is_asked(&self) -> bool {
        self.provider.is_some() && self.closed.is_none()
    }
}

/// A row of `scoreboard.matches`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct MatchRow {
    pub external_id: String,
    pub round: Round,
    pub home: String,
    pub away: String,
    pub stored: Match,
    pub settled_version: i32,
}

/// A row of `scoreboard.verifications`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct VerificationRow {
    pub organization_id: OrganizationId,
    pub match_id: Uuid,
    pub fetched_at: DateTime<Utc>,
    pub reason: Reason,
    pub result_version: i32,
}

/// A row of `scoreboard.leagues`, with those of `scoreboard.league_members`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct LeagueRow {
    pub name: String,
    pub created_at: DateTime<Utc>,
    /// Since when each is in it.
    pub members: BTreeMap<MemberId, DateTime<Utc>>,
}

/// A row of `scoreboard.guesses`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct GuessRow {
    pub score: Score,
    pub stored_at: DateTime<Utc>,
}

/// A row of `scoreboard.entries`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct BoardRow {
    pub totals: Totals,
    pub standing: i64,
    pub joined_at: DateTime<Utc>,
}

/// A row of `scoreboard.boards`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct BoardCounts {
    pub members: i64,
    pub changes: i64,
}

/// A row of `scoreboard.match_settlement_ledger`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct LedgerRow {
    pub link: Link,
    pub entry: Entry,
    pub result: MatchResult,
    pub job_id: Uuid,
    pub attempt: i32,
    pub detail: Option<String>,
}

impl TournamentRow {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            name: String::new(),
            provider: None,
            ranking: Kind::default(),
            rules: Rules::default(),
            chain: Chain::default(),
            rules_version: 1,
            revision: 0,
            head: Walk::default(),
            settled_at: None,
            closed: None,
            created_at: now,
        }
    }
}

impl BoardCounts {
    pub(super) fn enter(&mut self, members: i64) {
        self.members += members;
        self.changes += members;
    }
}

/// Everything of the schema `scoreboard`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the tables")]
pub struct Boards {
    pub tournaments: BTreeMap<TournamentKey, TournamentRow>,
    pub matches: BTreeMap<MatchPlace, MatchRow>,
    /// By job and attempt.
    pub verifications: BTreeMap<(Uuid, i32), VerificationRow>,
    pub members: BTreeMap<TournamentKey, BTreeMap<MemberId, DateTime<Utc>>>,
    pub guesses: BTreeMap<MatchPlace, BTreeMap<MemberId, GuessRow>>,
    /// Of tournaments and leagues, by their ids.
    pub counts: BTreeMap<TournamentKey, BoardCounts>,
    pub entries: BTreeMap<TournamentKey, BTreeMap<MemberId, BoardRow>>,
    pub histograms: BTreeMap<TournamentKey, BTreeMap<PointsE4, i64>>,
    pub leagues: BTreeMap<(TournamentKey, Uuid), LeagueRow>,
    /// Leagues of a tournament that keep a board, under their own ids.
    pub kept: BTreeMap<TournamentKey, BTreeSet<Uuid>>,
    pub ledger: BTreeMap<TournamentKey, Vec<LedgerRow>>,
    /// By the seq of the settlement and the member.
    pub points: BTreeMap<TournamentKey, BTreeMap<(i64, MemberId), Totals>>,
    pub drifts: BTreeMap<TournamentKey, DriftRow>,
}

impl Boards {
    /// Whether a league keeps a board.
    pub(super) fn keeps_board(&self, organization: &OrganizationId, board: BoardKey) -> bool {
        let kept = self.kept.get(&(organization.clone(), board.tournament));
        board.league.is_some_and(|league| kept.is_some_and(|kept| kept.contains(&league)))
    }

    /// What the triggers of leagues and their members do: members who were not in it enter
    /// a league, which is made where it was not there.
    pub(super) fn enter_league(
        &mut self,
        key: &TournamentKey,
        league: Uuid,
        members: &[MemberId],
        now: DateTime<Utc>,
    ) {
        let board = (key.0.clone(), league);
        let row = self.leagues.entry((key.clone(), league)).or_insert_with(|| LeagueRow {
            name: "a league".to_owned(),
            created_at: now,
            members: BTreeMap::new(),
        });
        let in_it = &mut row.members;
        let mut entered: BTreeSet<MemberId> = members.iter().cloned().collect();
        entered.retain(|member| !in_it.contains_key(member));
        in_it.extend(entered.iter().map(|member| (member.clone(), now)));
        let count = i64::try_from(entered.len()).unwrap_or(i64::MAX);
        self.counts.entry(board.clone()).or_default().enter(count);
        let kept = self.kept.entry(key.clone()).or_default();
        if !kept.contains(&league) {
            if in_it.len() <= LEAGUE_READ_MAX {
                return;
            }
            kept.insert(league);
            entered = in_it.keys().cloned().collect();
        }
        for member in entered {
            let row = self.entries.get(key).and_then(|of| of.get(&member)).copied();
            let Some(row) = row else { continue };
            self.entries.entry(board.clone()).or_default().insert(member, row);
            let histogram = self.histograms.entry(board.clone()).or_default();
            *histogram.entry(row.totals.points).or_default() += 1;
        }
    }

    /// The same of those who leave one.
    pub(super) fn leave_league(&mut self, key: &TournamentKey, league: Uuid, members: &[MemberId]) {
        let board = (key.0.clone(), league);
        let Some(row) = self.leagues.get_mut(&(key.clone(), league)) else { return };
        for member in members {
            if row.members.remove(member).is_none() {
                continue;
            }
            let counts = self.counts.entry(board.clone()).or_default();
            (counts.members, counts.changes) = (counts.members - 1, counts.changes + 1);
            let row = self.entries.get_mut(&board).and_then(|of| of.remove(member));
            let histogram = self.histograms.get_mut(&board);
            if let (Some(row), Some(histogram)) = (row, histogram) {
                *histogram.entry(row.totals.points).or_default() -= 1;
            }
        }
    }

    /// Somebody joins a tournament, and is on its board.
    pub(super) fn join(&mut self, key: &TournamentKey, member: &MemberId, at: DateTime<Utc>) {
        self.members.entry(key.clone()).or_default().insert(member.clone(), at);
        let row = BoardRow { totals: Totals::ZERO, standing: 0, joined_at: at };
        self.entries.entry(key.clone()).or_default().insert(member.clone(), row);
        let histogram = self.histograms.entry(key.clone()).or_default();
        *histogram.entry(PointsE4::ZERO).or_default() += 1;
        self.counts.entry(key.clone()).or_default().enter(1);
    }
}

impl MemoryStore {
    /// Makes a tournament.
    pub fn put_tournament(&self, key: TournamentKey, rules: Rules, chain: Chain) {
        self.by_hand(|state| {
            state.boards.counts.entry(key.clone()).or_default();
            let name = "a tournament".to_owned();
            let row = TournamentRow { name, rules, chain, ..TournamentRow::new(state.now) };
            state.boards.tournaments.insert(key, row);
        });
    }

    /// Names a tournament as its provider does, or has nobody asked about it.
    pub fn provide(&self, key: &TournamentKey, provider: Option<ProviderTournamentId>) {
        self.by_hand(|state| {
            if let Some(row) = state.boards.tournaments.get_mut(key) {
                row.provider = provider;
            }
        });
    }

    /// Names a match as its provider does.
    pub fn call_match(&self, place: &MatchPlace, external_id: &ProviderMatchId) {
        self.by_hand(|state| {
            if let Some(row) = state.boards.matches.get_mut(place) {
                row.external_id = external_id.to_string();
            }
        });
    }

    /// Changes a tournament's rules, as before its first settlement.
    pub fn change_rules(&self, key: &TournamentKey, rules: Rules) {
        self.by_hand(|state| {
            if let Some(row) = state.boards.tournaments.get_mut(key) {
                row.rules_version += i32::from(row.rules != rules);
                row.rules = rules;
            }
        });
    }

    /// Closes a tournament under a digest, whatever its board is.
    pub fn close_by_hand(&self, key: &TournamentKey, digest: [u8; 32]) {
        self.by_hand(|state| {
            let closed_at = state.now;
            if let Some(row) = state.boards.tournaments.get_mut(key) {
                let (digest, ledger_seq) = (to_hex(&digest), row.head.seq);
                row.closed = Some(Closed { closed_at, digest, ledger_seq });
            }
        });
    }

    /// Takes a guess back, as no statement of ours does.
    pub fn lose_guess(&self, place: &MatchPlace, member: &MemberId) {
        self.by_hand(|state| {
            if let Some(of) = state.boards.guesses.get_mut(place) {
                of.remove(member);
            }
        });
    }

    /// Makes a match, or changes what is stored of it.
    pub fn put_match(&self, place: MatchPlace, round: Round, stored: Match) {
        self.by_hand(|state| {
            let external_id = place.match_id.to_string();
            let row = state.boards.matches.entry(place).or_insert(MatchRow {
                external_id,
                round: round.clone(),
                home: "h".to_owned(),
                away: "a".to_owned(),
                stored,
                settled_version: 0,
            });
            (row.round, row.stored) = (round, stored);
        });
    }

    /// Makes members, who are on the board from then on.
    pub fn put_members(&self, key: &TournamentKey, members: &[(MemberId, DateTime<Utc>)]) {
        self.by_hand(|state| {
            let boards = &mut state.boards;
            for (member, joined_at) in members {
                boards.join(key, member, *joined_at);
            }
        });
    }

    /// Makes a league of members.
    pub fn put_league(&self, key: &TournamentKey, league: Uuid, members: &[MemberId]) {
        self.by_hand(|state| state.boards.enter_league(key, league, members, state.now));
    }

    /// Members leave a league.
    pub fn leave_league(&self, key: &TournamentKey, league: Uuid, members: &[MemberId]) {
        self.by_hand(|state| state.boards.leave_league(key, league, members));
    }

    /// Stores guesses about a match, as they are.
    pub fn put_guesses(&self, place: &MatchPlace, guesses: &[(MemberId, Score, DateTime<Utc>)]) {
        self.by_hand(|state| {
            let of = state.boards.guesses.entry(place.clone()).or_default();
            for (member, score, stored_at) in guesses {
                let row = GuessRow { score: *score, stored_at: *stored_at };
                of.insert(member.clone(), row);
            }
        });
    }

    /// Takes a member off a board, as no statement of ours does.
    pub fn spoil_board(&self, key: &TournamentKey, member: &MemberId) {
        self.by_hand(|state| {
            if let Some(of) = state.boards.entries.get_mut(key) {
                of.remove(member);
            }
        });
    }
}
