//! What is shown of boards: counted line by line.

use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::scoreboard::ranks::{Kind, Place, TIED_COUNTED_MAX};
use mauntic_domain::scoreboard::{Entrant, Histogram};
use mauntic_flows::ports::{
    Board, BoardLine, BoardPlace, BoardSlice, BoardStore, LeagueBoard, PortError,
};
use uuid::Uuid;

use super::{MemorySession, State};
use crate::faults::Call;

impl BoardStore for MemorySession {
    async fn board_page(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        kind: Kind,
        after: Option<&BoardPlace>,
        limit: i64,
    ) -> Result<Option<Board>, PortError> {
        let key = (organization.clone(), tournament);
        self.call(Call::BoardPage, |state| {
            let lines = state.lines(&key);
            let from = lines.iter().take_while(|line| after.is_some_and(|at| line.at() <= *at));
            let from = from.count();
            Ok(state.board(&key, kind, &lines, from..from.saturating_add(size(limit))))
        })
        .await
    }

    async fn board_around(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        kind: Kind,
        member: &MemberId,
        above: i64,
        below: i64,
    ) -> Result<Option<Board>, PortError> {
        let key = (organization.clone(), tournament);
        self.call(Call::BoardAround, |state| {
            let lines = state.lines(&key);
            let at = lines.iter().position(|line| line.entrant.member == *member);
            let part = at.map_or(0..0, |at| {
                at.saturating_sub(size(above))..at.saturating_add(size(below)).saturating_add(1)
            });
            Ok(state.board(&key, kind, &lines, part))
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
        let key = (organization.clone(), tournament);
        self.call(Call::LeagueBoard, |state| {
            let Some(row) = state.boards.tournaments.get(&key) else {
                return Ok(LeagueBoard::Unknown);
            };
            let Some(members) = state.boards.leagues.get(&(key.clone(), league)) else {
                return Ok(LeagueBoard::Unknown);
            };
            if members.len() > size(most) {
                return Ok(LeagueBoard::TooLarge);
            }
            let lines = state.lines(&key).into_iter().map(|line| line.entrant);
            Ok(LeagueBoard::Members {
                chain: row.chain.clone(),
                ranking: Kind::default(),
                revision: state.revision(&key, league),
                entrants: lines.filter(|of| members.contains(&of.member)).collect(),
            })
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

    /// Which state of the board of a tournament, or of one of its leagues, is shown.
    fn revision(&self, key: &(OrganizationId, Uuid), board: Uuid) -> i64 {
        let settled = self.boards.tournaments.get(key).map_or(0, |row| row.revision);
        let counts = self.boards.counts.get(&(key.0.clone(), board));
        settled + counts.map_or(0, |counts| counts.changes)
    }

    pub(super) fn board(
        &self,
        key: &(OrganizationId, Uuid),
        kind: Kind,
        lines: &[BoardLine],
        part: std::ops::Range<usize>,
    ) -> Option<Board> {
        self.boards.tournaments.get(key)?;
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
        Some(Board { ranking: Kind::default(), revision: self.revision(key, key.1), slice })
    }
}

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
