//! What is shown of a board, timed by the server, as the board grows.

use std::time::Duration;

use mauntic_domain::scoreboard::Chain;
use mauntic_domain::scoreboard::ranks::TIED_COUNTED_MAX;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use crate::kept::Lines;
use crate::percentile;
use crate::server::Server;
use crate::stage::{ORGANIZATION, fill};

/// Members of the boards.
const MEMBERS: [i32; 3] = [10_000, 100_000, 1_000_000];

/// Times that each is asked for.
const ROUNDS: usize = 1_000;

/// Lines of a page, and above and below a member.
const PAGE: i64 = 50;
const AROUND: i64 = 10;

/// The bounds: the 99th percentile of what is by points, of ordinal ranks, and the
/// largest board in terms of the smallest. They are of the execution, as the spike's figures
/// are that they were taken from; the middle with its planning is held to the same.
const P99_MAX: Duration = Duration::from_millis(1);
const ORDINAL_P99_MAX: Duration = Duration::from_millis(5);
const FLAT_MAX: f64 = 2.0;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Page,
    Around,
    Rank,
    Ordinal,
}

const ASKS: [(Ask, &str, Duration); 4] = [
    (Ask::Page, "a page of 50", P99_MAX),
    (Ask::Around, "10 above and below a member", P99_MAX),
    (Ask::Rank, "the rank of one", P99_MAX),
    (Ask::Ordinal, "the ordinal rank of one of 10,000 that are tied", ORDINAL_P99_MAX),
];

/// Writes a line for each.
pub(crate) async fn measure(server: &Server, lines: &mut Lines) {
    let mut found: Vec<Vec<Vec<Took>>> = vec![Vec::new(); ASKS.len()];
    for members in MEMBERS {
        let database = server.database("ranks").await;
        let _roles = server.migrate(&database).await;
        let owner = server.owner(&database).await;
        let board = spread(&owner, members).await;
        server.vacuum(&database).await;
        let tied = tied(&owner, board).await;
        // Under row-level security, as the HTTP worker reads.
        owner
            .batch_execute("set role mauntic_http; set app.organization = 'org_bench'")
            .await
            .unwrap();
        for (at, (ask, ..)) in ASKS.into_iter().enumerate() {
            let mut times = Vec::with_capacity(ROUNDS);
            for round in 0..ROUNDS {
                times.push(timed(&owner, board, ask, member(members, round), &tied).await);
            }
            found[at].push(times);
        }
        drop(owner);
        server.forget(database).await;
    }
    for ((ask, what, bound), found) in ASKS.into_iter().zip(found) {
        let of = |percent, part: fn(&Took) -> Duration| -> Vec<Duration> {
            let parts = found.iter().map(|times| times.iter().map(part).collect::<Vec<_>>());
            parts.map(|times| percentile(&times, percent)).collect()
        };
        let (p99, middle) = (of(99, |took| took.executed), of(50, |took| took.executed));
        let whole = of(50, |took| took.planned + took.executed);
        let ms = |time: &Duration| format!("{:.2}", time.as_secs_f64() * 1e3);
        let told = |times: &[Duration]| times.iter().map(ms).collect::<Vec<_>>().join(", ");
        let flat = middle[middle.len() - 1].as_secs_f64() / middle[0].as_secs_f64();
        let is_within = |times: &[Duration]| times.iter().all(|time| *time <= bound);
        lines.line(
            &format!("{what}, of 10,000, of 100,000 and of 1,000,000"),
            &format!(
                "p99 {} ms, of which the middle grows {flat:.2} ×; the middle with its planning \
                 {} ms",
                told(&p99),
                told(&whole)
            ),
            &format!("at most {} ms, and {FLAT_MAX:.0} ×", bound.as_millis()),
            is_within(&p99) && is_within(&whole) && (ask == Ask::Ordinal || flat <= FLAT_MAX),
        );
    }
}

/// What the server says that a statement took.
#[derive(Debug, Clone, Copy)]
struct Took {
    planned: Duration,
    executed: Duration,
}

/// Some member, another each round.
fn member(members: i32, round: usize) -> String {
    let round = i64::try_from(round).unwrap();
    format!("member_{:08}", round * 104_729 % i64::from(members))
}

