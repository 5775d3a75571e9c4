//! The effect's transaction and what it reads.

use mauntic_domain::jobs::JobState;
use mauntic_domain::jobs::data::ContactPlace;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Config, Context, score};
use mauntic_flows::ports::{Committed, EffectStore, ScoreWrite, SpawnedJob};

use super::*;

fn write(world: &World, held: &Held, contact_id: &str, features: &Features) -> ScoreWrite {
    let key = (org("a"), contact(contact_id));
    let input_version = world.store.look(|state| state.input_version(&key));
    ScoreWrite {
        contact: key,
        score: score(features, &Config::default(), &Context::default(), PointsE4::ZERO),
        input_version,
        config_version: 0,
        job_id: held.id,
    }
}

#[test]
fn an_effect_is_whole_or_nothing() {
    let world = World::new();
    world.store.put_contact(&org("a"), &contact("c1"), features());
    let (a, b) = (world.held("c1"), world.held("c2"));
    let mut effect = world.effect(&[&a, &b]);
    effect.scores = vec![write(&world, &a, "c1", &features())];
    effect.spawned = vec![SpawnedJob {
        id: Uuid::from_u128(1),
        job: score_job("c9"),
        idempotency_key: None,
        run_id: None,
        request_id: None,
        starter: None,
    }];
    effect.jobs[1].claim = 9;
    assert_eq!(wait(world.session().commit(&effect)).unwrap(), Committed::FenceLost);
    assert_eq!(world.store.jobs().len(), 2);
    assert!(world.store.look(|state| state.scores().is_empty() && state.events().count() == 0));
    effect.jobs[1].claim = 1;
    let done = wait(world.session().commit(&effect)).unwrap();
    assert_eq!(done, Committed::Done { superseded: 0, refill: false });
    assert_eq!(world.store.job(a.id).unwrap().state, JobState::Completed);
    let spawned = world.store.job(Uuid::from_u128(1)).unwrap();
    assert_eq!((spawned.wake_at, spawned.state), (world.clock.database(), JobState::Queued));
    world.store.look(|state| {
        assert_eq!(state.log().effects[&a.id], [1]);
        let event = state.events().next().unwrap();
        assert_eq!(
            event.data,
            json!({"contactId": "c1", "grade": "F", "previousGrade": null, "totalScore": 10})
        );
    });
    assert_eq!(wait(world.session().commit(&effect)).unwrap(), Committed::FenceLost);
}

#[test]
fn an_older_score_never_replaces_a_newer_one() {
    let world = World::new();
    world.store.put_contact(&org("a"), &contact("c1"), features());
    let commit = |features: &Features, version: i64| {
        let held = world.held("c1");
        let mut effect = world.effect(&[&held]);
        effect.scores =
            vec![ScoreWrite { input_version: version, ..write(&world, &held, "c1", features) }];
        wait(world.session().commit(&effect)).unwrap()
    };
    let more = Features { has_phone: true, demo_request: true, ..features() };
    assert_eq!(commit(&more, 2), Committed::Done { superseded: 0, refill: false });
    assert_eq!(commit(&features(), 1), Committed::Done { superseded: 1, refill: false });
    assert_eq!(commit(&features(), 3), Committed::Done { superseded: 0, refill: false });
    world.store.look(|state| {
        let row = &state.scores()[&(org("a"), contact("c1"))];
        assert_eq!((row.input_version, row.total.e4()), (3, 100_000));
        assert_eq!(row.previous_total.map(PointsE4::e4), Some(550_000));
        assert_eq!((state.history().len(), state.log().superseded), (1, 1));
        let of = |name: &str| state.events().filter(|event| event.event_type == name).count();
        assert_eq!(of("scoring.LeadScoreUpdated"), 2, "one a grade: C, then F");
        assert_eq!(of("scoring.ThresholdCrossed"), 4, "20 and 40, up and down");
    });
}

#[test]
fn ranges_are_consecutive_and_without_gaps() {
    let world = World::new();
    for owner in ["a", "b"] {
        for n in 0..5 {
            world.store.put_contact(&org(owner), &contact(&format!("c{n}")), features());
        }
    }
    let place = |owner: &str, name: &str| {
        Some(ContactPlace { organization_id: org(owner), contact_id: contact(name) })
    };
    for (owner, contacts, ranges, ends) in [
        (None, 4, 100, vec![("a", "c3"), ("b", "c2"), ("b", "c4")]),
        (None, 1, 2, vec![("a", "c4"), ("b", "c4")]),
        (Some(org("b")), 3, 100, vec![("b", "c2"), ("b", "c4")]),
        (Some(org("z")), 3, 100, vec![]),
    ] {
        let session = world.session();
        let planned = wait(session.plan_ranges(owner.as_ref(), contacts, ranges)).unwrap();
        let mut after = None;
        let mut read = 0;
        for (range, (of, name)) in planned.ranges.iter().zip(&ends) {
            assert_eq!((&range.after, Some(&range.through)), (&after, place(of, name).as_ref()));
            after = place(of, name);
            read += wait(session.range_inputs(owner.as_ref(), range, None)).unwrap().contacts.len();
        }
        assert_eq!(planned.ranges.len(), ends.len());
        assert_eq!(
            read,
            if ends.is_empty() {
                0
            } else if owner.is_some() {
                5
            } else {
                10
            }
        );
    }
}

#[test]
fn inputs_are_of_the_known_and_say_what_cannot_be_read() {
    let world = World::new();
    world.store.put_contact(&org("a"), &contact("c1"), features());
    world.store.put_contact(&org("a"), &contact("c2"), features());
    world.store.spoil_contact(&org("a"), &contact("c2"));
    assert_eq!(world.store.put_config(&org("a"), Config::default()), 1);
    let keys = ["c1", "c2", "c3"].map(|name| (org("a"), contact(name)));
    let inputs = wait(world.session().score_inputs(&keys)).unwrap();
    assert_eq!(inputs.contacts.len(), 2);
    assert_eq!(inputs.contacts[&keys[0]].as_ref().unwrap().input_version, 1);
    assert_eq!(inputs.contacts[&keys[1]].as_ref().unwrap_err().code(), "unreadable");
    assert_eq!(inputs.configs[&org("a")], Ok((Config::default(), 1)));
}
