//! What keeps boards right: line by line, what its statements write as sets.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::ledger::to_hex;
use mauntic_domain::scoreboard::{Histogram, close};
use mauntic_flows::ports::{
    Closed, Closing, DriftRow, DriftWrite, PortError, RebuildWrite, TournamentRef, UpkeepStore,
};
use serde_json::json;
use uuid::Uuid;

use super::acts::Note;
use super::boards::{BoardRow, TournamentKey};
use super::ledgers::key;
use super::{MemorySession, MemoryStore, State};
use crate::faults::Call;

impl UpkeepStore for MemorySession {
    async fn open_tournaments(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&TournamentRef>,
        limit: i64,
    ) -> Result<Vec<TournamentRef>, PortError> {
        let after = after.map(key);
        self.call(Call::OpenTournaments, |state| {
            let rows = state.boards.tournaments.iter();
            let is_next = |of: &TournamentKey| {
                organization.is_none_or(|owner| of.0 == *owner)
                    && after.as_ref().is_none_or(|after| of > after)
            };
            let open = rows.filter(|(of, row)| is_next(of) && row.closed.is_none());
            Ok(open.map(|(of, _)| place(of)).take(size(limit)).collect())
        })
        .await
    }

    async fn drifts(
        &self,
        after: Option<&TournamentRef>,
        only_different: bool,
        limit: i64,
    ) -> Result<Vec<DriftRow>, PortError> {
        let after = after.map(key);
        self.call(Call::Drifts, |state| {
            let rows = state.boards.drifts.iter();
            let is_next = |of: &TournamentKey| after.as_ref().is_none_or(|after| of > after);
            let shown = |row: &DriftRow| !only_different || row.found.differences > 0;
            let rows = rows.filter(|(of, row)| is_next(of) && shown(row));
            Ok(rows.map(|(_, row)| row.clone()).take(size(limit)).collect())
        })
        .await
    }

    async fn close_tournament(&self, of: &TournamentRef) -> Result<Closing, PortError> {
        self.act(Call::CloseTournament, |state, _| Ok(state.close_tournament(of))).await
    }
}

fn place((organization_id, tournament_id): &TournamentKey) -> TournamentRef {
    TournamentRef { organization_id: organization_id.clone(), tournament_id: *tournament_id }
}

impl MemoryStore {
    /// Keeps what a check has found.
    pub fn put_drift(&self, write: &DriftWrite) {
        self.by_hand(|state| state.note_drift(write));
    }
}

impl State {
    pub(super) fn rebuild(&mut self, write: &RebuildWrite) {
        let RebuildWrite { place, weights } = write;
        let of = key(place);
        let given = self.given_by(&of, |_| true);
        let members = self.boards.members.get(&of).into_iter().flatten();
        let line = |(member, joined_at): (&MemberId, &DateTime<Utc>)| {
            let totals = given.get(member).copied().unwrap_or_default();
            let row =
                BoardRow { totals, standing: weights.standing(totals), joined_at: *joined_at };
            (member.clone(), row)
        };
        let whole: BTreeMap<MemberId, BoardRow> = members.map(line).collect();
        let kept = self.boards.kept.get(&of).cloned().unwrap_or_default();
        let mut boards = vec![(of.clone(), whole.clone())];
        for league in kept {
            let row = self.boards.leagues.get(&(of.clone(), league));
            let in_it = row.into_iter().flat_map(|row| row.members.keys());
            let lines = in_it.filter_map(|member| Some((member.clone(), *whole.get(member)?)));
            boards.push(((of.0.clone(), league), lines.collect()));
        }
        let mut is_other = false;
        for (board, lines) in boards {
            is_other |= self.make_board(&board, lines);
        }
        if let Some(row) = self.boards.tournaments.get_mut(&of) {
            row.revision += i64::from(is_other);
        }
    }

    /// Makes a board of these lines; whether it was another.
    fn make_board(&mut self, board: &TournamentKey, lines: BTreeMap<MemberId, BoardRow>) -> bool {
        let members = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let histogram = Histogram::of(lines.values().map(|row| row.totals.points));
        let counted: BTreeMap<PointsE4, i64> =
            histogram.buckets().map(|(points, count)| (points, members(count))).collect();
        let stored = self.boards.histograms.entry(board.clone()).or_default();
        let mut is_other = false;
        for (_, count) in stored.iter_mut().filter(|(points, _)| !counted.contains_key(points)) {
            is_other |= *count != 0;
            *count = 0;
        }
        for (points, count) in counted {
            is_other |= stored.insert(points, count) != Some(count);
        }
        if let Some(counts) = self.boards.counts.get_mut(board) {
            is_other |= counts.members != members(histogram.members());
            counts.members = members(histogram.members());
        }
        let stored = self.boards.entries.entry(board.clone()).or_default();
        is_other |= *stored != lines;
        *stored = lines;
        is_other
    }

    pub(super) fn note_drift(&mut self, write: &DriftWrite) {
        let (found, name) = (write.clone(), "a tournament".to_owned());
        let row = DriftRow { found, name, checked_at: self.now };
        self.boards.drifts.insert(key(&write.place), row);
    }

    fn close_tournament(&mut self, of: &TournamentRef) -> (Closing, Vec<Note>) {
        let (key, now) = (key(of), self.now);
        let digest = self.digest(&key);
        let pending: Vec<Uuid> = self
            .boards
            .matches
            .iter()
            .filter(|(place, row)| {
                place.organization_id == key.0
                    && place.tournament_id == key.1
                    && row.settled_version < row.stored.result_version
            })
            .map(|(place, _)| place.match_id)
            .take(PENDING_MAX)
            .collect();
        let Some(row) = self.boards.tournaments.get_mut(&key) else {
            return (Closing::Unknown, Vec::new());
        };
        if let Some(closed) = row.closed.clone() {
            return (Closing::Closed(closed), Vec::new());
        }
        if !pending.is_empty() {
            return (Closing::Pending(pending), Vec::new());
        }
        let closed = Closed { closed_at: now, digest, ledger_seq: row.head.seq };
        row.closed = Some(closed.clone());
        let note = Note::new("scoreboard.close", &of.tournament_id)
            .after(json!({"digest": closed.digest, "ledgerSeq": closed.ledger_seq}));
        (Closing::Closed(closed), vec![note])
    }

    /// The digest of a board's lines, in hexadecimal.
    pub(super) fn digest(&self, of: &TournamentKey) -> String {
        let lines = self.lines(of);
        to_hex(&close::digest(lines.iter().map(|line| &line.entrant)))
    }
}

/// Most matches that a refusal names.
const PENDING_MAX: usize = 20;

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
