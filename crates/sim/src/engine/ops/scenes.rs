//! Several things in a row that chance alone would seldom put together.

use chrono::TimeDelta;
use mauntic_domain::jobs::limits::{KEEP_MIN, PLATFORM_DEATHS_MAX};
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_domain::schedules::Effective;
use uuid::Uuid;

use super::messages::address;
use super::{deliver, operator, produce, time};
use crate::engine::failure::Failed;
use crate::engine::world::{World, origins};
use crate::outside::Health;
use crate::store::rows::JobRow;

const QUEUE: Queue = Queue::ScoringEvents;

/// Most messages of a delivery; the platform's own.
const BATCH_MAX: usize = 100;

/// Port calls after which a batch has claimed what it will, suspects too.
const CLAIM_POLLS_MAX: usize = 60;

/// Port calls after which a batch of scores has read its inputs and not yet
/// committed: two polls each of a session, a claim and a read, and the begin of
/// the commit.
const READ_POLLS: usize = 7;

/// Nobody is there for longer than anything is kept. No invocation lasts so
/// long, and no platform keeps a message: what was sent by hand and not heard
/// is lost with it, as anybody must expect.
pub(super) fn months(world: &mut World) -> Failed {
    world.count("fault: months pass");
    if world.rng.chance(800) {
        withdraw_densest(world);
    }
    if world.rng.chance(700) {
        deliver::run(world)?;
    }
    while let Some(invocation) = world.running.pop() {
        world.die(invocation);
    }
    for origin in origins() {
        for parcel in world.ports.queues.waiting(origin) {
            let name = (origin.queue(), parcel.id);
            if world.model.sent.contains_key(&name) {
                world.model.outlived.insert(name);
            }
        }
        while world.ports.queues.lose(origin, 0) {}
    }
    if world.rng.chance(500) {
        world.ports.store.decide_letters();
        world.model.decided_until = Some(world.now());
    }
    let more = TimeDelta::hours(world.between(1, 10 * 24));
    time::pass(world, KEEP_MIN + more)?;
    // What was live expires, and what was final goes.
    time::tick(world)
}

/// A deployment leaves the densest schedule out, whose rows then stay as they
/// are: its ten thousand times of a month would be most of what seeds cost.
fn withdraw_densest(world: &mut World) {
    let (before, now) = (world.schedules.len(), world.now());
    world.schedules_before.clone_from(&world.schedules);
    let next = |one: &Effective| one.cron.next_after(now).and_then(|at| one.cron.next_after(at));
    let densest = world.schedules.iter().filter_map(next).min();
    world.schedules.retain(|one| before < 2 || next(one) != densest);
    let gone = before - world.schedules.len();
    world.count_many("schedules withdrawn", gone);
}

/// A job's isolates die, one after the other, until the platform has given its
/// message up so often that the job is at fault.
pub(super) fn kill_again_and_again(world: &mut World) -> Failed {
    let now = world.now();
    let name = JobType::CalculateScore.name();
    let is_due = |row: &JobRow| row.is_due(now) && row.type_name == name && row.version < 9;
    let Some(id) = world.any_job(is_due) else { return Ok(()) };
    for _ in 0..=PLATFORM_DEATHS_MAX {
        world.ports.queues.put(Origin::Jobs(QUEUE), address(id));
        if !world.consume(Origin::Jobs(QUEUE), BATCH_MAX) {
            return Ok(());
        }
        die_holding(world, id)?;
        time::a_lease(world)?;
        world.count("fault: message given up");
        world.ports.queues.put(Origin::DeadLetters(QUEUE), address(id));
        if world.consume(Origin::DeadLetters(QUEUE), BATCH_MAX) {
            let last = world.running.len().saturating_sub(1);
            world.finish_one(last)?;
        }
        if world.ports.store.job(id).is_none_or(|row| row.state.is_final()) {
            break;
        }
    }
    Ok(())
}

