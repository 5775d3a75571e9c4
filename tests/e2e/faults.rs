//! Everything at once: malformed messages, every message delivered twice, the
//! database away for ten seconds, a forced panic.

use std::time::{Duration, Instant};

use mauntic_flows::ports::Scope;
use mauntic_local::workers::{Body, Build};
use mauntic_tests::contacts::{Numbers, features};
use mauntic_tests::say::say;
use mauntic_tests::scored::{by_the_rules, computed};
use mauntic_tests::stack::{QUEUE, Stack, until};
use mauntic_tests::world::organization;
use serde_json::{Value, json};
use tokio_postgres::Client;

const CONTACTS: usize = 1_000;
const ORGANIZATIONS: usize = 20;
const MALFORMED: usize = CONTACTS / 20;
const DATABASE_AWAY: Duration = Duration::from_secs(10);
const BATCH_OPEN_MS_MAX: i64 = 120_000;

/// What a batch says that met no database, or lost it before COMMIT's answer.
const AWAY_CODES: [&str; 2] = ["unavailable", "commit_unknown"];

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
    for n in 0..ORGANIZATIONS {
        let id = organization(&format!("org_{n}"));
        keys.push(stack.organization(&id, &[Scope::Read, Scope::Write]).await);
    }
    stack.owner().await.batch_execute(AUDIT).await.unwrap();
    let mut numbers = Numbers::new(7);
    let documents: Vec<_> = (0..CONTACTS).map(|_| features(&mut numbers)).collect();
    let put = |n: usize| {
        let path = format!("/api/v1/scoring/contacts/{}/features", contact_name(n));
        let key = &keys[n % ORGANIZATIONS];
        let answer = stack.call("PUT", &path, Some(key), Some(&documents[n]));
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
    let answer = stack.call("GET", "/api/v1/scoring/leaderboard", Some(&keys[0]), None);
    assert_eq!((answer.status, &answer.body["code"]), (503, &json!("database_unavailable")));
    until(
        "ten seconds without a database are over, and a batch met that",
        || stack.story(),
        async || (started.elapsed() >= DATABASE_AWAY && met_no_database(&stack)).then_some(()),
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
            all_final(&owner).await.then_some(())
        },
    )
    .await;
    written_once(&owner).await;
    all_kept(&owner, &bad).await;
    for (n, document) in documents.iter().enumerate() {
        scored_by_the_rules(&stack, &keys[n % ORGANIZATIONS], &contact_name(n), document);
    }
    faults_were_met(&stack);
}

fn met_no_database(stack: &Stack) -> bool {
    let mut codes = stack.batches().into_iter().filter_map(|batch| batch.error_code);
    codes.any(|code| AWAY_CODES.contains(&code.as_str()))
}

async fn all_final(owner: &Client) -> bool {
    let sql = "select (select count(*) from jobs.job where finished_at is null),
      (select count(*) from scoring.lead_scores), (select count(*) from jobs.dead_letter)";
    let row = owner.query_one(sql, &[]).await.unwrap();
    let counts = [0, 1, 2].map(|n| usize::try_from(row.get::<_, i64>(n)).unwrap());
    counts == [0, CONTACTS, 2 * MALFORMED]
}

async fn written_once(owner: &Client) {
    let sql =
        "select count(*), count(distinct (organization_id, contact_id)) from public.score_writes";
    let row = owner.query_one(sql, &[]).await.unwrap();
    let wanted = i64::try_from(CONTACTS).unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (wanted, wanted));
    let sql = "select count(*), count(*) filter (where state = 'completed'), sum(claim - 1)::bigint
      from jobs.job";
    let row = owner.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (wanted, wanted));
    assert!(row.get::<_, i64>(2) > 0, "no job was claimed a second time");
}

async fn all_kept(owner: &Client, bad: &[Body]) {
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
}

fn same_json(a: &[u8], b: &[u8]) -> bool {
    let read = |bytes| serde_json::from_slice::<Value>(bytes).ok();
    read(a).is_some_and(|value| Some(value) == read(b))
}

fn scored_by_the_rules(stack: &Stack, key: &str, contact: &str, document: &Value) {
    let path = format!("/api/v1/scoring/contacts/{contact}/score");
    let answer = stack.call("GET", &path, Some(key), None);
    assert_eq!(answer.status, 200, "{contact}: {}", answer.body);
    let question = json!({"features": document, "config": []});
    assert_eq!(computed(answer.body), by_the_rules(&question), "{contact}: {document}");
}

fn faults_were_met(stack: &Stack) {
    let batches = stack.batches();
    let cut_off = batches.iter().filter(|batch| batch.cut_off).count();
    let longest_ms = batches.iter().map(|batch| batch.duration_ms).max().unwrap();
    say(format_args!(
        "{} batches, {cut_off} cut off, the longest open {longest_ms} ms",
        batches.len()
    ));
    assert!(longest_ms < BATCH_OPEN_MS_MAX, "a batch was open for {longest_ms} ms");
    assert!(cut_off > 0, "the panic was not met\n{}", stack.story());
    assert!(met_no_database(stack), "the database was never missed\n{}", stack.story());
    assert!(batches.len() > 10, "only {} batches", batches.len());
}
