//! Matches that are told, and guesses about them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::MemberId;
use mauntic_domain::scoreboard::fixtures::Told;
use mauntic_domain::scoreboard::guesses::{self, GuessError};
use mauntic_domain::scoreboard::{Fixture, Score};
use mauntic_flows::ports::{
    MatchView, PortError, ToldMatch, TournamentRefused, TournamentWritten, tell,
};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::acts::Made;
use crate::error::meanwhile;
use crate::flight::{Param, Statement};
use crate::rows::{column, unreadable};
use crate::settlements::stored;
use crate::tournament_acts::{At, Done, WHAT, not_members, one, plainly};
use crate::tournaments::match_view;

impl At<'_> {
    pub(crate) async fn tell(&self, fixtures: &[Fixture]) -> Result<Done, PortError> {
        let names: Vec<&str> = fixtures.iter().map(|of| of.external_id.as_str()).collect();
        let (named, all) = (self.params(&[(&names, Type::TEXT_ARRAY)]), self.params(&[]));
        let statements = [
            Statement { sql: sql!("hold_fixtures.sql"), params: &named },
            Statement { sql: sql!("count_matches.sql"), params: &all },
        ];
        let answers = match self.is_open(&statements).await? {
            Ok(answers) => answers,
            Err(refused) => return Ok(Made::Nothing(refused)),
        };
        let [held, counted] = answers.as_slice() else {
            return Err(unreadable("the matches of a tournament"));
        };
        let held: Vec<MatchView> = held.iter().map(match_view).collect::<Result<_, _>>()?;
        let told = match tell(fixtures, &held, column(one(counted)?, "matches")?) {
            Ok(told) => told,
            Err(refused) => return Ok(Made::Nothing(refused)),
        };
        let all = || fixtures.iter().zip(&told);
        let other = all().filter(|(_, told)| **told != Told::Same);
        let mut ids = self.put_fixtures(&other.map(|(of, _)| of).collect::<Vec<_>>()).await?;
        ids.extend(held.into_iter().map(|of| (of.fixture.external_id.into(), of.id)));
        let answer = all().map(|(of, told)| {
            let external_id = of.external_id.to_string();
            let id = ids.get(&external_id).ok_or_else(|| unreadable("a match that was told"))?;
            Ok(ToldMatch { id: *id, external_id, told: *told })
        });
        Ok(plainly(TournamentWritten::Told(answer.collect::<Result<_, PortError>>()?)))
    }

    /// The ids of those that were written, by what they were told as.
    async fn put_fixtures(&self, of: &[&Fixture]) -> Result<BTreeMap<String, Uuid>, PortError> {
        let names: Vec<&str> = of.iter().map(|of| of.external_id.as_str()).collect();
        let rounds: Vec<&str> = of.iter().map(|of| of.round.as_str()).collect();
        let home: Vec<&str> = of.iter().map(|of| of.home.as_str()).collect();
        let away: Vec<&str> = of.iter().map(|of| of.away.as_str()).collect();
        let kickoffs: Vec<DateTime<Utc>> = of.iter().map(|of| of.kickoff).collect();
        let params: &[Param<'_>] = &[
            (&names, Type::TEXT_ARRAY),
            (&rounds, Type::TEXT_ARRAY),
            (&home, Type::TEXT_ARRAY),
            (&away, Type::TEXT_ARRAY),
            (&kickoffs, Type::TIMESTAMPTZ_ARRAY),
        ];
        if of.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows = self.put(sql!("tell_matches.sql"), params).await?;
        // Somebody else has told one meanwhile, and it was seen being played.
        if rows.len() != of.len() {
            return Err(meanwhile(WHAT));
        }
        let mut written = BTreeMap::new();
        for row in &rows {
            written.insert(column(row, "external_id")?, column(row, "id")?);
        }
        Ok(written)
    }

    pub(crate) async fn guess(
        &self,
        match_id: Uuid,
        guesses: &[(MemberId, Score)],
    ) -> Result<Done, PortError> {
        let names: Vec<&str> = guesses.iter().map(|(member, _)| member.as_str()).collect();
        let home: Vec<i16> = guesses.iter().map(|(_, of)| of.home().into()).collect();
        let away: Vec<i16> = guesses.iter().map(|(_, of)| of.away().into()).collect();
        let of_match = self.params(&[(&match_id, Type::UUID)]);
        let asked = self.params(&[(&names, Type::TEXT_ARRAY)]);
        let statements = [
            Statement { sql: sql!("hold_guessed_match.sql"), params: &of_match },
            Statement { sql: sql!("not_members.sql"), params: &asked },
        ];
        let answers = match self.is_open(&statements).await? {
            Ok(answers) => answers,
            Err(refused) => return Ok(Made::Nothing(refused)),
        };
        let [held, strangers] = answers.as_slice() else {
            return Err(unreadable("a match that is guessed about"));
        };
        let Some(row) = held.first() else {
            return Ok(Made::Nothing(TournamentRefused::UnknownMatch));
        };
        let about = stored(row)?;
        if let Err(error) = guesses::check(&about, column(row, "now")?) {
            return Ok(Made::Nothing(TournamentRefused::NoGuess(error)));
        }
        if !strangers.is_empty() {
            return not_members(strangers);
        }
        let params: &[Param<'_>] = &[
            (&match_id, Type::UUID),
            (&names, Type::TEXT_ARRAY),
            (&home, Type::INT2_ARRAY),
            (&away, Type::INT2_ARRAY),
        ];
        let rows = self.put(sql!("take_guesses.sql"), params).await?;
        let times: Vec<DateTime<Utc>> =
            rows.iter().map(|row| column(row, "stored_at")).collect::<Result<_, _>>()?;
        let Some(at) = times.iter().max().filter(|_| times.len() == guesses.len()) else {
            // It has begun since it was looked at.
            let error = GuessError::Locked { kickoff: about.kickoff };
            return Ok(Made::Nothing(TournamentRefused::NoGuess(error)));
        };
        let guesses = i64::try_from(times.len()).unwrap_or(i64::MAX);
        Ok(plainly(TournamentWritten::Guessed { guesses, at: *at }))
    }
}
