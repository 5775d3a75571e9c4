//! Faults on purpose, for tests: this file is in no production build, which a
//! test asserts by [`MARKER`].
//!
//! - A contact whose id starts with `fault-panic` kills the instance at its
//!   job's first claim; `fault-panic-always` at every claim.
//! - The request header `x-fault-panic` kills the instance of the HTTP worker.
//! - The request header `x-fault-relay` opens a WebSocket that carries a session's bytes
//!   ([`crate::relay`]).
//! - `FAULT_DUPLICATES=true` sends every message twice.
//! - `FAULT_LOST_COUNTERS` loses the answers of so many in a thousand of the counters'
//!   writes, half of which are done.
//! - `FAULT_CLOCK_OFFSET_MS` shifts the host's clock.

use chrono::TimeDelta;
use mauntic_flows::ports::{Checkpoint, Held};
use worker::Env;

use crate::config::text;

/// Found in the wasm of every build with fault hooks, and in no other.
pub const MARKER: &str = "mauntic-fault-hooks";

/// The header that kills an HTTP worker's instance.
pub const PANIC_HEADER: &str = "x-fault-panic";

const PANIC_ONCE: &str = "fault-panic";
const PANIC_ALWAYS: &str = "fault-panic-always";

/// Dies.
#[expect(clippy::panic, reason = "the fault itself")]
pub fn die(what: &str) -> ! {
    panic!("{MARKER}: {what}");
}

pub(crate) fn reached(checkpoint: Checkpoint<'_>) {
    let Checkpoint::Claimed(held) = checkpoint else {
        return;
    };
    if held.iter().any(is_poison) {
        die("a poison job was claimed");
    }
}

fn is_poison(held: &Held) -> bool {
    let contact = held.data.get("contactId").and_then(|id| id.as_str()).unwrap_or_default();
    contact.starts_with(PANIC_ALWAYS) || (contact.starts_with(PANIC_ONCE) && held.claim == 1)
}

pub(crate) fn duplicated<T: Clone>(env: &Env, messages: Vec<T>) -> Vec<T> {
    if text(env, "FAULT_DUPLICATES").as_deref() != Some("true") {
        return messages;
    }
    messages.into_iter().flat_map(|message| [message.clone(), message]).collect()
}

/// What happens to a write of a bucket: none where all goes well, else whether it is done
/// before its answer is lost.
pub(crate) fn lost_write(env: &Env, binding: &str) -> Option<bool> {
    if binding != "WARMUP_R2" {
        return None;
    }
    let per_mille: u32 = text(env, "FAULT_LOST_COUNTERS")?.parse().ok()?;
    let random = getrandom::u32().ok()?;
    (random % 1_000 < per_mille).then_some(random & 0x8000_0000 == 0)
}

pub(crate) fn clock_offset(env: &Env) -> TimeDelta {
    let millis = text(env, "FAULT_CLOCK_OFFSET_MS").and_then(|text| text.parse().ok());
    TimeDelta::try_milliseconds(millis.unwrap_or_default()).unwrap_or_default()
}
