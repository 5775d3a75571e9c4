//! Replays of many: released at their pace, up to their limit, as the tick goes
//! on with them.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::replays::Terms;
use mauntic_flows::ports::{
    Advanced, CaseFilter, Committed, JobKey, OperatorStore, RelayStore, ReplayRow,
};
use serde_json::json;
use uuid::Uuid;

use super::asked::ALL;
use super::given::{dead, idempotent};
use crate::dump::{assert_has, none};
use crate::subject::{Subject, World};

on_both! {
    an_order_waits_for_its_first_step
    an_order_releases_what_its_filter_names
    jobs_become_available_at_the_pace
    the_pace_is_kept_from_step_to_step
    messages_leave_at_once_with_their_delay
    no_more_than_the_limit_are_released
    cases_that_come_later_are_not_its
    cases_that_cannot_be_replayed_are_passed_over
    a_replayed_run_is_completed
    two_orders_share_their_cases
    what_became_of_its_jobs_is_counted
}

/// A tick's interval.
const WINDOW: TimeDelta = TimeDelta::seconds(60);

async fn advance<S: Subject>(world: &World<S>) -> Advanced {
    world.queue.advance_replays(WINDOW, None).await.unwrap()
}

fn ended(row: &ReplayRow, status: &'static str) -> Vec<(Uuid, &'static str)> {
    vec![(row.id, status)]
}

async fn an_order_waits_for_its_first_step<S: Subject>(mut world: World<S>) {
    let jobs = world.dead_letters(2).await;
    let filter = CaseFilter { organization_id: Some("org_1".to_owned()), ..CaseFilter::default() };
    let terms = Terms { limit: 9, canary: 1, per_second: 5 };
    let row = world.order(filter.clone(), terms).await;
    assert_eq!((row.filter.clone(), row.status.as_str()), (filter, "canary"));
    assert_eq!((row.limit, row.canary, row.per_second), (9, 1, 5));
    assert_eq!((row.actor.as_str(), row.why.as_deref()), ("bootstrap", Some("it was asked for")));
    assert_eq!((row.replayed, row.refused, row.created_at), (0, 0, world.subject.now()));
    assert_eq!((row.stopped_by, row.finished_at, row.canaries.as_slice()), (None, None, &[][..]));
    assert_eq!(world.replay_row(row.id).await, row);
    assert_eq!(world.op.replay_row(Uuid::max()).await.unwrap(), None);
    world.expect_job(jobs[0], json!({"state": "dead_lettered"})).await;
    let uncanaried = world.order(CaseFilter::default(), ALL).await;
    assert_eq!(uncanaried.status, "running");
}

async fn an_order_releases_what_its_filter_names<S: Subject>(mut world: World<S>) {
    let of_other = world.dead_letter_of("org_2", "bob").await;
    let jobs = world.dead_letters(3).await;
    let filter = CaseFilter { organization_id: Some("org_1".to_owned()), ..CaseFilter::default() };
    world.advance(10).await;
    let row = world.order(filter, ALL).await;
    assert_eq!(advance(&world).await, Advanced { released: 3, ended: ended(&row, "completed") });
    for job in jobs {
        let queued = json!({"state": "queued", "failures": 0, "replays": 1, "wake_at": "+0s",
            "finished_at": none()});
        world.expect_job(job, queued).await;
    }
    world.expect_job(of_other, json!({"state": "dead_lettered", "replays": 0})).await;
    let decided = json!({"decision": "replayed", "decided_by": "bootstrap", "decided_at": "+0s",
        "decided_why": "it was asked for", "replay_id": row.id});
    for letter in world.letters().await.iter().filter(|row| row["organization_id"] == "org_1") {
        assert_has(letter, &decided);
        assert_eq!(letter["replayed_as"], letter["job_id"]);
    }
    let row = world.replay_row(row.id).await;
    assert_eq!((row.status.as_str(), row.replayed, row.refused), ("completed", 3, 0));
    assert_eq!(row.finished_at, Some(world.subject.now()));
    // It is over.
    let before = world.dump().await;
    assert_eq!(advance(&world).await, Advanced::default());
    assert_eq!(world.dump().await, before);
}

