//! Ten thousand seeds, and that a seed is one history.

use mauntic_sim::engine::{FAULTS, Settings, run_seed, run_seeds};
use mauntic_tests::say::say;

/// Seeds of an ordinary run; `make soak` runs a hundred times as many.
const SEEDS: u64 = 10_000;

/// How often each fault must have happened, or nothing is proved about it.
const FAULT_MIN: u64 = 1_000;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[test]
fn every_seed_keeps_every_invariant() {
    let report = run_seeds(1, SEEDS, threads(), &Settings::default());
    say(&report);
    assert_eq!(report.failed, 0, "see above");
    assert_eq!(report.seeds, SEEDS);
    assert_eq!(report.rare_faults(FAULT_MIN), [], "of {} faults", FAULTS.len());
}

#[test]
fn a_seed_is_one_history() {
    let settings = Settings { is_traced: true, ..Settings::default() };
    for seed in [1, 2, 3, 77, 4_711, u64::MAX] {
        let (once, again) = (run_seed(seed, &settings), run_seed(seed, &settings));
        assert_eq!(once.trace, again.trace, "seed {seed}");
        assert_eq!(once.counts, again.counts, "seed {seed}");
        assert!(once.trace.len() > settings.ops, "the trace tells every operation");
    }
}
