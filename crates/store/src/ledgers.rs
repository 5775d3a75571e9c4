//! Ledgers of tournaments as their verification reads them.

use mauntic_domain::audit::{Link, Walk};
use mauntic_domain::ids::MemberId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::chain::Weights;
use mauntic_domain::scoreboard::ledger::to_hex;
use mauntic_domain::scoreboard::proof::{MemberTotals, SettledRow};
use mauntic_domain::scoreboard::{Chain, Round, Totals};
use mauntic_flows::ports::{
    Bucket, Closed, Compared, LedgerPage, LedgerStore, PointsCheck, PortError, SettledMatch, Stray,
    TournamentRef, Which,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::awards::Awards;
use crate::flight::Param;
use crate::rows::{column, json, unreadable};
use crate::settlements::stored;
use crate::signals::no_name;
use crate::upkeep::closed;

impl LedgerStore for Session {
    async fn ledger_page(
        &self,
        of: &TournamentRef,
        after: i64,
        limit: i64,
    ) -> Result<Option<LedgerPage>, PortError> {
        let owner = of.organization_id.as_str();
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&of.tournament_id, Type::UUID),
            (&after, Type::INT8),
            (&limit, Type::INT8),
        ];
        let sql = sql!("ledger_page.sql");
        let rows = self.statement("reading a ledger", sql, params).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let chain: Chain = json(first, "tie_breaks")?;
        let head = Walk { seq: column(first, "ledger_seq")?, hash: hash(first, "ledger_hash")? };
        let links = rows.iter().map(link).collect::<Result<Vec<_>, _>>()?;
        let links = links.into_iter().flatten().collect();
        Ok(Some(LedgerPage { links, head, weights: chain.weights() }))
    }

    async fn strays(&self, of: &TournamentRef, limit: i64) -> Result<Vec<Stray>, PortError> {
        let owner = of.organization_id.as_str();
        let params: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&of.tournament_id, Type::UUID), (&limit, Type::INT8)];
        let sql = sql!("strays.sql");
        let rows = self.statement("looking for strays", sql, params).await?;
        let stray = |row| {
            let (seq, points) = (column(row, "seq")?, column::<Option<i64>>(row, "rows")?);
            Ok(points.map_or(Stray::Entry(seq), |rows| Stray::Points(seq, rows)))
        };
        rows.iter().map(stray).collect()
    }

    async fn settled_match(
        &self,
        of: &TournamentRef,
        which: Which,
    ) -> Result<Option<SettledMatch>, PortError> {
        let owner = of.organization_id.as_str();
        let (after, exactly) = match which {
            Which::After(after) => (after, None),
            Which::Exactly(match_id) => (None, Some(match_id)),
        };
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&of.tournament_id, Type::UUID),
            (&after, Type::UUID),
            (&exactly, Type::UUID),
        ];
        let sql = sql!("settled_match.sql");
        let rows = self.statement("reading a match's settlements", sql, params).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let no_round = |_| unreadable("column round");
        let settled = rows.iter().map(settled_row).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(SettledMatch {
            match_id: column(first, "id")?,
            round: Round::parse(column::<&str>(first, "round")?).map_err(no_round)?,
            rules: json(first, "rules")?,
            stored: stored(first)?,
            settled_version: column(first, "settled_version")?,
            rows: settled.into_iter().flatten().collect(),
        }))
    }

    async fn compare_points(&self, check: &PointsCheck, limit: i64) -> Result<Compared, PortError> {
        let PointsCheck { place, applied, awards, after, members } = check;
        let owner = place.organization_id.as_str();
        let awards = Awards::of(awards);
        let [of_scores, points, exact_hits, right_outcomes] = awards.params();
        let after = after.as_ref().map_or("", MemberId::as_str);
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&place.tournament_id, Type::UUID),
            (&place.match_id, Type::UUID),
            (applied, Type::INT8),
            of_scores,
            points,
            exact_hits,
            right_outcomes,
            (&after, Type::TEXT),
            (members, Type::INT8),
            (&limit, Type::INT8),
        ];
        let sql = sql!("compare_points.sql");
        compared(&self.statement("comparing a match's points", sql, params).await?)
    }

    async fn compare_board(
        &self,
        of: &TournamentRef,
        weights: Weights,
        after: Option<&MemberId>,
        members: i64,
        limit: i64,
    ) -> Result<Compared, PortError> {
        let owner = of.organization_id.as_str();
        let after = after.map_or("", MemberId::as_str);
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&of.tournament_id, Type::UUID),
            (&after, Type::TEXT),
            (&members, Type::INT8),
            (&weights.points_e4, Type::INT8),
            (&weights.exact_hits, Type::INT8),
            (&weights.right_outcomes, Type::INT8),
            (&limit, Type::INT8),
        ];
        let sql = sql!("compare_board.sql");
        compared(&self.statement("comparing a board", sql, params).await?)
    }

    async fn next_league(
        &self,
        of: &TournamentRef,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, PortError> {
        let owner = of.organization_id.as_str();
        let params: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&of.tournament_id, Type::UUID), (&after, Type::UUID)];
        let sql = sql!("next_league.sql");
        let rows = self.statement("reading a league", sql, params).await?;
        rows.first().map(|row| column(row, "id")).transpose()
    }

    async fn compare_league(
        &self,
        of: &TournamentRef,
        league: Uuid,
        after: Option<&MemberId>,
        members: i64,
        limit: i64,
    ) -> Result<Compared, PortError> {
        let owner = of.organization_id.as_str();
        let after = after.map_or("", MemberId::as_str);
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&of.tournament_id, Type::UUID),
            (&league, Type::UUID),
            (&after, Type::TEXT),
            (&members, Type::INT8),
            (&limit, Type::INT8),
        ];
        let sql = sql!("compare_league.sql");
        compared(&self.statement("comparing a league's board", sql, params).await?)
    }

    async fn compare_histogram(
        &self,
        of: &TournamentRef,
        board: Uuid,
        limit: i64,
    ) -> Result<Vec<Bucket>, PortError> {
        let owner = of.organization_id.as_str();
        let params: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&board, Type::UUID), (&limit, Type::INT8)];
        let sql = sql!("compare_histogram.sql");
        let rows = self.statement("comparing a histogram", sql, params).await?;
        let bucket = |row| {
            let points: Option<i64> = column(row, "points_e4")?;
            Ok((points.map(PointsE4::from_e4), column(row, "stored")?, column(row, "members")?))
        };
        rows.iter().map(bucket).collect()
    }

    async fn closed(&self, of: &TournamentRef) -> Result<Option<(Closed, String)>, PortError> {
        let owner = of.organization_id.as_str();
        let params: &[Param<'_>] = &[(&owner, Type::TEXT), (&of.tournament_id, Type::UUID)];
        let sql = sql!("digest_closed.sql");
        let rows = self.statement("digesting a closed board", sql, params).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(closed(row)?.zip(Some(to_hex(&hash(row, "digest")?))))
    }
}

