//! Verifications and the look after knock-out rounds: what they are decided on, and their
//! statements.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{OrganizationId, ProviderMatchId, ProviderTournamentId};
use mauntic_domain::jobs::JobType;
use mauntic_domain::scoreboard::candidates::LIKELY_LENGTH;
use mauntic_domain::scoreboard::knockout::Known;
use mauntic_domain::scoreboard::messages::TournamentRef;
use mauntic_domain::scoreboard::{MatchResult, Round, Rules};
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{
    CheckPlan, DueMatch, KnockoutInputs, MatchPlace, NewMatches, PortError, VerificationInputs,
    VerificationNote, VerificationStore, VerificationWrite, VerifiedRow,
};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::{Json, Type};
use uuid::Uuid;

use crate::Session;
use crate::flight::{Param, Statement};
use crate::rows::{column, json, unreadable, version};
use crate::settlements::stored;

impl VerificationStore for Session {
    async fn due_matches(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<DueMatch>, PortError> {
        let (likely_secs, limit) = (LIKELY_LENGTH.num_seconds(), i64::from(limit));
        let params: &[Param<'_>] =
            &[(&now, Type::TIMESTAMPTZ), (&likely_secs, Type::INT8), (&limit, Type::INT8)];
        let sql = sql!("due_matches.sql");
        self.statement("reading matches that are due", sql, params).await?.iter().map(due).collect()
    }

    async fn verification_inputs(
        &self,
        place: &MatchPlace,
    ) -> Result<Option<VerificationInputs>, PortError> {
        let owner = place.organization_id.as_str();
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&place.tournament_id, Type::UUID),
            (&place.match_id, Type::UUID),
        ];
        let sql = sql!("read_verification.sql");
        let rows = self.statement("reading a match", sql, params).await?;
        rows.first().map(inputs).transpose()
    }

    async fn note_verification(&self, note: &VerificationNote) -> Result<(), PortError> {
        let columns = NoteColumns::of(note);
        let params = columns.params();
        let sql = sql!("note_verification.sql");
        self.statement("noting a verification", sql, &params).await.map(|_| ())
    }

