//! The lines, each with its bound and whether it holds, and what a million
//! contacts cost by published prices.

use std::process::ExitCode;
use std::time::Duration;

use mauntic_domain::jobs::events::EVENTS_MAX;

use crate::ingest::Ingested;
use crate::kept::Lines;
use crate::told::Told;

/// Bounds of a recompute in terms of plain SQL's time, by chunks in flight.
const ONE_IN_FLIGHT_MAX: f64 = 1.2;
const TWO_IN_FLIGHT_MAX: f64 = 0.8;

/// Most memory of the isolate, in bytes.
const MEMORY_MAX: i64 = 64 * 1024 * 1024;

/// Most queue operations a chunk: its message is written, read and deleted.
const OPERATIONS_PER_CHUNK: i64 = 3;

/// Most round trips of a batch.
const ROUND_TRIPS_MAX: u64 = 4;

/// Events a second that must be sustained, less what a clock may be off.
const EVENTS_PER_SEC_MIN: f64 = 990.0;

/// Published prices in dollars, of November 2026: Cloudflare Queues an operation,
/// Workers a request and a millisecond of CPU, Neon a CU-hour on its Launch plan.
const QUEUE_OPERATION: f64 = 0.40 / 1e6;
const WORKER_REQUEST: f64 = 0.30 / 1e6;
const WORKER_CPU_MS: f64 = 0.02 / 1e6;
const NEON_CU_HOUR: f64 = 0.106;

/// What the database's two cores here count for: a CU has a quarter to a whole
/// core, so this is more than the run needs.
const CUS: f64 = 2.0;

/// A run of the recompute.
pub(crate) struct Recomputed {
    pub(crate) took: Duration,
    pub(crate) chunks: i64,
    /// Messages sent, as the jobs' rows count them.
    pub(crate) messages: i64,
    pub(crate) memory_bytes: i64,
    pub(crate) cpu_ms: u64,
    /// Jobs done, and in all.
    pub(crate) done: (i32, i32),
    pub(crate) told: Told,
}

/// What was found so far.
pub(crate) struct Report(Lines);

impl Report {
    pub(crate) fn begin(server: &str) -> Self {
        Self(Lines::begin("Scoring", server))
    }

    fn line(&mut self, what: &str, measured: &str, bound: &str, holds: bool) {
        self.0.line(what, measured, bound, holds);
    }

    pub(crate) fn recompute(
        &mut self,
        contacts: i64,
        plain: Duration,
        one: &Recomputed,
        two: &Recomputed,
    ) {
        for (name, run, most) in
            [("one chunk", one, ONE_IN_FLIGHT_MAX), ("two chunks", two, TWO_IN_FLIGHT_MAX)]
        {
            let ratio = run.took.as_secs_f64() / plain.as_secs_f64();
            self.line(
                &format!("recompute of {contacts} contacts with 3 signals, {name} in flight"),
                &format!("{:.1?} beside {plain:.1?} of plain SQL: {ratio:.2} ×", run.took),
                &format!("at most {most:.1} ×"),
                ratio <= most && run.done.0 == run.done.1,
            );
        }
        let memory = one.memory_bytes.max(two.memory_bytes);
        let mib = memory as f64 / 1024.0 / 1024.0;
        self.line(
            "memory of the instance",
            &format!("{mib:.0} MiB"),
            "under 64 MiB",
            memory < MEMORY_MAX,
        );
        let operations = one.messages * OPERATIONS_PER_CHUNK;
        self.line(
            "queue operations",
            &format!("{operations} for {} chunks and their planner", one.chunks),
            "at most 3 a job",
            operations <= (one.chunks + 1) * OPERATIONS_PER_CHUNK,
        );
        let Told { events, messages } = one.told;
        self.line(
            "messages to whoever listens",
            &format!("{messages} for {events} domain events"),
            "one per 100 events",
            messages <= events.div_ceil(EVENTS_MAX),
        );
        self.cost(contacts, one);
    }

    fn cost(&mut self, contacts: i64, run: &Recomputed) {
        let per_million = 1e6 / contacts as f64;
        let told = i64::try_from(run.told.messages).unwrap_or(i64::MAX);
        let operations = ((run.messages + told) * OPERATIONS_PER_CHUNK) as f64 * per_million;
        let requests = run.messages as f64 * per_million;
        let cpu_ms = run.cpu_ms as f64 * per_million;
        let hours = run.took.as_secs_f64() / 3_600.0 * per_million;
        let dollars = operations * QUEUE_OPERATION
            + requests * WORKER_REQUEST
            + cpu_ms * WORKER_CPU_MS
            + hours * CUS * NEON_CU_HOUR;
        let measured = format!(
            "{operations:.0} queue operations with those of a listener, {cpu_ms:.0} ms of CPU, {:.0} s of a database of \
             {CUS:.0} CU: ${dollars:.5}",
            hours * 3_600.0
        );
        self.line("cost of a million contacts", &measured, "told", true);
    }

    pub(crate) fn single(&mut self, rates: &[(usize, f64)], round_trips: u64) {
        for (parallel, rate) in rates {
            let what = format!("single scores, batches of 100, {parallel} invocations at once");
            self.line(&what, &format!("{rate:.0} jobs/s"), "told", true);
        }
        self.line(
            "round trips of a batch of 100 single scores",
            &round_trips.to_string(),
            "at most 4",
            round_trips <= ROUND_TRIPS_MAX,
        );
    }

    pub(crate) fn ingest(&mut self, ingested: &Ingested) {
        let at = |percent: usize| {
            let place = (ingested.latencies.len() * percent).div_ceil(100).saturating_sub(1);
            ingested.latencies.get(place).copied().unwrap_or_default().as_millis()
        };
        self.line(
            "events by HTTP, 100 a request, for a minute",
            &format!(
                "{:.0} events/s, {} of {} taken in, answered after {} ms (p50), {} ms (p99)",
                ingested.events_per_sec,
                ingested.accepted,
                ingested.asked,
                at(50),
                at(99)
            ),
            "1,000 events/s",
            ingested.events_per_sec >= EVENTS_PER_SEC_MIN && ingested.accepted == ingested.asked,
        );
    }

    /// Whether every bound holds, as the process's end.
    pub(crate) fn verdict(&self) -> ExitCode {
        self.0.verdict()
    }

    /// Keeps it, as the process's end.
    pub(crate) fn end(self) -> ExitCode {
        self.0.end(&format!(
            "The rival is one statement in one session (`tests/bench/scoring/plain.sql`), the \
             best of three. The cost counts {QUEUE_OPERATION:.7} dollars a queue operation, \
             {WORKER_REQUEST:.7} a request, {WORKER_CPU_MS:.8} a millisecond of CPU (Cloudflare) and \
             {NEON_CU_HOUR} a CU-hour (Neon, Launch), without what plans include."
        ))
    }
}
