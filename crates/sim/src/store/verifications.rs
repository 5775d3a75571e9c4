//! Verifications and the look after knock-out rounds.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::ProviderMatchId;
use mauntic_domain::scoreboard::candidates::{is_given_up, pick};
use mauntic_domain::scoreboard::knockout::Known;
use mauntic_domain::scoreboard::messages::TournamentRef;
use mauntic_domain::scoreboard::{Candidate, Match};
use mauntic_flows::ports::{
    CheckPlan, DueMatch, Effect, KnockoutInputs, MatchPlace, NewMatches, PortError,
    VerificationInputs, VerificationNote, VerificationStore, VerificationWrite, VerifiedRow,
};
use uuid::Uuid;

use super::boards::{MatchRow, TournamentRow, VerificationRow};
use super::{MemorySession, State};
use crate::faults::Call;

impl VerificationStore for MemorySession {
    async fn due_matches(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<DueMatch>, PortError> {
        self.call(Call::DueMatches, |state| Ok(state.due_matches(now, limit))).await
    }

    async fn verification_inputs(
        &self,
        place: &MatchPlace,
    ) -> Result<Option<VerificationInputs>, PortError> {
        self.call(Call::VerificationInputs, |state| Ok(state.verification_inputs(place))).await
    }

    async fn note_verification(&self, note: &VerificationNote) -> Result<(), PortError> {
        self.call(Call::NoteVerification, |state| {
            state.note_verification(note);
            Ok(())
        })
        .await
    }

    async fn provided_tournaments(
        &self,
        after: Option<&TournamentRef>,
        limit: u32,
    ) -> Result<Vec<TournamentRef>, PortError> {
        let read = |state: &mut State| Ok(state.provided_tournaments(after, limit));
        self.call(Call::ProvidedTournaments, read).await
    }

    async fn knockout_inputs(
        &self,
        place: &TournamentRef,
    ) -> Result<Option<KnockoutInputs>, PortError> {
        self.call(Call::KnockoutInputs, |state| Ok(state.knockout_inputs(place))).await
    }
}

impl State {
    fn tournament_of(&self, place: &MatchPlace) -> Option<&TournamentRow> {
        self.boards.tournaments.get(&(place.organization_id.clone(), place.tournament_id))
    }

    fn due_matches(&self, now: DateTime<Utc>, limit: u32) -> Vec<DueMatch> {
        let has_provider =
            |place: &MatchPlace| self.tournament_of(place).is_some_and(TournamentRow::is_asked);
        let candidates = self.boards.matches.iter().filter(|(place, _)| has_provider(place));
        let candidates = candidates.map(|(place, row)| Candidate {
            organization_id: place.organization_id.clone(),
            tournament_id: place.tournament_id,
            match_id: place.match_id,
            stored: row.stored,
        });
        let due = |candidate: Candidate| {
            let Candidate { organization_id, tournament_id, match_id, stored } = candidate;
            let place = MatchPlace { organization_id, tournament_id, match_id };
            let rules = self.tournament_of(&place).map(|of| of.rules.clone()).unwrap_or_default();
            DueMatch { place, stored, correction: rules.policy().correction }
        };
        let picked = pick(candidates.collect(), now).into_iter();
        picked.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(due).collect()
    }

    fn verification_inputs(&self, place: &MatchPlace) -> Option<VerificationInputs> {
        let tournament = self.tournament_of(place)?;
        let row = self.boards.matches.get(place)?;
        Some(VerificationInputs {
            tournament: tournament.provider.clone().filter(|_| tournament.is_asked()),
            external_id: ProviderMatchId::parse(row.external_id.clone()).ok()?,
            policy: tournament.rules.policy(),
            rules_version: tournament.rules_version,
            stored: row.stored,
            now: self.now,
        })
    }

    fn provided_tournaments(
        &self,
        after: Option<&TournamentRef>,
        limit: u32,
    ) -> Vec<TournamentRef> {
        let provided = self.boards.tournaments.iter().filter(|(_, row)| row.is_asked());
        let place = |(organization_id, tournament_id): &(_, _)| TournamentRef {
            organization_id: Clone::clone(organization_id),
            tournament_id: *tournament_id,
        };
        let places = provided.map(|(key, _)| place(key));
        let behind = places.filter(|place| after.is_none_or(|after| place > after));
        behind.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
    }

