//! A double of the ports: rows in maps, failures on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::{Message, Queue};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Features, Score};
use mauntic_flows::commands::authenticate::sha256;
use mauntic_flows::ports::{
    ApiKey, Database, Host, NewJob, PortError, Ports, QueueStats, Scope, ScoreRow, Vitals, Wakeups,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{ApiState, LogLine, Secret, router};

/// A key of eight digits, eight times.
macro_rules! key {
    ($digits:literal) => {
        concat!("mk_", $digits, $digits, $digits, $digits, $digits, $digits, $digits, $digits)
    };
}

pub(crate) const ADMIN_TOKEN: &str = "the-admin-token";
pub(crate) const READ_KEY: &str = key!("00000001");
pub(crate) const WRITE_KEY: &str = key!("00000002");
pub(crate) const WRITE_ONLY_KEY: &str = key!("00000003");
/// Of another organization.
pub(crate) const OTHER_KEY: &str = key!("00000004");
pub(crate) const OPERATOR_KEY: &str = key!("00000005");
/// An operator's key that may not operate.
pub(crate) const POWERLESS_KEY: &str = key!("00000006");
/// An organization's key that was given an operator's scope by mistake.
pub(crate) const MISTAKEN_KEY: &str = key!("00000007");
/// Shaped as a key, and nobody's.
pub(crate) const NOBODYS_KEY: &str = key!("00000008");

#[rustfmt::skip]
const KEYS: [(&str, Option<&str>, &[Scope]); 7] = [
    (READ_KEY,       Some("org_a"), &[Scope::Read]),
    (WRITE_KEY,      Some("org_a"), &[Scope::Read, Scope::Write]),
    (WRITE_ONLY_KEY, Some("org_a"), &[Scope::Write]),
    (OTHER_KEY,      Some("org_b"), &[Scope::Read, Scope::Write]),
    (OPERATOR_KEY,   None,          &[Scope::Operate]),
    (POWERLESS_KEY,  None,          &[Scope::Read]),
    (MISTAKEN_KEY,   Some("org_a"), &[Scope::Operate, Scope::Admin]),
];

/// What the double holds.
#[derive(Default)]
pub(crate) struct Data {
    pub(crate) features: BTreeMap<(OrganizationId, ContactId), (Features, i64)>,
    pub(crate) scores: BTreeMap<(OrganizationId, ContactId), ScoreRow>,
    pub(crate) jobs: Vec<(OrganizationId, NewJob)>,
    pub(crate) sent: Vec<Message>,
    pub(crate) queues: BTreeMap<String, QueueStats>,
    pub(crate) schema_version: i32,
    pub(crate) beats: Vec<(String, DateTime<Utc>)>,
    pub(crate) opened: usize,
    pub(crate) fail_open: Option<PortError>,
    pub(crate) fail_work: Option<PortError>,
    pub(crate) fail_send: Option<PortError>,
    pub(crate) log: Vec<Value>,
    ticks: i32,
    ids: u128,
}

/// The double; clones share their data.
#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<Data>>);

/// The instant at which the double's clock starts.
pub(crate) fn epoch() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 123_456_789).unwrap()
}

pub(crate) fn organization(name: &str) -> OrganizationId {
    OrganizationId::parse(name).unwrap()
}

pub(crate) fn contact(name: &str) -> ContactId {
    ContactId::parse(name).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Data {
            schema_version: 3,
            beats: vec![("relay".to_owned(), epoch())],
            ..Data::default()
        })))
    }

    pub(crate) fn data(&self) -> MutexGuard<'_, Data> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn router(&self) -> Router {
        let log = self.clone();
        router(ApiState {
            ports: Arc::new(self.clone()),
            admin_token: Some(Secret::new(ADMIN_TOKEN)),
            log: Arc::new(move |line: &LogLine<'_>| {
                let line = serde_json::to_value(line).unwrap();
                log.data().log.push(line);
            }),
            schema: 2..=4,
        })
    }

    /// Puts a score into `org_a`.
    pub(crate) fn put_score(&self, name: &str, score: Score, previous: Option<i64>) {
        let key = (organization("org_a"), contact(name));
        let row = ScoreRow {
            score,
            previous_total: previous.map(PointsE4::whole),
            input_version: 4,
            input_version_now: 4,
            config_version: 2,
            calculated_at: epoch(),
        };
        let mut data = self.data();
        data.features.insert(key.clone(), (Features::default(), 4));
        data.scores.insert(key, row);
    }

    /// The failure that the test asked for.
    pub(crate) fn work(&self) -> Result<(), PortError> {
        self.data().fail_work.clone().map_or(Ok(()), Err)
    }

    pub(crate) fn key(digest: &[u8; 32]) -> Option<ApiKey> {
        KEYS.into_iter().find(|(key, ..)| sha256(key) == *digest).map(
            |(_, organization_id, scopes)| ApiKey {
                id: Uuid::nil(),
                organization_id: organization_id.map(organization),
                scopes: scopes.to_vec(),
                sha256: *digest,
            },
        )
    }

    pub(crate) fn vitals_now(&self) -> Vitals {
        let data = self.data();
        Vitals { now: epoch(), schema_version: data.schema_version, beats: data.beats.clone() }
    }
}

impl Ports for World {
    type Db = Self;
    type Wakeups = Self;
    type Host = Self;

    fn db(&self) -> &Self {
        self
    }
    fn wakeups(&self) -> &Self {
        self
    }
    fn host(&self) -> &Self {
        self
    }
}

impl Host for World {
    /// Every look at the clock takes five milliseconds.
    fn now(&self) -> DateTime<Utc> {
        let mut data = self.data();
        data.ticks += 1;
        epoch() + TimeDelta::milliseconds(5) * data.ticks
    }

    fn new_id(&self) -> Uuid {
        let mut data = self.data();
        data.ids += 1;
        Uuid::from_u128(data.ids)
    }
}

impl Database for World {
    type Session = Self;

    async fn open(&self) -> Result<Self, PortError> {
        let mut data = self.data();
        data.opened += 1;
        data.fail_open.clone().map_or(Ok(self.clone()), Err)
    }
}

impl Wakeups for World {
    async fn send(&self, _queue: Queue, messages: &[Message]) -> Result<(), PortError> {
        let mut data = self.data();
        data.sent.extend_from_slice(messages);
        data.fail_send.clone().map_or(Ok(()), Err)
    }
}
