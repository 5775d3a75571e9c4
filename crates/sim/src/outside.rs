//! Services outside: up, down or refusing, by script; they remember whom they
//! answered, so that a test can count what was said twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mauntic_flows::ports::{Call as Request, CallError, Dependency, Outside};
use uuid::Uuid;

use crate::faults::{Call, Fault, Faults, Yield};

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
    faults: Arc<Faults>,
    services: Mutex<BTreeMap<Dependency, Service>>,
}

#[derive(Debug, Default)]
struct Service {
    health: Health,
    calls: BTreeMap<Uuid, u64>,
    accepted: BTreeMap<Uuid, u64>,
}

impl SimOutside {
    /// All of them up.
    #[must_use]
    pub const fn new(faults: Arc<Faults>) -> Self {
        Self { faults, services: Mutex::new(BTreeMap::new()) }
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

    fn answer(&self, dependency: Dependency, id: Uuid) -> Result<(), CallError> {
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
        match health {
            Health::Up => Ok(()),
            Health::Down => Err(CallError::Failed { cause: "not reached".to_owned() }),
            Health::Mute => Err(CallError::Failed { cause: "no answer".to_owned() }),
            Health::Refusing(status) => Err(CallError::Refused { status }),
            Health::NotConfigured => Err(CallError::NotConfigured),
        }
    }
}

impl Outside for SimOutside {
    fn is_configured(&self, dependency: Dependency) -> bool {
        let services = self.services();
        services.get(&dependency).is_none_or(|service| service.health != Health::NotConfigured)
    }

    async fn call(&self, dependency: Dependency, call: &Request) -> Result<(), CallError> {
        Yield::default().await;
        let answer = self.answer(dependency, call.id);
        Yield::default().await;
        answer
    }
}
