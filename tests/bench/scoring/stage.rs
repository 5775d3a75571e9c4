//! The database that every measure gets a fresh copy of: contacts with signals
//! that were scored a day ago, so that a recompute finds nearly every score
//! another, and the workers on such a copy.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::Scope;
use mauntic_local::workers::{Build, Options, Workers};
use mauntic_store::admin;
use mauntic_tests::recompute::{fill, scores_at_parameter};
use tokio_postgres::Client;

use crate::server::{Database, Server};

/// Contacts, unless `MAUNTIC_BENCH_CONTACTS` says otherwise.
const CONTACTS: i64 = 1_000_000;

/// Whose they are.
pub(crate) const ORGANIZATION: &str = "org_bench";

/// Opens the organization's routes.
pub(crate) const KEY: &str = "mk_00000000000000000000000000000000000000000000000000000000000bec41";

/// Opens the operator's.
pub(crate) const ADMIN_TOKEN: &str = "admin-token-of-the-benchmark";

/// The rival; see the file.
const PLAIN: &str = include_str!("plain.sql");

/// The template, and how many contacts it has.
pub(crate) struct Stage {
    template: Database,
    pub(crate) contacts: i64,
    /// When its scores were calculated.
    pub(crate) scored_at: DateTime<Utc>,
}

/// A fresh copy with both workers on it.
pub(crate) struct Copy {
    pub(crate) database: Database,
    pub(crate) owner: Client,
    pub(crate) workers: Workers,
}

impl Stage {
    pub(crate) async fn prepare(server: &Server) -> Self {
        let contacts = std::env::var("MAUNTIC_BENCH_CONTACTS")
            .map_or(CONTACTS, |text| text.parse().expect("a number of contacts"));
        let template = server.database("template").await;
        let _roles = server.migrate(&template).await;
        let scored_at = Utc::now() - TimeDelta::days(1);
        {
            let owner = server.owner(&template).await;
            let organization = OrganizationId::parse(ORGANIZATION).unwrap();
            admin::put_organization(&owner, &organization, "The benchmark's").await.unwrap();
            let scopes = [Scope::Read, Scope::Write];
            admin::put_key(&owner, Some(&organization), KEY, &scopes, "").await.unwrap();
            fill(&owner, ORGANIZATION, contacts, scored_at).await;
            owner.execute(&plain(), &[&scored_at]).await.unwrap();
        }
        server.vacuum(&template).await;
        eprintln!("{contacts} contacts with three signals each are there");
        Self { template, contacts, scored_at }
    }

    /// The same rows in the same places, on the disk.
    pub(crate) async fn copy(&self, server: &Server, name: &str) -> Database {
        let database = server.copy(&self.template, name).await;
        server.checkpoint().await;
        database
    }

    /// A copy with workers.
    pub(crate) async fn staffed(&self, server: &Server, name: &str) -> Copy {
        let database = self.copy(server, name).await;
        let url = server.roles(&database);
        let mut options = Options::new(Build::Production);
        for (settings, role) in
            [(&mut options.http, "mauntic_http"), (&mut options.queue, "mauntic_queue")]
        {
            settings.secrets.insert("DATABASE_URL".into(), url(role));
        }
        options.http.secrets.insert("ADMIN_TOKEN".into(), ADMIN_TOKEN.into());
        let workers = Workers::start(&options).expect("the workers start; are they built?");
        let owner = server.owner(&database).await;
        Copy { database, owner, workers }
    }

    pub(crate) async fn forget(self, server: &Server) {
        server.forget(self.template).await;
    }
}

impl Copy {
    pub(crate) async fn forget(self, server: &Server) {
        drop(self.workers);
        drop(self.owner);
        server.forget(self.database).await;
    }
}

/// The rival's statement.
pub(crate) fn plain() -> String {
    PLAIN.replace("{scores}", &scores_at_parameter())
}
