//! Boards as they are shown: ranks of every kind, on every page, around everybody and
//! of one, against a count by the words of each kind.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use mauntic_domain::scoreboard::board::rank;
use mauntic_domain::scoreboard::ranks::{Kind, Rank};
use mauntic_domain::scoreboard::{Chain, Entrant};
use mauntic_flows::ports::{Board, BoardKey, BoardLine, BoardSlice, BoardStore, LeagueBoard};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given_boards::{BOARD, MATCHES, TOURNAMENT, key, member};
use crate::boards::BoardSubject;
use crate::subject::{World, organization};

on_both! {
    ranks_of_every_kind_are_the_naive_ones_on_every_page
    ranks_around_everybody_are_those_of_the_pages
    a_board_that_is_not_there_is_none
    a_board_without_settlements_is_one_tie
    a_league_is_ranked_when_it_is_read
}

/// Members of the random boards, beside the five of every tournament.
const MORE: usize = 30;

/// What makes the revision of a random board.
const SETTLED: i64 = 3;
const JOINED: i64 = 35;

impl<S: BoardSubject> World<S> {
    /// A tournament of many ties: few points, and few times of joining.
    async fn random_board(&mut self, mut seed: usize) {
        self.tournament().await;
        let mut next = |below: usize| {
            seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
            seed / 65_536 % below
        };
        let now = self.subject.now();
        let mut names: Vec<String> = ["ada", "bob", "cy", "dan", "eve"].map(str::to_owned).into();
        for n in 0..MORE {
            let name = format!("{}{n}", ["a", "B", "z"][n % 3]);
            let joined_at = now - TimeDelta::days(9) + TimeDelta::minutes([0, 1, 2][next(3)]);
            self.subject.put_members(&key("org_1"), &[(member(&name), joined_at)]).await;
            names.push(name);
        }
        let scores = ["0:0", "1:0", "2:1", "1:1", "0:2"];
        for at in 0..MATCHES.len() {
            for name in &names {
                if next(4) > 0 {
                    self.guess(at, &[(name, scores[next(scores.len())])]).await;
                }
            }
            self.end(at, scores[next(scores.len())]).await;
            self.settle(at).await;
        }
    }

    /// The whole board by the words of the chain.
    async fn naive_order(&mut self) -> Vec<[Value; 5]> {
        let rows = self.subject.tables().await["boards"]["entries"].clone();
        let names = ["points_e4", "exact_hits", "right_outcomes", "joined_at", "member_id"];
        let row = |row: &Value| names.map(|name| row[name].clone());
        let rows = rows.as_array().unwrap().iter().filter(|row| row["organization_id"] == "org_1");
        let mut rows: Vec<[Value; 5]> = rows.map(row).collect();
        rows.sort_by_key(|[points, exact, right, joined, name]| {
            let less = |of: &Value| -of.as_i64().unwrap();
            let text = |of: &Value| of.as_str().unwrap().to_owned();
            (less(points), less(exact), less(right), text(joined), text(name))
        });
        rows
    }

    async fn page(&self, kind: Kind, slice: &BoardSlice, limit: i64) -> BoardSlice {
        let after = slice.lines.last().map(BoardLine::at);
        let owner = organization("org_1");
        let page = self.http.board_page(&owner, BOARD, kind, after.as_ref(), limit).await;
        page.expect("read").expect("a board").slice
    }

    async fn around(&self, kind: Kind, name: &str, above: i64, below: i64) -> Board {
        let (owner, name) = (organization("org_1"), member(name));
        let around = self.http.board_around(&owner, BOARD, kind, &name, above, below).await;
        around.expect("read").expect("a board")
    }
}

/// The number of a rank as it is printed.
fn number(rank: Rank) -> String {
    json!(rank.number()).to_string()
}

/// Members with their ranks.
fn ranked(slice: &BoardSlice, kind: Kind) -> Vec<(String, String)> {
    let line = |(line, rank): (&BoardLine, Rank)| (line.entrant.member.to_string(), number(rank));
    slice.ranked(kind).map(line).collect()
}

/// Counts everybody anew, by the words of each kind.
fn naive(order: &[[Value; 5]], kind: Kind) -> Vec<(String, String)> {
    let points: Vec<i64> = order.iter().map(|row| row[0].as_i64().unwrap()).collect();
    let rank = |at: usize| {
        let own = points[at];
        let more: Vec<i64> = points.iter().copied().filter(|of| *of > own).collect();
        match kind {
            Kind::Dense => (more.iter().collect::<BTreeSet<_>>().len() + 1).to_string(),
            Kind::Competition => (more.len() + 1).to_string(),
            Kind::Modified => points.iter().filter(|of| **of >= own).count().to_string(),
            Kind::Ordinal => (at + 1).to_string(),
            Kind::Percentile => {
                let fewer = points.iter().filter(|of| **of < own).count();
                let tenths = (fewer * 2_000 / (points.len() - 1)).div_ceil(2);
                let decimals = format!("{}.{}", tenths / 10, tenths % 10);
                decimals.trim_end_matches(".0").to_owned()
            }
        }
    };
    let line = |(at, row): (usize, &[Value; 5])| (row[4].as_str().unwrap().to_owned(), rank(at));
    order.iter().enumerate().map(line).collect()
}

