//! What is shown of boards, of one snapshot under row-level security.

use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::board::WINDOW_SETTLEMENTS_MAX;
use mauntic_domain::scoreboard::ranks::{Kind, Place, TIED_COUNTED_MAX};
use mauntic_domain::scoreboard::{Chain, Entrant, Round, Totals};
use mauntic_flows::ports::{
    Board, BoardKey, BoardLine, BoardPlace, BoardSlice, BoardStore, LeagueBoard, PortError,
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
        board: BoardKey,
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
            (&board.id(), Type::UUID),
            (&standing, Type::INT8),
            (&joined_at, Type::TIMESTAMPTZ),
            (&member, Type::TEXT),
            (&limit, Type::INT8),
            (&counted(kind), Type::INT8),
            (&weight(), Type::INT8),
        ];
        let page = Statement { sql: sql!("board_page.sql"), params };
        part(self, organization, board, page).await
    }

    async fn board_around(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        kind: Kind,
        member: &MemberId,
        above: i64,
        below: i64,
    ) -> Result<Option<Board>, PortError> {
        let (owner, id, member) = (organization.as_str(), board.id(), member.as_str());
        let (counted, weight) = (counted(kind), weight());
        let line: [Param<'_>; 3] = [(&owner, Type::TEXT), (&id, Type::UUID), (&member, Type::TEXT)];
        let beside: [Param<'_>; 2] = [(&above, Type::INT8), (&below, Type::INT8)];
        let tied: [Param<'_>; 2] = [(&counted, Type::INT8), (&weight, Type::INT8)];
        let is_alone = (above, below) == (0, 0);
        let beside = if is_alone { &[] } else { beside.as_slice() };
        let params: Vec<Param<'_>> = line.iter().chain(beside).chain(&tied).cloned().collect();
        let sql = if is_alone { sql!("board_rank.sql") } else { sql!("board_around.sql") };
        let around = Statement { sql, params: &params };
        part(self, organization, board, around).await
    }

    async fn league_board(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        league: Uuid,
        most: i64,
    ) -> Result<LeagueBoard, PortError> {
        let (owner, most_read) = (organization.as_str(), most + 1);
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&tournament, Type::UUID),
            (&league, Type::UUID),
            (&most_read, Type::INT8),
        ];
        let members = Statement { sql: sql!("league_board.sql"), params };
        let board = BoardKey { tournament, league: Some(league) };
        let Some(whole) = whole(self, organization, board, members).await? else {
            return Ok(LeagueBoard::Unknown);
        };
        if whole.keeps_board { Ok(LeagueBoard::Kept) } else { whole.at_most(most) }
    }

    async fn board_window(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        rounds: &[Round],
        most: i64,
    ) -> Result<LeagueBoard, PortError> {
        let rounds: Vec<&str> = rounds.iter().map(Round::as_str).collect();
        let settlements = i64::try_from(WINDOW_SETTLEMENTS_MAX).unwrap_or(i64::MAX);
        let (owner, most_read) = (organization.as_str(), most + 1);
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&board.tournament, Type::UUID),
            (&board.league, Type::UUID),
            (&rounds, Type::TEXT_ARRAY),
            (&most_read, Type::INT8),
            (&settlements, Type::INT8),
        ];
        let members = Statement { sql: sql!("board_window.sql"), params };
        let Some(whole) = whole(self, organization, board, members).await? else {
            return Ok(LeagueBoard::Unknown);
        };
        let settled: i64 = whole.rows.first().map_or(Ok(0), |row| column(row, "settlements"))?;
        if settled > settlements { Ok(LeagueBoard::TooLarge) } else { whole.at_most(most) }
    }
}

/// A board that is read to be ranked as a whole: how it is shown, and its members.
struct Whole {
    shown: Row,
    keeps_board: bool,
    rows: Vec<Row>,
}

/// Reads one, with a member more than is ranked; none where there is no such board.
async fn whole(
    session: &Session,
    organization: &OrganizationId,
    board: BoardKey,
    members: Statement<'_>,
) -> Result<Option<Whole>, PortError> {
    let what = "reading a board whole";
    let Some((shown, rows)) = read(what, session, organization, board, members).await? else {
        return Ok(None);
    };
    let keeps_board = column::<Option<bool>>(&shown, "keeps_board")?.unwrap_or(false);
    Ok(Some(Whole { shown, keeps_board, rows }))
}

impl Whole {
    fn at_most(&self, most: i64) -> Result<LeagueBoard, PortError> {
        let Self { shown, rows, .. } = self;
        if i64::try_from(rows.len()).is_ok_and(|members| members > most) {
            return Ok(LeagueBoard::TooLarge);
        }
        let is_there = |row: &&Row| !matches!(column::<Option<&str>>(row, "member_id"), Ok(None));
        Ok(LeagueBoard::Members {
            chain: json(shown, "tie_breaks")?,
            ranking: ranking(shown)?,
            revision: column(shown, "revision")?,
            unsettled: column(shown, "unsettled")?,
            entrants: rows.iter().filter(is_there).map(entrant).collect::<Result<_, _>>()?,
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

/// A part of a board; none where it is not kept.
async fn part(
    session: &Session,
    organization: &OrganizationId,
    board: BoardKey,
    lines: Statement<'_>,
) -> Result<Option<Board>, PortError> {
    let what = "reading a board";
    let Some((shown, lines)) = read(what, session, organization, board, lines).await? else {
        return Ok(None);
    };
    if column::<Option<bool>>(&shown, "keeps_board")? == Some(false) {
        return Ok(None);
    }
    let (ranking, revision) = (ranking(&shown)?, column(&shown, "revision")?);
    let unsettled = column(&shown, "unsettled")?;
    Ok(Some(Board { ranking, revision, unsettled, slice: slice(&lines)? }))
}

/// How a board is shown, with some of its lines, of one snapshot; none where there is no
/// such board.
async fn read(
    what: &'static str,
    session: &Session,
    organization: &OrganizationId,
    board: BoardKey,
    lines: Statement<'_>,
) -> Result<Option<(Row, Vec<Row>)>, PortError> {
    let owner = organization.as_str();
    let params: &[Param<'_>] =
        &[(&owner, Type::TEXT), (&board.tournament, Type::UUID), (&board.league, Type::UUID)];
    let shown = Statement { sql: sql!("read_tournament.sql"), params };
    let mut answers = tenant_snapshot(what, session, organization, &[shown, lines]).await?;
    let (lines, tournaments) = (answers.pop(), answers.pop());
    let (Some(lines), Some(mut tournaments)) = (lines, tournaments) else {
        return Err(unreadable("a tournament and lines of its board"));
    };
    Ok(tournaments.pop().map(|shown| (shown, lines)))
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
