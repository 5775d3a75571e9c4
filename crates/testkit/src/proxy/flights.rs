//! What a round trip is, by the messages of one connection. No I/O.

use crate::wire::{Framing, Message, Phase};

/// Up to here a driver gathers pipelined statements and writes them at once
/// (tokio's framed writer); beyond, it writes one flight in several pieces.
const ONE_WRITE_BYTES: usize = 8 * 1024;

/// Counts the flights of one connection. A flight begins with a message that
/// asks for an answer (a simple query, or the Sync that ends a sequence) while
/// none is owed; what is asked while one is owed rides along. Before the first
/// ReadyForQuery the client is only logging in, which does not count.
#[derive(Debug)]
pub(super) struct Flights {
    client: Framing,
    ready_once: bool,
    /// Answers the server owes.
    owed: u64,
    /// A sequence has begun, and its Sync is still to come.
    unfinished: bool,
    /// The client wants to see what there is before its Sync.
    flush: bool,
    /// What the client has written since nothing was owed.
    bytes: usize,
    /// Bare bytes the server owes for encryption requests.
    bare_bytes: usize,
    /// The last answer that is owed is to a COMMIT, and the client is not to
    /// have it.
    doomed: bool,
}

/// Whether the last answer of a flight may go to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// The client has written what it wanted, and waits.
    Waiting,
    /// It is in the middle of writing.
    Writing,
    /// It may be between two writes of one flight: only time can tell.
    Unclear,
}

impl Flights {
    pub(super) fn new() -> Self {
        Self {
            client: Framing::new(Phase::Startup),
            ready_once: false,
            owed: 0,
            unfinished: false,
            flush: false,
            bytes: 0,
            bare_bytes: 0,
            doomed: false,
        }
    }

    /// The client wrote this; answers how many flights began with it.
    pub(super) fn sent(&mut self, chunk: &[u8]) -> u64 {
        let mut messages = Vec::new();
        self.client.feed(chunk, |message| messages.push(message));
        self.bytes += chunk.len();
        messages.into_iter().filter(|message| self.sent_message(*message)).count() as u64
    }

    fn sent_message(&mut self, message: Message) -> bool {
        match message {
            Message::EncryptionRequest => self.bare_bytes += 1,
            Message::Of(b'P' | b'B' | b'D' | b'E' | b'C') => self.unfinished = true,
            Message::Of(b'H') => self.flush = true,
            Message::Of(b'Q' | b'S' | b'F') if self.ready_once => {
                self.unfinished = false;
                self.flush = false;
                self.owed += 1;
                return self.owed == 1;
            }
            Message::Of(_) => {}
        }
        false
    }

    /// How many of these bytes of the server are bare, outside any message.
    pub(super) fn take_bare(&mut self, received: usize) -> usize {
        let bare = self.bare_bytes.min(received);
        self.bare_bytes -= bare;
        bare
    }

    /// The server was ready for queries this many times.
    pub(super) fn ready(&mut self, times: u64) {
        if times > 0 && !self.ready_once {
            self.ready_once = true;
        } else {
            self.owed = self.owed.saturating_sub(times);
        }
        if self.owed == 0 {
            self.bytes = 0;
        }
    }

    /// Whether all answers that are owed are among this many.
    pub(super) fn is_answered_by(&self, ready: u64) -> bool {
        self.owed <= ready
    }

    /// From here on the client gets no answer, and its connection ends when the
    /// server has given all that it owes.
    pub(super) fn doom(&mut self) {
        self.doomed = true;
    }

    pub(super) fn is_doomed(&self) -> bool {
        self.doomed
    }

    /// Whether the client waits for something that no ReadyForQuery follows: it
    /// is logging in, or has asked for a flush.
    pub(super) fn needs_all_at_once(&self) -> bool {
        !self.ready_once || self.flush
    }

    /// Whether the client has more to write before it waits.
    pub(super) fn rest(&self) -> Rest {
        if self.unfinished || self.client.is_amid() {
            Rest::Writing
        } else if self.bytes < ONE_WRITE_BYTES {
            Rest::Waiting
        } else {
            Rest::Unclear
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTUP: &[u8] = &[0, 0, 0, 8, 0, 3, 0, 0];
    const SYNC: &[u8] = b"S\0\0\0\x04";
    const QUERY: &[u8] = b"Q\0\0\0\x05\0";
    const PARSE: &[u8] = b"P\0\0\0\x04";

    fn logged_in() -> Flights {
        let mut flights = Flights::new();
        assert_eq!(flights.sent(STARTUP), 0);
        assert_eq!(flights.sent(b"p\0\0\0\x04"), 0, "the password is no flight");
        assert!(flights.needs_all_at_once());
        flights.ready(1);
        assert!(!flights.needs_all_at_once());
        flights
    }

    #[test]
    fn a_flight_is_what_is_asked_before_the_answer() {
        let mut flights = logged_in();
        assert_eq!(flights.sent(&[QUERY, PARSE, SYNC].concat()), 1);
        assert!(!flights.is_answered_by(1));
        assert_eq!(flights.sent(SYNC), 0, "two answers are owed");
        assert!(flights.is_answered_by(3));
        flights.ready(3);
        assert_eq!(flights.sent(SYNC), 1);
        assert_eq!(flights.sent(b"X\0\0\0\x04"), 0);
    }

    #[test]
    fn a_client_waits_once_its_last_sync_is_out() {
        let mut flights = logged_in();
        flights.sent(QUERY);
        assert_eq!(flights.rest(), Rest::Waiting);
        flights.sent(PARSE);
        assert_eq!(flights.rest(), Rest::Writing);
        flights.sent(&SYNC[..2]);
        assert_eq!(flights.rest(), Rest::Writing);
        flights.sent(&SYNC[2..]);
        assert_eq!(flights.rest(), Rest::Waiting);
        flights.sent(&QUERY.repeat(ONE_WRITE_BYTES));
        assert_eq!(flights.rest(), Rest::Unclear);
    }

    #[test]
    fn the_answer_to_an_encryption_request_is_one_bare_byte() {
        let mut flights = Flights::new();
        flights.sent(&[0, 0, 0, 8, 4, 210, 22, 47]);
        assert_eq!(flights.take_bare(0), 0);
        assert_eq!(flights.take_bare(5), 1);
        assert_eq!(flights.take_bare(5), 0);
    }

    #[test]
    fn a_flush_wants_its_answer_without_a_sync() {
        let mut flights = logged_in();
        flights.sent(&[PARSE, b"H\0\0\0\x04"].concat());
        assert!(flights.needs_all_at_once());
        flights.sent(SYNC);
        assert!(!flights.needs_all_at_once());
    }
}
