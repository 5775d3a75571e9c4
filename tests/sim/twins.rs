//! Broken twins of the protocol: each leaves one rule out, and the simulator
//! must miss it. The healthy protocol passes the very same seeds.

use mauntic_sim::engine::{Outcome, Settings, run_seed};
use mauntic_sim::store::Twin;
use mauntic_tests::say::say;

/// Seeds within which a broken twin must be found.
const SEEDS: u64 = 1_000;

fn first_failure(twin: Twin) -> Option<Outcome> {
    let settings = Settings { twin, ..Settings::default() };
    (1..=SEEDS).map(|seed| run_seed(seed, &settings)).find(|outcome| outcome.failure.is_some())
}

fn is_missed(twin: Twin) {
    let found = first_failure(twin).unwrap_or_else(|| panic!("{twin:?} passes {SEEDS} seeds"));
    let failure = found.failure.unwrap();
    say(format_args!(
        "{twin:?}: seed {} misses {}: {}",
        found.seed, failure.invariant, failure.detail
    ));
    for seed in 1..=found.seed {
        let healthy = run_seed(seed, &Settings::default());
        assert_eq!(healthy.failure, None, "the healthy protocol, seed {seed}");
    }
}

#[test]
fn a_claim_without_a_fence_is_missed() {
    is_missed(Twin::ClaimWithoutFence);
}

#[test]
fn an_effect_apart_from_its_completion_is_missed() {
    is_missed(Twin::EffectApartFromCompletion);
}

#[test]
fn a_guard_without_state_is_missed() {
    is_missed(Twin::GuardWithoutState);
}

#[test]
fn a_budget_spent_by_claiming_is_missed() {
    is_missed(Twin::ClaimSpendsBudget);
}

#[test]
fn a_replay_apart_from_its_row_is_missed() {
    is_missed(Twin::ReplayApartFromItsRow);
}

#[test]
fn an_act_without_its_answer_is_missed() {
    is_missed(Twin::ActWithoutAnswer);
}

#[test]
fn canaries_that_nobody_watches_are_missed() {
    is_missed(Twin::CanariesUnwatched);
}
