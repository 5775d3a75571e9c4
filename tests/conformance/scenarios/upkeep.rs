//! What keeps boards right: rebuilds, checks, explanations and the end of a season.

use chrono::TimeDelta;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::ledger::to_hex;
use mauntic_domain::scoreboard::proof::Part;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::{Chain, Difference, Mismatch, Totals, close};
use mauntic_flows::commands::verify_ledger::verify;
use mauntic_flows::ports::{
    BoardStore, Closed, Closing, Committed, DriftWrite, Effect, EffectStore, ExplainStore, JobKey,
    OperatorStore, RebuildWrite, TournamentRef, UpkeepStore,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::effect;
use super::given_boards::{BOARD, MATCHES, TOURNAMENT, member, result};
use crate::boards::BoardSubject;
use crate::subject::{World, organization};

on_both! {
    a_rebuild_makes_the_board_of_its_ledger
    a_rebuild_of_what_is_right_changes_nothing
    a_rebuild_without_its_claim_changes_nothing
    checks_are_kept_and_listed
    open_tournaments_are_listed_behind_each_other
    a_rank_is_explained_by_entries_that_add_up
    who_is_not_there_has_no_explanation
    a_season_is_closed_once_and_stays_so
    a_season_with_results_to_settle_is_not_closed
}

fn place() -> TournamentRef {
    TournamentRef { organization_id: organization("org_1"), tournament_id: TOURNAMENT }
}

/// Two matches that are settled, the first one corrected.
async fn settled<S: BoardSubject>(world: &mut World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1"), ("bob", "1:0"), ("cy", "3:0"), ("dan", "1:1")]).await;
    world.guess(1, &[("ada", "0:0"), ("eve", "2:2")]).await;
    for (at, of) in [(0, "2:1"), (1, "2:2"), (0, "1:0")] {
        world.end(at, of).await;
        world.settle(at).await;
    }
}

async fn rebuild<S: BoardSubject>(world: &mut World<S>) {
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let write = RebuildWrite { place: place(), weights: Chain::default().weights() };
    let whole = Effect { rebuilds: vec![write], ..effect(world.subject.now(), &[&held]) };
    let committed = world.queue.commit(&whole).await.expect("committed");
    assert!(matches!(committed, Committed::Done { .. }), "{committed:?}");
}

async fn revision<S: BoardSubject>(world: &mut World<S>) -> i64 {
    let owner = organization("org_1");
    let page = world.http.board_page(&owner, BOARD, Kind::Dense, None, 1).await.expect("read");
    page.expect("a board").revision
}

async fn a_rebuild_makes_the_board_of_its_ledger<S: BoardSubject>(mut world: World<S>) {
    settled(&mut world).await;
    let (board, histogram) = (world.board().await, world.histogram().await);
    let before = revision(&mut world).await;
    for name in ["bob", "eve"] {
        world.spoil(name).await;
    }
    rebuild(&mut world).await;
    assert_eq!((world.board().await, world.histogram().await), (board, histogram));
    assert!(revision(&mut world).await > before, "another state of the board is shown");
    let found = verify(&world.queue, &place(), Part::first()).await.unwrap().unwrap();
    assert_eq!(found.found, 0, "{found:?}");
}

async fn a_rebuild_of_what_is_right_changes_nothing<S: BoardSubject>(mut world: World<S>) {
    settled(&mut world).await;
    let before = world.dump().await["boards"].clone();
    rebuild(&mut world).await;
    assert_eq!(world.dump().await["boards"], before, "its revision as well");
    // Of a tournament where nothing is settled, and of one that is not there.
    world.same_elsewhere().await;
    let board = world.dump().await["boards"].clone();
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let weights = Chain::default().weights();
    let of = |place| RebuildWrite { place, weights };
    let elsewhere = TournamentRef { organization_id: organization("org_2"), ..place() };
    let nowhere = TournamentRef { tournament_id: Uuid::from_u128(9), ..place() };
    let rebuilds = vec![of(elsewhere), of(nowhere)];
    let whole = Effect { rebuilds, ..effect(world.subject.now(), &[&held]) };
    let committed = world.queue.commit(&whole).await.expect("committed");
    assert!(matches!(committed, Committed::Done { .. }), "{committed:?}");
    assert_eq!(world.dump().await["boards"], board);
}

async fn a_rebuild_without_its_claim_changes_nothing<S: BoardSubject>(mut world: World<S>) {
    settled(&mut world).await;
    let job = world.one(JobKey::None).await;
    let mut held = world.hold(job).await;
    held.claim += 1;
    world.spoil("bob").await;
    let write = RebuildWrite { place: place(), weights: Chain::default().weights() };
    let whole = Effect { rebuilds: vec![write], ..effect(world.subject.now(), &[&held]) };
    assert_eq!(world.queue.commit(&whole).await, Ok(Committed::FenceLost));
    let found = verify(&world.queue, &place(), Part::first()).await.unwrap().unwrap();
    assert_eq!(found.found, 3, "bob is still gone");
}

async fn checks_are_kept_and_listed<S: BoardSubject>(mut world: World<S>) {
    settled(&mut world).await;
    world.same_elsewhere().await;
    assert_eq!(world.op.drifts(None, false, 10).await, Ok(Vec::new()));
    let line = Difference::of(Mismatch::BoardEntry, "nothing", "3 points");
    let elsewhere = TournamentRef { organization_id: organization("org_2"), ..place() };
    let of = |place, differences, first| DriftWrite { place, ledger_seq: 3, differences, first };
    for (at, found) in [
        of(place(), 2, vec![line]),
        of(elsewhere.clone(), 0, Vec::new()),
        of(place(), 0, Vec::new()),
    ]
    .into_iter()
    .enumerate()
    {
        world.advance(60).await;
        let job = world.one(JobKey::None).await;
        let held = world.hold(job).await;
        let drifts = vec![found.clone()];
        let whole = Effect { drifts, ..effect(world.subject.now(), &[&held]) };
        world.queue.commit(&whole).await.expect("committed");
        let rows = world.op.drifts(None, false, 10).await.expect("read");
        let row = rows.iter().find(|row| row.found.place == found.place).expect("a row");
        assert_eq!((&row.found, row.checked_at), (&found, world.subject.now()));
        let different = world.op.drifts(None, true, 10).await.expect("read");
        assert_eq!(different.len(), if at < 2 { 1 } else { 0 });
    }
    let rows = world.op.drifts(None, false, 1).await.expect("read");
    assert_eq!((rows.len(), &rows[0].found.place), (1, &place()));
    let next = world.op.drifts(Some(&place()), false, 10).await.expect("read");
    assert_eq!((next.len(), &next[0].found.place), (1, &elsewhere));
}

async fn open_tournaments_are_listed_behind_each_other<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.same_elsewhere().await;
    let elsewhere = TournamentRef { organization_id: organization("org_2"), ..place() };
    let session = &world.queue;
    let all = session.open_tournaments(None, None, 10).await.expect("read");
    assert_eq!(all, [place(), elsewhere.clone()]);
    assert_eq!(session.open_tournaments(None, None, 1).await, Ok(vec![place()]));
    let behind = session.open_tournaments(None, Some(&place()), 10).await;
    assert_eq!(behind, Ok(vec![elsewhere.clone()]));
    let own = session.open_tournaments(Some(&organization("org_2")), None, 10).await;
    assert_eq!(own, Ok(vec![elsewhere.clone()]));
    world.op.close_tournament(&place()).await.expect("closed");
    assert_eq!(world.queue.open_tournaments(None, None, 10).await, Ok(vec![elsewhere]));
}

