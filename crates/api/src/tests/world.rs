//! The world of a test: the doubles of every port, with an organization's rows
//! and a key of every kind, and what the router logged.

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_domain::points::PointsE4;
use mauntic_domain::schedules::TICK_INTERVAL_SECS;
use mauntic_domain::scoring::Score;
use mauntic_flows::commands::authenticate::sha256;
use mauntic_flows::commands::rehearsal::RehearsalError;
use mauntic_flows::commands::rehearse::rehearse;
use mauntic_flows::consume::Body;
use mauntic_flows::ports::{PortError, Scope, ScoreRow};
use mauntic_flows::tick::Duty;
use mauntic_sim::clock::ManualClock;
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::host::SimHost;
use mauntic_sim::ports::SimPorts;
use mauntic_sim::store::MemoryStore;
use mauntic_sim::store::rows::JobRow;
use serde_json::{Value, json};
use uuid::Uuid;

use super::schema::written;
use crate::{ApiState, LogLine, Secret, Waiting, router};

/// A key of eight digits, eight times.
macro_rules! key {
    ($digits:literal) => {
        concat!("mk_", $digits, $digits, $digits, $digits, $digits, $digits, $digits, $digits)
    };
}

pub(crate) const ADMIN_TOKEN: &str = "the-admin-token";
pub(crate) const VIEWER_TOKEN: &str = "the-viewer-token";
pub(crate) const READ_KEY: &str = key!("00000001");
pub(crate) const WRITE_KEY: &str = key!("00000002");
pub(crate) const WRITE_ONLY_KEY: &str = key!("00000003");
/// Of another organization.
pub(crate) const OTHER_KEY: &str = key!("00000004");
pub(crate) const OPERATOR_KEY: &str = key!("00000005");
/// An operator's key of whose scopes this build knows none.
pub(crate) const POWERLESS_KEY: &str = key!("00000006");
/// An organization's key that was given an operator's scope by mistake.
pub(crate) const MISTAKEN_KEY: &str = key!("00000007");
/// An operator's who only looks.
pub(crate) const LOOK_KEY: &str = key!("00000009");
/// Shaped as a key, and nobody's.
pub(crate) const NOBODYS_KEY: &str = key!("00000008");

#[rustfmt::skip]
const KEYS: [(&str, Option<&str>, &[Scope]); 8] = [
    (READ_KEY,       Some("org_a"), &[Scope::Read]),
    (WRITE_KEY,      Some("org_a"), &[Scope::Read, Scope::Write]),
    (WRITE_ONLY_KEY, Some("org_a"), &[Scope::Write]),
    (OTHER_KEY,      Some("org_b"), &[Scope::Read, Scope::Write]),
    (OPERATOR_KEY,   None,          &[Scope::Operate]),
    (POWERLESS_KEY,  None,          &[]),
    (LOOK_KEY,       None,          &[Scope::Read]),
    (MISTAKEN_KEY,   Some("org_a"), &[Scope::Operate, Scope::Admin]),
];

/// What a request asks of a session once its key is known.
const WORK: [Call; 75] = [
    Call::PutFeatures,
    Call::TakeIn,
    Call::Enqueue,
    Call::Score,
    Call::Leaderboard,
    Call::ContactView,
    Call::History,
    Call::Signals,
    Call::Alerts,
    Call::Acknowledge,
    Call::PutDomain,
    Call::Domain,
    Call::Domains,
    Call::Report,
    Call::WriteTournament,
    Call::Tournaments,
    Call::Matches,
    Call::JoinedAt,
    Call::GuessesOf,
    Call::Leagues,
    Call::BoardPage,
    Call::BoardAround,
    Call::LeagueBoard,
    Call::BoardWindow,
    Call::Config,
    Call::SaveDraft,
    Call::DiscardDraft,
    Call::PublishConfig,
    Call::ConfigSample,
    Call::Vitals,
    Call::QueueStats,
    Call::Schedules,
    Call::CronRows,
    Call::OpenRun,
    Call::Pause,
    Call::Runs,
    Call::Occurrences,
    Call::RunView,
    Call::Jobs,
    Call::Job,
    Call::EndRun,
    Call::RetryRun,
    Call::HandIn,
    Call::Cancel,
    Call::Cases,
    Call::FirstCases,
    Call::CaseGroups,
    Call::Case,
    Call::Discard,
    Call::OrderReplay,
    Call::ReplayRow,
    Call::EndReplay,
    Call::Breakers,
    Call::ResetBreaker,
    Call::Audit,
    Call::Settlements,
    Call::Verifications,
    Call::LedgerPage,
    Call::Drifts,
    Call::CloseTournament,
    Call::Explain,
    Call::PutPortfolio,
    Call::PutCriteria,
    Call::Portfolio,
    Call::NewestScores,
    Call::AssetScores,
    Call::AssetHistory,
    Call::Calculation,
    Call::OwnNights,
    Call::OwnNight,
    Call::OwnNightUsers,
    Call::UsersOfNight,
    Call::Nights,
    Call::Night,
    Call::Calculations,
];

/// When every world's clocks start.
const START_SECS: i64 = 1_800_000_000;
const START_MICROS: i64 = 123_456;

/// The doubles and the log; clones are the same world.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) ports: SimPorts,
    /// Who does dry runs, with a clock of its own; none where nobody does.
    pub(crate) rehearsing: Option<SimPorts>,
    log: Arc<Mutex<Vec<Value>>>,
}

