//! A provider of everything on this machine, which tells what a test says and remembers
//! who asked.

use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Utc};
use mauntic_local::web::{Answer, Asked, Web};
use mauntic_sim::market::Market;
use mauntic_sim::provider::Provider as Script;
use mauntic_sim::provider_desk::{Desk, Told, Trouble};

/// The provider. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Provider {
    web: Web,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    desk: Desk,
    asked: Vec<Asked>,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let web = Web::start(move |asked| {
            let mut state = shared.lock().unwrap();
            state.asked.push(asked.clone());
            let line = (asked.method.as_str(), asked.path.as_str());
            let Told { status, body, after } = state.desk.answer(line, &asked.body, now());
            Answer { status, body, after, ..Answer::default() }
        });
        Self { web: web.unwrap(), state }
    }

    pub(crate) fn url(&self) -> String {
        self.web.url()
    }

    /// Its market is changed.
    pub(crate) fn market(&self, change: impl FnOnce(&mut Market)) {
        change(&mut self.state().desk.market);
    }

    /// Its script of matches is changed.
    pub(crate) fn script(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.state().desk.provider);
    }

    pub(crate) fn turn(&self, trouble: Trouble) {
        self.state().desk.set_trouble(trouble);
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn now() -> DateTime<Utc> {
    Utc::now()
}
