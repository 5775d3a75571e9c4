//! The process that drives the browser (`driver.mjs`): scenarios by name, side by side.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// Longest scenario: a dozen pages, each loaded, looked at and drawn within two seconds, four
/// times over on a busy machine.
const SCENARIO_SECS_MAX: u64 = 120;

type Waiting = Arc<Mutex<HashMap<u64, Sender<Value>>>>;

/// The driver. It ends with this process, whose pipe it reads.
pub(crate) struct Driver {
    orders: Mutex<(ChildStdin, u64)>,
    waiting: Waiting,
    _child: Child,
}

impl Driver {
    /// Starts it, and a browser.
    pub(crate) fn start() -> Self {
        let root = mauntic_local::repository_root();
        let named = std::fs::read_to_string(root.join("target/setup/chromium")).ok();
        let named = named.map(|path| path.trim().to_owned());
        let browser = std::env::var("CHROMIUM").ok().or(named);
        let browser = browser.expect("CHROMIUM names a browser, or tools/browser.sh has run");
        let mut child = Command::new(root.join("node_modules/node/bin/node"))
            .arg(root.join("tests/browser/driver.mjs"))
            .env("CHROMIUM", browser)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs; is the set-up done?");
        let waiting = Waiting::default();
        let (lines, settled) = (child.stdout.take().unwrap(), Arc::clone(&waiting));
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                let answer: Value = serde_json::from_str(&line).expect("the driver's answer");
                let id = answer["id"].as_u64().unwrap();
                if let Some(sender) = settled.lock().unwrap().remove(&id) {
                    sender.send(answer).ok();
                }
            }
            // Whoever still waits learns that nothing will come.
            settled.lock().unwrap().clear();
        });
        let orders = Mutex::new((child.stdin.take().unwrap(), 0));
        Self { orders, waiting, _child: child }
    }

    /// Plays a scenario to its end.
    pub(crate) fn play(&self, scenario: &str, given: &Value) {
        let (sender, answered) = channel();
        {
            let mut orders = self.orders.lock().unwrap();
            orders.1 += 1;
            let id = orders.1;
            self.waiting.lock().unwrap().insert(id, sender);
            let order = json!({"id": id, "scenario": scenario, "given": given});
            writeln!(orders.0, "{order}").expect("the driver lives");
        }
        let answer = answered.recv_timeout(Duration::from_secs(SCENARIO_SECS_MAX));
        let answer = answer.unwrap_or_else(|error| panic!("{scenario}: no answer: {error}"));
        if let Some(error) = answer["error"].as_str() {
            panic!("{scenario}: {error}");
        }
    }
}
