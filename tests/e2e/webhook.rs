//! A webhook on this machine that can go away, and remembers what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use mauntic_local::web::{Answer, Asked, Web};
use serde_json::Value;

/// How often a held call looks whether it may be answered.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How it answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    #[default]
    Well,
    /// With a failure of its own.
    Failing,
    /// Not at all, after it has heard everything.
    Mute,
    /// Not before its mood changes: the caller waits.
    Holding,
    /// It is closed.
    Gone,
}

/// A call that came in whole, whatever was answered.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Debug, Default)]
struct Heard {
    mood: Mood,
    calls: Vec<Call>,
}

/// The webhook. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Webhook {
    web: Web,
    heard: Arc<Mutex<Heard>>,
}

impl Webhook {
    pub(crate) fn start() -> Self {
        let heard: Arc<Mutex<Heard>> = Arc::default();
        let hearing = Arc::clone(&heard);
        let web = Web::start(move |asked| hear(asked, &hearing)).unwrap();
        Self { web, heard }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/alerts", self.web.url())
    }

    pub(crate) fn turn(&self, mood: Mood) {
        self.heard.lock().unwrap().mood = mood;
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.heard.lock().unwrap().calls.clone()
    }

    /// The ids under which each alert was told.
    pub(crate) fn ids(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for call in self.calls() {
            let body = call.json();
            let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            ids.entry(text("alertId")).or_default().extend([text("id"), call.key()]);
        }
        ids
    }
}

impl Call {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a call says JSON")
    }

    /// What repeats are known by.
    pub(crate) fn key(&self) -> String {
        self.headers.get("idempotency-key").cloned().unwrap_or_default()
    }
}

impl Drop for Webhook {
    /// Nobody is held any longer.
    fn drop(&mut self) {
        self.turn(Mood::Gone);
    }
}

fn hear(asked: &Asked, heard: &Mutex<Heard>) -> Answer {
    let call = Call { headers: asked.headers.clone(), body: asked.body.clone() };
    heard.lock().unwrap().calls.push(call);
    let status = loop {
        match heard.lock().unwrap().mood {
            Mood::Well => break 200,
            Mood::Failing => break 503,
            Mood::Mute | Mood::Gone => break 0,
            Mood::Holding => {}
        }
        thread::sleep(LOOK_EVERY);
    };
    Answer { status, ..Answer::default() }
}
