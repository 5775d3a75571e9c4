//! What is asked of the system, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Body;
use mauntic_store::admin;
use mauntic_tests::contacts::{Numbers, config, features};
use mauntic_tests::stack::{QUEUE, Stack};
use mauntic_tests::world::{contact, organization, short};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::faults::ROUNDS;
use super::hand::Hand;

const ORGANIZATIONS: usize = 20;

/// Jobs a contact: each is asked for about four times.
const JOBS_EACH: usize = 4;

/// Contacts whose features change in every round, and in one round each.
const CHANGED: usize = 8;

/// Per round: keys, each sent twice; bad bodies; alerts, the last told by two jobs.
const KEYS: usize = 5;
const BAD: usize = 2;
const ALERTS: usize = 2;

/// It panics at every claim. It has no features: nothing else scores it.
pub(super) const POISON: &str = "fault-panic-always";

/// A type that a build to come may know.
pub(super) const FOREIGN: &str = "scoring.FromTheFuture";

/// An organization.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) id: OrganizationId,
    pub(super) key: String,
    pub(super) config: Value,
}

/// What was asked for so far.
#[derive(Debug)]
pub(super) struct Load {
    numbers: Numbers,
    jobs: usize,
    pub(super) tenants: Vec<Tenant>,
    /// The features of each contact, the newest, by organization and name.
    pub(super) features: BTreeMap<(usize, String), Value>,
    /// Requests that were not confirmed yet: whose, method, path, body.
    requests: Vec<(usize, &'static str, String, Value)>,
    pub(super) bad: BTreeSet<String>,
    /// Keys, and whose they are.
    pub(super) keys: BTreeMap<String, usize>,
    pub(super) conflicts: BTreeSet<String>,
    pub(super) alerts: BTreeSet<String>,
}

impl Load {
    pub(super) async fn prepare(stack: &Stack, jobs: usize) -> Self {
        let (owner, mut numbers) = (stack.owner().await, Numbers::new(10_007));
        let (mut tenants, mut known) = (Vec::new(), BTreeMap::new());
        for n in 0..ORGANIZATIONS {
            let id = organization(&format!("org_{n}"));
            let key = stack.organization(&id, &[Scope::Read, Scope::Write]).await;
            let config = config(&mut numbers, n.try_into().unwrap());
            let entries: Vec<_> = serde_json::from_value(config.clone()).unwrap();
            admin::replace_config(&owner, &id, &entries).await.unwrap();
            let names = (0..jobs / JOBS_EACH / ORGANIZATIONS).map(|n| format!("contact_{n}"));
            let own: Vec<_> = names.map(|name| (name, features(&mut numbers))).collect();
            let contacts: Vec<_> = own.iter().map(|(name, of)| contact(name, of)).collect();
            admin::put_contacts(&owner, &id, &contacts).await.unwrap();
            known.extend(own.into_iter().map(|(name, features)| ((n, name), features)));
            tenants.push(Tenant { id, key, config });
        }
        let (requests, bad, keys) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        let (conflicts, alerts) = (BTreeSet::new(), BTreeSet::new());
        let features = known;
        Self { numbers, jobs, tenants, features, requests, bad, keys, conflicts, alerts }
    }

    /// How many jobs there must be in the end, at least.
    pub(super) fn wanted(&self) -> usize {
        self.jobs
    }

    fn any_contact(&mut self) -> (usize, String) {
        let n = self.numbers.below(self.features.len() as u64);
        self.features.keys().nth(n.try_into().unwrap()).unwrap().clone()
    }

    /// What producers ask for by HTTP in a round: changed features, and the
    /// scoring of an organization's contacts; both join jobs still queued.
    pub(super) fn plan_requests(&mut self, round: usize) {
        let names: Vec<_> = self.features.keys().cloned().collect();
        let steady = names.iter().take(CHANGED);
        let passing = names.iter().skip(CHANGED * (round + 1)).take(CHANGED);
        for (tenant, name) in steady.chain(passing) {
            let document = features(&mut self.numbers);
            let path = format!("/api/v1/scoring/contacts/{name}/features");
            self.features.insert((*tenant, name.clone()), document.clone());
            // What was not confirmed before is overtaken.
            self.requests.retain(|(of, _, before, _)| (*of, before) != (*tenant, &path));
            self.requests.push((*tenant, "PUT", path, document));
        }
        let tenant = round % ORGANIZATIONS;
        let own: Vec<&str> =
            names.iter().filter(|(of, _)| *of == tenant).map(|(_, name)| name.as_str()).collect();
        let path = "/api/v1/scoring/recalculate".to_owned();
        self.requests.push((tenant, "POST", path, json!({"contactIds": own})));
    }

