//! The audit: what operators did is written with it, what did nothing is not,
//! and what was refused is written by whoever refused it.

use chrono::TimeDelta;
use mauntic_domain::audit::REFUSALS_AN_HOUR_MAX;
use mauntic_domain::breaker::Breaker;
use mauntic_domain::schedules::Outcome;
use mauntic_flows::ports::{
    Act, AuditFilter, CaseFilter, CaseReplay, Dependency, Ended, GuardStore, Handed, JobKey,
    JobStore, Judged, JudgedSchedule, NewOccurrence, Opened, OperatorStore, PortError, ReplayOrder,
    Retried, RunStore, ScheduleStore,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::asked::{ALL, by_hand, entry, outline};
use super::given::{dead, idempotent, new_run};
use crate::dump::none;
use crate::subject::{Subject, World, act};

on_both! {
    every_act_has_its_entry
    an_entry_says_who_and_why_and_from_what_to_what
    what_does_nothing_has_no_entry
    a_refusal_is_written_by_who_refuses
    the_audit_takes_so_many_refusals_of_one
    a_session_that_does_not_operate_is_not_audited
    the_audit_is_searched
    the_chain_is_read_in_pages
    a_run_is_ended_by_hand
    dead_jobs_of_a_run_are_retried
    a_retry_passes_over_keys_that_are_taken
    a_retry_leaves_what_was_discarded
    each_job_that_is_cancelled_has_its_entry
    a_job_is_handed_in
}

const SCHEDULE: &str = "scoring.batch-recompute";

/// The schedule has its row.
async fn judged<S: Subject>(world: &World<S>) {
    let judged = JudgedSchedule {
        job_key: SCHEDULE.into(),
        cron: "* * * * *".to_owned(),
        judged_from: None,
        judged_until: world.subject.now(),
        ordinal_next: Some(1),
        occurrences: vec![NewOccurrence {
            nominal_at: world.subject.now(),
            outcome: Outcome::Missed,
            ordinal: 0,
            start: None,
        }],
    };
    let written = world.queue.write_judged(&judged).await.unwrap();
    assert_eq!(written, Judged::Written { started: vec![] });
}

async fn every_act_has_its_entry<S: Subject>(mut world: World<S>) {
    judged(&world).await;
    let waiting = world.one(JobKey::None).await;
    let (dead, other) =
        (world.dead_letter(JobKey::None).await, world.dead_letter(JobKey::None).await);
    let (case, discarded) = (world.case_of(dead).await, world.case_of(other).await);
    let ids: Vec<Uuid> = (0..8).map(|_| world.id()).collect();
    let op = &world.op;
    assert_eq!(op.cancel(&[waiting]).await.unwrap(), [waiting]);
    let run = new_run(SCHEDULE, ids[0], ids[1], true);
    assert!(matches!(op.open_run(&run, "manual").await.unwrap(), Opened::Started { .. }));
    assert_eq!(op.end_run(ids[0]).await.unwrap(), Ended::Done { jobs: 1 });
    assert!(op.pause(SCHEDULE, Some("a note")).await.unwrap());
    assert!(op.pause(SCHEDULE, None).await.unwrap());
    let asked = by_hand((ids[2], ids[3]), "ada", None);
    assert!(matches!(op.hand_in(&asked).await.unwrap(), Handed::Queued { .. }));
    op.replay_case(&CaseReplay {
        id: case,
        content: None,
        fresh_id: ids[4],
        idempotency_key: None,
    })
    .await
    .unwrap();
    op.discard(discarded).await.unwrap();
    let order = ReplayOrder { id: ids[5], filter: CaseFilter::default(), terms: ALL };
    op.order_replay(&order).await.unwrap();
    op.end_replay(ids[5]).await.unwrap();
    let open = Breaker::Open { until: world.subject.now() + TimeDelta::seconds(120) };
    world.queue.put_breaker(Dependency::AlertWebhook, 0, open).await.unwrap();
    op.reset_breaker(Dependency::AlertWebhook).await.unwrap();
    let audit = world.audit().await;
    let [waiting, case, discarded, run, replay] =
        [waiting, case, discarded, ids[0], ids[5]].map(|id| id.to_string());
    let expected = [
        ["job.cancel", &waiting, "done"],
        ["cron.run", SCHEDULE, "done"],
        ["run.cancel", &run, "done"],
        ["cron.pause", SCHEDULE, "done"],
        ["cron.resume", SCHEDULE, "done"],
        ["queue.enqueue", "mauntic-scoring-events", "done"],
        ["dlq.replay", &case, "done"],
        ["dlq.discard", &discarded, "done"],
        ["dlq.replay_many", &replay, "done"],
        ["dlq.replay_cancel", &replay, "done"],
        ["breaker.reset", "alert_webhook", "done"],
    ];
    assert_eq!(audit.iter().map(outline).collect::<Vec<_>>(), expected);
    for entry in &audit {
        assert_eq!((entry.actor.as_str(), entry.request_id.as_str()), ("bootstrap", "request-4"));
        assert_eq!(entry.reason.as_deref(), Some("it was asked for"));
        assert_ne!(entry.before, entry.after, "{}", entry.action);
    }
}

async fn an_entry_says_who_and_why_and_from_what_to_what<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(JobKey::None).await;
    let case = world.case_of(job).await;
    world.replay(case, None).await;
    let before = world.dump().await;
    assert_eq!(before["audit"].as_array().unwrap().len(), 1);
    let row = &before["audit"][0];
    assert_eq!((&row["seq"], &row["at"]), (&json!(1), &json!("+0s")));
    let entry = &row["entry"];
    let names: Vec<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected =
        ["actor", "action", "target", "outcome", "reason", "before", "after", "requestId"];
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert!(entry["before"].is_object() && entry["after"].is_object(), "{entry}");
    // A breaker that never was has no state before.
    world.op.reset_breaker(Dependency::AlertWebhook).await.unwrap();
    assert_eq!(world.dump().await["audit"].as_array().unwrap().len(), 2);
}

