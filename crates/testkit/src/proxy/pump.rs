//! Moving the bytes of a connection, counting on the way.

use super::wire::{Flights, Framing, Message, Phase};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the last answer of a flight is held back. A client that pipelines
/// more than its buffer holds writes it in several pieces, and the first may be
/// answered before the last is out; that is no second flight, for the client has
/// not waited. Long against the gap between two writes, short for a test.
const HOLD: Duration = Duration::from_millis(2);

const CHUNK_BYTES: usize = 64 * 1024;

/// What happens to bytes and to new connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Forward,
    Hold,
    Refuse,
}

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    ended: bool,
    next: u64,
    /// Both ends of every open connection, by its number.
    open: Vec<(u64, [TcpStream; 2])>,
}

/// What the owner of the proxy turns, and what its threads look at.
#[derive(Debug, Default)]
pub(super) struct Switch {
    state: Mutex<State>,
    turned: Condvar,
    flights: AtomicU64,
}

impl Switch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn flights(&self) -> u64 {
        self.flights.load(Ordering::SeqCst)
    }

    pub(super) fn reset(&self) {
        self.flights.store(0, Ordering::SeqCst);
    }

    pub(super) fn connections(&self) -> usize {
        self.state().open.len()
    }

    pub(super) fn mode(&self) -> Mode {
        self.state().mode
    }

    pub(super) fn set(&self, mode: Mode) {
        self.state().mode = mode;
        self.turned.notify_all();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state().ended
    }

    pub(super) fn end(&self) {
        self.state().ended = true;
    }

    pub(super) fn cut(&self) {
        for (_number, ends) in self.state().open.drain(..) {
            close(&ends);
        }
    }

    /// Waits while nothing may move; answers whether bytes are to go on.
    fn may_pass(&self) -> bool {
        let held = self
            .turned
            .wait_while(self.state(), |state| state.mode == Mode::Hold);
        held.unwrap_or_else(PoisonError::into_inner).mode == Mode::Forward
    }

    fn opened(&self, ends: [TcpStream; 2]) -> u64 {
        let mut state = self.state();
        state.next += 1;
        let number = state.next;
        state.open.push((number, ends));
        number
    }

    fn closed(&self, number: u64) {
        let mut state = self.state();
        if let Some(at) = state.open.iter().position(|(open, _ends)| *open == number) {
            close(&state.open.swap_remove(at).1);
        }
    }
}

/// An end that is closed already is as closed as it can be.
fn close(ends: &[TcpStream; 2]) {
    for end in ends {
        end.shutdown(Shutdown::Both).unwrap_or_default();
    }
}

/// What both directions of one connection know.
#[derive(Default)]
struct Connection {
    flights: Mutex<Counting>,
    sent: Condvar,
}

#[derive(Default)]
struct Counting {
    flights: Flights,
    /// Bare bytes the server owes for encryption requests.
    bare_bytes: usize,
}

impl Connection {
    fn counting(&self) -> MutexGuard<'_, Counting> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the two threads of a connection.
pub(super) fn serve(client: TcpStream, server: TcpStream, switch: &Arc<Switch>) {
    let clones = || -> std::io::Result<_> {
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        Ok((
            [client.try_clone()?, server.try_clone()?],
            [client.try_clone()?, server.try_clone()?],
        ))
    };
    // Out of file descriptors: the client sees a server that hangs up.
    let Ok((ends, [client_out, server_out])) = clones() else {
        return;
    };
    let number = switch.opened(ends);
    let connection = Arc::new(Connection::default());
    let (there, back) = (Arc::clone(switch), Arc::clone(switch));
    let counted = Arc::clone(&connection);
    thread::spawn(move || {
        let mut framing = Framing::new(Phase::Startup);
        pump(client, server_out, &there, |chunk| {
            sent(chunk, &mut framing, &counted, &there)
        });
        there.closed(number);
    });
    thread::spawn(move || {
        let mut framing = Framing::new(Phase::Messages);
        pump(server, client_out, &back, |chunk| {
            received(chunk, &mut framing, &connection)
        });
        back.closed(number);
    });
}

/// Moves bytes until either end is closed; `look` sees each chunk before it
/// goes on. An error is an end like any other: the other side is told by ours.
fn pump(mut from: TcpStream, mut to: TcpStream, switch: &Switch, mut look: impl FnMut(&[u8])) {
    let mut buffer = vec![0; CHUNK_BYTES];
    while let Ok(count) = from.read(&mut buffer) {
        let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else {
            return;
        };
        look(chunk);
        if !switch.may_pass() || to.write_all(chunk).is_err() {
            return;
        }
    }
}

/// The client's bytes are counted before the server can answer them.
fn sent(chunk: &[u8], framing: &mut Framing, connection: &Connection, switch: &Switch) {
    let mut counting = connection.counting();
    framing.feed(chunk, |message| match message {
        Message::EncryptionRequest => counting.bare_bytes += 1,
        Message::Of(kind) => {
            if counting.flights.sent(kind) {
                switch.flights.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    connection.sent.notify_all();
}

/// The server's bytes are counted before the client can go on from them.
fn received(chunk: &[u8], framing: &mut Framing, connection: &Connection) {
    let mut counting = connection.counting();
    let bare = counting.bare_bytes.min(chunk.len());
    counting.bare_bytes -= bare;
    let mut ready = 0;
    framing.feed(chunk.get(bare..).unwrap_or_default(), |message| {
        ready += u64::from(message == Message::Of(b'Z'));
    });
    let owed = counting.flights.owed();
    if ready > 0 && ready == owed {
        let more = |counting: &mut Counting| counting.flights.owed() == owed;
        let waited = connection.sent.wait_timeout_while(counting, HOLD, more);
        counting = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
    counting.flights.ready(ready);
}
