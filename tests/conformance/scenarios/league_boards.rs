//! Leagues that keep a board, and windows of rounds: both are what the tournament's own
//! entries say of their members.

use std::collections::BTreeSet;

use chrono::DateTime;
use mauntic_domain::ids::MemberId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::board::{LEAGUE_READ_MAX, rank};
use mauntic_domain::scoreboard::ranks::{Kind, Rank};
use mauntic_domain::scoreboard::{Chain, Entrant, Totals};
use mauntic_flows::ports::{BoardKey, BoardStore, LeagueBoard};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given_boards::{TOURNAMENT, key, member, round};
use crate::boards::BoardSubject;
use crate::subject::{World, organization};

on_both! {
    a_league_that_has_become_large_keeps_a_board
    a_window_counts_its_rounds_alone
}

const LEAGUE: Uuid = Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0021);
const BOARD: BoardKey = BoardKey { tournament: TOURNAMENT, league: Some(LEAGUE) };

fn crowd(from: usize, to: usize) -> Vec<MemberId> {
    (from..to).map(|n| member(&format!("m{n:04}"))).collect()
}

impl<S: BoardSubject> World<S> {
    /// What the tournament's entries say of some members.
    async fn entrants(&mut self, of: &BTreeSet<MemberId>) -> Vec<Entrant> {
        let rows = self.subject.tables().await["boards"]["entries"].clone();
        let rows =
            rows.as_array().unwrap().iter().filter(|row| row["board_id"] == json!(TOURNAMENT));
        let number = |row: &Value, name: &str| row[name].as_i64().unwrap();
        let entrant = |row: &Value| Entrant {
            member: member(row["member_id"].as_str().unwrap()),
            totals: Totals {
                points: PointsE4::from_e4(number(row, "points_e4")),
                exact_hits: number(row, "exact_hits"),
                right_outcomes: number(row, "right_outcomes"),
            },
            joined_at: DateTime::parse_from_rfc3339(row["joined_at"].as_str().unwrap())
                .unwrap()
                .to_utc(),
        };
        rows.map(entrant).filter(|entrant| of.contains(&entrant.member)).collect()
    }

    /// The league's own board shows what the tournament's entries say of its members.
    async fn assert_league(&mut self, of: &BTreeSet<MemberId>, revision: i64) {
        let owner = organization("org_1");
        for kind in Kind::ALL {
            let expected = rank(&Chain::default(), kind, self.entrants(of).await);
            let board = self.http.board_page(&owner, BOARD, kind, None, 10_000).await;
            let board = board.unwrap().expect("the league keeps a board");
            let shown: Vec<(Entrant, Rank)> =
                board.slice.ranked(kind).map(|(line, rank)| (line.entrant.clone(), rank)).collect();
            assert_eq!((shown.len(), board.revision), (of.len(), revision));
            assert!(shown == expected, "{kind:?}");
            let (at, who) = (shown.len() / 2, &shown[shown.len() / 2].0.member);
            let around = self.http.board_around(&owner, BOARD, kind, who, 2, 2).await;
            let around = around.unwrap().unwrap().slice;
            let ranks: Vec<Rank> = around.ranked(kind).map(|(_, rank)| rank).collect();
            let expected: Vec<Rank> =
                shown[at - 2..=at + 2].iter().map(|(_, rank)| *rank).collect();
            assert_eq!(ranks, expected, "{kind:?} around {who}");
        }
    }
}

