//! What the schema keeps whoever writes: a ledger that is only added to and chained,
//! versions that count once, rules that stay, and boards that everybody is on.

use mauntic_domain::audit::{Link, Walk};
use mauntic_testkit::database::Role;
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
    let sql =
        "insert into scoreboard.matches (organization_id, tournament_id, id, external_id, round,
        home_team, away_team, kickoff)
      values ('org_1', $1, $2, 'm', 'r', 'h', 'a', now())";
    world.owner.execute(sql, &[&TOURNAMENT, &MATCH]).await.unwrap();
    world
}

/// The SQLSTATE and constraint of a refusal.
async fn refusal(world: &World, sql: &str) -> Option<(String, Option<String>)> {
    let error = world.owner.execute(sql, &[]).await.err()?;
    let db = error.as_db_error().unwrap();
    Some((db.code().code().to_owned(), db.constraint().map(str::to_owned)))
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

/// Closes the tournament of `org_1`.
const CLOSE: &str = "update scoreboard.tournaments set closed_at = now(),
  closed_digest = sha256('lines'), closed_seq = ledger_seq where organization_id = 'org_1'";

#[tokio::test]
async fn a_closed_tournament_takes_nothing() {
    let world = world().await;
    let each = |what: &str| -> String {
        let values = format!("'org_1', '{TOURNAMENT}'");
        match what {
            "member" => format!(
                "insert into scoreboard.members (organization_id, tournament_id, member_id)
                 values ({values}, gen_random_uuid()::text)"
            ),
            "match" => format!(
                "insert into scoreboard.matches (organization_id, tournament_id, external_id, round,
                   home_team, away_team, kickoff)
                 values ({values}, gen_random_uuid()::text, 'r', 'h', 'a', now())"
            ),
            "guess" => format!(
                "insert into scoreboard.guesses (organization_id, tournament_id, match_id, member_id,
                   home, away)
                 select {values}, '{MATCH}', m.member_id, 1, 0 from scoreboard.members m limit 1
                 on conflict (organization_id, tournament_id, match_id, member_id) do update
                   set home = excluded.home"
            ),
            "league" => format!(
                "insert into scoreboard.leagues (organization_id, tournament_id, name)
                 values ({values}, 'l')"
            ),
            "member of a league" => "insert into scoreboard.league_members
                 (organization_id, tournament_id, league_id, member_id)
               select l.organization_id, l.tournament_id, l.id, m.member_id
               from scoreboard.leagues l join scoreboard.members m using (organization_id, tournament_id)
               where not exists (select from scoreboard.league_members of
                 where of.league_id = l.id and of.member_id = m.member_id) limit 1"
                .to_owned(),
            _ => unreachable!(),
        }
    };
    let kinds = ["member", "match", "guess", "league", "member of a league", "member"];
    for what in kinds {
        assert_eq!(refusal(&world, &each(what)).await, None, "{what}");
    }
    add(&world, ("applied", 1), (1, 1)).await.unwrap();
    world.owner.execute(CLOSE, &[]).await.unwrap();
    let closed = ("JB007".to_owned(), Some("tournament_closed".to_owned()));
    for what in kinds {
        assert_eq!(refusal(&world, &each(what)).await.as_ref(), Some(&closed), "{what}");
    }
    for status in ["applied", "skipped", "failed"] {
        assert_eq!(add(&world, (status, 2), (2, 1)).await, Err(closed.clone()), "{status}");
    }
    for change in ["closed_at = null, closed_digest = null, closed_seq = null", "closed_at = now()"]
    {
        let sql =
            format!("update scoreboard.tournaments set {change} where organization_id = 'org_1'");
        let (code, _) = refusal(&world, &sql).await.unwrap();
        assert_eq!(code, "JB006", "{change}");
    }
    assert_eq!(refusal(&world, "update scoreboard.tournaments set name = 'y'").await, None);
}

/// Who joins while a tournament is being closed is on its board before, or not at all.
#[tokio::test]
async fn who_joins_while_a_tournament_is_closed_waits_and_is_refused() {
    let world = world().await;
    let closing = world.database.connect(Role::Owner).await.unwrap();
    let joining = world.database.connect(Role::Owner).await.unwrap();
    closing.batch_execute("begin; select from scoreboard.tournaments for update").await.unwrap();
    let sql = format!(
        "insert into scoreboard.members (organization_id, tournament_id, member_id)
         values ('org_1', '{TOURNAMENT}', 'late')"
    );
    let close = async {
        let waits = "select count(*) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'";
        while world.count(waits).await == 0 {}
        closing.batch_execute(CLOSE).await.unwrap();
        closing.batch_execute("commit").await.unwrap();
    };
    let (joined, ()) = tokio::join!(joining.execute(&sql, &[]), close);
    let error = joined.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("tournament_closed"));
    assert_eq!(world.count("select count(*) from scoreboard.entries").await, 0);
}

