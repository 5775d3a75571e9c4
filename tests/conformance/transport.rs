//! The suite over Neon's WebSocket: `MAUNTIC_TRANSPORT=neon-ws` puts the stand-in of
//! Neon's proxy before PostgreSQL, and our client before that. `split`, `merge` and
//! `delay` behind a colon have the proxy do so: `neon-ws:split`.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mauntic_flows::ports::PortError;
use mauntic_neon::{Address, Hosts, Network, Options, connect};
use mauntic_neon_local::{Authority, Faults, Options as ProxyOptions, Server};
use mauntic_store::connect::Dial;
use mauntic_testkit::database::{Cluster, Role, TestDatabase};

const VARIABLE: &str = "MAUNTIC_TRANSPORT";
const HOST: &str = "ep-conformance.aws.neon.tech";
const PASSWORD: &str = "of-the-suite";

fn authority() -> &'static Authority {
    static SHARED: OnceLock<Authority> = OnceLock::new();
    SHARED.get_or_init(|| Authority::new().expect("there is randomness"))
}

/// The proxy before the tests' server, if it is wanted.
pub(crate) async fn proxy() -> Option<Server> {
    let wanted = std::env::var(VARIABLE).ok()?;
    let faults = match wanted.as_str() {
        "neon-ws" => Faults::default(),
        "neon-ws:split" => Faults { frame_bytes_max: Some(100), ..Faults::default() },
        "neon-ws:merge" => {
            Faults { merged_within: Some(Duration::from_millis(1)), ..Faults::default() }
        }
        "neon-ws:delay" => Faults { delay: Duration::from_millis(2), ..Faults::default() },
        other => panic!("{VARIABLE}={other}: neon-ws, or with :split, :merge, :delay"),
    };
    let database = SocketAddr::from((Ipv4Addr::LOCALHOST, Cluster::shared().server().port()));
    let options = ProxyOptions::new(database, PASSWORD, &[HOST]);
    let server = Server::start(authority(), options).await.expect("the proxy starts");
    server.set_faults(faults);
    Some(server)
}

/// The way of a role to its database.
pub(crate) fn dial(proxy: &Server, database: &TestDatabase, role: Role) -> Dial {
    let url = format!("postgres://{}:{PASSWORD}@{HOST}/{}", role.name(), database.name());
    let address = Address::parse(&url, &Hosts::neon()).expect("an address of Neon's");
    let network = Network { at: Some(proxy.address()), roots: vec![authority().root()] };
    let options = Options { network, ..Options::default() };
    Arc::new(move || {
        let (address, options) = (address.clone(), options.clone());
        Box::pin(async move {
            let (client, connection) = connect(&address, &options).await.map_err(|error| {
                PortError::Unavailable { what: "the database", cause: error.to_string() }
            })?;
            // How it ended shows as an error of the client's next call.
            tokio::spawn(async { connection.await.unwrap_or_default() });
            Ok(client)
        })
    })
}
