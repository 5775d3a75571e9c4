//! Enqueuing: keys, the backlog, and the answer's order.

use futures::future::join_all;
use mauntic_domain::jobs::data::{BatchRecompute, CalculateScore};
use mauntic_domain::jobs::limits::{DISPATCHED_MAX, UNFINISHED_MAX};
use mauntic_domain::jobs::{Job, JobState};
use mauntic_flows::ports::{Database, JobKey, JobStore, NewJob, PortError, Ports, TenantStore};
use mauntic_tests::ports::Settled;
use mauntic_tests::world::{World, contact, organization, texts};
use serde_json::json;

use super::{held, made, run};

fn new(contact_name: &str, key: JobKey) -> NewJob {
    let job = Job::CalculateScore(CalculateScore {
        organization_id: organization("org_1"),
        contact_id: contact(contact_name, &json!({})).0,
        context: None,
    });
    NewJob { job, key, request_id: "r".to_owned() }
}

fn keyed(contact_name: &str, key: &str) -> NewJob {
    new(contact_name, JobKey::Idempotent(key.to_owned()))
}

#[tokio::test]
async fn fifty_identical_enqueues_and_deliveries_are_one_job_one_answer_and_one_effect() {
    let world = World::new().await;
    let owner = organization("org_1");
    world.contacts(&owner, &[contact("c", &json!({"hasEmail": true}))]).await;
    let writes = "create table public.writes (total numeric);
      create function public.note_write() returns trigger language plpgsql security definer
        as $$ begin insert into public.writes values (new.total_score); return null; end $$;
      create trigger writes after insert or update on scoring.lead_scores
        for each row execute function public.note_write()";
    world.owner.batch_execute(writes).await.unwrap();
    let ask = || async {
        let session = world.http.db().open().await.unwrap();
        session.enqueue(&owner, &[keyed("c", "k")], None).await.unwrap().remove(0)
    };
    let answers = join_all((0..50).map(|_| ask())).await;
    assert_eq!(answers.iter().filter(|answer| answer.created).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.send_now).count(), 1);
    let id = answers[0].id;
    assert!(answers.iter().all(|answer| answer.id == id
        && answer.enqueued_at == answers[0].enqueued_at
        && answer.state == JobState::Queued));
    assert_eq!(world.count("select count(*) from jobs.job").await, 1);

    // Each asker's message: five at once, each a batch of four; then one by one.
    let address = json!({"type": "scoring.CalculateScore", "jobId": id}).to_string();
    let bodies = texts(vec![address; 4]);
    let at_once = (0..5).map(|n| {
        let (world, bodies) = (&world, &bodies);
        async move { world.consume(&format!("at-once-{n}"), bodies).await }
    });
    let mut batches = join_all(at_once).await;
    for n in 0..30 {
        batches.push(world.consume(&format!("later-{n}"), &bodies[..1]).await);
    }
    let messages: usize = batches.iter().map(|batch| batch.report.messages).sum();
    let completed: usize = batches.iter().map(|batch| batch.report.completed).sum();
    assert_eq!((messages, completed), (50, 1));
    let later = &batches[5..];
    assert!(later.iter().all(|batch| batch.settled == [Some(Settled::Ack)]), "{later:?}");
    assert!(batches.iter().all(|batch| batch.report.error.is_none()), "{batches:?}");
    let job = super::job(&world, id).await;
    assert_eq!((&job["state"], &job["claim"]), (&json!("completed"), &json!(1)));
    assert_eq!(job["receipt"], json!({"scored": 1}));
    assert_eq!(world.count("select count(*) from jobs.job").await, 1);
    assert_eq!(world.count("select count(*) from public.writes").await, 1);
    assert_eq!(world.count("select count(*) from scoring.score_history").await, 1);

    // Whoever asks again is answered with the same job, done.
    let again = join_all((0..50).map(|_| ask())).await;
    assert!(again.iter().all(|answer| *answer == again[0]));
    let first = (again[0].id, again[0].enqueued_at, again[0].created, again[0].state);
    assert_eq!(first, (id, answers[0].enqueued_at, false, JobState::Completed));
}

#[tokio::test]
async fn a_key_stands_for_its_content_until_its_job_is_dead_or_cancelled() {
    let world = World::new().await;
    let owner = organization("org_1");
    let http = world.http.db().open().await.unwrap();
    let queue = world.queue.db().open().await.unwrap();
    let first = http.enqueue(&owner, &[keyed("c", "k")], None).await.unwrap().remove(0);
    // Other content is refused, and nothing of the same call is written.
    let asked = [new("x", JobKey::None), keyed("d", "k"), keyed("e", "l")];
    assert_eq!(http.enqueue(&owner, &asked, None).await.unwrap_err(), PortError::KeyConflict);
    let contradiction = [keyed("c", "n"), keyed("d", "n")];
    assert_eq!(
        http.enqueue(&owner, &contradiction, None).await.unwrap_err(),
        PortError::KeyConflict
    );
    assert_eq!(world.count("select count(*) from jobs.job").await, 1);
    // Of another type or organization it is another key.
    let mut other = keyed("c", "k");
    other.job = Job::BatchRecompute(BatchRecompute { organization_id: Some(owner.clone()) });
    assert!(http.enqueue(&owner, &[other], None).await.unwrap()[0].created);
    let session = world.http.db().open().await.unwrap();
    let mut foreign = keyed("c", "k");
    let Job::CalculateScore(data) = &mut foreign.job else { panic!("as made") };
    data.organization_id = organization("org_2");
    assert!(session.enqueue(&organization("org_2"), &[foreign], None).await.unwrap()[0].created);

    // Done, it is the answer; cancelled, it makes room.
    held(&queue, first.id).await;
    let again = http.enqueue(&owner, &[keyed("c", "k")], None).await.unwrap().remove(0);
    assert_eq!((again.id, again.created, again.state), (first.id, false, JobState::InProgress));
    assert!(!again.send_now);
    super::change(&world, first.id, "state = 'queued', lease_until = null").await;
    queue.cancel(&[first.id]).await.unwrap();
    let fresh = http.enqueue(&owner, &[keyed("d", "k")], None).await.unwrap().remove(0);
    assert!(fresh.created && fresh.id != first.id);
}

