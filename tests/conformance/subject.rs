//! What the suite is run on, and a test's world around it.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::{JobType, Queue};
use mauntic_domain::scoring::{ConfigEntry, Features, SignalConfigEntry};
use mauntic_flows::ports::{
    Act, AlertView, ClaimReply, ClaimRequest, Database, Dependency, EffectStore, GuardStore, Held,
    JobStore, KeyStore, OperatorStore, SignalView,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::dump::{Labels, assert_has};
use crate::laws;
use crate::scenarios::given_boards::Known;

/// The queue of nearly every job here.
pub(crate) const QUEUE: Queue = Queue::ScoringEvents;

/// Who makes ids here; databases are 1.
const MAKER: u8 = 3;

/// Most signals of a type that count for a contact and day, in rows that tests
/// write themselves.
pub(crate) const CAP_PER_DAY: u16 = 100;

/// The organizations and contacts that tests speak of.
pub(crate) const OWNERS: [&str; 2] = ["org_1", "org_2"];
pub(crate) const CONTACTS: [&str; 3] = ["ada", "bob", "cy"];

/// A job's row as some other build or hand wrote it.
#[derive(Debug, Clone)]
pub(crate) struct RawJob {
    pub(crate) id: Uuid,
    pub(crate) owner: Option<&'static str>,
    pub(crate) queue: &'static str,
    pub(crate) type_name: &'static str,
    pub(crate) version: u16,
    pub(crate) resends: i16,
}

impl RawJob {
    /// What it is to do.
    pub(crate) fn data(&self) -> Value {
        self.owner.map_or_else(|| json!({}), |owner| json!({"organizationId": owner}))
    }
}

/// A database whose clock the test moves.
pub(crate) trait Subject: Sized {
    /// The ports' side of it.
    type Db: Database;

    /// An empty one.
    async fn create() -> Self;
    /// As the queue worker's role.
    fn queue(&self) -> Self::Db;
    /// As the HTTP worker's role.
    fn http(&self) -> Self::Db;
    /// As the queue worker's role, with leases of so many seconds.
    fn hasty(&self, lease_secs: u32) -> Self::Db;
    /// Its clock.
    fn now(&self) -> DateTime<Utc>;
    /// Time passes.
    async fn advance(&self, by: TimeDelta);
    /// Stores contacts without asking for their scores.
    async fn put_contact(&self, owner: &OrganizationId, contact: &ContactId, features: Features);
    /// Replaces an organization's configuration.
    async fn put_config(&self, owner: &OrganizationId, entries: Vec<ConfigEntry>);
    /// Makes an organization known.
    async fn put_organization(&self, owner: &OrganizationId);
    /// Replaces an organization's configuration of signals.
    async fn put_signal_config(&self, owner: &OrganizationId, entries: Vec<SignalConfigEntry>);
    /// Keeps a contact's signals as they are.
    async fn put_signals(
        &self,
        owner: &OrganizationId,
        contact: &ContactId,
        signals: &[SignalView],
    );
    /// Keeps alerts as they are.
    async fn put_alerts(&self, owner: &OrganizationId, alerts: &[AlertView]);
    /// Writes jobs' rows, queued and due, woken in a minute.
    async fn put_jobs(&self, jobs: &[RawJob]);
    /// Decides every open dead letter, as an operator does.
    async fn decide_letters(&self);
    /// The newest migration has this number from now on.
    async fn set_schema_version(&self, version: i32);
    /// Every table by name, a list of rows each, with the columns' own names;
    /// times as RFC 3339, points in ten-thousandths.
    async fn tables(&self) -> Value;
}

/// A session of a subject.
pub(crate) type SessionOf<S> = <<S as Subject>::Db as Database>::Session;

/// A subject with a session of each role.
pub(crate) struct World<S: Subject> {
    pub(crate) subject: S,
    pub(crate) queue: SessionOf<S>,
    pub(crate) http: SessionOf<S>,
    /// The HTTP worker's, which acts for an operator.
    pub(crate) op: SessionOf<S>,
    pub(crate) labels: Labels,
    /// What a test knows of its tournament, if it has one.
    pub(crate) known: Known,
    made: u32,
}

impl<S: Subject> World<S> {
    /// An empty one.
    pub(crate) async fn new() -> Self {
        let subject = S::create().await;
        let queue = subject.queue().open().await.expect("the queue worker connects");
        let http = subject.http().open().await.expect("the HTTP worker connects");
        let op = acting(&subject, act()).await;
        let (labels, known) = (Labels::default(), Known::default());
        Self { subject, queue, http, op, labels, known, made: 0 }
    }

    /// New sessions: after an error none is used again.
    pub(crate) async fn reopen(&mut self) {
        self.queue = self.subject.queue().open().await.expect("the queue worker connects");
        self.http = self.subject.http().open().await.expect("the HTTP worker connects");
        self.op = self.acting(act()).await;
    }

    /// A session of the HTTP worker's role that does this act.
    pub(crate) async fn acting(&self, act: Act) -> SessionOf<S> {
        acting(&self.subject, act).await
    }

    /// A fresh UUIDv7; behind every earlier one.
    pub(crate) fn id(&mut self) -> Uuid {
        self.made += 1;
        made_id(self.subject.now(), self.made)
    }

    /// Time passes.
    pub(crate) async fn advance(&self, secs: i64) {
        self.subject.advance(TimeDelta::seconds(secs)).await;
    }

    /// Every row, canonically; equal dumps are equal databases. What must hold of
    /// every database is looked at on the way.
    pub(crate) async fn dump(&mut self) -> Value {
        let tables = self.subject.tables().await;
        laws::assert_deliveries_add_up(&tables);
        laws::assert_boards_add_up(&tables["boards"]);
        laws::assert_audit_verifies(&self.op).await;
        let (breaker, version, now) =
            self.queue.breaker(Dependency::AlertWebhook).await.expect("a breaker");
        assert_eq!(now, self.subject.now(), "the database has the test's clock");
        let vitals = self.http.vitals().await.expect("signs of life");
        let mut beats = vitals.beats;
        beats.sort_by(|a, b| a.duty.cmp(&b.duty));
        let beats = beats.iter().map(|beat| {
            let by = beat.by.map(|by| json!([by.id, by.schema_max]));
            json!([beat.duty, beat.at, beat.interval_secs, by])
        });
        let beats: Value = beats.collect();
        let owners = OWNERS.map(organization);
        let contacts =
            owners.iter().flat_map(|owner| CONTACTS.map(|name| (owner.clone(), contact(name))));
        let contacts: Vec<_> = contacts.collect();
        let inputs = self.queue.score_inputs(&contacts).await.expect("features");
        let features = inputs.contacts.iter().map(|((owner, contact), input)| {
            let version = input.as_ref().map_or(-1, |input| input.input_version);
            json!([owner, contact, version])
        });
        let features: Value = features.collect();
        let mut dump = self.labels.canonical(now, tables);
        dump["breaker"] = self.reply(&json!([breaker_value(breaker), version]));
        dump["beats"] = self.reply(&beats);
        dump["features"] = features;
        dump
    }

    /// A reply, canonically.
    pub(crate) fn reply(&mut self, reply: &Value) -> Value {
        self.labels.canonical(self.subject.now(), reply.clone())
    }

    /// A row of a table by its id, canonically.
    pub(crate) async fn row(&mut self, table: &str, id: Uuid) -> Option<Value> {
        let dump = self.dump().await;
        let name = self.labels.name(id);
        let rows = dump[table].as_array().expect("a table");
        rows.iter().find(|row| row["id"] == json!(name)).cloned()
    }

    /// A job's row has these columns.
    pub(crate) async fn expect_job(&mut self, id: Uuid, wanted: Value) {
        assert_has(&self.row("jobs", id).await.expect("the job's row"), &wanted);
    }

    /// A run's row has these columns.
    pub(crate) async fn expect_run(&mut self, id: Uuid, wanted: Value) {
        assert_has(&self.row("runs", id).await.expect("the run's row"), &wanted);
    }

    /// The reasons of the dead letters, sorted.
    pub(crate) async fn reasons(&mut self) -> Vec<String> {
        let letters = self.letters().await;
        let mut reasons: Vec<String> = letters
            .iter()
            .map(|row| row["reason"].as_str().expect("a reason").to_owned())
            .collect();
        reasons.sort();
        reasons
    }

    /// The dead letters.
    pub(crate) async fn letters(&mut self) -> Vec<Value> {
        self.dump().await["dead_letters"].as_array().expect("a table").clone()
    }

    /// Claims jobs as one batch under a fresh token.
    pub(crate) async fn claim(&mut self, ids: &[Uuid]) -> ClaimReply {
        let request = claim_request(self.id(), ids);
        self.queue.claim(&request).await.expect("a claim")
    }

    /// Claims one batched job.
    pub(crate) async fn hold(&mut self, id: Uuid) -> Held {
        let mut reply = self.claim(&[id]).await;
        reply.held.pop().expect("the job was due")
    }
}

/// What [`World::op`] does, without a key.
pub(crate) fn act() -> Act {
    Act {
        actor: "bootstrap".to_owned(),
        reason: Some("it was asked for".to_owned()),
        request_id: "request-4".to_owned(),
        key: None,
    }
}

async fn acting<S: Subject>(subject: &S, act: Act) -> SessionOf<S> {
    let mut session = subject.http().open().await.expect("the HTTP worker connects");
    session.operate(act);
    session
}

/// A UUIDv7 of that time that no database makes.
pub(crate) fn made_id(at: DateTime<Utc>, number: u32) -> Uuid {
    let [a, b, c, d] = number.to_be_bytes();
    let millis = u64::try_from(at.timestamp_millis()).expect("a time after 1970");
    uuid::Builder::from_unix_timestamp_millis(millis, &[0, MAKER, 0, 0, 0, 0, a, b, c, d])
        .into_uuid()
}

/// A batch of addresses.
pub(crate) fn claim_request(token: Uuid, ids: &[Uuid]) -> ClaimRequest {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    counted(ClaimRequest {
        queue: QUEUE,
        token,
        addresses: ids.iter().enumerate().map(|(n, id)| (*id, format!("message-{n}"))).collect(),
        shorts: Vec::new(),
        letters: Vec::new(),
        messages: 0,
        repeated: 0,
        expects_others: false,
        types: JobType::of_queue(QUEUE).collect(),
        also_batched: Vec::new(),
    })
}

/// The batch with the number of its messages.
pub(crate) fn counted(batch: ClaimRequest) -> ClaimRequest {
    let messages = batch.addresses.len() + batch.shorts.len() + batch.letters.len();
    let messages = i32::try_from(messages).expect("a batch") + batch.repeated;
    ClaimRequest { messages, ..batch }
}

/// A breaker as a value.
pub(crate) fn breaker_value(breaker: mauntic_domain::breaker::Breaker) -> Value {
    use mauntic_domain::breaker::Breaker;
    match breaker {
        Breaker::Healthy => json!("healthy"),
        Breaker::Failing { failures } => json!({ "failures": failures }),
        Breaker::Open { until } => json!({ "open_until": until }),
        Breaker::HalfOpen { successes, probe_until } => {
            json!({ "successes": successes, "probe_until": probe_until })
        }
    }
}

/// An organization.
pub(crate) fn organization(name: &str) -> OrganizationId {
    OrganizationId::parse(name).expect("a name")
}

/// A contact.
pub(crate) fn contact(name: &str) -> ContactId {
    ContactId::parse(name).expect("a name")
}
