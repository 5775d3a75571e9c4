//! What an organization does to its tournaments, as one step each.

use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::scoreboard::fixtures::{Told, moved};
use mauntic_domain::scoreboard::{Fixture, Match, Score, guesses};
use mauntic_flows::ports::{
    MatchPlace, MatchView, PortError, ToldMatch, TournamentChange, TournamentRefused,
    TournamentSettings, TournamentWrite, TournamentWritten, is_open, tell, tournament_actions,
};
use serde_json::json;
use uuid::Uuid;

use super::State;
use super::acts::Note;
use super::boards::{GuessRow, LeagueRow, MatchRow, TournamentKey, TournamentRow};
use super::tournaments::{league, match_view, tournament};

/// What was done, with its entry in the audit where it has one.
pub(super) type Done = Result<(TournamentWritten, Option<Note>), TournamentRefused>;

fn plainly(done: TournamentWritten) -> Done {
    Ok((done, None))
}

impl State {
    pub(super) fn write_tournament(
        &mut self,
        owner: &OrganizationId,
        write: &TournamentWrite,
        request_id: &str,
    ) -> Result<Done, PortError> {
        let key = |tournament: &Uuid| (owner.clone(), *tournament);
        Ok(match write {
            TournamentWrite::Create(settings) => self.create_tournament(owner, settings),
            TournamentWrite::Change { tournament, seen, change } => {
                self.change_tournament(&key(tournament), seen, change)
            }
            TournamentWrite::Tell { tournament, fixtures } => {
                return self.tell_matches(&key(tournament), fixtures);
            }
            TournamentWrite::Result { tournament, match_id, result } => {
                return self.enter_result(&key(tournament), *match_id, *result, request_id);
            }
            TournamentWrite::Join { tournament, members } => self.join(&key(tournament), members),
            TournamentWrite::Guess { tournament, match_id, guesses } => {
                self.guess(&key(tournament), *match_id, guesses)
            }
            TournamentWrite::Found { tournament, name } => self.found(&key(tournament), name),
            TournamentWrite::Enter { tournament, league, members } => {
                self.enter(&key(tournament), *league, members)
            }
            TournamentWrite::Leave { tournament, league, member } => {
                self.leave(&key(tournament), *league, member)
            }
        })
    }

    /// The tournament, if it takes anything.
    pub(super) fn open(&self, key: &TournamentKey) -> Result<(), TournamentRefused> {
        let row = self.boards.tournaments.get(key).ok_or(TournamentRefused::UnknownTournament)?;
        is_open(row.closed.as_ref().map(|closed| closed.closed_at))
    }

    fn create_tournament(&mut self, owner: &OrganizationId, of: &TournamentSettings) -> Done {
        let (id, mut row) = (self.new_id(), TournamentRow::new(self.now));
        row.say(of.clone());
        let key = (owner.clone(), id);
        self.boards.counts.entry(key.clone()).or_default();
        let answer = tournament(id, &row);
        self.boards.tournaments.insert(key, row);
        plainly(TournamentWritten::Tournament(answer))
    }

    fn change_tournament(
        &mut self,
        key: &TournamentKey,
        seen: &str,
        change: &TournamentChange,
    ) -> Done {
        let row =
            self.boards.tournaments.get_mut(key).ok_or(TournamentRefused::UnknownTournament)?;
        let found = tournament(key.1, row);
        let settings = found.changed(seen, change)?;
        let rules = (&settings.rules, &settings.chain);
        row.rules_version += i32::from(rules != (&row.rules, &row.chain));
        row.say(settings);
        let now = tournament(key.1, row);
        let note = Note::new(tournament_actions::CHANGE, &key.1);
        let note = note.before(json!(found.settings)).after(json!(now.settings));
        Ok((TournamentWritten::Tournament(now), Some(note)))
    }

    fn tell_matches(
        &mut self,
        key: &TournamentKey,
        fixtures: &[Fixture],
    ) -> Result<Done, PortError> {
        let own =
            self.boards.matches.iter().filter(|(place, _)| {
                (&place.organization_id, place.tournament_id) == (&key.0, key.1)
            });
        let held: Vec<MatchView> =
            own.map(|(place, row)| match_view(place, row)).collect::<Result<_, _>>()?;
        let matches = i64::try_from(held.len()).unwrap_or(i64::MAX);
        let told = match self.open(key).and_then(|()| tell(fixtures, &held, matches)) {
            Ok(told) => told,
            Err(refused) => return Ok(Err(refused)),
        };
        let mut answer = Vec::new();
        for (of, told) in fixtures.iter().zip(told) {
            let held = held.iter().find(|held| held.fixture.external_id == of.external_id);
            let id = held.map_or_else(|| self.new_id(), |held| held.id);
            if told != Told::Same {
                self.put_fixture(key, id, of);
            }
            answer.push(ToldMatch { id, external_id: of.external_id.to_string(), told });
        }
        Ok(plainly(TournamentWritten::Told(answer)))
    }

