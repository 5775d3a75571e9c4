//! Runs, schedules and guards.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::breaker::Breaker;
use mauntic_domain::jobs::JobState;
use mauntic_domain::notifications::{Reservation, Window};
use mauntic_domain::runs::{RunCounts, RunStatus};
use mauntic_domain::schedules::Outcome;
use mauntic_flows::ports::{
    Committed, Dependency, EffectStore, GuardStore, Judged, JudgedFrom, JudgedSchedule,
    NewOccurrence, NewRun, Opened, Recounted, RunStart, RunStore, ScheduleStore, SentNotification,
    SpawnedJob,
};

use super::*;

fn start(n: u128) -> RunStart {
    RunStart {
        run_id: Uuid::from_u128(n),
        job_id: Uuid::from_u128(n + 100),
        job_type: JobType::BatchRecompute,
        data: json!({}),
        exclusive: true,
        request_id: "r".to_owned(),
    }
}

fn open(world: &World, n: u128) -> Opened {
    let run = NewRun { job_key: "key".to_owned(), organization_id: None, start: start(n) };
    wait(world.session().open_run(&run, "api")).unwrap()
}

fn alone(world: &World, id: Uuid) -> Held {
    let request = mauntic_flows::ports::AloneRequest {
        queue: Queue::ScoringEvents,
        id,
        token: TOKEN,
        lease_secs: 60,
    };
    match wait(world.session().claim_alone(request)).unwrap() {
        mauntic_flows::ports::AloneClaim::Held(held, _) => held,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_is_its_lock_and_ends_when_its_jobs_have() {
    let world = World::new();
    let (since, id) = (world.clock.database(), Uuid::from_u128(1));
    assert!(matches!(open(&world, 1), Opened::Started { .. }));
    assert!(matches!(open(&world, 1), Opened::Started { .. }));
    let expires_at = since + TimeDelta::minutes(25);
    assert_eq!(open(&world, 2), Opened::Held { holder: id, since, expires_at });
    let held = alone(&world, Uuid::from_u128(101));
    let mut effect = world.effect(&[&held]);
    let child = |n| SpawnedJob {
        id: Uuid::from_u128(n),
        job: score_job("c1"),
        idempotency_key: None,
        run_id: Some(id),
        request_id: None,
        starter: None,
    };
    effect.spawned = vec![child(501), child(502)];
    assert_eq!(
        wait(world.session().commit(&effect)).unwrap(),
        Committed::Done { superseded: 0, refill: false }
    );
    let run = || wait(world.session().run(id)).unwrap().unwrap();
    assert_eq!(run().counts, RunCounts { total: 3, done: 1, dead: 0, cancelled: 0 });
    assert_eq!(wait(world.session().cancel_run(id)).unwrap(), 2);
    assert_eq!((run().status, run().counts.cancelled), (RunStatus::Cancelled, 2));
    assert!(matches!(open(&world, 2), Opened::Started { .. }));
    world.store.look(|state| assert_eq!(state.counted(id), run_counts(state, id)));
}

fn run_counts(state: &mauntic_sim::store::State, id: Uuid) -> RunCounts {
    state.run(id).unwrap().counts
}

#[test]
fn a_replay_opens_the_run_again_without_its_lock() {
    let world = World::new();
    open(&world, 1);
    world.pass(7 * 24 * 3_600);
    let dead = wait(world.session().expire(1)).unwrap();
    let run = || wait(world.session().run(Uuid::from_u128(1))).unwrap().unwrap();
    assert_eq!((run().status, run().counts.dead), (RunStatus::Failed, 1));
    wait(world.session().replay(dead[0].id)).unwrap();
    assert_eq!((run().status, run().revision, run().counts.dead), (RunStatus::Running, 1, 0));
    assert!(matches!(open(&world, 2), Opened::Started { .. }), "the lock is free");
}

#[test]
fn a_stuck_run_is_recounted_from_its_jobs() {
    let world = World::new();
    open(&world, 1);
    let idle = TimeDelta::minutes(25);
    world.pass(25 * 60 + 1);
    let recount = || wait(world.session().recount(idle, 10)).unwrap();
    assert_eq!(recount(), Recounted { finalized: 0, stalled: 1 });
    world.store.change_job(Uuid::from_u128(101), |row| {
        row.state = JobState::Completed;
        row.finished_at = Some(row.created_at);
        row.receipt = Some(json!({}));
    });
    assert_eq!(recount(), Recounted { finalized: 1, stalled: 0 });
    let run = wait(world.session().run(Uuid::from_u128(1))).unwrap().unwrap();
    assert_eq!((run.status, run.counts.done), (RunStatus::Completed, 1));
}

#[test]
fn what_was_judged_is_written_once() {
    let world = World::new();
    let from: DateTime<Utc> = world.clock.database();
    let judged = |from_secs: Option<i64>, until_secs: i64, runs: &[u128]| JudgedSchedule {
        job_key: "key".into(),
        cron: "* * * * *".to_owned(),
        judged_from: from_secs.map(|secs| JudgedFrom {
            judged_until: from + TimeDelta::seconds(secs),
            cron: "* * * * *".to_owned(),
        }),
        judged_until: from + TimeDelta::seconds(until_secs),
        ordinal_next: Some(1),
        occurrences: runs
            .iter()
            .zip(0_i32..)
            .map(|(run, n)| NewOccurrence {
                nominal_at: from + TimeDelta::minutes(1) * (n + 1),
                outcome: Outcome::Ran,
                ordinal: i64::from(n),
                start: Some(start(*run)),
            })
            .collect(),
    };
    let write = |judged: JudgedSchedule| wait(world.session().write_judged(&judged)).unwrap();
    assert_eq!(write(judged(Some(0), 60, &[])), Judged::Meanwhile);
    assert_eq!(write(judged(None, 0, &[])), Judged::Written { started: vec![] });
    assert_eq!(write(judged(None, 60, &[])), Judged::Meanwhile);
    let started = vec![Uuid::from_u128(1)];
    assert_eq!(write(judged(Some(0), 120, &[1, 2])), Judged::Written { started });
    world.store.look(|state| {
        let outcomes: Vec<_> =
            state.occurrences().values().map(|row| (row.outcome, row.reason)).collect();
        assert_eq!(outcomes, [("ran", None), ("skipped", Some("overlap"))]);
    });
    assert!(!wait(world.session().pause("other", Some("why"))).unwrap());
    assert!(wait(world.session().pause("key", Some("why"))).unwrap());
    let rows = wait(world.session().schedules(&["key", "other"])).unwrap();
    assert_eq!((rows.rows.len(), rows.rows[0].paused.as_deref()), (1, Some("why")));
    assert_eq!(rows.rows[0].judged_until, from + TimeDelta::seconds(120));
}

#[test]
fn a_breaker_is_changed_only_as_it_was_read() {
    let world = World::new();
    let of = Dependency::AlertWebhook;
    let failing = Breaker::Failing { failures: 1 };
    let put = |version| wait(world.session().put_breaker(of, version, failing)).unwrap();
    assert_eq!((put(1), put(0), put(0), put(1)), (false, true, false, true));
    let now = world.clock.database();
    assert_eq!(wait(world.session().breaker(of)).unwrap(), (failing, 2, now));
}

#[test]
fn a_notification_goes_once_a_window_under_one_id() {
    let world = World::new();
    let [one, two, id] = [1, 2, 3].map(Uuid::from_u128);
    let ask = |token| {
        let window = Window::hours(1);
        wait(world.session().try_record("alert", "webhook", window, token, id)).unwrap()
    };
    assert_eq!((ask(one), ask(one)), (Reservation::Reserved { id }, Reservation::Reserved { id }));
    let until = world.clock.database() + TimeDelta::seconds(90);
    assert_eq!(ask(two), Reservation::Held { until });
    world.pass(90);
    assert_eq!(ask(two), Reservation::Reserved { id });
    let mut effect = world.effect(&[]);
    let sent = |token| SentNotification { subject: "alert".to_owned(), kind: "webhook", token };
    effect.notified = vec![sent(one)];
    wait(world.session().commit(&effect)).unwrap();
    assert_eq!(ask(two), Reservation::Reserved { id }, "another's token says nothing");
    effect.notified = vec![sent(two)];
    wait(world.session().commit(&effect)).unwrap();
    assert_eq!(ask(one), Reservation::Sent);
    world.pass(3_600);
    assert_eq!(ask(one), Reservation::Reserved { id });
}
