//! Everything at once: malformed messages, every message delivered twice, the
//! database away for ten seconds, a forced panic.

use std::time::{Duration, Instant};

use mauntic_flows::ports::Scope;
use mauntic_local::workers::{Body, Build};
use mauntic_tests::contacts::{Numbers, features};
use mauntic_tests::stack::{QUEUE, Stack, until};
use mauntic_tests::world::organization;
use serde_json::json;

const CONTACTS: usize = 1_000;
const MALFORMED: usize = CONTACTS / 20;
const DATABASE_AWAY: Duration = Duration::from_secs(10);
const BATCH_OPEN_MS_MAX: i64 = 120_000;

/// Counts the writes of each score, so that "once" is seen and not inferred.
const AUDIT: &str = "create table public.score_writes (organization_id text, contact_id text);
  grant insert on public.score_writes to public;
  create function public.count_write() returns trigger language plpgsql as $$ begin
    insert into public.score_writes values (new.organization_id, new.contact_id); return new; end $$;
  create trigger count_write after insert or update on scoring.lead_scores
    for each row execute function public.count_write();";

fn contact_name(n: usize) -> String {
    if n == CONTACTS / 3 { "fault-panic-once".to_owned() } else { format!("contact_{n}") }
}

fn malformed(n: usize) -> Body {
    match n % 5 {
        0 => Body::Text(format!("nonsense {n}")),
        1 => Body::Text(format!(r#"{{"type":"no.Such","n":{n}}}"#)),
        2 => Body::Json(json!(n)),
        3 => Body::Bytes(vec![0xff, u8::try_from(n % 256).unwrap()]),
        _ => Body::Json(
            json!({"type": "scoring.CalculateScore", "data": {"organizationId": "o", "n": n}}),
        ),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_good_contact_is_scored_once_and_every_bad_body_is_kept() {
    let vars = [("FAULT_DUPLICATES", "true"), ("JOB_LEASE_SECONDS", "5")];
    let stack = Stack::start(Build::FaultHooks, &vars).await;
    let mut keys = Vec::new();
    for n in 0..20 {
        let id = organization(&format!("org_{n}"));
        keys.push(stack.organization(&id, &[Scope::Read, Scope::Write]).await);
    }
    stack.owner().await.batch_execute(AUDIT).await.unwrap();
    let mut numbers = Numbers::new(7);
    let documents: Vec<_> = (0..CONTACTS).map(|_| features(&mut numbers)).collect();
    let put = |n: usize| {
        let path = format!("/api/v1/scoring/contacts/{}/features", contact_name(n));
        let answer = stack.call("PUT", &path, Some(&keys[n % 20]), Some(&documents[n]));
        assert_eq!(answer.status, 202, "{}", answer.body);
    };
    let bad: Vec<Body> = (0..MALFORMED).map(malformed).collect();
    let twice: Vec<Body> = bad.iter().flat_map(|body| [body.clone(), body.clone()]).collect();

    (0..CONTACTS / 2).for_each(put);
    stack.workers.send(QUEUE, &twice[..MALFORMED]).unwrap();
    // In the middle: messages are in flight when the database goes away.
    let started = Instant::now();
    stack.postgres.halt().unwrap();
    stack.workers.send(QUEUE, &twice[MALFORMED..]).unwrap();
    until(
        "ten seconds without a database are over",
        || stack.story(),
        async || (started.elapsed() >= DATABASE_AWAY).then_some(()),
    )
    .await;
    stack.postgres.restart().unwrap();
    (CONTACTS / 2..CONTACTS).for_each(put);

    let owner = stack.owner().await;
    until(
        "every job is final and every bad body kept",
        || stack.story(),
        async || {
            stack.tick();
            let sql = "select (select count(*) from jobs.job where finished_at is null),
          (select count(*) from scoring.lead_scores), (select count(*) from jobs.dead_letter)";
            let row = owner.query_one(sql, &[]).await.unwrap();
            let counts = (row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2));
            let wanted =
                (0, i64::try_from(CONTACTS).unwrap(), i64::try_from(2 * MALFORMED).unwrap());
            (counts == wanted).then_some(())
        },
    )
    .await;
    proved(&stack, &bad).await;
}

async fn proved(stack: &Stack, bad: &[Body]) {
    let owner = stack.owner().await;
    let writes =
        "select count(*), count(distinct (organization_id, contact_id)) from public.score_writes";
    let row = owner.query_one(writes, &[]).await.unwrap();
    let wanted = i64::try_from(CONTACTS).unwrap();
    assert_eq!(
        (row.get::<_, i64>(0), row.get::<_, i64>(1)),
        (wanted, wanted),
        "each score written once"
    );
    let jobs = "select count(*), count(*) filter (where state = 'completed'), sum(claim - 1)::bigint from jobs.job";
    let row = owner.query_one(jobs, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (wanted, wanted));
    let kept = owner.query("select body from jobs.dead_letter", &[]).await.unwrap();
    let kept: Vec<Vec<u8>> = kept.iter().map(|row| row.get(0)).collect();
    for body in bad {
        let bytes = match body {
            Body::Text(text) => text.clone().into_bytes(),
            Body::Json(value) => value.to_string().into_bytes(),
            Body::Bytes(bytes) => bytes.clone(),
        };
        let same = |kept: &&Vec<u8>| **kept == bytes || same_json(kept, &bytes);
        assert_eq!(kept.iter().filter(same).count(), 2, "{body:?} is kept, once a delivery");
    }
    let (longest_ms, batches) = stack.batches();
    println!(
        "{batches} batches, the longest open {longest_ms} ms; repeated claims: {}",
        row.get::<_, i64>(2)
    );
    assert!(batches > 10 && longest_ms < BATCH_OPEN_MS_MAX, "{batches} batches, {longest_ms} ms");
    assert!(stack.story().contains("batch") && row.get::<_, i64>(2) > 0, "no fault was met");
}

fn same_json(a: &[u8], b: &[u8]) -> bool {
    let read = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).ok();
    read(a).is_some_and(|value| Some(value) == read(b))
}