    fn put_fixture(&mut self, key: &TournamentKey, match_id: Uuid, of: &Fixture) {
        let (organization_id, tournament_id) = key.clone();
        let place = MatchPlace { organization_id, tournament_id, match_id };
        let held = self.boards.matches.get(&place);
        let row = MatchRow {
            external_id: of.external_id.to_string(),
            round: of.round.clone(),
            home: of.home.clone(),
            away: of.away.clone(),
            stored: held.map_or(Match::scheduled(of.kickoff), |row| moved(&row.stored, of.kickoff)),
            settled_version: 0,
        };
        self.boards.matches.insert(place, row);
    }

    fn join(&mut self, key: &TournamentKey, members: &[MemberId]) -> Done {
        self.open(key)?;
        let now = self.now;
        let mut added = 0;
        for member in members {
            if !self.is_member(key, member) {
                self.boards.join(key, member, now);
                added += 1;
            }
        }
        plainly(TournamentWritten::Added { added })
    }

    fn is_member(&self, key: &TournamentKey, member: &MemberId) -> bool {
        self.boards.members.get(key).is_some_and(|of| of.contains_key(member))
    }

    fn members<'a>(
        &self,
        key: &TournamentKey,
        asked: impl Iterator<Item = &'a MemberId>,
    ) -> Result<(), TournamentRefused> {
        let strangers: Vec<MemberId> =
            asked.filter(|member| !self.is_member(key, member)).cloned().collect();
        if strangers.is_empty() {
            return Ok(());
        }
        Err(TournamentRefused::NotMembers(strangers))
    }

    fn guess(
        &mut self,
        key: &TournamentKey,
        match_id: Uuid,
        guesses: &[(MemberId, Score)],
    ) -> Done {
        self.open(key)?;
        let (organization_id, tournament_id) = key.clone();
        let place = MatchPlace { organization_id, tournament_id, match_id };
        let about = self.boards.matches.get(&place).ok_or(TournamentRefused::UnknownMatch)?;
        guesses::check(&about.stored, self.now).map_err(TournamentRefused::NoGuess)?;
        self.members(key, guesses.iter().map(|(member, _)| member))?;
        let now = self.now;
        let of = self.boards.guesses.entry(place).or_default();
        let mut at = None;
        for (member, score) in guesses {
            let same = of.get(member).filter(|row| row.score == *score);
            let stored_at = same.map_or(now, |row| row.stored_at);
            of.insert(member.clone(), GuessRow { score: *score, stored_at });
            at = at.max(Some(stored_at));
        }
        let guesses = i64::try_from(guesses.len()).unwrap_or(i64::MAX);
        plainly(TournamentWritten::Guessed { guesses, at: at.unwrap_or(now) })
    }

    fn found(&mut self, key: &TournamentKey, name: &str) -> Done {
        self.open(key)?;
        let (id, now) = (self.new_id(), self.now);
        let row = LeagueRow { name: name.to_owned(), created_at: now, members: [].into() };
        let answer = league(id, &row);
        self.boards.leagues.insert((key.clone(), id), row);
        self.boards.counts.entry((key.0.clone(), id)).or_default();
        plainly(TournamentWritten::League(answer))
    }

    fn league(&self, key: &TournamentKey, id: Uuid) -> Result<&LeagueRow, TournamentRefused> {
        self.open(key)?;
        let row = self.boards.leagues.get(&(key.clone(), id));
        row.ok_or(TournamentRefused::UnknownLeague)
    }

    fn enter(&mut self, key: &TournamentKey, id: Uuid, members: &[MemberId]) -> Done {
        let before = self.league(key, id)?.members.len();
        self.members(key, members.iter())?;
        self.boards.enter_league(key, id, members, self.now);
        let after = self.league(key, id)?.members.len();
        let added = i64::try_from(after - before).unwrap_or(i64::MAX);
        plainly(TournamentWritten::Added { added })
    }

    fn leave(&mut self, key: &TournamentKey, id: Uuid, member: &MemberId) -> Done {
        let was_in_it = self.league(key, id)?.members.contains_key(member);
        self.boards.leave_league(key, id, std::slice::from_ref(member));
        plainly(TournamentWritten::Left(was_in_it))
    }
}

impl TournamentRow {
    fn say(&mut self, of: TournamentSettings) {
        let TournamentSettings { name, provider_id, ranking, rules, chain } = of;
        self.name = name;
        self.provider = provider_id;
        self.ranking = ranking;
        (self.rules, self.chain) = (rules, chain);
    }
}
