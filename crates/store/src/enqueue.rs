//! Enqueuing: jobs of one organization, each once where it has a key, and never
//! more than the organization may have.

use std::collections::BTreeMap;

use mauntic_domain::gather::gathered;
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::limits::{DISPATCHED_MAX, UNASKED, UNFINISHED_MAX};
use mauntic_domain::jobs::{JobType, Queue};
use mauntic_flows::ports::{Enqueued, JobKey, NewJob, PortError, RequestKey};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Session;
use crate::acts::Open;
use crate::answers::{self, KeptJob, Taken};
use crate::flight::{
    CONTENTION_REPEATS_MAX, Param, SET_ORGANIZATION, Statement, tenant_transaction,
};
use crate::rows::{self, column, queue, state, unreadable, version};

/// Enqueues jobs, then does `further`, in one transaction; returns a job each,
/// in order, and the further statement's rows.
pub(crate) async fn enqueue(
    session: &Session,
    what: &'static str,
    organization: &OrganizationId,
    jobs: &[NewJob],
    further: Option<Statement<'_>>,
    key: Option<&RequestKey>,
) -> Result<Read, PortError> {
    let asked = Asked::of(jobs)?;
    let owner = organization.as_str();
    let (queues, counts): (Vec<&str>, Vec<i64>) =
        asked.by_queue.iter().map(|(queue, count)| (queue.name(), *count)).unzip();
    let unasked = UNASKED.map(JobType::name).to_vec();
    let backlog: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&queues, Type::TEXT_ARRAY),
        (&counts, Type::INT8_ARRAY),
        (&UNFINISHED_MAX, Type::INT8),
        (&unasked, Type::TEXT_ARRAY),
    ];
    let joining = Columns::of(owner, &asked.joining);
    let keyed = Columns::of(owner, &asked.keyed);
    let read: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&keyed.types, Type::TEXT_ARRAY),
        (&keyed.keys, Type::TEXT_ARRAY),
        (&keyed.data, Type::TEXT_ARRAY),
    ];
    let (joining, keyed) = (joining.params(), keyed.params());
    let mut statements = vec![
        Statement { sql: sql!("backlog.sql"), params: backlog },
        Statement { sql: sql!("enqueue.sql"), params: &joining },
    ];
    if !asked.keyed.is_empty() {
        let sql = sql!("enqueue_keyed.sql");
        statements.push(Statement { sql, params: &keyed });
        statements.push(Statement { sql: sql!("read_keyed.sql"), params: read });
    }
    // Jobs first: locks are taken in the order job, domain rows.
    statements.extend(further);
    let Some(key) = key else {
        let answers = tenant_transaction(what, session, organization, &statements).await?;
        return asked.read(answers, further.is_some());
    };
    let mut repeats = 0;
    loop {
        match keyed_once(session, what, organization, (&asked, key), &statements).await {
            Err(PortError::Contention { .. }) if repeats < CONTENTION_REPEATS_MAX => repeats += 1,
            settled => return Ok((settled?, Vec::new())),
        }
    }
}