    fn knockout_inputs(&self, place: &TournamentRef) -> Option<KnockoutInputs> {
        let key = (place.organization_id.clone(), place.tournament_id);
        let tournament = self.boards.tournaments.get(&key)?;
        let rows = self.boards.matches.iter().filter(|(of, _)| {
            (&of.organization_id, of.tournament_id) == (&place.organization_id, place.tournament_id)
        });
        let known = |(_, row): (&MatchPlace, &MatchRow)| Known {
            external_id: row.external_id.clone(),
            round: row.round.clone(),
            stored: row.stored,
        };
        let mut matches: Vec<_> = rows.collect();
        matches.sort_by_key(|(of, row)| (row.stored.kickoff, of.match_id));
        let matches = matches.into_iter().map(known).collect();
        let provider = tournament.provider.clone().filter(|_| tournament.is_asked());
        Some(KnockoutInputs { tournament: provider, matches })
    }

    /// Matches that were given up, in the order of their kickoffs.
    pub(super) fn given_up(&self) -> Vec<Uuid> {
        let rows = self.boards.matches.iter().filter(|(place, row)| {
            is_given_up(&row.stored)
                && self.tournament_of(place).is_some_and(TournamentRow::is_asked)
        });
        let mut given_up: Vec<_> =
            rows.map(|(place, row)| (row.stored.kickoff, place.match_id)).collect();
        given_up.sort_unstable();
        given_up.into_iter().map(|(_, id)| id).collect()
    }

    /// Whether an effect's verifications can be written.
    ///
    /// # Errors
    /// Where a match is another than its answer was judged by.
    pub(super) fn check_verifications(&self, effect: &Effect) -> Result<(), PortError> {
        let is_same = |write: &VerificationWrite| {
            let Some(VerifiedRow { rules_version, was, .. }) = &write.row else { return true };
            let tournament = self.tournament_of(&write.note.place);
            let row = self.boards.matches.get(&write.note.place);
            tournament.is_some_and(|of| of.rules_version == *rules_version && of.closed.is_none())
                && row.is_some_and(|of| {
                    of.stored.status == was.status
                        && of.stored.kickoff == was.kickoff
                        && of.stored.result_version == was.result_version
                        && of.stored.last_checked_at == was.last_checked_at
                })
        };
        if effect.verifications.iter().all(is_same) {
            return Ok(());
        }
        let cause = "what it was decided on has changed".to_owned();
        Err(PortError::Contention { what: "the effect's transaction", cause })
    }

    pub(super) fn verify_match(&mut self, write: &VerificationWrite) {
        if let Some(VerifiedRow { becomes, .. }) = write.row
            && let Some(row) = self.boards.matches.get_mut(&write.note.place)
        {
            row.stored = becomes;
        }
        self.note_verification(&write.note);
    }

    fn note_verification(&mut self, note: &VerificationNote) {
        let row = VerificationRow {
            organization_id: note.place.organization_id.clone(),
            match_id: note.place.match_id,
            fetched_at: note.fetched_at,
            reason: note.reason,
            result_version: note.result_version,
        };
        self.boards.verifications.entry((note.job_id, note.attempt)).or_insert(row);
    }

    /// A match that somebody has planned or verified since is left out.
    pub(super) fn plan_check(&mut self, check: &CheckPlan) {
        let Some(row) = self.boards.matches.get_mut(&check.place) else { return };
        if check.due_at.is_some() && row.stored.next_check_at == check.due_at {
            row.stored.next_check_at = check.next_check_at;
            self.spawn(&check.job);
        }
    }

    pub(super) fn add_matches(&mut self, new: &NewMatches) {
        let TournamentRef { organization_id, tournament_id } = &new.tournament;
        let known: Vec<String> = self
            .knockout_inputs(&new.tournament)
            .map(|of| of.matches.into_iter().map(|one| one.external_id).collect())
            .unwrap_or_default();
        let is_new = |id: &ProviderMatchId| known.iter().all(|known| known != id.as_str());
        for told in new.matches.iter().filter(|told| is_new(&told.id)) {
            let place = MatchPlace {
                organization_id: organization_id.clone(),
                tournament_id: *tournament_id,
                match_id: self.new_id(),
            };
            let row = MatchRow {
                external_id: told.id.to_string(),
                round: told.round.clone(),
                home: told.home.clone(),
                away: told.away.clone(),
                stored: Match::scheduled(told.kickoff),
                settled_version: 0,
            };
            self.boards.matches.insert(place, row);
        }
    }
}
