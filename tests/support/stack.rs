//! The whole system for a test: a PostgreSQL of its own and both workers in
//! workerd, as they are deployed.

use std::collections::BTreeMap;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use mauntic_domain::ids::OrganizationId;
use mauntic_flows::commands::authenticate::sha256;
use mauntic_flows::ports::Scope;
use mauntic_local::postgres::{self, Postgres};
use mauntic_local::workers::{Build, Options, Settings, Worker, Workers};
use mauntic_store::{admin, connect::Tcp, migrate};
use mauntic_testkit::proxy::RoundTripProxy;
use serde_json::Value;
use tokio_postgres::Client;

use crate::logs::{BatchLine, batches};
use crate::reach::{Reach, Transport};
use crate::turn::Turn;

/// The operator's token of every test.
pub const ADMIN_TOKEN: &str = "admin-token-of-the-tests";

/// The token of every test's operator who only looks.
pub const VIEWER_TOKEN: &str = "viewer-token-of-the-tests";

/// The queue under test.
pub const QUEUE: &str = "mauntic-scoring-events";

/// Longest wait for anything; far above what is ever needed.
const PATIENCE: Duration = Duration::from_secs(240);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often it ticks in [`Stack::while_ticking`].
const TICK_EVERY: Duration = Duration::from_secs(2);

/// What both workers are told unless a test says otherwise. A full hour, or five minutes,
/// may pass during any test, and what its schedules start would write scores, count
/// activity and do jobs that nobody counted on.
const USUAL_VARS: [(&str, &str); 4] = [
    ("ENABLE_SCORING_CRON", "false"),
    ("ENABLE_ANALYTICS_CRON", "false"),
    ("ENABLE_SCOREBOARD_CRON", "false"),
    ("ENABLE_OVERNIGHT_CRON", "false"),
];

/// What a system has besides the workers.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    is_proxied: bool,
    has_console: bool,
    transport: Transport,
}

/// A running system. Dropped, all of it ends. A test has one at a time ([`Turn`]).
#[derive(Debug)]
pub struct Stack {
    /// Both workers.
    pub workers: Workers,
    /// Between them and the server, where a test wants it.
    pub proxy: Option<RoundTripProxy>,
    /// How they reach the server.
    pub reach: Reach,
    /// The server.
    pub postgres: Postgres,
    agent: ureq::Agent,
    /// Given back last, when the processes above are gone.
    _turn: Turn,
}

/// A request as it is sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// The bearer's key.
    pub key: Option<&'a str>,
    /// Sent under this `Idempotency-Key`.
    pub idempotency_key: Option<&'a str>,
    /// The tag that is sent as `If-None-Match`.
    pub known: Option<&'a str>,
    /// Sent as `If-Match`.
    pub if_match: Option<&'a str>,
    /// Sent as `Accept`.
    pub accept: Option<&'a str>,
    /// The span that it is sent by.
    pub traceparent: Option<&'a str>,
    /// Sent as JSON, whatever it is; none where it is empty.
    pub body: &'a str,
}

/// An answer of the HTTP worker.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body; null when it is empty, a text when it is no JSON.
    pub body: Value,
}

impl Stack {
    /// Starts it with these variables for both workers.
    pub async fn start(build: Build, vars: &[(&str, &str)]) -> Self {
        Self::start_in(Turn::shared().await, build, vars, Parts::default()).await
    }

    /// [`Self::start`] with a proxy between the workers and the server.
    pub async fn start_behind_proxy(build: Build, vars: &[(&str, &str)]) -> Self {
        let parts = Parts { is_proxied: true, ..Parts::default() };
        Self::start_in(Turn::shared().await, build, vars, parts).await
    }

    /// [`Self::start`] with the server reached in this way.
    pub async fn start_over(transport: Transport, build: Build, vars: &[(&str, &str)]) -> Self {
        let parts = Parts { transport, ..Parts::default() };
        Self::start_in(Turn::shared().await, build, vars, parts).await
    }

    /// What is deployed, with the console and a proxy before the server.
    pub async fn start_with_console() -> Self {
        let parts = Parts { is_proxied: true, has_console: true, ..Parts::default() };
        Self::start_in(Turn::shared().await, Build::Production, &[], parts).await
    }

    /// [`Self::start`] when no other test's stack runs, and keeps them waiting.
    pub async fn start_alone(build: Build, vars: &[(&str, &str)]) -> Self {
        Self::start_in(Turn::alone().await, build, vars, Parts::default()).await
    }

