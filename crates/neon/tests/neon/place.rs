//! A server of a test's own, in front of the PostgreSQL of all of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use mauntic_local::postgres::{self, Postgres, SUPERUSER};
use mauntic_neon::http::Http;
use mauntic_neon::{Address, Connection, Error, Hosts, Network, Options};
use mauntic_neon_local::{Authority, Faults, Options as LocalOptions, Server};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::said;

/// A database of Neon's, as its name goes.
pub(crate) const HOST: &str = "ep-quiet-name-1.eu-central-1.aws.neon.tech";

/// The host of its HTTP service.
pub(crate) const HTTP_HOST: &str = "api.eu-central-1.aws.neon.tech";

/// No error and no log may have it.
pub(crate) const PASSWORD: &str = "correct horse/battery";

/// The same, as an address has it.
const ESCAPED: &str = "correct%20horse%2Fbattery";

/// A part of it is too much already.
pub(crate) const SECRETS: [&str; 3] = [PASSWORD, ESCAPED, "battery"];

/// Whatever happens, nothing waits longer.
pub(crate) const NEVER_LONGER: Duration = Duration::from_secs(30);

pub(crate) fn database() -> SocketAddr {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    let start = || Postgres::start(postgres::Options::temporary()).expect("PostgreSQL starts");
    SocketAddr::from((Ipv4Addr::LOCALHOST, SHARED.get_or_init(start).port()))
}

pub(crate) fn authority() -> &'static Authority {
    static SHARED: OnceLock<Authority> = OnceLock::new();
    SHARED.get_or_init(|| Authority::new().expect("there is randomness"))
}

pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) address: Address,
    pub(crate) options: Options,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with_faults(faults: Faults) -> Self {
        let place = Self::new().await;
        place.server.set_faults(faults);
        place
    }

    /// A server as it is wanted.
    pub(crate) async fn with(change: impl FnOnce(&mut LocalOptions)) -> Self {
        said::listen();
        let names = [HOST, HTTP_HOST, "localhost"];
        let mut wanted = LocalOptions::new(database(), PASSWORD, &names);
        change(&mut wanted);
        let server = Server::start(authority(), wanted).await.unwrap();
        let network = Network { at: Some(server.address()), roots: vec![authority().root()] };
        let options = Options { network, ..Options::default() };
        Self { server, address: address(SUPERUSER, ESCAPED), options }
    }

    pub(crate) async fn connect(&self) -> Result<(Client, Working), Error> {
        connect(&self.address, &self.options).await
    }

    pub(crate) async fn client(&self) -> Client {
        self.connect().await.unwrap().0
    }

    pub(crate) fn http(&self) -> Http {
        Http::new(self.address.clone(), self.options.clone())
    }
}

/// How a connection ended.
pub(crate) type Working = JoinHandle<Result<(), Error>>;

pub(crate) async fn connect(
    address: &Address,
    options: &Options,
) -> Result<(Client, Working), Error> {
    let (client, connection): (Client, Connection) =
        bounded(mauntic_neon::connect(address, options)).await?;
    Ok((client, tokio::spawn(connection)))
}

pub(crate) fn address(user: &str, password: &str) -> Address {
    let url = format!("postgresql://{user}:{password}@{HOST}/postgres?sslmode=require");
    Address::parse(&url, &Hosts::neon()).unwrap()
}

/// The end of a future that must not hang.
pub(crate) async fn bounded<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(NEVER_LONGER, future).await.expect("nothing hangs")
}

/// The error a connection ended with.
pub(crate) async fn ended(working: Working) -> Error {
    bounded(working).await.unwrap().expect_err("the connection ends with an error")
}
