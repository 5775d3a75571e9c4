//! What verifies ledgers: nothing is found where all is as it was settled, and what is
//! another is found and named, in parts that go on where the one before ended.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::proof::{MemberTotals, Part};
use mauntic_domain::scoreboard::settlement::awards;
use mauntic_domain::scoreboard::{Chain, Difference, Mismatch, Rules, Totals};
use mauntic_flows::commands::verify_ledger::{Verified, verify};
use mauntic_flows::ports::{Compared, LedgerStore, PointsCheck, Stray, TournamentRef, Which};
use uuid::Uuid;

use super::given_boards::{MATCHES, TOURNAMENT, member, result, round};
use crate::boards::BoardSubject;
use crate::subject::{World, organization};

on_both! {
    what_was_settled_in_whatever_way_has_no_differences
    a_line_that_is_gone_is_found
    a_guess_that_is_another_is_found
    a_guess_that_was_stored_after_the_kickoff_proves_nothing
    a_result_that_is_another_is_found
    a_result_that_is_to_be_settled_yet_is_pending
    parts_go_on_where_the_one_before_ended
    a_tournament_that_is_not_there_is_none
}

fn place() -> TournamentRef {
    TournamentRef { organization_id: organization("org_1"), tournament_id: TOURNAMENT }
}

async fn verified<S: BoardSubject>(world: &World<S>) -> Verified {
    let as_operator = verify(&world.op, &place(), Part::first()).await.expect("verified");
    let as_job = verify(&world.queue, &place(), Part::first()).await.expect("verified");
    assert_eq!(as_operator, as_job);
    let verified = as_operator.expect("a tournament");
    assert_eq!(verified.next, None, "one request is enough for a small one");
    verified
}

fn kinds(verified: &Verified) -> Vec<Mismatch> {
    assert_eq!(usize::try_from(verified.found), Ok(verified.differences.len()));
    verified.differences.iter().map(|of| of.kind).collect()
}

async fn what_was_settled_in_whatever_way_has_no_differences<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    assert_eq!(kinds(&verified(&world).await), [], "before the first settlement");
    world.guess(0, &[("ada", "2:1"), ("bob", "1:0"), ("cy", "3:0"), ("dan", "1:1")]).await;
    world.guess(1, &[("ada", "0:0"), ("eve", "2:2")]).await;
    let late = world.kickoff(1) + TimeDelta::seconds(1);
    world.guess_at(1, "bob", "0:0", late).await;
    for (at, of) in [(0, "2:1"), (0, "2:2"), (1, "0:0"), (2, "4:0"), (0, "2:1")] {
        world.end(at, of).await;
        world.settle(at).await;
        world.settle(at).await;
    }
    let verified = verified(&world).await;
    assert_eq!(kinds(&verified), []);
    assert_eq!((verified.entries, verified.head.seq), (10, 10));
    assert_eq!((verified.matches, verified.pending, verified.unproven), (3, 0, 0));
    assert_eq!(verified.compared, 4 + 3 + 5, "guesses of two matches, and lines");
}

async fn a_line_that_is_gone_is_found<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1"), ("bob", "1:0")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    world.spoil("bob").await;
    let verified = verified(&world).await;
    let kinds_of = [Mismatch::BoardEntry, Mismatch::Histogram, Mismatch::Histogram];
    assert_eq!(kinds(&verified), kinds_of);
    let [line, whole, bucket] = verified.differences.as_slice() else { panic!("{verified:?}") };
    assert_eq!(line.member_id, Some(member("bob")));
    assert_eq!(
        (line.stored.as_str(), line.expected.as_str()),
        ("nothing", "3 points, 0 exact, 1 right")
    );
    assert_eq!((whole.points, whole.stored.as_str()), (None, "5 members"));
    assert_eq!(bucket.points, Some(PointsE4::whole(3)));
    assert_eq!((bucket.stored.as_str(), bucket.expected.as_str()), ("1 members", "0 members"));
}

async fn a_guess_that_is_another_is_found<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1"), ("bob", "0:0")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    world.guess(0, &[("ada", "1:0"), ("cy", "1:0")]).await;
    let verified = verified(&world).await;
    assert_eq!(kinds(&verified), [Mismatch::Points, Mismatch::Points]);
    let named = |of: &Difference| (of.member_id.clone(), of.stored.clone(), of.expected.clone());
    let texts: Vec<_> = verified.differences.iter().map(named).collect();
    let [five, three, zero] =
        ["5 points, 1 exact, 1 right", "3 points, 0 exact, 1 right", "0 points, 0 exact, 0 right"]
            .map(str::to_owned);
    assert_eq!(
        texts,
        [(Some(member("ada")), five, three.clone()), (Some(member("cy")), zero, three)]
    );
    assert!(verified.differences.iter().all(|of| of.match_id == Some(MATCHES[0])));
}

async fn a_guess_that_was_stored_after_the_kickoff_proves_nothing<S: BoardSubject>(
    mut world: World<S>,
) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1"), ("bob", "0:0")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    let late = world.kickoff(0) + TimeDelta::minutes(30);
    world.guess_at(0, "ada", "2:2", late).await;
    world.guess_at(0, "bob", "2:1", late).await;
    let verified = verified(&world).await;
    assert_eq!(kinds(&verified), []);
    assert_eq!(verified.unproven, 1, "who has no points by it needs no proof");
}

