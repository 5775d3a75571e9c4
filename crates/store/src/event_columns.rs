//! Contact events, column by column for `unnest`.

use chrono::{DateTime, Utc};
use mauntic_domain::contact_events::{ContactEvent, EventKind, Observed};
use mauntic_domain::jobs::JobType;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::signal_config::CAP_PER_DAY_DEFAULT;
use mauntic_domain::scoring::signals::SIGNALS_PER_DAY_MAX;
use mauntic_domain::scoring::{Decay, Priority};
use mauntic_flows::ports::Intake;
use serde_json::Value;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::flight::Param;
use crate::rows::version;

/// Which events of a batch a statement is about.
pub(crate) struct Events<'a> {
    batch: Uuid,
    owners: Vec<&'a str>,
    ids: Vec<&'a str>,
    contacts: Vec<&'a str>,
}

impl<'a> Events<'a> {
    pub(crate) fn of(batch: Uuid, events: impl Iterator<Item = &'a ContactEvent> + Clone) -> Self {
        Self {
            batch,
            owners: events.clone().map(|event| event.organization_id.as_str()).collect(),
            ids: events.clone().map(|event| event.id.as_str()).collect(),
            contacts: events.map(|event| event.contact_id.as_str()).collect(),
        }
    }

    /// How many they are about.
    pub(crate) fn contact_count(&self) -> i64 {
        let mut contacts: Vec<_> = self.owners.iter().zip(&self.contacts).collect();
        contacts.sort_unstable();
        contacts.dedup();
        i64::try_from(contacts.len()).unwrap_or(i64::MAX)
    }

    /// Of the statement that notes them.
    pub(crate) fn seen(&self) -> [Param<'_>; 3] {
        [(&self.owners, Type::TEXT_ARRAY), (&self.ids, Type::TEXT_ARRAY), (&self.batch, Type::UUID)]
    }

    /// Of those that come after it.
    pub(crate) fn params(&self) -> [Param<'_>; 4] {
        [
            (&self.batch, Type::UUID),
            (&self.owners, Type::TEXT_ARRAY),
            (&self.ids, Type::TEXT_ARRAY),
            (&self.contacts, Type::TEXT_ARRAY),
        ]
    }
}

/// Events that make a signal, unless their organization says otherwise.
pub(crate) struct Signals<'a> {
    pub(crate) events: Events<'a>,
    types: Vec<String>,
    sources: Vec<&'static str>,
    given: Vec<Option<i32>>,
    weights: Vec<i32>,
    priorities: Vec<&'static str>,
    detected: Vec<DateTime<Utc>>,
}

impl<'a> Signals<'a> {
    pub(crate) fn of(intake: &'a Intake) -> Self {
        let observed = |event: &'a ContactEvent| Some((event, event.kind.observed()?));
        let (events, observed): (Vec<&ContactEvent>, Vec<Observed>) =
            intake.events.iter().filter_map(observed).unzip();
        // At most 99,999 hundredths.
        let hundredths = |weight: u32| i32::try_from(weight).unwrap_or(i32::MAX);
        Self {
            types: observed.iter().map(|one| one.signal_type.to_string()).collect(),
            sources: events.iter().map(|event| event.kind.channel().as_str()).collect(),
            given: observed
                .iter()
                .map(|one| one.given.map(|weight| hundredths(weight.hundredths())))
                .collect(),
            weights: observed.iter().map(|one| hundredths(one.default.hundredths())).collect(),
            priorities: observed
                .iter()
                .map(|one| Priority::of(one.signal_type.as_str()).as_str())
                .collect(),
            detected: events.iter().map(|event| event.occurred_at).collect(),
            events: Events::of(intake.batch, events.into_iter()),
        }
    }

    pub(crate) fn params<'p>(&'p self, terms: &'p Terms<'_>) -> Vec<Param<'p>> {
        let mut params = self.events.params().to_vec();
        params.extend([
            (&self.types as _, Type::TEXT_ARRAY),
            (&self.sources as _, Type::TEXT_ARRAY),
            (&self.given as _, Type::INT4_ARRAY),
            (&self.weights as _, Type::INT4_ARRAY),
            (&self.priorities as _, Type::TEXT_ARRAY),
            (&self.detected as _, Type::TIMESTAMPTZ_ARRAY),
        ]);
        params.extend(terms.params());
        params
    }
}

/// What holds of all signals of an intake, and the jobs that they ask for.
pub(crate) struct Terms<'a> {
    decay_model: &'static str,
    decay_hours: i16,
    cap_per_day: i16,
    queue: &'static str,
    types: Vec<&'static str>,
    versions: Vec<i16>,
    failures_max: Vec<i16>,
    request_id: Option<&'a str>,
    wake_secs: i64,
    urgent: Vec<&'static str>,
    sla_secs: Vec<i64>,
    tell: bool,
    per_day: i64,
}

