//! What each fuzz target does with its input, so that the tests do it too with every
//! input that is kept. A target stops at a panic; what it asserts holds for whatever a
//! server sends.
//!
//! The first byte of an input, where bytes come in pieces, is the size of a piece.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "that is how a fuzz target says what it has found"
)]

mod frames;
mod rows;

pub use frames::frames;
pub use rows::rows;

use mauntic_neon::{Follow, Startup, StartupError, WireError};

/// Largest message that is followed: above it is a refusal, which has paths of its own.
const BODY_BYTES_MAX: u32 = 1024;

/// A client's first message, of no parameters.
const STARTUP: [u8; 9] = [0, 0, 0, 9, 0, 3, 0, 0, 0];

/// What no output may hold.
const PASSWORD: &[u8] = b"hunter2";

/// The size of a piece, and what comes in pieces.
fn in_pieces(input: &[u8]) -> (usize, &[u8]) {
    match input.split_first() {
        Some((size, bytes)) => (usize::from(*size).max(1), bytes),
        None => (1, input),
    }
}

/// Messages are the same, and refused at the same place, however they come.
pub fn wire(input: &[u8]) {
    let (size, bytes) = in_pieces(input);
    for follow in [Follow::messages(BODY_BYTES_MAX), Follow::from_startup(BODY_BYTES_MAX)] {
        let whole = followed(follow.clone(), bytes, bytes.len().max(1));
        assert_eq!(followed(follow, bytes, size), whole);
    }
}

fn followed(mut follow: Follow, bytes: &[u8], size: usize) -> (Vec<u8>, Result<bool, WireError>) {
    let mut kinds = Vec::new();
    for piece in bytes.chunks(size) {
        if let Err(error) = follow.feed(piece, |kind| kinds.push(kind)) {
            return (kinds, Err(error));
        }
    }
    (kinds, Ok(follow.is_amid()))
}

/// The driver reads what the server sent, in order and however it came, or is told; and
/// the password goes to the server alone.
pub fn startup(input: &[u8]) {
    let (size, bytes) = in_pieces(input);
    let (read, refused) = started(bytes, size);
    assert!(bytes.starts_with(&read), "the driver reads what no server sent");
    assert_eq!(started(bytes, bytes.len().max(1)), (read, refused));
}

fn started(bytes: &[u8], size: usize) -> (Vec<u8>, Option<StartupError>) {
    let mut startup = Startup::new(PASSWORD);
    startup.outgoing(&STARTUP, &mut Vec::new()).expect("the driver's own start-up");
    let mut read = Vec::new();
    for piece in bytes.chunks(size) {
        if let Err(error) = startup.incoming(piece, &mut read) {
            let shown = format!("{error} {error:?} {startup:?}");
            assert!(!shown.contains("hunter2"), "a password is shown");
            return (read, Some(error));
        }
    }
    (read, None)
}