/// When the queued jobs become available, in order.
async fn available<S: Subject>(world: &mut World<S>, jobs: &[Uuid]) -> Vec<DateTime<Utc>> {
    let mut times = Vec::new();
    for job in jobs {
        let view = world.op.job(*job).await.unwrap().unwrap().job;
        if view.replays > 0 {
            times.push(view.available_at);
        }
    }
    times.sort_unstable();
    times
}

async fn jobs_become_available_at_the_pace<S: Subject>(mut world: World<S>) {
    let jobs = world.dead_letters(7).await;
    world.order(CaseFilter::default(), Terms { limit: 100, canary: 0, per_second: 2 }).await;
    let window = TimeDelta::seconds(3);
    assert_eq!(world.queue.advance_replays(window, None).await.unwrap().released, 6);
    let now = world.subject.now();
    let expected: Vec<_> = (0..6).map(|n| now + TimeDelta::milliseconds(500 * n)).collect();
    assert_eq!(available(&mut world, &jobs).await, expected);
    // The oldest case first.
    let first = world.op.job(jobs[0]).await.unwrap().unwrap().job;
    assert_eq!(first.available_at, now);
    world.expect_job(jobs[6], json!({"state": "dead_lettered"})).await;
}

async fn the_pace_is_kept_from_step_to_step<S: Subject>(mut world: World<S>) {
    let jobs = world.dead_letters(20).await;
    let row =
        world.order(CaseFilter::default(), Terms { limit: 100, canary: 0, per_second: 4 }).await;
    let (began, window) = (world.subject.now(), TimeDelta::seconds(2));
    let mut steps = 0;
    while world.replay_row(row.id).await.finished_at.is_none() {
        // Two ticks at once, and one that comes early, change nothing.
        for _ in 0..2 {
            world.queue.advance_replays(window, None).await.unwrap();
        }
        let times = available(&mut world, &jobs).await;
        let spaced = |pair: &[DateTime<Utc>]| pair[1] - pair[0] >= TimeDelta::milliseconds(250);
        assert!(times.windows(2).all(spaced), "{times:?}");
        let ahead = world.subject.now() + window;
        assert!(times.iter().all(|at| *at <= ahead), "{times:?}");
        world.advance(1).await;
        steps += 1;
    }
    assert!(steps >= 4, "{steps} steps");
    let times = available(&mut world, &jobs).await;
    assert_eq!((times.len(), times[0]), (20, began));
    // Nothing is lost by the steps' edges either.
    assert!(times[19] <= began + TimeDelta::seconds(6), "{times:?}");
}

async fn messages_leave_at_once_with_their_delay<S: Subject>(mut world: World<S>) {
    let jobs = world.dead_letters(3).await;
    // Messages of their first life are long gone.
    world.advance(86_400).await;
    world.order(CaseFilter::default(), Terms { limit: 100, canary: 0, per_second: 1 }).await;
    advance(&world).await;
    let mut due = world.queue.take_due(10).await.unwrap();
    due.sort_by_key(|(_, wakeup)| wakeup.delay_secs);
    let due: Vec<(Uuid, u32)> =
        due.iter().map(|(_, due)| (due.message.job_id.unwrap(), due.delay_secs)).collect();
    assert_eq!(due, [(jobs[0], 0), (jobs[1], 1), (jobs[2], 2)]);
    // A part of a second is a second more: never before its time.
    let late = world.dead_letters(2).await;
    world.order(CaseFilter::default(), ALL).await;
    advance(&world).await;
    let due = world.queue.take_due(10).await.unwrap();
    let last = due.iter().find(|(_, due)| due.message.job_id == Some(late[1])).unwrap();
    assert_eq!(last.1.delay_secs, 1);
}

