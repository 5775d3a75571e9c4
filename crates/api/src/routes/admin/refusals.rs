//! How a message's refusal is told: as a fault of the body with a pointer to
//! what is wrong, or as a conflict where the body is well.

use mauntic_domain::jobs::Refusal;

use crate::code::Code;
use crate::faults::{Faults, Part};
use crate::pointer::Pointer;
use crate::problem::Problem;

/// Where the body holds a job's data.
const DATA: &str = "/data";

/// The refusal of a whole message.
pub(super) fn of_message(refusal: &Refusal) -> Problem {
    match refusal {
        // What is large in an envelope is its data.
        Refusal::TooLarge { .. } => fault(DATA, refusal.to_string()),
        _ => conflict(refusal).unwrap_or_else(|| fault(refusal.pointer(), refusal.to_string())),
    }
}

/// The refusal of a case's content: of the data that was sent in its place, or
/// of its own, which some data could replace.
pub(super) fn of_case(refusal: &Refusal) -> Problem {
    let pointer = refusal.pointer();
    let at = if pointer.starts_with(DATA) { pointer } else { DATA.to_owned() };
    conflict(refusal).unwrap_or_else(|| fault(at, refusal.to_string()))
}

/// A fault of the body.
pub(super) fn fault(at: impl Into<String>, message: impl Into<String>) -> Problem {
    let mut faults = Faults::of(Part::Body);
    faults.add(&Pointer::written(at), message);
    faults.problem()
}

fn conflict(refusal: &Refusal) -> Option<Problem> {
    match refusal {
        Refusal::KeyConflict { .. } => Some(Problem::new(Code::IdempotencyConflict)),
        _ => None,
    }
}
