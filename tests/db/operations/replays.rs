//! Replays of many.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{join, join_all, try_join_all};
use mauntic_domain::replays::Terms;
use mauntic_flows::ports::{CaseFilter, Ended, OperatorStore, RelayStore, ReplayOrder};
use mauntic_testkit::database::Role;
use mauntic_testkit::wait;
use mauntic_tests::world::World;
use serde_json::json;
use uuid::Uuid;

use super::{Session, audited, dead, operator, row, system};

const MINUTE: TimeDelta = TimeDelta::minutes(1);

fn order(limit: u32, canary: u32, per_second: u32) -> ReplayOrder {
    let filter = CaseFilter { reason: Some("exhausted".to_owned()), ..CaseFilter::default() };
    ReplayOrder { id: Uuid::now_v7(), filter, terms: Terms { limit, canary, per_second } }
}

/// So many cases, made at once.
async fn many(world: &World, count: i32) {
    let sql = "with dead as (
        insert into jobs.job (organization_id, queue, type, data, failures_max, state, finished_at)
        select 'org_1', 'mauntic-scoring-events', 'scoring.CalculateScore',
          jsonb_build_object('organizationId', 'org_1', 'contactId', 'c' || n), 3, 'dead_lettered',
          clock_timestamp()
        from generate_series(1, $1::int4) n
        returning *)
      insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
      select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'),
        'exhausted', 'broken' from dead d";
    world.owner.execute(sql, &[&count]).await.unwrap();
}

async fn times(world: &World) -> Vec<DateTime<Utc>> {
    let sql = "select available_at from jobs.job where state = 'queued' order by available_at";
    world.rows(sql).await.iter().map(|row| row.get(0)).collect()
}

async fn end_jobs(world: &World, set: &str) {
    let sql = format!("update jobs.job set {set} where state = 'queued'");
    world.owner.batch_execute(&sql).await.unwrap();
}

const COMPLETED: &str = "state = 'completed', finished_at = now(), receipt = '{}'";

#[tokio::test]
async fn ticks_at_once_go_on_with_one_replay_and_double_nothing() {
    let world = World::new().await;
    many(&world, 300).await;
    let order = order(250, 0, 100);
    operator(&world, None).await.order_replay(&order).await.unwrap();
    let sessions = join_all((0..6).map(|_| system(&world))).await;
    let mut released = 0;
    // A pace of a hundred and half a second at a time.
    for _ in 0..5 {
        let half = TimeDelta::milliseconds(500);
        let ticks = sessions.iter().map(|session| session.advance_replays(half, None));
        let advanced = try_join_all(ticks).await.unwrap();
        released += advanced.iter().map(|one| one.released).sum::<u64>();
        world.rows("update jobs.replay set paced_until = clock_timestamp()").await;
    }
    // Those that came later in a round found the pace used up, or somebody at it.
    assert!((125..=250).contains(&released), "{released}");
    world.rows("update jobs.replay set paced_until = clock_timestamp()").await;
    let advanced = sessions[0].advance_replays(MINUTE, None).await.unwrap();
    assert_eq!(released + advanced.released, 250);
    let row = sessions[0].replay_row(order.id).await.unwrap().unwrap();
    assert_eq!((row.replayed, row.refused, &*row.status), (250, 0, "completed"));
    let doubled = "select count(*) from jobs.job where replays > 1";
    assert_eq!(world.count(doubled).await, 0);
    let decided = "select count(*) from jobs.dead_letter l join jobs.job j on j.id = l.replayed_as
      where l.decided_by = 'someone' and l.decided_why = 'because' and j.state = 'queued'
        and l.replay_id is not null";
    assert_eq!(world.count(decided).await, 250);
}

