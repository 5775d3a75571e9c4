//! What explains a rank: read off the rows.

use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::scoreboard::EntryStatus;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_flows::ports::{BoardKey, ExplainStore, Explained, MatchPlace, PointLine, PortError};
use uuid::Uuid;

use super::boards::{LedgerRow, TournamentKey};
use super::{MemorySession, State};
use crate::faults::Call;

impl ExplainStore for MemorySession {
    async fn explain(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        member: &MemberId,
        after: i64,
        limit: i64,
    ) -> Result<Option<Option<Explained>>, PortError> {
        let of = (organization.clone(), tournament);
        self.call(Call::Explain, |state| Ok(state.explain(&of, member, after, limit))).await
    }
}

impl State {
    fn explain(
        &self,
        of: &TournamentKey,
        member: &MemberId,
        after: i64,
        limit: i64,
    ) -> Option<Option<Explained>> {
        let chain = self.boards.tournaments.get(of)?.chain.clone();
        let lines = self.lines(of);
        let Some(at) = lines.iter().position(|line| line.entrant.member == *member) else {
            return Some(None);
        };
        let key = BoardKey { tournament: of.1, league: None };
        let part = at.saturating_sub(1)..at + 2;
        let board = self.board(&of.0, key, Kind::Ordinal, &lines, part)?;
        let points = self.boards.points.get(of);
        let given = |row: &LedgerRow| points?.get(&(row.link.seq, member.clone())).copied();
        let is_applied = |row: &&LedgerRow| row.entry.status == EntryStatus::Applied;
        let rows = self.ledger(of).filter(is_applied);
        let mine: Vec<PointLine> = rows
            .filter_map(|row| {
                let place = MatchPlace {
                    organization_id: of.0.clone(),
                    tournament_id: of.1,
                    match_id: row.entry.match_id,
                };
                let about = self.boards.matches.get(&place)?;
                Some(PointLine {
                    seq: row.link.seq,
                    at: row.link.at,
                    match_id: row.entry.match_id,
                    round: about.round.clone(),
                    external_id: about.external_id.clone(),
                    result: row.result,
                    result_version: row.entry.result_version,
                    corrects: row.entry.previous,
                    change: given(row)?,
                })
            })
            .collect();
        Some(Some(Explained {
            ranking: board.ranking,
            chain,
            slice: board.slice,
            entries: i64::try_from(mine.len()).unwrap_or(i64::MAX),
            sum: mine.iter().map(|line| line.change).sum(),
            lines: mine
                .into_iter()
                .filter(|line| line.seq > after)
                .take(usize::try_from(limit).unwrap_or(0))
                .collect(),
        }))
    }
}
