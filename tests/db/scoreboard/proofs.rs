//! Whatever is altered by hand is found by the verification of a ledger, and named.

use mauntic_domain::audit::Walk;
use mauntic_domain::scoreboard::proof::Part;
use mauntic_domain::scoreboard::{Entry, Mismatch};
use mauntic_flows::commands::verify_ledger::{Verified, verify};
use mauntic_flows::ports::{Database, LedgerStore, Ports, TournamentRef};
use mauntic_tests::world::{World, organization};

use super::given::{TOURNAMENT, consume_jobs, differences, job, tournament};

fn place() -> TournamentRef {
    TournamentRef { organization_id: organization("org_1"), tournament_id: TOURNAMENT }
}

async fn verified(world: &World) -> Verified {
    let session = world.queue.db().open().await.unwrap();
    let mut all = Verified::default();
    let mut part = Some(Part::first());
    while let Some(next) = part {
        let of = verify(&session, &place(), next).await.unwrap().expect("a tournament");
        all.entries = all.entries.max(of.entries);
        all.matches += of.matches;
        all.compared += of.compared;
        all.unproven += of.unproven;
        all.found += of.found;
        all.differences.extend(of.differences);
        part = of.next;
    }
    all
}

/// A tournament of 40 members; three matches are settled, the first one corrected.
async fn settled(world: &World) {
    let matches = tournament(world, 40, 3).await;
    for of in &matches {
        let id = job(world, *of, 1).await;
        assert_eq!(consume_jobs(&world.queue, &[id]).await.completed, 1);
    }
    let sql = "update scoreboard.matches set result = '{\"ft\":[0,2]}', result_version = 2
      where id = $1";
    world.owner.execute(sql, &[&matches[0]]).await.unwrap();
    let id = job(world, matches[0], 2).await;
    assert_eq!(consume_jobs(&world.queue, &[id]).await.completed, 1);
    assert_eq!(differences(world).await, [""; 0]);
}

/// What the store's statement writes as an entry is what this build writes, byte for byte.
#[tokio::test]
async fn entries_are_stored_as_they_are_hashed() {
    let world = World::new().await;
    settled(&world).await;
    let session = world.queue.db().open().await.unwrap();
    let page = session.ledger_page(&place(), 0, 100).await.unwrap().unwrap();
    let mut walk = Walk::default();
    walk.follow(&page.links).unwrap();
    assert_eq!((walk, walk.seq), (page.head, 4));
    for link in &page.links {
        let entry: Entry = serde_json::from_str(&link.entry).unwrap();
        assert_eq!(entry.to_json(), link.entry);
        assert!(entry.members > 0, "it changed somebody's points");
    }
}

/// As whoever owns the tables can: without the triggers that forbid it.
async fn tamper(world: &World, sql: &str) -> u64 {
    let without = "set session_replication_role = replica";
    world.owner.batch_execute(without).await.unwrap();
    let changed = world.owner.execute(sql, &[]).await.unwrap();
    world.owner.batch_execute("set session_replication_role = origin").await.unwrap();
    changed
}

/// How each table is put back.
const SAVED: [&str; 7] = [
    "tournaments",
    "matches",
    "guesses",
    "entries",
    "histograms",
    "match_settlement_ledger",
    "point_entries",
];

