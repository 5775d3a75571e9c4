//! Where COMMITs stand in what a client writes, and which of them is cut. No I/O.
//!
//! A COMMIT is a simple query of that one word, as drivers send it. Only the
//! payloads of queries that are as short are looked at.

use crate::wire::{Header, Message, Phase};

/// Kind and length.
const HEADER_BYTES: usize = 5;

/// A header, and `commit` with a semicolon, a NUL and some white space.
const QUERY_BYTES_MAX: usize = HEADER_BYTES + 16;

/// Where the connection is cut at a COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitCut {
    /// The server never hears the COMMIT: the transaction is rolled back.
    Before,
    /// The server commits and answers, but the client never hears it.
    AfterForward,
}

/// Which COMMITs are cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    mode: CommitCut,
    every: u32,
    seen: u32,
}

impl Plan {
    /// Each `every`-th; zero is read as one.
    pub(super) fn new(mode: CommitCut, every: u32) -> Self {
        Self { mode, every: every.max(1), seen: 0 }
    }

    /// One more COMMIT came by: whether and how it is cut.
    pub(super) fn commit(&mut self) -> Option<CommitCut> {
        self.seen += 1;
        if self.seen < self.every {
            return None;
        }
        self.seen = 0;
        Some(self.mode)
    }
}

/// A COMMIT among the bytes that may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    /// Its first byte.
    pub(super) begins: usize,
    /// The byte behind its last.
    pub(super) ends: usize,
}

/// What may go on of a chunk and of what was held before it.
#[derive(Debug)]
pub(super) struct Passage {
    pub(super) bytes: Vec<u8>,
    pub(super) commits: Vec<Commit>,
    /// How many of the bytes had come earlier than this chunk.
    pub(super) earlier: usize,
}

/// Follows a client's bytes.
#[derive(Debug)]
pub(super) struct Commits {
    phase: Phase,
    /// What is still to come of a message whose beginning has gone on.
    left: u64,
    /// The beginning of a header or a short query whose end is still to come.
    held: Vec<u8>,
}

impl Commits {
    pub(super) fn new() -> Self {
        Self { phase: Phase::Startup, left: 0, held: Vec::new() }
    }

    /// The client wrote this. A header or a short query that is not whole is
    /// held back: without its end the server could do nothing with it.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Passage {
        let mut bytes = std::mem::take(&mut self.held);
        let earlier = bytes.len();
        bytes.extend_from_slice(chunk);
        let mut commits = Vec::new();
        let mut at = self.skip(bytes.len());
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(header) = Header::read(self.phase, rest) else { break };
            if header.message == Message::Of(b'Q')
                && let Ok(length) = usize::try_from(header.length)
                && length <= QUERY_BYTES_MAX
            {
                let Some(query) = rest.get(HEADER_BYTES..length) else { break };
                if is_commit(query) {
                    commits.push(Commit { begins: at, ends: at + length });
                }
            }
            self.phase = header.next;
            self.left = header.length;
            at += self.skip(rest.len());
        }
        self.held = bytes.split_off(at);
        Passage { bytes, commits, earlier }
    }

    /// How many of so many bytes belong to the message that has begun.
    fn skip(&mut self, bytes: usize) -> usize {
        let skipped = usize::try_from(self.left).map_or(bytes, |left| left.min(bytes));
        self.left -= skipped as u64;
        skipped
    }
}

fn is_commit(payload: &[u8]) -> bool {
    let is_padding = |byte: &u8| matches!(byte, 0 | b';') || byte.is_ascii_whitespace();
    let begin = payload.iter().position(|byte| !is_padding(byte)).unwrap_or_default();
    let end = payload.iter().rposition(|byte| !is_padding(byte)).map_or(begin, |last| last + 1);
    payload.get(begin..end).unwrap_or_default().eq_ignore_ascii_case(b"commit")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(sql: &[u8]) -> Vec<u8> {
        let length = u32::try_from(sql.len() + 4).unwrap().to_be_bytes();
        [b"Q", length.as_slice(), sql].concat()
    }

    #[test]
    fn commits_are_found_however_the_bytes_are_cut() {
        let startup = vec![0, 0, 0, 8, 0, 3, 0, 0];
        let long = query(&[b"select 'commit", b"-".repeat(40).as_slice(), b"'\0"].concat());
        let parts = [
            startup,
            query(b"begin\0"),
            long,
            query(b"COMMIT;\0"),
            query(b"commits\0"),
            query(b"commit\0"),
        ];
        let bytes = parts.concat();
        for size in 1..=bytes.len() {
            let mut commits = Commits::new();
            let (mut passed, mut found, mut came) = (Vec::new(), Vec::new(), 0);
            for chunk in bytes.chunks(size) {
                let passage = commits.feed(chunk);
                assert_eq!(came - passage.earlier, passed.len(), "nothing is passed twice");
                let texts = passage.commits.iter().map(|at| &passage.bytes[at.begins..at.ends]);
                found.extend(texts.map(<[u8]>::to_vec));
                passed.extend(passage.bytes);
                came += chunk.len();
            }
            assert_eq!(passed, bytes, "in chunks of {size}");
            assert_eq!(found, [parts[3].clone(), parts[5].clone()], "in chunks of {size}");
        }
    }

    #[test]
    fn each_third_is_cut() {
        let mut plan = Plan::new(CommitCut::Before, 3);
        let cut: Vec<bool> = (0..7).map(|_| plan.commit().is_some()).collect();
        assert_eq!(cut, [false, false, true, false, false, true, false]);
    }
}
