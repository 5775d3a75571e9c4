//! Moves that are no effect.

use chrono::TimeDelta;
use mauntic_flows::ports::{Database, JobStore, Ports, PutOff, Replayed, SetBackJob, Setback};
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{QUEUE, by_hand, change, held, job, letters, made, request, row, run, short};

const NONE: [Uuid; 0] = [];

const WAIT: TimeDelta = TimeDelta::milliseconds(90_500);

async fn set_back(world: &World, id: Uuid, claim: i32, setback: Setback) -> Vec<Uuid> {
    let session = world.queue.db().open().await.unwrap();
    session.set_back(&[SetBackJob { id, claim, setback }]).await.unwrap()
}

#[tokio::test]
async fn a_failure_spends_one_and_a_snooze_nothing() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let made = made(&world, "c").await;
    let snoozed = |reason| Setback::Snoozed { wait: WAIT, reason };
    let failed = || Setback::Failed { wait: WAIT, reason: "refused", error: "e".repeat(3_000) };
    let waits = "round(extract(epoch from available_at - clock_timestamp())) in (90, 91) and
      wake_at - available_at = case state when 'failed' then interval '60 s' else interval '0' end";
    for (setback, state, failures, snoozes, reason) in [
        (snoozed("breaker_open"), "queued", 0, 1, Some("breaker_open")),
        (snoozed("breaker_open"), "queued", 0, 2, Some("breaker_open")),
        (snoozed("contention"), "queued", 0, 1, Some("contention")),
        (failed(), "failed", 1, 0, None),
        (snoozed("contention"), "queued", 1, 1, Some("contention")),
    ] {
        let held = held(&session, made.id).await;
        assert_eq!(set_back(&world, made.id, held.claim - 1, setback.clone()).await, NONE);
        assert_eq!(set_back(&world, made.id, held.claim, setback.clone()).await, [made.id]);
        assert_eq!(set_back(&world, made.id, held.claim, setback).await, NONE, "once");
        let row = row(&world, "jobs.job", made.id, waits).await;
        assert_eq!(row["x"], true, "{row}");
        assert_eq!((&row["state"], &row["failures"]), (&json!(state), &json!(failures)));
        assert_eq!((&row["snoozes"], &row["snooze_reason"]), (&json!(snoozes), &json!(reason)));
        assert_eq!((&row["lease_until"], &row["lease_token"]), (&Value::Null, &Value::Null));
        change(&world, made.id, "available_at = clock_timestamp()").await;
    }
    assert_eq!(job(&world, made.id).await["last_error"].as_str().unwrap().len(), 2_000);
    assert_eq!(run(&world, made.run).await, ("running".into(), [1, 0, 0, 0]));
}

#[tokio::test]
async fn many_are_set_back_at_once_and_the_dead_are_counted_by_their_runs() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let shared = made(&world, "a").await;
    world.rows("update jobs.run set jobs_total = 3").await;
    let mut ids = vec![shared.id];
    for contact in ["b", "c"] {
        let more = made(&world, contact).await;
        let sql = "update jobs.job set run_id = $2, idempotency_key = $3 where id = $1";
        world.owner.execute(sql, &[&more.id, &shared.run, &contact]).await.unwrap();
        ids.push(more.id);
    }
    let other = made(&world, "d").await;
    ids.push(other.id);
    let reply = session.claim(&request(&ids)).await.unwrap();
    assert_eq!(reply.held.len(), 4);
    let dead = |failed| Setback::Dead { reason: "invalid_data", detail: "at .x".into(), failed };
    let jobs: Vec<SetBackJob> = ids
        .iter()
        .rev()
        .map(|id| {
            let setback = if *id == shared.id {
                Setback::Failed { wait: WAIT, reason: "refused", error: "e".into() }
            } else {
                dead(*id == other.id)
            };
            SetBackJob { id: *id, claim: 1, setback }
        })
        .collect();
    ids.sort_unstable();
    assert_eq!(session.set_back(&jobs).await.unwrap(), ids);
    assert_eq!(run(&world, shared.run).await, ("running".into(), [3, 0, 2, 0]));
    assert_eq!(run(&world, other.run).await, ("failed".into(), [1, 0, 1, 0]));
    assert_eq!(letters(&world, other.id).await, ["invalid_data"]);
    assert_eq!(letters(&world, shared.id).await, [""; 0]);
    assert_eq!(job(&world, other.id).await["failures"], 1);
    let kept = "select count(*) from jobs.job where state = 'dead_lettered' and failures = 0
      and idempotency_key is null and released_key in ('b', 'c') and last_error = 'at .x'";
    assert_eq!(world.count(kept).await, 2);
    assert_eq!(session.set_back(&[]).await.unwrap(), NONE);
}

