//! Every operation of the API and every verb of the command, once for real: one
//! system for all of either, and named steps on it. A step's name stands in the
//! table beside what it shows; that the tables are complete, and that each step
//! did what it is listed for, is held at the end.

mod api;
mod cli;
pub(crate) mod given;

use std::collections::BTreeSet;

pub(crate) use mauntic_tests::night;

/// The schedule that runs by hand.
const SCHEDULE: &str = "scoring-batch-recompute";

const BREAKER: &str = "alert_webhook";

/// The id of nothing.
pub(crate) const NOTHING: &str = "01980000-0000-7000-8000-000000000006";

/// Runs steps in their order, each under its name.
macro_rules! steps {
    ($world:expr; $($step:path,)*) => {
        $($world.enter(stringify!($step)); $step(&mut $world).await;)*
    };
}
use steps;

/// What a step did: its name, and the operation or verb.
type Done<T> = BTreeSet<(&'static str, T)>;

/// Each line of a table was done by the step that it names, and the table has
/// what there is, no more and no less.
fn is_complete<T: Copy + Ord + std::fmt::Debug>(
    table: &[(T, &'static str)],
    there: &BTreeSet<T>,
    done: &Done<T>,
) {
    let listed: BTreeSet<T> = table.iter().map(|(what, _)| *what).collect();
    assert_eq!(listed.len(), table.len(), "a line stands twice");
    let missing: Vec<_> = there.difference(&listed).collect();
    let unknown: Vec<_> = listed.difference(there).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "not listed {missing:?}, gone {unknown:?}");
    let undone = table.iter().filter(|(what, step)| !done.contains(&(step, *what)));
    let undone: Vec<_> = undone.collect();
    assert!(undone.is_empty(), "not done by its step: {undone:#?}");
}
