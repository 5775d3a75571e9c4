//! Boards: a page of one, and a member with those around. Ranks are read of one moment,
//! with the revision that names it; while it is the same, so is the board.

use axum::Json;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::board::{AROUND_MAX, LEAGUE_READ_MAX, around, rank};
use mauntic_domain::scoreboard::ranks::{Kind, Number, Rank};
use mauntic_domain::scoreboard::{Chain, Entrant, Round};
use mauntic_flows::ports::{
    Board, BoardKey, BoardPlace, BoardSlice, BoardStore, LeagueBoard, Ports,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reading::Reading;
use crate::code::Code;
use crate::page::{Asked, Listed};
use crate::problem::Problem;
use crate::problems::{BoardProblems, LeagueBoardProblems, MemberBoardProblems};
use crate::query::Query;
use crate::routes::shown;

/// How long a client may show a board without asking again. A settlement is seconds, and
/// nobody looks at a board every second.
const KEPT: (HeaderName, HeaderValue) =
    (CACHE_CONTROL, HeaderValue::from_static("private, max-age=5"));

/// Most rounds of a window, as rules may name them.
const ROUNDS_MAX: usize = 100;

/// Neighbours on each side when nobody says.
const AROUND_USUAL: u16 = 5;

/// What is said of a board, whichever part of it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BoardHead {
    #[schema(value_type = String, format = "uuid")]
    tournament_id: Uuid,
    /// Which league's; none of the tournament's own.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    league_id: Option<Uuid>,
    /// How tied members are ranked.
    #[schema(pattern = "^(dense|competition|modified|ordinal|percentile)$")]
    kind: &'static str,
    /// The same revision shows the same board.
    revision: i64,
    /// Whether a match has ended whose newest result does not count yet.
    provisional: bool,
    /// How many such matches there are.
    unsettled_matches: i64,
    /// Members of the board.
    members: u64,
}

/// A page of a board, the best first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoardPage {
    #[serde(flatten)]
    head: BoardHead,
    #[serde(flatten)]
    page: Listed<BoardEntry>,
}

/// A member of a board, with those who stand around.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberBoard {
    #[serde(flatten)]
    head: BoardHead,
    /// Those who stand before the member, the best first.
    above: Vec<BoardEntry>,
    /// The member.
    member: BoardEntry,
    /// Those who stand behind.
    below: Vec<BoardEntry>,
}

/// A line of a board.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BoardEntry {
    member_id: String,
    /// By the kind; of `percentile` a share in percent, with one decimal.
    #[schema(value_type = f64)]
    rank: Number,
    /// Whether the place is this one or a lower one: it was counted among the first
    /// 10,000 tied members alone.
    at_least: bool,
    #[schema(value_type = f64)]
    points: PointsE4,
    /// Guesses that were the score itself.
    exact_hits: i64,
    /// Guesses that had the right winner, or the draw.
    right_outcomes: i64,
    #[schema(format = DateTime)]
    joined_at: String,
}

/// A line with its rank and its place in the order.
struct Line {
    entrant: Entrant,
    rank: Rank,
    standing: i64,
}

impl Line {
    fn at(&self) -> BoardPlace {
        let Entrant { member, joined_at, .. } = &self.entrant;
        BoardPlace { standing: self.standing, joined_at: *joined_at, member: member.clone() }
    }
}

impl From<Line> for BoardEntry {
    fn from(line: Line) -> Self {
        let Entrant { member, totals, joined_at } = line.entrant;
        Self {
            member_id: member.into(),
            rank: line.rank.number(),
            at_least: line.rank.is_at_least(),
            points: totals.points,
            exact_hits: totals.exact_hits,
            right_outcomes: totals.right_outcomes,
            joined_at: shown(joined_at),
        }
    }
}

/// What a board is read as: in parts, or whole.
enum Read {
    Part { board: Board, kind: Kind },
    Whole { board: LeagueBoard, kind: Option<Kind> },
}

/// Which part of a board is asked for.
enum Part<'a> {
    Page { after: Option<&'a BoardPlace>, limit: i64 },
    Around { above: u16, below: u16 },
}

