//! Settlements that are not made: without their claim, refused, of a closed tournament, or
//! only rehearsed.

use mauntic_flows::ports::{
    Committed, CompletedJob, Effect, EffectStore, JobKey, OperatorStore, PortError,
    SettlementStore, SettlementWrite,
};
use serde_json::{Value, json};

use super::given::{dead, effect};
use super::given_boards::key;
use crate::boards::BoardSubject;
use crate::subject::World;

on_both! {
    a_settlement_without_its_claim_gives_nothing
    a_settlement_that_is_refused_is_noted_once_an_attempt
    a_closed_tournament_is_not_settled
    a_rehearsal_looks_whether_it_is_settled_and_settles_nothing
}

async fn a_settlement_without_its_claim_gives_nothing<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let write = world.decided(0, &held).await;
    assert!(world.set_back(&held, dead(true)).await);
    let before = world.dump().await;
    let settlements = vec![write];
    let whole = Effect { settlements, ..effect(world.subject.now(), &[&held]) };
    assert_eq!(world.queue.commit(&whole).await.unwrap(), Committed::FenceLost);
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}

async fn a_settlement_that_is_refused_is_noted_once_an_attempt<S: BoardSubject>(
    mut world: World<S>,
) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1"), ("bob", "2:1")]).await;
    world.end(0, "2:1").await;
    world.spoil("bob").await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    for _ in 0..2 {
        let settlements = vec![world.decided(0, &held).await];
        let whole = Effect { settlements, ..effect(world.subject.now(), &[&held]) };
        let committed = world.queue.commit(&whole).await;
        assert!(matches!(committed, Err(PortError::Refused { .. })), "{committed:?}");
        world.reopen().await;
    }
    let boards = world.subject.tables().await["boards"].clone();
    let rows = boards["settlements"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["entry"]["status"], &rows[0]["attempt"]), (&json!("failed"), &json!(1)));
    assert!(rows[0]["detail"].as_str().unwrap().contains("settlement_not_on_board"));
    assert_eq!(boards["point_entries"], json!([]));
    assert_eq!(boards["entries"][0]["points_e4"], 0);
    assert_eq!(boards["matches"][0]["settled_version"], 0);
    assert_eq!(boards["tournaments"][0]["settled_at"], Value::Null, "rules may be changed");
}

async fn a_closed_tournament_is_not_settled<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let settlements = vec![world.decided(0, &held).await];
    let place = world.place(0);
    let is_closed = async |world: &World<S>| {
        world.queue.settlement_inputs(&place).await.unwrap().unwrap().is_closed
    };
    assert!(!is_closed(&world).await);
    world.subject.close_tournament(&key("org_1")).await;
    assert!(is_closed(&world).await);
    let before = world.dump().await;
    let whole = Effect { settlements, ..effect(world.subject.now(), &[&held]) };
    let committed = world.queue.commit(&whole).await;
    assert!(matches!(committed, Err(PortError::Contention { .. })), "{committed:?}");
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}

async fn a_rehearsal_looks_whether_it_is_settled_and_settles_nothing<S: BoardSubject>(
    mut world: World<S>,
) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    // What is refused only where it is written.
    world.spoil("ada").await;
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let write = SettlementWrite { attempt: held.claim + 1, ..world.decided(0, &held).await };
    assert!(world.set_back(&held, dead(true)).await);
    let done = CompletedJob { id: job, claim: held.claim + 1, run_id: None, summary: json!({}) };
    let whole = effect(world.subject.now(), &[]);
    let whole = Effect { jobs: vec![done], settlements: vec![write], ..whole };
    let before = world.subject.tables().await;
    for _ in 0..2 {
        let told = world.op.rehearse(job, &whole).await.unwrap();
        assert!(matches!(told, Committed::Done { .. }), "{told:?}");
        assert_eq!(world.subject.tables().await, before);
    }
    world.end(0, "3:1").await;
    let told = world.op.rehearse(job, &whole).await;
    assert!(matches!(told, Err(PortError::Contention { .. })), "{told:?}");
}
