//! A pair of small JavaScript workers of the deployed shape.

use mauntic_local::workers::{Build, Options};
use std::fs;
use std::path::{Path, PathBuf};

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

/// Two workers in the temp folder, gone with the value.
pub(crate) struct Project(pub(crate) PathBuf);

impl Project {
    pub(crate) fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("mauntic-{name}-{}", std::process::id()));
        for worker in ["http", "queue"] {
            let folder = root.join("workers").join(worker);
            for build in ["build", "build-hooks"] {
                let generated = format!("const BUILD = {build:?};\n{GENERATED}");
                write(&folder.join(build).join("index.js"), generated.as_bytes());
                write(&folder.join(build).join("index_bg.wasm"), WASM);
            }
            write(&folder.join("entry.mjs"), ENTRY.as_bytes());
            let consumers = if worker == "queue" { CONSUMERS_TOML } else { "" };
            let toml = format!(
                "name = \"mauntic-{worker}\"\nmain = \"../workers/{worker}/entry.mjs\"\n\
                 {COMMON_TOML}{consumers}"
            );
            write(&root.join("wrangler").join(format!("{worker}.toml")), toml.as_bytes());
        }
        write(&root.join("wrangler/.dev.vars"), b"COLOUR=leaked\nSECRET=leaked\n");
        Self(root)
    }

    pub(crate) fn options(&self, build: Build) -> Options {
        Options { wrangler: self.0.join("wrangler"), ..Options::new(build) }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}
