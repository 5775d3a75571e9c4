//! How the workers in workerd reach a test's server. They find hosts by themselves, so that
//! what stands between is called what this machine is.

use std::net::{Ipv4Addr, SocketAddr};

use mauntic_local::workers::Settings;
use mauntic_neon_local::{Faults, Front, Options, Server, Validity};
use mauntic_store::address::with_user;

use crate::transport::authority;

/// What certificates name; not Neon's, so that the workers must be told of it.
const HOST: &str = "localhost";

/// What every role's password is; the server itself trusts everybody.
pub const PASSWORD: &str = "of-the-stand-in";

/// A way to the server, by the name that `DATABASE_TRANSPORT` has for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Transport {
    /// A socket.
    #[default]
    Tcp,
    /// A socket with TLS.
    Tls,
    /// The binding, as it is locally.
    Hyperdrive,
    /// Neon's WebSocket.
    NeonWs,
}

/// The way, and what stands on it. Dropped, that ends.
#[derive(Debug)]
pub enum Reach {
    /// Nothing.
    Tcp,
    /// TLS before the server.
    Tls(Front),
    /// What the runtime has for it.
    Hyperdrive,
    /// The stand-in of Neon's proxy.
    Neon(Server),
}

impl Reach {
    /// Starts what stands before the server at this port, on the calling runtime.
    ///
    /// # Panics
    /// When there is no port for it.
    pub async fn start(transport: Transport, port: u16) -> Self {
        let database = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match transport {
            Transport::Tcp => Self::Tcp,
            Transport::Hyperdrive => Self::Hyperdrive,
            Transport::Tls => {
                let faults = Faults::default();
                let front = Front::tls(database, authority(), &[HOST], Validity::Good, faults);
                Self::Tls(front.await.expect("the proxy starts"))
            }
            Transport::NeonWs => {
                let options = Options::new(database, PASSWORD, &[HOST]);
                let server = Server::start(authority(), options).await;
                Self::Neon(server.expect("the stand-in starts"))
            }
        }
    }

    /// What the workers are to trust, in PEM.
    #[must_use]
    pub fn trusted(&self) -> Option<String> {
        matches!(self, Self::Tls(_) | Self::Neon(_)).then(|| authority().pem())
    }

    /// Has a worker go there as this role; `direct` is the server's own address for it.
    pub fn lead(&self, settings: &mut Settings, role: &str, database: &str, direct: String) {
        let url = match self {
            Self::Tcp => direct,
            Self::Hyperdrive => {
                // It wants a password, whatever the server asks for.
                settings.hyperdrive = Some(with_user(&direct, role, PASSWORD));
                return;
            }
            Self::Tls(front) => {
                let port = front.address().port();
                format!("postgres://{role}@{HOST}:{port}/{database}?sslmode=require")
            }
            Self::Neon(server) => {
                let host = format!("{HOST}:{}", server.address().port());
                let vars = [("DATABASE_TRANSPORT", "neon-ws".to_owned()), ("NEON_HOST", host)];
                settings.vars.extend(vars.map(|(name, value)| (name.to_owned(), value)));
                format!("postgres://{role}:{PASSWORD}@{HOST}/{database}")
            }
        };
        settings.secrets.insert("DATABASE_URL".to_owned(), url);
    }
}
