//! `queues tail`: follows what happens to the jobs of a queue by looking again
//! and again; what happens between two looks is told as one line.

use std::time::Duration;

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::Queue;
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use super::follow::{Follow, Transition, id_of};
use crate::arguments;
use crate::clock::{self, shown};
use crate::http::{Api, Request, is_passing, path};
use crate::output::{Output, cell, line};

/// Pages of 100 jobs that one look reads at most of what is new: 10,000 jobs
/// between two looks are told.
const NEW_PAGES_MAX: usize = 100;

/// Pages of 100 that one look reads of the unfinished, newest first.
const UNFINISHED_PAGES_MAX: usize = 5;

/// Further unfinished jobs that one look asks for by id.
const BY_ID_MAX: usize = 500;

/// Ids of one request.
const IDS_MAX: usize = 50;

const UNFINISHED: &str = "queued,in_progress,failed";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The queue, by its name in any environment.
    #[arg(value_parser = arguments::queue)]
    queue: Queue,
    /// Begin here instead of now: the cursor that an earlier `tail` left, or any
    /// time. What happened in the minute before it may be told again.
    #[arg(long, value_name = "CURSOR", value_parser = arguments::moment)]
    after: Option<DateTime<Utc>>,
    /// Time between two looks.
    #[arg(long, default_value = "2s", value_parser = arguments::span)]
    interval: Duration,
    /// End after this time.
    #[arg(long = "for", value_name = "SECS", value_parser = arguments::span)]
    during: Option<Duration>,
    /// End after so many lines; what the same look found is told as well.
    #[arg(long)]
    count: Option<usize>,
}

/// Ends by itself only where it is told to; a deployment that is away for a
/// while is waited for.
pub(super) async fn run(api: Api, args: Args, output: Output) -> anyhow::Result<()> {
    let mut tail = Tail { api, queue: args.queue, follow: Follow::default() };
    let started = Instant::now();
    let mut left = args.count.unwrap_or(usize::MAX);
    let mut cursor = args.after;
    let mut looks = interval(args.interval.max(Duration::from_millis(100)));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let following = async {
        match args.after {
            Some(cursor) => tail.follow = Follow::after(cursor),
            // What is there already is where it begins.
            None => {
                tail.look().await?;
                cursor = tail.follow.cursor();
            }
        }
        while left > 0 {
            looks.tick().await;
            let told = match tail.look().await {
                Ok(told) => told,
                Err(error) if is_passing(&error) => {
                    eprintln!("{error:#}");
                    continue;
                }
                Err(error) => return Err(error),
            };
            for (transition, untold) in told.iter().zip((0..told.len()).rev()) {
                // Whoever goes on after this line is told the others of the look.
                cursor = if untold == 0 { tail.follow.cursor() } else { cursor };
                print(transition, cursor, output)?;
            }
            left = left.saturating_sub(told.len());
        }
        Ok(())
    };
    let ended = async {
        match args.during {
            Some(during) => timeout_at(started + during, following).await.unwrap_or(Ok(())),
            None => following.await,
        }
    };
    let outcome = tokio::select! {
        outcome = ended => outcome,
        stopped = tokio::signal::ctrl_c() => stopped.map_err(Into::into),
    };
    if let Some(cursor) = cursor {
        eprintln!("go on with --after {}", shown(cursor));
    }
    outcome
}

struct Tail {
    api: Api,
    queue: Queue,
    follow: Follow,
}

impl Tail {
    /// One look; what it found changed. Nothing is noted of a look that failed.
    async fn look(&mut self) -> anyhow::Result<Vec<Transition>> {
        let mut found = self.newest().await?;
        found.extend(self.pages(Some(UNFINISHED), UNFINISHED_PAGES_MAX, |_| false).await?.0);
        found.sort_by_cached_key(id_of);
        found.dedup_by_key(|job| id_of(job));
        let asked = self.follow.unfinished(&found, BY_ID_MAX);
        for ids in asked.chunks(IDS_MAX) {
            let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            let answer = self
                .api
                .call(self.jobs().with("id", Some(list)).with("limit", Some(IDS_MAX)))
                .await?;
            let jobs = items(&answer);
            let is_gone = |id: &&uuid::Uuid| jobs.iter().all(|job| id_of(job) != Some(**id));
            ids.iter().filter(is_gone).for_each(|id| self.follow.forget(*id));
            found.extend(jobs);
        }
        Ok(self.follow.notice(&found)?)
    }

    /// Jobs that may be new.
    async fn newest(&self) -> anyhow::Result<Vec<Value>> {
        let mut follow = self.follow.clone();
        let is_first = follow.cursor().is_none();
        let is_enough = |page: &[Value]| {
            // Before anything is known the pages say what time it is.
            let is_known = !is_first || follow.notice(page).is_ok();
            is_known && page.iter().filter_map(id_of).any(|id| follow.is_behind(id))
        };
        let (found, is_all) = self.pages(None, NEW_PAGES_MAX, is_enough).await?;
        if !is_all {
            eprintln!("more than {} jobs at once; older ones are left out", found.len());
        }
        Ok(found)
    }

    /// Pages of the queue's jobs, newest first, until one is enough; whether
    /// that or the end was reached.
    async fn pages(
        &self,
        state: Option<&str>,
        pages: usize,
        mut is_enough: impl FnMut(&[Value]) -> bool,
    ) -> anyhow::Result<(Vec<Value>, bool)> {
        let mut found = Vec::new();
        let mut cursor = None;
        for _ in 0..pages {
            let request = self.jobs().with("state", state).with("cursor", cursor);
            let answer = self.api.call(request.with("limit", Some(100))).await?;
            let page = items(&answer);
            let enough = is_enough(&page);
            found.extend(page);
            cursor = answer.get("next").and_then(Value::as_str).map(str::to_owned);
            if enough || cursor.is_none() {
                return Ok((found, true));
            }
        }
        Ok((found, false))
    }

    fn jobs(&self) -> Request {
        Request::get(path("queues/", self.queue.name(), "/jobs"))
    }
}

fn items(answer: &Value) -> Vec<Value> {
    answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn print(
    transition: &Transition,
    cursor: Option<DateTime<Utc>>,
    output: Output,
) -> anyhow::Result<()> {
    let Transition { from, job } = transition;
    if output == Output::Json {
        let cursor = cursor.map(shown);
        let to = job.get("state");
        return line(&json!({"from": from, "to": to, "job": job, "cursor": cursor}).to_string());
    }
    let of = |name| cell(job.get(name));
    let told = [
        shown(clock::now()?),
        of("jobId"),
        of("type"),
        format!("{} → {}", from.as_deref().unwrap_or("new"), of("state")),
        format!("attempt {}", of("attempt")),
    ];
    let mut told = told.join("  ");
    for name in ["snoozeReason", "lastError"] {
        if job.get(name).is_some_and(|value| !value.is_null()) {
            told = format!("{told}  {}", of(name));
        }
    }
    line(&told)
}