async fn what_does_nothing_has_no_entry<S: Subject>(mut world: World<S>) {
    judged(&world).await;
    let (run, _) = world.open(SCHEDULE, true).await;
    let done = world.one(JobKey::None).await;
    let held = world.hold(done).await;
    world.complete(&[&held]).await;
    let ids: Vec<Uuid> = (0..6).map(|_| world.id()).collect();
    let before = world.dump().await;
    let op = &world.op;
    let nobody = Uuid::max();
    assert!(op.cancel(&[done]).await.unwrap().is_empty());
    assert!(op.cancel(&[nobody]).await.unwrap().is_empty());
    let opened = op.open_run(&new_run(SCHEDULE, ids[0], ids[1], true), "manual").await.unwrap();
    assert!(matches!(opened, Opened::Held { holder, .. } if holder == run), "{opened:?}");
    assert_eq!(op.end_run(nobody).await.unwrap(), Ended::Unknown);
    assert_eq!(op.cancel_run(nobody).await.unwrap(), 0);
    assert_eq!(op.retry_run(nobody).await.unwrap(), Retried::Unknown);
    assert_eq!(op.retry_run(run).await.unwrap(), Retried::NoneDead);
    assert!(!op.pause("no.such-schedule", Some("a note")).await.unwrap());
    op.discard(nobody).await.unwrap();
    op.replay_case(&CaseReplay {
        id: nobody,
        content: None,
        fresh_id: ids[2],
        idempotency_key: None,
    })
    .await
    .unwrap();
    op.end_replay(nobody).await.unwrap();
    assert_eq!(world.dump().await, before);
}

async fn a_refusal_is_written_by_who_refuses<S: Subject>(mut world: World<S>) {
    world.op.note_refusal("cron.run", "no.such-schedule", "not_found").await.unwrap();
    let audit = world.audit().await;
    assert_eq!(outline(&audit[0]), ["cron.run", "no.such-schedule", "not_found"]);
    assert_eq!((&audit[0].before, &audit[0].after), (&Value::Null, &Value::Null));
    assert_eq!(audit[0].actor, "bootstrap");
    world.dump().await;
}

async fn the_audit_takes_so_many_refusals_of_one<S: Subject>(mut world: World<S>) {
    let other = world.acting(Act { actor: "somebody".to_owned(), ..act() }).await;
    world.op.reset_breaker(Dependency::AlertWebhook).await.unwrap();
    for n in 0..REFUSALS_AN_HOUR_MAX {
        assert!(world.op.note_refusal("cron.run", "x", "not_found").await.unwrap(), "{n}");
        if n % 10 == 0 {
            world.advance(1).await;
        }
    }
    let before = world.dump().await;
    assert!(!world.op.note_refusal("cron.run", "x", "not_found").await.unwrap());
    assert_eq!(world.dump().await, before, "it is not written");
    // What is done is, and so is what is refused to others.
    world.op.reset_breaker(Dependency::AlertWebhook).await.unwrap();
    assert!(other.note_refusal("cron.run", "x", "not_found").await.unwrap());
    // The oldest one is an hour old by now.
    world.advance(3_600 - 10).await;
    for taken in [true, false] {
        let written = world.op.note_refusal("cron.run", "x", "not_found").await.unwrap();
        assert_eq!(written, taken);
    }
    world.dump().await;
}

