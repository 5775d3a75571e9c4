//! Ranks where only PostgreSQL shows what may go wrong: while settlements run, and
//! among more than are counted.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use mauntic_domain::ids::MemberId;
use mauntic_domain::scoreboard::board::rank;
use mauntic_domain::scoreboard::ranks::{Kind, Rank, TIED_COUNTED_MAX};
use mauntic_domain::scoreboard::{Chain, Entrant};
use mauntic_flows::ports::{Board, BoardKey, BoardStore, Database, Ports};
use mauntic_tests::world::{World, organization};
use serde_json::json;

use super::given::{TOURNAMENT, consume_jobs, differences, job, tournament};

/// The board of the tournament.
const BOARD: BoardKey = BoardKey { tournament: TOURNAMENT, league: None };

/// Every line of a board has the rank that its own points have among all of them.
fn assert_ranks(board: &Board, kind: Kind) {
    let lines = &board.slice.lines;
    let points: Vec<i64> = lines.iter().map(|line| line.entrant.totals.points.e4()).collect();
    let number = |count: usize| u64::try_from(count).unwrap();
    for (at, (line, rank)) in board.slice.ranked(kind).enumerate() {
        let own = line.entrant.totals.points.e4();
        let more: Vec<i64> = points.iter().copied().filter(|of| *of > own).collect();
        let expected = match kind {
            Kind::Dense => number(more.iter().collect::<BTreeSet<_>>().len() + 1),
            Kind::Competition => number(more.len() + 1),
            Kind::Modified => number(points.iter().filter(|of| **of >= own).count()),
            Kind::Ordinal | Kind::Percentile => number(at + 1),
        };
        if kind != Kind::Percentile {
            assert_eq!(rank, Rank::Place(expected), "{kind:?} of {:?}", line.entrant);
        }
        assert_eq!(line.place.members, number(points.len()));
    }
}

#[tokio::test]
async fn ranks_are_those_of_one_moment_while_settlements_run() {
    let world = World::new().await;
    let matches = tournament(&world, 400, 8).await;
    let mut jobs = Vec::new();
    for of in &matches {
        jobs.push(job(&world, *of, 1).await);
    }
    let is_over = AtomicBool::new(false);
    let settle = async {
        for id in &jobs {
            assert_eq!(consume_jobs(&world.queue, &[*id]).await.completed, 1);
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let read = async {
        let session = world.http.db().open().await.unwrap();
        let owner = organization("org_1");
        let mut revisions = BTreeSet::new();
        while !is_over.load(Ordering::Relaxed) {
            for kind in Kind::ALL {
                let page = session.board_page(&owner, BOARD, kind, None, 1_000).await;
                let board = page.unwrap().unwrap();
                assert_eq!(board.slice.lines.len(), 400);
                assert_ranks(&board, kind);
                revisions.insert(board.revision);
            }
        }
        revisions
    };
    let ((), revisions) = tokio::join!(settle, read);
    assert!(revisions.len() > 2, "it was read between settlements: {revisions:?}");
    assert_eq!(differences(&world).await, [""; 0]);
}

#[tokio::test]
async fn a_place_among_more_than_are_counted_is_said_to_be_at_least_so_low() {
    let world = World::new().await;
    let most = i32::try_from(TIED_COUNTED_MAX).unwrap();
    tournament(&world, most + 50, 0).await;
    let session = world.http.db().open().await.unwrap();
    let owner = organization("org_1");
    let rank = async |number: i32, kind| {
        let member = MemberId::parse(format!("m{number:07}")).unwrap();
        let board = session.board_around(&owner, BOARD, kind, &member, 0, 0).await;
        let slice = board.unwrap().unwrap().slice;
        let ranks: Vec<Rank> = slice.ranked(kind).map(|(_, rank)| rank).collect();
        ranks
    };
    let cap = TIED_COUNTED_MAX;
    assert_eq!(rank(most, Kind::Ordinal).await, [Rank::Place(cap)]);
    assert_eq!(rank(most + 1, Kind::Ordinal).await, [Rank::AtLeast(cap + 1)]);
    assert_eq!(rank(most + 50, Kind::Ordinal).await, [Rank::AtLeast(cap + 1)]);
    // A page that crosses the end of the count says the same of each.
    let member = MemberId::parse(format!("m{most:07}")).unwrap();
    let board = session.board_around(&owner, BOARD, Kind::Ordinal, &member, 2, 2).await;
    let slice = board.unwrap().unwrap().slice;
    let ranks: Vec<Rank> = slice.ranked(Kind::Ordinal).map(|(_, rank)| rank).collect();
    let [exact, low] = [Rank::Place, Rank::AtLeast];
    assert_eq!(ranks, [exact(cap - 2), exact(cap - 1), exact(cap), low(cap + 1), low(cap + 1)]);
    assert_eq!(rank(most + 50, Kind::Dense).await, [Rank::Place(1)]);
    assert_eq!(rank(most + 50, Kind::Modified).await, [Rank::Place(cap + 50)]);
}

/// Whatever a tournament's chain and kind of ranks are, settlements weigh by them and the
/// board has their order.
#[tokio::test]
async fn boards_of_other_chains_have_their_order() {
    for (tie_breaks, ranking) in [
        (json!([]), Kind::Dense),
        (json!(["rightOutcomes"]), Kind::Modified),
        (json!(["rightOutcomes", "exactHits"]), Kind::Ordinal),
        (json!(["exactHits"]), Kind::Percentile),
    ] {
        let world = World::new().await;
        let matches = tournament(&world, 150, 4).await;
        let sql = "update scoreboard.tournaments set tie_breaks = $1, ranking = $2";
        world.owner.execute(sql, &[&tie_breaks, &ranking.name()]).await.unwrap();
        for of in &matches {
            let id = job(&world, *of, 1).await;
            assert_eq!(consume_jobs(&world.queue, &[id]).await.completed, 1);
        }
        assert_eq!(differences(&world).await, [""; 0], "{tie_breaks}");
        let session = world.http.db().open().await.unwrap();
        let owner = organization("org_1");
        let board = session.board_page(&owner, BOARD, ranking, None, 1_000).await.unwrap().unwrap();
        assert_eq!(board.ranking, ranking);
        let lines = || board.slice.lines.iter().map(|line| line.entrant.clone());
        let mut others: Vec<Entrant> = lines().collect();
        others.sort_by(|a, b| a.member.cmp(&b.member));
        let chain: Chain = serde_json::from_value(tie_breaks.clone()).unwrap();
        let expected = rank(&chain, ranking, others);
        let shown: Vec<Rank> = board.slice.ranked(ranking).map(|(_, rank)| rank).collect();
        let shown: Vec<(Entrant, Rank)> = lines().zip(shown).collect();
        assert!(shown == expected, "{tie_breaks} {ranking:?}");
    }
}
