//! What boards and settlements read of many members and guesses, under row-level security
//! where the HTTP worker reads: a page costs its lines, not the board.

use chrono::{DateTime, Utc};
use mauntic_domain::scoreboard::score::SCORES;
use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::given::{TOURNAMENT, tournament};
use crate::plans::scans::looked_at;
use crate::plans::{Param, plan};

/// Points of a ten-thousandth in a standing.
const WEIGHT: i64 = 16_777_216;

/// A board of so many members with 300 different numbers of points.
async fn board(world: &World, members: i32) {
    tournament(world, members, 0).await;
    let sql =
        "update scoreboard.entries e set points_e4 = p.points, standing = -p.points * 16777216
      from (select member_id, (hashtext(member_id) & 65535) % 300 * 10000::int8 as points
            from scoreboard.entries) p
      where p.member_id = e.member_id";
    world.owner.execute(sql, &[]).await.unwrap();
    for sql in [
        "delete from scoreboard.histograms",
        "insert into scoreboard.histograms select organization_id, board_id, points_e4, count(*)
         from scoreboard.entries group by 1, 2, 3",
        "vacuum analyze scoreboard.entries",
        "vacuum analyze scoreboard.histograms",
    ] {
        world.owner.execute(sql, &[]).await.unwrap();
    }
}

#[tokio::test]
async fn a_page_and_a_place_cost_their_lines_on_a_board_of_a_hundred_thousand() {
    const LINES: i64 = 50;
    let world = World::new().await;
    board(&world, 100_000).await;
    let http = world.database.connect(Role::Http).await.unwrap();
    http.batch_execute("select set_config('app.organization', 'org_1', false)").await.unwrap();
    let sql = "select standing, joined_at, member_id from scoreboard.entries
      order by standing, joined_at, member_id offset 50000 limit 1";
    let middle = &world.rows(sql).await[0];
    let (standing, joined_at): (i64, DateTime<Utc>) = (middle.get(0), middle.get(1));
    let member: &str = middle.get(2);
    let page = include_str!("../../../crates/store/sql/board_page.sql");
    let around = include_str!("../../../crates/store/sql/board_around.sql");
    let rank = include_str!("../../../crates/store/sql/board_rank.sql");
    let owner = "org_1";
    for counted in [0_i64, 10_000] {
        for place in [None, Some((standing, joined_at, member))] {
            let params: &[Param<'_>] = &[
                (&owner, Type::TEXT),
                (&TOURNAMENT, Type::UUID),
                (&place.map(|place| place.0), Type::INT8),
                (&place.map(|place| place.1), Type::TIMESTAMPTZ),
                (&place.map(|place| place.2), Type::TEXT),
                (&LINES, Type::INT8),
                (&counted, Type::INT8),
                (&WEIGHT, Type::INT8),
            ];
            let (rows, kinds, text) = looked_at(&http, "entries", page, params).await;
            // Some 330 are tied; only an ordinal rank counts them.
            let most = if counted == 0 { LINES } else { LINES + 600 };
            assert!(rows <= most, "{rows} of {place:?}, counted {counted}: {kinds:?} {text}");
            let (rows, _, text) = looked_at(&http, "histograms", page, params).await;
            assert!(rows <= 300, "it is read once: {rows}: {text}");
        }
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&TOURNAMENT, Type::UUID),
            (&member, Type::TEXT),
            (&LINES, Type::INT8),
            (&LINES, Type::INT8),
            (&counted, Type::INT8),
            (&WEIGHT, Type::INT8),
        ];
        // The member's line is found by its name first.
        let most = 2 * LINES + 2 + if counted == 0 { 0 } else { 600 };
        let alone: Vec<Param<'_>> = params[..3].iter().chain(&params[5..]).cloned().collect();
        for (sql, params) in [(around, params), (rank, alone.as_slice())] {
            let (rows, kinds, text) = looked_at(&http, "entries", sql, params).await;
            assert!(rows <= most, "{rows}, counted {counted}: {kinds:?} {text}");
            let (rows, _, text) = looked_at(&http, "histograms", sql, params).await;
            assert!(rows <= 300, "it is read once: {rows}: {text}");
        }
    }
}

#[tokio::test]
async fn a_settlement_reads_its_matches_guesses_and_nothing_of_others() {
    let world = World::new().await;
    let matches = tournament(&world, 5_000, 20).await;
    let sql =
        "insert into scoreboard.point_entries (organization_id, tournament_id, seq, member_id,
        points_e4, exact_hits, right_outcomes)
      select 'org_1', $1, s, m.member_id, 1, 0, 0
      from scoreboard.members m, generate_series(1, 10) s";
    world.owner.execute(sql, &[&TOURNAMENT]).await.unwrap();
    world.owner.batch_execute("vacuum analyze").await.unwrap();
    let mut client = world.database.connect(Role::Queue).await.unwrap();
    let (awards, points, hits) = (vec![1_i16; SCORES], vec![50_000_i64], vec![1_i16]);
    let (now, text) = (Utc::now(), "ab".repeat(32));
    let (owner, result) = ("org_1", r#"{"ft":[2,1]}"#);
    let params: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&TOURNAMENT, Type::UUID),
        (&matches[0], Type::UUID),
        (&1_i32, Type::INT4),
        (&now, Type::TIMESTAMPTZ),
        (&None::<i64>, Type::INT8),
        (&text, Type::TEXT),
        (&result, Type::TEXT),
        (&awards, Type::INT2_ARRAY),
        (&points, Type::INT8_ARRAY),
        (&hits, Type::INT2_ARRAY),
        (&hits, Type::INT2_ARRAY),
        (&WEIGHT, Type::INT8),
        (&4_096_i64, Type::INT8),
        (&1_i64, Type::INT8),
        (&Uuid::from_u128(1), Type::UUID),
        (&1_i32, Type::INT4),
        (&None::<String>, Type::TEXT),
    ];
    let in_order = include_str!("../../../crates/store/sql/in_order.sql");
    let settle = include_str!("../../../crates/store/sql/settle_match.sql");
    let settlement = client.transaction().await.unwrap();
    settlement.batch_execute(in_order).await.unwrap();
    let plan = plan(settlement.client(), settle, params).await;
    settlement.rollback().await.unwrap();
    for table in ["guesses", "point_entries"] {
        let through = ("Seq Scan".to_owned(), table.to_owned());
        assert!(!plan.scans.contains(&through), "{table}: {}", plan.text);
    }
    assert!(plan.text.contains("One-Time Filter"), "leagues without boards cost nothing");
    assert!(!plan.text.contains(r#""Hash""#), "lines are written in an order: {}", plan.text);
    let read = include_str!("../../../crates/store/sql/read_settlement.sql");
    let params: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&TOURNAMENT, Type::UUID),
        (&matches[0], Type::UUID),
        (&2_000_000_i64, Type::INT8),
    ];
    let (rows, kinds, text) = looked_at(&client, "guesses", read, params).await;
    assert_eq!(rows, 0, "few members: no guess is counted: {kinds:?} {text}");
}
