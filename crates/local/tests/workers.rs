//! The runner over a pair of small JavaScript workers of the deployed shape.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::until;
use mauntic_local::workers::{
    Body, Build, Error, Message, Options, Outcome, RetryBatch, RetryMessage, Worker, Workers,
};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const QUEUE: &str = "mauntic-scoring-events";

const COMMON_TOML: &str = r#"
compatibility_date = "2026-07-01"
[vars]
COLOUR = "from the file"
SHAPE = "from the file"
[build]
command = "exit 1"
[[queues.producers]]
binding = "SCORING_JOBS"
queue = "mauntic-scoring-events"
[[r2_buckets]]
binding = "WARMUP_R2"
bucket_name = "mauntic-warmup-counters"
[env.staging]
name = "elsewhere"
"#;

const CONSUMERS_TOML: &str = r#"
[[queues.consumers]]
queue = "mauntic-scoring-events"
max_batch_size = 100
max_batch_timeout = 1
max_retries = 0
dead_letter_queue = "mauntic-scoring-events-dlq"
[[queues.consumers]]
queue = "mauntic-scoring-events-dlq"
max_batch_size = 10
max_batch_timeout = 1
"#;

const ENTRY: &str = r#"
import Generated from "./build/index.js";
export default Generated;
"#;

/// What stands for the generated part of a worker, wasm module and all.
const GENERATED: &str = r#"
import { WorkerEntrypoint } from "cloudflare:workers";
import wasm from "./index_bg.wasm";
const textOf = (body) => body instanceof ArrayBuffer ? `bytes ${new Uint8Array(body)}`
  : typeof body === "string" ? `text ${body}` : `json ${JSON.stringify(body)}`;
export default class extends WorkerEntrypoint {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/hang") return new Promise((resolve) => setTimeout(resolve, 600_000));
    if (pathname.startsWith("/r2/")) {
      const object = await this.env.WARMUP_R2.get(decodeURIComponent(pathname.slice(4)));
      return new Response(object ? await object.text() : "nothing");
    }
    const { COLOUR, SHAPE, SECRET } = this.env;
    return Response.json({ BUILD, COLOUR, SHAPE, SECRET, wasm: wasm instanceof WebAssembly.Module });
  }
  async queue(batch) {
    for (const message of batch.messages) {
      const text = textOf(message.body);
      if (text === "text boom") throw new Error("boom");
      if (text === "text hang") {
        console.log("hanging");
        await new Promise((resolve) => setTimeout(resolve, 600_000));
      }
      if (text === "text all") return batch.retryAll({ delaySeconds: 7 });
      await this.env.WARMUP_R2.put(`${batch.queue} ${text}`, "seen");
      if (text === "text later") message.retry({ delaySeconds: 30 });
      else if (text === "text die") message.retry();
      else message.ack();
    }
  }
  async scheduled(event) {
    console.log(`fired ${event.cron} at ${event.scheduledTime}`);
    if (event.cron === "0 0 * * *") throw new Error("no midnight");
  }
}
"#;

/// The smallest module there is: magic number and version.
const WASM: &[u8] = b"\0asm\x01\0\0\0";

struct Project(PathBuf);

impl Project {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("mauntic-{name}-{}", std::process::id()));
        for worker in ["http", "queue"] {
            let folder = root.join("workers").join(worker);
            for build in ["build", "build-hooks"] {
                let generated = format!("const BUILD = {build:?};\n{GENERATED}");
                write(&folder.join(build).join("index.js"), generated.as_bytes());
                write(&folder.join(build).join("index_bg.wasm"), WASM);
            }
            write(&folder.join("entry.mjs"), ENTRY.as_bytes());
            let consumers = if worker == "queue" {
                CONSUMERS_TOML
            } else {
                ""
            };
            let toml = format!(
                "name = \"mauntic-{worker}\"\nmain = \"../workers/{worker}/entry.mjs\"\n\
                 {COMMON_TOML}{consumers}"
            );
            write(
                &root.join("wrangler").join(format!("{worker}.toml")),
                toml.as_bytes(),
            );
        }
        write(
            &root.join("wrangler/.dev.vars"),
            b"COLOUR=leaked\nSECRET=leaked\n",
        );
        Self(root)
    }

    fn options(&self, build: Build) -> Options {
        Options {
            wrangler: self.0.join("wrangler"),
            ..Options::new(build)
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn get(url: &str) -> Result<String, ureq::Error> {
    let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20)));
    config
        .build()
        .new_agent()
        .get(url)
        .call()?
        .body_mut()
        .read_to_string()
}

fn get_json(url: &str) -> Value {
    serde_json::from_str(&get(url).unwrap()).unwrap()
}

