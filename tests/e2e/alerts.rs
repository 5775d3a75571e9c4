//! One alert, whoever opens it at once and whatever becomes of those who tell of
//! it: the webhook hears of it under one id, signed.

use std::collections::BTreeSet;

use chrono::{SecondsFormat, Utc};
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_tests::oracle::verified;
use mauntic_tests::stack::{Stack, until};
use mauntic_tests::world::organization;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::operations::given::count;
use crate::webhook::{Call, Mood, Webhook};

/// Who report an urgent event of one contact at once, each one of its own.
const OPENERS: usize = 20;

/// Time passes for what waits for a retry, or for a message that died with its queue.
const TIME_PASSES: &str = "update jobs.job set
    available_at = least(available_at, clock_timestamp()),
    wake_at = least(wake_at, clock_timestamp())
  where state in ('queued', 'failed')";

/// Secrets: the one that calls are signed with, and another.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_told_under_one_id_by_twenty_openers_a_crash_and_a_lost_answer() {
    let webhook = Webhook::start();
    let vars = [
        ("ALERT_WEBHOOK_URL", webhook.url()),
        ("ALERT_WEBHOOK_SECRET", SECRET.to_owned()),
        ("JOB_LEASE_SECONDS", "5".to_owned()),
    ];
    let vars = vars.each_ref().map(|(name, value)| (*name, value.as_str()));
    let stack = Stack::start(Build::Production, &vars).await;
    let scopes = [Scope::Read, Scope::Write];
    let key = stack.organization(&organization("org_a"), &scopes).await;
    let owner = stack.owner().await;
    // The first caller never hears that it was heard.
    webhook.turn(Mood::Mute);
    report_at_once(&stack, &key);
    calls_are(&stack, &owner, &webhook, 1).await;
    // The second one is killed while it waits.
    webhook.turn(Mood::Holding);
    calls_are(&stack, &owner, &webhook, 2).await;
    stack.workers.kill().unwrap();
    stack.workers.restart().unwrap();
    webhook.turn(Mood::Well);
    let untold = "select count(*) from jobs.job where finished_at is null";
    until(
        "somebody was told",
        || stack.story(),
        async || {
            owner.batch_execute(TIME_PASSES).await.unwrap();
            stack.tick();
            (count(&owner, untold).await == 0).then_some(())
        },
    )
    .await;
    let alerts = stack.call("GET", "/api/v1/scoring/alerts", Some(&key), None);
    let alerts = alerts.body["items"].as_array().expect("a page of alerts").clone();
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let jobs = "select count(*) from jobs.job where type = 'scoring.NotifyAlert'
      and state = 'completed'";
    assert_eq!(count(&owner, jobs).await, 1);
    let sql = "select id::text from jobs.notification where state = 'sent'";
    let id: String = owner.query_one(sql, &[]).await.unwrap().get(0);
    let calls = webhook.calls();
    assert!(calls.len() > 2, "nobody told it again");
    for call in &calls {
        let said = call.json();
        assert_eq!(said["alertId"], alerts[0]["alertId"], "{said}");
        let ids = [call.headers["webhook-id"].clone(), call.key(), text(&said["id"])];
        assert_eq!(BTreeSet::from(ids), BTreeSet::from([id.clone()]), "{call:?}");
    }
    signatures_hold(&calls);
}

/// Each opener's own event, all at the same moment.
fn report_at_once(stack: &Stack, key: &str) {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let start = std::sync::Barrier::new(OPENERS);
    std::thread::scope(|scope| {
        for nth in 0..OPENERS {
            let (start, now) = (&start, &now);
            scope.spawn(move || {
                let event = json!({
                    "id": format!("evt-{nth}"), "type": "content.FormSubmitted",
                    "occurredAt": now, "data": {"contactId": "c", "formType": "demo"},
                });
                start.wait();
                let answer = stack.call("POST", "/api/v1/events", Some(key), Some(&event));
                assert_eq!((answer.status, &answer.body["accepted"]), (202, &json!(1)));
            });
        }
    });
}

async fn calls_are(stack: &Stack, owner: &Client, webhook: &Webhook, wanted: usize) {
    let what = format!("the webhook was called {wanted} times");
    let heard = async || {
        owner.batch_execute(TIME_PASSES).await.unwrap();
        stack.tick();
        (webhook.calls().len() >= wanted).then_some(())
    };
    until(&what, || stack.story(), heard).await;
}

/// As a receiver of theirs sees it; and nothing that was changed is taken.
fn signatures_hold(calls: &[Call]) {
    let of = |secret: &str, call: &Call, body: &str| json!({"secret": secret, "headers": call.headers, "body": body});
    let sound: Vec<Value> = calls.iter().map(|call| of(SECRET, call, &call.body)).collect();
    assert!(verified(&sound).iter().all(|answer| answer["taken"] == true), "{sound:?}");
    let first = &calls[0];
    let mut later = first.clone();
    let at: i64 = first.headers["webhook-timestamp"].parse().unwrap();
    later.headers.insert("webhook-timestamp".to_owned(), (at + 1).to_string());
    let wrong = [
        of(OTHER_SECRET, first, &first.body),
        of(SECRET, first, &first.body.replace("\"c\"", "\"d\"")),
        of(SECRET, &later, &first.body),
    ];
    assert!(verified(&wrong).iter().all(|answer| answer["taken"] == false), "{wrong:?}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
