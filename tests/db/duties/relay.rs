//! The relay: organizations take turns, and nothing is taken twice.

use std::collections::BTreeSet;

use futures::future::join_all;
use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::RelayStore;
use mauntic_tests::world::World;
use serde_json::json;
use uuid::Uuid;

use super::{Session, session, sessions};

const SCORING: &str = "mauntic-scoring-events";

/// Due jobs of an organization, or of none.
async fn due(world: &World, owner: Option<&str>, queue: &str, count: i32) {
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max, wake_at)
      select $1::text, $2, 'scoring.CalculateScore',
             jsonb_build_object('organizationId', $1::text, 'contactId', 'c' || n), 3,
             clock_timestamp() - interval '1 s'
      from generate_series(1, $3) n";
    world.owner.execute(sql, &[&owner, &queue, &count]).await.unwrap();
}

/// One round of the relay: who was sent to, in order.
async fn round(world: &World, session: &Session, limit: i64) -> Vec<String> {
    let taken = session.take_due(limit).await.unwrap();
    let ids: Vec<Uuid> = taken.iter().map(|(_, wakeup)| wakeup.message.job_id.unwrap()).collect();
    session.mark_sent(&ids).await.unwrap();
    let sql =
        "select coalesce(j.organization_id, '-') from unnest($1::uuid[]) with ordinality i(id, n)
      join jobs.job j on j.id = i.id order by i.n";
    let rows = world.owner.query(sql, &[&ids]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn of(sent: &[String], owner: &str) -> usize {
    sent.iter().filter(|name| *name == owner).count()
}

#[tokio::test]
async fn organizations_take_turns_and_none_has_more_out_than_its_share() {
    let world = World::new().await;
    let session = session(&world).await;
    due(&world, Some("org_big"), SCORING, 5_000).await;
    due(&world, Some("org_small"), SCORING, 3).await;
    let first = round(&world, &session, 1_000).await;
    let mut turns: Vec<&str> = first[..6].iter().map(String::as_str).collect();
    turns.sort_unstable();
    assert_eq!(turns, ["org_big", "org_big", "org_big", "org_small", "org_small", "org_small"]);
    assert_eq!((first.len(), of(&first, "org_small")), (1_000, 3));
    let mut big = of(&first, "org_big");
    loop {
        let sent = round(&world, &session, 1_000).await;
        if sent.is_empty() {
            break;
        }
        big += sent.len();
    }
    assert_eq!(big, 2_000, "what one organization may have out");

    // One that is out goes again when it is due, share or not.
    let woken = "update jobs.job set wake_at = clock_timestamp() where id =
      (select id from jobs.job where resends = 1 and organization_id = 'org_big' limit 1)";
    assert_eq!(world.owner.execute(woken, &[]).await.unwrap(), 1);
    assert_eq!(round(&world, &session, 1_000).await.len(), 1);
    assert_eq!(world.count("select count(*) from jobs.job where resends = 2").await, 1);

    // Ten are done, so ten more go.
    let done = "update jobs.job set state = 'completed', finished_at = clock_timestamp(), receipt = '{}'
      where id in (select id from jobs.job where resends = 1 and organization_id = 'org_big' limit 10)";
    assert_eq!(world.owner.execute(done, &[]).await.unwrap(), 10);
    assert_eq!(round(&world, &session, 1_000).await.len(), 10);

    // Work across organizations has no share, and another queue is another.
    due(&world, None, "mauntic-analytics-jobs", 2_500).await;
    due(&world, Some("org_big"), "mauntic-analytics-jobs", 1).await;
    assert_eq!(round(&world, &session, 5_000).await.len(), 2_501);
}

#[tokio::test]
async fn a_message_that_was_sent_is_due_later_each_time_but_for_what_moved_since() {
    let world = World::new().await;
    let session = session(&world).await;
    due(&world, Some("org_1"), SCORING, 4).await;
    let ids: Vec<Uuid> =
        world.rows("select id from jobs.job order by id").await.iter().map(|r| r.get(0)).collect();
    let set = "update jobs.job set
      state = case when id = $1 then 'in_progress' else state end,
      lease_until = case when id = $1 then clock_timestamp() end,
      wake_at = clock_timestamp() + case when id = $1 then interval '0 s'
        when id = $2 then interval '2 min' else interval '59 s' end,
      resends = case when id = $3 then 9 else 0 end";
    world.owner.execute(set, &[&ids[0], &ids[1], &ids[2]]).await.unwrap();
    session.mark_sent(&ids).await.unwrap();
    let sql = "select resends, extract(epoch from wake_at - clock_timestamp())::float8::int8
      from jobs.job order by id";
    let rows = world.rows(sql).await;
    let seen = |n: usize| (rows[n].get::<_, i16>(0), rows[n].get::<_, i64>(1));
    let within = |n: usize, resends: i16, secs: i64| {
        let (found, wait) = seen(n);
        assert!(found == resends && (secs - 20..=secs).contains(&wait), "{n}: {found} {wait}");
    };
    within(0, 0, 0);
    // Put off since it was taken: it keeps its time.
    within(1, 0, 120);
    within(2, 10, 6 * 3_600);
    within(3, 1, 900);
}

#[tokio::test]
async fn two_relays_never_take_one_row() {
    let world = World::new().await;
    for n in 0..30 {
        due(&world, Some(&format!("org_{n}")), SCORING, 10).await;
    }
    let sessions = sessions(&world, 8).await;
    let relays = sessions.iter().map(|session| async {
        let mut taken = Vec::new();
        loop {
            let due = session.take_due(40).await.unwrap();
            let left = "select count(*) from jobs.job where wake_at <= clock_timestamp()";
            if due.is_empty() && world.count(left).await == 0 {
                return taken;
            }
            taken.extend(due.into_iter().map(|(_, wakeup)| wakeup.message.job_id.unwrap()));
        }
    });
    let taken: Vec<Uuid> = join_all(relays).await.into_iter().flatten().collect();
    assert_eq!(taken.len(), 300);
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>().len(), 300);
}

#[tokio::test]
async fn events_leave_in_order_and_come_again_until_they_are_marked() {
    let world = World::new().await;
    let session = session(&world).await;
    let insert = "insert into jobs.event_outbox (organization_id, type, data)
      select 'org_1', 'scoring.LeadScoreUpdated', jsonb_build_object('n', n)
      from generate_series(1, 5) n";
    world.owner.execute(insert, &[]).await.unwrap();
    let first = session.take_events(3).await.unwrap();
    let numbers: Vec<_> = first.iter().map(|event| event.data["n"].clone()).collect();
    assert_eq!(numbers, [json!(1), json!(2), json!(3)]);
    assert_eq!(session.take_events(9).await.unwrap().len(), 2);
    assert!(session.take_events(9).await.unwrap().is_empty(), "held back for a minute");
    let ids: Vec<Uuid> = first.iter().map(|event| event.id).collect();
    session.mark_events_sent(&ids).await.unwrap();
    world.rows("update jobs.event_outbox set wake_at = clock_timestamp()").await;
    let again = session.take_events(9).await.unwrap();
    let numbers: Vec<_> = again.iter().map(|event| event.data["n"].clone()).collect();
    assert_eq!(numbers, [json!(4), json!(5)]);
    assert!(again.iter().all(|event| event.event_type == "scoring.LeadScoreUpdated"));
}

#[tokio::test]
async fn of_many_who_end_batches_at_once_all_together_fill_a_share() {
    let world = World::new().await;
    due(&world, Some("org_big"), SCORING, 5_000).await;
    let sessions = sessions(&world, 8).await;
    let takes = sessions.iter().map(|session| async {
        let taken = session.take_held_back(Queue::ScoringEvents, &["org_big"]).await.unwrap();
        taken.into_iter().map(|wakeup| wakeup.message.job_id.unwrap()).collect::<Vec<Uuid>>()
    });
    let taken: Vec<Uuid> = join_all(takes).await.into_iter().flatten().collect();
    assert_eq!(taken.len(), 2_000);
    let oldest = "select id from jobs.job order by id limit 2000";
    let oldest: BTreeSet<Uuid> = world.rows(oldest).await.iter().map(|row| row.get(0)).collect();
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), oldest);
}