/// None where the ledger has no such entry.
fn link(row: &Row) -> Result<Option<Link>, PortError> {
    let Some(seq) = column(row, "seq")? else { return Ok(None) };
    let (at, entry) = (column(row, "at")?, column(row, "entry")?);
    Ok(Some(Link { seq, at, entry, hash: hash(row, "hash")? }))
}

pub(crate) fn hash(row: &Row, name: &str) -> Result<[u8; 32], PortError> {
    let bytes: &[u8] = column(row, name)?;
    bytes.try_into().map_err(|_| unreadable(&format!("column {name}")))
}

/// None of a match that has no settlements.
fn settled_row(row: &Row) -> Result<Option<SettledRow>, PortError> {
    let Some(seq) = column(row, "seq")? else { return Ok(None) };
    Ok(Some(SettledRow {
        seq,
        entry: column(row, "entry")?,
        result: column(row, "settled_result")?,
        members: column(row, "members")?,
        sum: Totals {
            points: PointsE4::from_e4(column(row, "points_e4")?),
            exact_hits: column(row, "exact_hits")?,
            right_outcomes: column(row, "right_outcomes")?,
        },
    }))
}

fn compared(rows: &[Row]) -> Result<Compared, PortError> {
    let first = rows.first().ok_or_else(|| unreadable("the answer of a comparison"))?;
    let differences = rows.iter().map(differing).collect::<Result<Vec<_>, _>>()?;
    let next: Option<&str> = column(first, "upto")?;
    Ok(Compared {
        differences: differences.into_iter().flatten().collect(),
        found: column(first, "found")?,
        looked: column(first, "looked")?,
        unproven: column(first, "unproven")?,
        next: next.map(MemberId::parse).transpose().map_err(|error| no_name(&error))?,
    })
}

/// None where nobody differs.
fn differing(row: &Row) -> Result<Option<MemberTotals>, PortError> {
    let Some(member) = column::<Option<&str>>(row, "member_id")? else { return Ok(None) };
    Ok(Some(MemberTotals {
        member: MemberId::parse(member).map_err(|error| no_name(&error))?,
        stored: totals(row, ["stored_points_e4", "stored_exact_hits", "stored_right_outcomes"])?,
        expected: totals(row, ["points_e4", "exact_hits", "right_outcomes"])?,
    }))
}

fn totals(row: &Row, names: [&str; 3]) -> Result<Option<Totals>, PortError> {
    let [points, exact_hits, right_outcomes] = names;
    let Some(points) = column::<Option<i64>>(row, points)? else { return Ok(None) };
    Ok(Some(Totals {
        points: PointsE4::from_e4(points),
        exact_hits: column(row, exact_hits)?,
        right_outcomes: column(row, right_outcomes)?,
    }))
}
