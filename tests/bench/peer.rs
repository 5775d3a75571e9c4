//! The others: each a Node program of `peers/` that takes orders by its
//! standard input and answers with its own clock's times.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::contender::Shape;
use crate::sizes::PRODUCERS;

/// Longest wait for an answer; a pass takes seconds.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// A peer's process. Dropped, it ends.
#[derive(Debug)]
pub(crate) struct Peer {
    name: &'static str,
    child: Child,
    orders: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Peer {
    /// Starts its program, which makes its schema on that database.
    pub(crate) fn start(name: &'static str, url: &str) -> Self {
        let root = mauntic_local::repository_root();
        let mut child = Command::new(root.join("node_modules/node/bin/node"))
            .arg(root.join("tests/bench/peers").join(format!("{name}.mjs")))
            // Else each looks for settings of its own in a developer's.
            .env_clear()
            .env("NO_LOG_SUCCESS", "1")
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts; is it installed?");
        let orders = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            // Ends with the process, or when nobody waits any more.
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut peer = Self { name, child, orders, answers };
        peer.order(&json!({"op": "start", "url": url}));
        peer
    }

    pub(crate) fn enqueue(&mut self, jobs: usize, batch: usize) -> Duration {
        let producers = PRODUCERS;
        let order = json!({"op": "enqueue", "jobs": jobs, "batch": batch, "producers": producers});
        millis(&self.order(&order))
    }

    pub(crate) fn drain(&mut self, jobs: usize, shape: Shape) -> Duration {
        let Shape { parallel, fetch } = shape;
        let order = json!({"op": "drain", "jobs": jobs, "fetch": fetch, "parallel": parallel});
        millis(&self.order(&order))
    }

    pub(crate) fn latencies(&mut self, rounds: usize, batch: usize, shape: Shape) -> Vec<Duration> {
        let Shape { parallel, fetch } = shape;
        let order = json!({"op": "latencies", "rounds": rounds, "batch": batch, "fetch": fetch,
            "parallel": parallel});
        self.order(&order).as_array().unwrap().iter().map(millis).collect()
    }

    pub(crate) fn stop(mut self) {
        self.order(&json!({"op": "stop"}));
    }

    fn order(&mut self, order: &Value) -> Value {
        let name = self.name;
        let orders = self.orders.as_mut().unwrap();
        writeln!(orders, "{order}").unwrap_or_else(|error| panic!("{name} is gone: {error}"));
        let line = self.answers.recv_timeout(ANSWER_MAX);
        let line = line.unwrap_or_else(|_| panic!("{name} gave no answer to {order}"));
        let mut answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer["error"].is_null(), "{name}: {}", answer["error"]);
        answer["ok"].take()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ends by itself when its input does; one that hangs is ended.
        drop(self.orders.take());
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("{}: {error}", self.name);
        }
    }
}

fn millis(value: &Value) -> Duration {
    Duration::from_secs_f64(value.as_f64().unwrap() / 1_000.0)
}
