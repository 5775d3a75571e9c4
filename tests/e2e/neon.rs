//! The workers over Neon's WebSocket, as they are deployed: jobs are done, and connections
//! that end amid an answer lose nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_neon_local::{End, Ending, Faults, Server};
use mauntic_tests::contacts::{Numbers, features};
use mauntic_tests::reach::{PASSWORD, Reach, Transport};
use mauntic_tests::say::say;
use mauntic_tests::scored::{by_the_rules, computed};
use mauntic_tests::stack::{Stack, until};
use mauntic_tests::world::organization;
use serde_json::{Value, json};
use tokio_postgres::Client;

/// Contacts that are scored with nothing in the way.
const CONTACTS: usize = 30;

/// What a batch says whose connection ended: at once, or before COMMIT's answer.
const CUT_CODES: [&str; 2] = ["unavailable", "commit_unknown"];

/// From behind the start-up to within the longest answers, by bytes that come before the end.
const CUT_AFTER: [u64; 6] = [700, 1_100, 1_600, 2_300, 3_500, 5_000];

/// Each of them, without a word and with one.
const CUTS: u64 = 2 * CUT_AFTER.len() as u64;

/// The end of the next connections: without a word, and with one.
fn cut(n: u64) -> Faults {
    let at = usize::try_from(n / 2).unwrap() % CUT_AFTER.len();
    let ending = if n.is_multiple_of(2) { Ending::Cut } else { Ending::Close(1000) };
    Faults { end: Some(End { after_bytes: CUT_AFTER[at], ending }), ..Faults::default() }
}

fn neon(stack: &Stack) -> &Server {
    let Reach::Neon(server) = &stack.reach else { panic!("{:?}", stack.reach) };
    server
}

fn put(stack: &Stack, key: &str, contact: &str, features: &Value) -> u16 {
    let path = format!("/api/v1/scoring/contacts/{contact}/features");
    stack.call("PUT", &path, Some(key), Some(features)).status
}