/// Ranks what was read: the head, and the lines of the part, or of the whole.
fn ranked(read: Read, key: BoardKey) -> Result<(BoardHead, Vec<Line>), Problem> {
    let head = |kind: Kind, revision, unsettled, members| BoardHead {
        tournament_id: key.tournament,
        league_id: key.league,
        kind: kind.name(),
        revision,
        provisional: unsettled > 0,
        unsettled_matches: unsettled,
        members,
    };
    match read {
        Read::Part { board, kind } => {
            let members = board.slice.lines.first().map_or(0, |line| line.place.members);
            let head = head(kind, board.revision, board.unsettled, members);
            Ok((head, lines(&board.slice, kind)))
        }
        Read::Whole {
            board: LeagueBoard::Members { chain, ranking, revision, unsettled, entrants },
            kind,
        } => {
            let kind = kind.unwrap_or(ranking);
            let members = u64::try_from(entrants.len()).unwrap_or(u64::MAX);
            Ok((head(kind, revision, unsettled, members), whole(&chain, kind, entrants)))
        }
        Read::Whole { board: LeagueBoard::TooLarge, .. } => Err(Problem::new(Code::BoardTooLarge)),
        Read::Whole { .. } => Err(Problem::new(match key.league {
            Some(_) => Code::LeagueNotFound,
            None => Code::TournamentNotFound,
        })),
    }
}

fn lines(slice: &BoardSlice, kind: Kind) -> Vec<Line> {
    let line = |(line, rank): (&mauntic_flows::ports::BoardLine, Rank)| Line {
        entrant: line.entrant.clone(),
        rank,
        standing: line.standing,
    };
    slice.ranked(kind).map(line).collect()
}

fn whole(chain: &Chain, kind: Kind, entrants: Vec<Entrant>) -> Vec<Line> {
    let line = |(entrant, rank): (Entrant, Rank)| {
        let standing = chain.standing(entrant.totals);
        Line { entrant, rank, standing }
    };
    rank(chain, kind, entrants).into_iter().map(line).collect()
}

/// Reads a board: by rounds whole; a league's whole too, unless it keeps one.
async fn read<P: Ports>(
    Reading { tenant, places, .. }: &Reading<P>,
    key: BoardKey,
    kind: Option<Kind>,
    rounds: &[Round],
    part: &Part<'_>,
) -> Result<Read, Problem> {
    let (session, owner) = (&tenant.session, &tenant.organization);
    let most = i64::try_from(LEAGUE_READ_MAX).unwrap_or(i64::MAX);
    if !rounds.is_empty() {
        let board = session.board_window(owner, key, rounds, most).await?;
        return Ok(Read::Whole { board, kind });
    }
    if let Some(league) = key.league {
        let board = session.league_board(owner, key.tournament, league, most).await?;
        if board != LeagueBoard::Kept {
            return Ok(Read::Whole { board, kind });
        }
    }
    // Ties are counted for the ordinal kind alone, which costs the most: where nobody
    // says, it is read again once it is known to be the tournament's.
    let mut asked = kind.unwrap_or_default();
    loop {
        let board = match part {
            Part::Page { after, limit } => {
                session.board_page(owner, key, asked, *after, *limit).await?
            }
            Part::Around { above, below } => {
                let (member, above, below) = (&places.member, (*above).into(), (*below).into());
                session.board_around(owner, key, asked, member, above, below).await?
            }
        };
        let board = board.ok_or_else(|| Problem::new(Code::TournamentNotFound))?;
        let kind = kind.unwrap_or(board.ranking);
        if kind == asked || kind != Kind::Ordinal {
            return Ok(Read::Part { board, kind });
        }
        asked = kind;
    }
}

/// The parameters that every board has.
fn how(query: &mut Query) -> (Option<Kind>, Vec<Round>) {
    let names = Kind::ALL.map(Kind::name).join(", ");
    let kind = query.parsed("kind", &format!("one of {names}"), Kind::from_name);
    let expected = "names of rounds, of 1 to 64 characters each";
    let rounds = query
        .has("rounds")
        .then(|| query.items("rounds", ROUNDS_MAX, expected, |text| Round::parse(text).ok()));
    (kind, rounds.unwrap_or_default())
}