/// What is done, and the kinds of differences that it leaves, in their order.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &[Mismatch])] = &[
    ("an entry's text",
     "update scoreboard.match_settlement_ledger set entry = replace(entry, '\"guesses\":40', '\"guesses\":41') where seq = 2",
     &[Mismatch::ChainAltered]),
    ("an entry's numbers",
     "update scoreboard.match_settlement_ledger set entry = replace(entry, '\"members\":', '\"members\":1') where seq = 2",
     &[Mismatch::ChainAltered, Mismatch::EntrySum]),
    ("an entry's form",
     "update scoreboard.match_settlement_ledger set entry = entry || ' ' where seq = 2",
     &[Mismatch::ChainAltered, Mismatch::EntryForm, Mismatch::MatchVersion]),
    ("an entry's time",
     "update scoreboard.match_settlement_ledger set at = at - interval '1 us' where seq = 2",
     &[Mismatch::ChainAltered]),
    ("an entry's hash",
     "update scoreboard.match_settlement_ledger set hash = sha256(hash) where seq = 2",
     &[Mismatch::ChainAltered]),
    ("the result beside an entry",
     "update scoreboard.match_settlement_ledger set result = '{\"ft\":[9,1]}' where seq = 2",
     &[Mismatch::EntryResult, Mismatch::MatchVersion]),
    ("the first entry is gone",
     "delete from scoreboard.match_settlement_ledger where seq = 1",
     &[Mismatch::ChainGap, Mismatch::PointsStray, Mismatch::EntryPrevious, Mismatch::Points, Mismatch::BoardEntry]),
    ("the last entry is gone",
     "delete from scoreboard.match_settlement_ledger where seq = 4",
     &[Mismatch::ChainEnd, Mismatch::PointsStray, Mismatch::MatchVersion, Mismatch::BoardEntry]),
    ("the ledger's end",
     "update scoreboard.tournaments set ledger_seq = 3",
     &[Mismatch::ChainEnd]),
    ("the hash of the ledger's end",
     "update scoreboard.tournaments set ledger_hash = sha256('')",
     &[Mismatch::ChainAltered]),
    ("an entry of points is more",
     "update scoreboard.point_entries set points_e4 = points_e4 + 10000 where (seq, member_id) = (select 2, min(member_id) from scoreboard.point_entries where seq = 2)",
     &[Mismatch::EntrySum, Mismatch::Points, Mismatch::BoardEntry]),
    ("points go from one to another",
     "update scoreboard.point_entries set points_e4 = points_e4 + case when member_id = (select min(member_id) from scoreboard.point_entries where seq = 2) then 10000 else -10000 end
      where seq = 2 and member_id in (select member_id from scoreboard.point_entries where seq = 2 order by member_id limit 2)",
     &[Mismatch::Points, Mismatch::Points, Mismatch::BoardEntry, Mismatch::BoardEntry]),
    ("an entry of points is gone",
     "delete from scoreboard.point_entries where (seq, member_id) = (select 2, min(member_id) from scoreboard.point_entries where seq = 2)",
     &[Mismatch::EntrySum, Mismatch::Points, Mismatch::BoardEntry]),
    ("an entry of points is added",
     "insert into scoreboard.point_entries select organization_id, id, 2, 'somebody', 10000, 0, 0 from scoreboard.tournaments",
     &[Mismatch::EntrySum, Mismatch::Points, Mismatch::BoardEntry]),
    ("entries of points of no settlement",
     "insert into scoreboard.point_entries select organization_id, id, 99, 'm0000001', 10000, 0, 0 from scoreboard.tournaments",
     &[Mismatch::PointsStray]),
    ("a guess",
     "update scoreboard.guesses g set home = 50 where (match_id, member_id) = (select match_id, min(member_id) from scoreboard.guesses where (home, away) = (2, 1) and match_id in (select id from scoreboard.matches where result = '{\"ft\":[2,1]}') group by match_id limit 1)",
     &[Mismatch::Points]),
    ("a guess is gone",
     "delete from scoreboard.guesses g where (match_id, member_id) = (select match_id, min(member_id) from scoreboard.guesses where (home, away) = (2, 1) and match_id in (select id from scoreboard.matches where result = '{\"ft\":[2,1]}') group by match_id limit 1)",
     &[Mismatch::Points]),
    ("a result",
     "update scoreboard.matches set result = '{\"ft\":[5,5]}' where result_version = 2",
     &[Mismatch::MatchResult]),
    ("what a match says is settled",
     "update scoreboard.matches set settled_version = 1 where result_version = 2",
     &[Mismatch::MatchVersion]),
    ("points of a line",
     "update scoreboard.entries set points_e4 = points_e4 + 1 where member_id = 'm0000007'",
     &[Mismatch::BoardEntry, Mismatch::Histogram, Mismatch::Histogram]),
    ("the standing of a line",
     "update scoreboard.entries set standing = standing - 1 where member_id = 'm0000007'",
     &[Mismatch::BoardEntry]),
    ("when the member of a line joined",
     "update scoreboard.entries set joined_at = joined_at - interval '1 us' where member_id = 'm0000007'",
     &[Mismatch::BoardEntry]),
    ("a line for nobody",
     "insert into scoreboard.entries (organization_id, board_id, member_id, points_e4, joined_at) select organization_id, id, 'nobody', 7, now() from scoreboard.tournaments",
     &[Mismatch::BoardEntry, Mismatch::Histogram, Mismatch::Histogram]),
    ("a bucket",
     "update scoreboard.histograms set members = members + 1 where points_e4 = 0",
     &[Mismatch::Histogram]),
    ("a bucket is gone",
     "delete from scoreboard.histograms where points_e4 = (select min(points_e4) from scoreboard.histograms where members > 0)",
     &[Mismatch::Histogram]),
];

#[tokio::test]
async fn whatever_is_altered_is_found() {
    let world = World::new().await;
    settled(&world).await;
    let sound = verified(&world).await;
    assert_eq!((sound.found, sound.unproven), (0, 0), "{:?}", sound.differences);
    assert_eq!((sound.entries, sound.matches, sound.compared), (4, 3, 3 * 40 + 40));
    for name in SAVED {
        let columns = "select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
          from pg_attribute a where a.attrelid = $1::text::regclass and a.attnum > 0
            and not a.attisdropped and a.attgenerated = ''";
        let table = format!("scoreboard.{name}");
        let columns: String = world.owner.query_one(columns, &[&table]).await.unwrap().get(0);
        let save = format!("create table public.saved_{name} as select {columns} from {table}");
        world.owner.batch_execute(&save).await.unwrap();
        let mend = format!(
            "create function public.mend_{name}() returns void language sql as $$
               delete from {table}; insert into {table} ({columns}) select * from public.saved_{name}
             $$"
        );
        world.owner.batch_execute(&mend).await.unwrap();
    }
    for (what, sql, expected) in TABLE {
        assert!(tamper(&world, sql).await > 0, "{what}: nothing was altered");
        let found = verified(&world).await;
        let mut kinds: Vec<Mismatch> = found.differences.iter().map(|of| of.kind).collect();
        // However many members it touches.
        if *what == "the first entry is gone" || *what == "the last entry is gone" {
            kinds.dedup();
        }
        assert_eq!(kinds, *expected, "{what}: {:#?}", found.differences);
        for name in SAVED {
            tamper(&world, &format!("select public.mend_{name}()")).await;
        }
    }
    assert_eq!(verified(&world).await, sound, "all is mended");
}

#[tokio::test]
async fn a_tournament_of_another_or_without_settlements_has_no_differences() {
    let world = World::new().await;
    tournament(&world, 20, 2).await;
    let found = verified(&world).await;
    assert_eq!((found.found, found.entries, found.matches), (0, 0, 2));
    let session = world.queue.db().open().await.unwrap();
    let other = TournamentRef { organization_id: organization("org_2"), ..place() };
    assert_eq!(verify(&session, &other, Part::first()).await, Ok(None));
}
