//! Services outside: up, down or refusing, by script; they remember whom they
//! answered, so that a test can count what was said twice. What providers say are scripts
//! of their own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use mauntic_flows::ports::{Call as Request, CallError, Dependency, Outside};
use uuid::Uuid;

use crate::clock::ManualClock;
use crate::faults::{Call, Fault, Faults, Yield};
use crate::market::Market;
use crate::provider::Provider;

/// How a service does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Health {
    /// It takes every call.
    #[default]
    Up,
    /// It cannot be reached.
    Down,
    /// It takes every call, and its answers are lost.
    Mute,
    /// It refuses every call with this status.
    Refusing(u16),
    /// It has no address.
    NotConfigured,
}

/// All services outside.
#[derive(Debug)]
pub struct SimOutside {
    clock: ManualClock,
    faults: Arc<Faults>,
    services: Mutex<BTreeMap<Dependency, Service>>,
    provider: Mutex<Provider>,
    market: Mutex<Market>,
}

#[derive(Debug, Default)]
struct Service {
    health: Health,
    calls: BTreeMap<Uuid, u64>,
    accepted: BTreeMap<Uuid, u64>,
    turns: u32,
    takes: TimeDelta,
}

impl SimOutside {
    /// All of them up.
    #[must_use]
    pub fn new(clock: ManualClock, faults: Arc<Faults>) -> Self {
        let (services, provider, market) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { clock, faults, services, provider, market }
    }

    /// The provider of matches: its script, and what it was asked.
    pub fn provider(&self) -> MutexGuard<'_, Provider> {
        self.provider.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The providers of exchange rates and prices: their script, and what they were asked.
    pub fn market(&self) -> MutexGuard<'_, Market> {
        self.market.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A service's answers arrive so many turns of others after they were made.
    pub fn slow(&self, dependency: Dependency, turns: u32) {
        self.services().entry(dependency).or_default().turns = turns;
    }

    /// The clock moves on by this with each call of a service.
    pub fn takes(&self, dependency: Dependency, time: TimeDelta) {
        self.services().entry(dependency).or_default().takes = time;
    }

    /// How a service does from now on.
    pub fn set(&self, dependency: Dependency, health: Health) {
        self.services().entry(dependency).or_default().health = health;
    }

    /// Calls of a service by their id, answered or not.
    #[must_use]
    pub fn calls(&self, dependency: Dependency) -> BTreeMap<Uuid, u64> {
        self.services().get(&dependency).map(|service| service.calls.clone()).unwrap_or_default()
    }

    /// Calls that a service took, by their id; more than one is a repeat that
    /// it can recognize.
    #[must_use]
    pub fn accepted(&self, dependency: Dependency) -> BTreeMap<Uuid, u64> {
        self.services().get(&dependency).map(|service| service.accepted.clone()).unwrap_or_default()
    }

    fn services(&self) -> MutexGuard<'_, BTreeMap<Dependency, Service>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it answers, and after how many turns of others that arrives.
    fn answer(&self, call: &Request) -> (Result<Vec<u8>, CallError>, u32) {
        let (dependency, id) = (call.request.dependency(), call.id);
        let fault = self.faults.draw(Call::Outside);
        let mut services = self.services();
        let service = services.entry(dependency).or_default();
        *service.calls.entry(id).or_default() += 1;
        let health = match fault {
            Some(Fault::Lost | Fault::Fail(_)) => Health::Down,
            Some(Fault::AnswerLost) if service.health == Health::Up => Health::Mute,
            _ => service.health,
        };
        if matches!(health, Health::Up | Health::Mute) {
            *service.accepted.entry(id).or_default() += 1;
        }
        let (turns, takes) = (service.turns, service.takes);
        let answer = match health {
            Health::Up => match dependency {
                Dependency::AlertWebhook => Ok(Vec::new()),
                Dependency::MatchProvider => {
                    self.provider().answer(&call.request, self.clock.now())
                }
                Dependency::ExchangeRateProvider | Dependency::PriceProvider => {
                    self.market().answer(&call.request, self.clock.now())
                }
            },
            Health::Down => Err(CallError::Failed { cause: "not reached".to_owned() }),
            Health::Mute => Err(CallError::Failed { cause: "no answer".to_owned() }),
            Health::Refusing(status) => Err(CallError::Refused { status }),
            Health::NotConfigured => Err(CallError::NotConfigured),
        };
        self.clock.advance(takes);
        (answer, turns)
    }
}

impl Outside for SimOutside {
    fn is_configured(&self, dependency: Dependency) -> bool {
        let services = self.services();
        services.get(&dependency).is_none_or(|service| service.health != Health::NotConfigured)
    }

    async fn call(&self, call: &Request) -> Result<Vec<u8>, CallError> {
        Yield::default().await;
        let (answer, turns) = self.answer(call);
        for _ in 0..=turns {
            Yield::default().await;
        }
        answer
    }
}
