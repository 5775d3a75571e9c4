//! What explains a rank: the line with its neighbours and the entries of points, of one
//! snapshot under row-level security.

use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::{MatchResult, Round, Totals};
use mauntic_flows::ports::{ExplainStore, Explained, PointLine, PortError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::boards::{counted, ranking, slice, weight};
use crate::flight::{Param, Statement, tenant_snapshot};
use crate::rows::{column, json, unreadable};

impl ExplainStore for Session {
    async fn explain(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        member: &MemberId,
        after: i64,
        limit: i64,
    ) -> Result<Option<Option<Explained>>, PortError> {
        let (owner, name) = (organization.as_str(), member.as_str());
        let of: [Param<'_>; 2] = [(&owner, Type::TEXT), (&tournament, Type::UUID)];
        let points: [Param<'_>; 3] =
            [(&name, Type::TEXT), (&after, Type::INT8), (&limit, Type::INT8)];
        let points: Vec<Param<'_>> = of.iter().cloned().chain(points).collect();
        let [owned, board] = of.clone();
        let shown = [owned, board, (&None::<Uuid>, Type::UUID)];
        // Who stands before the first line is counted: only so every kind is told.
        let tied = counted(Kind::Ordinal);
        let weight = weight();
        let neighbours: [Param<'_>; 5] = [
            (&name, Type::TEXT),
            (&1_i64, Type::INT8),
            (&1_i64, Type::INT8),
            (&tied, Type::INT8),
            (&weight, Type::INT8),
        ];
        let neighbours: Vec<Param<'_>> = of.iter().cloned().chain(neighbours).collect();
        let statements = [
            Statement { sql: sql!("read_tournament.sql"), params: &shown },
            Statement { sql: sql!("board_around.sql"), params: &neighbours },
            Statement { sql: sql!("member_points.sql"), params: &points },
        ];
        let what = "explaining a rank";
        let answers = tenant_snapshot(what, self, organization, &statements).await?;
        let [tournaments, lines, points] = answers.as_slice() else {
            return Err(unreadable("a tournament, lines of its board and entries of points"));
        };
        let Some(row) = tournaments.first() else { return Ok(None) };
        if lines.is_empty() {
            return Ok(Some(None));
        }
        let sums = points.first().ok_or_else(|| unreadable("sums of entries of points"))?;
        let lines_of_points = points.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Some(Explained {
            ranking: ranking(row)?,
            chain: json(row, "tie_breaks")?,
            slice: slice(lines)?,
            entries: column(sums, "entries")?,
            sum: Totals {
                points: PointsE4::from_e4(column(sums, "sum_e4")?),
                exact_hits: column(sums, "sum_exact")?,
                right_outcomes: column(sums, "sum_right")?,
            },
            lines: lines_of_points.into_iter().flatten().collect(),
        })))
    }
}

/// None where no entry is left.
fn line(row: &Row) -> Result<Option<PointLine>, PortError> {
    let Some(seq) = column(row, "seq")? else { return Ok(None) };
    let no_round = |_| unreadable("column round");
    let result = MatchResult::from_canonical(column(row, "result")?);
    let (exact_hits, right_outcomes): (i16, i16) =
        (column(row, "exact_hits")?, column(row, "right_outcomes")?);
    Ok(Some(PointLine {
        seq,
        at: column(row, "at")?,
        match_id: column(row, "match_id")?,
        round: Round::parse(column::<&str>(row, "round")?).map_err(no_round)?,
        external_id: column(row, "external_id")?,
        result: result.ok_or_else(|| unreadable("column result"))?,
        result_version: column(row, "result_version")?,
        corrects: column(row, "previous")?,
        change: Totals {
            points: PointsE4::from_e4(column(row, "points_e4")?),
            exact_hits: exact_hits.into(),
            right_outcomes: right_outcomes.into(),
        },
    }))
}
