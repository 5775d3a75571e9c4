//! Settlements: guess by guess, what their statement does as a set.

use std::collections::{BTreeMap, BTreeSet};

use mauntic_domain::audit::{Link, Walk, hash};
use mauntic_domain::ids::MemberId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::chain::Weights;
use mauntic_domain::scoreboard::settlement::{Applied, change};
use mauntic_domain::scoreboard::{Entry, EntryStatus, Totals, guesses};
use mauntic_flows::ports::{
    Effect, MATCH_SETTLED, MatchPlace, PortError, SettlementAct, SettlementInputs, SettlementStore,
    SettlementWrite,
};
use serde_json::json;

use super::boards::{LedgerRow, MatchRow, TournamentKey, TournamentRow};
use super::rows::EventRow;
use super::{MemorySession, State};
use crate::faults::Call;

/// What a settlement changes.
struct Plan {
    /// Guesses that count.
    guesses: usize,
    given: BTreeMap<MemberId, Totals>,
}

impl SettlementStore for MemorySession {
    async fn settlement_inputs(
        &self,
        place: &MatchPlace,
    ) -> Result<Option<SettlementInputs>, PortError> {
        self.call(Call::SettlementInputs, |state| Ok(state.settlement_inputs(place))).await
    }
}

fn key(place: &MatchPlace) -> TournamentKey {
    (place.organization_id.clone(), place.tournament_id)
}

impl State {
    fn settlement_inputs(&self, place: &MatchPlace) -> Option<SettlementInputs> {
        let tournament = self.boards.tournaments.get(&key(place))?;
        let MatchRow { round, stored, .. } = self.boards.matches.get(place)?;
        let applied = self.applied(place).last().map(|row| Applied {
            seq: row.link.seq,
            result_version: row.entry.result_version,
            result_hash: row.entry.result_hash,
        });
        Some(SettlementInputs {
            rules: tournament.rules.clone(),
            chain: tournament.chain.clone(),
            rules_version: tournament.rules_version,
            round: round.clone(),
            stored: *stored,
            applied,
            is_closed: tournament.closed.is_some(),
            is_too_large: self
                .boards
                .guesses
                .get(place)
                .is_some_and(|of| of.len() > self.limits.guesses_settled_max),
        })
    }

    /// The settlements of a match that gave something.
    pub(super) fn applied(
        &self,
        place: &MatchPlace,
    ) -> impl DoubleEndedIterator<Item = &LedgerRow> {
        let rows = self.boards.ledger.get(&key(place)).into_iter().flatten();
        let match_id = place.match_id;
        rows.filter(move |row| {
            row.entry.match_id == match_id && row.entry.status == EntryStatus::Applied
        })
    }

    /// Whether an effect's settlements can be written.
    ///
    /// # Errors
    /// Where a match is another than it was decided on, or its board is.
    pub(super) fn check_settlements(&self, effect: &Effect) -> Result<(), PortError> {
        effect.settlements.iter().try_for_each(|write| self.plan(write).map(|_| ()))
    }

    /// Whether what they were decided on is as it was, which is all that a rehearsal
    /// looks at.
    ///
    /// # Errors
    /// Where it is another.
    pub(super) fn rehearse_settlements(&self, effect: &Effect) -> Result<(), PortError> {
        effect.settlements.iter().try_for_each(|write| self.check_basis(write))
    }

    /// Notes settlements that were refused, once an attempt.
    pub(super) fn note_failures(&mut self, effect: &Effect, error: &PortError) {
        for write in &effect.settlements {
            let rows = self.boards.ledger.get(&key(&write.place)).into_iter().flatten();
            let mut by = rows.map(|row| (row.job_id, row.attempt));
            if !by.any(|of| of == (write.job_id, write.attempt)) {
                let entry = write.bare_entry(EntryStatus::Failed);
                self.append_settlement(write, entry, Some(error.to_string()));
            }
        }
    }