    async fn provided_tournaments(
        &self,
        after: Option<&TournamentRef>,
        limit: u32,
    ) -> Result<Vec<TournamentRef>, PortError> {
        let owner = after.map(|place| place.organization_id.as_str());
        let id = after.map(|place| place.tournament_id);
        let limit = i64::from(limit);
        let params: &[Param<'_>] = &[(&owner, Type::TEXT), (&id, Type::UUID), (&limit, Type::INT8)];
        let sql = sql!("provided_tournaments.sql");
        let rows = self.statement("listing tournaments", sql, params).await?;
        let place = |row: &Row| {
            Ok(TournamentRef { organization_id: owned(row)?, tournament_id: column(row, "id")? })
        };
        rows.iter().map(place).collect()
    }

    async fn knockout_inputs(
        &self,
        place: &TournamentRef,
    ) -> Result<Option<KnockoutInputs>, PortError> {
        let owner = place.organization_id.as_str();
        let params: &[Param<'_>] = &[(&owner, Type::TEXT), (&place.tournament_id, Type::UUID)];
        let sql = sql!("read_knockout.sql");
        let rows = self.statement("reading a tournament's matches", sql, params).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let is_there = |row: &&Row| matches!(row.try_get("external_id"), Ok(Some::<&str>(_)));
        let matches = rows.iter().filter(is_there).map(known).collect::<Result<_, _>>()?;
        Ok(Some(KnockoutInputs { tournament: provider(first)?, matches }))
    }
}

fn owned(row: &Row) -> Result<OrganizationId, PortError> {
    let name: String = column(row, "organization_id")?;
    OrganizationId::parse(name).map_err(|_| unreadable("column organization_id"))
}

pub(crate) fn provider(row: &Row) -> Result<Option<ProviderTournamentId>, PortError> {
    let name: Option<String> = column(row, "provider_id")?;
    let parsed = name.map(ProviderTournamentId::parse).transpose();
    parsed.map_err(|_| unreadable("column provider_id"))
}

fn due(row: &Row) -> Result<DueMatch, PortError> {
    // Rules that this build cannot read stop the verification of their own matches, and
    // not the plan of all.
    let rules: Json<Value> = column(row, "rules")?;
    let rules: Rules = serde_json::from_value(rules.0).unwrap_or_default();
    let place = MatchPlace {
        organization_id: owned(row)?,
        tournament_id: column(row, "tournament_id")?,
        match_id: column(row, "id")?,
    };
    Ok(DueMatch { place, stored: stored(row)?, correction: rules.policy().correction })
}

fn inputs(row: &Row) -> Result<VerificationInputs, PortError> {
    let rules: Rules = json(row, "rules")?;
    let external_id = ProviderMatchId::parse(column::<&str>(row, "external_id")?);
    Ok(VerificationInputs {
        tournament: provider(row)?,
        external_id: external_id.map_err(|_| unreadable("column external_id"))?,
        policy: rules.policy(),
        rules_version: column(row, "rules_version")?,
        stored: stored(row)?,
        now: column(row, "now")?,
    })
}

fn known(row: &Row) -> Result<Known, PortError> {
    let round = Round::parse(column::<&str>(row, "round")?);
    Ok(Known {
        external_id: column(row, "external_id")?,
        round: round.map_err(|_| unreadable("column round"))?,
        stored: stored(row)?,
    })
}

/// Planned checks, column by column.
pub(crate) struct Checks<'a> {
    owners: Vec<&'a str>,
    tournaments: Vec<Uuid>,
    matches: Vec<Uuid>,
    due: Vec<Option<DateTime<Utc>>>,
    next: Vec<Option<DateTime<Utc>>>,
    ids: Vec<Uuid>,
    data: Vec<String>,
    keys: Vec<Option<&'a str>>,
    runs: Vec<Option<Uuid>>,
    requests: Vec<Option<&'a str>>,
    starters: Vec<Option<String>>,
    version: i16,
}

impl<'a> Checks<'a> {
    pub(crate) fn of(checks: &'a [CheckPlan]) -> Self {
        let places = || checks.iter().map(|check| &check.place);
        let jobs = || checks.iter().map(|check| &check.job);
        Self {
            owners: places().map(|place| place.organization_id.as_str()).collect(),
            tournaments: places().map(|place| place.tournament_id).collect(),
            matches: places().map(|place| place.match_id).collect(),
            due: checks.iter().map(|check| check.due_at).collect(),
            next: checks.iter().map(|check| check.next_check_at).collect(),
            ids: jobs().map(|job| job.id).collect(),
            data: jobs().map(|job| job.job.data().to_string()).collect(),
            keys: jobs().map(|job| job.idempotency_key.as_deref()).collect(),
            runs: jobs().map(|job| job.run_id).collect(),
            requests: jobs().map(|job| job.request_id.as_deref()).collect(),
            starters: jobs().map(|job| job.starter.map(TraceContext::traceparent)).collect(),
            version: version(JobType::VerifyMatch),
        }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 15] {
        const QUEUE: &str = JobType::VerifyMatch.queue().name();
        const NAME: &str = JobType::VerifyMatch.name();
        const FAILURES_MAX: i16 = JobType::VerifyMatch.spec().failures_max;
        [
            (&self.owners, Type::TEXT_ARRAY),
            (&self.tournaments, Type::UUID_ARRAY),
            (&self.matches, Type::UUID_ARRAY),
            (&self.due, Type::TIMESTAMPTZ_ARRAY),
            (&self.next, Type::TIMESTAMPTZ_ARRAY),
            (&self.ids, Type::UUID_ARRAY),
            (&self.data, Type::TEXT_ARRAY),
            (&self.keys, Type::TEXT_ARRAY),
            (&self.runs, Type::UUID_ARRAY),
            (&self.requests, Type::TEXT_ARRAY),
            (&QUEUE, Type::TEXT),
            (&NAME, Type::TEXT),
            (&self.version, Type::INT2),
            (&FAILURES_MAX, Type::INT2),
            (&self.starters, Type::TEXT_ARRAY),
        ]
    }
}

/// Verifications, column by column.
pub(crate) struct Verifications<'a>(Vec<VerificationColumns<'a>>);

struct VerificationColumns<'a> {
    row: Option<RowColumns<'a>>,
    note: NoteColumns<'a>,
}

struct RowColumns<'a> {
    owner: &'a str,
    place: &'a MatchPlace,
    row: &'a VerifiedRow,
    was: &'static str,
    becomes: &'static str,
    result: Option<String>,
}

struct NoteColumns<'a> {
    note: &'a VerificationNote,
    owner: &'a str,
    outcome: &'static str,
    reason: &'static str,
}

/// The parameters of a verification's statements.
pub(crate) struct Params<'a> {
    row: Option<([Param<'a>; 8], [Param<'a>; 10])>,
    note: [Param<'a>; 8],
}

impl<'a> Verifications<'a> {
    pub(crate) fn of(writes: &'a [VerificationWrite]) -> Self {
        let columns = |write: &'a VerificationWrite| VerificationColumns {
            row: write.row.as_ref().map(|row| RowColumns::of(&write.note.place, row)),
            note: NoteColumns::of(&write.note),
        };
        Self(writes.iter().map(columns).collect())
    }

    pub(crate) fn params(&self) -> Vec<Params<'_>> {
        self.0.iter().map(VerificationColumns::params).collect()
    }
}

impl VerificationColumns<'_> {
    fn params(&self) -> Params<'_> {
        Params { row: self.row.as_ref().map(RowColumns::params), note: self.note.params() }
    }
}

