//! Starts the parts of the local stack, one after the other, and says how long
//! each took.

use std::sync::Arc;

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use mauntic_flows::ports::{Database, KeyStore, Scope};
use mauntic_local::postgres::{self, Postgres};
use mauntic_local::web::Web;
use mauntic_local::workers::{Build, Options, Settings, Workers};
use mauntic_store::address::{self, with_user};
use mauntic_store::{admin, connect::Tcp, migrate};
use tokio::time::Instant;
use uuid::Uuid;

use super::neon::Neon;
use super::secrets::Secrets;
use super::{Args, Transport, cup, providers};
use crate::seed::{self, Demo};

/// Database of the embedded server.
const DATABASE: &str = "mauntic";

pub(super) struct Stack {
    // Dropped in this order: workers before the database they talk to.
    pub(super) workers: Arc<Workers>,
    neon: Option<Neon>,
    providers: Web,
    database: Option<Postgres>,
    owner_url: String,
    key_id: Uuid,
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
        let Prepared { first_start, key_id, cup_began } =
            prepare(&owner_url, &secrets, &demo, !known).await?;
        said("the schema and the demo organization are there", started);
        let providers = providers::start(cup_began)?;

        let started = Instant::now();
        let mut options = Options::new(Build::Production);
        options.port = (!args.demo).then_some(args.port);
        options.persist = (!args.demo).then(|| args.folder.join("r2"));
        let http_url = with_user(&owner_url, "mauntic_http", &secrets.http_password);
        options.http =
            settings(&[("DATABASE_URL", http_url), ("ADMIN_TOKEN", secrets.admin_token.clone())]);
        let queue_url = with_user(&owner_url, "mauntic_queue", &secrets.queue_password);
        options.queue = settings(&[("DATABASE_URL", queue_url)]);
        options.console = Some(settings(&[("SESSION_SECRET", secrets.session_secret())]));
        let neon = match args.transport {
            Transport::Tcp => None,
            Transport::NeonWs => Some(Neon::start(&owner_url).await?),
        };
        if let Some(neon) = &neon {
            options.trusted = Some(neon.pem());
            for settings in [&mut options.http, &mut options.queue] {
                neon.lead(settings);
            }
        }
        let urls = providers::VARIABLES.map(|name| (name.to_owned(), providers.url()));
        options.queue.vars.extend(urls);
        let workers = Arc::new(Workers::start(&options)?);
        said("the workers run in workerd", started);
        Ok(Self {
            workers,
            neon,
            providers,
            database,
            owner_url,
            key_id,
            secrets,
            demo,
            first_start,
        })
    }

    /// The providers.
    pub(super) fn providers_url(&self) -> String {
        self.providers.url()
    }

    pub(super) fn url(&self) -> String {
        self.workers.http_url()
    }

    /// The database's clock, which stamps every score.
    pub(super) async fn now(&self) -> anyhow::Result<DateTime<Utc>> {
        Ok(Tcp::new(&self.owner_url)?.open().await?.vitals().await?.now)
    }

    /// Ends everything. A demo's key opens nothing afterwards.
    pub(super) async fn stop(self, demo: bool) -> anyhow::Result<()> {
        drop(self.workers);
        drop(self.neon);
        // The embedded server of a demo is gone with its key.
        if demo && self.database.is_none() {
            let owner = Tcp::new(&self.owner_url)?.client().await?;
            admin::revoke_key(&owner, self.key_id).await.context("revoking the demo's key")?;
        }
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
        let address = address::parse(url).context("DATABASE_URL")?;
        ensure!(
            address.is_loopback(),
            "DATABASE_URL names {}, which is not this machine: `dev` would set passwords and store \
             a demo there; unset it, or use `mauntic migrate` and `mauntic keys`",
            address.host
        );
        ensure!(address.config.get_dbname().is_some(), "DATABASE_URL names no database");
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

/// What is there before the workers start.
struct Prepared {
    /// Whether this is a first start, of the schema or of this folder.
    first_start: bool,
    /// The demo organization's key.
    key_id: Uuid,
    /// When the first match of its tournament began.
    cup_began: DateTime<Utc>,
}

/// Schema, roles, demo organization with its key and its tournament; `unknown` says
/// whether this folder was never started before.
async fn prepare(
    owner_url: &str,
    secrets: &Secrets,
    demo: &Demo,
    unknown: bool,
) -> anyhow::Result<Prepared> {
    let tcp = Tcp::new(owner_url).context("DATABASE_URL")?;
    let client = tcp.client().await.context("connecting to PostgreSQL as the owner")?;
    let applied = migrate::run(&client).await?;
    for (role, password) in
        [("mauntic_http", &secrets.http_password), ("mauntic_queue", &secrets.queue_password)]
    {
        admin::set_role_password(&client, role, password).await.context("setting a password")?;
    }
    // What is checked later is put there now, whatever was there before.
    let first_start = unknown || !applied.is_empty();
    if first_start {
        seed::put(&client, demo).await.context("seeding")?;
    }
    let scopes = [Scope::Read, Scope::Write];
    admin::put_organization(&client, &demo.organization, "Demo organization").await?;
    let key = &secrets.api_key;
    let key_id = admin::put_key(&client, Some(&demo.organization), key, &scopes, "demo").await?;
    let cup_began = cup::put(&client, &demo.organization).await?;
    Ok(Prepared { first_start, key_id, cup_began })
}
