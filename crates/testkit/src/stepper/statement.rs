//! A client's messages, gathered into statements. No I/O.

use crate::wire::{Header, Message, Phase};

/// What is forwarded at once or not at all.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) bytes: Vec<u8>,
    /// The query's text; empty where it was prepared earlier.
    pub(super) sql: String,
    /// How often the server will say that it is ready.
    pub(super) answers: u32,
    /// It does nothing that others could see: a preparation, and what the
    /// proxy's rule names.
    pub(super) is_prelude: bool,
}

/// A piece of what the client wrote.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Passes at once: part of logging in.
    Login(Vec<u8>),
    /// Waits for its step.
    Statement(Statement),
    /// Drops a prepared statement; drivers do so at any time, unasked.
    Tidying(Vec<u8>),
    /// The client leaves.
    Leaving(Vec<u8>),
}

/// Gathers one connection's statements, behind its start-up message.
#[derive(Debug, Default)]
pub(super) struct Statements {
    buffer: Vec<u8>,
    group: Group,
}

/// The messages of an extended query so far.
#[derive(Debug, Default)]
struct Group {
    bytes: Vec<u8>,
    sql: String,
    executes: bool,
    only_closes: bool,
}

impl Statements {
    /// The client wrote this.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Vec<Part> {
        self.buffer.extend_from_slice(chunk);
        let mut parts = Vec::new();
        while let Some(Header { message: Message::Of(kind), length, .. }) =
            Header::read(Phase::Messages, &self.buffer)
            && let Ok(length) = usize::try_from(length)
            && length <= self.buffer.len()
        {
            let message: Vec<u8> = self.buffer.drain(..length).collect();
            parts.extend(self.take(kind, message));
        }
        parts
    }

    fn take(&mut self, kind: u8, message: Vec<u8>) -> Option<Part> {
        match kind {
            b'p' => return Some(Part::Login(message)),
            b'X' => return Some(Part::Leaving(message)),
            _ => {}
        }
        let payload = message.get(5..).unwrap_or_default();
        match kind {
            b'Q' => self.group.sql = texts(payload).next().unwrap_or_default(),
            b'P' => self.group.sql = texts(payload).nth(1).unwrap_or_default(),
            _ => {}
        }
        self.group.executes |= matches!(kind, b'Q' | b'E' | b'F');
        self.group.only_closes = match kind {
            b'C' => self.group.bytes.is_empty() || self.group.only_closes,
            b'S' => self.group.only_closes,
            _ => false,
        };
        self.group.bytes.extend(message);
        if !matches!(kind, b'Q' | b'S' | b'F') {
            return None;
        }
        let Group { bytes, sql, executes, only_closes } = std::mem::take(&mut self.group);
        if only_closes {
            return Some(Part::Tidying(bytes));
        }
        Some(Part::Statement(Statement { bytes, sql, answers: 1, is_prelude: !executes }))
    }
}

/// Texts that end with a NUL.
fn texts(payload: &[u8]) -> impl Iterator<Item = String> {
    payload.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned())
}

/// Whether it begins a transaction and does nothing else.
#[must_use]
pub fn is_begin(sql: &str) -> bool {
    let sql = sql.trim().trim_end_matches(';').to_ascii_lowercase();
    (sql.starts_with("begin") || sql.starts_with("start transaction")) && !sql.contains(';')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len() + 4).unwrap().to_be_bytes();
        [&[kind], length.as_slice(), payload].concat()
    }

    fn statement(bytes: Vec<u8>, sql: &str, is_prelude: bool) -> Part {
        Part::Statement(Statement { bytes, sql: sql.to_owned(), answers: 1, is_prelude })
    }

    #[test]
    fn statements_are_gathered_however_the_bytes_are_cut() {
        let begin = message(b'Q', b"BEGIN isolation level serializable;\0");
        let locked = message(b'Q', b"begin; lock table t\0");
        let extended = [
            message(b'P', b"\0select 1\0\0\0"),
            message(b'B', b"\0\0"),
            message(b'E', b"\0"),
            message(b'S', b""),
        ]
        .concat();
        let prepared = [message(b'P', b"s1\0select 2\0\0\0"), message(b'S', b"")].concat();
        let closed = [message(b'C', b"Ss1\0"), message(b'S', b"")].concat();
        let parts = || {
            vec![
                Part::Login(message(b'p', b"secret\0")),
                statement(begin.clone(), "BEGIN isolation level serializable;", false),
                statement(locked.clone(), "begin; lock table t", false),
                statement(extended.clone(), "select 1", false),
                statement(prepared.clone(), "select 2", true),
                Part::Tidying(closed.clone()),
                Part::Leaving(message(b'X', b"")),
            ]
        };
        let login = message(b'p', b"secret\0");
        let leaving = message(b'X', b"");
        let all = [&login, &begin, &locked, &extended, &prepared, &closed, &leaving];
        let bytes: Vec<u8> = all.into_iter().flatten().copied().collect();
        for size in 1..=bytes.len() {
            let mut statements = Statements::default();
            let found: Vec<Part> =
                bytes.chunks(size).flat_map(|chunk| statements.feed(chunk)).collect();
            assert_eq!(found, parts(), "in chunks of {size}");
        }
    }
    #[test]
    fn a_begin_is_one_that_does_nothing_else() {
        for sql in ["begin", " BEGIN; ", "begin isolation level serializable", "start transaction"]
        {
            assert!(is_begin(sql), "{sql}");
        }
        for sql in ["begin; lock table t", "commit", "select 'begin'", ""] {
            assert!(!is_begin(sql), "{sql}");
        }
    }
}
