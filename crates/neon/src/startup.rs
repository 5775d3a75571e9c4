//! The pipelined start-up, as a machine without I/O.
//!
//! Neon's proxy asks every WebSocket client for a clear-text password: TLS is around
//! it, and checking SCRAM would cost the proxy more. So the password can go with the
//! start-up message, in one flight. The driver knows nothing of it: it sends its
//! start-up message, behind which the password is put, and answers the server's
//! question by another copy, which is dropped.
//!
//! A server that asks for something else has already read a message that it did not
//! want: this connection is lost, and says by name what was asked for.

use std::fmt;

use crate::wire::HEADER_BYTES;

/// Longest start-up message PostgreSQL takes, in bytes (`MAX_STARTUP_PACKET_LENGTH`).
const STARTUP_BYTES_MAX: usize = 10_000;

/// Longest message before the question for a password that is looked at. Errors and
/// notices of that moment have a few hundred bytes.
const FIRST_BYTES_MAX: usize = 64 * 1024;

/// Longest password message, in bytes. PostgreSQL takes no longer token.
const PASSWORD_BYTES_MAX: usize = 65_535;

/// What a server asked for instead of a clear-text password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Asked {
    /// Nothing: it lets everybody in.
    #[error("no password")]
    Nothing,
    /// A hash that nobody should use any more.
    #[error("an MD5 password")]
    Md5,
    /// SCRAM, which needs two flights of its own.
    #[error("SCRAM")]
    Scram,
    /// Kerberos or another of PostgreSQL's ways.
    #[error("authentication of kind {0}")]
    Other(u32),
}

/// Why a pipelined start-up ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartupError {
    /// Another way of authentication; connecting anew without pipelining may work.
    #[error("the server asks for {0} where Neon's asks for a clear-text password")]
    Asked(Asked),
    /// Not what a PostgreSQL server begins with.
    #[error("the server began with a message of kind {0:#04x}: it is not PostgreSQL's protocol")]
    NotPostgres(u8),
    /// Nobody sends such.
    #[error("a message of {bytes} bytes during start-up, at most {bytes_max}")]
    TooLarge {
        /// Bytes of the message.
        bytes: usize,
        /// Bytes that are taken.
        bytes_max: usize,
    },
    /// The driver did something else than start up and send the password.
    #[error("the driver sent a message of kind {0:#04x} in place of its password")]
    NotThePassword(u8),
}

/// Where the start-up is.
#[derive(Debug)]
enum State {
    /// The driver's start-up message is not whole.
    Starting,
    /// Both are sent; the server has not asked yet.
    Waiting,
    /// The server has asked: the driver's copy is to come.
    Dropping,
    /// The rest is none of our business.
    Through,
}

/// The machine. Bytes go in at one side and out at the other.
pub struct Startup {
    state: State,
    password: Vec<u8>,
    /// What the driver has sent of a message that is not whole.
    from_driver: Vec<u8>,
    /// What the server has sent of one.
    from_server: Vec<u8>,
}

