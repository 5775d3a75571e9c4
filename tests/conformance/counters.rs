//! The counters' double keeps their contract; R2 in workerd keeps the same
//! (`tests/e2e/warmup.rs`).

use chrono::NaiveDate;
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::warmup::{Block, DomainName, counter_place};
use mauntic_flows::commands::reserve::{Reservation, count_today, reserve};
use mauntic_flows::ports::{PortError, Repeat, RequestKey, SendingDomain};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::ports::SimPorts;
use mauntic_tests::counters::{self, Said, Subject};

struct Double(SimPorts);

fn owner() -> OrganizationId {
    OrganizationId::parse("org_a").unwrap()
}

fn place(domain: &str) -> String {
    counter_place(&owner(), &DomainName::parse(domain).unwrap())
}

impl Double {
    fn domain(&self, name: &str) -> SendingDomain {
        let now = self.0.clock.database();
        let domain = DomainName::parse(name).unwrap();
        SendingDomain { domain, created_at: now, verified_at: Some(now), schedule: None, now }
    }
}

impl Subject for Double {
    fn make(&self, _domain: &str) {}

    fn today(&self) -> NaiveDate {
        self.0.clock.database().date_naive()
    }

    fn reserve(&self, domain: &str, emails: u32, key: Option<&str>) -> Said {
        let key = key.map(|key| RequestKey {
            holder: "holder".to_owned(),
            key: key.to_owned(),
            fingerprint: [0; 32],
            repeat: Repeat::default(),
        });
        let (block, domain) = (Block::new(emails).unwrap(), self.domain(domain));
        match finish(reserve(&self.0, &owner(), &domain, block, key.as_ref())) {
            Ok(Reservation::Granted { emails }) => Said::Granted(emails),
            Ok(Reservation::Exhausted { retry_at }) => {
                Said::Exhausted(retry_at.date_naive().pred_opt().unwrap())
            }
            Err(PortError::KeyConflict) => Said::KeyConflict,
            Err(PortError::Unreadable { .. }) => Said::Unreadable,
            Err(PortError::Contention { .. } | PortError::Unknown { .. }) => Said::ComeBack,
            Err(error) => panic!("{error}"),
        }
    }

    fn count(&self, domain: &str) -> Option<u64> {
        finish(count_today(&self.0, &owner(), &self.domain(domain))).ok()
    }

    fn store(&self, domain: &str, body: &str) {
        self.0.counters.set_body(&place(domain), body);
    }

    fn stored(&self, domain: &str) -> Option<String> {
        self.0.counters.body(&place(domain))
    }
}

#[test]
fn the_double_keeps_the_contract() {
    counters::all(&Double(SimPorts::new(1)));
}
