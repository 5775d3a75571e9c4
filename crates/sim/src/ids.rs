//! UUIDv7s without chance: time, who made it, and a counter.

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

/// Who made an id, so that two makers never make the same.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Maker {
    Database = 1,
    Host = 2,
}

/// The id; later ones of one maker and millisecond sort behind.
pub(crate) fn v7(at: DateTime<Utc>, maker: Maker, counter: u64) -> Uuid {
    let [_, _, a, b, c, d, e, f] = counter.to_be_bytes();
    Builder::from_unix_timestamp_millis(millis(at), &[0, maker as u8, 0, 0, a, b, c, d, e, f])
        .into_uuid()
}

/// Smaller than every UUIDv7 made at `at` or later.
pub(crate) fn v7_floor(at: DateTime<Utc>) -> Uuid {
    Builder::from_unix_timestamp_millis(millis(at), &[0; 10]).into_uuid()
}

fn millis(at: DateTime<Utc>) -> u64 {
    u64::try_from(at.timestamp_millis()).unwrap_or(0)
}
