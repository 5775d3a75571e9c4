//! Starts the parts of the local stack, one after the other, and says how long
//! each took.

use std::sync::Arc;

use anyhow::{Context, bail};
use mauntic_flows::ports::Scope;
use mauntic_local::postgres::{self, Postgres};
use mauntic_local::workers::{Build, Options, Settings, Workers};
use mauntic_store::{admin, connect::Tcp, migrate};
use tokio::time::Instant;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::Args;
use super::secrets::Secrets;
use crate::seed::{self, Demo};

/// Database of the embedded server.
const DATABASE: &str = "mauntic";

pub(super) struct Stack {
    // Dropped in this order: workers before the database they talk to.
    pub(super) workers: Arc<Workers>,
    database: Option<Postgres>,
    pub(super) secrets: Secrets,
    pub(super) demo: Demo,
    pub(super) first_start: bool,
}

impl Stack {
    pub(super) async fn start(args: &Args) -> anyhow::Result<Self> {
        let demo = Demo::new()?;
        let (secrets, known) = match args.demo {
            true => (Secrets::fresh()?, false),
            false => Secrets::kept(&args.folder)?,
        };
        let started = Instant::now();
        let (database, owner_url) = database(args).await?;
        said("PostgreSQL runs", started);

        let started = Instant::now();
        let fresh = prepare(&owner_url, &secrets, &demo).await?;
        said("the schema and the demo organization are there", started);

        let started = Instant::now();
        let mut options = Options::new(Build::Production);
        options.port = (!args.demo).then_some(args.port);
        options.persist = (!args.demo).then(|| args.folder.join("r2"));
        let http_url = worker_url(&owner_url, "mauntic_http", &secrets.http_password)?;
        options.http =
            settings(&[("DATABASE_URL", http_url), ("ADMIN_TOKEN", secrets.admin_token.clone())]);
        let queue_url = worker_url(&owner_url, "mauntic_queue", &secrets.queue_password)?;
        options.queue = settings(&[("DATABASE_URL", queue_url)]);
        let workers = Arc::new(Workers::start(&options)?);
        said("both workers run in workerd", started);
        Ok(Self { workers, database, secrets, demo, first_start: fresh || !known })
    }

    pub(super) fn url(&self) -> String {
        self.workers.http_url()
    }

    pub(super) fn stop(self) -> anyhow::Result<()> {
        drop(self.workers);
        self.database.map_or(Ok(()), |database| database.stop().context("stopping PostgreSQL"))
    }
}

fn settings(secrets: &[(&str, String)]) -> Settings {
    let secrets = secrets.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Settings { secrets: secrets.collect(), ..Settings::default() }
}

fn said(what: &str, since: Instant) {
    eprintln!("{what} ({:.1?})", since.elapsed());
}

/// The embedded server, unless another one is named; and its owner's address.
async fn database(args: &Args) -> anyhow::Result<(Option<Postgres>, String)> {
    if let Some(url) = &args.database_url {
        return Ok((None, url.clone()));
    }
    let options = match args.demo {
        true => postgres::Options::temporary(),
        false => postgres::Options::kept(args.folder.join("postgres")),
    };
    let server = Postgres::start(options)?;
    let client = Tcp::new(&server.url(postgres::SUPERUSER, "postgres"))?.client().await?;
    admin::ensure_database(&client, DATABASE).await.context("making the database")?;
    let url = server.url(postgres::SUPERUSER, DATABASE);
    Ok((Some(server), url))
}

/// Schema, roles, demo organization and its key. True if the schema is new.
async fn prepare(owner_url: &str, secrets: &Secrets, demo: &Demo) -> anyhow::Result<bool> {
    let tcp = Tcp::new(owner_url).context("DATABASE_URL is not a PostgreSQL address")?;
    let client = tcp.client().await.context("connecting to PostgreSQL as the owner")?;
    let applied = migrate::run(&client).await?;
    for (role, password) in
        [("mauntic_http", &secrets.http_password), ("mauntic_queue", &secrets.queue_password)]
    {
        admin::set_role_password(&client, role, password).await.context("setting a password")?;
    }
    let fresh = !applied.is_empty();
    if fresh {
        seed::put(&client, demo).await.context("seeding")?;
    }
    let scopes = [Scope::Read, Scope::Write];
    admin::put_organization(&client, &demo.organization, "Demo organization").await?;
    admin::put_key(&client, Some(&demo.organization), &secrets.api_key, &scopes, "demo").await?;
    Ok(fresh)
}

/// The owner's address with a worker's role in it.
fn worker_url(owner_url: &str, role: &str, password: &str) -> anyhow::Result<String> {
    let config: Config = owner_url.parse()?;
    let Some(Host::Tcp(host)) = config.get_hosts().first() else {
        bail!("DATABASE_URL names no TCP host; workers connect over TCP");
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().context("DATABASE_URL names no database")?;
    Ok(format!("postgres://{role}:{password}@{host}:{port}/{database}?sslmode=disable"))
}