    /// Asks; what is not confirmed stays, and is asked again. Where no answer
    /// comes the worker is dead, and the rest waits for another.
    pub(super) fn request(&mut self, stack: &Stack) {
        let (tenants, mut is_dead) = (&self.tenants, false);
        self.requests.retain(|(tenant, method, path, body)| {
            if is_dead {
                return true;
            }
            match stack.try_call(method, path, Some(&tenants[*tenant].key), Some(body)) {
                Ok(answer) => {
                    assert!(matches!(answer.status, 202 | 500 | 503), "{path}: {}", answer.body);
                    answer.status != 202
                }
                Err(_) => {
                    is_dead = true;
                    true
                }
            }
        });
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.requests.is_empty()
    }

    /// What is sent by hand in a round: bad bodies, and keys, each for two
    /// messages of one content; later a third one, of another.
    pub(super) fn send_by_hand(&mut self, stack: &Stack, hand: &mut Hand, round: usize) {
        for n in 0..BAD {
            let id = format!("bad-{round}-{n}");
            let body = match n % 2 {
                0 => Body::Text(format!("nonsense {id}")),
                _ => Body::Json(json!({"type": "scoring.CalculateScore", "data": {"id": id}})),
            };
            hand.send(id.clone(), body);
            self.bad.insert(id);
        }
        if round == ROUNDS / 4 {
            let body = json!({"type": "scoring.BatchRecompute"}).to_string();
            hand.send("recompute".to_owned(), Body::Text(body));
        }
        // The first messages of those keys are settled long since.
        if let Some(before) = round.checked_sub(ROUNDS / 2) {
            let (key, id) = (format!("key-{before}-0"), format!("conflict-{before}"));
            let owner = self.tenants[self.keys[&key]].id.as_str();
            let other = Body::Text(keyed(owner, "another", &key));
            hand.send(id.clone(), other);
            self.conflicts.insert(id);
        }
        let mut bodies = Vec::new();
        for n in 0..KEYS {
            let ((tenant, name), key) = (self.any_contact(), format!("key-{round}-{n}"));
            let body = Body::Text(keyed(self.tenants[tenant].id.as_str(), &name, &key));
            hand.send(format!("keyed-{round}-{n}"), body.clone());
            bodies.push(body);
            self.keys.insert(key, tenant);
        }
        // The second way may lose them: the queue dies with the runtime.
        stack.workers.send(QUEUE, &bodies).unwrap();
    }

    /// Rows whose producers died before they sent anything.
    pub(super) async fn insert(&mut self, owner: &Client, round: usize) {
        self.insert_plain(owner, self.jobs / 2 / ROUNDS).await;
        let tenant = round % ORGANIZATIONS;
        let own: Vec<_> = self.features.keys().filter(|(of, _)| *of == tenant).collect();
        let names: Vec<&str> = own.iter().map(|(_, name)| name.as_str()).take(500).collect();
        let id = self.tenants[tenant].id.as_str();
        let (version, chunk) = match round % 2 {
            0 => (1, json!({"organizationId": id, "contactIds": names})),
            _ => (2, json!({"organizationId": id, "contacts": {"ids": names}})),
        };
        insert_job(owner, "scoring.RecomputeChunk", version, Some(id), &chunk).await;
        for n in 0..ALERTS {
            let alert = Uuid::new_v4().to_string();
            let data = json!({"organizationId": id, "alertId": alert, "contactId": names[0],
                "signalType": "DEMO_REQUEST"});
            for _ in 0..=usize::from(n + 1 == ALERTS) {
                insert_job(owner, "scoring.NotifyAlert", 1, Some(id), &data).await;
            }
            self.alerts.insert(alert);
        }
        if round == 1 {
            let poison = json!({"organizationId": "org_1", "contactId": POISON});
            insert_job(owner, "scoring.CalculateScore", 1, Some("org_1"), &poison).await;
            insert_job(owner, FOREIGN, 1, None, &json!({"from": "the future"})).await;
        }
    }

    /// Single jobs without a key, of contacts at random.
    pub(super) async fn insert_plain(&mut self, owner: &Client, count: usize) {
        let sql = "insert into jobs.job (organization_id, type, queue, data, failures_max, wake_at)
          select f.organization_id, 'scoring.CalculateScore', $1,
                 jsonb_build_object('organizationId', f.organization_id, 'contactId', f.contact_id),
                 3, clock_timestamp()
          from scoring.contact_features f order by random() limit $2";
        owner.execute(sql, &[&QUEUE, &i64::try_from(count).unwrap()]).await.unwrap();
    }
}

fn keyed(owner: &str, contact: &str, key: &str) -> String {
    let mut message: Value = serde_json::from_str(&short(owner, contact)).unwrap();
    message["idempotencyKey"] = json!(key);
    message.to_string()
}

async fn insert_job(owner: &Client, kind: &str, version: i16, of: Option<&str>, data: &Value) {
    let sql = "insert into jobs.job (organization_id, type, version, queue, data, failures_max,
      wake_at) values ($1, $2, $3, $4, $5::text::jsonb, 3, clock_timestamp())";
    let data = data.to_string();
    owner.execute(sql, &[&of, &kind, &version, &QUEUE, &data]).await.unwrap();
}
