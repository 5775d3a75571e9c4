//! What the database's errors mean to a caller: told apart by SQLSTATE and
//! constraint name, never by message text, and without row values.

use mauntic_domain::jobs::limits::UNFINISHED_MAX;
use mauntic_flows::ports::PortError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::session::{FLIGHT_MAX, Silence};

/// SQLSTATE raised by `jobs.expect`: a lease was lost.
const FENCE_LOST: &str = "JB001";

/// SQLSTATE raised by an enqueue: a key stands for other content.
const KEY_CONFLICT: &str = "JB002";

/// SQLSTATE raised by an enqueue: too many unfinished jobs.
const BACKLOG: &str = "JB003";

/// SQLSTATE raised where somebody else has judged or counted meanwhile.
const MEANWHILE: &str = "JB004";

/// SQLSTATE raised where somebody else holds a tournament that is to be settled.
const BUSY: &str = "JB008";

/// SQLSTATE raised where a board, or a tournament, does not take what is written.
const REFUSED: &str = "JB007";

/// The component in errors.
pub(crate) const DATABASE: &str = "the database";

/// Maps a failure to connect.
#[must_use]
pub fn connect_error(error: &Error) -> PortError {
    PortError::Unavailable { what: DATABASE, cause: cause(error) }
}

/// Maps the silence of a server to something that may be repeated.
pub(crate) fn no_answer(_: Silence) -> PortError {
    PortError::Unavailable { what: DATABASE, cause: silence() }
}

/// Maps the silence of a server after a COMMIT.
pub(crate) fn no_commit_answer(what: &'static str) -> impl Fn(Silence) -> PortError {
    move |_| PortError::Unknown { what, cause: silence() }
}

fn silence() -> String {
    format!("no answer within {} s", FLIGHT_MAX.as_secs())
}

/// Maps the failure of a statement that changes nothing, or whose change is
/// its own transaction and may be repeated.
pub(crate) fn statement_error(what: &'static str, error: &Error) -> PortError {
    match error.code() {
        Some(code) if code.code() == KEY_CONFLICT => PortError::KeyConflict,
        Some(code) if code.code() == BACKLOG => {
            PortError::Backlog { unfinished_max: UNFINISHED_MAX }
        }
        Some(code) if is_contention(code) => PortError::Contention { what, cause: cause(error) },
        Some(code) if is_going_away(code) => {
            PortError::Unavailable { what: DATABASE, cause: cause(error) }
        }
        Some(_) => PortError::Refused { what, cause: cause(error) },
        None if error.is_closed() || is_io(error) => {
            PortError::Unavailable { what: DATABASE, cause: cause(error) }
        }
        None => PortError::Refused { what, cause: cause(error) },
    }
}

/// Maps the failure of a flight that ends in COMMIT: without the server's own
/// word it is unknown whether it was done.
pub(crate) fn commit_error(what: &'static str, error: &Error) -> PortError {
    match error.code() {
        Some(code) if !is_going_away(code) => statement_error(what, error),
        _ => PortError::Unknown { what, cause: cause(error) },
    }
}

/// Whether a statement ended its transaction because a lease was lost.
pub(crate) fn is_fence_lost(error: &Error) -> bool {
    error.code().is_some_and(|code| code.code() == FENCE_LOST)
}

/// Whether a statement ended its transaction because somebody else was faster.
pub(crate) fn is_meanwhile(error: &Error) -> bool {
    error.code().is_some_and(|code| code.code() == MEANWHILE)
}

/// Whether a statement ended its transaction because somebody holds its tournament.
pub(crate) fn is_busy(error: &Error) -> bool {
    error.code().is_some_and(|code| code.code() == BUSY)
}

/// Whether a board, or a tournament, did not take what was written.
pub(crate) fn is_refused_board(error: &Error) -> bool {
    error.code().is_some_and(|code| code.code() == REFUSED)
}

/// What somebody else has changed since a decision: it is to be made again.
pub(crate) fn meanwhile(what: &'static str) -> PortError {
    PortError::Contention { what, cause: "what it was decided on has changed".to_owned() }
}

/// Whether a statement was refused by the constraint or unique index of that
/// name.
pub(crate) fn is_violation(error: &Error, constraint: &str) -> bool {
    error.as_db_error().is_some_and(|db| db.constraint() == Some(constraint))
}

fn is_contention(code: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
    ]
    .contains(code)
}

fn is_going_away(code: &SqlState) -> bool {
    // Class 57P is operator intervention, 08 connection exceptions, 53 resources.
    ["57P", "08", "53"].iter().any(|class| code.code().starts_with(class))
}

fn is_io(error: &Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(<dyn std::error::Error + 'static>::is::<std::io::Error>)
}

fn cause(error: &Error) -> String {
    let Some(db) = error.as_db_error() else {
        return error.to_string();
    };
    match db.constraint() {
        Some(constraint) => format!("SQLSTATE {} ({constraint})", db.code().code()),
        None => format!("SQLSTATE {}", db.code().code()),
    }
}