async fn a_league_that_has_become_large_keeps_a_board<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let all = crowd(0, LEAGUE_READ_MAX + 10);
    let now = world.subject.now();
    let joined: Vec<_> = all.iter().map(|member| (member.clone(), now)).collect();
    world.subject.put_members(&key("org_1"), &joined).await;
    let guesses = |scores: [&'static str; 3]| {
        let names = ["m0000", "m0001", "m0002", "m4999", "m5000", "m5001", "m5005", "ada"];
        let guess = move |(n, name)| (name, scores[n % 3]);
        names.into_iter().enumerate().map(guess).collect::<Vec<_>>()
    };
    world.guess(0, &guesses(["2:1", "1:0", "0:0"])).await;
    world.guess(1, &guesses(["0:0", "1:1", "2:1"])).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    // As many as are ranked when they are read.
    let owner = organization("org_1");
    world.subject.put_league(&key("org_1"), LEAGUE, &all[..LEAGUE_READ_MAX]).await;
    let most = i64::try_from(LEAGUE_READ_MAX).unwrap();
    let read = world.http.league_board(&owner, TOURNAMENT, LEAGUE, most).await.unwrap();
    assert!(matches!(&read, LeagueBoard::Members { entrants, .. } if entrants.len() == 5_000));
    let page = world.http.board_page(&owner, BOARD, Kind::Dense, None, 10).await.unwrap();
    assert_eq!(page, None);
    // One more, who has points already.
    let mut members: BTreeSet<MemberId> = all[..=LEAGUE_READ_MAX].iter().cloned().collect();
    world
        .subject
        .enter_league(&key("org_1"), LEAGUE, &all[LEAGUE_READ_MAX..=LEAGUE_READ_MAX])
        .await;
    let read = world.http.league_board(&owner, TOURNAMENT, LEAGUE, most).await.unwrap();
    assert_eq!(read, LeagueBoard::Kept);
    world.assert_league(&members, 1 + most + 1).await;
    // Settlements and corrections change it with the tournament's.
    world.end(1, "0:0").await;
    world.settle(1).await;
    world.end(0, "1:0").await;
    world.settle(0).await;
    world.assert_league(&members, 3 + most + 1).await;
    let late = &all[LEAGUE_READ_MAX + 1..LEAGUE_READ_MAX + 6];
    members.extend(late.iter().cloned());
    world.subject.enter_league(&key("org_1"), LEAGUE, late).await;
    world.assert_league(&members, 3 + most + 6).await;
    // It stays one, however small it becomes.
    world.subject.leave_league(&key("org_1"), LEAGUE, &all[..10]).await;
    members.retain(|member| !all[..10].contains(member));
    world.end(1, "1:1").await;
    world.settle(1).await;
    world.assert_league(&members, 4 + most + 16).await;
    world.dump().await;
}

async fn a_window_counts_its_rounds_alone<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    for (at, name) in [(0, "Matchday 1"), (1, "Matchday 2"), (2, "Final")] {
        world.rename(at, name).await;
        world.guess(at, &[("ada", "2:1"), ("bob", "1:0"), ("cy", "0:0")]).await;
    }
    let league = [member("bob"), member("cy")];
    world.subject.put_league(&key("org_1"), LEAGUE, &league).await;
    for (at, score) in [(0, "2:1"), (1, "0:0"), (1, "1:0")] {
        world.end(at, score).await;
        world.settle(at).await;
    }
    let whole = BoardKey { league: None, ..BOARD };
    let owner = organization("org_1");
    let window = async |board, rounds: &[&str], most| {
        let rounds: Vec<_> = rounds.iter().map(|name| round(name)).collect();
        world.http.board_window(&owner, board, &rounds, most).await.unwrap()
    };
    let points = |read: LeagueBoard| match read {
        LeagueBoard::Members { chain, ranking, entrants, .. } => {
            let ranked = rank(&chain, ranking, entrants).into_iter();
            let line = |(of, _): (Entrant, Rank)| {
                let Totals { points, exact_hits, right_outcomes } = of.totals;
                json!([of.member, points, exact_hits, right_outcomes])
            };
            ranked.map(line).filter(|line| line[1] != 0).collect::<Value>()
        }
        other => panic!("{other:?}"),
    };
    for (board, rounds, expected) in [
        (whole, vec!["Matchday 1"], json!([["ada", 5, 1, 1], ["bob", 3, 0, 1]])),
        (whole, vec!["Matchday 2"], json!([["bob", 5, 1, 1], ["ada", 3, 0, 1]])),
        (whole, vec!["Matchday 1", "Matchday 2"], json!([["ada", 8, 1, 2], ["bob", 8, 1, 2]])),
        (whole, vec!["Final", "nothing"], json!([])),
        (BOARD, vec!["Matchday 2", "Final"], json!([["bob", 5, 1, 1]])),
    ] {
        assert_eq!(points(window(board, &rounds, 5).await), expected, "{board:?} {rounds:?}");
    }
    let revision = |read| match read {
        LeagueBoard::Members { revision, entrants, .. } => (revision, entrants.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(revision(window(whole, &["Final"], 5).await), (3 + 5, 5));
    assert_eq!(revision(window(BOARD, &["Final"], 2).await), (3 + 2, 2));
    assert_eq!(window(whole, &["Final"], 4).await, LeagueBoard::TooLarge);
    assert_eq!(window(BOARD, &["Final"], 1).await, LeagueBoard::TooLarge);
    let nothing = BoardKey { league: Some(Uuid::from_u128(9)), ..BOARD };
    assert_eq!(window(nothing, &["Final"], 5).await, LeagueBoard::Unknown);
    let nothing = BoardKey { tournament: Uuid::from_u128(9), league: None };
    assert_eq!(window(nothing, &["Final"], 5).await, LeagueBoard::Unknown);
}