impl<'a> RowColumns<'a> {
    fn of(place: &'a MatchPlace, row: &'a VerifiedRow) -> Self {
        Self {
            owner: place.organization_id.as_str(),
            place,
            row,
            was: row.was.status.name(),
            becomes: row.becomes.status.name(),
            result: row.becomes.result.map(MatchResult::canonical),
        }
    }

    fn params(&self) -> ([Param<'_>; 8], [Param<'_>; 10]) {
        let VerifiedRow { rules_version, was, becomes } = self.row;
        let [owner, tournament, of_match]: [Param<'_>; 3] = [
            (&self.owner, Type::TEXT),
            (&self.place.tournament_id, Type::UUID),
            (&self.place.match_id, Type::UUID),
        ];
        let hold = [
            owner.clone(),
            tournament.clone(),
            of_match.clone(),
            (&self.was as _, Type::TEXT),
            (&was.kickoff as _, Type::TIMESTAMPTZ),
            (&was.result_version as _, Type::INT4),
            (&was.last_checked_at as _, Type::TIMESTAMPTZ),
            (rules_version as _, Type::INT4),
        ];
        let write = [
            owner,
            tournament,
            of_match,
            (&self.becomes as _, Type::TEXT),
            (&becomes.kickoff as _, Type::TIMESTAMPTZ),
            (&self.result as _, Type::TEXT),
            (&becomes.result_version as _, Type::INT4),
            (&becomes.last_checked_at as _, Type::TIMESTAMPTZ),
            (&becomes.ended_at as _, Type::TIMESTAMPTZ),
            (&becomes.next_check_at as _, Type::TIMESTAMPTZ),
        ];
        (hold, write)
    }
}

impl<'a> NoteColumns<'a> {
    fn of(note: &'a VerificationNote) -> Self {
        Self {
            note,
            owner: note.place.organization_id.as_str(),
            outcome: note.reason.outcome().name(),
            reason: note.reason.name(),
        }
    }

    fn params(&self) -> [Param<'_>; 8] {
        [
            (&self.note.job_id, Type::UUID),
            (&self.note.attempt, Type::INT4),
            (&self.owner, Type::TEXT),
            (&self.note.place.match_id, Type::UUID),
            (&self.note.fetched_at, Type::TIMESTAMPTZ),
            (&self.outcome, Type::TEXT),
            (&self.reason, Type::TEXT),
            (&self.note.result_version, Type::INT4),
        ]
    }
}

impl Params<'_> {
    /// In their order.
    pub(crate) fn statements(&self) -> impl Iterator<Item = Statement<'_>> {
        let of_row = self.row.iter().flat_map(|(hold, write)| {
            [
                Statement { sql: sql!("hold_verified.sql"), params: hold },
                Statement { sql: sql!("write_verified.sql"), params: write },
            ]
        });
        let sql = sql!("note_verification.sql");
        of_row.chain([Statement { sql, params: &self.note }])
    }
}

/// Matches that tournaments get, column by column.
pub(crate) struct Arrivals<'a>(Vec<ArrivalColumns<'a>>);

struct ArrivalColumns<'a> {
    owner: &'a str,
    tournament: Uuid,
    ids: Vec<&'a str>,
    rounds: Vec<&'a str>,
    home: Vec<&'a str>,
    away: Vec<&'a str>,
    kickoffs: Vec<DateTime<Utc>>,
}

impl<'a> Arrivals<'a> {
    pub(crate) fn of(new: &'a [NewMatches]) -> Self {
        let columns = |new: &'a NewMatches| {
            let of = || new.matches.iter();
            ArrivalColumns {
                owner: new.tournament.organization_id.as_str(),
                tournament: new.tournament.tournament_id,
                ids: of().map(|one| one.id.as_str()).collect(),
                rounds: of().map(|one| one.round.as_str()).collect(),
                home: of().map(|one| one.home.as_str()).collect(),
                away: of().map(|one| one.away.as_str()).collect(),
                kickoffs: of().map(|one| one.kickoff).collect(),
            }
        };
        Self(new.iter().map(columns).collect())
    }

    pub(crate) fn params(&self) -> Vec<[Param<'_>; 7]> {
        self.0.iter().map(ArrivalColumns::params).collect()
    }
}

impl ArrivalColumns<'_> {
    fn params(&self) -> [Param<'_>; 7] {
        [
            (&self.owner, Type::TEXT),
            (&self.tournament, Type::UUID),
            (&self.ids, Type::TEXT_ARRAY),
            (&self.rounds, Type::TEXT_ARRAY),
            (&self.home, Type::TEXT_ARRAY),
            (&self.away, Type::TEXT_ARRAY),
            (&self.kickoffs, Type::TIMESTAMPTZ_ARRAY),
        ]
    }
}
