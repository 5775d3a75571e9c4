//! Dead letters and waiting runs, as tests put them there.

use serde_json::Value;
use tokio_postgres::Client;

use crate::stack::QUEUE;

/// A dead letter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its id.
    pub case: String,
    /// Its job's.
    pub job: String,
}

/// A run of dead jobs.
#[derive(Debug)]
pub struct Died {
    /// Its id.
    pub run: String,
    /// The oldest first.
    pub letters: Vec<Letter>,
}

/// A run that waits for an hour.
#[derive(Debug)]
pub struct Waiting {
    /// Its id.
    pub run: String,
    /// Their ids.
    pub jobs: Vec<String>,
}

/// $1 organization, $2 the jobs' data, $3 what went wrong, $4 their queue.
const DIED: &str = "with run as (
    insert into jobs.run (id, job_key, organization_id, trigger, status, jobs_total, jobs_dead,
      finished_at)
    select uuidv7(), 'scoring.BatchRecompute', $1, 'manual', 'failed', cardinality($2::text[]),
      cardinality($2::text[]), clock_timestamp()
    returning id
  ), died as (
    insert into jobs.job (organization_id, queue, type, data, failures_max, run_id, state, claim,
      failures, finished_at, last_error, errors)
    select $1, $4, 'scoring.CalculateScore', d::jsonb, 3, run.id, 'dead_lettered', 3, 3,
      clock_timestamp(), $3::text, jobs.add_error(null, 3, $3::text)
    from run, unnest($2::text[]) d returning *
  )
  insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
  select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'),
    'retries_exhausted', d.last_error
  from died d order by d.id
  returning id::text, job_id::text, (select run.id::text from run)";

/// $1 key of the run, $2 how many jobs, $3 their queue.
const WAITING: &str = "with run as (
    insert into jobs.run (id, job_key, trigger, status, jobs_total, exclusive)
    values (uuidv7(), $1, 'manual', 'running', $2::int8, true) returning id
  )
  insert into jobs.job (queue, type, data, failures_max, run_id, available_at, wake_at)
  select $3, 'scoring.Probe', '{}', 3, run.id, clock_timestamp() + interval '1 h',
    clock_timestamp() + interval '1 h'
  from run, generate_series(1, $2::int8)
  returning id::text, run_id::text";

/// Letters whose jobs failed three times.
pub async fn died(owner: &Client, organization: &str, data: &[Value], why: &str) -> Died {
    let data: Vec<String> = data.iter().map(ToString::to_string).collect();
    let rows = owner.query(DIED, &[&organization, &data, &why, &QUEUE]).await.unwrap();
    assert_eq!(rows.len(), data.len());
    let letters = rows.iter().map(|row| Letter { case: row.get(0), job: row.get(1) });
    Died { run: rows[0].get(2), letters: letters.collect() }
}

/// A run that holds the lock of its key; its jobs wait.
pub async fn waiting(owner: &Client, job_key: &str, jobs: i64) -> Waiting {
    let rows = owner.query(WAITING, &[&job_key, &jobs, &QUEUE]).await.unwrap();
    Waiting { run: rows[0].get(1), jobs: rows.iter().map(|row| row.get(0)).collect() }
}
