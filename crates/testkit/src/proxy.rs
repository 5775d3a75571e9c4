//! A proxy in front of PostgreSQL that counts round trips by the protocol, not
//! by time, and that can take the database away.
//!
//! A round trip is one flight: the client writes, then waits. Statements that
//! are pipelined share it; BEGIN and COMMIT count; connecting, logging in and
//! leaving do not. The proxy runs on threads of its own, so it serves clients of
//! any kind: this test's runtime, or a worker in another process. Connections
//! must not be encrypted (the addresses that `database` gives say so).

mod commits;
mod flights;
mod pump;
mod switch;

pub use self::commits::CommitCut;

use self::commits::Plan;
use self::pump::serve;
use self::switch::{Mode, Switch};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// The proxy. Dropped, it stops listening and cuts its connections.
#[derive(Debug)]
pub struct RoundTripProxy {
    address: SocketAddr,
    upstream: u16,
    switch: Arc<Switch>,
    listener: Option<JoinHandle<()>>,
}

impl RoundTripProxy {
    /// Starts in front of the server on this port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(upstream: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let switch = Arc::new(Switch::default());
        let listening = Arc::clone(&switch);
        let listener = thread::spawn(move || listen(&listener, upstream, &listening));
        Ok(Self { address, upstream, switch, listener: Some(listener) })
    }

    /// The port on 127.0.0.1 that clients connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address of a database, through the proxy, from its address without.
    #[must_use]
    pub fn url(&self, direct: &str) -> String {
        let there = format!("@127.0.0.1:{}/", self.upstream);
        let here = format!("@{}/", self.address);
        direct.replace(&there, &here)
    }

    /// Round trips since the start or the last [`reset`](Self::reset), over all
    /// connections.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.switch.flights()
    }

    /// Begins to count at zero again.
    pub fn reset(&self) {
        self.switch.reset();
    }

    /// Connections open at this moment.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.switch.connections()
    }

    /// The database hangs: nothing moves on any connection, new ones get no
    /// answer. Nothing is lost; it moves on at [`resume`](Self::resume).
    pub fn pause(&self) {
        self.switch.set(Mode::Hold);
    }

    /// The database is away: all connections are cut, new ones at once.
    pub fn go_away(&self) {
        self.switch.set(Mode::Refuse);
        self.switch.cut();
    }

    /// The database is back, or moves again.
    pub fn resume(&self) {
        self.switch.set(Mode::Forward);
    }

    /// From now on each `every`-th COMMIT over all connections costs its
    /// connection (zero is read as one). A COMMIT is a simple query of that one
    /// word; one of an extended query is not seen.
    pub fn cut_at_commit(&self, mode: CommitCut, every: u32) {
        self.switch.plan_commits(Some(Plan::new(mode, every)));
    }

    /// COMMITs pass again.
    pub fn spare_commits(&self) {
        self.switch.plan_commits(None);
    }

    /// COMMITs that were cut since the start. One of
    /// [`CommitCut::AfterForward`] counts when the server has answered it.
    #[must_use]
    pub fn commits_cut(&self) -> u64 {
        self.switch.commits_cut()
    }

    /// Cuts every connection there is; new ones work.
    pub fn drop_connections(&self) {
        self.switch.cut();
    }
}

impl Drop for RoundTripProxy {
    fn drop(&mut self) {
        self.go_away();
        self.switch.end();
        // One more connection, so that the listener looks up; refused, it has
        // ended already.
        drop(TcpStream::connect(self.address));
        if let Some(listener) = self.listener.take()
            && listener.join().is_err()
        {
            eprintln!("the proxy's listener panicked");
        }
    }
}

fn listen(listener: &TcpListener, upstream: u16, switch: &Arc<Switch>) {
    for client in listener.incoming() {
        if switch.has_ended() {
            return;
        }
        // A client that is gone before it is served, or a server that is away:
        // dropping the connection is what the client would see without us.
        let Ok(client) = client else { continue };
        if switch.mode() == Mode::Refuse {
            continue;
        }
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, upstream)) else {
            continue;
        };
        serve(client, server, switch);
    }
}
