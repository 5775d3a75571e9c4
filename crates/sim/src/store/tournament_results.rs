//! Results that are entered by hand.

use mauntic_domain::jobs::Job;
use mauntic_domain::scoreboard::fixtures::by_hand;
use mauntic_domain::scoreboard::messages::SettleMatchScore;
use mauntic_domain::scoreboard::settlement::settlement_key;
use mauntic_domain::scoreboard::{Match, MatchResult};
use mauntic_flows::ports::{
    JobKey, MatchPlace, NewJob, PortError, TournamentRefused, TournamentWritten, tournament_actions,
};
use serde_json::json;
use uuid::Uuid;

use super::State;
use super::acts::Note;
use super::boards::TournamentKey;
use super::tournament_writes::Done;
use super::tournaments::match_view;

impl State {
    pub(super) fn enter_result(
        &mut self,
        key: &TournamentKey,
        match_id: Uuid,
        result: MatchResult,
        request_id: &str,
    ) -> Result<Done, PortError> {
        if let Err(refused) = self.open(key) {
            return Ok(Err(refused));
        }
        let (organization_id, tournament_id) = key.clone();
        let place = MatchPlace { organization_id, tournament_id, match_id };
        let tournament = self.boards.tournaments.get(key);
        let (Some(row), Some(tournament)) = (self.boards.matches.get(&place), tournament) else {
            return Ok(Err(TournamentRefused::UnknownMatch));
        };
        if tournament.provider.is_some() {
            return Ok(Err(TournamentRefused::Provided));
        }
        let (found, policy) = (match_view(&place, row)?, tournament.rules.policy());
        let stored = found.stored;
        let Some(verified) = by_hand(&found.fixture, &stored, policy, self.now, result) else {
            return Ok(Err(TournamentRefused::NotBegun { kickoff: stored.kickoff }));
        };
        let becomes = verified.row.unwrap_or(stored);
        if let Some(row) = self.boards.matches.get_mut(&place) {
            row.stored = becomes;
        }
        let job = match verified.settles() {
            Some(version) => self.settle_later(&place, version, request_id)?,
            None => None,
        };
        let told = |of: &Match| json!({"resultVersion": of.result_version, "result": of.result.map(MatchResult::canonical)});
        let note = Note::new(tournament_actions::RESULT, &match_id);
        let note = note.before(told(&stored)).after(told(&becomes));
        let (reason, result_version) = (verified.reason.name().to_owned(), becomes.result_version);
        let job = job.map(|id| (id, self.now));
        Ok(Ok((TournamentWritten::Entered { reason, result_version, job }, Some(note))))
    }

    /// The job that settles a version; none where one stands for it.
    fn settle_later(
        &mut self,
        place: &MatchPlace,
        result_version: i32,
        request_id: &str,
    ) -> Result<Option<Uuid>, PortError> {
        let MatchPlace { organization_id, tournament_id, match_id } = place.clone();
        let owner = organization_id.clone();
        let data = SettleMatchScore { organization_id, tournament_id, match_id, result_version };
        let new = NewJob {
            job: Job::SettleMatchScore(data),
            key: JobKey::Idempotent(settlement_key(match_id, result_version)),
            request_id: request_id.to_owned(),
        };
        let job = self.enqueue(&owner, &[new])?.pop();
        Ok(job.filter(|job| job.created).map(|job| job.id))
    }
}
