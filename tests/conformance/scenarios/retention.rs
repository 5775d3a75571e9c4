//! Retention: what is final, decided or told, and old, goes.

use mauntic_domain::jobs::limits::KEEP_MIN;
use mauntic_domain::notifications::Window;
use mauntic_domain::schedules::Outcome;
use mauntic_flows::ports::{
    CaseFilter, Dependency, Effect, EffectStore, Ended, GuardStore, JobKey, JobStore, Judged,
    JudgedSchedule, NewOccurrence, OperatorStore, RelayStore, Retired, ScheduleStore,
};

use super::asked::{ALL, keyed};
use super::given::{by_hand, effect, score, short};
use crate::subject::{Subject, World};

on_both! {
    nothing_young_goes
    a_final_job_goes_with_its_time
    a_job_sent_by_hand_goes_too
    an_open_case_keeps_its_job
    a_decided_case_goes_and_then_its_job
    a_run_goes_after_its_jobs
    at_most_so_many_rows_go
    events_go_sent_or_not
    notifications_go_after_their_window
    judged_occurrences_go
    deliveries_go
    answers_go_after_a_day
    replays_that_are_over_go
}

/// Without the deliveries, which nearly every case has some of.
async fn retire<S: Subject>(world: &World<S>) -> Retired {
    Retired { deliveries: 0, ..world.queue.retire(KEEP_MIN, 100).await.unwrap() }
}

async fn month<S: Subject>(world: &World<S>) {
    world.subject.advance(KEEP_MIN).await;
}

async fn nothing_young_goes<S: Subject>(mut world: World<S>) {
    let (_, jobs) = world.fan_out(1).await;
    let held = world.hold(jobs[0]).await;
    world.complete(&[&held]).await;
    world.dead_letter(JobKey::None).await;
    month(&world).await;
    let before = world.dump().await;
    assert_eq!(retire(&world).await, Retired::default());
    assert_eq!(world.dump().await, before);
}

async fn a_final_job_goes_with_its_time<S: Subject>(mut world: World<S>) {
    let done = world.one(JobKey::None).await;
    let (gone, open) = (world.one(JobKey::None).await, world.one(JobKey::None).await);
    let held = world.hold(done).await;
    world.advance(10).await;
    world.queue.cancel(&[gone]).await.unwrap();
    month(&world).await;
    world.advance(1).await;
    // Its lease ran out, but nobody took it since.
    world.complete(&[&held]).await;
    assert_eq!(retire(&world).await, Retired { jobs: 1, ..Retired::default() });
    assert!(world.row("jobs", gone).await.is_none());
    assert!(world.row("jobs", open).await.is_some());
    month(&world).await;
    world.advance(1).await;
    assert_eq!(retire(&world).await.jobs, 1);
}

async fn a_job_sent_by_hand_goes_too<S: Subject>(mut world: World<S>) {
    let wanted = short("m-1", "ada", None);
    let request = by_hand(world.id(), [wanted.clone()]);
    let reply = world.queue.claim(&request).await.unwrap();
    world.complete(&[&reply.held[0]]).await;
    month(&world).await;
    world.advance(1).await;
    let retired = retire(&world).await;
    assert_eq!((retired.jobs, retired.runs), (1, 1));
    assert!(world.row("jobs", wanted.id).await.is_none());
}

async fn an_open_case_keeps_its_job<S: Subject>(mut world: World<S>) {
    let id = world.dead_letter(JobKey::None).await;
    for _ in 0..3 {
        month(&world).await;
    }
    assert_eq!(retire(&world).await, Retired::default());
    assert!(world.row("jobs", id).await.is_some());
}

async fn a_decided_case_goes_and_then_its_job<S: Subject>(mut world: World<S>) {
    let id = world.dead_letter(JobKey::None).await;
    month(&world).await;
    world.advance(1).await;
    world.subject.decide_letters().await;
    assert_eq!(retire(&world).await, Retired { jobs: 1, ..Retired::default() });
    assert!(world.row("jobs", id).await.is_none());
    month(&world).await;
    world.advance(1).await;
    assert_eq!(retire(&world).await, Retired { dead_letters: 1, ..Retired::default() });
    assert!(world.letters().await.is_empty());
}

async fn a_run_goes_after_its_jobs<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(1).await;
    let held = world.hold(jobs[0]).await;
    world.complete(&[&held]).await;
    let (open, _) = world.open("open", true).await;
    month(&world).await;
    world.advance(1).await;
    let retired = retire(&world).await;
    assert_eq!((retired.jobs, retired.runs), (2, 1));
    assert!(world.row("runs", run).await.is_none());
    assert!(world.row("runs", open).await.is_some());
}