#[tokio::test]
async fn a_replay_keeps_its_pace_over_its_steps() {
    let world = World::new().await;
    many(&world, 40).await;
    let session = operator(&world, None).await;
    session.order_replay(&order(1_000, 0, 10)).await.unwrap();
    let second = TimeDelta::seconds(1);
    assert_eq!(session.advance_replays(second, None).await.unwrap().released, 10);
    assert_eq!(session.advance_replays(second, None).await.unwrap().released, 0);
    assert_eq!(session.advance_replays(second * 2, None).await.unwrap().released, 10);
    let times = times(&world).await;
    for pair in times.windows(2) {
        assert_eq!(pair[1] - pair[0], TimeDelta::milliseconds(100));
    }
    let woken =
        "select count(*) from jobs.job where state = 'queued' and wake_at <= clock_timestamp()
      and expires_at = available_at + interval '7 d'";
    assert_eq!(world.count(woken).await, 20, "sent at once, with a delay");
    let advanced = session.advance_replays(MINUTE, None).await.unwrap();
    assert_eq!((advanced.released, advanced.ended[0].1), (20, "completed"));
}

#[tokio::test]
async fn a_canary_that_fails_stops_the_rest() {
    for (end, status, released) in [
        (COMPLETED, "running", 5),
        ("state = 'failed', failures = 1", "stopped", 0),
        ("state = 'completed', finished_at = now(), receipt = '{}', failures = 1", "stopped", 0),
        ("state = 'dead_lettered', finished_at = now()", "stopped", 0),
        ("state = 'cancelled', finished_at = now()", "stopped", 0),
    ] {
        let world = World::new().await;
        many(&world, 12).await;
        let session = operator(&world, None).await;
        let order = order(100, 3, 5);
        session.order_replay(&order).await.unwrap();
        assert_eq!(session.advance_replays(MINUTE, None).await.unwrap().released, 3);
        let second = TimeDelta::seconds(1);
        assert_eq!(
            session.advance_replays(second, None).await.unwrap().released,
            0,
            "they are not done"
        );
        end_jobs(&world, end).await;
        world.rows("update jobs.replay set paced_until = clock_timestamp()").await;
        assert_eq!(
            session.advance_replays(second, None).await.unwrap().released,
            released,
            "{end}"
        );
        let row = session.replay_row(order.id).await.unwrap().unwrap();
        assert_eq!((&*row.status, row.canaries.len()), (status, 3), "{end}");
        assert_eq!(row.stopped_by.is_some(), status == "stopped");
    }
}

#[tokio::test]
async fn a_canary_that_is_gone_counts_as_failed_and_none_at_all_ends_it() {
    let world = World::new().await;
    many(&world, 2).await;
    let session = operator(&world, None).await;
    let first = order(100, 1, 100);
    session.order_replay(&first).await.unwrap();
    session.advance_replays(MINUTE, None).await.unwrap();
    world.rows("delete from jobs.job where state = 'queued'").await;
    let ended = session.advance_replays(MINUTE, None).await.unwrap().ended;
    assert_eq!(ended, [(first.id, "stopped")]);
    let mut nothing = order(100, 1, 100);
    nothing.filter.reason = Some("malformed".to_owned());
    session.order_replay(&nothing).await.unwrap();
    let ended = session.advance_replays(MINUTE, None).await.unwrap().ended;
    assert_eq!(ended, [(nothing.id, "completed")]);
}

#[tokio::test]
async fn what_cannot_be_replayed_spoils_no_slice() {
    let world = World::new().await;
    for (contact, key) in
        [("a", None), ("b", Some("taken")), ("c", Some("twice")), ("c", Some("twice"))]
    {
        dead(&world, contact, None, key).await;
    }
    let taken =
        "insert into jobs.job (organization_id, queue, type, data, failures_max, idempotency_key)
      select organization_id, queue, type, data, failures_max, released_key from jobs.job
      where released_key = 'taken'";
    world.rows(taken).await;
    let letter = "insert into jobs.dead_letter (queue, message_id, body, reason, detail)
      values ('mauntic-scoring-events', 'm', '{', 'exhausted', 'd')";
    world.rows(letter).await;
    let (gone, job) = dead(&world, "d", None, None).await;
    world.owner.execute("delete from jobs.job where id = $1", &[&job]).await.unwrap();
    let (last, _) = dead(&world, "e", None, None).await;
    let order = order(100, 0, 100);
    let session = operator(&world, None).await;
    session.order_replay(&order).await.unwrap();
    // A case that came later is not its.
    let (later, _) = dead(&world, "f", None, None).await;
    assert_eq!(session.advance_replays(MINUTE, None).await.unwrap().released, 3);
    let row_now = session.replay_row(order.id).await.unwrap().unwrap();
    assert_eq!((row_now.replayed, row_now.refused, &*row_now.status), (3, 4, "completed"));
    assert_eq!((row_now.completed, row_now.dead_again, row_now.unfinished), (0, 0, 3));
    assert_eq!(row(&world, "jobs.dead_letter", last).await["decision"], "replayed");
    for open in [gone, later] {
        assert!(row(&world, "jobs.dead_letter", open).await["decided_at"].is_null());
    }
    assert_eq!(times(&world).await.len(), 4);
}

