//! The database as Neon has it: a stand-in of Neon's proxy, which the workers reach over
//! WebSockets with TLS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::Context;
use mauntic_local::workers::Settings;
use mauntic_neon_local::{Asks, Authority, Options, Server};
use mauntic_store::address;
use tokio::runtime::{Builder, Runtime};

/// What its certificate names.
const HOST: &str = "localhost";

pub(super) struct Neon {
    server: Server,
    authority: Authority,
    /// Its own: the command's waits for the workers, and they for the stand-in.
    runtime: Option<Runtime>,
}

/// A runtime waits for its end otherwise, which another one's thread must not.
impl Drop for Neon {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Neon {
    /// In front of the database of this address, which asks for its own passwords.
    pub(super) async fn start(owner_url: &str) -> anyhow::Result<Self> {
        let at = address::parse(owner_url).context("DATABASE_URL")?;
        // `dev` takes no host but this machine, whose only name is `localhost`.
        let ip: IpAddr = at.host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let database = SocketAddr::from((ip, at.port));
        let asks = Asks::AsTheDatabase;
        let options = Options { asks, ..Options::new(database, "", &[HOST]) };
        let authority = Authority::new()?;
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let started = runtime.spawn(async move {
            let server = Server::start(&authority, options).await?;
            anyhow::Ok((server, authority))
        });
        match started.await.map_err(anyhow::Error::from).flatten() {
            Ok((server, authority)) => Ok(Self { server, authority, runtime: Some(runtime) }),
            Err(error) => {
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    /// What the workers are to trust.
    pub(super) fn pem(&self) -> String {
        self.authority.pem()
    }

    /// Has a worker, whose address of the database is direct, go through it.
    pub(super) fn lead(&self, settings: &mut Settings) {
        if let Some(url) = settings.secrets.get_mut("DATABASE_URL") {
            *url = through(url);
        }
        let host = format!("{HOST}:{}", self.server.address().port());
        let vars = [("DATABASE_TRANSPORT", "neon-ws".to_owned()), ("NEON_HOST", host)];
        settings.vars.extend(vars.map(|(name, value)| (name.to_owned(), value)));
    }
}

/// The same database and user at the stand-in's name. The passwords of roles here need no
/// escape, and hold no `@`.
fn through(url: &str) -> String {
    let (user, place) = url.split_once('@').unwrap_or(("", url));
    let (_, database) = place.split_once('/').unwrap_or((place, ""));
    format!("{user}@{HOST}/{database}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_place_is_another() {
        for (direct, there) in [
            ("postgres://a:b@127.0.0.1:5433/mauntic", "postgres://a:b@localhost/mauntic"),
            (
                "postgres://a:b@[::1]:5433/m?sslmode=disable",
                "postgres://a:b@localhost/m?sslmode=disable",
            ),
        ] {
            assert_eq!(through(direct), there);
        }
    }
}
