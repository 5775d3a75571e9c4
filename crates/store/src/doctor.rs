//! What a deployment's health is told by, for whoever has the database: each
//! function is one look, and none changes anything but the probe's own row.

use chrono::{DateTime, Utc};
use mauntic_flows::ports::Instance;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row};
use uuid::Uuid;

use crate::flight::Param;

/// Most rows of a page of what is undecided.
pub const PAGE: i64 = 1_000;

/// The duty of a probe's beat.
pub const PROBE: &str = "doctor";

/// What the workers' roles set: migration 0001. A zombie that keeps a row locked
/// is ended by the server because of these alone.
pub const TIME_OUTS: [(&str, &str); 4] = [
    ("idle_in_transaction_session_timeout", "15s"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "50s"),
    ("transaction_timeout", "55s"),
];

/// The workers' roles.
pub const WORKERS: [&str; 2] = ["mauntic_http", "mauntic_queue"];

/// The database's clock, and the number of its newest migration; 0 for none.
///
/// # Errors
/// The database's; a database without our schema is one.
pub async fn clock(client: &Client) -> Result<(DateTime<Utc>, i32), Error> {
    let row = client.query_typed_one(sql!("clock.sql"), &[]).await?;
    Ok((row.try_get("now")?, row.try_get::<_, Option<i32>>("version")?.unwrap_or(0)))
}

/// What a job is to do, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The job.
    pub job_id: Uuid,
    /// Its type's name.
    pub type_name: String,
    /// Version of the data's shape.
    pub version: i16,
    /// The data's JSON text.
    pub data: String,
}

/// An open case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCase {
    /// The case.
    pub id: Uuid,
    /// Production name of the queue it came from.
    pub queue: String,
    /// Stable name of the reason.
    pub reason: String,
    /// The body as it came.
    pub body: Vec<u8>,
    /// Its job, where there is one.
    pub job: Option<Content>,
}

/// The next [`PAGE`] jobs that are not final, by id, after that one.
///
/// # Errors
/// The database's.
pub async fn undecided_jobs(client: &Client, after: Option<Uuid>) -> Result<Vec<Content>, Error> {
    let params: &[Param<'_>] = &[(&after, Type::UUID), (&PAGE, Type::INT8)];
    let rows = client.query_typed(sql!("undecided_jobs.sql"), params).await?;
    rows.iter().map(|row| content(row, row.try_get("id")?)).collect()
}

/// The next [`PAGE`] open cases, by id, after that one.
///
/// # Errors
/// The database's.
pub async fn undecided_cases(client: &Client, after: Option<Uuid>) -> Result<Vec<OpenCase>, Error> {
    let params: &[Param<'_>] = &[(&after, Type::UUID), (&PAGE, Type::INT8)];
    let rows = client.query_typed(sql!("undecided_cases.sql"), params).await?;
    let read = |row: &Row| {
        let job: Option<Uuid> = row.try_get("job_id")?;
        Ok(OpenCase {
            id: row.try_get("id")?,
            queue: row.try_get("queue")?,
            reason: row.try_get("reason")?,
            body: row.try_get("body")?,
            job: job.map(|id| content(row, id)).transpose()?,
        })
    };
    rows.iter().map(read).collect()
}

fn content(row: &Row, job_id: Uuid) -> Result<Content, Error> {
    Ok(Content {
        job_id,
        type_name: row.try_get("type")?,
        version: row.try_get("version")?,
        data: row.try_get("data")?,
    })
}

/// When a duty of the tick was last done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// The duty.
    pub duty: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Longest time from one tick to the next, in seconds.
    pub interval_secs: i64,
    /// Who did it; none where the build before did.
    pub by: Option<Instance>,
}

/// The heartbeat of every duty, by name.
///
/// # Errors
/// The database's.
pub async fn heartbeats(client: &Client) -> Result<Vec<Heartbeat>, Error> {
    let rows = client.query_typed(sql!("beats.sql"), &[]).await?;
    rows.iter().map(heartbeat).collect()
}

fn heartbeat(row: &Row) -> Result<Heartbeat, Error> {
    let id: Option<Uuid> = row.try_get("instance_id")?;
    let schema_max: Option<i32> = row.try_get("schema_max")?;
    Ok(Heartbeat {
        duty: row.try_get("duty")?,
        at: row.try_get("beat_at")?,
        interval_secs: row.try_get("interval_secs")?,
        by: id.zip(schema_max).map(|(id, schema_max)| Instance { id, schema_max }),
    })
}

/// Nominal times of a schedule that were missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The schedule.
    pub job_key: String,
    /// How many.
    pub missed: i64,
    /// The last of them.
    pub last_at: DateTime<Utc>,
}

