//! A database that hangs: connections stand, and nothing answers.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_flows::consume::{Body, Delivery, Report, consume};
use mauntic_flows::ports::{
    Checkpoint, Database, Host, PortError, Ports, RelayStore, TenantStore, Transition,
};
use mauntic_sim::objects::SimObjects;
use mauntic_store::Timeout;
use mauntic_store::connect::Tcp;
use mauntic_testkit::database::{Cluster, Role};
use mauntic_testkit::proxy::RoundTripProxy;
use mauntic_tests::ports::{Recorded, Settled, Settlements, TestPorts, Webhook};
use mauntic_tests::world::{World, contact, organization, short, texts};
use serde_json::json;
use uuid::Uuid;

/// How long a flight to a silent database waits here; a worker's waits for
/// seconds. One to a database that answers has all the time it needs.
const PATIENCE: Duration = Duration::from_millis(100);

thread_local! {
    /// Whether this test's database is silent; a test has its thread to itself.
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

fn silence(proxy: &RoundTripProxy) {
    proxy.pause();
    SILENT.set(true);
}

fn wait(_: Duration) -> Timeout {
    Box::pin(async {
        let mut looks = tokio::time::interval(PATIENCE);
        looks.tick().await;
        while !SILENT.get() {
            looks.tick().await;
        }
        looks.tick().await;
    })
}

/// A worker's ports through the proxy.
fn impatient(world: &World, proxy: &RoundTripProxy) -> TestPorts {
    let mut ports = TestPorts::new(&proxy.url(&world.database.url(Role::Queue)));
    ports.db = ports.db.with_timer(wait);
    ports
}

#[tokio::test]
async fn each_flight_to_a_silent_database_ends() {
    let world = World::new().await;
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let ports = impatient(&world, &proxy);
    let session = ports.db().open().await.unwrap();
    silence(&proxy);
    assert_eq!(ports.db().open().await.as_ref().err().map(PortError::code), Some("unavailable"));
    let error = session.mark_sent(&[Uuid::new_v4()]).await.unwrap_err();
    assert_eq!(error.code(), "unavailable");
    let owner = organization("org_1");
    let error = session.mark_own_sent(&owner, &[Uuid::new_v4()]).await.unwrap_err();
    assert_eq!(error.code(), "commit_unknown", "a COMMIT may have been heard");
}

/// Ports of a worker whose database falls silent once it has claimed, the first
/// time.
struct Silenced {
    ports: TestPorts,
    proxy: RoundTripProxy,
    armed: AtomicBool,
}

impl Ports for Silenced {
    type Db = Tcp;
    type Wakeups = Recorded;
    type Host = Self;
    type Outside = Webhook;
    type Counters = SimObjects;
    type Projections = SimObjects;

    fn db(&self) -> &Tcp {
        &self.ports.db
    }
    fn wakeups(&self) -> &Recorded {
        &self.ports.sent
    }
    fn host(&self) -> &Self {
        self
    }
    fn outside(&self) -> &Webhook {
        &self.ports.outside
    }
    fn counters(&self) -> &SimObjects {
        &self.ports.counters
    }
    fn projections(&self) -> &SimObjects {
        &self.ports.projections
    }
}

impl Host for Silenced {
    fn now(&self) -> DateTime<Utc> {
        self.ports.host.now()
    }
    fn new_id(&self) -> Uuid {
        self.ports.host.new_id()
    }
    fn random(&self) -> u32 {
        self.ports.host.random()
    }
    async fn wait(&self, wait: TimeDelta) {
        self.ports.host.wait(wait).await;
    }
    fn observe(&self, transition: &Transition) {
        self.ports.host.observe(transition);
    }
    fn reached(&self, checkpoint: Checkpoint<'_>) {
        self.ports.host.reached(checkpoint);
        if matches!(checkpoint, Checkpoint::Claimed(_)) && self.armed.swap(false, Ordering::SeqCst)
        {
            silence(&self.proxy);
        }
    }
}

async fn deliver(ports: &Silenced, bodies: &[Body]) -> (Report, Vec<Option<Settled>>) {
    let named =
        |(n, body): (usize, &Body)| Delivery { message_id: format!("m-{n}"), body: body.clone() };
    let deliveries: Vec<Delivery> = bodies.iter().enumerate().map(named).collect();
    let (settlements, token) = (Settlements::default(), Uuid::new_v4());
    let origin = Origin::Jobs(Queue::ScoringEvents);
    let report = consume(ports, origin, token, &deliveries, &settlements).await;
    (report, settlements.of(bodies.len()))
}

#[tokio::test]
async fn a_batch_whose_database_goes_silent_comes_back_and_is_done_once() {
    for once_claimed in [false, true] {
        let world = World::new().await;
        let owner = organization("org_1");
        let names = ["a", "b", "c"];
        world.contacts(&owner, &names.map(|name| contact(name, &json!({"hasEmail": true})))).await;
        let writes = "create table public.writes (contact text);
          create function public.note_write() returns trigger language plpgsql security definer
            as $$ begin insert into public.writes values (new.contact_id); return null; end $$;
          create trigger writes after insert or update on scoring.lead_scores
            for each row execute function public.note_write()";
        world.owner.batch_execute(writes).await.unwrap();
        let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
        let ports = impatient(&world, &proxy);
        let ports = Silenced { ports, proxy, armed: AtomicBool::new(once_claimed) };
        let bodies = texts(names.map(|name| short("org_1", name)));
        if !once_claimed {
            silence(&ports.proxy);
        }
        let (report, settled) = deliver(&ports, &bodies).await;
        assert_eq!(report.error.as_ref().map(PortError::code), Some("unavailable"));
        assert_eq!((report.completed, report.retried), (0, 3), "{report:?}");
        assert!(settled.iter().all(|one| matches!(one, Some(Settled::Retry(_)))), "{settled:?}");
        let claimed = "select count(*) from jobs.job where state = 'in_progress'";
        assert_eq!(world.count(claimed).await, if once_claimed { 3 } else { 0 });

        ports.proxy.resume();
        SILENT.set(false);
        // As long as that takes: what it held when it fell silent.
        world.rows("update jobs.job set lease_until = clock_timestamp()").await;
        let again = world.consume("m", &bodies).await;
        let (report, settled) = (again.report, again.settled);
        assert_eq!((report.completed, &report.error), (3, &None), "{once_claimed}");
        assert_eq!(settled, [Some(Settled::Ack); 3], "{once_claimed}");
        let done = "select count(*) from jobs.job where state = 'completed' and failures = 0";
        assert_eq!(
            (world.count(done).await, world.count("select count(*) from jobs.job").await),
            (3, 3)
        );
        let sql = "select count(*) * 10 + count(distinct contact) from public.writes";
        assert_eq!(world.count(sql).await, 33, "each scored once, {once_claimed}");
    }
}
