//! What an organization does to its tournaments. Each is one transaction that reads what
//! it is about, holds as much of that as it needs, decides, and writes; where it is
//! closed, or full, in between, it is decided again. Locks in this order: the answer to
//! the request's key, the tournament, its matches by their ids, what is added by its key,
//! the audit.

use mauntic_domain::ids::{MemberId, OrganizationId, ProviderTournamentId};
use mauntic_flows::ports::{
    Act, PortError, TournamentChange, TournamentRefused, TournamentSettings, TournamentWrite,
    TournamentWritten, is_open, tournament_actions,
};
use serde::Serialize;
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::acts::{Made, Move, Open, perform_of};
use crate::audit::Noted;
use crate::error::{is_refused_board, meanwhile, statement_error};
use crate::flight::{Param, Statement};
use crate::rows::{column, unreadable};
use crate::session::kept_act;
use crate::signals::no_name;
use crate::tournaments::{league_view, tournament};

pub(crate) async fn write(
    session: &Session,
    organization: &OrganizationId,
    act: &Act,
    write: &TournamentWrite,
) -> Result<Result<TournamentWritten, TournamentRefused>, PortError> {
    let act = kept_act(act.clone());
    let (owner, request_id) = (organization.as_str(), act.request_id.as_str());
    perform_of(session, organization, &act, &Writing { owner, write, request_id }).await
}

/// What is done, in errors.
pub(crate) const WHAT: &str = "writing a tournament";

/// What came of it, with what the audit is told.
pub(crate) type Done = Made<TournamentWritten, TournamentRefused>;

struct Writing<'a> {
    owner: &'a str,
    write: &'a TournamentWrite,
    request_id: &'a str,
}

impl Move for Writing<'_> {
    const WHAT: &'static str = WHAT;
    type Done = TournamentWritten;
    type Refused = TournamentRefused;

    async fn make(&self, open: &Open<'_>) -> Result<Done, PortError> {
        let at = |tournament: &Uuid| At { open, owner: self.owner, tournament: *tournament };
        match self.write {
            TournamentWrite::Create(settings) => create(open, self.owner, settings).await,
            TournamentWrite::Change { tournament, seen, change } => {
                at(tournament).change(seen, change).await
            }
            TournamentWrite::Tell { tournament, fixtures } => at(tournament).tell(fixtures).await,
            TournamentWrite::Result { tournament, match_id, result } => {
                at(tournament).enter_result(*match_id, *result, self.request_id).await
            }
            TournamentWrite::Join { tournament, members } => {
                at(tournament).add(Into::Tournament, members).await
            }
            TournamentWrite::Guess { tournament, match_id, guesses } => {
                at(tournament).guess(*match_id, guesses).await
            }
            TournamentWrite::Found { tournament, name } => at(tournament).found(name).await,
            TournamentWrite::Enter { tournament, league, members } => {
                at(tournament).add(Into::League(*league), members).await
            }
            TournamentWrite::Leave { tournament, league, member } => {
                at(tournament).leave(*league, member).await
            }
        }
    }
}

pub(crate) fn plainly(done: TournamentWritten) -> Done {
    Made::Done(done, Vec::new())
}

/// A tournament in the transaction.
pub(crate) struct At<'a> {
    open: &'a Open<'a>,
    owner: &'a str,
    tournament: Uuid,
}

/// What members come into.
#[derive(Clone, Copy)]
enum Into {
    Tournament,
    League(Uuid),
}

/// What is said of a tournament, as columns.
struct Columns<'a> {
    of: &'a TournamentSettings,
    provider_id: Option<&'a str>,
    ranking: &'static str,
    rules: String,
    tie_breaks: String,
}

impl<'a> Columns<'a> {
    fn of(of: &'a TournamentSettings) -> Result<Self, PortError> {
        let (rules, tie_breaks) = (text(&of.rules)?, text(&of.chain)?);
        let provider_id = of.provider_id.as_ref().map(ProviderTournamentId::as_str);
        Ok(Self { of, provider_id, ranking: of.ranking.name(), rules, tie_breaks })
    }