impl fmt::Debug for Startup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Startup").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Startup {
    /// For a connection on which nothing has been said.
    #[must_use]
    pub fn new(password: &[u8]) -> Self {
        let (from_driver, from_server) = (Vec::new(), Vec::new());
        Self { state: State::Starting, password: password.to_vec(), from_driver, from_server }
    }

    /// For a start-up that is the driver's own.
    #[must_use]
    pub fn unpipelined() -> Self {
        Self { state: State::Through, ..Self::new(&[]) }
    }

    /// Whether all that is to come passes as it is.
    #[must_use]
    pub fn is_through(&self) -> bool {
        matches!(self.state, State::Through)
    }

    /// The driver sends `bytes`; what the server is to be sent is added to `out`.
    ///
    /// # Errors
    /// When the driver does something else than start up.
    pub fn outgoing(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), StartupError> {
        self.from_driver.extend_from_slice(bytes);
        match self.state {
            State::Starting => {
                let Some(message) = taken(&mut self.from_driver, 0, STARTUP_BYTES_MAX)? else {
                    return Ok(());
                };
                out.extend(message);
                out.extend(password_message(&self.password));
                self.state = State::Waiting;
            }
            // A driver waits for the question; were it not to, its message would stay.
            State::Waiting => {}
            State::Dropping => {
                let kind = self.from_driver.first().copied();
                if let Some(kind) = kind.filter(|kind| *kind != b'p') {
                    return Err(StartupError::NotThePassword(kind));
                }
                if taken(&mut self.from_driver, 1, PASSWORD_BYTES_MAX)?.is_some() {
                    self.state = State::Through;
                    self.password.clear();
                    out.append(&mut self.from_driver);
                }
            }
            State::Through => out.append(&mut self.from_driver),
        }
        Ok(())
    }

    /// The server sends `bytes`; what the driver is to read is added to `out`.
    ///
    /// # Errors
    /// When the server asks for something else than a clear-text password.
    pub fn incoming(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), StartupError> {
        self.from_server.extend_from_slice(bytes);
        while matches!(self.state, State::Starting | State::Waiting) {
            let Some(message) = taken(&mut self.from_server, 1, FIRST_BYTES_MAX)? else {
                return Ok(());
            };
            match message.first() {
                Some(b'R') => {
                    asked(&message)?;
                    self.state = State::Dropping;
                }
                Some(b'E') => self.state = State::Through,
                Some(b'N') => {}
                kind => return Err(StartupError::NotPostgres(kind.copied().unwrap_or_default())),
            }
            out.extend(message);
        }
        out.append(&mut self.from_server);
        Ok(())
    }
}

/// Takes the first message out of `held`, if it is whole. `kind_bytes` is 0 for a
/// start-up message, else 1.
fn taken(
    held: &mut Vec<u8>,
    kind_bytes: usize,
    bytes_max: usize,
) -> Result<Option<Vec<u8>>, StartupError> {
    let length = held.get(kind_bytes..kind_bytes + 4).and_then(|four| four.try_into().ok());
    let Some(length) = length.map(u32::from_be_bytes) else { return Ok(None) };
    let bytes = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(kind_bytes);
    if bytes > bytes_max {
        // What is no PostgreSQL has no length in that place either.
        let kind = held.first().copied().filter(|kind| kind_bytes == 1 && !b"RENp".contains(kind));
        return Err(match kind {
            Some(kind) => StartupError::NotPostgres(kind),
            None => StartupError::TooLarge { bytes, bytes_max },
        });
    }
    if held.len() < bytes {
        return Ok(None);
    }
    let rest = held.split_off(bytes);
    Ok(Some(std::mem::replace(held, rest)))
}

/// Whether an authentication request is for a clear-text password.
fn asked(message: &[u8]) -> Result<(), StartupError> {
    let code = message.get(HEADER_BYTES..HEADER_BYTES + 4).and_then(|four| four.try_into().ok());
    match code.map(u32::from_be_bytes) {
        Some(3) => Ok(()),
        Some(0) => Err(StartupError::Asked(Asked::Nothing)),
        Some(5) => Err(StartupError::Asked(Asked::Md5)),
        Some(10) => Err(StartupError::Asked(Asked::Scram)),
        Some(code) => Err(StartupError::Asked(Asked::Other(code))),
        None => Err(StartupError::NotPostgres(b'R')),
    }
}

fn password_message(password: &[u8]) -> Vec<u8> {
    // An address has no NUL in its password, and none of more than 4 GiB.
    let length = u32::try_from(password.len() + 5).unwrap_or(u32::MAX);
    [b"p".as_slice(), &length.to_be_bytes(), password, b"\0"].concat()
}

#[cfg(test)]
#[path = "startup_tests.rs"]
mod tests;
