//! Who owes whom an answer, by both directions of a connection. Pure. A close is
//! clean only if nothing is owed; else what has come is not the whole of it.

use crate::wire::{Follow, STARTUP, WireError};

/// What a client asks an answer for: start-up, query, function call, sync. The server
/// ends each of these answers with [`READY`].
const ASKING: [u8; 4] = [STARTUP, b'Q', b'F', b'S'];

/// A client's good-bye.
const TERMINATE: u8 = b'X';

/// The end of an answer.
const READY: u8 = b'Z';

/// A client that sends: PostgreSQL itself takes no longer message.
const SENT_BYTES_MAX: u32 = 0x3fff_ffff;

/// What the other side's silence, or its close, means now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A message has come in part.
    AmidMessage,
    /// Something was asked, and its answer is not complete.
    AmidAnswer,
    /// Nothing is owed.
    Idle,
    /// Nothing is expected any more: the client has said good-bye.
    Over,
}

/// Both directions of one connection.
#[derive(Debug)]
pub struct Exchange {
    sent: Follow,
    received: Follow,
    /// Answers that are owed.
    owed: u64,
    is_over: bool,
}

impl Exchange {
    /// A connection on which nothing has been said. `body_bytes_max` is the largest
    /// message that is taken from the server.
    #[must_use]
    pub fn new(body_bytes_max: u32) -> Self {
        Self {
            sent: Follow::from_startup(SENT_BYTES_MAX),
            received: Follow::messages(body_bytes_max),
            owed: 0,
            is_over: false,
        }
    }

    /// The client has sent this.
    ///
    /// # Errors
    /// When it is not PostgreSQL's protocol.
    pub fn sent(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let Self { sent, owed, is_over, .. } = self;
        sent.feed(bytes, |kind| {
            *owed += u64::from(ASKING.contains(&kind));
            *is_over |= kind == TERMINATE;
        })
    }

    /// The server has sent this.
    ///
    /// # Errors
    /// When it is not PostgreSQL's protocol, or a message is over the limit.
    pub fn received(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let Self { received, owed, .. } = self;
        received.feed(bytes, |kind| *owed = owed.saturating_sub(u64::from(kind == READY)))
    }

    /// Where the exchange stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        if self.received.is_amid() {
            Standing::AmidMessage
        } else if self.is_over {
            Standing::Over
        } else if self.owed > 0 {
            Standing::AmidAnswer
        } else {
            Standing::Idle
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], length.as_slice(), body].concat()
    }

    #[test]
    fn an_answer_is_owed_until_the_server_is_ready_again() {
        let mut exchange = Exchange::new(1_000);
        assert_eq!(exchange.standing(), Standing::Idle);
        exchange.sent(&[0, 0, 0, 9, 0, 3, 0, 0, 0]).unwrap();
        assert_eq!(exchange.standing(), Standing::AmidAnswer, "start-up");
        exchange.sent(&message(b'p', b"x\0")).unwrap();
        exchange.received(&[message(b'R', &[0; 4]), message(READY, b"I")].concat()).unwrap();
        assert_eq!(exchange.standing(), Standing::Idle, "a password asks for nothing");

        let asked = [message(b'P', b""), message(b'S', b""), message(b'S', b"")].concat();
        exchange.sent(&asked).unwrap();
        exchange.received(&message(READY, b"I")).unwrap();
        assert_eq!(exchange.standing(), Standing::AmidAnswer, "of two, one is owed");
        exchange.received(&[b'D', 0, 0]).unwrap();
        assert_eq!(exchange.standing(), Standing::AmidMessage);
        exchange.received(&[0, 4]).unwrap();
        exchange.received(&message(READY, b"I")).unwrap();
        assert_eq!(exchange.standing(), Standing::Idle);

        exchange.sent(&message(TERMINATE, b"")).unwrap();
        assert_eq!(exchange.standing(), Standing::Over);
    }

    #[test]
    fn a_ready_that_nobody_asked_for_leaves_nothing_owed() {
        let mut exchange = Exchange::new(1_000);
        exchange.received(&message(READY, b"I")).unwrap();
        exchange.sent(&[0, 0, 0, 9, 0, 3, 0, 0, 0]).unwrap();
        assert_eq!(exchange.standing(), Standing::AmidAnswer);
    }
}
