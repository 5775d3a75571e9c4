//! The runner over a pair of small JavaScript workers of the deployed shape.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod common;
#[path = "common/project.rs"]
mod project;

use common::until;
use mauntic_local::workers::{
    Body, Build, Error, Message, Outcome, RetryBatch, RetryMessage, Worker, Workers,
};
use project::{Project, write};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

const QUEUE: &str = "mauntic-scoring-events";

fn get(url: &str) -> Result<String, ureq::Error> {
    let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20)));
    config.build().new_agent().get(url).call()?.body_mut().read_to_string()
}

fn get_json(url: &str) -> Value {
    serde_json::from_str(&get(url).unwrap()).unwrap()
}

fn seen(workers: &Workers, key: &str) -> bool {
    let key = key.replace(' ', "%20");
    get(&format!("{}/r2/{key}", workers.http_url())).unwrap() == "seen"
}

fn message(id: &str, body: Body) -> Message {
    Message { id: id.to_owned(), timestamp_ms: 5, attempts: 3, body }
}

fn text(text: &str) -> Body {
    Body::Text(text.to_owned())
}

#[test]
fn settings_builds_crons_batches_and_queues() {
    let project = Project::new("workers");
    let mut options = project.options(Build::FaultHooks);
    options.http.vars.insert("COLOUR".to_owned(), "ours".to_owned());
    options.http.secrets.insert("SECRET".to_owned(), "whispered".to_owned());
    let workers = Workers::start(&options).unwrap();
    assert_eq!(
        get_json(&workers.http_url()),
        json!({ "BUILD": "build-hooks", "COLOUR": "ours", "SHAPE": "from the file",
                "SECRET": "whispered", "wasm": true })
    );

    let fire = |cron| workers.scheduled(Worker::Queue, cron, 60_000).unwrap();
    assert_eq!(fire("* * * * *"), Outcome::Ok);
    assert_eq!(fire("0 0 * * *"), Outcome::Failed("exception".to_owned()));
    let fired = |log: &str| workers.logs(false).unwrap().iter().any(|l| l.message == log);
    until("the log", || fired("fired * * * * * at 60000"));

    batches_of_our_own(&workers);

    workers.send(QUEUE, &[text("sent"), Body::Json(json!({ "k": 1 })), text("die")]).unwrap();
    workers.send(QUEUE, &[Body::Bytes(vec![9, 255])]).unwrap();
    for body in ["text sent", "json {\"k\":1}", "bytes 9,255"] {
        until(body, || seen(&workers, &format!("{QUEUE} {body}")));
    }
    until("the dead letter", || seen(&workers, &format!("{QUEUE}-dlq text die")));
    let refused = workers.send("no-such-queue", &[text("x")]);
    assert!(matches!(refused, Err(Error::Refused { order: "send", .. })), "{refused:?}");
}

fn batches_of_our_own(workers: &Workers) {
    let deliver = |messages: &[Message]| workers.deliver(Worker::Queue, QUEUE, messages).unwrap();
    let mixed = deliver(&[
        message("a", text("x")),
        message("b", text("later")),
        message("c", Body::Json(json!({ "j": [1] }))),
        message("d", Body::Bytes(vec![1, 2])),
    ]);
    assert_eq!(mixed.outcome, Outcome::Ok);
    assert_eq!(mixed.explicit_acks, ["a", "c", "d"]);
    let later = RetryMessage { id: "b".to_owned(), delay_seconds: Some(30) };
    assert_eq!(mixed.retry_messages, [later]);
    assert!(seen(workers, &format!("{QUEUE} bytes 1,2")));

    let all = deliver(&[message("e", text("all"))]);
    assert_eq!(all.retry_batch, RetryBatch { retry: true, delay_seconds: Some(7) });
    assert_eq!(mixed.retry_batch, RetryBatch { retry: false, delay_seconds: None });

    let failed = deliver(&[message("f", text("y")), message("g", text("boom"))]);
    assert_eq!(failed.outcome, Outcome::Failed("exception".to_owned()));
    assert_eq!(failed.explicit_acks, ["f"]);
}

#[test]
fn a_fixed_port_kept_storage_and_death() {
    let project = Project::new("deaths");
    let mut options = project.options(Build::Production);
    options.persist = Some(project.0.join("state"));
    options.port = Some(18_787);
    let workers = Workers::start(&options).unwrap();
    let url = workers.http_url();
    let port: u16 = url.rsplit(':').next().unwrap().parse().unwrap();
    assert!((18_787..18_837).contains(&port), "{url}");
    assert_eq!(get_json(&url)["BUILD"], "build");
    assert_eq!(get_json(&url)["COLOUR"], "from the file");
    assert_eq!(get_json(&url)["SECRET"], Value::Null);
    workers.deliver(Worker::Queue, QUEUE, &[message("a", text("kept"))]).unwrap();

    let hanging = std::thread::spawn({
        let url = format!("{url}/hang");
        move || get(&url)
    });
    let stuck = [message("s", text("hang"))];
    let logged = || workers.logs(false).unwrap();
    let hung = || logged().iter().any(|log| log.message == "hanging");
    std::thread::scope(|scope| {
        let batch = scope.spawn(|| workers.deliver(Worker::Queue, QUEUE, &stuck));
        until("the batch hangs", hung);
        workers.kill().unwrap();
        let error = batch.join().unwrap().unwrap_err();
        assert!(matches!(error, Error::Refused { order: "deliver", .. }), "{error}");
    });
    hanging.join().unwrap().unwrap_err();
    workers.restart().unwrap();
    assert_eq!(workers.http_url(), url);
    assert!(seen(&workers, &format!("{QUEUE} text kept")));
    assert!(hung(), "logs outlive a restart");
    assert_eq!(get_json(&url)["BUILD"], "build");
    drop(workers);
    get(&url).unwrap_err();

    let workers = Workers::start(&options).unwrap();
    assert!(seen(&workers, &format!("{QUEUE} text kept")));
}

#[test]
fn objects_are_stored_and_read_by_their_binding() {
    let project = Project::new("objects");
    let workers = Workers::start(&project.options(Build::Production)).unwrap();
    assert_eq!(workers.stored("WARMUP_R2", "a b").unwrap(), None);
    workers.store("WARMUP_R2", "a b", "seen").unwrap();
    assert_eq!(workers.stored("WARMUP_R2", "a b").unwrap().as_deref(), Some("seen"));
    assert!(seen(&workers, "a b"));
    let error = workers.store("NO_BUCKET", "a b", "seen").unwrap_err();
    assert!(matches!(error, Error::Refused { order: "store", .. }), "{error}");
}

#[test]
fn a_start_that_cannot_work_says_why() {
    let project = Project::new("broken");
    fs::remove_file(project.0.join("workers/http/build/index.js")).unwrap();
    let error = Workers::start(&project.options(Build::Production)).unwrap_err();
    assert!(matches!(error, Error::NotBuilt { .. }), "{error}");
    write(&project.0.join("workers/http/build/index.js"), b"export default {");
    let error = Workers::start(&project.options(Build::Production)).unwrap_err().to_string();
    assert!(error.contains("build/index.js"), "{error}");
}