/// Lets the newest invocation go on until it holds the job, and die there.
fn die_holding(world: &mut World, id: Uuid) -> Failed {
    let others = world.running.len();
    for _ in 0..CLAIM_POLLS_MAX {
        let token = world.running.last().and_then(|one| one.token);
        let holds = world.ports.store.look(|state| {
            let is_held =
                |row: &JobRow| row.state == JobState::InProgress && row.lease_token == token;
            token.is_some() && state.job(id).is_some_and(is_held)
        });
        if holds {
            world.count("fault: isolate death");
            if let Some(invocation) = world.running.pop() {
                world.die(invocation);
            }
            return Ok(());
        }
        world.step(others.saturating_sub(1))?;
        if world.running.len() < others {
            break;
        }
    }
    Ok(())
}

/// A consumer has read a contact's features when they change; the job of the
/// change is done before it commits.
pub(super) fn overtake(world: &mut World) -> Failed {
    let contact = world.contact();
    produce::put_features_of(world, contact.clone())?;
    deliver::run(world)?;
    let polls = READ_POLLS + world.rng.below(3);
    let Some(slow) = begin_slow(world, polls)? else { return Ok(()) };
    produce::put_features_of(world, contact)?;
    deliver::run(world)?;
    world.consume(Origin::Jobs(QUEUE), BATCH_MAX);
    deliver::run(world)?;
    let is_slow = |one: &crate::engine::executor::Invocation| one.token == Some(slow);
    match world.running.iter().position(is_slow) {
        Some(nth) => world.finish_one(nth),
        None => Ok(()),
    }
}

/// A consumer that advances by so many port calls and then gets no turn.
fn begin_slow(
    world: &mut World,
    polls: usize,
) -> Result<Option<Uuid>, Box<crate::engine::Failure>> {
    if !world.consume(Origin::Jobs(QUEUE), BATCH_MAX) {
        return Ok(None);
    }
    let others = world.running.len();
    for _ in 0..polls {
        world.step(others.saturating_sub(1))?;
        if world.running.len() < others {
            return Ok(None);
        }
    }
    let slow = world.running.last_mut();
    Ok(slow.and_then(|one| {
        one.stalled = u8::MAX;
        one.token
    }))
}

/// The webhook refuses a lot of alerts, and an operator replays them when it
/// takes them again; or before.
pub(super) fn many_die(world: &mut World) -> Failed {
    world.count("fault: dependency refuses");
    world.set_outside(Health::Refusing(422));
    produce::enqueue_alerts(world)?;
    deliver::run(world)?;
    world.consume(Origin::Jobs(QUEUE), BATCH_MAX);
    deliver::run(world)?;
    if world.rng.chance(700) {
        world.set_outside(Health::Up);
    }
    operator::order_carefully(world)?;
    if world.rng.chance(500) {
        deliver::run(world)?;
        world.consume(Origin::Jobs(QUEUE), BATCH_MAX);
        deliver::run(world)?;
    }
    if world.rng.chance(300) { time::two_ticks(world) } else { deliver::step(world) }
}

/// A run of many dies in part, because a configuration cannot be read; somebody
/// mends that and retries it.
pub(super) fn a_run_dies_in_part(world: &mut World) -> Failed {
    let contact = world.contact();
    produce::put_features_of(world, contact)?;
    super::faults::spoil_config(world)?;
    operator::start_run(world)?;
    for _ in 0..3 {
        deliver::run(world)?;
        world.consume(Origin::Jobs(QUEUE), BATCH_MAX);
        deliver::run(world)?;
        time::tick(world)?;
    }
    produce::mend_configs(world);
    operator::retry_run(world)
}

/// One organization asks for more than its share, and for more than it may
/// have; where the limits are the deployed ones, for next to nothing.
pub(super) fn ask_for_a_lot(world: &mut World) -> Failed {
    let owner = world.owner();
    let times = if world.limits.is_some() { 3 } else { 1 };
    for _ in 0..times {
        produce::enqueue_scores_of(world, owner.clone())?;
    }
    time::tick(world)
}
