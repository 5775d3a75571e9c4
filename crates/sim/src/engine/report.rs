//! What many seeds came to: how often everything happened, and who failed.

use std::collections::BTreeMap;
use std::fmt;

use super::failure::Failure;

/// Faults that must have happened, and what only several of them together bring
/// about, or the simulator proves nothing about them.
pub const FAULTS: [&str; 55] = [
    "dead letter: isolate_killed",
    "events refused",
    "events repeated",
    "events taken in",
    "fault: asked again under one key",
    "fault: backlog full",
    "fault: clock jump",
    "fault: configuration unreadable",
    "fault: database away",
    "fault: dependency down",
    "fault: dependency refuses",
    "fault: dependency's answer lost",
    "fault: double fire",
    "fault: duplicate delivery",
    "fault: expression changed",
    "fault: fired off its time",
    "fault: host clock wrong",
    "fault: isolate death",
    "fault: isolate death, jobs held",
    "fault: message given up",
    "fault: message lost",
    "fault: months pass",
    "fault: partial acknowledgement",
    "fault: poison",
    "fault: provider refuses",
    "fault: reordered",
    "fault: result corrected",
    "fault: schema out of range",
    "fault: stalled",
    "fault: two ticks at once",
    "port fault: answer_lost",
    "port fault: contended",
    "port fault: fail",
    "port fault: letters_lost",
    "port fault: locked",
    "port fault: lost",
    "port fault: unsure",
    "port fault at COMMIT: answer_lost",
    "port fault at COMMIT: contended",
    "port fault at COMMIT: lost",
    "queue: doubled",
    "queue: late",
    "queue: lost",
    "released by replays of many",
    "replay of many: stopped",
    "runs completed by a retry",
    "settlements: applied",
    "settlements: corrected",
    "settlements: skipped",
    "settlements: superseded",
    "superseded scores",
    "verifications: noop",
    "verifications: planned",
    "verifications: retry",
    "verifications: settled",
];

/// What one seed came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// How often everything happened.
    pub counts: BTreeMap<String, u64>,
    /// What happened, operation by operation, where it was asked for.
    pub trace: Vec<String>,
    /// What did not hold.
    pub failure: Option<Failure>,
}

/// What many seeds came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Seeds that were run.
    pub seeds: u64,
    /// Operations a seed.
    pub ops: usize,
    /// How often everything happened.
    pub counts: BTreeMap<String, u64>,
    /// The seeds that failed, the smallest first, at most [`FAILURES_MAX`].
    pub failures: Vec<(u64, Failure)>,
    /// How many failed.
    pub failed: u64,
}

/// Most failures that are kept.
pub const FAILURES_MAX: usize = 10;

impl Report {
    /// Adds a seed.
    pub fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        for (what, many) in outcome.counts {
            *self.counts.entry(what).or_default() += many;
        }
        if let Some(failure) = outcome.failure {
            self.failed += 1;
            self.failures.push((outcome.seed, failure));
            self.failures.sort_by_key(|(seed, _)| *seed);
            self.failures.truncate(FAILURES_MAX);
        }
    }

    /// Adds what another thread ran.
    pub fn merge(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.failed += other.failed;
        for (what, many) in other.counts {
            *self.counts.entry(what).or_default() += many;
        }
        self.failures.extend(other.failures);
        self.failures.sort_by_key(|(seed, _)| *seed);
        self.failures.truncate(FAILURES_MAX);
    }

    /// Faults that happened less than `least` times.
    #[must_use]
    pub fn rare_faults(&self, least: u64) -> Vec<(&'static str, u64)> {
        let many = |fault: &&'static str| self.counts.get(*fault).copied().unwrap_or(0);
        FAULTS.iter().map(|fault| (*fault, many(fault))).filter(|(_, m)| *m < least).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} seeds of {} operations", self.seeds, self.ops)?;
        for (what, many) in &self.counts {
            writeln!(f, "{many:>12}  {what}")?;
        }
        for (seed, failure) in &self.failures {
            writeln!(f, "\nseed {seed} fails: {}\n  {}", failure.invariant, failure.detail)?;
            for line in &failure.told {
                writeln!(f, "    {line}")?;
            }
            writeln!(
                f,
                "replay: cargo run -q -p mauntic-cli -- sim run --seed {seed} --ops {} --trace",
                self.ops
            )?;
        }
        write!(f, "{} of {} seeds failed", self.failed, self.seeds)
    }
}