fn put_down(stack: &Stack, key: &str, contact: &str, features: &Value) {
    assert_eq!(put(stack, key, contact, features), 202, "{contact}\n{}", stack.story());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_done_over_neons_websocket_whatever_ends_amid_an_answer() {
    let vars = [("JOB_LEASE_SECONDS", "5")];
    let stack = Stack::start_over(Transport::NeonWs, Build::Production, &vars).await;
    let key = stack.organization(&organization("org_1"), &[Scope::Read, Scope::Write]).await;
    let owner = stack.owner().await;
    let mut numbers = Numbers::new(10);
    let mut documents: Vec<Value> = (0..CONTACTS).map(|_| features(&mut numbers)).collect();
    for (n, document) in documents.iter().enumerate() {
        put_down(&stack, &key, &format!("contact_{n}"), document);
    }
    all_done(&stack, &owner, CONTACTS).await;
    assert!(neon(&stack).counts().upgrades() > 0, "no WebSocket was opened");

    let (cuts, mut refused) = (AtomicU64::new(0), 0);
    until(
        "a request and a batch were cut off",
        || stack.story(),
        async || {
            neon(&stack).set_faults(cut(cuts.fetch_add(1, Ordering::Relaxed)));
            let document = features(&mut numbers);
            let name = format!("contact_{}", documents.len());
            match put(&stack, &key, &name, &document) {
                202 => {}
                503 => refused += 1,
                status => panic!("{status}"),
            }
            documents.push(document);
            stack.tick();
            let is_each_cut = cuts.load(Ordering::Relaxed) >= CUTS;
            (is_each_cut && refused > 0 && is_cut_off(&stack)).then_some(())
        },
    )
    .await;
    // Who is sent elsewhere does not take the password there.
    neon(&stack).set_faults(Faults { moved: true, ..Faults::default() });
    let before = neon(&stack).counts().upgrades();
    assert_eq!(put(&stack, &key, "contact_0", &documents[0]), 503);
    assert_eq!(neon(&stack).counts().upgrades(), before);
    neon(&stack).set_faults(Faults::default());
    // Whatever was refused, and may have been done all the same.
    for (n, document) in documents.iter().enumerate().skip(CONTACTS) {
        put_down(&stack, &key, &format!("contact_{n}"), document);
    }
    all_done(&stack, &owner, documents.len()).await;
    for (n, document) in documents.iter().enumerate() {
        let path = format!("/api/v1/scoring/contacts/contact_{n}/score");
        let answer = stack.call("GET", &path, Some(&key), None);
        assert_eq!(answer.status, 200, "contact_{n}: {}", answer.body);
        let question = json!({"features": document, "config": []});
        assert_eq!(computed(answer.body), by_the_rules(&question), "contact_{n}: {document}");
    }
    let (upgrades, cuts) = (neon(&stack).counts().upgrades(), cuts.into_inner());
    say(format_args!("{upgrades} WebSockets, {refused} requests refused in {cuts} rounds"));
    names_its_transport(&stack, "neon-ws");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_done_over_every_other_transport() {
    for (transport, name) in
        [(Transport::Tcp, "tcp"), (Transport::Tls, "tcp"), (Transport::Hyperdrive, "hyperdrive")]
    {
        let stack = Stack::start_over(transport, Build::Production, &[]).await;
        let key = stack.organization(&organization("org_1"), &[Scope::Read, Scope::Write]).await;
        put_down(&stack, &key, "contact_1", &json!({"hasEmail": true}));
        all_done(&stack, &stack.owner().await, 1).await;
        names_its_transport(&stack, name);
        if let Reach::Tls(front) = &stack.reach {
            assert!(front.counts().connections() > 1, "nobody came through TLS");
        }
    }
}

/// Each worker says once how it reaches the database.
fn names_its_transport(stack: &Stack, name: &str) {
    let logs = stack.workers.logs(false).unwrap();
    let told = logs.iter().filter(|log| log.message.contains("database_transport"));
    let told: Vec<&String> = told.map(|log| &log.message).collect();
    assert!(told.len() >= 2 && told.iter().all(|line| line.contains(name)), "{told:?}");
    let secret = logs.iter().find(|log| log.message.contains(PASSWORD));
    assert!(secret.is_none(), "{secret:?}");
}

fn is_cut_off(stack: &Stack) -> bool {
    let codes = stack.batches().into_iter().filter_map(|batch| batch.error_code);
    codes.into_iter().any(|code| CUT_CODES.contains(&code.as_str()))
}

/// Every job is final and none was given up; so many contacts have a score.
async fn all_done(stack: &Stack, owner: &Client, contacts: usize) {
    let sql = "select (select count(*) from jobs.job where finished_at is null),
      (select count(*) from jobs.job where finished_at is not null and state <> 'completed'),
      (select count(*) from scoring.lead_scores)";
    let wanted = [0, 0, i64::try_from(contacts).unwrap()];
    until(
        "every job is done",
        || stack.story(),
        async || {
            stack.tick();
            let row = owner.query_one(sql, &[]).await.unwrap();
            ([0, 1, 2].map(|n| row.get::<_, i64>(n)) == wanted).then_some(())
        },
    )
    .await;
}

/// A worker that is told of no way there is says so, and answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transport_that_cannot_be_is_named_in_the_log() {
    for (vars, told) in [
        (
            &[("DATABASE_TRANSPORT", "websocket")][..],
            "DATABASE_TRANSPORT must be hyperdrive, tcp or neon-ws",
        ),
        (
            &[("DATABASE_TRANSPORT", "neon-ws")],
            "DATABASE_URL must be of a host of Neon's, or of the one that NEON_HOST names",
        ),
        (
            &[("DATABASE_TRANSPORT", "neon-ws"), ("NEON_HOST", "wss://localhost")],
            "NEON_HOST must be a host",
        ),
    ] {
        let stack = Stack::start(Build::Production, vars).await;
        let key = stack.organization(&organization("org_1"), &[Scope::Read]).await;
        let answer = stack.call("GET", "/api/v1/scoring/leaderboard", Some(&key), None);
        let code = &answer.body["code"];
        assert_eq!((answer.status, code), (503, &json!("database_unavailable")), "{vars:?}");
        assert!(!answer.body.to_string().contains("localhost"), "{}", answer.body);
        let logs = stack.workers.logs(false).unwrap();
        assert!(logs.iter().any(|log| log.message.contains(told)), "{told}\n{}", stack.story());
    }
}
