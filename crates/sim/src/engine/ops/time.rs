//! Time, ticks and triggers.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::schedules::Cron;
use mauntic_flows::cron::{self, Fired};
use mauntic_flows::ports::PortError;

use crate::engine::executor::{Ended, Invocation};
use crate::engine::failure::Failed;
use crate::engine::schedules::of_the_simulator;
use crate::engine::world::World;

pub(super) fn pass(world: &mut World, time: TimeDelta) -> Failed {
    world.advance(time);
    if world.away_until.is_some_and(|until| until <= world.now()) {
        super::faults::end_outage(world);
    }
    Ok(())
}

pub(super) fn seconds(world: &mut World) -> Failed {
    let time = TimeDelta::milliseconds(world.between(0, 5_000));
    pass(world, time)
}

/// Longer than any lease: whoever holds a job by now is a zombie.
pub(super) fn a_lease(world: &mut World) -> Failed {
    let time = TimeDelta::seconds(world.between(60, 75));
    pass(world, time)
}

pub(super) fn minutes(world: &mut World) -> Failed {
    let time = TimeDelta::seconds(world.between(5, 1_200));
    world.count("fault: clock jump");
    pass(world, time)
}

pub(super) fn hours(world: &mut World) -> Failed {
    let time = TimeDelta::minutes(world.between(60, 480));
    world.count("fault: clock jump");
    pass(world, time)
}

/// Rarely: two days, or more than a job lives.
pub(super) fn days(world: &mut World) -> Failed {
    let days = match world.rng.below(10) {
        0 | 1 => 2,
        2 => 8,
        _ => return seconds(world),
    };
    world.count("fault: clock jump");
    pass(world, TimeDelta::days(days))
}

/// The host's clock is wrong; only the database's decides.
pub(super) fn host_jumps(world: &mut World) -> Failed {
    let ahead = TimeDelta::seconds(world.between(-3_600, 3_600));
    world.count("fault: host clock wrong");
    world.ports.clock.set_host_ahead(ahead);
    Ok(())
}

pub(super) fn tick(world: &mut World) -> Failed {
    if !world.is_full() {
        // While a deployment goes on, its old build ticks as well.
        let is_old = world.rng.chance(100);
        let schedules = if is_old { &world.schedules_before } else { &world.schedules };
        let schedules = schedules.clone();
        world.tick(schedules);
    }
    if world.rng.chance(500) {
        return super::deliver::run(world);
    }
    super::deliver::step(world)
}

pub(super) fn two_ticks(world: &mut World) -> Failed {
    world.count("fault: two ticks at once");
    for _ in 0..2 {
        let schedules = world.schedules.clone();
        world.tick(schedules);
    }
    super::deliver::step(world)
}

/// A deployment brings another expression for one of the schedules.
pub(super) fn change_expression(world: &mut World) -> Failed {
    const OTHERS: [&str; 6] =
        ["0 * * * *", "7,37 * * * *", "*/10 * * * *", "*/15 * * * *", "30 2 * * *", "1 1 L * *"];
    let (nth, now) = (world.rng.below(world.schedules.len()), world.now());
    let other = OTHERS.get(world.rng.below(OTHERS.len())).copied().unwrap_or("0 * * * *");
    let Ok(cron) = Cron::parse(other) else { return Ok(()) };
    world.schedules_before.clone_from(&world.schedules);
    let Some(one) = world.schedules.get_mut(nth).filter(|one| one.cron != cron) else {
        return Ok(());
    };
    one.cron = cron;
    let name = (one.job_key().into_owned(), other.to_owned());
    world.tell(format_args!("  {name:?}"));
    // An expression that comes back may still be in force.
    let is_original = of_the_simulator()
        .iter()
        .any(|one| one.job_key() == name.0.as_str() && one.cron.as_str() == name.1.as_str());
    if !is_original {
        world.model.deployed.entry(name).or_insert(now);
    }
    world.count("fault: expression changed");
    Ok(())
}

fn fired(world: &mut World, cron: String, nominal_at: DateTime<Utc>) {
    let (ports, schedules) = (world.ports.clone(), world.schedules.clone());
    world.begin(Invocation::new("cron", async move {
        let fired = Fired { cron, nominal_at };
        Ended::Fired(judged(cron::judge_all(&ports, &schedules, Some(&fired)).await))
    }));
}

fn judged(judged: Result<cron::Report, PortError>) -> Result<(), PortError> {
    judged.and_then(|report| report.error.map_or(Ok(()), Err))
}

/// A trigger fires at its time, or twice.
pub(super) fn fire(world: &mut World) -> Failed {
    let (cron, now) = (expression(world), world.now());
    let times = 1 + world.rng.below(2);
    if times > 1 {
        world.count("fault: double fire");
    }
    for _ in 0..times {
        fired(world, cron.clone(), now);
    }
    Ok(())
}

/// Late, early, much too early, backwards, or of an expression nobody has.
pub(super) fn fire_off(world: &mut World) -> Failed {
    let (mut cron, now) = (expression(world), world.now());
    let off = match world.rng.below(5) {
        0 => -TimeDelta::seconds(world.between(60, 7_200)),
        1 => TimeDelta::seconds(world.between(1, 60)),
        2 => TimeDelta::seconds(world.between(61, 7_200)),
        3 => -TimeDelta::days(world.between(1, 40)),
        _ => {
            "7 7 * * *".clone_into(&mut cron);
            TimeDelta::zero()
        }
    };
    world.count("fault: fired off its time");
    fired(world, cron, now + off);
    Ok(())
}

fn expression(world: &mut World) -> String {
    let nth = world.rng.below(world.schedules.len());
    world.schedules.get(nth).map_or_else(String::new, |one| one.cron.as_str().to_owned())
}
