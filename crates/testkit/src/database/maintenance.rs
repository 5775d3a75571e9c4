//! The thread that makes the template and then makes and drops databases: Drop
//! cannot wait for a statement, and tests come and go with their own runtimes.

use super::{Error, connect};
use std::sync::mpsc as blocking;
use std::thread;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::Client;

const TEMPLATE: &str = "mauntic_template";

/// The template's migrations take a fraction of a second; a hundred times that.
const TEMPLATE_SECONDS_MAX: u64 = 60;

/// What the thread is asked for.
#[derive(Debug)]
pub(super) enum Order {
    /// A fresh database, and its name back.
    Create(oneshot::Sender<Result<String, Error>>),
    /// This database is not wanted any more.
    Drop(String),
}

/// The thread's state.
pub(super) struct Maintenance {
    url: String,
    client: Option<Client>,
    created: u64,
}

impl Maintenance {
    /// Starts the thread and waits until the template stands. It ends when the
    /// last sender is gone.
    pub(super) fn start(url: String) -> Result<mpsc::UnboundedSender<Order>, Error> {
        let (orders, receiver) = mpsc::unbounded_channel();
        let (ready, is_ready) = blocking::channel();
        thread::spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return eprintln!("no runtime for the test databases: {error}"),
            };
            runtime.block_on(Self { url, client: None, created: 0 }.run(receiver, &ready));
        });
        let limit = Duration::from_secs(TEMPLATE_SECONDS_MAX);
        is_ready.recv_timeout(limit).map_err(|_gone| Error::Maintenance)??;
        Ok(orders)
    }

    async fn run(
        mut self,
        mut orders: mpsc::UnboundedReceiver<Order>,
        ready: &blocking::Sender<Result<(), Error>>,
    ) {
        let made = self.make_template().await;
        let failed = made.is_err();
        // A caller that gave up waiting has gone on to report that.
        ready.send(made).ok();
        while !failed && let Some(order) = orders.recv().await {
            match order {
                Order::Create(reply) => {
                    // A test that gave up leaves its copy to the server's end.
                    reply.send(self.create().await).ok();
                }
                Order::Drop(name) => {
                    let sql = format!("drop database if exists {name} with (force)");
                    if let Err(error) = self.execute(&sql).await {
                        eprintln!("{error}");
                    }
                }
            }
        }
    }

    async fn make_template(&mut self) -> Result<(), Error> {
        self.execute(&format!("create database {TEMPLATE}")).await?;
        let (server, parameters) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let server = server.rsplit_once('/').map_or(server, |(server, _database)| server);
        let client = connect(&format!("{server}/{TEMPLATE}?{parameters}")).await?;
        migrate(&client).await
    }

    async fn create(&mut self) -> Result<String, Error> {
        self.created += 1;
        let name = format!("test_{}", self.created);
        // The server is not durable, so copying files beats writing every page
        // to the log three times over.
        let sql = format!("create database {name} template {TEMPLATE} strategy file_copy");
        self.execute(&sql).await?;
        Ok(name)
    }

    /// Over the one connection, made anew where a test restarted its server.
    async fn execute(&mut self, sql: &str) -> Result<(), Error> {
        let client = match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => connect(&self.url).await?,
        };
        let done = client.batch_execute(sql).await;
        self.client = Some(client);
        done.map_err(|source| Error::Statement { what: format!("`{sql}`"), source })
    }
}

/// Brings an empty database to the schema that this build runs on.
async fn migrate(client: &Client) -> Result<(), Error> {
    mauntic_store::migrate::run(client)
        .await
        .map(|_applied| ())
        .map_err(|error| Error::Migrations(error.to_string()))
}
