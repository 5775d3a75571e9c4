//! What the schema keeps whoever writes: a ledger that is only added to and chained,
//! versions that count once, rules that stay, and boards that everybody is on.

use mauntic_domain::audit::{Link, Walk};
use mauntic_tests::world::World;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

const TOURNAMENT: Uuid = Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0001);
const MATCH: Uuid = Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0002);

async fn world() -> World {
    let world = World::new().await;
    let sql = "insert into scoreboard.tournaments (organization_id, id, name, rules, tie_breaks)
      values ('org_1', $1, 'a tournament', '{}', '[]'), ('org_2', $1, 'another', '{}', '[]')";
    world.owner.execute(sql, &[&TOURNAMENT]).await.unwrap();
    world
}

/// Adds an entry; the SQLSTATE and constraint where that is refused.
async fn add(
    world: &World,
    (status, version): (&str, i32),
    (job, attempt): (u128, i32),
) -> Result<(), (String, Option<String>)> {
    let entry = serde_json::json!({
        "matchId": MATCH, "resultVersion": version, "status": status, "previous": null,
        "of": "ü",
    });
    let (entry, detail) = (entry.to_string(), (status == "failed").then_some("it broke"));
    let sql = "insert into scoreboard.match_settlement_ledger (organization_id, tournament_id,
        entry, result, job_id, attempt, detail)
      values ('org_1', $1, $2, '{}', $3, $4, $5)";
    let job = Uuid::from_u128(job);
    let added = world.owner.execute(sql, &[&TOURNAMENT, &entry, &job, &attempt, &detail]).await;
    added.map(|_| ()).map_err(|error| {
        let db = error.as_db_error().unwrap();
        (db.code().code().to_owned(), db.constraint().map(str::to_owned))
    })
}

#[tokio::test]
async fn what_was_written_stays() {
    let world = world().await;
    add(&world, ("applied", 1), (1, 1)).await.unwrap();
    for table in ["match_settlement_ledger", "point_entries"] {
        for change in [
            "update scoreboard.{} set seq = 2",
            "delete from scoreboard.{}",
            "truncate scoreboard.{}",
        ] {
            let sql = change.replace("{}", table);
            let error = world.owner.execute(&sql, &[]).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "JB006", "{sql}");
        }
    }
}

#[tokio::test]
async fn a_chain_is_what_the_rules_make_of_its_entries() {
    let world = world().await;
    for attempt in 1..=3 {
        add(&world, ("failed", 1), (1, attempt)).await.unwrap();
    }
    // A chain of its own a tournament; what is refused leaves no gap.
    assert!(add(&world, ("failed", 1), (1, 3)).await.is_err());
    add(&world, ("applied", 1), (1, 4)).await.unwrap();
    let rows = world
        .rows(
            "select seq, at, entry, hash from scoreboard.match_settlement_ledger
        order by seq",
        )
        .await;
    let link = |row: &tokio_postgres::Row| Link {
        seq: row.get(0),
        at: row.get(1),
        entry: row.get(2),
        hash: row.get::<_, &[u8]>(3).try_into().unwrap(),
    };
    let links: Vec<Link> = rows.iter().map(link).collect();
    assert_eq!(links.len(), 4);
    let heads = world
        .rows(
            "select ledger_seq, ledger_hash, settled_at is not null
        from scoreboard.tournaments order by organization_id",
        )
        .await;
    let head = |n: usize| Walk {
        seq: heads[n].get(0),
        hash: heads[n].get::<_, &[u8]>(1).try_into().unwrap(),
    };
    let mut walk = Walk::default();
    walk.follow(&links).unwrap();
    walk.finish(head(0)).unwrap();
    assert_eq!(head(1), Walk::default());
    assert_eq!([0, 1].map(|n| heads[n].get::<_, bool>(2)), [true, false]);
}

#[tokio::test]
async fn a_version_counts_once_and_an_attempt_has_one_entry() {
    let world = world().await;
    let unique = SqlState::UNIQUE_VIOLATION.code().to_owned();
    let refused = |name: &str| Err((unique.clone(), Some(name.to_owned())));
    for (of, by, expected) in [
        (("failed", 1), (1, 1), Ok(())),
        (("failed", 1), (1, 1), refused("ledger_attempt")),
        (("failed", 1), (1, 2), Ok(())),
        (("applied", 1), (1, 3), Ok(())),
        (("applied", 1), (2, 1), refused("ledger_applies_once")),
        (("skipped", 1), (2, 1), Ok(())),
        (("skipped", 1), (3, 1), Ok(())),
        (("applied", 2), (4, 1), Ok(())),
    ] {
        assert_eq!(add(&world, of, by).await, expected, "{of:?} {by:?}");
    }
    let keys = world
        .rows(
            "select distinct idempotency_key from scoreboard.match_settlement_ledger
        where status = 'applied' order by 1",
        )
        .await;
    let keys: Vec<String> = keys.iter().map(|row| row.get(0)).collect();
    let key = |version| mauntic_domain::scoreboard::settlement::settlement_key(MATCH, version);
    assert_eq!(keys, [key(1), key(2)]);
}

#[tokio::test]
async fn rules_stay_once_a_match_was_settled() {
    let world = world().await;
    let change = |column: &str, value: &str| {
        format!(
            "update scoreboard.tournaments set {column} = '{value}' where organization_id = 'org_1'"
        )
    };
    for (sql, version) in [
        (change("name", "x"), 1),
        (change("rules", r#"{"outcome": 3}"#), 2),
        (change("rules", r#"{"outcome": 3}"#), 2),
        (change("tie_breaks", r#"["exactHits"]"#), 3),
    ] {
        world.owner.execute(&sql, &[]).await.unwrap();
        let sql = "select max(rules_version)::int8 from scoreboard.tournaments";
        assert_eq!(world.count(sql).await, version);
    }
    add(&world, ("skipped", 1), (1, 1)).await.unwrap();
    world.owner.execute(&change("rules", "{}"), &[]).await.unwrap();
    add(&world, ("applied", 1), (2, 1)).await.unwrap();
    for sql in [change("rules", r#"{"outcome": 3}"#), change("tie_breaks", "[]")] {
        let error = world.owner.execute(&sql, &[]).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "JB005", "{sql}");
    }
    for sql in [change("rules", "{}"), change("name", "y")] {
        world.owner.execute(&sql, &[]).await.unwrap();
    }
}

#[tokio::test]
async fn who_joins_is_on_the_board() {
    let world = world().await;
    for names in [["a", "b"], ["c", "d"]] {
        let sql = "insert into scoreboard.members (organization_id, tournament_id, member_id)
          select o, $1, m from unnest($2::text[]) m, unnest(array['org_1', 'org_2']) o";
        world.owner.execute(sql, &[&TOURNAMENT, &names.as_slice()]).await.unwrap();
    }
    let sql = "select count(*) from scoreboard.entries e join scoreboard.members m
        on m.organization_id = e.organization_id and m.tournament_id = e.board_id
          and m.member_id = e.member_id and m.joined_at = e.joined_at
      where (e.points_e4, e.exact_hits, e.right_outcomes, e.standing) = (0, 0, 0, 0)";
    assert_eq!(world.count(sql).await, 8);
    let rows = world.rows("select points_e4, members from scoreboard.histograms").await;
    let rows: Vec<(i64, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(rows, [(0, 4), (0, 4)]);
}