#[tokio::test]
async fn a_tournament_has_as_many_matches_as_a_standing_counts() {
    let world = world().await;
    let most = mauntic_domain::scoreboard::totals::MATCHES_MAX;
    let sql = |from: i64, to: i64| {
        format!(
            "insert into scoreboard.matches (organization_id, tournament_id, external_id, round,
               home_team, away_team, kickoff)
             select 'org_1', '{TOURNAMENT}', n::text, 'r', 'h', 'a', now()
             from generate_series({from}, {to}) n"
        )
    };
    // One of them was there.
    assert_eq!(refusal(&world, &sql(2, most)).await, None);
    let full = ("JB007".to_owned(), Some("tournament_full".to_owned()));
    assert_eq!(refusal(&world, &sql(most + 1, most + 1)).await, Some(full));
    assert_eq!(world.count("select count(*) from scoreboard.matches").await, most);
}

#[tokio::test]
async fn a_guess_is_a_members_and_about_a_match_of_the_same_tournament() {
    let world = world().await;
    let sql = "insert into scoreboard.tournaments (organization_id, name, rules, tie_breaks)
      values ('org_1', 'another', '{}', '[]') returning id";
    let other: Uuid = world.owner.query_one(sql, &[]).await.unwrap().get(0);
    let join = |of: Uuid, member: &str| {
        format!(
            "insert into scoreboard.members (organization_id, tournament_id, member_id)
             values ('org_1', '{of}', '{member}')"
        )
    };
    let guess = |of: Uuid, member: &str| {
        format!(
            "insert into scoreboard.guesses (organization_id, tournament_id, match_id, member_id,
               home, away)
             values ('org_1', '{of}', '{MATCH}', '{member}', 1, 0)"
        )
    };
    for (of, member) in [(TOURNAMENT, "ada"), (other, "bob")] {
        assert_eq!(refusal(&world, &join(of, member)).await, None);
    }
    assert_eq!(refusal(&world, &join(Uuid::from_u128(9), "cy")).await.unwrap().0, "23503");
    for (of, member, is_taken) in
        [(TOURNAMENT, "ada", true), (TOURNAMENT, "bob", false), (other, "bob", false)]
    {
        let refused = refusal(&world, &guess(of, member)).await.map(|(code, _)| code);
        assert_eq!(refused.as_deref(), (!is_taken).then_some("23503"), "{member} of {of}");
    }
}

/// Everybody who joins or leaves, and every settlement that is applied, makes another
/// revision of a board.
#[tokio::test]
async fn boards_count_who_is_on_them() {
    let world = world().await;
    let league = Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0003);
    let counts = async |of: Uuid| -> (i64, i64) {
        let sql = "select b.members, b.changes from scoreboard.boards b
          where b.organization_id = 'org_1' and b.id = $1";
        let row = world.owner.query_one(sql, &[&of]).await.unwrap();
        (row.get(0), row.get(1))
    };
    assert_eq!(counts(TOURNAMENT).await, (0, 0));
    let join = format!(
        "insert into scoreboard.members (organization_id, tournament_id, member_id)
         select 'org_1', '{TOURNAMENT}', n::text from generate_series(1, 5) n"
    );
    let found = format!(
        "insert into scoreboard.leagues (organization_id, tournament_id, id, name)
         values ('org_1', '{TOURNAMENT}', '{league}', 'l')"
    );
    let enter = |from: i32, to: i32| {
        format!(
            "insert into scoreboard.league_members (organization_id, tournament_id, league_id,
               member_id)
             select 'org_1', '{TOURNAMENT}', '{league}', n::text from generate_series({from}, {to}) n"
        )
    };
    let leave = "delete from scoreboard.league_members where member_id in ('1', '2')".to_owned();
    for (sql, of, expected) in [
        (join, TOURNAMENT, (5, 5)),
        (found, league, (0, 0)),
        (enter(1, 3), league, (3, 3)),
        (leave, league, (1, 5)),
        (enter(4, 4), league, (2, 6)),
    ] {
        assert_eq!(refusal(&world, &sql).await, None, "{sql}");
        assert_eq!(counts(of).await, expected, "{sql}");
    }
    for (status, attempt, revision) in [("failed", 1, 0), ("applied", 2, 1), ("skipped", 3, 1)] {
        add(&world, (status, 1), (1, attempt)).await.unwrap();
        let sql = "select max(revision) from scoreboard.tournaments";
        assert_eq!(world.count(sql).await, revision, "{status}");
    }
    // A league is never taken for a tournament.
    let same = format!(
        "insert into scoreboard.leagues (organization_id, tournament_id, id, name)
         values ('org_1', '{TOURNAMENT}', '{TOURNAMENT}', 'l')"
    );
    assert_eq!(refusal(&world, &same).await.unwrap().0, "23505");
}
