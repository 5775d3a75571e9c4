//! The rows of operating: deliveries, replays of many, and kept answers.

use std::any::Any;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use mauntic_domain::replays::{Status, Terms};
use mauntic_flows::ports::CaseFilter;
use uuid::Uuid;

/// A row of `jobs.delivery`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct DeliveryRow {
    pub queue: String,
    pub delivered_at: DateTime<Utc>,
    pub messages: i32,
    pub unreadable: i32,
    pub absorbed: i32,
    pub taken: i32,
    pub effects: i32,
    pub failures: i32,
    pub put_off: i32,
    pub lost: i32,
}

impl DeliveryRow {
    /// Of nothing yet.
    pub(super) fn new(queue: &str, now: DateTime<Utc>) -> Self {
        Self {
            queue: queue.to_owned(),
            delivered_at: now,
            messages: 0,
            unreadable: 0,
            absorbed: 0,
            taken: 0,
            effects: 0,
            failures: 0,
            put_off: 0,
            lost: 0,
        }
    }
}

/// A row of `jobs.replay`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct ReplayRecord {
    pub id: Uuid,
    pub filter: CaseFilter,
    pub terms: Terms,
    pub actor: String,
    pub why: Option<String>,
    pub request_id: Option<String>,
    pub created_at: DateTime<Utc>,
    pub status: Status,
    pub after_case: Option<Uuid>,
    pub canaries: Vec<Uuid>,
    pub paced_until: DateTime<Utc>,
    pub replayed: u32,
    pub refused: u32,
    pub stopped_by: Option<Uuid>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// A row of `jobs.answer`. What was answered is kept as it was, of whatever type.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct AnswerRow {
    pub organization_id: Option<String>,
    pub fingerprint: [u8; 32],
    pub answer: Arc<dyn Any + Send + Sync>,
    pub created_at: DateTime<Utc>,
}
