//! Nights of portfolio scoring in workerd, with a provider of this machine: by their
//! trigger, by hand, and where workerd is killed at every step.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_local::workers::{Body, Build, Worker};
use mauntic_sim::market::Market;
use mauntic_sim::provider_desk::Trouble;
use mauntic_tests::portfolios::{Portfolios, came_to, fill, poison, replayed};
use mauntic_tests::say::say;
use mauntic_tests::stack::{Stack, until};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::operations::given::count;
use crate::provider::Provider;

const QUEUE: &str = "mauntic-overnight-jobs";
const KEY: &str = "a-key.of-ours~2";
const BUCKET: &str = "PROJECTIONS";

/// Two batches of symbols, and ten chunks.
const SIZE: Portfolios = Portfolios { users: 500, assets: 4, criteria: 5, symbols: 300 };

/// Jobs that are not final.
const UNDONE: &str = "select count(*) from jobs.job where finished_at is null";

/// Time passes for what waits, and for leases of what was killed.
const TIME_PASSES: &str = "with waiting as (
    select j.id from jobs.job j
    where (j.state in ('queued', 'failed') or j.lease_until < clock_timestamp())
      and j.finished_at is null
    order by j.id for update skip locked)
  update jobs.job j set
    available_at = least(j.available_at, clock_timestamp()), wake_at = clock_timestamp()
  from waiting w where j.id = w.id";

pub(crate) struct Nights {
    pub(crate) stack: Stack,
    provider: Provider,
    pub(crate) owner: Client,
}

impl Nights {
    pub(crate) async fn start(vars: &[(&str, &str)]) -> Self {
        let provider = Provider::start();
        provider.market(|market| *market = Market::trading());
        let url = provider.url();
        let rates = format!("{url}/v1/");
        let own = [
            ("EXCHANGE_RATE_PROVIDER_URL", rates.as_str()),
            ("EXCHANGE_RATE_PROVIDER_KEY", KEY),
            ("PRICE_PROVIDER_URL", url.as_str()),
        ];
        let vars: Vec<(&str, &str)> = own.into_iter().chain(vars.iter().copied()).collect();
        let stack = Stack::start(Build::Production, &vars).await;
        let owner = stack.owner().await;
        fill(&owner, SIZE).await;
        Self { stack, provider, owner }
    }

    /// A message by hand.
    pub(crate) fn send(&self, data: &Value) {
        let message = json!({"type": "overnight.start", "data": data}).to_string();
        self.stack.workers.send(QUEUE, &[Body::Text(message)]).unwrap();
    }

    /// The newest night, once there is another than before.
    pub(crate) async fn newest(&self, before: Option<Uuid>) -> Uuid {
        let sql = "select id from portfolio.overnight_job_runs order by started_at desc limit 1";
        let look = async || {
            let row = self.owner.query_opt(sql, &[]).await.unwrap();
            row.map(|row| row.get(0)).filter(|id| Some(*id) != before)
        };
        until("a night begins", || self.stack.story(), look).await
    }

    /// Everything that is under way ends.
    pub(crate) async fn all_done(&self) {
        let done = async || {
            self.owner.batch_execute(TIME_PASSES).await.unwrap();
            self.stack.tick();
            (count(&self.owner, UNDONE).await == 0).then_some(())
        };
        until("the night is over", || self.stack.story(), done).await;
        let dead = "select count(*) from jobs.dead_letter";
        assert_eq!(count(&self.owner, dead).await, 0, "{}", self.stack.story());
    }

    /// Questions for rates, and which symbols were asked for.
    fn asked(&self) -> (usize, Vec<String>) {
        let asked = self.provider.asked();
        let rates = asked.iter().filter(|of| of.path == "/v1/rates/latest");
        let symbols = asked.iter().filter_map(|of| of.path.strip_prefix("/quotes?symbols="));
        let named = symbols.flat_map(|list| list.split(',').map(str::to_owned)).collect();
        (rates.count(), named)
    }

