//! A database of its own for a test, with both workers' ports.

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::scoring::Features;
use mauntic_flows::consume::{Body, Delivery, Report, consume};
use mauntic_testkit::database::{Role, TestDatabase};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::ports::{Settled, Settlements, TestPorts};

/// A test's world.
#[derive(Debug)]
pub struct World {
    /// The HTTP worker's ports.
    pub http: TestPorts,
    /// The queue worker's ports.
    pub queue: TestPorts,
    /// The owner's connection, for looking.
    pub owner: Client,
    /// Kept until the test ends.
    pub database: TestDatabase,
}

/// A batch's end.
#[derive(Debug)]
pub struct Batch {
    /// What became of each message.
    pub settled: Vec<Option<Settled>>,
    /// The consumer's report.
    pub report: Report,
}

impl World {
    /// A fresh one.
    pub async fn new() -> Self {
        let database = TestDatabase::create().await;
        let owner = database.connect(Role::Owner).await.expect("the owner connects");
        Self {
            http: TestPorts::new(&database.url(Role::Http)),
            queue: TestPorts::new(&database.url(Role::Queue)),
            owner,
            database,
        }
    }

    /// Consumes bodies as one batch; message ids are their positions and `tag`.
    pub async fn consume(&self, tag: &str, bodies: &[Body]) -> Batch {
        self.consume_with(&self.queue, Uuid::new_v4(), tag, bodies).await
    }

    /// [`Self::consume`] by another worker or invocation.
    pub async fn consume_with(
        &self,
        ports: &TestPorts,
        token: Uuid,
        tag: &str,
        bodies: &[Body],
    ) -> Batch {
        let deliveries: Vec<Delivery> = bodies
            .iter()
            .enumerate()
            .map(|(n, body)| Delivery { message_id: format!("{tag}-{n}"), body: body.clone() })
            .collect();
        let settlements = Settlements::default();
        let origin = Origin::Jobs(Queue::ScoringEvents);
        let report = consume(ports, origin, token, &deliveries, &settlements).await;
        Batch { settled: settlements.of(bodies.len()), report }
    }

    /// Rows of a query by the owner.
    pub async fn rows(&self, sql: &str) -> Vec<Row> {
        self.owner.query(sql, &[]).await.expect("the test's own query")
    }

    /// One number.
    pub async fn count(&self, sql: &str) -> i64 {
        self.rows(sql).await[0].get(0)
    }

    /// Stores contacts without asking for their scores.
    pub async fn contacts(&self, owner: &OrganizationId, contacts: &[(ContactId, Features)]) {
        mauntic_store::admin::put_contacts(&self.owner, owner, contacts).await.expect("stored");
    }
}

/// Text bodies.
pub fn texts<S: Into<String>>(bodies: impl IntoIterator<Item = S>) -> Vec<Body> {
    bodies.into_iter().map(|body| Body::Text(body.into())).collect()
}

/// A hand-sent scoring message.
#[must_use]
pub fn short(owner: &str, contact: &str) -> String {
    serde_json::json!({"type": "scoring.CalculateScore",
        "data": {"organizationId": owner, "contactId": contact}})
    .to_string()
}

/// An organization.
#[must_use]
pub fn organization(name: &str) -> OrganizationId {
    OrganizationId::parse(name).unwrap()
}

/// A contact with features of JSON.
#[must_use]
pub fn contact(name: &str, features: &serde_json::Value) -> (ContactId, Features) {
    (ContactId::parse(name).unwrap(), serde_json::from_value(features.clone()).unwrap())
}
