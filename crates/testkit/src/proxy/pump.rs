//! Moving the bytes of a connection, counting on the way.
//!
//! The client's bytes go on at once. The server's are gathered until all that
//! the client asked for is answered, and go on together: a client that went on
//! from the first half of an answer would otherwise look like one that had not
//! waited, and the count would depend on who is scheduled when.

use super::commits::{CommitCut, Commits};
use super::flights::{Flights, Rest};
use super::switch::Switch;
use crate::wire::{Framing, Message, Phase};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the answer to a flight of many writes is held back, for the first
/// may be answered before the last is out. Ten times a time slice of a busy
/// machine; flights of a single write are not held at all.
const BETWEEN_WRITES: Duration = Duration::from_millis(30);

/// How long for a client that is in the middle of a message: it will go on, or
/// it is gone, and then its end of the connection says so.
const AMID_WRITE: Duration = Duration::from_secs(10);

/// An answer is gathered up to here; what is larger goes on in parts.
const GATHERED_BYTES_MAX: usize = 64 * 1024 * 1024;

const CHUNK_BYTES: usize = 64 * 1024;

/// What both directions of one connection know.
struct Connection {
    flights: Mutex<Flights>,
    sent: Condvar,
    switch: Arc<Switch>,
}

impl Connection {
    fn flights(&self) -> MutexGuard<'_, Flights> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the two threads of a connection.
pub(super) fn serve(client: TcpStream, server: TcpStream, switch: &Arc<Switch>) {
    let prepare = || -> std::io::Result<_> {
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let ends = [client.try_clone()?, server.try_clone()?];
        Ok((ends, client.try_clone()?, server.try_clone()?))
    };
    // Out of file descriptors: the client sees a server that hangs up.
    let Ok((ends, client_out, server_out)) = prepare() else {
        return;
    };
    let number = switch.opened(ends);
    let there = Arc::new(Connection {
        flights: Mutex::new(Flights::new()),
        sent: Condvar::new(),
        switch: Arc::clone(switch),
    });
    let back = Arc::clone(&there);
    thread::spawn(move || {
        forward(client, server_out, &there);
        there.switch.closed(number);
    });
    thread::spawn(move || {
        answer(server, client_out, &back);
        back.switch.closed(number);
    });
}

/// Client to server, until either end is closed; an error is an end like any
/// other. The bytes are counted before the server can answer them.
fn forward(mut client: TcpStream, mut server: TcpStream, connection: &Connection) {
    let mut commits = Commits::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    while let Ok(count) = client.read(&mut buffer) {
        let chunk = buffer.get(..count).unwrap_or_default();
        if chunk.is_empty() {
            return;
        }
        let passage = commits.feed(chunk);
        let cut = passage.commits.iter().find_map(|commit| {
            let mode = connection.switch.commit()?;
            Some((mode, *commit))
        });
        // What stands behind a COMMIT that is cut was never sent.
        let sent = cut.map_or(count, |(_mode, commit)| commit.ends - passage.earlier);
        let began = connection.flights().sent(chunk.get(..sent).unwrap_or_default());
        connection.switch.count(began);
        let passed = match cut {
            None => passage.bytes.len(),
            Some((CommitCut::Before, commit)) => commit.begins,
            Some((CommitCut::AfterForward, commit)) => {
                connection.flights().doom();
                commit.ends
            }
        };
        connection.sent.notify_all();
        let bytes = passage.bytes.get(..passed).unwrap_or_default();
        if !connection.switch.may_pass() || server.write_all(bytes).is_err() {
            return;
        }
        match cut {
            None => {}
            Some((CommitCut::Before, _commit)) => return connection.switch.count_commit_cut(),
            // The other direction ends the connection.
            Some((CommitCut::AfterForward, _commit)) => return drain(client),
        }
    }
}

/// Reads until the connection is closed.
fn drain(mut client: TcpStream) {
    let mut buffer = vec![0; CHUNK_BYTES];
    while client.read(&mut buffer).is_ok_and(|count| count > 0) {}
}

/// Server to client, until either end is closed. Answers are taken off the
/// client's account before it can go on from them.
fn answer(mut server: TcpStream, mut client: TcpStream, connection: &Connection) {
    let mut reply = Reply::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    while let Ok(count) = server.read(&mut buffer) {
        let chunk = buffer.get(..count).unwrap_or_default();
        reply.gather(chunk, connection);
        let ended = chunk.is_empty();
        if connection.flights().is_doomed() {
            let is_answered = connection.flights().is_answered_by(reply.ready);
            if is_answered {
                connection.switch.count_commit_cut();
            }
            if is_answered || ended {
                return;
            }
            continue;
        }
        if !ended && !reply.is_complete(connection) {
            continue;
        }
        connection.flights().ready(std::mem::take(&mut reply.ready));
        let passed = connection.switch.may_pass() && client.write_all(&reply.bytes).is_ok();
        if ended || !passed {
            return;
        }
        reply.bytes.clear();
        reply.to_be_continued = false;
    }
}

/// What the server has said and the client not yet seen.
struct Reply {
    framing: Framing,
    bytes: Vec<u8>,
    /// How often it was ready for queries in it.
    ready: u64,
    /// The server waits for the client to go on with a COPY.
    to_be_continued: bool,
}

impl Reply {
    fn new() -> Self {
        let framing = Framing::new(Phase::Messages);
        Self { framing, bytes: Vec::new(), ready: 0, to_be_continued: false }
    }

    fn gather(&mut self, chunk: &[u8], connection: &Connection) {
        let bare = connection.flights().take_bare(chunk.len());
        let (ready, copy) = (&mut self.ready, &mut self.to_be_continued);
        let messages = chunk.get(bare..).unwrap_or_default();
        self.framing.feed(messages, |message| match message {
            Message::Of(b'Z') => *ready += 1,
            Message::Of(b'G' | b'H' | b'W') => *copy = true,
            _ => {}
        });
        self.bytes.extend_from_slice(chunk);
    }

    /// Whether it is all that the client waits for. Where the client may still
    /// be writing, waits for it to finish.
    fn is_complete(&self, connection: &Connection) -> bool {
        let mut flights = connection.flights();
        if self.to_be_continued || self.bytes.len() > GATHERED_BYTES_MAX {
            return true;
        }
        while flights.is_answered_by(self.ready) && !flights.needs_all_at_once() {
            let limit = match flights.rest() {
                Rest::Waiting => return true,
                Rest::Writing => AMID_WRITE,
                Rest::Unclear => BETWEEN_WRITES,
            };
            let waited = connection.sent.wait_timeout(flights, limit);
            let (still, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return true;
            }
            flights = still;
        }
        flights.needs_all_at_once()
    }
}
