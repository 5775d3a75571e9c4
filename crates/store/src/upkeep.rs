//! What keeps boards right: rebuilds, what checks have found, and how a season ends.
//!
//! A rebuild is one transaction of a job. Its longest statement has 50 s: 500,000 lines of
//! 5,300,000 entries of points took 27 s where all of them were others, and 11 s where none
//! was, on two busy cores. About twice that is the most; what takes longer is cancelled.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoreboard::chain::Weights;
use mauntic_domain::scoreboard::ledger::to_hex;
use mauntic_flows::ports::{
    Closed, Closing, DriftRow, DriftWrite, PortError, RebuildWrite, TournamentRef, UpkeepStore,
};
use serde_json::{Value, json};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::acts::{Made, Move, Open, perform};
use crate::audit::Noted;
use crate::flight::{Param, Statement};
use crate::ledgers::hash;
use crate::rows::{column, json as read_json, unreadable};
use crate::signals::no_name;

/// Most matches that a refusal names.
const PENDING_MAX: i64 = 20;

impl UpkeepStore for Session {
    async fn open_tournaments(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&TournamentRef>,
        limit: i64,
    ) -> Result<Vec<TournamentRef>, PortError> {
        let owner = organization.map(OrganizationId::as_str);
        let (behind, tournament) = key(after);
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&behind, Type::TEXT),
            (&tournament, Type::UUID),
            (&limit, Type::INT8),
        ];
        let sql = sql!("open_tournaments.sql");
        let rows = self.statement("reading tournaments", sql, params).await?;
        rows.iter().map(|row| place(row, "id")).collect()
    }

    async fn drifts(
        &self,
        after: Option<&TournamentRef>,
        only_different: bool,
        limit: i64,
    ) -> Result<Vec<DriftRow>, PortError> {
        let (behind, tournament) = key(after);
        let params: &[Param<'_>] = &[
            (&behind, Type::TEXT),
            (&tournament, Type::UUID),
            (&only_different, Type::BOOL),
            (&limit, Type::INT8),
        ];
        let sql = sql!("drifts.sql");
        let rows = self.statement("reading checks", sql, params).await?;
        rows.iter().map(drift_row).collect()
    }

    async fn close_tournament(&self, of: &TournamentRef) -> Result<Closing, PortError> {
        Ok(match perform(self, &Close(of)).await? {
            Ok(closed) => Closing::Closed(closed),
            Err(refused) => refused,
        })
    }
}

fn key(after: Option<&TournamentRef>) -> (Option<&str>, Option<Uuid>) {
    (after.map(|after| after.organization_id.as_str()), after.map(|after| after.tournament_id))
}

fn place(row: &Row, id: &str) -> Result<TournamentRef, PortError> {
    let owner = OrganizationId::parse(column::<&str>(row, "organization_id")?);
    Ok(TournamentRef {
        organization_id: owner.map_err(|error| no_name(&error))?,
        tournament_id: column(row, id)?,
    })
}

fn drift_row(row: &Row) -> Result<DriftRow, PortError> {
    Ok(DriftRow {
        found: DriftWrite {
            place: place(row, "tournament_id")?,
            ledger_seq: column(row, "ledger_seq")?,
            differences: column(row, "differences")?,
            first: read_json(row, "detail")?,
        },
        name: column(row, "name")?,
        checked_at: column(row, "checked_at")?,
    })
}

struct Close<'a>(&'a TournamentRef);

impl Move for Close<'_> {
    const WHAT: &'static str = "closing a tournament";
    type Done = Closed;
    type Refused = Closing;

    async fn make(&self, open: &Open<'_>) -> Result<Made<Closed, Closing>, PortError> {
        let owner = self.0.organization_id.as_str();
        let of: [Param<'_>; 2] = [(&owner, Type::TEXT), (&self.0.tournament_id, Type::UUID)];
        let [owner, tournament] = of.clone();
        let pending = [owner, tournament, (&PENDING_MAX, Type::INT8)];
        let hold = Statement { sql: sql!("hold_boards.sql"), params: &of };
        let read = Statement { sql: sql!("pending_matches.sql"), params: &pending };
        let answers = open.flight(&[hold, read]).await?;
        let rows = answers.last().map(Vec::as_slice).unwrap_or_default();
        let Some(first) = rows.first() else { return Ok(Made::Nothing(Closing::Unknown)) };
        if let Some(closed) = closed(first)? {
            return Ok(Made::Nothing(Closing::Closed(closed)));
        }
        let matches = rows.iter().map(|row| column::<Option<Uuid>>(row, "match_id"));
        let matches: Vec<Uuid> =
            matches.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        if !matches.is_empty() {
            return Ok(Made::Nothing(Closing::Pending(matches)));
        }
        let close = Statement { sql: sql!("close_tournament.sql"), params: &of };
        let rows = open.rows(close).await?;
        let row = rows.first().ok_or_else(|| unreadable("a tournament that is closed"))?;
        let done = closed(row)?.ok_or_else(|| unreadable("column closed_at"))?;
        let noted = Noted {
            action: "scoreboard.close",
            target: self.0.tournament_id.to_string(),
            before: Value::Null,
            after: json!({"digest": done.digest, "ledgerSeq": done.ledger_seq}),
        };
        Ok(Made::Done(done, vec![noted]))
    }
}

