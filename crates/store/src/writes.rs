//! What an effect writes beside scores, column by column for `unnest`.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::JobType;
use mauntic_domain::jobs::limits::{REFILL_AT, UNSENT_WITHIN};
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{CompletedJob, Effect, NewEvent, SentNotification, SpawnedJob};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::flight::Param;
use crate::rows::version;

/// Completed jobs.
pub(crate) struct Completed {
    ids: Vec<Uuid>,
    claims: Vec<i32>,
    receipts: Vec<String>,
    count: i64,
    unsent_secs: i64,
}

impl Completed {
    pub(crate) fn of(jobs: &[CompletedJob]) -> Self {
        Self {
            ids: jobs.iter().map(|job| job.id).collect(),
            claims: jobs.iter().map(|job| job.claim).collect(),
            receipts: jobs.iter().map(|job| job.summary.to_string()).collect(),
            count: i64::try_from(jobs.len()).unwrap_or(i64::MAX),
            unsent_secs: UNSENT_WITHIN.num_seconds(),
        }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 6] {
        [
            (&self.ids, Type::UUID_ARRAY),
            (&self.claims, Type::INT4_ARRAY),
            (&self.receipts, Type::TEXT_ARRAY),
            (&self.count, Type::INT8),
            (&REFILL_AT, Type::INT8),
            (&self.unsent_secs, Type::INT8),
        ]
    }
}

/// Spawned jobs.
pub(crate) struct Spawned<'a> {
    ids: Vec<Uuid>,
    owners: Vec<Option<&'a str>>,
    queues: Vec<&'static str>,
    types: Vec<&'static str>,
    versions: Vec<i16>,
    data: Vec<String>,
    failures_max: Vec<i16>,
    runs: Vec<Option<Uuid>>,
    requests: Vec<Option<&'a str>>,
    keys: Vec<Option<&'a str>>,
    starters: Vec<Option<String>>,
}

impl<'a> Spawned<'a> {
    pub(crate) fn of(jobs: &'a [SpawnedJob]) -> Self {
        let types = || jobs.iter().map(|spawned| spawned.job.job_type());
        let owner = |spawned: &'a SpawnedJob| spawned.job.organization_id();
        Self {
            ids: jobs.iter().map(|spawned| spawned.id).collect(),
            owners: jobs.iter().map(|job| owner(job).map(OrganizationId::as_str)).collect(),
            queues: types().map(|job_type| job_type.queue().name()).collect(),
            types: types().map(JobType::name).collect(),
            versions: types().map(version).collect(),
            data: jobs.iter().map(|spawned| spawned.job.data().to_string()).collect(),
            failures_max: types().map(|job_type| job_type.spec().failures_max).collect(),
            runs: jobs.iter().map(|spawned| spawned.run_id).collect(),
            requests: jobs.iter().map(|spawned| spawned.request_id.as_deref()).collect(),
            keys: jobs.iter().map(|spawned| spawned.idempotency_key.as_deref()).collect(),
            starters: jobs.iter().map(|one| one.starter.map(TraceContext::traceparent)).collect(),
        }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 11] {
        [
            (&self.ids, Type::UUID_ARRAY),
            (&self.owners, Type::TEXT_ARRAY),
            (&self.queues, Type::TEXT_ARRAY),
            (&self.types, Type::TEXT_ARRAY),
            (&self.versions, Type::INT2_ARRAY),
            (&self.data, Type::TEXT_ARRAY),
            (&self.failures_max, Type::INT2_ARRAY),
            (&self.runs, Type::UUID_ARRAY),
            (&self.requests, Type::TEXT_ARRAY),
            (&self.keys, Type::TEXT_ARRAY),
            (&self.starters, Type::TEXT_ARRAY),
        ]
    }
}

/// Events.
pub(crate) struct Events<'a> {
    types: Vec<&'static str>,
    owners: Vec<Option<&'a str>>,
    data: Vec<String>,
    jobs: Vec<Uuid>,
    requests: Vec<Option<&'a str>>,
}

impl<'a> Events<'a> {
    pub(crate) fn of(events: &'a [NewEvent]) -> Self {
        Self {
            types: events.iter().map(|event| event.event_type).collect(),
            owners: events.iter().map(|event| event.organization_id.as_deref()).collect(),
            data: events.iter().map(|event| event.data.to_string()).collect(),
            jobs: events.iter().map(|event| event.job_id).collect(),
            requests: events.iter().map(|event| event.request_id.as_deref()).collect(),
        }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 5] {
        [
            (&self.types, Type::TEXT_ARRAY),
            (&self.owners, Type::TEXT_ARRAY),
            (&self.data, Type::TEXT_ARRAY),
            (&self.jobs, Type::UUID_ARRAY),
            (&self.requests, Type::TEXT_ARRAY),
        ]
    }
}

/// Notifications that were sent.
pub(crate) struct Notified<'a> {
    subjects: Vec<&'a str>,
    kinds: Vec<&'static str>,
    tokens: Vec<Uuid>,
}

impl<'a> Notified<'a> {
    pub(crate) fn of(sent: &'a [SentNotification]) -> Self {
        Self {
            subjects: sent.iter().map(|one| one.subject.as_str()).collect(),
            kinds: sent.iter().map(|one| one.kind).collect(),
            tokens: sent.iter().map(|one| one.token).collect(),
        }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 3] {
        [
            (&self.subjects, Type::TEXT_ARRAY),
            (&self.kinds, Type::TEXT_ARRAY),
            (&self.tokens, Type::UUID_ARRAY),
        ]
    }
}

/// Runs that the effect moves: the runs of its jobs, and the jobs that it spawned in one.
pub(crate) struct Runs {
    done: Vec<Uuid>,
    spawned: Vec<Uuid>,
}

impl Runs {
    pub(crate) fn of(effect: &Effect) -> Self {
        Self {
            done: effect.jobs.iter().filter_map(|job| job.run_id).collect(),
            spawned: effect
                .enqueued()
                .filter(|job| job.run_id.is_some())
                .map(|job| job.id)
                .collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.done.is_empty() && self.spawned.is_empty()
    }

    pub(crate) fn params(&self) -> [Param<'_>; 2] {
        [(&self.done, Type::UUID_ARRAY), (&self.spawned, Type::UUID_ARRAY)]
    }
}
