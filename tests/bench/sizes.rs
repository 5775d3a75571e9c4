//! How much of everything. Each number is large enough for its figure to hold
//! still (a pass is most of a second at full speed), and all together take less
//! than five minutes on two idle cores.

use std::str::FromStr;

/// Jobs a batch.
pub(crate) const BATCHES: [usize; 3] = [1, 10, 100];

/// The batch at which the verdict falls.
pub(crate) const BATCH_JUDGED: usize = 100;

/// Jobs of a pass, by batch.
const JOBS: [(usize, usize); 3] = [(1, 500), (10, 3_000), (100, 20_000)];

/// Jobs done before anything is timed.
pub(crate) const JOBS_WARM: usize = 2_000;

/// Batches of a pass that asks for latency, by batch.
const ROUNDS: [(usize, usize); 3] = [(1, 200), (10, 100), (100, 50)];

/// Batches of the pass that counts round trips.
pub(crate) const BATCHES_COUNTED: usize = 50;

/// Passes of each contender and batch; the median is printed.
const PASSES: usize = 3;

/// Calls of a producer under way at once, for every contender.
pub(crate) const PRODUCERS: usize = 4;

/// Jobs through workerd, by batch: a batch is an invocation with a connection of
/// its own, which takes 10 ms.
const JOBS_THROUGH_WORKERD: [(usize, usize); 3] = [(1, 200), (10, 1_000), (100, 5_000)];

/// Batches under way at once in workerd.
pub(crate) const INVOCATIONS: [usize; 2] = [1, 4];

/// Batches through workerd, one at a time, that tell the latency.
pub(crate) const ROUNDS_THROUGH_WORKERD: usize = 50;

/// Jobs through the local queue: 20 batches.
pub(crate) const JOBS_QUEUED: usize = 2_000;

/// Organizations that the jobs belong to: as many as may have all of their
/// messages out at once (20 × 2,000), and each far below its backlog's limit.
pub(crate) const ORGANIZATIONS: usize = 20;

/// Hundredths of the better peer's jobs a second: below the first the benchmark
/// fails, the second is the goal.
pub(crate) const RATIO_MIN: f64 = 1.0;
/// See [`RATIO_MIN`].
pub(crate) const RATIO_GOAL: f64 = 1.5;

/// Passes, unless `MAUNTIC_BENCH_PASSES` says otherwise.
pub(crate) fn passes() -> usize {
    from_environment("MAUNTIC_BENCH_PASSES", PASSES).max(1)
}

/// Jobs of a pass; `MAUNTIC_BENCH_JOBS` are those of the largest batch, and the
/// smaller ones' follow in proportion.
pub(crate) fn jobs(batch: usize) -> usize {
    let largest = of(&JOBS, BATCH_JUDGED);
    let wanted = from_environment("MAUNTIC_BENCH_JOBS", largest).max(BATCH_JUDGED);
    (of(&JOBS, batch) * wanted / largest).next_multiple_of(batch)
}

/// Batches of a pass that asks for latency.
pub(crate) fn rounds(batch: usize) -> usize {
    of(&ROUNDS, batch)
}

/// Jobs of a pass through workerd.
pub(crate) fn jobs_through_workerd(batch: usize) -> usize {
    of(&JOBS_THROUGH_WORKERD, batch)
}

fn of(sizes: &[(usize, usize)], batch: usize) -> usize {
    sizes.iter().find(|(of, _)| *of == batch).unwrap().1
}

fn from_environment<T: FromStr>(name: &str, usual: T) -> T {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}: not a number: {text}")),
        Err(_) => usual,
    }
}