#[tokio::test]
async fn the_answer_is_in_the_order_of_what_was_asked() {
    let world = World::new().await;
    let owner = organization("org_1");
    let session = world.http.db().open().await.unwrap();
    let coalesce = |name: &str| new(name, JobKey::Coalesce(name.to_owned()));
    let asked = [
        keyed("z", "z"),
        new("n1", JobKey::None),
        coalesce("b"),
        keyed("a", "a"),
        new("n1", JobKey::None),
        coalesce("a"),
        keyed("z", "z"),
        coalesce("b"),
    ];
    let answers = session.enqueue(&owner, &asked, None).await.unwrap();
    let created: Vec<bool> = answers.iter().map(|answer| answer.created).collect();
    assert_eq!(created, [true, true, true, true, true, true, false, false]);
    let sent: Vec<bool> = answers.iter().map(|answer| answer.send_now).collect();
    assert_eq!(sent, created);
    for (answer, asked) in answers.iter().zip(&asked) {
        let row = super::job(&world, answer.id).await;
        assert_eq!(row["data"], asked.job.data());
    }
    assert_eq!((answers[0].id, answers[2].id), (answers[6].id, answers[7].id));
    assert_eq!(world.count("select count(*) from jobs.job").await, 6);
    assert_eq!(session.enqueue(&owner, &[], None).await.unwrap(), []);
}

#[tokio::test]
async fn an_organization_has_so_many_unfinished_jobs_and_no_more() {
    let world = World::new().await;
    let owner = organization("org_1");
    let session = world.http.db().open().await.unwrap();
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max)
      select 'org_1', 'mauntic-scoring-events', 't', '{\"organizationId\": \"org_1\"}', 3
      from generate_series(1, $1::int8)";
    world.owner.execute(sql, &[&(DISPATCHED_MAX - 1)]).await.unwrap();
    let asked = ["a", "b"].map(|name| new(name, JobKey::None));
    let answers = session.enqueue(&owner, &asked, None).await.unwrap();
    let sent: Vec<bool> = answers.iter().map(|answer| answer.send_now).collect();
    assert_eq!(sent, [true, false], "the rest waits for its turn");

    let so_far = DISPATCHED_MAX + 1;
    world.owner.execute(sql, &[&(UNFINISHED_MAX - so_far - 1)]).await.unwrap();
    let full = PortError::Backlog { unfinished_max: UNFINISHED_MAX };
    assert_eq!(session.enqueue(&owner, &asked, None).await.unwrap_err(), full);
    let (name, features) = contact("c", &json!({}));
    let job = new("c", JobKey::Coalesce("c".to_owned()));
    session.put_features(&owner, &name, &features, &job).await.unwrap();
    let refused = session.put_features(&owner, &name, &features, &asked[0]).await;
    assert_eq!(refused.unwrap_err(), full);
    assert_eq!(world.count("select input_version from scoring.contact_features").await, 1);
    assert!(session.enqueue(&organization("org_2"), &[], None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_keys_holder_that_dies_while_it_is_asked_for_is_replaced() {
    let world = World::new().await;
    let owner = organization("org_1");
    let made = made(&world, "c").await;
    super::change(&world, made.id, "idempotency_key = 'k'").await;
    let mut queue = world.database.connect(mauntic_testkit::database::Role::Queue).await.unwrap();
    let ending = queue.transaction().await.unwrap();
    let sql = include_str!("../../../crates/store/sql/cancel.sql");
    ending.query(sql, &[&vec![made.id]]).await.unwrap();
    let asking = async {
        let session = world.http.db().open().await.unwrap();
        session.enqueue(&owner, &[keyed("c", "k")], None).await.unwrap().remove(0)
    };
    let end = async {
        // The producer waits for the row that gives its key up.
        let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'
          and datname = current_database()";
        while world.count(waits).await == 0 {
            tokio::task::yield_now().await;
        }
        ending.commit().await.unwrap();
    };
    let (answer, ()) = futures::future::join(asking, end).await;
    assert!(answer.created && answer.id != made.id);
    assert_eq!(run(&world, made.run).await.0, "cancelled");
}

#[tokio::test]
async fn producers_and_cancels_of_the_same_jobs_never_deadlock() {
    let world = World::new().await;
    let owner = organization("org_1");
    // Keys in another order than the ids.
    let asked: Vec<NewJob> = (0..40)
        .map(|n| format!("c{:02}", n * 7 % 40))
        .map(|name| new(&name, JobKey::Coalesce(name.clone())))
        .collect();
    let session = world.http.db().open().await.unwrap();
    for part in asked.chunks(5) {
        session.enqueue(&owner, part, None).await.unwrap();
    }
    let rounds = (0..10).map(|_| async {
        let http = world.http.db().open().await.unwrap();
        let queue = world.queue.db().open().await.unwrap();
        let ids = world.rows("select id from jobs.job where finished_at is null").await;
        let ids: Vec<_> = ids.iter().map(|row| row.get(0)).collect();
        let (joined, cancelled) =
            futures::future::join(http.enqueue(&owner, &asked, None), queue.cancel(&ids)).await;
        assert_eq!(joined.unwrap().len(), 40);
        cancelled.unwrap();
    });
    join_all(rounds).await;
    let sql = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(world.count(sql).await, 0);
}