async fn a_rank_is_explained_by_entries_that_add_up<S: BoardSubject>(mut world: World<S>) {
    settled(&mut world).await;
    let (owner, now) = (organization("org_1"), world.subject.now());
    let board = world.http.board_page(&owner, BOARD, Kind::Ordinal, None, 10).await;
    let board = board.expect("read").expect("a board");
    let lines: Vec<_> = board.slice.lines.iter().map(|line| line.entrant.clone()).collect();
    for (at, entrant) in lines.iter().enumerate() {
        let session = &world.http;
        let explained = session.explain(&owner, TOURNAMENT, &entrant.member, 0, 50).await;
        let explained = explained.expect("read").expect("a tournament").expect("on the board");
        assert_eq!(explained.sum, entrant.totals, "{}", entrant.member);
        let sum: Totals = explained.lines.iter().map(|line| line.change).sum();
        assert_eq!((sum, explained.chain), (entrant.totals, Chain::default()));
        assert_eq!(usize::try_from(explained.entries), Ok(explained.lines.len()));
        let shown: Vec<_> = explained.slice.lines.iter().map(|line| line.entrant.clone()).collect();
        assert_eq!(shown, lines[at.saturating_sub(1)..(at + 2).min(lines.len())]);
    }
    // Ada was exact, and is right after the correction.
    let ada = world.http.explain(&owner, TOURNAMENT, &member("ada"), 0, 50).await;
    let ada = ada.expect("read").expect("a tournament").expect("on the board");
    let told: Vec<_> = ada
        .lines
        .iter()
        .map(|line| json!([line.seq, line.corrects, line.result_version, line.change.points]))
        .collect();
    assert_eq!(told, [json!([1, null, 1, 5]), json!([2, null, 1, 3]), json!([3, 1, 2, -2])]);
    let last = &ada.lines[2];
    assert_eq!((last.match_id, last.result, last.at), (MATCHES[0], result("1:0"), now));
    let rest = world.http.explain(&owner, TOURNAMENT, &member("ada"), 1, 1).await;
    let rest = rest.expect("read").expect("a tournament").expect("on the board");
    assert_eq!((rest.lines.len(), rest.lines[0].seq, rest.entries), (1, 2, 3));
    assert_eq!(rest.sum.points, PointsE4::whole(6));
}

