//! What operators see of verifications and settlements.

use mauntic_domain::scoreboard::{EntryStatus, Outcome, Reason};
use mauntic_flows::ports::{
    SettledStore, SettlementFilter, SettlementPlace, VerificationFilter, VerificationNote,
    VerificationPlace, VerificationStore,
};
use uuid::Uuid;

use super::given_boards::{MATCHES, TOURNAMENT};
use crate::boards::BoardSubject;
use crate::subject::World;

on_both! {
    settlements_are_listed_to_operators
    verifications_are_listed_to_operators
}

async fn settlements_are_listed_to_operators<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.same_elsewhere().await;
    for (at, results) in [(0, ["2:1", "1:1"]), (1, ["0:0", "0:1"])] {
        world.guess(at, &[("ada", "2:1")]).await;
        for of in results {
            world.end(at, of).await;
            world.settle(at).await;
        }
    }
    let list = async |filter: &SettlementFilter, before: Option<&SettlementPlace>, limit: i64| {
        world.op.settlements(filter, before, limit).await.expect("read")
    };
    let any = SettlementFilter::default;
    let all = list(&any(), None, 9).await;
    assert_eq!(all.iter().map(|of| of.place.seq).collect::<Vec<_>>(), [4, 3, 2, 1]);
    let entry = all[0].entry.as_ref().expect("an entry");
    assert_eq!((entry.match_id, entry.result_version, entry.previous), (MATCHES[1], 2, Some(3)));
    assert_eq!((all[0].result.as_str(), all[0].attempt), (r#"{"ft":[0,1]}"#, 1));
    assert_eq!((all[0].at, &all[0].detail), (world.subject.now(), &None));
    assert_eq!(list(&any(), Some(&all[1].place), 1).await, all[2..3]);
    for (filter, count) in [
        (SettlementFilter { organization_id: Some("org_2".to_owned()), ..any() }, 0),
        (SettlementFilter { tournament_id: Some(TOURNAMENT), ..any() }, 4),
        (SettlementFilter { match_id: Some(MATCHES[0]), ..any() }, 2),
        (SettlementFilter { match_id: Some(MATCHES[2]), ..any() }, 0),
        (SettlementFilter { status: Some(EntryStatus::Applied), ..any() }, 4),
        (SettlementFilter { status: Some(EntryStatus::Failed), ..any() }, 0),
    ] {
        assert_eq!(list(&filter, None, 9).await.len(), count, "{filter:?}");
    }
}

async fn verifications_are_listed_to_operators<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let jobs = [1, 2].map(Uuid::from_u128);
    for (at, job_id, attempt, reason) in [
        (0, jobs[0], 1, Reason::Unreachable),
        (0, jobs[0], 2, Reason::NotEnded),
        // At the same time.
        (1, jobs[1], 1, Reason::Refused),
        (0, jobs[1], 2, Reason::Ended),
    ] {
        if job_id == jobs[0] {
            world.advance(60).await;
        }
        let (place, fetched_at) = (world.place(at), world.subject.now());
        let result_version = i32::from(reason == Reason::Ended);
        let note = VerificationNote { place, job_id, attempt, fetched_at, reason, result_version };
        world.queue.note_verification(&note).await.expect("noted");
    }
    let list = async |filter: &VerificationFilter, before: Option<&VerificationPlace>, limit| {
        world.op.verifications(filter, before, limit).await.expect("read")
    };
    let any = VerificationFilter::default;
    let all = list(&any(), None, 9).await;
    let told: Vec<(&str, &str, i32)> =
        all.iter().map(|of| (of.reason.as_str(), of.outcome.as_str(), of.place.attempt)).collect();
    let expected = [
        ("ended", "settled", 2),
        ("refused", "retry", 1),
        ("not_ended", "noop", 2),
        ("unreachable", "retry", 1),
    ];
    assert_eq!(told, expected);
    let newest = &all[0];
    assert_eq!((newest.match_id, newest.result_version), (MATCHES[0], 1));
    let seen = (newest.organization_id.as_str(), newest.place.job_id, newest.place.fetched_at);
    assert_eq!(seen, ("org_1", jobs[1], world.subject.now()));
    for (nth, view) in all.iter().enumerate() {
        assert_eq!(list(&any(), Some(&view.place), 2).await, all[nth + 1..all.len().min(nth + 3)]);
    }
    for (filter, count) in [
        (VerificationFilter { organization_id: Some("org_2".to_owned()), ..any() }, 0),
        (VerificationFilter { organization_id: Some("org_1".to_owned()), ..any() }, 4),
        (VerificationFilter { match_id: Some(MATCHES[0]), ..any() }, 3),
        (VerificationFilter { match_id: Some(MATCHES[2]), ..any() }, 0),
        (VerificationFilter { outcome: Some(Outcome::Retry), ..any() }, 2),
    ] {
        assert_eq!(list(&filter, None, 9).await.len(), count, "{filter:?}");
    }
}
