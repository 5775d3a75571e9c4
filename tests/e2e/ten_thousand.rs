//! The whole protocol against every fault at once, on the real thing: workerd
//! killed, PostgreSQL restarted, the connection cut at COMMIT, messages doubled
//! and batches handed over twice at once, one job that panics at every claim, a
//! webhook that goes away. The end is as if nothing had happened.

mod faults;
mod hand;
mod load;
mod verdict;
mod watch;

use std::time::Instant;

use mauntic_local::workers::Build;
use mauntic_tests::stack::Stack;

use faults::{Drive, ROUNDS};
use load::Load;

use crate::webhook::Webhook;

/// Jobs of a run of `make test`: a hundred full batches, about two minutes.
const JOBS: usize = 10_000;

/// Says another number, for a soak.
const JOBS_VARIABLE: &str = "MAUNTIC_E2E_JOBS";

/// Ends of leases come soon, but a batch that is done job by job still fits.
const LEASE_SECS: &str = "5";

fn jobs() -> usize {
    std::env::var(JOBS_VARIABLE).map_or(JOBS, |text| text.parse().expect("a number of jobs"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_jobs_have_their_effects_once_whatever_fails() {
    let webhook = Webhook::start();
    let vars = [
        ("FAULT_DUPLICATES", "true"),
        ("JOB_LEASE_SECONDS", LEASE_SECS),
        ("ENABLE_SCORING_CRON", "true"),
        ("ALERT_WEBHOOK_URL", &webhook.url()),
    ];
    let stack = Stack::start_behind_proxy(Build::FaultHooks, &vars).await;
    watch::install(&stack).await;
    let load = Load::prepare(&stack, jobs()).await;
    let mut drive = Drive::new(&stack, &webhook, load);
    let judged_from = drive.schedules_lie_behind().await;
    let started = Instant::now();
    for round in 0..ROUNDS {
        drive.round(round).await;
    }
    drive.drain().await;
    let elapsed = started.elapsed();
    let (load, counts) = drive.end();
    verdict::jobs_are_final(&stack, load.wanted()).await;
    verdict::effects_happened_once(&stack).await;
    verdict::scores_follow_the_rules(&stack, &load).await;
    verdict::runs_add_up(&stack).await;
    verdict::letters_are_single(&stack, &load).await;
    verdict::keys_stand_for_one_job(&stack, &load).await;
    verdict::alerts_were_told(&stack, &load, &webhook).await;
    verdict::times_were_judged_once(&stack, &judged_from).await;
    watch::tell(&stack, &counts, elapsed).await;
}