fn seen(workers: &Workers, key: &str) -> bool {
    let key = key.replace(' ', "%20");
    get(&format!("{}/r2/{key}", workers.http_url())).unwrap() == "seen"
}

fn message(id: &str, body: Body) -> Message {
    Message {
        id: id.to_owned(),
        timestamp_ms: 5,
        attempts: 3,
        body,
    }
}

fn text(text: &str) -> Body {
    Body::Text(text.to_owned())
}

#[test]
fn settings_builds_crons_batches_and_queues() {
    let project = Project::new("workers");
    let mut options = project.options(Build::FaultHooks);
    options
        .http
        .vars
        .insert("COLOUR".to_owned(), "ours".to_owned());
    options
        .http
        .secrets
        .insert("SECRET".to_owned(), "whispered".to_owned());
    let workers = Workers::start(&options).unwrap();
    assert_eq!(
        get_json(&workers.http_url()),
        json!({ "BUILD": "build-hooks", "COLOUR": "ours", "SHAPE": "from the file",
                "SECRET": "whispered", "wasm": true })
    );

    let fire = |cron| workers.scheduled(Worker::Queue, cron, 60_000).unwrap();
    assert_eq!(fire("* * * * *"), Outcome::Ok);
    assert_eq!(fire("0 0 * * *"), Outcome::Failed("exception".to_owned()));
    let fired = |log: &str| {
        workers
            .logs(false)
            .unwrap()
            .iter()
            .any(|l| l.message == log)
    };
    until("the log", || fired("fired * * * * * at 60000"));

    batches_of_our_own(&workers);

    workers
        .send(
            QUEUE,
            &[text("sent"), Body::Json(json!({ "k": 1 })), text("die")],
        )
        .unwrap();
    workers.send(QUEUE, &[Body::Bytes(vec![9, 255])]).unwrap();
    for body in ["text sent", "json {\"k\":1}", "bytes 9,255"] {
        until(body, || seen(&workers, &format!("{QUEUE} {body}")));
    }
    until("the dead letter", || {
        seen(&workers, &format!("{QUEUE}-dlq text die"))
    });
    let refused = workers.send("no-such-queue", &[text("x")]);
    assert!(
        matches!(refused, Err(Error::Refused { order: "send", .. })),
        "{refused:?}"
    );
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
    let later = RetryMessage {
        id: "b".to_owned(),
        delay_seconds: Some(30),
    };
    assert_eq!(mixed.retry_messages, [later]);
    assert!(seen(workers, &format!("{QUEUE} bytes 1,2")));

    let all = deliver(&[message("e", text("all"))]);
    assert_eq!(
        all.retry_batch,
        RetryBatch {
            retry: true,
            delay_seconds: Some(7)
        }
    );
    assert_eq!(
        mixed.retry_batch,
        RetryBatch {
            retry: false,
            delay_seconds: None
        }
    );

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
    workers
        .deliver(Worker::Queue, QUEUE, &[message("a", text("kept"))])
        .unwrap();

    let hanging = std::thread::spawn({
        let url = format!("{url}/hang");
        move || get(&url)
    });
    let stuck = [message("s", text("hang"))];
    std::thread::scope(|scope| {
        let batch = scope.spawn(|| workers.deliver(Worker::Queue, QUEUE, &stuck));
        let hung = || {
            workers
                .logs(false)
                .unwrap()
                .iter()
                .any(|log| log.message == "hanging")
        };
        until("the batch hangs", hung);
        workers.kill().unwrap();
        let error = batch.join().unwrap().unwrap_err();
        assert!(
            matches!(
                error,
                Error::Refused {
                    order: "deliver",
                    ..
                }
            ),
            "{error}"
        );
    });
    hanging.join().unwrap().unwrap_err();
    workers.restart().unwrap();
    assert_eq!(workers.http_url(), url);
    assert_eq!(get_json(&url)["BUILD"], "build");
    drop(workers);
    get(&url).unwrap_err();

    let workers = Workers::start(&options).unwrap();
    assert!(seen(&workers, &format!("{QUEUE} text kept")));
}

#[test]
fn a_start_that_cannot_work_says_why() {
    let project = Project::new("broken");
    fs::remove_file(project.0.join("workers/http/build/index.js")).unwrap();
    let error = Workers::start(&project.options(Build::Production)).unwrap_err();
    assert!(matches!(error, Error::NotBuilt { .. }), "{error}");
    write(
        &project.0.join("workers/http/build/index.js"),
        b"export default {",
    );
    let error = Workers::start(&project.options(Build::Production))
        .unwrap_err()
        .to_string();
    assert!(error.contains("build/index.js"), "{error}");
}