/// The instant at which the clocks start.
pub(crate) fn epoch() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(START_SECS * 1_000_000 + START_MICROS).unwrap()
}

pub(crate) fn organization(name: &str) -> OrganizationId {
    OrganizationId::parse(name).unwrap()
}

pub(crate) fn contact(name: &str) -> ContactId {
    ContactId::parse(name).unwrap()
}

impl World {
    /// Two organizations, the keys, a schema in range and every beat just now.
    pub(crate) fn new() -> Self {
        let world = Self::without_beats();
        for duty in Duty::ALL {
            world.store().put_beat(duty.name(), TICK_INTERVAL_SECS);
        }
        world
    }

    /// The same, before the first tick.
    pub(crate) fn without_beats() -> Self {
        let clock = ManualClock::starting(START_SECS);
        clock.advance(TimeDelta::microseconds(START_MICROS));
        let host = SimHost::new(clock.clone(), 1).with_looks_taking(TimeDelta::milliseconds(5));
        let ports = SimPorts::with(clock, Arc::default(), 1).with_host(host);
        for name in ["org_a", "org_b"] {
            ports.store.put_organization(&organization(name), name);
        }
        for (key, owner, scopes) in KEYS {
            ports.store.put_key(owner.map(organization).as_ref(), scopes, sha256(key));
        }
        ports.store.set_schema_version(3);
        let rehearsing = ports.clone().with_host(SimHost::new(ports.clock.clone(), 2));
        Self { ports, rehearsing: Some(rehearsing), log: Arc::default() }
    }

    pub(crate) fn store(&self) -> &MemoryStore {
        &self.ports.store
    }

    /// What was logged so far.
    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Value>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn router(&self) -> Router {
        let (log, rehearsing) = (self.clone(), self.rehearsing.clone());
        router(ApiState {
            ports: Arc::new(self.ports.clone()),
            admin_token: Some(Secret::new(ADMIN_TOKEN)),
            viewer_token: Some(Secret::new(VIEWER_TOKEN)),
            log: Arc::new(move |line: &LogLine<'_>| {
                let line = serde_json::to_value(line).unwrap();
                log.log().push(line);
            }),
            schema: 2..=4,
            assets: Arc::new(|_| -> Waiting<_, _> { Box::pin(ready(Ok(written().into()))) }),
            rehearsals: Arc::new(move |cases| -> Waiting<_, _> {
                let rehearsing = rehearsing.clone();
                Box::pin(async move {
                    let away = || RehearsalError::Away { cause: "it is not bound".to_owned() };
                    Ok(rehearse(&rehearsing.ok_or_else(away)?, &cases).await?)
                })
            }),
        })
    }

    /// Puts a score into `org_a`.
    pub(crate) fn put_score(&self, name: &str, score: Score, previous: Option<i64>) {
        let row = ScoreRow {
            score,
            previous_total: previous.map(PointsE4::whole),
            input_version: 4,
            input_version_now: 4,
            config_version: 2,
            calculated_at: epoch(),
        };
        self.store().put_score(&organization("org_a"), &contact(name), &row);
    }

    /// Puts queued jobs of `org_a`, written now, with the ids from `first` on.
    pub(crate) fn put_jobs(&self, first: u128, count: u128) {
        for id in (first..first + count).map(Uuid::from_u128) {
            let now = self.ports.clock.database();
            let data = json!({ "organizationId": "org_a", "contactId": id.to_string() });
            let mut row = JobRow::new(id, JobType::CalculateScore, data, now);
            row.organization_id = Some("org_a".to_owned());
            self.store().put_job(row);
        }
    }

    /// Gives a job a state, with what every row of it has.
    pub(crate) fn set_state(&self, id: u128, state: JobState) {
        let now = self.ports.clock.database();
        let is_there = self.store().change_job(Uuid::from_u128(id), |row| {
            row.state = state;
            row.lease_until = (state == JobState::InProgress).then_some(now);
            row.finished_at = state.is_final().then_some(now);
            row.receipt = (state == JobState::Completed).then(|| json!({}));
        });
        assert!(is_there, "job {id}");
    }

    /// A duty's beat of so many seconds ago, by a tick of every minute; less than
    /// none is in the future.
    pub(crate) fn put_beat(&self, duty: &str, age_secs: i64) {
        self.put_beat_of(duty, TICK_INTERVAL_SECS, age_secs);
    }

    /// The same, by a tick of another interval, in seconds.
    pub(crate) fn put_beat_of(&self, duty: &str, interval_secs: u32, age_secs: i64) {
        let clock = &self.ports.clock;
        clock.set_database_ahead(TimeDelta::seconds(-age_secs));
        self.store().put_beat(duty, interval_secs);
        clock.set_database_ahead(TimeDelta::zero());
    }

    /// The messages that were sent.
    pub(crate) fn sent(&self) -> Vec<Value> {
        let parcels = Queue::ALL
            .into_iter()
            .flat_map(|queue| self.ports.queues.waiting(Origin::Jobs(queue)))
            .map(|parcel| match parcel.body {
                Body::Text(text) => serde_json::from_str(&text).unwrap(),
                other => panic!("{other:?}"),
            });
        parcels.collect()
    }

    /// Every call of this kind fails from now on.
    pub(crate) fn fail(&self, call: Call, error: PortError) {
        self.ports.faults.stand(call, Some(Fault::Fail(error)));
    }

    /// Whatever is asked once the key is known fails from now on.
    pub(crate) fn fail_work(&self, error: &PortError) {
        for call in WORK {
            self.fail(call, error.clone());
        }
    }
}