async fn ranks_of_every_kind_are_the_naive_ones_on_every_page<S: BoardSubject>(
    mut world: World<S>,
) {
    world.random_board(3).await;
    let order = world.naive_order().await;
    let ties: BTreeSet<_> = order.iter().map(|row| row[0].as_i64().unwrap()).collect();
    assert!(ties.len() > 3 && ties.len() < order.len() / 2, "{} different points", ties.len());
    for kind in Kind::ALL {
        for limit in [1, 7, 100] {
            let (mut shown, mut slice) = (Vec::new(), BoardSlice::default());
            loop {
                let page = world.page(kind, &slice, limit).await;
                if page.lines.is_empty() {
                    break;
                }
                assert!(page.lines.len() <= usize::try_from(limit).unwrap());
                shown.extend(ranked(&page, kind));
                slice = page;
            }
            assert_eq!(shown, naive(&order, kind), "{kind:?} by {limit}");
        }
    }
}

async fn ranks_around_everybody_are_those_of_the_pages<S: BoardSubject>(mut world: World<S>) {
    world.random_board(11).await;
    let order = world.naive_order().await;
    for kind in Kind::ALL {
        let all = naive(&order, kind);
        for (at, (name, _)) in all.iter().enumerate() {
            for (above, below) in [(0, 0), (2, 3), (50, 50)] {
                let around = world.around(kind, name, above, below).await;
                let from = at.saturating_sub(usize::try_from(above).unwrap());
                let to = (at + usize::try_from(below).unwrap() + 1).min(all.len());
                assert_eq!(ranked(&around.slice, kind), all[from..to], "{kind:?} around {name}");
                assert_eq!(
                    (around.ranking, around.revision),
                    (Kind::Competition, SETTLED + JOINED)
                );
            }
        }
    }
}

async fn a_board_that_is_not_there_is_none<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let kind = Kind::Competition;
    for (owner, id) in [("org_1", Uuid::from_u128(9)), ("org_2", TOURNAMENT)] {
        let owner = organization(owner);
        let board = BoardKey { tournament: id, league: None };
        let page = world.http.board_page(&owner, board, kind, None, 10).await.unwrap();
        assert_eq!(page, None);
        let around =
            world.http.board_around(&owner, board, kind, &member("ada"), 1, 1).await.unwrap();
        assert_eq!(around, None);
        let league = world.http.league_board(&owner, id, Uuid::from_u128(1), 10).await.unwrap();
        assert_eq!(league, LeagueBoard::Unknown);
    }
    let nobody = world.around(kind, "nobody", 5, 5).await;
    assert_eq!(nobody.slice, BoardSlice::default());
}

async fn a_board_without_settlements_is_one_tie<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let order = world.naive_order().await;
    for kind in Kind::ALL {
        let page = world.page(kind, &BoardSlice::default(), 10).await;
        assert_eq!(ranked(&page, kind), naive(&order, kind), "{kind:?}");
        assert_eq!(page.lines.len(), 5);
    }
}

async fn a_league_is_ranked_when_it_is_read<S: BoardSubject>(mut world: World<S>) {
    world.random_board(5).await;
    let league = Uuid::from_u128(1);
    let names = ["a0", "z2", "ada", "B1", "z29"];
    let members = names.map(member);
    world.subject.put_league(&key("org_1"), league, &members).await;
    world.subject.put_league(&key("org_1"), Uuid::from_u128(2), &[]).await;
    let owner = organization("org_1");
    let read = async |league, most| {
        world.http.league_board(&owner, TOURNAMENT, league, most).await.unwrap()
    };
    assert_eq!(read(league, 4).await, LeagueBoard::TooLarge);
    assert_eq!(read(Uuid::from_u128(3), 5).await, LeagueBoard::Unknown);
    let entrants_of = |board, entered| match board {
        LeagueBoard::Members { chain, ranking, revision, unsettled, entrants } => {
            assert_eq!(unsettled, 0);
            let expected = (&Chain::default(), Kind::Competition, SETTLED + entered);
            assert_eq!((&chain, ranking, revision), expected);
            entrants
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(entrants_of(read(Uuid::from_u128(2), 5).await, 0), []);
    let entrants: Vec<Entrant> = entrants_of(read(league, 5).await, 5);
    let order = world.naive_order().await;
    let order: Vec<_> =
        order.into_iter().filter(|row| names.contains(&row[4].as_str().unwrap())).collect();
    for kind in Kind::ALL {
        let shown = rank(&Chain::default(), kind, entrants.clone()).into_iter();
        let shown: Vec<_> = shown.map(|(of, rank)| (of.member.to_string(), number(rank))).collect();
        assert_eq!(shown, naive(&order, kind), "{kind:?}");
    }
}