async fn a_result_that_is_another_is_found<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    world.alter(0, "1:1").await;
    assert_eq!(kinds(&verified(&world).await), [Mismatch::MatchResult]);
}

async fn a_result_that_is_to_be_settled_yet_is_pending<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    for at in [0, 1] {
        world.end(at, "1:1").await;
    }
    let verified = verified(&world).await;
    assert_eq!((kinds(&verified), verified.pending), (Vec::new(), 2));
}

async fn parts_go_on_where_the_one_before_ended<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1"), ("bob", "1:0"), ("dan", "1:1"), ("eve", "5:0")]).await;
    for of in ["2:1", "2:2"] {
        world.end(0, of).await;
        world.settle(0).await;
    }
    let (of, session) = (place(), &world.op);
    let first = session.ledger_page(&of, 0, 1).await.unwrap().unwrap();
    assert_eq!((first.links.len(), first.links[0].seq, first.head.seq), (1, 1, 2));
    let second = session.ledger_page(&of, 1, 5).await.unwrap().unwrap();
    assert_eq!((second.links.len(), second.head), (1, first.head));
    assert_eq!(session.strays(&of, 10).await.unwrap(), [] as [Stray; 0]);

    let found = session.settled_match(&of, Which::After(None)).await.unwrap().unwrap();
    assert_eq!((found.match_id, found.rows.len()), (MATCHES[0], 2));
    let next = session.settled_match(&of, Which::After(Some(MATCHES[0]))).await.unwrap().unwrap();
    assert_eq!((next.match_id, next.rows.len()), (MATCHES[1], 0));
    let itself = session.settled_match(&of, Which::Exactly(MATCHES[0])).await.unwrap();
    assert_eq!(itself, Some(found));
    let last = session.settled_match(&of, Which::After(Some(MATCHES[2]))).await.unwrap();
    assert_eq!(last, None);

    // By a table that is empty everybody who was given something differs.
    let all = |awards, after, members| PointsCheck {
        place: world.place(0),
        applied: 2,
        awards,
        after,
        members,
    };
    let differing = |of: &Compared| -> Vec<_> {
        of.differences.iter().map(|of| (of.member.clone(), of.stored.unwrap().points)).collect()
    };
    let part = session.compare_points(&all(BTreeMap::new(), None, 2), 10).await.unwrap();
    assert_eq!((part.looked, part.found, &part.next), (2, 0, &Some(member("bob"))));
    let part = session.compare_points(&all(BTreeMap::new(), part.next, 2), 10).await.unwrap();
    assert_eq!((part.looked, part.found, &part.next), (2, 1, &Some(member("eve"))));
    assert_eq!(differing(&part), [(member("dan"), PointsE4::whole(3))]);
    let part = session.compare_points(&all(BTreeMap::new(), part.next, 2), 10).await.unwrap();
    assert_eq!(part, Compared::default());
    let right = awards(&Rules::default(), &round("Matchday 1"), result("2:2"));
    let part = session.compare_points(&all(right, None, 50), 10).await.unwrap();
    assert_eq!((part.looked, part.found, part.next), (4, 0, None));
    // Up to the entry that was corrected.
    let before = awards(&Rules::default(), &round("Matchday 1"), result("2:1"));
    let part = PointsCheck { applied: 1, ..all(before, None, 50) };
    assert_eq!(session.compare_points(&part, 10).await.unwrap().found, 0);

    let weights = Chain::default().weights();
    let mut after = None;
    let mut looked = Vec::new();
    loop {
        let part = session.compare_board(&of, weights, after.as_ref(), 2, 10).await.unwrap();
        assert_eq!(part.found, 0);
        looked.push(part.looked);
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(looked, [2, 2, 1]);
    // By other weights whoever has something stands elsewhere.
    let other = Chain::try_from(Vec::new()).unwrap().weights();
    let part = session.compare_board(&of, other, None, 50, 10).await.unwrap();
    let totals = Some(Totals { points: PointsE4::whole(3), exact_hits: 0, right_outcomes: 1 });
    assert_eq!(part.found, 1);
    assert_eq!(
        part.differences,
        [MemberTotals { member: member("dan"), stored: totals, expected: totals }]
    );
    assert_eq!(session.compare_board(&of, other, None, 50, 0).await.unwrap().differences, []);
    assert_eq!(session.compare_histogram(&of, TOURNAMENT, 10).await.unwrap(), []);
}

async fn a_tournament_that_is_not_there_is_none<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.same_elsewhere().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    let elsewhere = TournamentRef { organization_id: organization("org_2"), ..place() };
    let other = verify(&world.op, &elsewhere, Part::first()).await.unwrap().unwrap();
    assert_eq!((other.entries, other.matches, other.found), (0, 1, 0));
    let nowhere = TournamentRef { tournament_id: Uuid::from_u128(9), ..place() };
    assert_eq!(verify(&world.op, &nowhere, Part::first()).await, Ok(None));
    assert_eq!(verify(&world.op, &nowhere, Part::Histogram).await, Ok(None));
}
