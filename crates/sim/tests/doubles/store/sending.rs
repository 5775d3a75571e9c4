//! The relay's shares and waits, events, and retention.

use chrono::TimeDelta;
use mauntic_domain::jobs::limits::{DISPATCHED_MAX, WAKE};
use mauntic_flows::ports::{EffectStore, NewEvent, RelayStore, Retired};

use super::*;
use mauntic_sim::store::rows::JobRow;

fn row(world: &World, owner: &str, n: u128) -> JobRow {
    let now = world.clock.database();
    let data = json!({"organizationId": owner, "contactId": "c"});
    JobRow {
        organization_id: Some(owner.to_owned()),
        wake_at: now,
        ..JobRow::new(Uuid::from_u128(n), JobType::CalculateScore, data, now)
    }
}

#[test]
fn organizations_take_turns_and_keep_to_their_share() {
    let world = World::new();
    for n in 0..4 {
        world.store.put_job(row(&world, "a", n));
    }
    world.store.put_job(row(&world, "b", 10));
    let out = u128::try_from(DISPATCHED_MAX - 3).unwrap();
    for n in 0..out {
        let later = world.clock.database() + TimeDelta::hours(1);
        world.store.put_job(JobRow { resends: 1, wake_at: later, ..row(&world, "a", 100 + n) });
    }
    let taken = wait(world.session().take_due(10)).unwrap();
    let ids: Vec<u128> = taken
        .iter()
        .filter_map(|(_, wakeup)| wakeup.message.job_id)
        .map(|id| id.as_u128())
        .collect();
    assert_eq!(ids, [0, 10, 1, 2], "three are left of a's share, and b is not behind them");
    let due = || wait(world.session().take_due(10)).unwrap().len();
    wait(world.session().mark_sent(&[0, 1, 2].map(Uuid::from_u128))).unwrap();
    assert_eq!(due(), 0, "a's share is out, and b's row is another relay's");
    let again = world.clock.database() + TimeDelta::seconds(60);
    assert_eq!(world.store.job(Uuid::from_u128(10)).unwrap().wake_at, again);
}

#[test]
fn a_message_is_sent_again_ever_later_and_never_for_a_held_job() {
    let world = World::new();
    let id = world.enqueue("c1", JobKey::None).id;
    let now = world.clock.database();
    for minutes in [15, 30, 60, 120, 240, 360, 360] {
        world.store.change_job(id, |row| row.wake_at = now + WAKE);
        wait(world.session().mark_sent(&[id])).unwrap();
        assert_eq!(world.store.job(id).unwrap().wake_at, now + TimeDelta::minutes(minutes));
        // Moved since it was taken: it keeps its time.
        wait(world.session().mark_sent(&[id])).unwrap();
        assert_eq!(world.store.job(id).unwrap().wake_at, now + TimeDelta::minutes(minutes));
    }
    let held = world.held("c2").id;
    wait(world.session().mark_own_sent(&org("a"), &[held])).unwrap();
    assert_eq!(world.store.job(held).unwrap().resends, 0);
    wait(world.session().mark_own_sent(&org("b"), &[id])).unwrap();
    assert_eq!(world.store.job(id).unwrap().resends, 7, "another organization's");
}

#[test]
fn events_are_taken_by_one_and_sent_once() {
    let world = World::new();
    let held = world.held("c1");
    let mut effect = world.effect(&[&held]);
    effect.events = vec![NewEvent {
        event_type: "scoring.Tested",
        organization_id: None,
        data: json!({}),
        job_id: held.id,
        request_id: None,
    }];
    wait(world.session().commit(&effect)).unwrap();
    let take = || wait(world.session().take_events(10)).unwrap();
    let taken = take();
    assert_eq!((taken.len(), take().len()), (1, 0));
    world.pass(60);
    assert_eq!(take(), taken);
    wait(world.session().mark_events_sent(&[taken[0].id])).unwrap();
    world.pass(60);
    assert_eq!(take(), []);
}

#[test]
fn what_is_old_goes_and_an_open_case_stays() {
    let world = World::new();
    let held = world.held("c1");
    wait(world.session().commit(&world.effect(&[&held]))).unwrap();
    let mut by_hand = request(&[]);
    by_hand.shorts = vec![ShortJob { id: Uuid::new_v8([1; 16]), ..short(1, "c1", None) }];
    let short = wait(world.session().claim(&by_hand)).unwrap().held.remove(0);
    wait(world.session().commit(&world.effect(&[&short]))).unwrap();
    world.enqueue("c2", JobKey::None);
    world.pass(8 * 24 * 3_600);
    assert_eq!(wait(world.session().expire(10)).unwrap().len(), 1);
    world.pass(31 * 24 * 3_600);
    let retire = || wait(world.session().retire(TimeDelta::days(30), 100)).unwrap();
    assert_eq!(retire(), Retired { jobs: 2, runs: 1, deliveries: 2, ..Retired::default() });
    world.store.decide_letters();
    assert_eq!(retire(), Retired { jobs: 1, ..Retired::default() });
    world.pass(31 * 24 * 3_600);
    assert_eq!(retire(), Retired { dead_letters: 1, ..Retired::default() });
    assert!(world.store.jobs().is_empty());
}