/// The same where the request has a key: its first answer is given again, or
/// kept with what it enqueues.
async fn keyed_once(
    session: &Session,
    what: &'static str,
    organization: &OrganizationId,
    (asked, key): (&Asked<'_>, &RequestKey),
    statements: &[Statement<'_>],
) -> Result<Vec<Enqueued>, PortError> {
    let owner = organization.as_str();
    let columns = answers::Columns::of(key, Some(owner));
    let (scope, taking): (&[Param<'_>], _) = (&[(&owner, Type::TEXT)], columns.params());
    let first = [Statement { sql: SET_ORGANIZATION, params: scope }, answers::take(&taking)];
    let (open, found) = Open::begin(session, what, &first).await?;
    match answers::taken(found.last().map_or(&[], Vec::as_slice)) {
        Ok(Taken::Fresh) => {}
        Ok(Taken::Answered(answer)) => {
            open.roll_back().await?;
            let kept: Vec<KeptJob> = answers::read(&answer)?;
            key.repeat.tell();
            return kept.into_iter().map(KeptJob::answered).collect();
        }
        Err(error) => return Err(open.give_up(error).await),
    }
    let enqueued = open.flight(statements).await.and_then(|answers| asked.read(answers, false));
    let answer = enqueued.and_then(|(jobs, _)| {
        let kept: Vec<KeptJob> = jobs.iter().map(KeptJob::from).collect();
        answers::written(&kept).map(|text| (jobs, text))
    });
    match answer {
        Ok((jobs, text)) => {
            open.commit(&[answers::keep(&columns.keeping(&text))]).await.map(|()| jobs)
        }
        Err(error) => Err(open.give_up(error).await),
    }
}

/// What came of the statements of an enqueue, and of the further one.
type Read = (Vec<Enqueued>, Vec<Row>);

impl Asked<'_> {
    fn read(&self, mut answers: Vec<Vec<Row>>, has_further: bool) -> Result<Read, PortError> {
        let further = if has_further { answers.pop() } else { None };
        let (backlog, joined, written, found): (_, _, &[Row], &[Row]) = match answers.as_slice() {
            [backlog, joined] => (backlog, joined, &[], &[]),
            [backlog, joined, written, found] => (backlog, joined, written, found),
            _ => return Err(unreadable("the answers of an enqueue")),
        };
        let written = rows::ids(written)?;
        let joined = joined.iter().map(|row| enqueued(row, column(row, "created")?));
        let found = found.iter().map(|row| enqueued(row, written.contains(&column(row, "id")?)));
        let rows = joined.chain(found).collect::<Result<Vec<_>, _>>()?;
        Ok((self.answer(rows, unfinished(backlog)?)?, further.unwrap_or_default()))
    }
}

/// What was asked for, each key once, in the order in which rows are locked.
struct Asked<'a> {
    /// Jobs without a key or with one to coalesce by.
    joining: Vec<&'a NewJob>,
    /// Jobs with an idempotency key.
    keyed: Vec<&'a NewJob>,
    /// For each job asked for, where it is in `joining`, then `keyed`.
    places: Vec<usize>,
    /// How many were asked for on each queue.
    by_queue: BTreeMap<Queue, i64>,
}

/// In this order; jobs without a key are told apart by their place.
type Rank<'a> = (bool, &'static str, Option<&'a str>, usize);

fn rank(place: usize, new: &NewJob) -> Rank<'_> {
    let name = new.job.job_type().name();
    match &new.key {
        JobKey::None => (false, name, None, place),
        JobKey::Coalesce(key) => (false, name, Some(key), 0),
        JobKey::Idempotent(key) => (true, name, Some(key), 0),
    }
}

impl<'a> Asked<'a> {
    fn of(jobs: &'a [NewJob]) -> Result<Self, PortError> {
        let mut distinct: BTreeMap<Rank<'a>, &'a NewJob> = BTreeMap::new();
        let mut by_queue = BTreeMap::new();
        for (place, new) in jobs.iter().enumerate() {
            let first = distinct.entry(rank(place, new)).or_insert(new);
            if matches!(new.key, JobKey::Idempotent(_)) && first.job != new.job {
                return Err(PortError::KeyConflict);
            }
            *by_queue.entry(new.job.job_type().queue()).or_insert(0) += 1;
        }
        let at: BTreeMap<Rank<'a>, usize> =
            gathered(distinct.keys().copied().enumerate().map(|(at, rank)| (rank, at)));
        let ranks = jobs.iter().enumerate().map(|(place, new)| rank(place, new));
        let places = ranks.filter_map(|rank| at.get(&rank).copied()).collect();
        let (keyed, joining) =
            distinct.into_values().partition(|new| matches!(new.key, JobKey::Idempotent(_)));
        Ok(Self { joining, keyed, places, by_queue })
    }

    /// A job each, in the order in which they were asked for. A message is sent
    /// for a new one while the organization has not too many out.
    fn answer(
        &self,
        rows: Vec<Enqueued>,
        mut unfinished: BTreeMap<Queue, i64>,
    ) -> Result<Vec<Enqueued>, PortError> {
        let mut rows: Vec<(Enqueued, bool)> = rows.into_iter().map(|row| (row, false)).collect();
        if rows.len() != self.joining.len() + self.keyed.len() {
            return Err(unreadable("the jobs of an enqueue"));
        }
        let mut answer = Vec::with_capacity(self.places.len());
        for place in &self.places {
            let Some((row, answered)) = rows.get_mut(*place) else {
                return Err(unreadable("the jobs of an enqueue"));
            };
            let mut row = row.clone();
            row.created = row.created && !*answered;
            *answered = true;
            if row.created {
                let count = unfinished.entry(row.queue).or_insert(0);
                *count += 1;
                row.send_now = *count <= DISPATCHED_MAX;
            }
            answer.push(row);
        }
        Ok(answer)
    }
}

/// Jobs to be enqueued, column by column for `unnest`.
pub(crate) struct Columns<'a> {
    owner: &'a str,
    types: Vec<&'static str>,
    queues: Vec<&'static str>,
    versions: Vec<i16>,
    data: Vec<String>,
    failures_max: Vec<i16>,
    keys: Vec<Option<&'a str>>,
    requests: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(owner: &'a str, jobs: &[&'a NewJob]) -> Self {
        let types = || jobs.iter().map(|new| new.job.job_type());
        let key = |new: &&'a NewJob| match &new.key {
            JobKey::None => None,
            JobKey::Coalesce(key) | JobKey::Idempotent(key) => Some(key.as_str()),
        };
        Self {
            owner,
            types: types().map(JobType::name).collect(),
            queues: types().map(|job_type| job_type.queue().name()).collect(),
            versions: types().map(version).collect(),
            data: jobs.iter().map(|new| Value::to_string(&new.job.data())).collect(),
            failures_max: types().map(|job_type| job_type.spec().failures_max).collect(),
            keys: jobs.iter().map(key).collect(),
            requests: jobs.iter().map(|new| new.request_id.as_str()).collect(),
        }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 8] {
        [
            (&self.owner, Type::TEXT),
            (&self.types, Type::TEXT_ARRAY),
            (&self.queues, Type::TEXT_ARRAY),
            (&self.versions, Type::INT2_ARRAY),
            (&self.data, Type::TEXT_ARRAY),
            (&self.failures_max, Type::INT2_ARRAY),
            (&self.keys, Type::TEXT_ARRAY),
            (&self.requests, Type::TEXT_ARRAY),
        ]
    }
}

pub(crate) fn enqueued(row: &Row, created: bool) -> Result<Enqueued, PortError> {
    Ok(Enqueued {
        id: column(row, "id")?,
        type_name: column(row, "type")?,
        queue: queue(row)?,
        created,
        state: state(row)?,
        send_now: false,
        enqueued_at: column(row, "created_at")?,
    })
}

fn unfinished(rows: &[Row]) -> Result<BTreeMap<Queue, i64>, PortError> {
    let mut unfinished = BTreeMap::new();
    for row in rows {
        unfinished.insert(queue(row)?, column(row, "unfinished")?);
    }
    Ok(unfinished)
}