    fn params(&self) -> [Param<'_>; 5] {
        [
            (&self.of.name, Type::TEXT),
            (&self.provider_id, Type::TEXT),
            (&self.ranking, Type::TEXT),
            (&self.rules, Type::TEXT),
            (&self.tie_breaks, Type::TEXT),
        ]
    }
}

fn text<T: Serialize>(value: &T) -> Result<String, PortError> {
    let refused =
        |error: serde_json::Error| PortError::Refused { what: WHAT, cause: error.to_string() };
    serde_json::to_string(value).map_err(refused)
}

async fn create(
    open: &Open<'_>,
    owner: &str,
    settings: &TournamentSettings,
) -> Result<Done, PortError> {
    let columns = Columns::of(settings)?;
    let first: [Param<'_>; 1] = [(&owner, Type::TEXT)];
    let params: Vec<Param<'_>> = first.into_iter().chain(columns.params()).collect();
    let sql = sql!("create_tournament.sql");
    let rows = open.rows(Statement { sql, params: &params }).await?;
    Ok(plainly(TournamentWritten::Tournament(tournament(one(&rows)?)?)))
}

pub(crate) fn one(rows: &[Row]) -> Result<&Row, PortError> {
    rows.first().ok_or_else(|| unreadable("what was written"))
}

/// Who of those that were named is no member.
pub(crate) fn not_members(strangers: &[Row]) -> Result<Done, PortError> {
    let names = strangers.iter().map(|row| {
        let name = MemberId::parse(column::<&str>(row, "member")?);
        name.map_err(|error| no_name(&error))
    });
    Ok(Made::Nothing(TournamentRefused::NotMembers(names.collect::<Result<_, PortError>>()?)))
}

impl At<'_> {
    /// The tournament, and further parameters.
    pub(crate) fn params<'b>(&'b self, further: &[Param<'b>]) -> Vec<Param<'b>> {
        let first: [Param<'b>; 2] = [(&self.owner, Type::TEXT), (&self.tournament, Type::UUID)];
        first.into_iter().chain(further.iter().cloned()).collect()
    }

    /// Whose it is, and which.
    pub(crate) const fn of(&self) -> (&str, Uuid) {
        (self.owner, self.tournament)
    }

    /// Enqueues jobs that have a key.
    pub(crate) async fn enqueue(&self, params: &[Param<'_>]) -> Result<Vec<Row>, PortError> {
        self.open.rows(Statement { sql: sql!("enqueue_keyed.sql"), params }).await
    }

    /// Whether it is there and open, and what other statements of the same flight say.
    pub(crate) async fn is_open(
        &self,
        further: &[Statement<'_>],
    ) -> Result<Result<Vec<Vec<Row>>, TournamentRefused>, PortError> {
        let params = self.params(&[]);
        let sql = sql!("closed_tournament.sql");
        let first = Statement { sql, params: &params };
        let statements: Vec<_> = [first].into_iter().chain(further.iter().copied()).collect();
        let mut answers = self.open.flight(&statements).await?;
        let further = answers.split_off(1);
        match answers.first().and_then(|rows| rows.first()) {
            None => Ok(Err(TournamentRefused::UnknownTournament)),
            Some(row) => Ok(is_open(column(row, "closed_at")?).map(|()| further)),
        }
    }

    /// A statement that is refused where the tournament was closed, or filled, since it
    /// was looked at: that is found when it is all done again.
    pub(crate) async fn put(
        &self,
        sql: &str,
        further: &[Param<'_>],
    ) -> Result<Vec<Row>, PortError> {
        let params = self.params(further);
        match self.open.try_flight(&[Statement { sql, params: &params }]).await? {
            Ok(answers) => Ok(answers.into_iter().next().unwrap_or_default()),
            Err(error) if is_refused_board(&error) => Err(meanwhile(WHAT)),
            Err(error) => Err(statement_error(WHAT, &error)),
        }
    }

    async fn change(&self, seen: &str, change: &TournamentChange) -> Result<Done, PortError> {
        let params = self.params(&[]);
        let sql = sql!("hold_tournament.sql");
        let rows = self.open.rows(Statement { sql, params: &params }).await?;
        let Some(row) = rows.first() else {
            return Ok(Made::Nothing(TournamentRefused::UnknownTournament));
        };
        let found = tournament(row)?;
        let settings = match found.changed(seen, change) {
            Ok(settings) => settings,
            Err(refused) => return Ok(Made::Nothing(refused)),
        };
        let columns = Columns::of(&settings)?;
        let sql = sql!("change_tournament.sql");
        let now = tournament(one(&self.put(sql, &columns.params()).await?)?)?;
        let noted = Noted {
            action: tournament_actions::CHANGE,
            target: self.tournament.to_string(),
            before: json!(found.settings),
            after: json!(now.settings),
        };
        Ok(Made::Done(TournamentWritten::Tournament(now), vec![noted]))
    }

    async fn add(&self, into: Into, members: &[MemberId]) -> Result<Done, PortError> {
        let names: Vec<&str> = members.iter().map(MemberId::as_str).collect();
        let named: Param<'_> = (&names, Type::TEXT_ARRAY);
        let league = match &into {
            Into::Tournament => None,
            Into::League(league) => Some(league),
        };
        let held = league.map(|league| self.params(&[(league, Type::UUID)]));
        let asked = self.params(std::slice::from_ref(&named));
        let statements: Vec<Statement<'_>> = held
            .iter()
            .flat_map(|params| {
                let sql = sql!("not_members.sql");
                let held = sql!("hold_league.sql");
                [Statement { sql: held, params }, Statement { sql, params: &asked }]
            })
            .collect();
        let answers = match self.is_open(&statements).await? {
            Ok(answers) => answers,
            Err(refused) => return Ok(Made::Nothing(refused)),
        };
        if let [held, strangers] = answers.as_slice() {
            if held.is_empty() {
                return Ok(Made::Nothing(TournamentRefused::UnknownLeague));
            }
            if !strangers.is_empty() {
                return not_members(strangers);
            }
        }
        let added = match &league {
            None => {
                let sql = sql!("join_members.sql");
                self.put(sql, &[named]).await?
            }
            Some(league) => {
                let sql = sql!("enter_league.sql");
                self.put(sql, &[(*league, Type::UUID), named]).await?
            }
        };
        let added = i64::try_from(added.len()).unwrap_or(i64::MAX);
        Ok(plainly(TournamentWritten::Added { added }))
    }

    async fn found(&self, name: &str) -> Result<Done, PortError> {
        if let Err(refused) = self.is_open(&[]).await? {
            return Ok(Made::Nothing(refused));
        }
        let sql = sql!("found_league.sql");
        let rows = self.put(sql, &[(&name, Type::TEXT)]).await?;
        Ok(plainly(TournamentWritten::League(league_view(one(&rows)?)?)))
    }

    async fn leave(&self, league: Uuid, member: &MemberId) -> Result<Done, PortError> {
        let held = self.params(&[(&league, Type::UUID)]);
        let sql = sql!("hold_league.sql");
        match self.is_open(&[Statement { sql, params: &held }]).await? {
            Err(refused) => return Ok(Made::Nothing(refused)),
            Ok(answers) if answers.iter().all(Vec::is_empty) => {
                return Ok(Made::Nothing(TournamentRefused::UnknownLeague));
            }
            Ok(_) => {}
        }
        let name = member.as_str();
        let sql = sql!("leave_league.sql");
        let gone = self.put(sql, &[(&league, Type::UUID), (&name, Type::TEXT)]).await?;
        Ok(plainly(TournamentWritten::Left(!gone.is_empty())))
    }
}