async fn a_session_that_does_not_operate_is_not_audited<S: Subject>(mut world: World<S>) {
    judged(&world).await;
    let job = world.one(JobKey::None).await;
    let (run, _) = world.open("beside", true).await;
    world.queue.cancel(&[job]).await.unwrap();
    world.queue.pause(SCHEDULE, Some("a note")).await.unwrap();
    world.queue.cancel_run(run).await.unwrap();
    let breaker = Breaker::Failing { failures: 1 };
    world.queue.put_breaker(Dependency::AlertWebhook, 0, breaker).await.unwrap();
    assert!(world.audit().await.is_empty());
}

async fn the_audit_is_searched<S: Subject>(world: World<S>) {
    for n in 0..6 {
        let target = format!("schedule-{}", n % 3);
        let code = ["not_found", "conflict"][n % 2];
        world.advance(1).await;
        world.op.note_refusal("cron.run", &target, code).await.unwrap();
    }
    let dependency = Dependency::AlertWebhook;
    world.op.reset_breaker(dependency).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let all = AuditFilter::default();
    for (filter, before, limit, expected) in [
        (all.clone(), None, 100, vec![7, 6, 5, 4, 3, 2, 1]),
        (all.clone(), None, 2, vec![7, 6]),
        (all.clone(), Some(6), 2, vec![5, 4]),
        (all.clone(), Some(1), 2, vec![]),
        (AuditFilter { action: text("breaker.reset"), ..all.clone() }, None, 9, vec![7]),
        (AuditFilter { target: text("schedule-1"), ..all.clone() }, None, 9, vec![5, 2]),
        (AuditFilter { outcome: text("conflict"), ..all.clone() }, None, 9, vec![6, 4, 2]),
        (AuditFilter { outcome: text("done"), ..all.clone() }, Some(7), 9, vec![]),
        (AuditFilter { actor: text("bootstrap"), ..all.clone() }, None, 1, vec![7]),
        (AuditFilter { actor: text("somebody"), ..all.clone() }, None, 9, vec![]),
        (
            AuditFilter { target: text("schedule-1"), outcome: text("conflict"), ..all },
            None,
            9,
            vec![2],
        ),
    ] {
        let page = world.op.audit(&filter, before, limit).await.unwrap();
        let seqs: Vec<i64> = page.links.iter().map(|link| link.seq).collect();
        assert_eq!((seqs, page.head.seq), (expected, 7), "{filter:?} before {before:?}");
    }
}

async fn the_chain_is_read_in_pages<S: Subject>(mut world: World<S>) {
    let empty = world.op.audit_chain(0, 10).await.unwrap();
    assert_eq!((empty.links.len(), empty.head.seq), (0, 0));
    for n in 0..7 {
        world.op.note_refusal("cron.run", &format!("schedule-{n}"), "not_found").await.unwrap();
    }
    for (after, limit, expected) in [(0, 3, vec![1, 2, 3]), (5, 3, vec![6, 7]), (7, 3, vec![])] {
        let page = world.op.audit_chain(after, limit).await.unwrap();
        let seqs: Vec<i64> = page.links.iter().map(|link| link.seq).collect();
        assert_eq!((seqs, page.head.seq), (expected, 7));
    }
    let page = world.op.audit_chain(6, 1).await.unwrap();
    assert_eq!(entry(&page.links[0]).target, "schedule-6");
    // The walk over all of it.
    world.dump().await;
}

async fn a_run_is_ended_by_hand<S: Subject>(mut world: World<S>) {
    let (run, _) = world.fan_out(3).await;
    assert_eq!(world.op.end_run(run).await.unwrap(), Ended::Done { jobs: 3 });
    let row = json!({"status": "cancelled", "cancelled_at": "+0s", "jobs_cancelled": 3});
    world.expect_run(run, row).await;
    let before = world.dump().await;
    let over = Ended::Over { status: "cancelled".to_owned() };
    assert_eq!(world.op.end_run(run).await.unwrap(), over);
    assert_eq!(world.dump().await, before);
}

