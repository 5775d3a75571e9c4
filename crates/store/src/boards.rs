//! What is shown of boards, of one snapshot under row-level security.

use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::ranks::{Kind, Place, TIED_COUNTED_MAX};
use mauntic_domain::scoreboard::{Chain, Entrant, Totals};
use mauntic_flows::ports::{
    Board, BoardLine, BoardPlace, BoardSlice, BoardStore, LeagueBoard, PortError,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::flight::{Param, Statement, tenant_snapshot};
use crate::rows::{column, json, unreadable};
use crate::signals::no_name;

impl BoardStore for Session {
    async fn board_page(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        kind: Kind,
        after: Option<&BoardPlace>,
        limit: i64,
    ) -> Result<Option<Board>, PortError> {
        let owner = organization.as_str();
        let (standing, joined_at) =
            (after.map(|place| place.standing), after.map(|place| place.joined_at));
        let member = after.map(|place| place.member.as_str());
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&tournament, Type::UUID),
            (&standing, Type::INT8),
            (&joined_at, Type::TIMESTAMPTZ),
            (&member, Type::TEXT),
            (&limit, Type::INT8),
            (&counted(kind), Type::INT8),
            (&weight(), Type::INT8),
        ];
        let page = Statement { sql: include_str!("../sql/board_page.sql"), params };
        board(self, organization, tournament, page).await
    }

    async fn board_around(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        kind: Kind,
        member: &MemberId,
        above: i64,
        below: i64,
    ) -> Result<Option<Board>, PortError> {
        let (owner, member) = (organization.as_str(), member.as_str());
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&tournament, Type::UUID),
            (&member, Type::TEXT),
            (&above, Type::INT8),
            (&below, Type::INT8),
            (&counted(kind), Type::INT8),
            (&weight(), Type::INT8),
        ];
        let around = Statement { sql: include_str!("../sql/board_around.sql"), params };
        board(self, organization, tournament, around).await
    }

    async fn league_board(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        league: Uuid,
        most: i64,
    ) -> Result<LeagueBoard, PortError> {
        let owner = organization.as_str();
        // One more tells whether there are more.
        let of_tournament: [Param<'_>; 2] = [(&owner, Type::TEXT), (&tournament, Type::UUID)];
        let shown: Vec<Param<'_>> =
            of_tournament.iter().cloned().chain([(&league as _, Type::UUID)]).collect();
        let most_read = most + 1;
        let of_league: [Param<'_>; 2] = [(&league, Type::UUID), (&most_read, Type::INT8)];
        let of_league: Vec<Param<'_>> = of_tournament.iter().cloned().chain(of_league).collect();
        let statements = [
            Statement { sql: include_str!("../sql/read_tournament.sql"), params: &shown },
            Statement { sql: include_str!("../sql/league_board.sql"), params: &of_league },
        ];
        let what = "reading a league";
        let answers = tenant_snapshot(what, self, organization, &statements).await?;
        let [tournaments, members] = answers.as_slice() else {
            return Err(unreadable("a tournament and a league's members"));
        };
        let Some(row) = tournaments.first().filter(|_| !members.is_empty()) else {
            return Ok(LeagueBoard::Unknown);
        };
        if i64::try_from(members.len()).is_ok_and(|members| members > most) {
            return Ok(LeagueBoard::TooLarge);
        }
        let is_there = |row: &&Row| !matches!(column::<Option<&str>>(row, "member_id"), Ok(None));
        Ok(LeagueBoard::Members {
            chain: json(row, "tie_breaks")?,
            ranking: ranking(row)?,
            revision: column(row, "revision")?,
            entrants: members.iter().filter(is_there).map(entrant).collect::<Result<_, _>>()?,
        })
    }
}

/// Only the ordinal rank needs to know who is tied and stands before.
pub(crate) fn counted(kind: Kind) -> i64 {
    if kind == Kind::Ordinal { i64::try_from(TIED_COUNTED_MAX).unwrap_or(i64::MAX) } else { 0 }
}

/// The same in every chain.
pub(crate) fn weight() -> i64 {
    Chain::default().weights().points_e4
}

async fn board(
    session: &Session,
    organization: &OrganizationId,
    tournament: Uuid,
    lines: Statement<'_>,
) -> Result<Option<Board>, PortError> {
    let owner = organization.as_str();
    let params: &[Param<'_>] =
        &[(&owner, Type::TEXT), (&tournament, Type::UUID), (&tournament, Type::UUID)];
    let read = Statement { sql: include_str!("../sql/read_tournament.sql"), params };
    let what = "reading a board";
    let answers = tenant_snapshot(what, session, organization, &[read, lines]).await?;
    let [tournaments, lines] = answers.as_slice() else {
        return Err(unreadable("a tournament and lines of its board"));
    };
    let Some(row) = tournaments.first() else { return Ok(None) };
    let (ranking, revision) = (ranking(row)?, column(row, "revision")?);
    Ok(Some(Board { ranking, revision, slice: slice(lines)? }))
}

pub(crate) fn ranking(row: &Row) -> Result<Kind, PortError> {
    Kind::from_name(column(row, "ranking")?).ok_or_else(|| unreadable("column ranking"))
}

/// Where the first line stands is read, and follows for the others.
pub(crate) fn slice(rows: &[Row]) -> Result<BoardSlice, PortError> {
    let mut lines: Vec<BoardLine> = Vec::with_capacity(rows.len());
    for row in rows {
        let (entrant, tied) = (entrant(row)?, number(row, "tied")?);
        let place = match lines.last() {
            None => Place {
                members: number(row, "members")?,
                above: number(row, "above")?,
                above_distinct: number(row, "above_distinct")?,
                tied,
            },
            Some(before) if before.entrant.totals.points == entrant.totals.points => before.place,
            Some(before) => before.place.next(tied),
        };
        lines.push(BoardLine { entrant, standing: column(row, "standing")?, place });
    }
    let tied_before = rows.first().map_or(Ok(0), |row| number(row, "before"))?;
    Ok(BoardSlice { lines, tied_before })
}

fn number(row: &Row, name: &str) -> Result<u64, PortError> {
    u64::try_from(column::<i64>(row, name)?).map_err(|_| unreadable(&format!("column {name}")))
}

fn entrant(row: &Row) -> Result<Entrant, PortError> {
    let member = MemberId::parse(column::<&str>(row, "member_id")?);
    Ok(Entrant {
        member: member.map_err(|error| no_name(&error))?,
        totals: Totals {
            points: PointsE4::from_e4(column(row, "points_e4")?),
            exact_hits: column::<i32>(row, "exact_hits")?.into(),
            right_outcomes: column::<i32>(row, "right_outcomes")?.into(),
        },
        joined_at: column(row, "joined_at")?,
    })
}
