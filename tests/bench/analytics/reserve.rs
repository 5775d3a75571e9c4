//! What a reservation takes, by one caller and by many at once, through the real HTTP
//! worker and R2 in workerd; and what it costs R2 in operations, on the double, which
//! counts them.

use std::pin::Pin;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::warmup::{Block, DomainName, Schedule, Step};
use mauntic_flows::commands::reserve::{Reservation, reserve};
use mauntic_flows::ports::{PortError, SendingDomain};
use mauntic_sim::engine::drive::side_by_side;
use mauntic_sim::ports::SimPorts;
use mauntic_sim::rng::Rng;
use serde_json::json;

use crate::kept::Lines;
use crate::stage::{KEY, Stage};

/// Callers at once.
const CALLERS: [usize; 3] = [1, 10, 50];

/// Grants of a measure, each of a block.
const GRANTS: usize = 200;
const BLOCK: u32 = 20;

/// More than all measures take.
const LIMIT: u32 = 1_000_000;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Asks of a caller for one grant; each comes back after three seconds at most.
const ASKS_MAX: usize = 100;

pub(crate) fn measure(stage: &Stage, lines: &mut Lines) {
    let agent = agent();
    for callers in CALLERS {
        let domain = format!("with-{callers}.example");
        put_domain(&agent, stage, &domain);
        let Asked { mut took, sent_back } = ask_all(&agent, stage, &domain, callers);
        took.sort_unstable();
        let at = |percent: usize| took[(took.len() * percent).div_ceil(100) - 1].as_millis();
        let (operations, conflicts) = operations(callers);
        lines.line(
            &format!("{GRANTS} reservations of {BLOCK} e-mails by {callers} callers at once"),
            &format!(
                "{} ms (p50), {} ms (p99), sent back {sent_back} times; on the double \
                 {operations:.1} R2 operations and {conflicts:.2} conflicts a grant",
                at(50),
                at(99)
            ),
            "told",
            true,
        );
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT));
    config.http_status_as_error(false).build().into()
}

fn put_domain(agent: &ureq::Agent, stage: &Stage, domain: &str) {
    let body = json!({"verified": true, "schedule": [{"day": 1, "maxEmails": LIMIT}]});
    let url = format!("{}/api/v1/warmup/domains/{domain}", stage.workers.http_url());
    let answer = agent
        .put(url)
        .header("Authorization", format!("Bearer {KEY}"))
        .header("Content-Type", "application/json")
        .send(body.to_string());
    assert_eq!(answer.unwrap().status(), 200, "{domain}");
}

/// How long each answer took, and how many asked to come back.
struct Asked {
    took: Vec<Duration>,
    sent_back: usize,
}

fn ask_all(agent: &ureq::Agent, stage: &Stage, domain: &str, callers: usize) -> Asked {
    let url = format!("{}/api/v1/warmup/domains/{domain}/reserve", stage.workers.http_url());
    let asked = Mutex::new(Asked { took: Vec::new(), sent_back: 0 });
    std::thread::scope(|scope| {
        for caller in 0..callers {
            let own = GRANTS / callers + usize::from(caller < GRANTS % callers);
            let (url, asked) = (&url, &asked);
            scope.spawn(move || {
                for _ in 0..own {
                    assert!((0..ASKS_MAX).any(|_| ask(agent, url, asked)), "{url} never grants");
                }
            });
        }
    });
    asked.into_inner().unwrap()
}

/// Whether the block was granted.
fn ask(agent: &ureq::Agent, url: &str, asked: &Mutex<Asked>) -> bool {
    let started = Instant::now();
    let answer = agent
        .post(url)
        .header("Authorization", format!("Bearer {KEY}"))
        .header("Content-Type", "application/json")
        .send(json!({ "count": BLOCK }).to_string())
        .unwrap();
    let status = answer.status().as_u16();
    assert!([200, 503].contains(&status), "{status}");
    let mut asked = asked.lock().unwrap();
    asked.took.push(started.elapsed());
    asked.sent_back += usize::from(status != 200);
    status == 200
}

/// R2 operations and conflicts a grant.
fn operations(callers: usize) -> (f64, f64) {
    let ports = SimPorts::new(u64::try_from(callers).unwrap());
    let now = ports.clock.database();
    let domain = SendingDomain {
        domain: DomainName::parse("example.com").unwrap(),
        created_at: now,
        verified_at: Some(now),
        schedule: Some(Schedule::new(vec![Step { day: 1, max_emails: LIMIT }]).unwrap()),
        now,
    };
    let owner = OrganizationId::parse("org_a").unwrap();
    let caller = async |own: usize| {
        let mut granted = 0;
        while granted < own {
            let block = Block::new(BLOCK).unwrap();
            match reserve(&ports, &owner, &domain, block, None).await {
                Ok(Reservation::Granted { .. }) => granted += 1,
                Err(PortError::Contention { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    let work = (0..callers).map(|_| {
        let work: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(caller(GRANTS / callers));
        work
    });
    side_by_side(&mut Rng::new(10), work.collect());
    let counts = ports.counters.counts();
    let grants = counts.stored as f64;
    let operations = counts.gets + counts.stored + counts.conflicts;
    (operations as f64 / grants, counts.conflicts as f64 / grants)
}