async fn page<P: Ports>(reading: Reading<P>, league: Option<Uuid>) -> Result<Response, Problem> {
    let mut query = Query::of(&reading.uri, &["kind", "limit", "cursor"], &["rounds"]);
    let owner = &reading.tenant.organization;
    let (asked, after) = Asked::of_tenant::<BoardPlace>(owner, &reading.uri, &mut query);
    let (kind, rounds) = how(&mut query);
    query.done()?;
    let key = BoardKey { tournament: reading.places.tournament, league };
    let part = Part::Page { after: after.as_ref(), limit: asked.one_more() };
    let read = read(&reading, key, kind, &rounds, &part).await?;
    let is_whole = matches!(read, Read::Whole { .. });
    let (head, mut lines) = ranked(read, key)?;
    if is_whole {
        lines.retain(|line| after.as_ref().is_none_or(|after| line.at() > *after));
    }
    let (headers, Json(page)) = asked.cut(lines, Line::at);
    Ok((headers, [KEPT], Json(BoardPage { head, page })).into_response())
}

/// A page of a tournament's board, the best first; a client may keep it for 5 seconds.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/{tournamentId}",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("kind" = Option<String>, Query, description = "`dense`, `competition`, `modified`, `ordinal` or `percentile`; the tournament's by default", pattern = "^(dense|competition|modified|ordinal|percentile)$"),
        ("rounds" = Option<String>, Query, description = "What these rounds gave alone, joined by commas; of up to 5,000 members"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = BoardPage,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        BoardProblems
    ),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_board<P: Ports>(
    reading: Reading<P>,
) -> Result<Response, Problem> {
    page(reading, None).await
}

/// A page of a league's board, the best first; a client may keep it for 5 seconds.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/{tournamentId}/leagues/{leagueId}",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("leagueId" = String, Path, description = "The league", format = "uuid"),
        ("kind" = Option<String>, Query, description = "`dense`, `competition`, `modified`, `ordinal` or `percentile`; the tournament's by default", pattern = "^(dense|competition|modified|ordinal|percentile)$"),
        ("rounds" = Option<String>, Query, description = "What these rounds gave alone, joined by commas; of up to 5,000 members"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = BoardPage,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        LeagueBoardProblems
    ),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_league_board<P: Ports>(
    reading: Reading<P>,
) -> Result<Response, Problem> {
    let league = Some(reading.places.id);
    page(reading, league).await
}

/// A member's rank, with those who stand around; a client may keep it for 5 seconds.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/{tournamentId}/members/{memberId}",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("memberId" = String, Path, description = "The member, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("kind" = Option<String>, Query, description = "`dense`, `competition`, `modified`, `ordinal` or `percentile`; the tournament's by default", pattern = "^(dense|competition|modified|ordinal|percentile)$"),
        ("rounds" = Option<String>, Query, description = "What these rounds gave alone, joined by commas; of up to 5,000 members"),
        ("above" = Option<u16>, Query, description = "Most who stand before; 5 by default", maximum = 50),
        ("below" = Option<u16>, Query, description = "Most who stand behind; 5 by default", maximum = 50),
    ),
    responses((status = 200, description = "The member", body = MemberBoard), MemberBoardProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_member_board<P: Ports>(
    reading: Reading<P>,
) -> Result<Response, Problem> {
    let mut query = Query::of(&reading.uri, &["kind", "above", "below"], &["rounds"]);
    let most = u16::try_from(AROUND_MAX).unwrap_or(u16::MAX);
    let [above, below] =
        ["above", "below"].map(|name| query.number(name, 0, most).unwrap_or(AROUND_USUAL));
    let (kind, rounds) = how(&mut query);
    query.done()?;
    let key = BoardKey { tournament: reading.places.tournament, league: None };
    let part = Part::Around { above, below };
    let read = read(&reading, key, kind, &rounds, &part).await?;
    let is_whole = matches!(read, Read::Whole { .. });
    let (head, mut lines) = ranked(read, key)?;
    let is_member = |line: &Line| line.entrant.member == reading.places.member;
    let position = |lines: &[Line]| {
        lines.iter().position(is_member).ok_or_else(|| Problem::new(Code::MemberNotFound))
    };
    if is_whole {
        let at = position(&lines)?;
        let count = around(&lines, at, above.into(), below.into()).len();
        lines = lines.split_off(at.saturating_sub(above.into()));
        lines.truncate(count);
    }
    let at = position(&lines)?;
    let behind = lines.split_off(at).into_iter().map(BoardEntry::from);
    let mut behind: Vec<BoardEntry> = behind.collect();
    let below = behind.split_off(1);
    let member = behind.pop().ok_or_else(|| Problem::new(Code::MemberNotFound))?;
    let above = lines.into_iter().map(BoardEntry::from).collect();
    Ok(([KEPT], Json(MemberBoard { head, above, member, below })).into_response())
}
