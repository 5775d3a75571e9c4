//! The one PostgreSQL server, its databases, and what it tells of itself.

use mauntic_local::postgres::{Data, Options, Postgres, SUPERUSER};
use mauntic_store::address::with_user;
use mauntic_store::{admin, migrate};
use mauntic_testkit::database::connect;
use mauntic_testkit::wait::until_async;
use tokio_postgres::Client;
use uuid::Uuid;

/// Begins the name of every database of the benchmark.
const PREFIX: &str = "bench_";

/// Settings that decide what a commit costs, for the heading.
const SETTINGS: [&str; 6] = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "shared_buffers",
    "autovacuum",
];

/// Longest wait until connections are gone, in seconds.
const GONE_SECS_MAX: u32 = 30;

/// The server, with the owner's connection. Dropped, it ends.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) postgres: Postgres,
    admin: Client,
    /// Of both workers' roles.
    password: String,
}

/// A database of one contender's own.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
    /// The owner's address, perhaps through a proxy.
    pub(crate) url: String,
}

/// Rows that updates and deletes left behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dead {
    /// All of them.
    pub(crate) versions: i64,
    /// Those that only a vacuum can clear away: the rest were heap-only.
    pub(crate) for_vacuum: i64,
}

impl Server {
    /// Starts it on kept, durable data below the build folder, as a deployed
    /// one's is: a commit waits for the disk.
    pub(crate) async fn start() -> Self {
        let folder = mauntic_local::repository_root().join("target/bench/postgres");
        let options = Options { data: Data::Folder(folder), ..Options::temporary() };
        let options = Options { durable: true, ..options };
        let postgres = Postgres::start(options).expect("PostgreSQL starts");
        let admin = connect(&postgres.url(SUPERUSER, SUPERUSER)).await.unwrap();
        let server = Self { postgres, admin, password: Uuid::new_v4().simple().to_string() };
        server.drop_databases().await;
        server
    }

    /// An empty database.
    pub(crate) async fn database(&self, name: &str) -> Database {
        let name = format!("{PREFIX}{name}");
        self.run(&format!("create database {name}")).await;
        let url = self.postgres.url(SUPERUSER, &name);
        Database { name, url }
    }

    /// Brings our schema into a database; its address for a worker's role.
    pub(crate) async fn migrate(&self, database: &Database) -> impl Fn(&str) -> String + use<> {
        let owner = self.owner(database).await;
        migrate::run(&owner).await.expect("the schema");
        for role in ["mauntic_http", "mauntic_queue"] {
            admin::set_role_password(&owner, role, &self.password).await.unwrap();
        }
        self.roles(database)
    }

    /// The address of a database with our schema for a worker's role.
    pub(crate) fn roles(&self, database: &Database) -> impl Fn(&str) -> String + use<> {
        let (url, password) = (database.url.clone(), self.password.clone());
        move |role| with_user(&url, role, &password)
    }

    /// A database with the same rows in the same places, file by file.
    #[allow(dead_code, reason = "the benchmark of queues begins with empty databases")]
    pub(crate) async fn copy(&self, template: &Database, name: &str) -> Database {
        let name = format!("{PREFIX}{name}");
        let from = &template.name;
        self.run(&format!("create database {name} template {from} strategy file_copy")).await;
        let url = self.postgres.url(SUPERUSER, &name);
        Database { name, url }
    }

    /// Where the write-ahead log ends now, in bytes.
    pub(crate) async fn wal(&self) -> i64 {
        let sql = "select (pg_current_wal_insert_lsn() - '0/0')::int8";
        self.admin.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Begins a pass for everybody alike: no other checkpoint falls into it.
    pub(crate) async fn checkpoint(&self) {
        self.run("checkpoint").await;
    }

    /// What autovacuum does within a minute of real work, before it is timed.
    pub(crate) async fn vacuum(&self, database: &Database) {
        let owner = self.owner(database).await;
        owner.batch_execute("vacuum analyze").await.unwrap();
    }

    /// Counts what a contender left behind, when its last connection is gone:
    /// a connection reports when it ends.
    pub(crate) async fn dead(&self, database: &Database) -> Dead {
        until_async("the contender's connections to end", GONE_SECS_MAX, || async {
            let sql = "select count(*) from pg_stat_activity where datname = $1";
            let count: i64 = self.admin.query_one(sql, &[&database.name]).await.unwrap().get(0);
            (count == 0).then_some(())
        })
        .await;
        let owner = self.owner(database).await;
        let sql = "select coalesce(sum(n_tup_upd + n_tup_del), 0)::int8,
            coalesce(sum(n_tup_upd - n_tup_hot_upd + n_tup_del), 0)::int8
          from pg_stat_user_tables";
        let row = owner.query_one(sql, &[]).await.unwrap();
        Dead { versions: row.get(0), for_vacuum: row.get(1) }
    }

    /// Drops a database.
    pub(crate) async fn forget(&self, database: Database) {
        self.run(&format!("drop database {} with (force)", database.name)).await;
    }

    /// Version and settings, for the heading.
    pub(crate) async fn described(&self) -> String {
        let row = self.admin.query_one("show server_version", &[]).await.unwrap();
        let mut words = vec![format!("PostgreSQL {}", row.get::<_, String>(0))];
        for setting in SETTINGS {
            let row = self.admin.query_one(&format!("show {setting}"), &[]).await.unwrap();
            words.push(format!("{setting} {}", row.get::<_, String>(0)));
        }
        words.join(", ")
    }

    /// Ends it for good.
    pub(crate) async fn stop(self) {
        self.drop_databases().await;
        self.postgres.stop().expect("PostgreSQL stops");
    }

    /// Also those of a run that was killed.
    async fn drop_databases(&self) {
        let sql = "select datname from pg_database where starts_with(datname, $1)";
        for row in self.admin.query(sql, &[&PREFIX]).await.unwrap() {
            self.forget(Database { name: row.get(0), url: String::new() }).await;
        }
    }

    /// A connection of a database's owner.
    pub(crate) async fn owner(&self, database: &Database) -> Client {
        connect(&self.postgres.url(SUPERUSER, &database.name)).await.unwrap()
    }

    async fn run(&self, sql: &str) {
        self.admin.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

impl Database {
    /// The same database by another address.
    pub(crate) fn through(&self, url: impl Fn(&str) -> String) -> Self {
        Self { name: self.name.clone(), url: url(&self.url) }
    }
}
