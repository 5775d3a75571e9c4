//! Every way a session can take to the tests' server, with the faults of the way.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use mauntic_flows::ports::PortError;
use mauntic_neon::http::Http;
use mauntic_neon::{Address, Hosts, Network, Options, connect};
use mauntic_neon_local::{
    Authority, Counts, Faults, Front, Options as ProxyOptions, Server, Validity,
};
use mauntic_store::connect::{Dial, Tcp};
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::reach::Transport;
use crate::workerd::Workerd;

const HOST: &str = "ep-conformance.aws.neon.tech";
const HTTP_HOST: &str = "api.aws.neon.tech";
const PASSWORD: &str = "of-the-suite";

/// Signs what the proxies show; nobody trusts it but who is told to.
///
/// # Panics
/// When there is no randomness to be had.
pub fn authority() -> &'static Authority {
    static SHARED: OnceLock<Authority> = OnceLock::new();
    SHARED.get_or_init(|| Authority::new().expect("there is randomness"))
}

/// A way to a server that trusts everybody.
pub enum Way {
    /// Over TCP, with nothing between.
    Direct(SocketAddr),
    /// Over TCP through a proxy that passes everything on, as a local Hyperdrive is.
    Bare(Front),
    /// Over TCP with the store's own TLS.
    Tls(Front),
    /// Over our client's WebSocket through the stand-in of Neon's proxy.
    Neon {
        /// The stand-in.
        server: Server,
        /// Whether the password goes with the start-up.
        pipelined: bool,
    },
    /// As the workers go, through them in workerd.
    Workers(Transport, Arc<Workerd>),
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct(_) => "tcp",
            Self::Bare(_) => "hyperdrive",
            Self::Tls(_) => "tls",
            Self::Neon { .. } => "neon-ws",
            Self::Workers(Transport::Tcp, _) => "workerd-tcp",
            Self::Workers(Transport::Tls, _) => "workerd-tls",
            Self::Workers(Transport::Hyperdrive, _) => "workerd-hyperdrive",
            Self::Workers(Transport::NeonWs, _) => "workerd-neon-ws",
        })
    }
}

impl Way {
    /// The one of that name: `tcp`, `hyperdrive`, `tls`, `neon-ws`,
    /// `neon-ws-unpipelined`, or `workerd-` and one of the first four, on which there
    /// are no faults. Nor are there without a proxy.
    ///
    /// # Panics
    /// When there is none of that name, no port for it, or no faults on it that are asked for.
    pub async fn named(name: &str, database: SocketAddr, faults: Faults) -> Self {
        let workers = match name {
            "workerd-tcp" => Some(Transport::Tcp),
            "workerd-tls" => Some(Transport::Tls),
            "workerd-hyperdrive" => Some(Transport::Hyperdrive),
            "workerd-neon-ws" => Some(Transport::NeonWs),
            _ => None,
        };
        if let Some(transport) = workers {
            assert_eq!(faults, Faults::default(), "{name}: there are no faults on this way");
            return Self::Workers(transport, Workerd::shared(transport, database.port()).await);
        }
        match name {
            "tcp" => Self::Direct(database),
            "hyperdrive" => {
                Self::Bare(Front::bare(database, faults).await.expect("the proxy starts"))
            }
            "tls" => {
                let names = [&Ipv4Addr::LOCALHOST.to_string()[..]];
                let front = Front::tls(database, authority(), &names, Validity::Good, faults);
                Self::Tls(front.await.expect("the proxy starts"))
            }
            "neon-ws" | "neon-ws-unpipelined" => {
                let options = ProxyOptions::new(database, PASSWORD, &[HOST, HTTP_HOST]);
                let server = Server::start(authority(), options).await.expect("the proxy starts");
                server.set_faults(faults);
                Self::Neon { server, pipelined: name == "neon-ws" }
            }
            other => panic!("{other}: tcp, hyperdrive, tls, neon-ws, or workerd- and one of them"),
        }
    }

    /// The store of a user's, by the name of its database.
    #[must_use]
    pub fn store(&self, user: &str, database: &str) -> Tcp {
        match self {
            Self::Direct(at) => tcp(user, *at, database, "disable"),
            Self::Bare(front) => tcp(user, front.address(), database, "disable"),
            Self::Tls(front) => {
                tcp(user, front.address(), database, "require").with_tls(trusting())
            }
            Self::Neon { server, pipelined } => {
                let (address, options) = neons(server, *pipelined, user, database);
                tcp(user, server.address(), database, "disable").with_dial(dial(address, options))
            }
            Self::Workers(_, workerd) => tcp(user, workerd.address(), database, "disable")
                .with_dial(workerd.dial(user, database)),
        }
    }

    /// A bare client.
    ///
    /// # Errors
    /// What went wrong, for people.
    pub async fn client(&self, user: &str, database: &str) -> Result<Client, String> {
        if let Self::Workers(_, workerd) = self {
            return workerd.client(user, database).await;
        }
        let Self::Neon { server, pipelined } = self else {
            return self.store(user, database).client().await.map_err(|error| error.to_string());
        };
        let (address, options) = neons(server, *pipelined, user, database);
        let (client, connection) =
            connect(&address, &options).await.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Neon's HTTP there, where there is one.
    #[must_use]
    pub fn http(&self, user: &str, database: &str) -> Option<Http> {
        let Self::Neon { server, pipelined } = self else { return None };
        let (address, options) = neons(server, *pipelined, user, database);
        Some(Http::new(address, options))
    }

    /// What the proxy has seen, where there is one.
    #[must_use]
    pub fn counts(&self) -> Option<&Counts> {
        match self {
            Self::Direct(_) | Self::Workers(..) => None,
            Self::Bare(front) | Self::Tls(front) => Some(front.counts()),
            Self::Neon { server, .. } => Some(server.counts()),
        }
    }
}

fn tcp(user: &str, at: SocketAddr, database: &str, sslmode: &str) -> Tcp {
    let url = format!("postgres://{user}@{at}/{database}?sslmode={sslmode}");
    Tcp::new(&url).expect("a URL of the tests'")
}

fn neons(server: &Server, pipelined: bool, user: &str, database: &str) -> (Address, Options) {
    let url = format!("postgres://{user}:{PASSWORD}@{HOST}/{database}");
    let address = Address::parse(&url, &Hosts::neon()).expect("an address of Neon's");
    let network = Network { at: Some(server.address()), roots: vec![authority().root()] };
    (address, Options { pipelined, network, ..Options::default() })
}

fn dial(address: Address, options: Options) -> Dial {
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

/// Trusts the tests' authority, and nobody else.
///
/// # Panics
/// Never, but by a mistake of the authority's.
#[must_use]
pub fn trusting() -> MakeRustlsConnect {
    let mut roots = RootCertStore::empty();
    roots.add(authority().root()).expect("a certificate of an authority");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    MakeRustlsConnect::new(config)
}
