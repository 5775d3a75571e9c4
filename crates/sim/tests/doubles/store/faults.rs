//! What goes wrong, and that the double says so as the real one does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mauntic_domain::jobs::JobState;
use mauntic_flows::ports::{EffectStore, Instance, KeyStore, PortError};

use std::task::{Context, Waker};

use super::*;
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::store::Twin;

#[test]
fn a_lost_answer_is_unknown_where_a_commit_was_asked_for() {
    let world = World::new();
    let held = world.held("c1");
    let effect = world.effect(&[&held]);
    let state = || world.store.job(held.id).unwrap().state;
    for (fault, code, after) in [
        (Fault::Lost, "unavailable", JobState::InProgress),
        (Fault::Contended, "contention", JobState::InProgress),
        (Fault::Unsure, "commit_unknown", JobState::InProgress),
        (Fault::AnswerLost, "commit_unknown", JobState::Completed),
    ] {
        world.store.faults().next(Some(Call::Commit), fault);
        let error = wait(world.session().commit(&effect)).unwrap_err();
        assert_eq!((error.code(), state()), (code, after));
    }
    world.store.faults().next(Some(Call::Beat), Fault::AnswerLost);
    let session = world.session();
    let by = Instance { id: TOKEN, schema_max: 6 };
    let error =
        wait(mauntic_flows::ports::RelayStore::beat(&session, "relay", 60, &by)).unwrap_err();
    assert_eq!(error.code(), "unavailable");
    assert_eq!(wait(world.session().vitals()).unwrap().beats.len(), 1);
}

#[test]
fn a_session_is_not_used_after_an_error() {
    let world = World::new();
    let session = world.session();
    let down = PortError::Unavailable { what: "the database", cause: "test".to_owned() };
    world.store.faults().next(None, Fault::Fail(down.clone()));
    assert_eq!(wait(session.vitals()).unwrap_err(), down);
    assert!(catch_unwind(AssertUnwindSafe(|| wait(session.vitals()))).is_err());
    world.store.faults().stand(Call::Open, Some(Fault::Fail(down.clone())));
    assert_eq!(wait(world.store.open()).unwrap_err(), down);
    world.store.faults().stand(Call::Open, None);
    world.store.faults().fail_work(Some(down.clone()));
    assert_eq!(wait(world.session().vitals()).unwrap_err(), down);
}

#[test]
fn locked_rows_come_back_and_lost_letters_say_so() {
    let world = World::new();
    let ids: Vec<Uuid> =
        (0..20).map(|n| world.enqueue(&format!("c{n}"), JobKey::None).id).collect();
    world.store.faults().next(Some(Call::Claim), Fault::Locked(3));
    let reply = world.claim(&ids);
    assert_eq!(reply.held.len() + reply.seen.len(), 20);
    assert!((1..20).contains(&reply.seen.len()), "{} are locked", reply.seen.len());
    assert!(reply.seen.iter().all(|seen| seen.next == mauntic_flows::ports::Next::Unlocked));
    let mut asked = request(&[]);
    asked.letters = vec![letter("m", "malformed")];
    world.store.faults().next(Some(Call::Claim), Fault::LettersLost);
    assert!(wait(world.session().claim(&asked)).unwrap().letters.is_err());
    assert!(world.store.letters().is_empty());
}

#[test]
fn a_call_that_is_dropped_half_way_was_not_done_or_is_not_known() {
    let world = World::new();
    let held = world.held("c1");
    let effect = world.effect(&[&held]);
    let mut context = Context::from_waker(Waker::noop());
    for (polls, after) in [(1, JobState::InProgress), (2, JobState::Completed)] {
        let session = world.session();
        let mut commit = Box::pin(session.commit(&effect));
        for _ in 0..polls {
            assert!(commit.as_mut().poll(&mut context).is_pending());
        }
        drop(commit);
        assert_eq!(world.store.job(held.id).unwrap().state, after);
    }
}

#[test]
fn twins_break_what_they_are_named_for() {
    let committed = |twin: Twin| {
        let world = World::new();
        let held = world.held("c1");
        let effect = world.effect(&[&held]);
        world.store.set_twin(twin);
        world.store.faults().next(Some(Call::Commit), Fault::AnswerLost);
        let lost = wait(world.session().commit(&effect));
        assert!(lost.is_err());
        let again = wait(world.session().commit(&effect));
        assert!(again.is_ok());
        world.store.look(|state| state.log().effects[&held.id].len())
    };
    assert_eq!(committed(Twin::None), 1);
    assert_eq!(committed(Twin::ClaimWithoutFence), 2);
    assert_eq!(committed(Twin::EffectApartFromCompletion), 2);
    let world = World::new();
    world.store.set_twin(Twin::ClaimSpendsBudget);
    assert_eq!(world.held("c1").failures, 1);
}