    async fn start_in(turn: Turn, build: Build, vars: &[(&str, &str)], parts: Parts) -> Self {
        let postgres = Postgres::start(postgres::Options::temporary()).expect("PostgreSQL starts");
        let first = Tcp::new(&postgres.url(postgres::SUPERUSER, "postgres")).unwrap();
        let client = first.client().await.expect("PostgreSQL answers");
        admin::ensure_database(&client, "mauntic").await.expect("a database");
        let url = |role| postgres.url(role, "mauntic");
        let owner = Tcp::new(&url(postgres::SUPERUSER)).unwrap().client().await.unwrap();
        migrate::run(&owner).await.expect("the schema");
        let proxy =
            parts.is_proxied.then(|| RoundTripProxy::start(postgres.port()).expect("a port"));
        let reach = Reach::start(parts.transport, postgres.port()).await;
        let mut options = Options::new(build);
        options.trusted = reach.trusted();
        for (settings, role) in
            [(&mut options.http, "mauntic_http"), (&mut options.queue, "mauntic_queue")]
        {
            let direct = url(role);
            let url = proxy.as_ref().map_or(direct.clone(), |proxy| proxy.url(&direct));
            reach.lead(settings, role, "mauntic", url);
            let vars = USUAL_VARS.iter().chain(vars);
            settings.vars.extend(vars.map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        }
        for (name, secret) in [("ADMIN_TOKEN", ADMIN_TOKEN), ("VIEWER_TOKEN", VIEWER_TOKEN)] {
            options.http.secrets.insert(name.into(), secret.into());
        }
        options.console = parts.has_console.then(|| {
            let secret = "a secret of the tests, long enough".to_owned();
            Settings { secrets: [("SESSION_SECRET".into(), secret)].into(), ..Settings::default() }
        });
        let workers = Workers::start(&options).expect("the workers start; are they built?");
        let timeout = Some(Duration::from_secs(60));
        let config = ureq::Agent::config_builder().timeout_global(timeout);
        let agent = config.http_status_as_error(false).build().into();
        Self { workers, proxy, reach, postgres, agent, _turn: turn }
    }

    /// A fresh connection of the owner.
    pub async fn owner(&self) -> Client {
        let url = self.postgres.url(postgres::SUPERUSER, "mauntic");
        Tcp::new(&url).unwrap().client().await.expect("the owner connects")
    }

    /// Makes an organization with a key, which it returns.
    pub async fn organization(&self, id: &OrganizationId, scopes: &[Scope]) -> String {
        let (client, key) = (self.owner().await, key(&format!("{id}/{scopes:?}")));
        admin::put_organization(&client, id, "A test's").await.unwrap();
        admin::put_key(&client, Some(id), &key, scopes, "").await.unwrap();
        key
    }

    /// Calls the HTTP worker.
    pub fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let answer = self.try_call(method, path, key, body);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// [`Self::call`] where the worker may be dead.
    ///
    /// # Errors
    /// When no answer came.
    pub fn try_call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, ureq::Error> {
        let body = body.map(ToString::to_string).unwrap_or_default();
        self.send(Request { method, path, key, body: &body, ..Request::default() })
    }

    /// Sends a request, however odd.
    ///
    /// # Errors
    /// When no answer came.
    pub fn send(&self, sent: Request<'_>) -> Result<Answer, ureq::Error> {
        let url = format!("{}{}", self.workers.http_url(), sent.path);
        let mut request = ureq::http::Request::builder().method(sent.method).uri(url);
        if let Some(key) = sent.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        if let Some(key) = sent.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(tag) = sent.known {
            request = request.header("If-None-Match", tag);
        }
        if let Some(tag) = sent.if_match {
            request = request.header("If-Match", tag);
        }
        if let Some(form) = sent.accept {
            request = request.header("Accept", form);
        }
        if let Some(span) = sent.traceparent {
            request = request.header("traceparent", span);
        }
        if !sent.body.is_empty() {
            request = request.header("Content-Type", "application/json");
        }
        let mut answer = self.agent.run(request.body(sent.body.to_owned()).unwrap())?;
        let text = answer.body_mut().read_to_string()?;
        let headers = answer.headers().iter();
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: headers
                .map(|(k, v)| (k.as_str().to_owned(), v.to_str().unwrap_or_default().to_owned()))
                .collect(),
            body: match text.as_str() {
                "" => Value::Null,
                text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            },
        })
    }

    /// Fires the tick, as the platform does every minute.
    pub fn tick(&self) {
        let fired = self.workers.scheduled(Worker::Queue, "* * * * *", 1_800_000_000_000);
        fired.expect("the runner answers");
    }

    /// Does this while the tick comes every two seconds: more often than a minute,
    /// so that nothing waits long for it.
    pub fn while_ticking<T>(&self, work: impl FnOnce() -> T) -> T {
        std::thread::scope(|scope| {
            // Dropped also where the work panics.
            let (_end, ended) = std::sync::mpsc::channel::<()>();
            scope.spawn(move || {
                while ended.recv_timeout(TICK_EVERY) == Err(RecvTimeoutError::Timeout) {
                    self.tick();
                }
            });
            work()
        })
    }

    /// What every batch so far said at its end, those that the guard ended
    /// included.
    #[must_use]
    pub fn batches(&self) -> Vec<BatchLine> {
        batches(&self.workers.logs(false).expect("the runner answers"))
    }

    /// What everything said, for a failure's report.
    pub fn story(&self) -> String {
        let logs = self.workers.logs(false).map(|logs| {
            let last = logs.iter().rev().take(40).rev();
            last.map(|log| format!("{} {}\n", log.level, log.message)).collect::<String>()
        });
        format!("{}\n{}", logs.unwrap_or_default(), self.workers.runner_log())
    }
}

/// A key's text, shaped as `keys create` makes them; the same for the same name.
#[must_use]
pub fn key(name: &str) -> String {
    let digits: String = sha256(name).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("mk_{digits}")
}

/// Waits until `condition` gives something.
///
/// # Panics
/// After four minutes, with `story`.
pub async fn until<T>(
    what: &str,
    story: impl Fn() -> String,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        if let Some(found) = condition().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} until {what}\n{}", story());
    }
}
