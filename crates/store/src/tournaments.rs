//! Tournaments of an organization as it reads them; what it writes is
//! `tournament_acts`.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{MemberId, OrganizationId, ProviderMatchId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::{Fixture, Round, Score, Status, Totals};
use mauntic_flows::ports::{
    Act, GuessView, LeagueView, MatchFilter, MatchTime, MatchView, PortError, Tournament,
    TournamentRefused, TournamentSettings, TournamentStore, TournamentWrite, TournamentWritten,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::flight::{Param, Statement};
use crate::rows::{column, json, unreadable};
use crate::settlements::stored;
use crate::signals::{look, no_name};
use crate::verifications::provider;
use crate::{Session, tournament_acts};

impl TournamentStore for Session {
    async fn write_tournament(
        &self,
        organization: &OrganizationId,
        act: &Act,
        write: &TournamentWrite,
    ) -> Result<Result<TournamentWritten, TournamentRefused>, PortError> {
        tournament_acts::write(self, organization, act, write).await
    }

    async fn tournaments(
        &self,
        organization: &OrganizationId,
        one: Option<Uuid>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Tournament>, PortError> {
        let owner = organization.as_str();
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&one, Type::UUID),
            (&before, Type::UUID),
            (&limit, Type::INT8),
        ];
        let sql = sql!("tournaments.sql");
        let rows = look("reading tournaments", self, organization, Statement { sql, params }).await;
        rows?.iter().map(tournament).collect()
    }

    async fn matches(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        filter: &MatchFilter,
        after: Option<&MatchTime>,
        limit: i64,
    ) -> Result<Option<Vec<MatchView>>, PortError> {
        let (owner, round) = (organization.as_str(), filter.round.as_ref().map(Round::as_str));
        let statuses: Vec<&str> = filter.statuses.iter().map(|status| status.name()).collect();
        let statuses = (!statuses.is_empty()).then_some(statuses);
        let (kickoff, id) = (after.map(|at| at.kickoff), after.map(|at| at.id));
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&tournament, Type::UUID),
            (&filter.id, Type::UUID),
            (&round, Type::TEXT),
            (&statuses, Type::TEXT_ARRAY),
            (&kickoff, Type::TIMESTAMPTZ),
            (&id, Type::UUID),
            (&limit, Type::INT8),
        ];
        let sql = sql!("matches.sql");
        let rows = look("reading matches", self, organization, Statement { sql, params }).await?;
        listed(&rows, match_view)
    }

    async fn joined_at(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        member: &MemberId,
    ) -> Result<Option<DateTime<Utc>>, PortError> {
        let (owner, member) = (organization.as_str(), member.as_str());
        let params: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&tournament, Type::UUID), (&member, Type::TEXT)];
        let sql = sql!("joined_at.sql");
        let rows = look("reading a member", self, organization, Statement { sql, params }).await?;
        rows.first().map(|row| column(row, "joined_at")).transpose()
    }

    async fn guesses_of(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        member: &MemberId,
        after: Option<&MatchTime>,
        limit: i64,
    ) -> Result<Option<Vec<GuessView>>, PortError> {
        let (owner, member) = (organization.as_str(), member.as_str());
        let (kickoff, id) = (after.map(|at| at.kickoff), after.map(|at| at.id));
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&tournament, Type::UUID),
            (&member, Type::TEXT),
            (&kickoff, Type::TIMESTAMPTZ),
            (&id, Type::UUID),
            (&limit, Type::INT8),
        ];
        let sql = sql!("guesses_of.sql");
        let rows = look("reading guesses", self, organization, Statement { sql, params }).await?;
        listed(&rows, guess_view)
    }

    async fn leagues(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        one: Option<Uuid>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Option<Vec<LeagueView>>, PortError> {
        let owner = organization.as_str();
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&tournament, Type::UUID),
            (&one, Type::UUID),
            (&before, Type::UUID),
            (&limit, Type::INT8),
        ];
        let sql = sql!("leagues.sql");
        let rows = look("reading leagues", self, organization, Statement { sql, params }).await?;
        listed(&rows, league_view)
    }
}

/// Lines of something that is there; a row without an id says that it has none.
fn listed<T>(
    rows: &[Row],
    read: impl Fn(&Row) -> Result<T, PortError>,
) -> Result<Option<Vec<T>>, PortError> {
    if rows.is_empty() {
        return Ok(None);
    }
    let is_there = |row: &&Row| !matches!(column::<Option<Uuid>>(row, "id"), Ok(None));
    rows.iter().filter(is_there).map(read).collect::<Result<_, _>>().map(Some)
}

pub(crate) fn tournament(row: &Row) -> Result<Tournament, PortError> {
    let ranking = Kind::from_name(column(row, "ranking")?);
    Ok(Tournament {
        id: column(row, "id")?,
        settings: TournamentSettings {
            name: column(row, "name")?,
            provider_id: provider(row)?,
            ranking: ranking.ok_or_else(|| unreadable("column ranking"))?,
            rules: json(row, "rules")?,
            chain: json(row, "tie_breaks")?,
        },
        rules_version: column(row, "rules_version")?,
        settled_at: column(row, "settled_at")?,
        closed_at: column(row, "closed_at")?,
        created_at: column(row, "created_at")?,
    })
}

pub(crate) fn match_view(row: &Row) -> Result<MatchView, PortError> {
    let external_id = ProviderMatchId::parse(column::<&str>(row, "external_id")?);
    let stored = stored(row)?;
    Ok(MatchView {
        id: column(row, "id")?,
        fixture: Fixture {
            external_id: external_id.map_err(|error| no_name(&error))?,
            round: round(row)?,
            home: column(row, "home_team")?,
            away: column(row, "away_team")?,
            kickoff: stored.kickoff,
        },
        stored,
        settled_version: column(row, "settled_version")?,
    })
}

fn guess_view(row: &Row) -> Result<GuessView, PortError> {
    let (home, away): (i16, i16) = (column(row, "home")?, column(row, "away")?);
    let settled_version: i32 = column(row, "settled_version")?;
    let exact_hits: i64 = column(row, "exact_hits")?;
    let earned = Totals {
        points: PointsE4::from_e4(column(row, "points_e4")?),
        exact_hits,
        right_outcomes: column(row, "right_outcomes")?,
    };
    let status = Status::from_name(column(row, "status")?);
    Ok(GuessView {
        match_id: column(row, "id")?,
        round: round(row)?,
        kickoff: column(row, "kickoff")?,
        status: status.ok_or_else(|| unreadable("column status"))?,
        score: Score::new(home.into(), away.into()).map_err(|_| unreadable("a guess"))?,
        stored_at: column(row, "stored_at")?,
        earned: (settled_version > 0).then_some(earned),
    })
}

pub(crate) fn league_view(row: &Row) -> Result<LeagueView, PortError> {
    Ok(LeagueView {
        id: column(row, "id")?,
        name: column(row, "name")?,
        members: column(row, "members")?,
        created_at: column(row, "created_at")?,
    })
}

fn round(row: &Row) -> Result<Round, PortError> {
    Round::parse(column::<&str>(row, "round")?).map_err(|_| unreadable("column round"))
}