/// None of a tournament that is open.
pub(crate) fn closed(row: &Row) -> Result<Option<Closed>, PortError> {
    let Some(closed_at) = column(row, "closed_at")? else { return Ok(None) };
    let digest = to_hex(&hash(row, "closed_digest")?);
    Ok(Some(Closed { closed_at, digest, ledger_seq: column(row, "closed_seq")? }))
}

/// Rebuilds, column by column.
pub(crate) struct Rebuilds<'a>(Vec<Rebuild<'a>>);

struct Rebuild<'a> {
    owner: &'a str,
    tournament: Uuid,
    weights: Weights,
}

impl<'a> Rebuilds<'a> {
    pub(crate) fn of(rebuilds: &'a [RebuildWrite]) -> Self {
        let of = |write: &'a RebuildWrite| Rebuild {
            owner: write.place.organization_id.as_str(),
            tournament: write.place.tournament_id,
            weights: write.weights,
        };
        Self(rebuilds.iter().map(of).collect())
    }

    pub(crate) fn params(&self) -> Vec<RebuildParams<'_>> {
        self.0.iter().map(Rebuild::params).collect()
    }
}

impl Rebuild<'_> {
    fn params(&self) -> RebuildParams<'_> {
        let of: [Param<'_>; 2] = [(&self.owner, Type::TEXT), (&self.tournament, Type::UUID)];
        let weights: [Param<'_>; 3] = [
            (&self.weights.points_e4, Type::INT8),
            (&self.weights.exact_hits, Type::INT8),
            (&self.weights.right_outcomes, Type::INT8),
        ];
        RebuildParams { lines: of.iter().cloned().chain(weights).collect(), of }
    }
}

/// The parameters of a rebuild's statements.
pub(crate) struct RebuildParams<'a> {
    of: [Param<'a>; 2],
    lines: Vec<Param<'a>>,
}

impl RebuildParams<'_> {
    /// In their order.
    pub(crate) fn statements(&self) -> [Statement<'_>; 4] {
        let lines = sql!("rebuild_lines.sql");
        let leagues = sql!("rebuild_leagues.sql");
        let histogram = sql!("rebuild_histogram.sql");
        [
            Statement { sql: sql!("lock_boards.sql"), params: &self.of },
            Statement { sql: lines, params: &self.lines },
            Statement { sql: leagues, params: &self.of },
            Statement { sql: histogram, params: &self.of },
        ]
    }
}

/// What checks have found, column by column.
pub(crate) struct Drifts<'a>(Vec<Drift<'a>>);

struct Drift<'a> {
    write: &'a DriftWrite,
    owner: &'a str,
    first: String,
}

impl<'a> Drifts<'a> {
    pub(crate) fn of(drifts: &'a [DriftWrite]) -> Self {
        let of = |write: &'a DriftWrite| Drift {
            write,
            owner: write.place.organization_id.as_str(),
            first: json!(write.first).to_string(),
        };
        Self(drifts.iter().map(of).collect())
    }

    pub(crate) fn params(&self) -> Vec<[Param<'_>; 5]> {
        self.0.iter().map(Drift::params).collect()
    }
}

impl Drift<'_> {
    fn params(&self) -> [Param<'_>; 5] {
        [
            (&self.owner, Type::TEXT),
            (&self.write.place.tournament_id, Type::UUID),
            (&self.write.ledger_seq, Type::INT8),
            (&self.write.differences, Type::INT8),
            (&self.first, Type::TEXT),
        ]
    }
}

/// The statement that keeps what a check has found.
pub(crate) const fn note_drift<'a>(params: &'a [Param<'a>]) -> Statement<'a> {
    Statement { sql: sql!("note_drift.sql"), params }
}
