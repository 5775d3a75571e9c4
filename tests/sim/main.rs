//! The protocol in seeded worlds where everything goes wrong: real flows over
//! doubles. A seed that fails prints the command that replays it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

use mauntic_flows::consume::Settle;
use mauntic_flows::ports::Instance;
use mauntic_sim::store::SCHEMA_VERSION;
use uuid::Uuid;

mod contact_events;
mod crowded;
mod duties;
mod held_back;
mod outage;
mod overnight;
mod roll_ups;
mod schedules;
mod seeds;
mod settlements;
mod tournament;
mod traces;
mod twins;
mod verification;
mod warmup;

/// Who ticks here.
const INSTANCE: Instance = Instance { id: Uuid::from_u128(1), schema_max: SCHEMA_VERSION };

/// Every message is done with.
struct Done;

impl Settle for Done {
    fn ack(&self, _index: usize) {}

    fn retry(&self, index: usize, delay_secs: u32) {
        panic!("message {index} would come back after {delay_secs} s");
    }
}
