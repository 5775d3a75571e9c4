//! I10: a warm-up counter never passes its limit, whatever runs at once and
//! whatever is lost. Why callers reserve blocks: `blocks`. The job that begins a
//! day: `reset`.

mod blocks;
mod reset;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;

use chrono::TimeDelta;
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::warmup::{Block, Counter, DomainName, KEY_KEPT, Schedule, Step, counter_place};
use mauntic_flows::commands::reserve::{Reservation, reserve};
use mauntic_flows::ports::{PortError, Repeat, RequestKey, SendingDomain};
use mauntic_sim::engine::drive::{finish, side_by_side};
use mauntic_sim::ports::SimPorts;
use mauntic_sim::rng::Rng;

/// Worlds, each with its seed.
const ROUNDS: u64 = 1_000;

/// Callers at once.
const CALLERS: usize = 50;

/// Times that a caller asks before it gives up.
const ASKS_MAX: usize = 3;

fn owner() -> OrganizationId {
    OrganizationId::parse("org_a").unwrap()
}

/// A domain on its first day, with this limit.
fn domain(ports: &SimPorts, limit: u32) -> SendingDomain {
    let now = ports.clock.database();
    let schedule = Schedule::new(vec![Step { day: 1, max_emails: limit }]).unwrap();
    SendingDomain {
        domain: DomainName::parse("example.com").unwrap(),
        created_at: now,
        verified_at: Some(now),
        schedule: Some(schedule),
        now,
    }
}

fn place(domain: &SendingDomain) -> String {
    counter_place(&owner(), &domain.domain)
}

/// What the counter holds.
fn stored(ports: &SimPorts, domain: &SendingDomain) -> Option<Counter> {
    let body = ports.counters.body(&place(domain));
    body.map(|body| Counter::from_json(&body).expect("a counter"))
}

fn key(name: usize) -> RequestKey {
    RequestKey {
        holder: "a key's id".to_owned(),
        key: format!("k{name}"),
        fingerprint: [0; 32],
        repeat: Repeat::default(),
    }
}

/// What one caller asks for; two may have one key.
struct Caller {
    block: Block,
    key: Option<usize>,
    /// Whose clock is so far ahead that it is the next day, and a key of now still counts.
    is_early: bool,
}

fn caller(rng: &mut Rng, mixes_days: bool) -> Caller {
    let key = rng.chance(600).then(|| rng.below(CALLERS));
    // Who shares a key asks for the same.
    let emails = key.map_or_else(|| rng.below(90), |key| key * 2) + 1;
    let block = Block::new(u32::try_from(emails).unwrap()).unwrap();
    Caller { block, key, is_early: mixes_days && rng.chance(300) }
}

/// What was told: of each key once, of callers without one each, and what may be
/// spent of these without anybody knowing.
#[derive(Default)]
struct Told {
    by_key: BTreeMap<usize, u32>,
    unkeyed: u64,
    unknown: u64,
}

impl Told {
    fn granted(&self) -> u64 {
        self.by_key.values().map(|emails| u64::from(*emails)).sum::<u64>() + self.unkeyed
    }

    fn note(&mut self, caller: &Caller, said: &Result<Reservation, PortError>) {
        match (said, caller.key) {
            (Ok(Reservation::Granted { emails }), Some(key)) => {
                let before = self.by_key.insert(key, *emails);
                assert!(
                    before.is_none_or(|before| before == *emails),
                    "a key is answered the same"
                );
            }
            (Ok(Reservation::Granted { emails }), None) => self.unkeyed += u64::from(*emails),
            (Err(PortError::Unknown { .. }), None) => {
                self.unknown += u64::from(caller.block.emails());
            }
            (Ok(Reservation::Exhausted { .. }), _)
            | (Err(PortError::Unknown { .. } | PortError::Contention { .. }), _) => {}
            (Err(error), _) => panic!("{error}"),
        }
    }
}

async fn ask(ports: &SimPorts, domain: &SendingDomain, caller: &Caller, told: &RefCell<Told>) {
    let mut domain = domain.clone();
    if caller.is_early {
        let ahead = KEY_KEPT - TimeDelta::seconds(1);
        domain.now += ahead;
        domain.created_at += ahead;
    }
    let key = caller.key.map(key);
    for _ in 0..ASKS_MAX {
        let said = reserve(ports, &owner(), &domain, caller.block, key.as_ref()).await;
        told.borrow_mut().note(caller, &said);
        // Without a key a lost answer is given up.
        let may_repeat = match said {
            Err(PortError::Contention { .. }) => true,
            Err(PortError::Unknown { .. }) => caller.key.is_some(),
            _ => false,
        };
        if !may_repeat {
            return;
        }
    }
}

/// The counter holds what was told, and no more than may be spent beside it.
fn check(ports: &SimPorts, domain: &SendingDomain, told: &Told, limit: u32, seed: u64) {
    let Some(counter) = stored(ports, domain) else {
        assert_eq!(told.granted(), 0, "seed {seed}");
        return;
    };
    let count = counter.count(counter.day());
    assert!(count <= u64::from(limit), "seed {seed}: {count} of {limit}");
    let is_first_day = counter.day() == domain.now.date_naive();
    let granted = told.granted();
    assert!(granted <= count || !is_first_day, "seed {seed}: told {granted}, spent {count}");
    let days = if is_first_day { 1 } else { 2 };
    assert!(granted <= days * u64::from(limit), "seed {seed}: {granted} in {days} days");
}

fn round(seed: u64) -> u64 {
    let ports = SimPorts::new(seed);
    let mut rng = Rng::new(seed ^ 0x77_61_72_6d);
    let limit = u32::try_from(rng.below(1_500) + 1).unwrap();
    let domain = domain(&ports, limit);
    let mixes_days = rng.chance(250);
    ports.counters.lose(u32::try_from(rng.below(400)).unwrap());
    let callers: Vec<Caller> = (0..CALLERS).map(|_| caller(&mut rng, mixes_days)).collect();
    let told = RefCell::new(Told::default());
    let work = callers.iter().map(|caller| {
        let work: Pin<Box<dyn Future<Output = ()> + '_>> =
            Box::pin(ask(&ports, &domain, caller, &told));
        work
    });
    side_by_side(&mut rng, work.collect());
    check(&ports, &domain, &told.borrow(), limit, seed);

    // What is on its way arrives, all goes well, and whoever has a key asks again.
    let lost = ports.counters.counts().lost;
    ports.counters.settle();
    ports.counters.lose(0);
    for caller in callers.iter().filter(|caller| caller.key.is_some()) {
        finish(ask(&ports, &domain, caller, &told));
    }
    let told = told.into_inner();
    check(&ports, &domain, &told, limit, seed);
    if !mixes_days && let Some(counter) = stored(&ports, &domain) {
        // To the last one, but for what nobody could ask about.
        let spent = counter.count(counter.day()) - told.granted();
        assert!(spent <= told.unknown, "seed {seed}: {spent} are nobody's");
        assert!(lost > 0 || spent == 0, "seed {seed}");
    }
    lost
}

#[test]
fn fifty_reservers_with_lost_answers_never_pass_the_limit() {
    let lost: u64 = (0..ROUNDS).map(round).sum();
    assert!(lost > ROUNDS, "answers are lost in these rounds: {lost}");
}
