//! Settlements of matches: what they are decided on, and their statements, which lock
//! the tournament, look whether it is what was decided on, and then write.
//!
//! A settlement has 50 s as a statement of the worker's role: at 5 to 15 µs a guess, on
//! two shared cores, it needs 10 to 30 s for the most guesses that there may be.

use mauntic_domain::scoreboard::chain::Weights;
use mauntic_domain::scoreboard::ledger::{from_hex, to_hex};
use mauntic_domain::scoreboard::settlement::{Applied, GUESSES_MAX};
use mauntic_domain::scoreboard::{EntryStatus, Match, MatchResult, Round, Status};
use mauntic_flows::ports::{
    Committed, Effect, MatchPlace, PortError, SettlementAct, SettlementInputs, SettlementStore,
    SettlementWrite,
};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use crate::Session;
use crate::awards::Awards;
use crate::error::{commit_error, is_busy, is_meanwhile, meanwhile};
use crate::flight::{Param, Statement};
use crate::rows::{column, json, unreadable};
use crate::session::kept;

/// Longest detail of a settlement that failed, as its column has it.
const DETAIL_CHARS_MAX: usize = 500;

impl SettlementStore for Session {
    async fn settlement_inputs(
        &self,
        place: &MatchPlace,
    ) -> Result<Option<SettlementInputs>, PortError> {
        let owner = place.organization_id.as_str();
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&place.tournament_id, Type::UUID),
            (&place.match_id, Type::UUID),
            (&i64::from(GUESSES_MAX), Type::INT8),
        ];
        let sql = sql!("read_settlement.sql");
        let rows = self.statement("reading a match", sql, params).await?;
        rows.first().map(inputs).transpose()
    }
}

fn inputs(row: &Row) -> Result<SettlementInputs, PortError> {
    let no_round = |_| unreadable("column round");
    Ok(SettlementInputs {
        rules: json(row, "rules")?,
        chain: json(row, "tie_breaks")?,
        rules_version: column(row, "rules_version")?,
        round: Round::parse(column::<&str>(row, "round")?).map_err(no_round)?,
        stored: stored(row)?,
        applied: applied(row)?,
        is_closed: column(row, "is_closed")?,
        is_too_large: column(row, "is_too_large")?,
    })
}

/// What is stored of a match.
pub(crate) fn stored(row: &Row) -> Result<Match, PortError> {
    let status = Status::from_name(column(row, "status")?);
    let result: Option<&str> = column(row, "result")?;
    let read = |text| MatchResult::from_canonical(text).ok_or_else(|| unreadable("column result"));
    Ok(Match {
        status: status.ok_or_else(|| unreadable("column status"))?,
        kickoff: column(row, "kickoff")?,
        result: result.map(read).transpose()?,
        result_version: column(row, "result_version")?,
        last_checked_at: column(row, "last_checked_at")?,
        ended_at: column(row, "ended_at")?,
        next_check_at: column(row, "next_check_at")?,
    })
}

fn applied(row: &Row) -> Result<Option<Applied>, PortError> {
    let Some(seq) = column(row, "applied_seq")? else { return Ok(None) };
    let hash = from_hex(column(row, "applied_hash")?);
    Ok(Some(Applied {
        seq,
        result_version: column(row, "applied_version")?,
        result_hash: hash.ok_or_else(|| unreadable("the hash of a result"))?,
    }))
}

/// Settlements, column by column.
pub(crate) struct Settlements<'a>(Vec<Columns<'a>>);

struct Columns<'a> {
    write: &'a SettlementWrite,
    owner: &'a str,
    round: &'a str,
    hash: String,
    result: String,
    /// Of one that gives nothing.
    entry: String,
    table: Option<Table>,
}

/// What scores earn, and what that weighs.
struct Table {
    awards: Awards,
    weights: Weights,
}

impl<'a> Settlements<'a> {
    pub(crate) fn of(settlements: &'a [SettlementWrite]) -> Self {
        Self(settlements.iter().map(Columns::of).collect())
    }

    pub(crate) fn params(&self) -> Vec<Params<'_>> {
        self.0.iter().map(Columns::params).collect()
    }
}

impl<'a> Columns<'a> {
    fn of(write: &'a SettlementWrite) -> Self {
        let table = match &write.act {
            SettlementAct::Skip => None,
            SettlementAct::Apply { awards, weights } => {
                Some(Table { awards: Awards::of(awards), weights: *weights })
            }
        };
        Self {
            write,
            owner: write.place.organization_id.as_str(),
            round: write.basis.round.as_str(),
            hash: to_hex(&write.result.hash()),
            result: write.result.canonical(),
            entry: write.bare_entry(EntryStatus::Skipped).to_json(),
            table,
        }
    }

