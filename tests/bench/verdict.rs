//! Whether the benchmark passes.

use std::process::ExitCode;

use crate::figures::{Figures, MEASURES};
use crate::sizes::{BATCH_JUDGED, RATIO_GOAL, RATIO_MIN};

/// Says it, as the process's end.
pub(crate) fn verdict(figures: &Figures) -> ExitCode {
    let [jobs, ..] = &MEASURES;
    let ratio = figures.ratio(jobs, BATCH_JUDGED);
    let (words, code) = match ratio {
        ratio if ratio < RATIO_MIN => ("FAILED: fewer than the better peer's", ExitCode::FAILURE),
        ratio if ratio < RATIO_GOAL => ("passed, short of the goal", ExitCode::SUCCESS),
        _ => ("passed, the goal is reached", ExitCode::SUCCESS),
    };
    println!(
        "\njobs/s at batch {BATCH_JUDGED}: {ratio:.2} x the better peer's \
         (least {RATIO_MIN:.1}, goal {RATIO_GOAL:.1}): {words}"
    );
    code
}
