//! The tick's duties, and what runs, schedules and guards promise: of many who
//! act at once one wins, and nothing waits that need not.

mod guards;
mod judged;
mod relay;
mod retention;
mod runs;

use chrono::{DateTime, Utc};
use futures::future::join_all;
use mauntic_flows::ports::{Database, Ports};
use mauntic_tests::world::World;

type Session = <mauntic_store::connect::Tcp as Database>::Session;

pub(crate) async fn session(world: &World) -> Session {
    world.queue.db().open().await.unwrap()
}

async fn sessions(world: &World, count: usize) -> Vec<Session> {
    join_all((0..count).map(|_| session(world))).await
}

/// The database's clock.
async fn clock(world: &World) -> DateTime<Utc> {
    world.rows("select clock_timestamp()").await[0].get(0)
}
