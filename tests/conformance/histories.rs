//! Random histories: what a seed says is done to both subjects, step by step,
//! and after each step their replies and all of their rows are equal. What no
//! scenario thought of is found here.

mod deeds;
mod draw;
mod ops;
mod replies;
mod sights;

use std::fmt::{Display, Formatter};

use mauntic_sim::store::Twin;
use mauntic_tests::say::say;

use self::draw::Draw;
use self::ops::Op;
use crate::dump::differences;
use crate::memory::Memory;
use crate::postgres::Postgres;
use crate::subject::World;

/// Steps of a history: enough for a job to be claimed, lost, set back, replayed
/// and retired among others.
const STEPS: usize = 80;

/// Histories of each of the two tests, sized to the time of `make test`; more
/// by `MAUNTIC_HISTORIES`.
const HISTORIES: u64 = 15;

/// Histories within which a rule that is left out must show.
const TWIN_SEEDS: u64 = 10;

/// Claims in a thousand that are not the job's own: seldom, so that histories
/// go on; where a twin is to be found often, because most rules are about them.
const STALE: u32 = 80;
const STALE_FOR_TWINS: u32 = 500;

/// What was done so far; said when the test stops.
struct History {
    seed: u64,
    steps: Vec<Op>,
}

impl Display for History {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "history of seed {}, up to the step that differs:", self.seed)?;
        let mut steps = self.steps.iter().enumerate();
        steps.try_for_each(|(n, step)| writeln!(f, "{n:3}: {step:?}"))
    }
}

impl Drop for History {
    /// A constraint that the double was made to break ends the test by itself.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{self}");
        }
    }
}

/// Does a history on both; the first difference, if there is one.
async fn differs(seed: u64, twin: Twin) -> Option<String> {
    let stale = if twin == Twin::None { STALE } else { STALE_FOR_TWINS };
    let mut memory = World::<Memory>::new().await;
    memory.subject.store.set_twin(twin);
    let mut postgres = World::<Postgres>::new().await;
    let mut draw = Draw::new(seed, stale);
    let mut history = History { seed, steps: Vec::new() };
    for step in 0..STEPS {
        let op = draw.next(&memory);
        history.steps.push(op.clone());
        let expected = op.clone().apply(&mut memory).await;
        let ids = op.clone().translated(&mut memory.labels, &postgres.labels);
        let found = ids.apply(&mut postgres).await;
        // The rows first: they name the ids that a reply tells.
        let rows = differences(&memory.dump().await, &postgres.dump().await);
        let (left, right) = (memory.reply(&expected), postgres.reply(&found));
        if left != right || !rows.is_empty() {
            let rows = rows.join("\n");
            return Some(format!(
                "{history}step {step} differs: {op:?}\n\
                 reply in memory:     {left}\nreply in PostgreSQL: {right}\n{rows}"
            ));
        }
    }
    None
}

/// How many, unless the environment says otherwise.
fn histories() -> u64 {
    let asked = std::env::var("MAUNTIC_HISTORIES").ok();
    asked.map_or(HISTORIES, |count| count.parse().expect("MAUNTIC_HISTORIES is a number"))
}

async fn assert_equal(what: &str, seeds: impl Iterator<Item = u64>) {
    let mut equal = 0;
    for seed in seeds {
        if let Some(difference) = differs(seed, Twin::None).await {
            panic!("{difference}");
        }
        equal += 1;
    }
    say(format_args!("{equal} histories of {what} seeds, {STEPS} steps each: equal after each"));
}

#[tokio::test]
async fn both_are_equal_after_every_step_of_even_seeds() {
    assert_equal("even", (0..histories()).map(|n| 2 * n)).await;
}

#[tokio::test]
async fn both_are_equal_after_every_step_of_odd_seeds() {
    assert_equal("odd", (0..histories()).map(|n| 2 * n + 1)).await;
}

/// What the histories are worth: a protocol with one rule left out is found.
#[tokio::test]
async fn a_twin_with_one_rule_left_out_is_found() {
    for twin in [
        Twin::ClaimWithoutFence,
        Twin::EffectApartFromCompletion,
        Twin::GuardWithoutState,
        Twin::ClaimSpendsBudget,
    ] {
        let mut seeds = 0..TWIN_SEEDS;
        let found = loop {
            match seeds.next() {
                Some(seed) if differs(seed, twin).await.is_some() => break Some(seed),
                Some(_) => {}
                None => break None,
            }
        };
        let seed = found.unwrap_or_else(|| panic!("{twin:?} passes {TWIN_SEEDS} histories"));
        say(format_args!("{twin:?}: found by the history of seed {seed}"));
    }
}
