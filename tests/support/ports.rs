//! Ports over the real store; messages are recorded instead of sent.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::{Message, Queue};
use mauntic_flows::consume::Settle;
use mauntic_flows::ports::{Checkpoint, Host, PortError, Ports, Wakeups};
use mauntic_store::connect::Tcp;
use uuid::Uuid;

/// Ports of one worker.
#[derive(Debug)]
pub struct TestPorts {
    /// The store.
    pub db: Tcp,
    /// What was sent.
    pub sent: Recorded,
    /// The host, which saw what was claimed.
    pub host: TestHost,
}

impl TestPorts {
    /// Ports of the worker that connects by `url`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let db = Tcp::new(url).expect("a URL of the testkit");
        Self { db, sent: Recorded::default(), host: TestHost::default() }
    }
}

impl Ports for TestPorts {
    type Db = Tcp;
    type Wakeups = Recorded;
    type Host = TestHost;

    fn db(&self) -> &Tcp {
        &self.db
    }
    fn wakeups(&self) -> &Recorded {
        &self.sent
    }
    fn host(&self) -> &TestHost {
        &self.host
    }
}

/// The host's clock and ids; remembers the order of claims.
#[derive(Debug, Default)]
pub struct TestHost(Mutex<Vec<Uuid>>);

impl TestHost {
    /// The jobs claimed so far, in order.
    #[must_use]
    pub fn claimed(&self) -> Vec<Uuid> {
        self.0.lock().unwrap().clone()
    }
}

impl Host for TestHost {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
    fn new_id(&self) -> Uuid {
        Uuid::new_v4()
    }
    fn reached(&self, checkpoint: Checkpoint<'_>) {
        if let Checkpoint::Claimed(held) = checkpoint {
            self.0.lock().unwrap().extend(held.iter().map(|held| held.id));
        }
    }
}

/// Messages that were sent.
#[derive(Debug, Default)]
pub struct Recorded(Mutex<Vec<Message>>);

impl Recorded {
    /// Takes what was sent so far, as bodies.
    pub fn take(&self) -> Vec<String> {
        let messages = std::mem::take(&mut *self.0.lock().unwrap());
        messages.iter().map(|message| serde_json::to_string(message).unwrap()).collect()
    }
}

impl Wakeups for Recorded {
    async fn send(&self, _queue: Queue, messages: &[Message]) -> Result<(), PortError> {
        self.0.lock().unwrap().extend_from_slice(messages);
        Ok(())
    }
}

/// What became of each message of a batch.
#[derive(Debug, Default)]
pub struct Settlements(Mutex<Vec<(usize, Settled)>>);

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Acknowledged.
    Ack,
    /// To come back after so many seconds.
    Retry(u32),
}

impl Settlements {
    /// The first word about each message, as the platform counts it.
    #[must_use]
    pub fn of(&self, messages: usize) -> Vec<Option<Settled>> {
        let said = self.0.lock().unwrap();
        let first = |index| said.iter().find(|(at, _)| *at == index).map(|(_, settled)| *settled);
        (0..messages).map(first).collect()
    }
}

impl Settle for Settlements {
    fn ack(&self, index: usize) {
        self.0.lock().unwrap().push((index, Settled::Ack));
    }
    fn retry(&self, index: usize, delay_secs: u32) {
        self.0.lock().unwrap().push((index, Settled::Retry(delay_secs)));
    }
}
