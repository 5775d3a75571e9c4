//! `queues smoke`: a job that does nothing through each queue, from the API over
//! the queue and its worker into the database and back.

use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use mauntic_domain::jobs::{JobState, JobType, Queue};
use serde_json::{Value, json};
use tokio::time::{Instant, interval};
use uuid::Uuid;

use super::enqueue;
use crate::http::{Api, Request, id_path};
use crate::output::{Columns, Output};

/// How often the jobs are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

const COLUMNS: Columns =
    &[("QUEUE", "/queue"), ("JOB", "/jobId"), ("STATE", "/state"), ("TOOK ms", "/tookMs")];

struct Probe {
    queue: Queue,
    job_id: Uuid,
    state: String,
    took_ms: Option<i64>,
}

impl Probe {
    fn is_over(&self) -> bool {
        JobState::from_name(&self.state).is_some_and(JobState::is_final)
    }
}

pub(super) async fn run(
    api: &Api,
    queues: &[Queue],
    within: Duration,
    output: Output,
) -> anyhow::Result<()> {
    let mut probes = Vec::new();
    for queue in queues {
        probes.push(send(api, *queue).await?);
    }
    let started = Instant::now();
    let mut looks = interval(LOOK_EVERY);
    while probes.iter().any(|probe| !probe.is_over()) && started.elapsed() < within {
        looks.tick().await;
        for probe in probes.iter_mut().filter(|probe| !probe.is_over()) {
            look(api, probe).await?;
        }
    }
    let shown = probes.iter().map(|probe| {
        let Probe { queue, job_id, state, took_ms } = probe;
        json!({"queue": queue.name(), "jobId": job_id, "state": state, "tookMs": took_ms})
    });
    let shown = json!({"probes": shown.collect::<Vec<_>>()});
    output.list(&shown, "probes", COLUMNS)?;
    let completed = JobState::Completed.as_str();
    let failed = probes.iter().filter(|probe| probe.state != completed).count();
    if failed > 0 {
        bail!("{failed} of {} queues did not do their job within {within:?}", probes.len());
    }
    Ok(())
}

async fn send(api: &Api, queue: Queue) -> anyhow::Result<Probe> {
    let message = json!({"type": JobType::probe_of(queue).name()});
    let answer = api.call(enqueue::request(queue, message)).await?;
    let job_id = answer.get("jobId").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let job_id = job_id.context("the answer names no job")?;
    Ok(Probe { queue, job_id, state: JobState::Queued.as_str().to_owned(), took_ms: None })
}

async fn look(api: &Api, probe: &mut Probe) -> anyhow::Result<()> {
    let job = api.call(Request::get(id_path("jobs/", probe.job_id, ""))).await?;
    let text = |name| job.get(name).and_then(Value::as_str);
    probe.state = text("state").context("the job has no state")?.to_owned();
    let time = |name| text(name).and_then(|time| time.parse::<DateTime<Utc>>().ok());
    // By the database's clock, which stamped both.
    probe.took_ms = time("createdAt")
        .zip(time("finishedAt"))
        .map(|(created, finished)| (finished - created).num_milliseconds());
    Ok(())
}