/// What was missed from `since` on, by schedule; of these schedules, or of all.
///
/// # Errors
/// The database's.
pub async fn missed(
    client: &Client,
    since: DateTime<Utc>,
    job_keys: Option<&[&str]>,
) -> Result<Vec<Missed>, Error> {
    let params: &[Param<'_>] = &[(&since, Type::TIMESTAMPTZ), (&job_keys, Type::TEXT_ARRAY)];
    let rows = client.query_typed(sql!("missed_since.sql"), params).await?;
    let read = |row: &Row| {
        Ok(Missed {
            job_key: row.try_get("job_key")?,
            missed: row.try_get("missed")?,
            last_at: row.try_get("last_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// A breaker that is not closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenBreaker {
    /// The dependency.
    pub name: String,
    /// `open` or `half_open`.
    pub state: String,
    /// Open: when a probe may go. Half open: until when one has it to itself.
    pub until: Option<DateTime<Utc>>,
    /// Since when.
    pub changed_at: DateTime<Utc>,
}

/// The breakers that are not closed.
///
/// # Errors
/// The database's.
pub async fn open_breakers(client: &Client) -> Result<Vec<OpenBreaker>, Error> {
    let rows = client.query_typed(sql!("open_breakers.sql"), &[]).await?;
    let read = |row: &Row| {
        Ok(OpenBreaker {
            name: row.try_get("name")?,
            state: row.try_get("state")?,
            until: row.try_get("until")?,
            changed_at: row.try_get("changed_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// A time-out of a worker's role that is not what the migrations set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongTimeOut {
    /// The role.
    pub role: &'static str,
    /// The setting.
    pub name: &'static str,
    /// What the migrations set.
    pub wanted: &'static str,
    /// What is set; none where nothing is.
    pub found: Option<String>,
}

/// The time-outs of the workers' roles that are not what the migrations set.
///
/// # Errors
/// The database's.
pub async fn wrong_time_outs(client: &Client) -> Result<Vec<WrongTimeOut>, Error> {
    let params: &[Param<'_>] = &[(&WORKERS.as_slice(), Type::TEXT_ARRAY)];
    let rows = client.query_typed(sql!("role_settings.sql"), params).await?;
    let mut settings: Vec<(String, String, String)> = Vec::with_capacity(rows.len());
    for row in &rows {
        settings.push((row.try_get("role")?, row.try_get("name")?, row.try_get("value")?));
    }
    let wanted =
        WORKERS.into_iter().flat_map(|role| TIME_OUTS.map(|(name, want)| (role, name, want)));
    let compare = |(role, name, wanted)| {
        // The database's own word comes first.
        let found = settings.iter().find(|(of, setting, _)| of == role && setting == name);
        let found = found.map(|(_, _, value)| value.clone());
        (found.as_deref() != Some(wanted)).then_some(WrongTimeOut { role, name, wanted, found })
    };
    Ok(wanted.filter_map(compare).collect())
}

/// What the roles may do; false as well where a role is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memberships {
    /// Whether the HTTP worker may become an operator for a transaction.
    pub may_operate: bool,
    /// Whether it has an operator's rights without becoming one, which it must
    /// not: every request would see every organization.
    pub operates_always: bool,
    /// Whether an operator has the queue worker's rights.
    pub operator_has_rights: bool,
}

/// What the roles may do.
///
/// # Errors
/// The database's.
pub async fn memberships(client: &Client) -> Result<Memberships, Error> {
    let row = client.query_typed_one(sql!("role_memberships.sql"), &[]).await?;
    let is = |name| row.try_get::<_, Option<bool>>(name).map(|found| found == Some(true));
    Ok(Memberships {
        may_operate: is("may_operate")?,
        operates_always: is("operates_always")?,
        operator_has_rights: is("operator_has_rights")?,
    })
}

/// Writes a beat of the duty [`PROBE`], for the time until it is taken away: who
/// reads it back by another way knows that no cache stands between.
///
/// # Errors
/// The database's.
pub async fn begin_probe(client: &Client, by: &Instance) -> Result<(), Error> {
    let interval = 60_i64;
    let params: &[Param<'_>] = &[
        (&PROBE, Type::TEXT),
        (&interval, Type::INT8),
        (&by.id, Type::UUID),
        (&by.schema_max, Type::INT4),
    ];
    client.execute_typed(sql!("beat.sql"), params).await.map(|_| ())
}

/// Takes the probe's beat away, unless another probe has its place.
///
/// # Errors
/// The database's.
pub async fn end_probe(client: &Client, by: &Instance) -> Result<(), Error> {
    let params: &[Param<'_>] = &[(&PROBE, Type::TEXT), (&by.id, Type::UUID)];
    client.execute_typed(sql!("end_probe.sql"), params).await.map(|_| ())
}
