//! Twins of what the store does, wrong on purpose: the check that the pairs pass
//! finds an order that each of them fails, and none for the store's own.
//!
//! Their statements are the tests' own and as short as the fault allows.

use std::collections::BTreeSet;

use tokio_postgres::{Client, Error};
use uuid::Uuid;

use crate::act::{Act, Answer, Form};
use crate::scene::{CONTACTS, JOINED, KEY, LAST, OTHER, OWNER, RUN, SHARED, Scene, Stage};
use crate::walk::{Does, Walked, World};

/// A twin.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Twin {
    /// Claims rows in the order in which the messages came, and waits for them.
    UnsortedClaim(usize),
    /// Reads the run's counts, decides here, and writes them back.
    CountedHere(usize),
    /// Locks a run and counts its jobs in one statement.
    RecountAtOnce,
    /// Inserts under a key or reads who has it, in one statement.
    EnqueueAtOnce,
    /// Stores features; where a job is queued already, does nothing to it.
    JoinByNothing,
}

impl Twin {
    pub(crate) async fn perform(self, owner: &Client) -> Result<Answer, Error> {
        match self {
            Self::UnsortedClaim(side) => unsorted_claim(owner, side).await,
            Self::CountedHere(side) => ended(owner, counted_here(owner, side)).await,
            Self::RecountAtOnce => ended(owner, recount_at_once(owner)).await,
            Self::EnqueueAtOnce => enqueue_at_once(owner).await,
            Self::JoinByNothing => ended(owner, join_by_nothing(owner)).await,
        }
    }
}

/// A transaction around it.
async fn ended(
    owner: &Client,
    work: impl Future<Output = Result<Answer, Error>>,
) -> Result<Answer, Error> {
    owner.batch_execute("begin").await?;
    let answer = work.await;
    // Of a failed transaction it is a rollback.
    owner.batch_execute("commit").await?;
    answer
}

async fn unsorted_claim(owner: &Client, side: usize) -> Result<Answer, Error> {
    let mut ids = [OTHER, SHARED, JOINED];
    if side == 1 {
        ids.reverse();
    }
    let [one, two, three] = ids;
    let sql = format!(
        "with due as (
           select j.id from jobs.job j
           where j.id in ('{one}', '{two}', '{three}') and j.state in ('queued', 'failed')
           order by array_position(array['{one}', '{two}', '{three}']::uuid[], j.id) for update
         )
         update jobs.job j set state = 'in_progress', claim = j.claim + 1, coalesce_key = null,
           lease_until = clock_timestamp() + interval '60 s'
         from due where j.id = due.id returning j.id, j.claim"
    );
    let mut held = BTreeSet::new();
    for message in owner.simple_query(&sql).await? {
        if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
            let id: Uuid = row.get(0).unwrap().parse().unwrap();
            held.insert((id, row.get(1).unwrap().parse().unwrap()));
        }
    }
    Ok(Answer { held, ..Answer::default() })
}

async fn counted_here(owner: &Client, side: usize) -> Result<Answer, Error> {
    let complete = format!(
        "update jobs.job set state = 'completed', finished_at = clock_timestamp(),
           lease_until = null, receipt = '{{}}'
         where id = '{}' and claim = 1 and state = 'in_progress'",
        LAST[side]
    );
    owner.batch_execute(&complete).await?;
    let read = format!("select jobs_total, jobs_done from jobs.run where id = '{RUN}'");
    let counts = texts(owner, &read).await?;
    let counts: Vec<i32> = counts.iter().map(|count| count.parse().unwrap()).collect();
    let (total, done) = (counts[0], counts[1] + 1);
    let end =
        if done == total { ", status = 'completed', finished_at = clock_timestamp()" } else { "" };
    let write = format!(
        "update jobs.run set jobs_done = {done}, progressed_at = clock_timestamp() {end}
         where id = '{RUN}'"
    );
    owner.batch_execute(&write).await?;
    Ok(Answer::default())
}

async fn recount_at_once(owner: &Client) -> Result<Answer, Error> {
    let sql = format!(
        "with locked as (select r.id from jobs.run r where r.id = '{RUN}' for update),
         counted as (
           select count(*)::int4 as total,
                  (count(*) filter (where j.state = 'completed'))::int4 as done
           from jobs.job j where j.run_id = '{RUN}')
         update jobs.run r set jobs_total = c.total, jobs_done = c.done,
           status = jobs.run_status(c.total, c.done, 0, 0),
           finished_at = case when c.done = c.total then clock_timestamp() end,
           stalled_at = case when c.done < c.total then clock_timestamp() end
         from locked l, counted c where r.id = l.id"
    );
    owner.batch_execute(&sql).await?;
    Ok(Answer::default())
}