#[tokio::test]
async fn an_ended_replay_releases_nothing_more() {
    let world = World::new().await;
    many(&world, 30).await;
    let session = operator(&world, None).await;
    let order = order(100, 0, 10);
    let row = session.order_replay(&order).await.unwrap();
    assert_eq!((row.id, &*row.status, &*row.actor), (order.id, "running", "someone"));
    assert_eq!(session.order_replay(&order).await.unwrap(), row, "the same again");
    session.advance_replays(TimeDelta::seconds(1), None).await.unwrap();
    assert_eq!(session.end_replay(order.id).await.unwrap(), Ended::Done { jobs: 0 });
    let over = Ended::Over { status: "cancelled".to_owned() };
    assert_eq!(session.end_replay(order.id).await.unwrap(), over);
    assert_eq!(session.end_replay(Uuid::nil()).await.unwrap(), Ended::Unknown);
    assert_eq!(session.advance_replays(MINUTE, None).await.unwrap().released, 0);
    assert_eq!(times(&world).await.len(), 10);
    let entries = audited(&world).await;
    let said: Vec<&str> = entries.iter().map(|entry| &*entry.action).collect();
    assert_eq!(said, ["dlq.replay_many", "dlq.replay_cancel"]);
    assert_eq!(entries[0].after["perSecond"], json!(10));
}

#[tokio::test]
async fn the_highest_pace_takes_as_many_steps_as_it_needs() {
    let world = World::new().await;
    many(&world, 5_000).await;
    let session: Session = system(&world).await;
    session.order_replay(&order(100_000, 0, 1_000)).await.unwrap();
    let advanced = session.advance_replays(MINUTE, None).await.unwrap();
    assert_eq!((advanced.released, advanced.ended.len()), (5_000, 1));
    assert_eq!(world.count("select count(*) from jobs.replay where actor = 'owner'").await, 1);
}

/// Another job gets a key after the slice has looked whether it is free.
#[tokio::test]
async fn a_key_that_is_taken_meanwhile_spoils_no_slice() {
    let world = World::new().await;
    let (open, _) = dead(&world, "a", None, Some("key")).await;
    dead(&world, "b", None, None).await;
    let producer = world.database.connect(Role::Owner).await.unwrap();
    let taking = "begin;
      insert into jobs.job (organization_id, queue, type, data, failures_max, idempotency_key)
      select organization_id, queue, type, data, failures_max, released_key from jobs.job
      where released_key = 'key'";
    producer.batch_execute(taking).await.unwrap();
    let session = system(&world).await;
    session.order_replay(&order(100, 0, 100)).await.unwrap();
    let taken = async {
        wait::until_async("the slice waits for the key", 10, async || {
            let sql = "select count(*) from pg_stat_activity
              where wait_event_type = 'Lock' and datname = current_database()";
            (world.count(sql).await > 0).then_some(())
        })
        .await;
        producer.batch_execute("commit").await.unwrap();
    };
    let (advanced, ()) = join(session.advance_replays(MINUTE, None), taken).await;
    assert_eq!(advanced.unwrap().released, 1);
    let row_now = world.rows("select replayed, refused, status from jobs.replay").await;
    assert_eq!((row_now[0].get::<_, i32>(0), row_now[0].get::<_, i32>(1)), (1, 1));
    assert_eq!(row_now[0].get::<_, String>(2), "completed");
    assert!(row(&world, "jobs.dead_letter", open).await["decided_at"].is_null());
}