async fn at_most_so_many_rows_go<S: Subject>(mut world: World<S>) {
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.one(JobKey::None).await);
    }
    world.queue.cancel(&ids).await.unwrap();
    month(&world).await;
    world.advance(1).await;
    assert_eq!(world.queue.retire(KEEP_MIN, 2).await.unwrap().jobs, 2);
    assert!(world.row("jobs", ids[2]).await.is_some());
    assert_eq!(world.queue.retire(KEEP_MIN, 2).await.unwrap().jobs, 1);
}

async fn events_go_sent_or_not<S: Subject>(mut world: World<S>) {
    let id = world.id();
    let scores = vec![score("ada", 10, (1, 0), id), score("bob", 10, (1, 0), id)];
    let whole = effect(world.subject.now(), &[]);
    world.queue.commit(&Effect { scores, ..whole }).await.unwrap();
    let events = world.queue.take_events(1).await.unwrap();
    world.queue.mark_events_sent(&[events[0].id]).await.unwrap();
    month(&world).await;
    world.advance(1).await;
    assert_eq!(retire(&world).await.events, 2);
}

async fn notifications_go_after_their_window<S: Subject>(mut world: World<S>) {
    let (token, fresh) = (world.id(), world.id());
    let window = Window::DEFAULT;
    world.queue.try_record("alert", "signal", window, token, fresh).await.unwrap();
    world.subject.advance(window.length()).await;
    assert_eq!(retire(&world).await.notifications, 0);
    // It was never known to be sent: its sender may come back, under its id.
    world.advance(1).await;
    assert_eq!(retire(&world).await.notifications, 0);
    month(&world).await;
    assert_eq!(retire(&world).await.notifications, 1);
}

async fn judged_occurrences_go<S: Subject>(mut world: World<S>) {
    let start = world.subject.now();
    let occurrence = |ordinal| NewOccurrence {
        nominal_at: start + chrono::TimeDelta::minutes(ordinal),
        outcome: Outcome::Missed,
        ordinal,
        start: None,
    };
    let judged = JudgedSchedule {
        job_key: "scoring.batch-recompute".into(),
        cron: "* * * * *".to_owned(),
        judged_from: None,
        judged_until: start + chrono::TimeDelta::minutes(1),
        ordinal_next: Some(2),
        occurrences: vec![occurrence(0), occurrence(1)],
    };
    let written = world.queue.write_judged(&judged).await.unwrap();
    assert_eq!(written, Judged::Written { started: vec![] });
    month(&world).await;
    world.advance(3_600).await;
    assert_eq!(retire(&world).await.occurrences, 1);
    assert_eq!(world.column("occurrences", "ordinal").await, [1]);
}

async fn deliveries_go<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.complete(&[&held]).await;
    month(&world).await;
    world.claim(&[]).await;
    assert_eq!(world.queue.retire(KEEP_MIN, 100).await.unwrap(), Retired::default());
    world.advance(1).await;
    let gone = world.queue.retire(KEEP_MIN, 100).await.unwrap();
    assert_eq!(gone, Retired { jobs: 1, deliveries: 1, ..Retired::default() });
    assert_eq!(world.column("deliveries", "messages").await, [0]);
}

async fn answers_go_after_a_day<S: Subject>(mut world: World<S>) {
    let op = world.acting(keyed("k", 1)).await;
    op.reset_breaker(Dependency::AlertWebhook).await.unwrap();
    for (wait, gone) in [(86_399, 0), (2, 1), (0, 0)] {
        world.advance(wait).await;
        assert_eq!(retire(&world).await, Retired { answers: gone, ..Retired::default() });
    }
    assert!(world.column("answers", "key").await.is_empty());
    // What was done stays told for ever.
    for _ in 0..12 {
        month(&world).await;
    }
    retire(&world).await;
    assert_eq!(world.audit().await.len(), 1);
}

async fn replays_that_are_over_go<S: Subject>(mut world: World<S>) {
    let over = world.order(CaseFilter::default(), ALL).await;
    let open = world.order(CaseFilter::default(), ALL).await;
    assert_eq!(world.op.end_replay(over.id).await.unwrap(), Ended::Done { jobs: 0 });
    month(&world).await;
    assert_eq!(retire(&world).await.replays, 0);
    world.advance(1).await;
    assert_eq!(retire(&world).await, Retired { replays: 1, ..Retired::default() });
    assert_eq!(world.op.replay_row(over.id).await.unwrap(), None);
    assert!(world.op.replay_row(open.id).await.unwrap().is_some());
}
