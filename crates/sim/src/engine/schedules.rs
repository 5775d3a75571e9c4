//! The schedules that the simulator judges: the registry's own that this build
//! can do, and made-up ones of the other policies.

use mauntic_domain::schedules::{
    Cron, Effective, Flag, Missed, Overlap, REGISTRY, Schedule, Settings, SkipReason, effective,
};

/// A made-up schedule of the one type that needs no data.
const fn made_up(
    job_key: &'static str,
    cron: &'static str,
    overlap: Overlap,
    missed: Missed,
    groups: u16,
) -> Schedule {
    Schedule {
        job_key,
        cron,
        message: "scoring.BatchRecompute",
        flag: Flag::Scoring,
        overlap,
        missed,
        groups,
        owner: "simulator",
        description: "Made up.",
    }
}

/// Staggered, dense and rare ones that the registry does not have.
pub const MADE_UP: [Schedule; 3] = [
    made_up("made-up-staggered", "0,30 * * * *", Overlap::Skip, Missed::Latest, 2),
    made_up("made-up-dense", "*/5 * * * *", Overlap::Allow, Missed::All(3), 1),
    made_up("made-up-monthly", "15 3 L * *", Overlap::Allow, Missed::All(2), 1),
];

/// All of the registry and the made-up ones; `is_available` says for which the
/// build has the logic.
#[must_use]
pub fn all(is_available: impl Fn(&Schedule) -> bool) -> Vec<Effective> {
    let of = |schedule: &Schedule| {
        let skip = (!is_available(schedule)).then_some(SkipReason::NotAvailable);
        let cron = Cron::parse(schedule.cron).ok()?;
        Some(Effective { schedule: *schedule, market: None, cron, skip })
    };
    REGISTRY.iter().chain(&MADE_UP).filter_map(of).collect()
}

/// A few of them: enough for every policy, and quickly judged.
pub(super) fn of_the_simulator() -> Vec<Effective> {
    const KEYS: [&str; 4] =
        ["scoring-batch-recompute", "scoring-alert-expiry", "made-up-staggered", "made-up-dense"];
    let mut few = all(|schedule| schedule.message == "scoring.BatchRecompute");
    few.retain(|one| KEYS.contains(&one.schedule.job_key));
    few.extend(of_a_market());
    few
}

/// A market's night, which begins between the dense ones.
fn of_a_market() -> Option<Effective> {
    let settings =
        Settings { market_crons: Some("M0 = 2 */3 * * *".to_owned()), ..Settings::default() };
    let all = effective(&REGISTRY, &settings).ok()?;
    all.into_iter().find(|one| one.market.is_some())
}