async fn dead_jobs_of_a_run_are_retried<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(4).await;
    let held = world.claim(&jobs).await.held;
    world.complete(&[&held[0]]).await;
    for held in &held[1..3] {
        world.set_back(held, dead(true)).await;
    }
    world.advance(10).await;
    let done = Retried::Done { jobs: 2, refused: 0, discarded: 0 };
    assert_eq!(world.op.retry_run(run).await.unwrap(), done);
    for held in &held[1..3] {
        let row = json!({"state": "queued", "replays": 1, "available_at": "+0s", "wake_at": "+0s"});
        world.expect_job(held.id, row).await;
    }
    let row = json!({"status": "running", "jobs_dead": 0, "jobs_done": 2, "finished_at": none()});
    world.expect_run(run, row).await;
    assert!(world.open_cases().await.is_empty());
    let entry = world.audit().await.remove(0);
    assert_eq!(outline(&entry), ["run.retry", &run.to_string(), "done"]);
    assert_eq!(world.op.retry_run(run).await.unwrap(), Retried::NoneDead);
}

async fn a_retry_passes_over_keys_that_are_taken<S: Subject>(mut world: World<S>) {
    let (run, job) = (world.id(), world.id());
    world.op.hand_in(&by_hand((run, job), "ada", Some("key"))).await.unwrap();
    let held = world.hold(job).await;
    world.set_back(&held, dead(true)).await;
    world.one(idempotent("key")).await;
    let before = world.dump().await;
    let done = Retried::Done { jobs: 0, refused: 1, discarded: 0 };
    assert_eq!(world.op.retry_run(run).await.unwrap(), done);
    assert_eq!(world.dump().await, before, "and no entry, because nothing was done");
}

async fn a_retry_leaves_what_was_discarded<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(3).await;
    let held = world.claim(&jobs).await.held;
    for held in &held {
        world.set_back(held, dead(true)).await;
    }
    // One died twice: what was decided of it first is over.
    let twice = world.case_of(jobs[2]).await;
    world.replay(twice, None).await;
    let held = world.hold(jobs[2]).await;
    world.set_back(&held, dead(true)).await;
    for job in &jobs[..2] {
        let case = world.case_of(*job).await;
        world.op.discard(case).await.unwrap();
    }
    let done = Retried::Done { jobs: 1, refused: 0, discarded: 2 };
    assert_eq!(world.op.retry_run(run).await.unwrap(), done);
    for job in &jobs[..2] {
        world.expect_job(*job, json!({"state": "dead_lettered"})).await;
    }
    world.expect_job(jobs[2], json!({"state": "queued", "replays": 2})).await;
    world.expect_run(run, json!({"status": "running", "jobs_dead": 2})).await;
    let entry = world.audit().await.pop().unwrap();
    assert_eq!(entry.after, json!({"jobs": 1, "refused": 0, "discarded": 2}));
    let before = world.dump().await;
    assert_eq!(world.op.retry_run(run).await.unwrap(), Retried::NoneDead, "the rest");
    assert_eq!(world.dump().await, before);
}

async fn each_job_that_is_cancelled_has_its_entry<S: Subject>(mut world: World<S>) {
    let jobs = [world.one(JobKey::None).await, world.one(JobKey::None).await];
    let leased = world.one(JobKey::None).await;
    let held = world.hold(leased).await;
    let asked = [held.id, jobs[1], jobs[0]];
    assert_eq!(world.op.cancel(&asked).await.unwrap(), jobs);
    let audit = world.audit().await;
    let targets: Vec<&str> = audit.iter().map(|entry| entry.target.as_str()).collect();
    assert_eq!(targets, jobs.map(|job| job.to_string()));
    assert!(audit.iter().all(|entry| entry.action == "job.cancel"));
    world.dump().await;
}

async fn a_job_is_handed_in<S: Subject>(mut world: World<S>) {
    let (run, job) = (world.id(), world.id());
    let asked = by_hand((run, job), "ada", Some("key"));
    let queued = Handed::Queued { run_id: run, job_id: job };
    assert_eq!(world.op.hand_in(&asked).await.unwrap(), queued);
    let row = json!({"state": "queued", "run_id": run, "idempotency_key": "key",
        "organization_id": "org_1", "type": "scoring.CalculateScore", "wake_at": "+0s"});
    world.expect_job(job, row).await;
    let row = json!({"status": "running", "jobs_total": 1, "exclusive": false,
        "job_key": "scoring.CalculateScore", "organization_id": "org_1"});
    world.expect_run(run, row).await;
    let again = by_hand((world.id(), world.id()), "ada", Some("key"));
    let before = world.dump().await;
    let state = "queued".to_owned();
    let exists = Handed::Exists { job_id: job, run_id: Some(run), state };
    assert_eq!(world.op.hand_in(&again).await.unwrap(), exists);
    assert_eq!(world.dump().await, before);
    let other = by_hand((world.id(), world.id()), "bob", Some("key"));
    let refused = world.op.hand_in(&other).await.unwrap_err();
    assert_eq!(refused, PortError::KeyConflict);
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}