#[tokio::test]
async fn what_another_build_must_do_waits_a_day_and_is_then_a_case() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let (young, old, later, gone) = (
        made(&world, "a").await,
        made(&world, "b").await,
        made(&world, "c").await,
        made(&world, "d").await,
    );
    change(&world, young.id, "state = 'failed', snoozes = 1, snooze_reason = 'contention'").await;
    let a_day = "snooze_reason = 'another_build', snoozes = 288, version = 7";
    change(&world, old.id, a_day).await;
    change(&world, later.id, "available_at = clock_timestamp() + interval '1 min'").await;
    let ids = [young.id, old.id, later.id, gone.id];
    let held = "state = 'in_progress', lease_until = clock_timestamp() + interval '1 min'";
    assert_eq!(
        session.put_off(mauntic_domain::jobs::Queue::OvernightJobs, &ids).await.unwrap(),
        []
    );
    change(&world, gone.id, held).await;
    let expected = [(young.id, PutOff::Snoozed), (old.id, PutOff::DeadLettered)];
    assert_eq!(session.put_off(QUEUE, &ids).await.unwrap(), expected);
    assert_eq!(session.put_off(QUEUE, &ids).await.unwrap(), [], "not due again");
    let due = "round(extract(epoch from available_at - clock_timestamp())) in (299, 300) and wake_at = available_at";
    let row = row(&world, "jobs.job", young.id, due).await;
    assert_eq!((&row["state"], &row["x"]), (&json!("queued"), &json!(true)));
    assert_eq!((&row["snooze_reason"], &row["snoozes"]), (&json!("another_build"), &json!(1)));
    // One that a newer build took and let go is nobody's but a newer build's.
    change(&world, gone.id, "lease_until = clock_timestamp()").await;
    assert_eq!(session.put_off(QUEUE, &ids).await.unwrap(), [(gone.id, PutOff::Snoozed)]);
    assert_eq!(letters(&world, old.id).await, ["unknown_type"]);
    assert!(job(&world, old.id).await["last_error"].as_str().unwrap().contains("version 7"));
    assert_eq!(run(&world, old.run).await, ("failed".into(), [1, 0, 1, 0]));
}

#[tokio::test]
async fn what_is_handed_back_or_cancelled_spends_nothing() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let (back, leased, failed) =
        (made(&world, "a").await, made(&world, "b").await, made(&world, "c").await);
    let mine = held(&session, back.id).await;
    held(&session, leased.id).await;
    session.hand_back(&mine).await.unwrap();
    let row = job(&world, back.id).await;
    assert_eq!(
        (&row["state"], &row["failures"], &row["claim"]),
        (&json!("queued"), &json!(0), &json!(1))
    );
    change(&world, failed.id, "state = 'failed', idempotency_key = 'k'").await;

    let mut cancelled = vec![back.id, failed.id];
    cancelled.sort_unstable();
    let ids = [failed.id, leased.id, back.id, Uuid::nil()];
    assert_eq!(session.cancel(&ids).await.unwrap(), cancelled);
    assert_eq!(session.cancel(&ids).await.unwrap(), NONE);
    assert_eq!(run(&world, failed.run).await, ("cancelled".into(), [1, 0, 0, 1]));
    assert_eq!(run(&world, leased.run).await, ("running".into(), [1, 0, 0, 0]));
    assert_eq!(job(&world, failed.id).await["released_key"], "k");
    // Its holder's word comes too late.
    session.hand_back(&mine).await.unwrap();
    assert_eq!(job(&world, back.id).await["state"], "cancelled");
}