/// Answers how many jobs stand for the key.
async fn enqueue_at_once(owner: &Client) -> Result<Answer, Error> {
    let sql = format!(
        "with written as (
           insert into jobs.job (organization_id, queue, type, data, failures_max, idempotency_key)
           values ('{OWNER}', 'mauntic-scoring-events', 'scoring.CalculateScore',
             '{{\"organizationId\": \"{OWNER}\", \"contactId\": \"{}\"}}', 3, '{KEY}')
           on conflict do nothing returning id
         )
         select id from written
         union all
         select id from jobs.job where organization_id = '{OWNER}' and idempotency_key = '{KEY}'",
        CONTACTS[0]
    );
    owner.batch_execute("begin").await?;
    let found = texts(owner, &sql).await;
    owner.batch_execute("commit").await?;
    Ok(Answer { said: found?.len().to_string(), ..Answer::default() })
}

async fn join_by_nothing(owner: &Client) -> Result<Answer, Error> {
    let contact = CONTACTS[0];
    let job = format!(
        "insert into jobs.job (organization_id, queue, type, data, failures_max, coalesce_key)
         values ('{OWNER}', 'mauntic-scoring-events', 'scoring.CalculateScore',
           '{{\"organizationId\": \"{OWNER}\", \"contactId\": \"{contact}\"}}', 3, '{contact}')
         on conflict do nothing"
    );
    owner.batch_execute(&job).await?;
    let features = format!(
        "update scoring.contact_features set input_version = input_version + 1
         where organization_id = '{OWNER}' and contact_id = '{contact}'"
    );
    owner.batch_execute(&features).await?;
    Ok(Answer::default())
}

/// Every column of every row.
async fn texts(owner: &Client, sql: &str) -> Result<Vec<String>, Error> {
    let mut texts = Vec::new();
    for message in owner.simple_query(sql).await? {
        if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
            texts.extend((0..row.len()).filter_map(|n| row.get(n).map(str::to_owned)));
        }
    }
    Ok(texts)
}

/// What the twins do to each other, and what the store's own does in their place.
async fn both(
    scene: &Scene,
    twins: impl Fn([Does; 2]) -> [Does; 2],
    gate: Option<&str>,
) -> [Walked; 2] {
    let world = World::new().await;
    let own = Act::both(scene).map(Does::Act);
    let wrong = world.walk(scene, &twins(own), gate).await;
    let right = world.walk(scene, &own, gate).await;
    [wrong, right]
}

/// The check finds an order that the twin fails, for this reason, and none that
/// the store's own fails.
fn assert_found([wrong, right]: &[Walked; 2], why: &str) {
    let found = wrong.bad.iter().filter(|bad| bad.contains(why)).count();
    assert!(found > 0, "none of {} orders shows it: {:?}", wrong.orders, wrong.bad);
    assert!(found < wrong.orders, "it is not the order that shows it: {:?}", wrong.bad);
    assert!(right.bad.is_empty(), "{}", right.bad.join("\n"));
    assert!(right.orders > 1);
}

#[tokio::test]
async fn an_unsorted_claim_deadlocks() {
    let scene = Scene::new(Stage::Queued, [Form::Claim, Form::Claim]);
    let twins = |_| [0, 1].map(|side| Does::Twin(Twin::UnsortedClaim(side)));
    // Each has its first job by then, and waits for the one in the middle.
    let gate = format!("select from jobs.job where id = '{SHARED}' for update");
    assert_found(&both(&scene, twins, Some(&gate)).await, "40P01");
}

#[tokio::test]
async fn counters_that_are_decided_here_leave_a_run_open_for_ever() {
    let scene = Scene::new(Stage::Done, [Form::Finalize, Form::Finalize]);
    let twins = |_| [0, 1].map(|side| Does::Twin(Twin::CountedHere(side)));
    assert_found(&both(&scene, twins, None).await, "the counts of the run are not those");
}

#[tokio::test]
async fn a_run_that_is_locked_and_counted_in_one_statement_is_counted_wrong() {
    let scene = Scene::new(Stage::Done, [Form::Finalize, Form::Recount]);
    let twins = |own: [Does; 2]| [own[0], Does::Twin(Twin::RecountAtOnce)];
    assert_found(&both(&scene, twins, None).await, "the counts of the run are not those");
}

#[tokio::test]
async fn an_enqueue_of_one_statement_finds_nobody_behind_its_key() {
    let scene = Scene::new(Stage::Dead, [Form::EnqueueSame, Form::EnqueueSame]);
    let twins = |_| [Does::Twin(Twin::EnqueueAtOnce); 2];
    assert_found(&both(&scene, twins, None).await, "answer 1: 0");
}

#[tokio::test]
async fn a_signal_that_leaves_the_queued_job_unlocked_is_lost_when_it_is_claimed() {
    let scene = Scene::new(Stage::Queued, [Form::ClaimAndRead, Form::Coalesce]);
    let twins = |own: [Does; 2]| [own[0], Does::Twin(Twin::JoinByNothing)];
    assert_found(&both(&scene, twins, None).await, "wait for a job in vain");
}
