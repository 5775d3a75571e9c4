//! The database with its activity, and the workers on it.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use mauntic_domain::analytics::midnight;
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::Scope;
use mauntic_local::workers::{Build, Options, Workers};
use mauntic_store::admin;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use crate::server::{Database, Server};

/// Events of thirty days, unless `MAUNTIC_BENCH_EVENTS` says otherwise.
const EVENTS: i32 = 10_000_000;

/// Contacts of an organization: a million scores.
const CONTACTS: i32 = 20_000;

/// Days that have so many.
const DAYS_OF_ALL: i32 = 30;

/// The organization whose key the benchmark has.
pub(crate) const KEY: &str = "mk_00000000000000000000000000000000000000000000000000000000000bec42";
const ORGANIZATION: &str = "org_00";

/// A parameter with its type.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A filled database with both workers on it.
pub(crate) struct Stage {
    database: Database,
    pub(crate) owner: Client,
    pub(crate) workers: Workers,
    /// The database for the queue worker's role.
    pub(crate) queue_url: String,
    pub(crate) events: i32,
    /// When the last event came: 18:00 of a month's last day.
    pub(crate) end: DateTime<Utc>,
}

impl Stage {
    pub(crate) async fn prepare(server: &Server, days: i32) -> Self {
        let all = std::env::var("MAUNTIC_BENCH_EVENTS")
            .map_or(EVENTS, |text| text.parse().expect("a number of events"));
        let events = all / DAYS_OF_ALL * days;
        let database = server.database("analytics").await;
        let url = server.migrate(&database).await;
        let owner = server.owner(&database).await;
        let organization = OrganizationId::parse(ORGANIZATION).unwrap();
        admin::put_organization(&owner, &organization, "The benchmark's").await.unwrap();
        let scopes = [Scope::Read, Scope::Write];
        admin::put_key(&owner, Some(&organization), KEY, &scopes, "").await.unwrap();
        let end = end();
        fill(&owner, events, days, end).await;
        server.vacuum(&database).await;
        eprintln!("{events} events of {days} days are there");
        let mut options = Options::new(Build::Production);
        for (settings, role) in
            [(&mut options.http, "mauntic_http"), (&mut options.queue, "mauntic_queue")]
        {
            settings.secrets.insert("DATABASE_URL".into(), url(role));
        }
        let workers = Workers::start(&options).expect("the workers start; are they built?");
        Self { database, owner, workers, queue_url: url("mauntic_queue"), events, end }
    }

    /// Begins a pass for everybody alike: no other checkpoint falls into it.
    pub(crate) async fn checkpoint(&self) {
        self.owner.batch_execute("checkpoint").await.unwrap();
    }

    pub(crate) async fn forget(self, server: &Server) {
        drop(self.workers);
        drop(self.owner);
        server.forget(self.database).await;
    }
}

/// 18:00 of last month's last day.
fn end() -> DateTime<Utc> {
    let today = Utc::now().date_naive();
    let this_month = NaiveDate::from_ymd_opt(today.year(), today.month(), 1).unwrap();
    midnight(this_month) - TimeDelta::hours(6)
}

async fn fill(owner: &Client, events: i32, days: i32, end: DateTime<Utc>) {
    let months = "select analytics.keep_months($1, $2, 'epoch')";
    let first = end - Months::new(2);
    owner.execute(months, &[&first, &(end + Days::new(1))]).await.unwrap();
    let seconds = days * 86_400;
    let params: &[Param<'_>] =
        &[(&events, Type::INT4), (&seconds, Type::INT4), (&end, Type::TIMESTAMPTZ)];
    owner.query_typed(include_str!("fill.sql"), params).await.unwrap();
    let params: &[Param<'_>] = &[
        (&events, Type::INT4),
        (&seconds, Type::INT4),
        (&end, Type::TIMESTAMPTZ),
        (&CONTACTS, Type::INT4),
    ];
    owner.query_typed(include_str!("fill-others.sql"), params).await.unwrap();
}