/// A tournament's board with points as after a season: 0 to 360, as hit by many; and
/// 10,000 who have as many points, exact hits and right outcomes.
async fn spread(owner: &Client, members: i32) -> Uuid {
    let tournament = fill(owner, members).await;
    let weights = Chain::default().weights();
    owner.batch_execute("set session_replication_role = replica").await.unwrap();
    let sql = "update scoreboard.entries e set points_e4 = n.points * 10000, exact_hits = n.exact,
        right_outcomes = n.outcomes,
        standing = -($3::int8 * n.points * 10000 + $4::int8 * n.exact + $5::int8 * n.outcomes)
      from (
        select o.member_id, t.points, t.points / 20 as exact, t.points / 20 + o.h % 7 as outcomes
        from (select e.member_id, hashtext(e.member_id) & 1048575 as h,
                     row_number() over (order by e.member_id) as nth
              from scoreboard.entries e where e.board_id = $2) o
        cross join lateral (select case when o.nth <= $6 then 361 else (o.h % 181 + o.h / 181 % 181)::int4
          end as points) t
      ) n
      where e.organization_id = $1 and e.board_id = $2 and e.member_id = n.member_id";
    // Nobody is tied on the smallest board, where all would be.
    let tied = if members > TIED { TIED } else { members / 10 };
    let params: &[(&(dyn ToSql + Sync), Type)] = &[
        (&ORGANIZATION, Type::TEXT),
        (&tournament, Type::UUID),
        (&weights.points_e4, Type::INT8),
        (&weights.exact_hits, Type::INT8),
        (&weights.right_outcomes, Type::INT8),
        (&i64::from(tied), Type::INT8),
    ];
    owner.query_typed(sql, params).await.unwrap();
    let sql = "delete from scoreboard.histograms where board_id = $1";
    owner.execute(sql, &[&tournament]).await.unwrap();
    let sql = "insert into scoreboard.histograms (organization_id, board_id, points_e4, members)
      select organization_id, board_id, points_e4, count(*) from scoreboard.entries
      where board_id = $1 group by 1, 2, 3";
    owner.execute(sql, &[&tournament]).await.unwrap();
    owner.batch_execute("reset session_replication_role").await.unwrap();
    tournament
}

/// Members with as many points.
const TIED: i32 = 10_000;

/// Some of those who are tied.
async fn tied(owner: &Client, board: Uuid) -> Vec<String> {
    let sql = "select e.member_id from scoreboard.entries e
      where e.board_id = $1 and e.points_e4 = 3610000 order by e.member_id";
    let rows = owner.query(sql, &[&board]).await.unwrap();
    assert!(!rows.is_empty(), "some are tied");
    rows.iter().map(|row| row.get(0)).collect()
}

/// Asks once; the statement is planned each time.
async fn timed(owner: &Client, board: Uuid, ask: Ask, member: String, tied: &[String]) -> Took {
    let (weight, nobody) = (Chain::default().weights().points_e4, 0_i64);
    let most_tied = i64::try_from(TIED_COUNTED_MAX).unwrap();
    let page = include_str!("../../../crates/store/sql/board_page.sql");
    let around = include_str!("../../../crates/store/sql/board_around.sql");
    let rank = include_str!("../../../crates/store/sql/board_rank.sql");
    let (sql, mut params): (&str, Vec<(&(dyn ToSql + Sync), Type)>);
    let place = if ask == Ask::Page { Some(place(owner, board, &member).await) } else { None };
    let member = if ask == Ask::Ordinal { tied[tied.len() / 2].clone() } else { member };
    let counted = if ask == Ask::Ordinal { most_tied } else { nobody };
    if let Some((standing, joined_at)) = &place {
        sql = page;
        params = vec![
            (&ORGANIZATION, Type::TEXT),
            (&board, Type::UUID),
            (standing, Type::INT8),
            (joined_at, Type::TIMESTAMPTZ),
            (&member, Type::TEXT),
            (&PAGE, Type::INT8),
        ];
    } else {
        sql = if ask == Ask::Around { around } else { rank };
        params = vec![(&ORGANIZATION, Type::TEXT), (&board, Type::UUID), (&member, Type::TEXT)];
        if ask == Ask::Around {
            params.extend([(&AROUND as _, Type::INT8), (&AROUND as _, Type::INT8)]);
        }
    }
    params.extend([(&counted as _, Type::INT8), (&weight as _, Type::INT8)]);
    let explained = format!("explain (analyze, timing off, format json) {sql}");
    let rows = owner.query_typed(&explained, &params).await.unwrap();
    let plan: serde_json::Value = rows[0].get(0);
    let part = |name: &str| {
        let ms = plan[0][name].as_f64().expect("a time");
        Duration::from_secs_f64(ms / 1e3)
    };
    Took { planned: part("Planning Time"), executed: part("Execution Time") }
}

/// Where a member stands, to begin a page behind it.
async fn place(owner: &Client, board: Uuid, member: &str) -> (i64, chrono::DateTime<chrono::Utc>) {
    let sql = "select e.standing, e.joined_at from scoreboard.entries e
      where e.organization_id = $1 and e.board_id = $2 and e.member_id = $3";
    let row = owner.query_one(sql, &[&ORGANIZATION, &board, &member]).await.unwrap();
    (row.get(0), row.get(1))
}
