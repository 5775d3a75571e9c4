//! What is shown of boards: counted line by line.

use std::collections::BTreeSet;

use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::scoreboard::board::WINDOW_SETTLEMENTS_MAX;
use mauntic_domain::scoreboard::ranks::{Kind, Place, TIED_COUNTED_MAX};
use mauntic_domain::scoreboard::{Entrant, Histogram, Round};
use mauntic_flows::ports::{
    Board, BoardKey, BoardLine, BoardPlace, BoardSlice, BoardStore, LeagueBoard, MatchPlace,
    PortError,
};
use uuid::Uuid;

use super::boards::MatchRow;
use super::{MemorySession, State};
use crate::faults::Call;

impl BoardStore for MemorySession {
    async fn board_page(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        kind: Kind,
        after: Option<&BoardPlace>,
        limit: i64,
    ) -> Result<Option<Board>, PortError> {
        self.call(Call::BoardPage, |state| {
            let lines = state.lines(&(organization.clone(), board.id()));
            let from = lines.iter().take_while(|line| after.is_some_and(|at| line.at() <= *at));
            let from = from.count();
            let part = from..from.saturating_add(size(limit));
            Ok(state.board(organization, board, kind, &lines, part))
        })
        .await
    }

    async fn board_around(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        kind: Kind,
        member: &MemberId,
        above: i64,
        below: i64,
    ) -> Result<Option<Board>, PortError> {
        self.call(Call::BoardAround, |state| {
            let lines = state.lines(&(organization.clone(), board.id()));
            let at = lines.iter().position(|line| line.entrant.member == *member);
            let part = at.map_or(0..0, |at| {
                at.saturating_sub(size(above))..at.saturating_add(size(below)).saturating_add(1)
            });
            Ok(state.board(organization, board, kind, &lines, part))
        })
        .await
    }

    async fn league_board(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        league: Uuid,
        most: i64,
    ) -> Result<LeagueBoard, PortError> {
        let board = BoardKey { tournament, league: Some(league) };
        self.call(Call::LeagueBoard, |state| {
            if state.boards.keeps_board(organization, board) {
                return Ok(LeagueBoard::Kept);
            }
            let all = state.lines(&(organization.clone(), tournament)).into_iter();
            let all = all.map(|line| line.entrant).collect();
            Ok(state.whole_board(organization, board, all, most))
        })
        .await
    }

    async fn board_window(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        rounds: &[Round],
        most: i64,
    ) -> Result<LeagueBoard, PortError> {
        self.call(Call::BoardWindow, |state| {
            let key = (organization.clone(), board.tournament);
            let is_in = |place: &MatchPlace, row: &MatchRow| {
                (&place.organization_id, place.tournament_id) == (&key.0, key.1)
                    && rounds.contains(&row.round)
            };
            let matches = state.boards.matches.iter().filter(|(place, row)| is_in(place, row));
            let seqs: BTreeSet<i64> = matches
                .flat_map(|(place, _)| state.applied(place))
                .map(|row| row.link.seq)
                .collect();
            let joined = state.boards.members.get(&key).into_iter().flatten();
            let all = joined.map(|(member, joined_at)| {
                let points = state.boards.points.get(&key).into_iter().flatten();
                let own = points.filter(|((seq, of), _)| of == member && seqs.contains(seq));
                let totals = own.map(|(_, change)| *change).sum();
                Entrant { member: member.clone(), totals, joined_at: *joined_at }
            });
            let whole = state.whole_board(organization, board, all.collect(), most);
            let is_members = matches!(whole, LeagueBoard::Members { .. });
            if is_members && seqs.len() > WINDOW_SETTLEMENTS_MAX {
                return Ok(LeagueBoard::TooLarge);
            }
            Ok(whole)
        })
        .await
    }
}

impl State {
    /// A whole board in its order.
    pub(super) fn lines(&self, key: &(OrganizationId, Uuid)) -> Vec<BoardLine> {
        let rows = || self.boards.entries.get(key).into_iter().flatten();
        let histogram = Histogram::of(rows().map(|(_, row)| row.totals.points));
        let line = |(member, row): (&MemberId, &super::boards::BoardRow)| {
            let (totals, joined_at) = (row.totals, row.joined_at);
            let entrant = Entrant { member: member.clone(), totals, joined_at };
            let nowhere = Place::first(0, 0);
            let place = histogram.place(totals.points).unwrap_or(nowhere);
            BoardLine { entrant, standing: row.standing, place }
        };
        let mut lines: Vec<BoardLine> = rows().map(line).collect();
        lines.sort_by_key(BoardLine::at);
        lines
    }

    /// Which state of a board is shown.
    fn revision(&self, organization: &OrganizationId, board: BoardKey) -> i64 {
        let settled = self.boards.tournaments.get(&(organization.clone(), board.tournament));
        let counts = self.boards.counts.get(&(organization.clone(), board.id()));
        settled.map_or(0, |row| row.revision) + counts.map_or(0, |counts| counts.changes)
    }

    /// Those of a tournament's members who are on a board, if they are at most `most`.
    fn whole_board(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        all: Vec<Entrant>,
        most: i64,
    ) -> LeagueBoard {
        let key = (organization.clone(), board.tournament);
        let Some(row) = self.boards.tournaments.get(&key) else {
            return LeagueBoard::Unknown;
        };
        let members = board.league.map(|league| self.boards.leagues.get(&(key.clone(), league)));
        if members == Some(None) {
            return LeagueBoard::Unknown;
        }
        let is_on = |of: &Entrant| {
            members.flatten().is_none_or(|in_it| in_it.members.contains_key(&of.member))
        };
        let entrants: Vec<Entrant> = all.into_iter().filter(is_on).collect();
        if entrants.len() > size(most) {
            return LeagueBoard::TooLarge;
        }
        LeagueBoard::Members {
            chain: row.chain.clone(),
            ranking: row.ranking,
            revision: self.revision(organization, board),
            unsettled: self.unsettled(&key),
            entrants,
        }
    }

    /// Matches of a tournament whose newest result does not count yet.
    fn unsettled(&self, key: &(OrganizationId, Uuid)) -> i64 {
        let own = self.boards.matches.iter().filter(|(place, row)| {
            (&place.organization_id, place.tournament_id) == (&key.0, key.1)
                && row.settled_version < row.stored.result_version
        });
        i64::try_from(own.count()).unwrap_or(i64::MAX)
    }

    pub(super) fn board(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        kind: Kind,
        lines: &[BoardLine],
        part: std::ops::Range<usize>,
    ) -> Option<Board> {
        let tournament = (organization.clone(), board.tournament);
        let ranking = self.boards.tournaments.get(&tournament)?.ranking;
        if board.league.is_some() && !self.boards.keeps_board(organization, board) {
            return None;
        }
        let part = part.start.min(lines.len())..part.end.min(lines.len());
        let (before, from) = lines.split_at_checked(part.start)?;
        let shown: Vec<BoardLine> = from.iter().take(part.len()).cloned().collect();
        let is_tied = |line: &&BoardLine| {
            shown.first().is_some_and(|of| of.entrant.totals.points == line.entrant.totals.points)
        };
        let tied = before.iter().rev().take_while(is_tied).count();
        let tied_before = if kind == Kind::Ordinal {
            u64::try_from(tied).unwrap_or(u64::MAX).min(TIED_COUNTED_MAX)
        } else {
            0
        };
        let slice = BoardSlice { lines: shown, tied_before };
        Some(Board {
            ranking,
            revision: self.revision(organization, board),
            unsettled: self.unsettled(&tournament),
            slice,
        })
    }
}

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
