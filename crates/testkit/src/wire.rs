//! The part of PostgreSQL's wire protocol that the proxies need: where messages
//! begin and of what kind they are. No I/O.

/// A message's kind: its first byte, or [`STARTUP`] for those that have none.
pub(crate) type Kind = u8;

/// Start-up, cancel and encryption requests have no kind byte.
pub(crate) const STARTUP: Kind = 0;

/// Codes of the requests that the server answers with a single bare byte.
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// Which side of the connection is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The client's first messages: length and code, no kind.
    Startup,
    /// Kind and length.
    Messages,
}

/// Follows one direction of a connection through chunks of any size.
#[derive(Debug)]
pub(crate) struct Framing {
    phase: Phase,
    /// The bytes of a header seen so far: 8 in [`Phase::Startup`], else 5.
    header: Vec<u8>,
    /// What is still to come of the present message's payload.
    payload_left: u64,
}

/// What a client's start-up message was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// A message of this kind begins.
    Of(Kind),
    /// The client asks for encryption: a bare byte will be the answer.
    EncryptionRequest,
}

impl Framing {
    pub(crate) fn new(phase: Phase) -> Self {
        Self { phase, header: Vec::with_capacity(8), payload_left: 0 }
    }

    /// Calls `each` for every message whose header ends in this chunk.
    pub(crate) fn feed(&mut self, mut chunk: &[u8], mut each: impl FnMut(Message)) {
        while !chunk.is_empty() {
            if self.payload_left > 0 {
                let left = usize::try_from(self.payload_left).unwrap_or(usize::MAX);
                let (skipped, rest) = chunk.split_at(left.min(chunk.len()));
                self.payload_left -= skipped.len() as u64;
                chunk = rest;
                continue;
            }
            let (header, rest) =
                chunk.split_at((self.wanted() - self.header.len()).min(chunk.len()));
            self.header.extend_from_slice(header);
            chunk = rest;
            if self.header.len() == self.wanted() {
                each(self.begin());
                self.header.clear();
            }
        }
    }

    /// Whether a message has begun whose end is still to come.
    pub(crate) fn is_amid(&self) -> bool {
        self.payload_left > 0 || !self.header.is_empty()
    }

    fn wanted(&self) -> usize {
        match self.phase {
            Phase::Startup => 8,
            Phase::Messages => 5,
        }
    }

    /// Reads a complete header.
    fn begin(&mut self) -> Message {
        let Some(header) = Header::read(self.phase, &self.header) else {
            return Message::Of(STARTUP);
        };
        self.payload_left = header.length.saturating_sub(self.header.len() as u64);
        self.phase = header.next;
        header.message
    }
}

/// What a message's first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) message: Message,
    /// Bytes of the whole message, its header among them.
    pub(crate) length: u64,
    /// How the message behind it begins.
    pub(crate) next: Phase,
}

impl Header {
    /// Of a message that begins here; none if its header is not whole. Lengths
    /// on the wire count themselves, but not the kind.
    pub(crate) fn read(phase: Phase, bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| {
            let four = bytes.get(at..at + 4)?;
            four.try_into().ok().map(u32::from_be_bytes)
        };
        if phase == Phase::Messages {
            let length = u64::from(number(1)?.max(4)) + 1;
            let message = Message::Of(bytes.first().copied()?);
            return Some(Self { message, length, next: phase });
        }
        let length = u64::from(number(0)?.max(8));
        let asks = matches!(number(4)?, SSL_REQUEST | GSS_REQUEST);
        Some(if asks {
            Self { message: Message::EncryptionRequest, length, next: phase }
        } else {
            Self { message: Message::Of(STARTUP), length, next: Phase::Messages }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn startup() -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 8, 4, 210, 22, 47]; // SSLRequest
        bytes.extend([0, 0, 0, 13, 0, 3, 0, 0, b'u', 0, b'p', 0, 0]);
        bytes
    }

    fn query(sql: &[u8]) -> Vec<u8> {
        let length = u32::try_from(sql.len() + 4).unwrap().to_be_bytes();
        [b"Q", length.as_slice(), sql].concat()
    }

    #[test]
    fn messages_are_found_however_the_bytes_are_cut() {
        let bytes = [startup(), query(b"select 1\0"), b"X\0\0\0\x04".to_vec()].concat();
        let expected = [
            Message::EncryptionRequest,
            Message::Of(STARTUP),
            Message::Of(b'Q'),
            Message::Of(b'X'),
        ];
        for size in 1..=bytes.len() {
            let mut framing = Framing::new(Phase::Startup);
            let mut found = Vec::new();
            for chunk in bytes.chunks(size) {
                framing.feed(chunk, |message| found.push(message));
            }
            assert_eq!(found, expected, "in chunks of {size}");
        }
    }
}
