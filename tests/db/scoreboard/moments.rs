//! Pages that are read while settlements and corrections run: each is of one moment, and
//! its ranks of every kind are what a naive count over that moment's board says.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use mauntic_domain::ids::MemberId;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_flows::ports::{Board, BoardKey, BoardPlace, BoardStore, Database, Ports};
use mauntic_sim::rng::Rng;
use mauntic_tests::say::say;
use mauntic_tests::world::{World, organization};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::{TOURNAMENT, consume_jobs, differences, job, tournament};

/// Few points and many members: nearly everybody is tied.
const MEMBERS: i32 = 240;
const MATCHES: i32 = 5;

const BOARD: BoardKey = BoardKey { tournament: TOURNAMENT, league: None };

/// What was read: the revision, from which place of the board on, and the lines.
struct Seen {
    revision: i64,
    kind: Kind,
    lines: Vec<(String, Value)>,
}

fn seen(kind: Kind, board: &Board) -> Seen {
    let lines = board.slice.ranked(kind);
    let lines =
        lines.map(|(line, rank)| (line.entrant.member.to_string(), json!(rank)["rank"].clone()));
    Seen { revision: board.revision, kind, lines: lines.collect() }
}

/// A member's numbers in the board's order: the first stands best.
type Row = (i64, i64, i64, DateTime<Utc>, String);

/// The boards after each entry of the ledger, from the one before the first on.
async fn boards(world: &World) -> Vec<Vec<Row>> {
    let sql = "select e.member_id, e.joined_at from scoreboard.entries e";
    let members = world.rows(sql).await;
    let mut totals: BTreeMap<String, (i64, i64, i64, DateTime<Utc>)> =
        members.iter().map(|row| (row.get(0), (0, 0, 0, row.get(1)))).collect();
    let order = |totals: &BTreeMap<String, (i64, i64, i64, DateTime<Utc>)>| {
        let rows = totals.iter().map(|(member, (points, exact, right, at))| {
            (-points, -exact, -right, *at, member.clone())
        });
        let mut rows: Vec<Row> = rows.collect();
        rows.sort();
        rows
    };
    let mut boards = vec![order(&totals)];
    let sql = "select l.seq from scoreboard.match_settlement_ledger l order by l.seq";
    for entry in world.rows(sql).await {
        let sql = "select p.member_id, p.points_e4, p.exact_hits, p.right_outcomes
          from scoreboard.point_entries p where p.seq = $1";
        for row in world.owner.query(sql, &[&entry.get::<_, i64>(0)]).await.unwrap() {
            let of = totals.get_mut(&row.get::<_, String>(0)).unwrap();
            of.0 += row.get::<_, i64>(1);
            of.1 += i64::from(row.get::<_, i16>(2));
            of.2 += i64::from(row.get::<_, i16>(3));
        }
        boards.push(order(&totals));
    }
    boards
}

/// A rank, counted over the whole board.
fn naive(board: &[Row], at: usize, kind: Kind) -> Value {
    let own = -board[at].0;
    let mut above: Vec<i64> = board.iter().map(|row| -row.0).filter(|of| *of > own).collect();
    let tied = board.iter().filter(|row| -row.0 == own).count();
    let fewer = board.len() - above.len() - tied;
    match kind {
        Kind::Competition => json!(above.len() + 1),
        Kind::Modified => json!(above.len() + tied),
        Kind::Ordinal => json!(at + 1),
        Kind::Dense => {
            above.sort_unstable();
            above.dedup();
            json!(above.len() + 1)
        }
        Kind::Percentile => {
            let others = board.len() - 1;
            let tenths = (2_000 * fewer + others) / (2 * others);
            if tenths.is_multiple_of(10) {
                json!(tenths / 10)
            } else {
                let text = format!("{}.{}", tenths / 10, tenths % 10);
                serde_json::from_str(&text).unwrap()
            }
        }
    }
}

/// The first number of a tournament's board as nobody has settled anything.
async fn first_revision(world: &World) -> i64 {
    let session = world.http.db().open().await.unwrap();
    let owner = organization("org_1");
    let page = session.board_page(&owner, BOARD, Kind::Dense, None, 1).await;
    page.unwrap().unwrap().revision
}

/// Every match is settled, and then each has another result, one after the other.
async fn settle_all(world: &World, matches: &[Uuid]) {
    for version in 1..=3 {
        for (nth, of) in matches.iter().enumerate() {
            let goals = (usize::try_from(version).unwrap() + nth) % 4;
            let result = format!("{{\"ft\":[{goals},1]}}");
            let sql =
                "update scoreboard.matches set result = $2, result_version = $3 where id = $1";
            world.owner.execute(sql, &[of, &result, &version]).await.unwrap();
            let id = job(world, *of, version).await;
            assert_eq!(consume_jobs(&world.queue, &[id]).await.completed, 1);
        }
    }
}

/// Reads somewhere, somehow, until it is over.
async fn read_on(world: &World, seed: u64, is_over: &AtomicBool) -> Vec<Seen> {
    let (mut rng, mut all) = (Rng::new(seed), Vec::new());
    let session = world.http.db().open().await.unwrap();
    let owner = organization("org_1");
    let mut after: Option<BoardPlace> = None;
    while !is_over.load(Ordering::Relaxed) {
        for kind in Kind::ALL {
            let limit = i64::try_from(1 + rng.below(40)).unwrap();
            let page = session.board_page(&owner, BOARD, kind, after.as_ref(), limit).await;
            let page = page.unwrap().unwrap();
            all.push(seen(kind, &page));
            after = page.slice.lines.last().map(mauntic_flows::ports::BoardLine::at);
            let number = 1 + rng.below(usize::try_from(MEMBERS).unwrap());
            let member = MemberId::parse(format!("m{number:07}")).unwrap();
            let [above, below] = [0, 1].map(|_| i64::try_from(rng.below(20)).unwrap());
            let around = session.board_around(&owner, BOARD, kind, &member, above, below);
            all.push(seen(kind, &around.await.unwrap().unwrap()));
        }
    }
    all
}

#[tokio::test]
async fn pages_while_settlements_run_are_the_naive_ones_of_their_moment() {
    for seed in 1..=2 {
        let world = World::new().await;
        let matches = tournament(&world, MEMBERS, MATCHES).await;
        let first = first_revision(&world).await;
        let is_over = AtomicBool::new(false);
        let settle = async {
            settle_all(&world, &matches).await;
            is_over.store(true, Ordering::Relaxed);
        };
        let (all, ()) = tokio::join!(read_on(&world, seed, &is_over), settle);
        assert_eq!(differences(&world).await, [""; 0]);
        let boards = boards(&world).await;
        let mut moments: BTreeMap<i64, usize> = BTreeMap::new();
        let mut lines = 0;
        for of in &all {
            let moment = usize::try_from(of.revision - first).unwrap();
            let board = &boards[moment];
            *moments.entry(of.revision).or_default() += 1;
            let Some((name, _)) = of.lines.first() else { continue };
            let start = board.iter().position(|row| row.4 == *name).unwrap();
            for (nth, (name, rank)) in of.lines.iter().enumerate() {
                let at = start + nth;
                let expected = (&board[at].4, &naive(board, at, of.kind));
                assert_eq!((name, rank), expected, "{:?} of revision {}", of.kind, of.revision);
                lines += 1;
            }
        }
        let (pages, moments) = (all.len(), moments.len());
        say(format_args!("{lines} ranks of {pages} pages at {moments} moments"));
        assert!(moments > 3, "it was read between settlements");
    }
}
