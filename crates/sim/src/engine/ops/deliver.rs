//! What the platform does with messages and invocations.

use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;

use super::messages::address;
use crate::engine::failure::Failed;
use crate::engine::world::World;
use crate::queue::RETRIES_MAX;
use crate::store::rows::JobRow;

/// Most messages of a delivery: batches that meet are worth more than full ones.
const BATCH_MAX: usize = 20;

/// Most port calls of one operation.
const POLLS_MAX: usize = 14;

/// The queue of most jobs, or now and then another.
fn queue(world: &mut World) -> Queue {
    if world.rng.chance(900) {
        return Queue::ScoringEvents;
    }
    let nth = world.rng.below(Queue::ALL.len());
    Queue::ALL.get(nth).copied().unwrap_or(Queue::ScoringEvents)
}

/// One of the two on which something is under way.
fn busy_queue(world: &mut World) -> Queue {
    if world.rng.chance(750) { Queue::ScoringEvents } else { Queue::ScoreboardJobs }
}

fn most(world: &mut World) -> usize {
    1 + world.rng.below(BATCH_MAX)
}

pub(super) fn deliver(world: &mut World) -> Failed {
    let origin = Origin::Jobs(queue(world));
    deliver_of(world, origin)
}

/// Some of a queue's messages.
pub(super) fn deliver_of(world: &mut World, origin: Origin) -> Failed {
    let most = most(world);
    if !world.is_full() {
        world.consume(origin, most);
    }
    step(world)
}

pub(super) fn deliver_settlements(world: &mut World) -> Failed {
    deliver_of(world, Origin::Jobs(Queue::ScoreboardJobs))
}

pub(super) fn deliver_dead(world: &mut World) -> Failed {
    let origin = Origin::DeadLetters(queue(world));
    deliver_of(world, origin)
}

/// The same messages to two consumers at once.
pub(super) fn deliver_twice(world: &mut World) -> Failed {
    let queue = queue(world);
    deliver_twice_of(world, queue)
}

/// See [`deliver_twice`].
pub(super) fn deliver_settlements_twice(world: &mut World) -> Failed {
    deliver_twice_of(world, Queue::ScoreboardJobs)
}

/// See [`deliver_twice`].
pub(super) fn deliver_twice_of(world: &mut World, queue: Queue) -> Failed {
    let origin = Origin::Jobs(queue);
    let waiting = world.ports.queues.len(origin).min(BATCH_MAX);
    if waiting == 0 || world.is_full() {
        return step(world);
    }
    for nth in 0..waiting {
        world.ports.queues.deliver_twice(origin, nth);
    }
    if world.consume(origin, waiting) && world.consume(origin, waiting) {
        world.count_many("fault: duplicate delivery", waiting);
    }
    step(world)
}

pub(super) fn reorder(world: &mut World) -> Failed {
    let origin = Origin::Jobs(queue(world));
    if world.ports.queues.len(origin) > 1 {
        world.count("fault: reordered");
    }
    world.ports.queues.reorder(origin);
    Ok(())
}

pub(super) fn step(world: &mut World) -> Failed {
    for one in &mut world.running {
        one.stalled = one.stalled.saturating_sub(1);
    }
    for _ in 0..world.rng.below(POLLS_MAX) {
        let Some(nth) = world.any_awake() else { break };
        world.step(nth)?;
    }
    Ok(())
}

/// An invocation gets no turn for a while, and its leases may run out.
pub(super) fn stall(world: &mut World) -> Failed {
    let (nth, turns) = (world.rng.below(world.running.len()), world.between(4, 30));
    if let Some(one) = world.running.get_mut(nth) {
        one.stalled = u8::try_from(turns).unwrap_or(1);
        world.count("fault: stalled");
    }
    Ok(())
}

/// Whoever gets turns ends.
pub(super) fn run(world: &mut World) -> Failed {
    while let Some(nth) = world.any_awake() {
        world.step(nth)?;
    }
    Ok(())
}

/// An invocation stalls while its leases run out and others take its jobs.
pub(super) fn zombie(world: &mut World) -> Failed {
    let nth = world.rng.below(world.running.len());
    let Some(one) = world.running.get_mut(nth) else { return Ok(()) };
    one.stalled = 40;
    world.count("fault: stalled");
    super::time::a_lease(world)?;
    super::time::tick(world)?;
    run(world)?;
    for queue in [Queue::ScoringEvents, Queue::ScoreboardJobs] {
        world.consume(Origin::Jobs(queue), BATCH_MAX);
    }
    run(world)
}

pub(super) fn kill(world: &mut World) -> Failed {
    if world.running.is_empty() {
        return Ok(());
    }
    let nth = world.rng.below(world.running.len());
    let invocation = world.running.swap_remove(nth);
    world.count("fault: isolate death");
    world.die(invocation);
    Ok(())
}

/// A message that addresses a row is gone for good; the row stands for it.
pub(super) fn lose(world: &mut World) -> Failed {
    let origin = Origin::Jobs(busy_queue(world));
    let Some(nth) = nth_address(world, origin) else { return Ok(()) };
    if world.ports.queues.lose(origin, nth) {
        world.count("fault: message lost");
    }
    Ok(())
}

/// The platform gives a message up.
pub(super) fn give_up(world: &mut World) -> Failed {
    let queue = busy_queue(world);
    let queues = &world.ports.queues;
    queues.reorder(Origin::Jobs(queue));
    // As after the last of its retries.
    queues.set_retries_max(0);
    let given_up = queues.pull(Origin::Jobs(queue), 1).map(|batch| queues.reject(batch).given_up);
    queues.set_retries_max(RETRIES_MAX);
    world.count_many("fault: message given up", given_up.unwrap_or(0));
    Ok(())
}

/// The platform gives a message of a job up that somebody claimed in vain.
pub(super) fn give_up_claimed(world: &mut World) -> Failed {
    let was_tried = |row: &JobRow| !row.state.is_final() && row.claim > row.death_claim;
    let Some(id) = world.any_job(was_tried) else { return Ok(()) };
    let Some(queue) = world.queue_of(id) else { return Ok(()) };
    let origin = Origin::DeadLetters(queue);
    world.ports.queues.put(origin, address(id));
    world.count("fault: message given up");
    if !world.is_full() && world.consume(origin, BATCH_MAX) {
        world.finish_one(world.running.len().saturating_sub(1))?;
    }
    Ok(())
}

/// A message that was not sent by hand: what it says stands in a row too.
fn nth_address(world: &mut World, origin: Origin) -> Option<usize> {
    let waiting = world.ports.queues.waiting(origin);
    let sent = &world.model.sent;
    let is_address = |id: &String| !sent.contains_key(&(origin.queue(), id.clone()));
    let found: Vec<usize> = waiting
        .iter()
        .enumerate()
        .filter(|(_, parcel)| is_address(&parcel.id))
        .map(|(nth, _)| nth)
        .collect();
    let drawn = world.rng.below(found.len());
    found.get(drawn).copied()
}
