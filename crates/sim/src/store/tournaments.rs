//! Tournaments of an organization, row by row.

use chrono::{DateTime, Utc};
use mauntic_domain::audit::DONE;
use mauntic_domain::ids::{MemberId, OrganizationId, ProviderMatchId};
use mauntic_domain::scoreboard::{Fixture, Totals};
use mauntic_flows::ports::{
    Act, GuessView, LeagueView, MatchFilter, MatchPlace, MatchTime, MatchView, PortError,
    Tournament, TournamentRefused, TournamentSettings, TournamentStore, TournamentWrite,
    TournamentWritten,
};
use uuid::Uuid;

use super::boards::{LeagueRow, MatchRow, TournamentKey, TournamentRow};
use super::{MemorySession, State};
use crate::faults::Call;

impl TournamentStore for MemorySession {
    async fn write_tournament(
        &self,
        organization: &OrganizationId,
        act: &Act,
        write: &TournamentWrite,
    ) -> Result<Result<TournamentWritten, TournamentRefused>, PortError> {
        self.call(Call::WriteTournament, |state| {
            if let Some(answer) = state.answer_to(act.key.as_ref())? {
                return Ok(Ok(answer));
            }
            match state.write_tournament(organization, write, &act.request_id)? {
                Err(refused) => Ok(Err(refused)),
                Ok((answer, note)) => {
                    if let Some(note) = note {
                        state.append_audit(&note.entry(act, DONE))?;
                    }
                    state.keep_answer(act.key.as_ref(), Some(organization.as_str()), &answer);
                    Ok(Ok(answer))
                }
            }
        })
        .await
    }

    async fn tournaments(
        &self,
        organization: &OrganizationId,
        one: Option<Uuid>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Tournament>, PortError> {
        self.call(Call::Tournaments, |state| {
            let rows = state.boards.tournaments.iter().rev();
            let own = rows.filter(|((owner, id), _)| {
                owner == organization
                    && one.is_none_or(|one| one == *id)
                    && before.is_none_or(|before| *id < before)
            });
            Ok(own.map(|((_, id), row)| tournament(*id, row)).take(size(limit)).collect())
        })
        .await
    }

    async fn matches(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        filter: &MatchFilter,
        after: Option<&MatchTime>,
        limit: i64,
    ) -> Result<Option<Vec<MatchView>>, PortError> {
        let key = (organization.clone(), tournament);
        self.call(Call::Matches, |state| {
            if !state.boards.tournaments.contains_key(&key) {
                return Ok(None);
            }
            let mut all = state.matches_of(&key)?;
            all.retain(|of| {
                filter.id.is_none_or(|id| id == of.id)
                    && filter.round.as_ref().is_none_or(|round| *round == of.fixture.round)
                    && (filter.statuses.is_empty() || filter.statuses.contains(&of.stored.status))
                    && after.is_none_or(|after| of.at() > *after)
            });
            all.truncate(size(limit));
            Ok(Some(all))
        })
        .await
    }

    async fn joined_at(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        member: &MemberId,
    ) -> Result<Option<DateTime<Utc>>, PortError> {
        let key = (organization.clone(), tournament);
        self.call(Call::JoinedAt, |state| {
            Ok(state.boards.members.get(&key).and_then(|of| of.get(member)).copied())
        })
        .await
    }

    async fn guesses_of(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        member: &MemberId,
        after: Option<&MatchTime>,
        limit: i64,
    ) -> Result<Option<Vec<GuessView>>, PortError> {
        let key = (organization.clone(), tournament);
        self.call(Call::GuessesOf, |state| {
            if !state.boards.members.get(&key).is_some_and(|of| of.contains_key(member)) {
                return Ok(None);
            }
            let all = state.matches_of(&key)?.into_iter();
            let later = all.filter(|of| after.is_none_or(|after| of.at() > *after));
            let guesses = later.filter_map(|of| state.guess_view(&key, &of, member));
            Ok(Some(guesses.take(size(limit)).collect()))
        })
        .await
    }

    async fn leagues(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        one: Option<Uuid>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Option<Vec<LeagueView>>, PortError> {
        let key = (organization.clone(), tournament);
        self.call(Call::Leagues, |state| {
            if !state.boards.tournaments.contains_key(&key) {
                return Ok(None);
            }
            let rows = state.boards.leagues.iter().rev();
            let own = rows.filter(|((of, id), _)| {
                *of == key
                    && one.is_none_or(|one| one == *id)
                    && before.is_none_or(|before| *id < before)
            });
            Ok(Some(own.map(|((_, id), row)| league(*id, row)).take(size(limit)).collect()))
        })
        .await
    }
}

impl State {
    /// A tournament's matches by kickoff.
    fn matches_of(&self, key: &TournamentKey) -> Result<Vec<MatchView>, PortError> {
        let own =
            self.boards.matches.iter().filter(|(place, _)| {
                (&place.organization_id, place.tournament_id) == (&key.0, key.1)
            });
        let all = own.map(|(place, row)| match_view(place, row));
        let mut all: Vec<MatchView> = all.collect::<Result<_, _>>()?;
        all.sort_by_key(MatchView::at);
        Ok(all)
    }

    fn guess_view(
        &self,
        key: &TournamentKey,
        about: &MatchView,
        member: &MemberId,
    ) -> Option<GuessView> {
        let (organization_id, tournament_id) = key.clone();
        let place = MatchPlace { organization_id, tournament_id, match_id: about.id };
        let guess = self.boards.guesses.get(&place)?.get(member)?;
        let earned: Totals = self.given(&place, member);
        Some(GuessView {
            match_id: about.id,
            round: about.fixture.round.clone(),
            kickoff: about.fixture.kickoff,
            status: about.stored.status,
            score: guess.score,
            stored_at: guess.stored_at,
            earned: (about.settled_version > 0).then_some(earned),
        })
    }
}

pub(super) fn tournament(id: Uuid, row: &TournamentRow) -> Tournament {
    Tournament {
        id,
        settings: TournamentSettings {
            name: row.name.clone(),
            provider_id: row.provider.clone(),
            ranking: row.ranking,
            rules: row.rules.clone(),
            chain: row.chain.clone(),
        },
        rules_version: row.rules_version,
        settled_at: row.settled_at,
        closed_at: row.closed.as_ref().map(|closed| closed.closed_at),
        created_at: row.created_at,
    }
}

pub(super) fn match_view(place: &MatchPlace, row: &MatchRow) -> Result<MatchView, PortError> {
    let external_id = ProviderMatchId::parse(row.external_id.as_str());
    let unreadable =
        |_| PortError::Unreadable { what: "a stored row", place: "external_id".to_owned() };
    Ok(MatchView {
        id: place.match_id,
        fixture: Fixture {
            external_id: external_id.map_err(unreadable)?,
            round: row.round.clone(),
            home: row.home.clone(),
            away: row.away.clone(),
            kickoff: row.stored.kickoff,
        },
        stored: row.stored,
        settled_version: row.settled_version,
    })
}

pub(super) fn league(id: Uuid, row: &LeagueRow) -> LeagueView {
    LeagueView {
        id,
        name: row.name.clone(),
        members: i64::try_from(row.members.len()).unwrap_or(i64::MAX),
        created_at: row.created_at,
    }
}

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