#[tokio::test]
async fn what_is_past_its_time_is_a_case_unless_somebody_is_at_it() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let late = "expires_at = clock_timestamp()";
    let mut dead = Vec::new();
    for (set, dies) in [
        (late.to_owned(), true),
        (format!("{late}, state = 'failed'"), true),
        (format!("{late}, state = 'in_progress', lease_until = clock_timestamp()"), true),
        (
            format!(
                "{late}, state = 'in_progress', lease_until = clock_timestamp() + interval '1 min'"
            ),
            false,
        ),
        ("state = 'failed'".to_owned(), false),
    ] {
        let made = made(&world, "c").await;
        change(&world, made.id, &set).await;
        dead.extend(dies.then_some(made));
    }
    let first = session.expire(2).await.unwrap();
    let rest = session.expire(2).await.unwrap();
    let died: Vec<_> = first.iter().chain(&rest).collect();
    assert_eq!((first.len(), rest.len()), (2, 1));
    for (died, made) in died.into_iter().zip(&dead) {
        assert_eq!((died.id, died.run_id, died.reason), (made.id, Some(made.run), "expired"));
        assert_eq!(letters(&world, made.id).await, ["expired"]);
        assert_eq!(run(&world, made.run).await, ("failed".into(), [1, 0, 1, 0]));
    }
    assert_eq!(session.expire(2).await.unwrap(), []);
}

#[tokio::test]
async fn a_replay_gives_the_budget_back_and_opens_the_run() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let made = made(&world, "c").await;
    assert_eq!(session.replay(made.id).await.unwrap(), Replayed::NotDead);
    change(
        &world,
        made.id,
        "idempotency_key = 'k', failures = 2, platform_deaths = 2, resends = 9",
    )
    .await;
    let held = held(&session, made.id).await;
    let dead = Setback::Dead { reason: "x", detail: "y".into(), failed: true };
    set_back(&world, made.id, held.claim, dead).await;

    // Its key is another job's meanwhile: one effect is enough.
    let taker = super::made(&world, "c").await;
    change(&world, taker.id, "idempotency_key = 'k'").await;
    assert_eq!(session.replay(made.id).await.unwrap(), Replayed::KeyTaken);
    assert_eq!(job(&world, made.id).await["state"], "dead_lettered");
    let open = "select count(*) from jobs.dead_letter where decided_at is null";
    assert_eq!(world.count(open).await, 1);

    change(&world, taker.id, "idempotency_key = null").await;
    assert_eq!(session.replay(made.id).await.unwrap(), Replayed::Queued);
    assert_eq!(session.replay(made.id).await.unwrap(), Replayed::NotDead);
    let fresh = "wake_at = available_at and expires_at - wake_at = interval '7 d'";
    let row = row(&world, "jobs.job", made.id, fresh).await;
    assert_eq!((&row["state"], &row["x"]), (&json!("queued"), &json!(true)));
    for name in ["failures", "platform_deaths", "resends", "snoozes"] {
        assert_eq!(row[name], 0, "{name}");
    }
    assert_eq!((&row["idempotency_key"], &row["claim"]), (&json!("k"), &json!(1)));
    assert_eq!(world.count(open).await, 0);
    assert_eq!(run(&world, made.run).await, ("running".into(), [1, 0, 0, 0]));
    assert_eq!(super::row(&world, "jobs.run", made.run, "null").await["revision"], 1);
}

#[tokio::test]
async fn a_hand_sent_message_that_died_gets_its_row_and_counts_no_death() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let short = short("m1", "c", None);
    for deaths in [0, 0] {
        assert_eq!(session.bury(&by_hand(vec![short.clone()])).await.unwrap(), []);
        let row = row(&world, "jobs.job", short.id, "wake_at <= clock_timestamp()").await;
        assert_eq!((&row["state"], &row["x"]), (&json!("queued"), &json!(true)));
        assert_eq!(row["platform_deaths"], deaths);
    }
    assert_eq!(run(&world, short.run_id).await, ("running".into(), [1, 0, 0, 0]));
    // Messages that address it do, if it was tried, and the third is its end.
    for message in ["a", "b", "c"] {
        change(&world, short.id, "claim = claim + 1").await;
        let mut asked = request(&[short.id]);
        asked.addresses[0].1 = message.to_owned();
        session.bury(&asked).await.unwrap();
    }
    assert_eq!(run(&world, short.run_id).await, ("failed".into(), [1, 0, 1, 0]));
    assert_eq!(letters(&world, short.id).await, ["isolate_killed"]);
}