    /// Rates were asked for so often, and each symbol once.
    fn assert_asked(&self, rates: usize) {
        let (found, mut symbols) = self.asked();
        assert_eq!(found, rates, "questions for rates");
        let all = symbols.len();
        symbols.sort();
        symbols.dedup();
        assert_eq!((all, symbols.len()), (300, 300), "each symbol once");
    }

    fn snapshot(&self, place: &str) -> Option<Value> {
        let place = format!("portfolio/{place}/latest.json");
        let body = self.stack.workers.stored(BUCKET, &place).unwrap()?;
        Some(serde_json::from_str(&body).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_comes_by_its_trigger_and_by_hand() {
    let vars = [("ENABLE_OVERNIGHT_CRON", "true"), ("OVERNIGHT_JOB_CRON", "0 3 * * *")];
    let nights = Nights::start(&vars).await;
    let (stack, owner) = (&nights.stack, &nights.owner);
    // Registers the schedule, which begins at the moment that it is seen first.
    stack.tick();
    let today = Utc::now().date_naive().and_hms_opt(3, 0, 0).unwrap().and_utc();
    let at = if today < Utc::now() { today } else { today - TimeDelta::days(1) };
    let sql = "update jobs.schedule set judged_until = $1 where job_key = 'overnight-scoring'";
    owner.execute(sql, &[&(at - TimeDelta::hours(1))]).await.unwrap();
    let fire = |cron: &str, at: DateTime<Utc>| {
        stack.workers.scheduled(Worker::Queue, cron, at.timestamp_millis()).unwrap();
    };
    // The expression of the registry starts no night where there is another.
    fire("0 4 * * *", at + TimeDelta::hours(1));
    assert_eq!(count(owner, "select count(*) from portfolio.overnight_job_runs").await, 0);
    fire("0 3 * * *", at);
    let first = nights.newest(None).await;
    nights.all_done().await;
    assert_eq!(came_to(owner, first).await, ("completed".to_owned(), [500, 0, 0]));
    assert_eq!(replayed(owner, first).await, 500);
    nights.assert_asked(1);
    let asked = nights.provider.asked();
    let of_rates = asked.iter().find(|of| of.path == "/v1/rates/latest").unwrap();
    assert_eq!(of_rates.headers["authorization"], format!("Bearer {KEY}"));
    assert!(!asked.last().unwrap().headers.contains_key("authorization"));
    let told = "select count(*) from jobs.event_outbox where type like 'overnight.Scoring%'";
    assert_eq!(count(owner, told).await, 2);
    let [a, b] = ["org_a/user_000000", "org_b/user_000000"].map(|of| nights.snapshot(of).unwrap());
    assert_eq!((&a["runId"], &b["organizationId"]), (&json!(first), &json!("org_b")));
    assert_eq!(a["scores"].as_array().unwrap().len(), 4);

    // By hand, with one in a hundred poisoned: they fail alone.
    let poisoned = poison(owner, 100).await;
    nights.send(&json!({}));
    let second = nights.newest(Some(first)).await;
    nights.all_done().await;
    let scored = 500 - poisoned;
    assert_eq!(
        (poisoned, came_to(owner, second).await),
        (5, ("partial".to_owned(), [scored, 5, 0]))
    );
    assert_eq!(replayed(owner, second).await, scored);
    assert_eq!(nights.asked().0, 2);

    // They are mended, and a retry scores them alone; nobody is asked anything.
    let mended = "insert into portfolio.criteria (organization_id, user_id, version, rules)
      select p.organization_id, p.user_id, 3, c.rules from portfolio.criteria p
      join portfolio.criteria c using (organization_id, user_id)
      where p.version = 2 and c.version = 1";
    owner.batch_execute(mended).await.unwrap();
    nights.provider.turn(Trouble::Down);
    nights.send(&json!({"retryOf": second}));
    let third = nights.newest(Some(second)).await;
    nights.all_done().await;
    assert_eq!(came_to(owner, third).await, ("completed".to_owned(), [5, 0, 0]));
    assert_eq!(replayed(owner, third).await, 5);
    assert_eq!(nights.provider.asked().len(), 2 * (1 + 2));

    // Of a provider that tells nothing the rates that are stored count; prices fail their holders.
    nights.provider.turn(Trouble::Refusing);
    nights.send(&json!({}));
    let fourth = nights.newest(Some(third)).await;
    nights.all_done().await;
    assert_eq!(came_to(owner, fourth).await, ("failed".to_owned(), [0, 500, 0]));
}

/// What is so when workerd is killed: just then, a night is at that step.
const MOMENTS: [(&str, &str); 7] = [
    ("set_up", "select count(*) from portfolio.overnight_steps where step = 'set_up'"),
    (
        "exchange_rates",
        "select count(*) from portfolio.overnight_steps where step = 'exchange_rates'",
    ),
    ("users", "select count(*) from portfolio.overnight_steps where step = 'users'"),
    ("prices", "select count(*) from portfolio.overnight_steps where step = 'prices'"),
    ("scoring", "select count(*) from portfolio.overnight_job_runs where chunks_done >= 3"),
    (
        "finalize",
        "select count(*) from portfolio.overnight_job_runs
         where chunks_total > 0 and chunks_done = chunks_total",
    ),
    (
        "warm_cache",
        "select count(*) from jobs.job where type = 'overnight.warm-cache' and claim > 0",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_that_is_killed_at_every_step_does_nothing_twice() {
    let nights = Nights::start(&[("JOB_LEASE_SECONDS", "5")]).await;
    let (stack, owner) = (&nights.stack, &nights.owner);
    // The first time while the provider is asked for rates.
    nights.provider.turn(Trouble::Slow);
    nights.send(&json!({}));
    let asked = async || (nights.asked().0 > 0).then_some(());
    until("rates are asked for", || stack.story(), asked).await;
    stack.workers.kill().unwrap();
    nights.provider.turn(Trouble::None);
    stack.workers.restart().unwrap();
    for (moment, sql) in MOMENTS {
        let reached = async || {
            owner.batch_execute(TIME_PASSES).await.unwrap();
            stack.tick();
            (count(owner, sql).await > 0).then_some(())
        };
        until(moment, || stack.story(), reached).await;
        stack.workers.kill().unwrap();
        stack.workers.restart().unwrap();
    }
    nights.all_done().await;
    let night = nights.newest(None).await;
    assert_eq!(came_to(owner, night).await, ("completed".to_owned(), [500, 0, 0]));
    assert_eq!(replayed(owner, night).await, 500);
    let events = "select count(*) from portfolio.calculation_events";
    assert_eq!(count(owner, events).await, 4 * 500);
    let claims = count(owner, "select sum(claim)::int8 from jobs.job").await;
    let jobs = count(owner, "select count(*) from jobs.job").await;
    let kills = 1 + MOMENTS.len();
    say(format_args!(
        "a night of 500 users, killed {kills} times: {jobs} jobs, claimed {claims} times"
    ));
    let told = "select count(*) from jobs.event_outbox where type = 'overnight.ScoringCompleted'";
    assert_eq!(count(owner, told).await, 1);
    let warmed = "select count(*) from jobs.job where type = 'overnight.warm-cache'";
    assert_eq!(count(owner, warmed).await, 10);
    // What was asked when workerd died is asked once more, and nothing that was stored is.
    let (rates, mut symbols) = nights.asked();
    assert!((2..=3).contains(&rates), "{rates} questions for rates");
    assert!(symbols.len() <= 300 + 200, "{} symbols", symbols.len());
    symbols.sort();
    symbols.dedup();
    assert_eq!(symbols.len(), 300);
    for n in (0..250).step_by(25) {
        for owner in ["org_a", "org_b"] {
            let snapshot = nights.snapshot(&format!("{owner}/user_{n:06}")).expect("a snapshot");
            assert_eq!(snapshot["runId"], json!(night), "{owner} {n}");
        }
    }
}
