//! Running seeds: one, or many on several threads.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use mauntic_domain::jobs::JobType;
use mauntic_domain::scoreboard::EntryStatus;

use super::failure::{Failed, Failure};
use super::report::{Outcome, Report};
use super::world::World;
use super::{checks, ops};
use crate::faults::Call;
use crate::store::Twin;
use crate::store::rows::JobRow;

/// How a seed is run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Operations before the drain.
    pub ops: usize,
    /// The protocol, or a broken one.
    pub twin: Twin,
    /// Whether every operation is told, not only the last ones.
    pub is_traced: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ops: 200, twin: Twin::None, is_traced: false }
    }
}

/// Runs one seed: the same one always comes to the same.
#[must_use]
pub fn run_seed(seed: u64, settings: &Settings) -> Outcome {
    let mut world = World::new(seed, settings.twin, settings.is_traced);
    // The double ends with a constraint's name where PostgreSQL would refuse.
    let outcome = catch_unwind(AssertUnwindSafe(|| live(&mut world, settings.ops)));
    let failure = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some(*failure),
        Err(panic) => Some(Failure {
            invariant: "the schema's constraints hold, and nothing panics",
            detail: said(panic.as_ref()),
            told: Vec::new(),
        }),
    };
    let counts = counted(&world);
    let failure = failure.map(|failure| world.failure(failure));
    let trace = if settings.is_traced { world.trace.into_iter().collect() } else { Vec::new() };
    Outcome { seed, counts, trace, failure }
}

/// How often everything happened.
fn counted(world: &World) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<String, u64> =
        world.counts.iter().map(|(what, many)| ((*what).to_owned(), *many)).collect();
    for ((fault, call), many) in world.ports.faults.applied() {
        *counts.entry(format!("port fault: {fault}")).or_default() += many;
        if call == Call::Commit {
            *counts.entry(format!("port fault at COMMIT: {fault}")).or_default() += many;
        }
    }
    for (what, many) in world.ports.queues.counts() {
        *counts.entry(format!("queue: {what}")).or_default() += many;
    }
    for ((event, _), many) in world.ports.host.counts() {
        *counts.entry(format!("said: {event}")).or_default() += many;
    }
    let log = world.ports.store.look(|state| state.log().clone());
    for (what, many) in [
        ("effects committed", log.commits),
        ("effects that the fence ended", log.fence_lost),
        ("leases taken over", log.leases_expired),
        ("scores written", log.scores_written),
        ("scores superseded", log.superseded),
    ] {
        *counts.entry(format!("store: {what}")).or_default() += many;
    }
    for letter in world.ports.store.letters() {
        *counts.entry(format!("dead letter: {}", letter.reason)).or_default() += 1;
    }
    for row in world.ports.store.look(|state| state.replays().clone()).values() {
        *counts.entry(format!("replay of many: {}", row.status.as_str())).or_default() += 1;
    }
    settlements(world, &mut counts);
    verifications(world, &mut counts);
    let mut occurrences: BTreeMap<&'static str, u64> = BTreeMap::new();
    world.ports.store.look(|state| {
        state
            .occurrences()
            .values()
            .for_each(|row| *occurrences.entry(row.outcome).or_default() += 1);
    });
    for (outcome, many) in occurrences {
        *counts.entry(format!("occurrence: {outcome}")).or_default() += many;
    }
    counts
}

/// What became of settlements.
fn settlements(world: &World, counts: &mut BTreeMap<String, u64>) {
    let mut count = |what: &str| *counts.entry(format!("settlements: {what}")).or_default() += 1;
    world.ports.store.look(|state| {
        for row in state.boards().ledger.values().flatten() {
            count(row.entry.status.name());
            if row.entry.status == EntryStatus::Applied && row.entry.previous.is_some() {
                count("corrected");
            }
        }
        let is_superseded = |row: &&JobRow| {
            let of = row.receipt.as_ref().and_then(|receipt| receipt.get("settlement"));
            of.is_some_and(|of| of == "superseded")
        };
        state.jobs().filter(is_superseded).for_each(|_| count("superseded"));
    });
}

/// What became of verifications.
fn verifications(world: &World, counts: &mut BTreeMap<String, u64>) {
    let mut count = |what: &str, many| {
        *counts.entry(format!("verifications: {what}")).or_default() += many;
    };
    world.ports.store.look(|state| {
        for row in state.boards().verifications.values() {
            count(row.reason.outcome().name(), 1);
        }
        let planned = |row: &JobRow| row.receipt.as_ref()?.get("planned")?.as_u64();
        let plans = |row: &&JobRow| row.type_name == JobType::ScheduleVerification.name();
        state.jobs().filter(plans).filter_map(planned).for_each(|many| count("planned", many));
    });
}

fn live(world: &mut World, ops: usize) -> Failed {
    for nth in 0..ops {
        ops::next(world, nth)?;
        checks::always(world, nth)?;
    }
    world.drain()?;
    checks::at_the_end(world)
}

/// What a panic says.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Runs `many` seeds from `first` on, on so many threads.
#[must_use]
pub fn run_seeds(first: u64, many: u64, threads: usize, settings: &Settings) -> Report {
    let next = AtomicU64::new(0);
    let work = || {
        let mut report = Report { ops: settings.ops, ..Report::default() };
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= many {
                return report;
            }
            report.add(run_seed(first.wrapping_add(nth), settings));
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut whole = Report { ops: settings.ops, ..Report::default() };
        for thread in running {
            match thread.join() {
                Ok(report) => whole.merge(report),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        whole
    })
}
