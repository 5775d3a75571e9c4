//! Analytics: roll-ups of times that are over, once more.

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use mauntic_domain::analytics::RollUp;
use mauntic_domain::schedules::Cron;
use serde_json::{Value, json};

use crate::failure::Usage;
use crate::http::{Noun, Request, path};
use crate::output::{Columns, Output};
use crate::{arguments, clock};

/// Most jobs of one call: a thousand hours are six weeks, and a thousand requests
/// some minutes.
const JOBS_MAX: usize = 1_000;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Count again what was counted at each nominal time of a job: the hour, day or
    /// month before it.
    Backfill(Backfill),
}

#[derive(clap::Args)]
pub(crate) struct Backfill {
    /// The job: aggregate-hourly, generate-daily-reports, monthly-usage-summary,
    /// score-distribution or enrichment-metrics.
    #[arg(value_parser = roll_up)]
    job: RollUp,
    /// The first nominal time: RFC 3339, or a day.
    #[arg(long, value_parser = arguments::moment)]
    from: DateTime<Utc>,
    /// Nominal times before this.
    #[arg(long, value_parser = arguments::moment)]
    to: DateTime<Utc>,
    /// Why, for the audit.
    #[arg(long)]
    reason: Option<String>,
}

const COLUMNS: Columns = &[
    ("NOMINAL", "/nominal"),
    ("COUNTS FROM", "/from"),
    ("UNTIL", "/until"),
    ("JOB", "/jobId"),
    ("STATE", "/state"),
    ("CREATED", "/created"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    let Command::Backfill(args) = noun.verb;
    // What is wrong with the times shows before anybody is asked for a key.
    let times = args.times(clock::now()?)?;
    let api = noun.api.api()?;
    let mut jobs = Vec::with_capacity(times.len());
    for (n, time) in times.iter().enumerate() {
        let done = || {
            let all = times.len();
            format!("{n} of {all} jobs are enqueued; the same call again enqueues the others")
        };
        let mut job = api.call(args.request(*time)).await.with_context(done)?;
        if let Some(fields) = job.as_object_mut() {
            let period = args.job.period(*time);
            for (name, time) in [("nominal", *time), ("from", period.start), ("until", period.end)]
            {
                fields.insert(name.to_owned(), json!(shown(time)));
            }
        }
        jobs.push(job);
    }
    output.list(&json!({ "jobs": jobs }), "jobs", COLUMNS)
}

impl Backfill {
    /// The nominal times, judged at this moment.
    fn times(&self, now: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>, Usage> {
        let (from, to) = (self.from, self.to);
        if from >= to {
            return Err(Usage("--to must be after --from".to_owned()));
        }
        let cron = self.job.cron();
        let cron = cron.ok_or_else(|| Usage("no schedule names times for it".to_owned()))?;
        let times: Vec<_> = times(&cron, from, to).take(JOBS_MAX + 1).collect();
        let Some(last) = times.last() else {
            return Err(Usage(format!("its schedule, {cron}, names no time in between")));
        };
        if times.len() > JOBS_MAX {
            return Err(Usage(format!("there are more than {JOBS_MAX} times in between")));
        }
        let is_dropped = |time: &&DateTime<Utc>| self.job.window_kept(**time, now).is_none();
        if let Some(first) = times.first().filter(is_dropped) {
            let first = shown(*first);
            let told = format!("what {first} counts is deleted, or will be; begin later");
            return Err(Usage(told));
        }
        if *last > now {
            let last = shown(*last);
            return Err(Usage(format!("{last} is not over: nothing can be counted for it yet")));
        }
        Ok(times)
    }

    /// Enqueues the job of a time.
    fn request(&self, nominal: DateTime<Utc>) -> Request {
        let queue = self.job.job_type().queue().name();
        let request =
            Request::post(path("queues/", queue, "/messages"), message(self.job, nominal));
        request.with("reason", self.reason.as_deref())
    }
}

/// The message of a time; under its key the job exists once.
fn message(job: RollUp, nominal: DateTime<Utc>) -> Value {
    let nominal = shown(nominal);
    json!({
        "type": job.name(),
        "data": { "nominal": nominal },
        "idempotencyKey": format!("backfill:{nominal}"),
    })
}

/// The times that an expression names from one moment until before another.
fn times(
    cron: &Cron,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> impl Iterator<Item = DateTime<Utc>> {
    let first = if cron.contains(from) { Some(from) } else { cron.next_after(from) };
    let all = std::iter::successors(first, |time| cron.next_after(*time));
    all.take_while(move |time| *time < to)
}

/// As messages and rows have it.
fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A roll-up by its type of job, with or without its context.
fn roll_up(text: &str) -> Result<RollUp, String> {
    let names = |of: &RollUp| {
        let name = of.name();
        name == text || name.strip_prefix("analytics.") == Some(text)
    };
    let known = || RollUp::ALL.map(RollUp::name).join(", ");
    RollUp::ALL
        .into_iter()
        .find(names)
        .ok_or_else(|| format!("counts nothing; there are {}", known()))
}

#[cfg(test)]
mod tests {
    use mauntic_domain::jobs::Queue;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        arguments::moment(text).unwrap()
    }

    fn judged(job: &str, from: &str, to: &str) -> Result<Vec<String>, String> {
        let job = roll_up(job).unwrap();
        let args = Backfill { job, from: at(from), to: at(to), reason: None };
        let times = args.times(at("2026-11-30T12:30:00Z")).map_err(|usage| usage.to_string())?;
        Ok(times.into_iter().map(shown).collect())
    }

    #[test]
    fn a_job_is_known_with_and_without_its_context() {
        for of in RollUp::ALL {
            assert_eq!(roll_up(of.name()), Ok(of));
            assert_eq!(roll_up(of.name().strip_prefix("analytics.").unwrap()), Ok(of));
        }
        for other in ["", "analytics.", "analytics.probe", "Aggregate-Hourly"] {
            assert!(roll_up(other).unwrap_err().contains("analytics.aggregate-hourly"));
        }
    }

    #[test]
    fn times_are_those_of_the_schedule_from_the_one_until_before_the_other() {
        for (job, from, to, expected) in [
            (
                "aggregate-hourly",
                "2026-11-30T10:00:00Z",
                "2026-11-30T12:00:00Z",
                &["2026-11-30T10:00:00Z", "2026-11-30T11:00:00Z"][..],
            ),
            (
                "aggregate-hourly",
                "2026-11-30T10:00:01Z",
                "2026-11-30T12:00:01Z",
                &["2026-11-30T11:00:00Z", "2026-11-30T12:00:00Z"],
            ),
            ("generate-daily-reports", "2026-11-29", "2026-11-30", &["2026-11-29T02:00:00Z"]),
            (
                "monthly-usage-summary",
                "2026-09-02",
                "2026-11-30",
                &["2026-10-01T03:00:00Z", "2026-11-01T03:00:00Z"],
            ),
        ] {
            let expected = expected.iter().map(|time| (*time).to_owned()).collect();
            assert_eq!(judged(job, from, to), Ok(expected), "{job} {from} {to}");
        }
    }

    #[test]
    fn what_cannot_be_counted_is_not_sent() {
        for (job, from, to, why) in [
            ("aggregate-hourly", "2026-11-30", "2026-11-29", "after --from"),
            ("aggregate-hourly", "2026-11-30", "2026-11-30", "after --from"),
            ("aggregate-hourly", "2026-11-30T10:01:00Z", "2026-11-30T10:59:00Z", "no time"),
            ("aggregate-hourly", "2026-11-30T12:00:00Z", "2026-11-30T13:01:00Z", "not over"),
            ("aggregate-hourly", "2026-10-01", "2026-11-30", "more than 1000"),
            // On 30 November, 400 days ago was in October of the year before.
            (
                "generate-daily-reports",
                "2025-09-30",
                "2025-10-02",
                "2025-09-30T02:00:00Z counts is deleted",
            ),
            ("score-distribution", "2026-11-30", "2026-12-02", "2026-12-01T04:00:00Z is not over"),
        ] {
            let told = judged(job, from, to).unwrap_err();
            assert!(told.contains(why), "{job} {from} {to}: {told}");
        }
    }

    #[test]
    fn a_time_has_one_message_with_one_key() {
        let wanted = json!({
            "type": "analytics.aggregate-hourly",
            "data": {"nominal": "2026-02-19T10:00:00Z"},
            "idempotencyKey": "backfill:2026-02-19T10:00:00Z",
        });
        let message = message(RollUp::AggregateHourly, at("2026-02-19T10:00:00Z"));
        assert_eq!(message, wanted);
        let read = mauntic_domain::jobs::decode(Queue::AnalyticsJobs, &message.to_string());
        assert!(read.is_ok(), "{read:?}");
    }
}