    pub(super) fn settle(&mut self, write: &SettlementWrite) {
        // What cannot be done was found before anything was written.
        let Ok(plan) = self.plan(write) else { return };
        if let Some(row) = self.boards.matches.get_mut(&write.place) {
            row.settled_version = write.basis.result_version;
        }
        let SettlementAct::Apply { weights, .. } = &write.act else {
            self.append_settlement(write, write.bare_entry(EntryStatus::Skipped), None);
            return;
        };
        let key = key(&write.place);
        let kept = self.boards.kept.get(&key).cloned().unwrap_or_default();
        for board in kept.into_iter().chain([key.1]) {
            self.move_board(&(key.0.clone(), board), &plan.given, weights);
        }
        let entry = Entry {
            guesses: count(plan.guesses),
            members: count(plan.given.len()),
            change: plan.given.values().copied().sum(),
            ..write.bare_entry(EntryStatus::Applied)
        };
        let (guesses, members) = (entry.guesses, entry.members);
        let seq = self.append_settlement(write, entry, None);
        let points = self.boards.points.entry(key).or_default();
        points.extend(plan.given.into_iter().map(|(member, change)| ((seq, member), change)));
        self.tell_settled(write, seq, guesses, members);
    }

    /// Gives what a settlement gives to those who are on a board.
    fn move_board(
        &mut self,
        board: &TournamentKey,
        given: &BTreeMap<MemberId, Totals>,
        weights: &Weights,
    ) {
        for (member, change) in given {
            let row = self.boards.entries.get_mut(board).and_then(|of| of.get_mut(member));
            let Some(row) = row else { continue };
            let was = row.totals.points;
            row.totals = row.totals + *change;
            row.standing -= weights.points_e4 * change.points.e4()
                + weights.exact_hits * change.exact_hits
                + weights.right_outcomes * change.right_outcomes;
            let now = row.totals.points;
            let histogram = self.boards.histograms.entry(board.clone()).or_default();
            if was != now {
                *histogram.entry(was).or_default() -= 1;
                *histogram.entry(now).or_default() += 1;
            }
        }
    }

    fn check_basis(&self, write: &SettlementWrite) -> Result<(), PortError> {
        let SettlementWrite { place, basis, .. } = write;
        let (tournament, row) =
            (self.boards.tournaments.get(&key(place)), self.boards.matches.get(place));
        let is_open = |of: &TournamentRow| of.closed.is_none();
        let is_same = tournament
            .filter(|of| is_open(of))
            .is_some_and(|of| of.rules_version == basis.rules_version)
            && row.is_some_and(|of| {
                of.stored.result_version == basis.result_version
                    && of.stored.kickoff == basis.kickoff
                    && of.round == basis.round
            })
            && self.applied(place).last().map(|row| row.link.seq) == basis.applied;
        if is_same {
            return Ok(());
        }
        let cause = "what it was decided on has changed".to_owned();
        Err(PortError::Contention { what: "the effect's transaction", cause })
    }

    fn plan(&self, write: &SettlementWrite) -> Result<Plan, PortError> {
        self.check_basis(write)?;
        let SettlementWrite { place, basis, .. } = write;
        let mut plan = Plan { guesses: 0, given: BTreeMap::new() };
        let SettlementAct::Apply { awards, .. } = &write.act else { return Ok(plan) };
        let guesses = self.boards.guesses.get(place);
        let seqs: BTreeSet<i64> = self.applied(place).map(|row| row.link.seq).collect();
        let had = self.boards.points.get(&key(place)).into_iter().flatten();
        let had = had.filter(|((seq, _), _)| seqs.contains(seq));
        let members = guesses.into_iter().flat_map(BTreeMap::keys);
        let members: BTreeSet<_> = members.chain(had.map(|((_, member), _)| member)).collect();
        for member in members {
            let guess = guesses.and_then(|of| of.get(member));
            let guess = guess.filter(|of| guesses::counts(of.stored_at, basis.kickoff));
            let earned = guess.and_then(|of| awards.get(&of.score)).copied();
            let change = change(earned, self.given(place, member));
            plan.guesses += usize::from(guess.is_some());
            if change != Totals::ZERO {
                plan.given.insert(member.clone(), change);
            }
        }
        self.check_board(place, &plan)?;
        Ok(plan)
    }