async fn who_is_not_there_has_no_explanation<S: BoardSubject>(mut world: World<S>) {
    settled(&mut world).await;
    let (owner, nobody) = (organization("org_1"), member("nobody"));
    assert_eq!(world.http.explain(&owner, TOURNAMENT, &nobody, 0, 9).await, Ok(Some(None)));
    let ada = member("ada");
    assert_eq!(world.http.explain(&owner, Uuid::from_u128(9), &ada, 0, 9).await, Ok(None));
    let other = organization("org_2");
    assert_eq!(world.http.explain(&other, TOURNAMENT, &ada, 0, 9).await, Ok(None));
}

/// The outcomes of what was done to the tournament, by the audit.
async fn closings<S: BoardSubject>(world: &mut World<S>) -> Vec<Value> {
    let page = world.op.audit(&Default::default(), None, 50).await.expect("the audit");
    let entries = page.links.iter().map(|link| serde_json::from_str(&link.entry).expect("one"));
    entries.filter(|entry: &Value| entry["action"] == "scoreboard.close").collect()
}

async fn a_season_is_closed_once_and_stays_so<S: BoardSubject>(mut world: World<S>) {
    settled(&mut world).await;
    let owner = organization("org_1");
    let board = world.http.board_page(&owner, BOARD, Kind::Dense, None, 10).await;
    let board = board.expect("read").expect("a board");
    let digest = to_hex(&close::digest(board.slice.lines.iter().map(|line| &line.entrant)));
    let closed = Closed { closed_at: world.subject.now(), digest: digest.clone(), ledger_seq: 3 };
    assert_eq!(world.op.close_tournament(&place()).await, Ok(Closing::Closed(closed.clone())));
    world.advance(TimeDelta::hours(1).num_seconds()).await;
    assert_eq!(world.op.close_tournament(&place()).await, Ok(Closing::Closed(closed.clone())));
    let audit = closings(&mut world).await;
    assert_eq!(audit.len(), 1, "the second changes nothing");
    assert_eq!(audit[0]["target"], json!(TOURNAMENT));
    assert_eq!(audit[0]["after"], json!({"digest": digest, "ledgerSeq": 3}));
    let found = verify(&world.queue, &place(), Part::first()).await.unwrap().unwrap();
    assert_eq!(found.found, 0, "{found:?}");
    world.spoil("dan").await;
    let found = verify(&world.queue, &place(), Part::Closing).await.unwrap().unwrap();
    let kinds: Vec<_> = found.differences.iter().map(|of| of.kind).collect();
    assert_eq!(kinds, [Mismatch::Closing]);
    assert_eq!(found.differences[0].expected, format!("of digest {}", closed.digest));
}

async fn a_season_with_results_to_settle_is_not_closed<S: BoardSubject>(mut world: World<S>) {
    settled(&mut world).await;
    for at in [0, 2] {
        world.end(at, "7:7").await;
    }
    let pending = Closing::Pending(vec![MATCHES[0], MATCHES[2]]);
    assert_eq!(world.op.close_tournament(&place()).await, Ok(pending));
    assert_eq!(closings(&mut world).await, [] as [Value; 0]);
    for at in [0, 2] {
        world.settle(at).await;
    }
    let closed = world.op.close_tournament(&place()).await.expect("asked");
    assert!(matches!(closed, Closing::Closed(_)), "{closed:?}");
    let nowhere = TournamentRef { tournament_id: Uuid::from_u128(9), ..place() };
    assert_eq!(world.op.close_tournament(&nowhere).await, Ok(Closing::Unknown));
}