impl<'a> Terms<'a> {
    /// The relay may send the jobs after `wake_secs`.
    pub(crate) fn of(intake: &'a Intake, wake_secs: i64) -> Self {
        let jobs = || [JobType::CalculateScore, JobType::NotifyAlert].into_iter();
        let urgent = || Priority::ALL.into_iter().filter(|priority| priority.opens_alert());
        // Both are a few thousand at most.
        let small = |number: u16| i16::try_from(number).unwrap_or(i16::MAX);
        Self {
            decay_model: Decay::default().model.as_str(),
            decay_hours: small(Decay::default().hours.hours()),
            cap_per_day: small(CAP_PER_DAY_DEFAULT),
            queue: JobType::CalculateScore.queue().name(),
            types: jobs().map(JobType::name).collect(),
            versions: jobs().map(version).collect(),
            failures_max: jobs().map(|job_type| job_type.spec().failures_max).collect(),
            request_id: intake.request_id.as_deref(),
            wake_secs,
            urgent: urgent().map(Priority::as_str).collect(),
            sla_secs: urgent().map(|priority| priority.sla().num_seconds()).collect(),
            tell: intake.tell,
            per_day: i64::try_from(SIGNALS_PER_DAY_MAX).unwrap_or(i64::MAX),
        }
    }

    fn params(&self) -> [Param<'_>; 13] {
        [
            (&self.decay_model, Type::TEXT),
            (&self.decay_hours, Type::INT2),
            (&self.cap_per_day, Type::INT2),
            (&self.queue, Type::TEXT),
            (&self.types, Type::TEXT_ARRAY),
            (&self.versions, Type::INT2_ARRAY),
            (&self.failures_max, Type::INT2_ARRAY),
            (&self.request_id, Type::TEXT),
            (&self.wake_secs, Type::INT8),
            (&self.urgent, Type::TEXT_ARRAY),
            (&self.sla_secs, Type::INT8_ARRAY),
            (&self.tell, Type::BOOL),
            (&self.per_day, Type::INT8),
        ]
    }
}

/// What contacts did.
pub(crate) struct Activities<'a> {
    pub(crate) events: Events<'a>,
    occurred: Vec<DateTime<Utc>>,
    types: Vec<&'static str>,
    channels: Vec<&'static str>,
    campaigns: Vec<Option<&'a str>>,
    data: Vec<String>,
}

impl<'a> Activities<'a> {
    pub(crate) fn of(intake: &'a Intake) -> Self {
        let events = || intake.events.iter();
        Self {
            events: Events::of(intake.batch, events()),
            occurred: events().map(|event| event.occurred_at).collect(),
            types: events().map(|event| event.kind.type_name()).collect(),
            channels: events().map(|event| event.kind.channel().as_str()).collect(),
            campaigns: events().map(|event| event.campaign_id.as_deref()).collect(),
            data: events().map(|event| Value::Object(event.data.clone()).to_string()).collect(),
        }
    }

    pub(crate) fn params(&self) -> Vec<Param<'_>> {
        let mut params = self.events.params().to_vec();
        params.extend([
            (&self.occurred as _, Type::TIMESTAMPTZ_ARRAY),
            (&self.types as _, Type::TEXT_ARRAY),
            (&self.channels as _, Type::TEXT_ARRAY),
            (&self.campaigns as _, Type::TEXT_ARRAY),
            (&self.data as _, Type::TEXT_ARRAY),
        ]);
        params
    }
}

/// Enrichment jobs that ended.
pub(crate) struct Enrichments<'a> {
    events: Events<'a>,
    finished: Vec<DateTime<Utc>>,
    succeeded: Vec<bool>,
    costs: Vec<Option<i64>>,
    freshness: Vec<Option<i32>>,
}

impl<'a> Enrichments<'a> {
    pub(crate) fn of(intake: &'a Intake) -> Self {
        let ended = |event: &'a ContactEvent| match &event.kind {
            EventKind::JobFinished(enrichment) => Some((event, enrichment)),
            _ => None,
        };
        let (events, ended): (Vec<_>, Vec<_>) = intake.events.iter().filter_map(ended).unzip();
        // At most a hundred years.
        let hours = |hours: u32| i32::try_from(hours).unwrap_or(i32::MAX);
        Self {
            finished: events.iter().map(|event: &&ContactEvent| event.occurred_at).collect(),
            events: Events::of(intake.batch, events.into_iter()),
            succeeded: ended.iter().map(|one| one.succeeded).collect(),
            costs: ended.iter().map(|one| one.cost.map(PointsE4::e4)).collect(),
            freshness: ended.iter().map(|one| one.freshness_hours.map(hours)).collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.finished.is_empty()
    }

    pub(crate) fn params(&self) -> Vec<Param<'_>> {
        let mut params = self.events.params().to_vec();
        params.extend([
            (&self.finished as _, Type::TIMESTAMPTZ_ARRAY),
            (&self.succeeded as _, Type::BOOL_ARRAY),
            (&self.costs as _, Type::INT8_ARRAY),
            (&self.freshness as _, Type::INT4_ARRAY),
        ]);
        params
    }
}