async fn no_more_than_the_limit_are_released<S: Subject>(mut world: World<S>) {
    let jobs = world.dead_letters(5).await;
    let row = world.order(CaseFilter::default(), Terms { limit: 3, ..ALL }).await;
    assert_eq!(advance(&world).await, Advanced { released: 3, ended: ended(&row, "completed") });
    for (n, job) in jobs.into_iter().enumerate() {
        let state = if n < 3 { "queued" } else { "dead_lettered" };
        world.expect_job(job, json!({"state": state})).await;
    }
    assert_eq!(world.open_cases().await.len(), 2);
}

async fn cases_that_come_later_are_not_its<S: Subject>(mut world: World<S>) {
    world.dead_letters(2).await;
    world.order(CaseFilter::default(), ALL).await;
    world.advance(5).await;
    let later = world.dead_letter(JobKey::None).await;
    assert_eq!(advance(&world).await.released, 2);
    world.expect_job(later, json!({"state": "dead_lettered"})).await;
}

async fn cases_that_cannot_be_replayed_are_passed_over<S: Subject>(mut world: World<S>) {
    world.unreadable("m-1").await;
    let first = world.dead_letter(JobKey::None).await;
    let keyed = world.dead_letter(idempotent("key")).await;
    let last = world.dead_letter(JobKey::None).await;
    world.one(idempotent("key")).await;
    let row = world.order(CaseFilter::default(), ALL).await;
    assert_eq!(advance(&world).await, Advanced { released: 2, ended: ended(&row, "completed") });
    for (job, state) in [(first, "queued"), (keyed, "dead_lettered"), (last, "queued")] {
        world.expect_job(job, json!({"state": state})).await;
    }
    let row = world.replay_row(row.id).await;
    assert_eq!((row.replayed, row.refused), (2, 2));
    assert_eq!(world.open_cases().await.len(), 2, "they stay open");
}

async fn a_replayed_run_is_completed<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(3).await;
    let held = world.claim(&jobs).await.held;
    world.complete(&[&held[0]]).await;
    for held in &held[1..] {
        world.set_back(held, dead(true)).await;
    }
    world.expect_run(run, json!({"status": "partial", "jobs_done": 2, "jobs_dead": 2})).await;
    let filter = CaseFilter { run_id: Some(run), ..CaseFilter::default() };
    world.order(filter, ALL).await;
    assert_eq!(advance(&world).await.released, 2);
    let row = json!({"status": "running", "jobs_done": 2, "jobs_dead": 0, "finished_at": none(),
        "exclusive": false});
    world.expect_run(run, row).await;
    let held = world.claim(&jobs).await.held;
    let held: Vec<_> = held.iter().collect();
    assert_eq!(world.complete(&held).await, Committed::Done { superseded: 0, refill: false });
    world.expect_run(run, json!({"status": "completed", "jobs_done": 4, "jobs_total": 4})).await;
}

async fn two_orders_share_their_cases<S: Subject>(mut world: World<S>) {
    world.dead_letters(4).await;
    let first = world.order(CaseFilter::default(), Terms { limit: 3, ..ALL }).await;
    let second = world.order(CaseFilter::default(), Terms { limit: 3, ..ALL }).await;
    let advanced = advance(&world).await;
    assert_eq!(advanced.released, 4);
    let mut ids: Vec<Uuid> = advanced.ended.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [first.id, second.id]);
    let (first, second) = (world.replay_row(first.id).await, world.replay_row(second.id).await);
    assert_eq!(first.replayed + second.replayed, 4);
    assert!(world.column("jobs", "replays").await.iter().all(|replays| *replays == 1));
}

async fn what_became_of_its_jobs_is_counted<S: Subject>(mut world: World<S>) {
    let jobs = world.dead_letters(3).await;
    let row = world.order(CaseFilter::default(), ALL).await;
    advance(&world).await;
    let held = world.claim(&jobs).await.held;
    world.complete(&[&held[0]]).await;
    world.set_back(&held[1], dead(true)).await;
    let row = world.replay_row(row.id).await;
    assert_eq!((row.completed, row.dead_again, row.unfinished), (1, 1, 1));
}