    /// The constraints of the board and its histogram.
    fn check_board(&self, place: &MatchPlace, plan: &Plan) -> Result<(), PortError> {
        let key = key(place);
        let board = self.boards.entries.get(&key);
        let mut moves: BTreeMap<PointsE4, i64> = BTreeMap::new();
        for (member, change) in &plan.given {
            let Some(row) = board.and_then(|of| of.get(member)) else {
                return Err(refused("settlement_not_on_board"));
            };
            let Totals { points, exact_hits, right_outcomes } = row.totals + *change;
            if points < PointsE4::ZERO || exact_hits < 0 || right_outcomes < exact_hits {
                return Err(refused("entries_check"));
            }
            *moves.entry(row.totals.points).or_default() -= 1;
            *moves.entry(points).or_default() += 1;
        }
        let histogram = self.boards.histograms.get(&key);
        let members =
            |points: &PointsE4| histogram.and_then(|of| of.get(points)).copied().unwrap_or(0);
        let is_short = |(points, change): (&PointsE4, &i64)| members(points) + change < 0;
        if moves.iter().any(is_short) {
            Err(refused("settlement_not_in_histogram"))
        } else {
            Ok(())
        }
    }

    /// What settlements of a match have given to a member.
    pub(super) fn given(&self, place: &MatchPlace, member: &MemberId) -> Totals {
        let points = self.boards.points.get(&key(place));
        let of = |seq| points.and_then(|of| of.get(&(seq, member.clone()))).copied();
        self.applied(place).filter_map(|row| of(row.link.seq)).sum()
    }

    /// Adds an entry to the chain; its seq.
    fn append_settlement(
        &mut self,
        write: &SettlementWrite,
        entry: Entry,
        detail: Option<String>,
    ) -> i64 {
        let (key, now) = (key(&write.place), self.now);
        let Some(tournament) = self.boards.tournaments.get_mut(&key) else { return 0 };
        let seq = tournament.head.seq + 1;
        let text = entry.to_json();
        let hash = hash(&tournament.head.hash, seq, now, &text);
        tournament.head = Walk { seq, hash };
        if entry.status == EntryStatus::Applied {
            tournament.settled_at.get_or_insert(now);
            tournament.revision += 1;
        }
        let (result, job_id, attempt) = (write.result, write.job_id, write.attempt);
        let link = Link { seq, at: now, entry: text, hash };
        let row = LedgerRow { link, entry, result, job_id, attempt, detail };
        self.boards.ledger.entry(key).or_default().push(row);
        seq
    }

    fn tell_settled(&mut self, write: &SettlementWrite, seq: i64, guesses: i64, members: i64) {
        let place = &write.place;
        let row = EventRow {
            id: self.new_id(),
            organization_id: Some(place.organization_id.to_string()),
            event_type: MATCH_SETTLED.to_owned(),
            data: json!({
                "tournamentId": place.tournament_id, "matchId": place.match_id,
                "resultVersion": write.basis.result_version, "seq": seq, "guesses": guesses,
                "members": members,
            }),
            job_id: Some(write.job_id),
            request_id: write.request_id.clone(),
            occurred_at: self.now,
            wake_at: self.now,
            sent_at: None,
        };
        self.outbox.insert(row.id, row);
    }
}

fn refused(constraint: &str) -> PortError {
    let cause = format!("SQLSTATE JB007 ({constraint})");
    PortError::Refused { what: "the effect's transaction", cause }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