    fn params(&self) -> Params<'_> {
        let SettlementWrite { place, basis, job_id, attempt, request_id, .. } = self.write;
        let tournament: [Param<'_>; 2] =
            [(&self.owner, Type::TEXT), (&place.tournament_id, Type::UUID)];
        let of_match: [Param<'_>; 3] = [
            (&place.match_id, Type::UUID),
            (&basis.result_version, Type::INT4),
            (&basis.kickoff, Type::TIMESTAMPTZ),
        ];
        let result: Param<'_> = (&self.result, Type::TEXT);
        let by: [Param<'_>; 2] = [(job_id, Type::UUID), (attempt, Type::INT4)];
        let mut hold: Vec<Param<'_>> = tournament.iter().chain(&of_match).cloned().collect();
        let mut write = match &self.table {
            None => tournament.iter().cloned().chain([(&self.entry as _, Type::TEXT)]).collect(),
            Some(_) => hold.clone(),
        };
        hold.extend([
            (&self.round as _, Type::TEXT),
            (&basis.rules_version as _, Type::INT4),
            (&basis.applied as _, Type::INT8),
        ]);
        if let Some(table) = &self.table {
            write.extend([(&basis.applied as _, Type::INT8), (&self.hash as _, Type::TEXT)]);
            write.push(result);
            write.extend(table.params());
            write.extend(by);
            write.push((request_id, Type::TEXT));
        } else {
            write.push(result);
            write.extend(by);
        }
        Params { tournament, hold, write, applies: self.table.is_some() }
    }
}

impl Table {
    fn params(&self) -> impl Iterator<Item = Param<'_>> {
        let Weights { points_e4, exact_hits, right_outcomes } = &self.weights;
        let weights: [Param<'_>; 3] =
            [points_e4, exact_hits, right_outcomes].map(|weight| (weight as _, Type::INT8));
        self.awards.params().into_iter().chain(weights)
    }
}

/// The parameters of a settlement's statements.
pub(crate) struct Params<'a> {
    tournament: [Param<'a>; 2],
    hold: Vec<Param<'a>>,
    write: Vec<Param<'a>>,
    applies: bool,
}

impl Params<'_> {
    /// In their order.
    pub(crate) fn statements(&self) -> impl Iterator<Item = Statement<'_>> {
        let written = Statement {
            sql: if self.applies {
                sql!("settle_match.sql")
            } else {
                sql!("append_settlement.sql")
            },
            params: &self.write,
        };
        let in_order = Statement { sql: sql!("in_order.sql"), params: &[] };
        self.rehearsed().into_iter().chain(self.applies.then_some(in_order)).chain([written])
    }

    /// Those of a rehearsal: whether it would be settled, without a million rows that are
    /// rolled back.
    pub(crate) fn rehearsed(&self) -> [Statement<'_>; 2] {
        let lock = sql!("lock_tournament.sql");
        [
            Statement { sql: lock, params: &self.tournament },
            Statement { sql: sql!("hold_match.sql"), params: &self.hold },
        ]
    }
}

/// What it means that an effect with settlements was rolled back. Where the database
/// refused it, the ledgers say so before anybody else hears of it: an error of that is
/// told instead, so that no attempt is spent without its entry.
pub(crate) async fn rolled_back(
    session: &Session,
    what: &'static str,
    effect: &Effect,
    error: &Error,
) -> Result<Committed, PortError> {
    if is_busy(error) {
        return Ok(Committed::Busy);
    }
    if is_meanwhile(error) {
        return Err(meanwhile(what));
    }
    let error = commit_error(what, error);
    if let PortError::Refused { .. } = error {
        let detail = kept(&error.to_string(), DETAIL_CHARS_MAX);
        for write in &effect.settlements {
            append_failure(session, write, &detail).await?;
        }
    }
    Err(error)
}

async fn append_failure(
    session: &Session,
    write: &SettlementWrite,
    detail: &str,
) -> Result<(), PortError> {
    let owner = write.place.organization_id.as_str();
    let entry = write.bare_entry(EntryStatus::Failed).to_json();
    let result = write.result.canonical();
    let tournament: [Param<'_>; 2] =
        [(&owner, Type::TEXT), (&write.place.tournament_id, Type::UUID)];
    let failure: [Param<'_>; 5] = [
        (&entry, Type::TEXT),
        (&result, Type::TEXT),
        (&write.job_id, Type::UUID),
        (&write.attempt, Type::INT4),
        (&detail, Type::TEXT),
    ];
    let params: Vec<Param<'_>> = tournament.iter().cloned().chain(failure).collect();
    let lock = sql!("await_tournament.sql");
    let statements = [
        Statement { sql: lock, params: &tournament },
        Statement { sql: sql!("append_failure.sql"), params: &params },
    ];
    session.write("noting a settlement that failed", &statements).await.map(|_| ())
}
