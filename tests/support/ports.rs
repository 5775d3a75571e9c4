//! Ports over the real store; messages are recorded instead of sent.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::Queue;
use mauntic_flows::consume::Settle;
use mauntic_flows::ports::{
    Backlog, Call, CallError, Checkpoint, Database, Dependency, Host, Instance, OutgoingEvent,
    Outside, PortError, Ports, Transition, Wakeup, Wakeups,
};
use mauntic_sim::market::Market;
use mauntic_sim::objects::SimObjects;
use mauntic_sim::provider::Provider;
use mauntic_store::connect::Tcp;
use uuid::Uuid;

/// Who does the tick's duties in tests.
pub const INSTANCE: Instance =
    Instance { id: Uuid::from_u128(0x17), schema_max: *mauntic_store::SCHEMA.end() };

/// Ports of one worker.
#[derive(Debug)]
pub struct TestPorts<D = Tcp> {
    /// The store.
    pub db: D,
    /// What was sent.
    pub sent: Recorded,
    /// The host, which saw what was claimed.
    pub host: TestHost,
    /// Services outside.
    pub outside: Webhook,
    /// Counters, where all goes well.
    pub counters: SimObjects,
    /// Snapshots.
    pub projections: SimObjects,
}

impl TestPorts {
    /// Ports of the worker that connects by `url`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self::over(Tcp::new(url).expect("a URL of the testkit"))
    }
}

impl<D> TestPorts<D> {
    /// Ports over a database of any kind.
    pub fn over(db: D) -> Self {
        let (sent, host, outside) = (Recorded::default(), TestHost::default(), Webhook::default());
        let counters = SimObjects::counters(Arc::default(), 1);
        let projections = SimObjects::projections(Arc::default(), 1);
        Self { db, sent, host, outside, counters, projections }
    }
}

impl<D: Database + Send + Sync + 'static> Ports for TestPorts<D> {
    type Db = D;
    type Wakeups = Recorded;
    type Host = TestHost;
    type Outside = Webhook;
    type Counters = SimObjects;
    type Projections = SimObjects;

    fn db(&self) -> &D {
        &self.db
    }
    fn wakeups(&self) -> &Recorded {
        &self.sent
    }
    fn host(&self) -> &TestHost {
        &self.host
    }
    fn outside(&self) -> &Webhook {
        &self.outside
    }
    fn counters(&self) -> &SimObjects {
        &self.counters
    }
    fn projections(&self) -> &SimObjects {
        &self.projections
    }
}

/// The host's clock and ids; remembers the order of claims and what was said.
#[derive(Debug, Default)]
pub struct TestHost {
    claimed: Mutex<Vec<Uuid>>,
    observed: Mutex<Vec<Transition>>,
}

impl TestHost {
    /// The jobs claimed so far, in order.
    #[must_use]
    pub fn claimed(&self) -> Vec<Uuid> {
        self.claimed.lock().unwrap().clone()
    }

    /// What was said about jobs so far.
    #[must_use]
    pub fn observed(&self) -> Vec<Transition> {
        self.observed.lock().unwrap().clone()
    }
}

impl Host for TestHost {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
    fn random(&self) -> u32 {
        Uuid::new_v4().as_fields().0
    }
    async fn wait(&self, wait: TimeDelta) {
        tokio::time::sleep(wait.to_std().unwrap_or_default()).await;
    }
    fn observe(&self, transition: &Transition) {
        self.observed.lock().unwrap().push(transition.clone());
    }
    fn reached(&self, checkpoint: Checkpoint<'_>) {
        if let Checkpoint::Claimed(held) = checkpoint {
            self.claimed.lock().unwrap().extend(held.iter().map(|held| held.id));
        }
    }
}

/// A webhook that answers what it is told to, and remembers the calls; with providers
/// beside it.
#[derive(Debug, Default)]
pub struct Webhook {
    /// What tells of matches.
    pub provider: Mutex<Provider>,
    /// What tells of rates and prices.
    pub market: Mutex<Market>,
    /// What it answers; none means that all is well.
    pub answer: Mutex<Option<CallError>>,
    calls: Mutex<Vec<Call>>,
}

impl Webhook {
    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

impl Outside for Webhook {
    fn is_configured(&self, _dependency: Dependency) -> bool {
        *self.answer.lock().unwrap() != Some(CallError::NotConfigured)
    }

    async fn call(&self, call: &Call) -> Result<Vec<u8>, CallError> {
        self.calls.lock().unwrap().push(call.clone());
        if let Some(error) = self.answer.lock().unwrap().clone() {
            return Err(error);
        }
        match call.request.dependency() {
            Dependency::AlertWebhook => Ok(Vec::new()),
            Dependency::MatchProvider => {
                self.provider.lock().unwrap().answer(&call.request, Utc::now())
            }
            Dependency::ExchangeRateProvider | Dependency::PriceProvider => {
                self.market.lock().unwrap().answer(&call.request, Utc::now())
            }
        }
    }
}

/// Messages and events that were sent.
#[derive(Debug, Default)]
pub struct Recorded(Mutex<Vec<Wakeup>>, Mutex<Vec<OutgoingEvent>>);

impl Recorded {
    /// Takes the events that were sent so far.
    pub fn take_events(&self) -> Vec<OutgoingEvent> {
        std::mem::take(&mut *self.1.lock().unwrap())
    }

    /// Takes what was sent so far, as bodies.
    pub fn take(&self) -> Vec<String> {
        let wakeups = self.take_wakeups();
        wakeups.iter().map(|wakeup| serde_json::to_string(&wakeup.message).unwrap()).collect()
    }

    /// Takes what was sent so far, with its delays.
    pub fn take_wakeups(&self) -> Vec<Wakeup> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Wakeups for Recorded {
    async fn send(&self, _queue: Queue, messages: &[Wakeup]) -> Result<(), PortError> {
        self.0.lock().unwrap().extend_from_slice(messages);
        Ok(())
    }
    async fn backlog(&self, _queue: Queue) -> Result<Option<Backlog>, PortError> {
        Ok(None)
    }
    fn has_listeners(&self) -> bool {
        true
    }
    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), PortError> {
        self.1.lock().unwrap().extend_from_slice(events);
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
