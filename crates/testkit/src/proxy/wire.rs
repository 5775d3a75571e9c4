//! The part of PostgreSQL's wire protocol that a count of round trips needs:
//! where messages begin and of what kind they are. No I/O.

/// A message's kind: its first byte, or [`STARTUP`] for those that have none.
pub(super) type Kind = u8;

/// Start-up, cancel and encryption requests have no kind byte.
pub(super) const STARTUP: Kind = 0;

/// Codes of the requests that the server answers with a single bare byte.
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// Which side of the connection is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The client's first messages: length and code, no kind.
    Startup,
    /// Kind and length.
    Messages,
}

/// Follows one direction of a connection through chunks of any size.
#[derive(Debug)]
pub(super) struct Framing {
    phase: Phase,
    /// The bytes of a header seen so far: 8 in [`Phase::Startup`], else 5.
    header: Vec<u8>,
    /// What is still to come of the present message's payload.
    payload_left: u64,
}

/// What a client's start-up message was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// A message of this kind begins.
    Of(Kind),
    /// The client asks for encryption: a bare byte will be the answer.
    EncryptionRequest,
}

impl Framing {
    pub(super) fn new(phase: Phase) -> Self {
        Self { phase, header: Vec::with_capacity(8), payload_left: 0 }
    }

    /// Calls `each` for every message whose header ends in this chunk.
    pub(super) fn feed(&mut self, mut chunk: &[u8], mut each: impl FnMut(Message)) {
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
    pub(super) fn is_amid(&self) -> bool {
        self.payload_left > 0 || !self.header.is_empty()
    }

    fn wanted(&self) -> usize {
        match self.phase {
            Phase::Startup => 8,
            Phase::Messages => 5,
        }
    }

    /// Reads a complete header. Lengths count themselves, but not the kind.
    fn begin(&mut self) -> Message {
        if self.phase == Phase::Messages {
            self.payload_left = u64::from(self.number(1)).saturating_sub(4);
            return Message::Of(self.header.first().copied().unwrap_or_default());
        }
        self.payload_left = u64::from(self.number(0)).saturating_sub(8);
        if matches!(self.number(4), SSL_REQUEST | GSS_REQUEST) {
            return Message::EncryptionRequest;
        }
        self.phase = Phase::Messages;
        Message::Of(STARTUP)
    }

    fn number(&self, at: usize) -> u32 {
        let bytes = self.header.get(at..at + 4).and_then(|slice| slice.try_into().ok());
        u32::from_be_bytes(bytes.unwrap_or_default())
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
