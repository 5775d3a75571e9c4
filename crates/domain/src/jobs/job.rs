//! The types of job and the data of each.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::queue::Queue;
use super::refusal::Refusal;
use crate::ids::{ContactId, OrganizationId};
use crate::object::optional_object;
use crate::scoring::Context;

/// Most contacts of one chunk job: 500 names of 64 bytes with their quotes and
/// commas are 33.5 KB, half of the largest body.
pub const CHUNK_CONTACTS_MAX: usize = 500;

const _: () = assert!(CHUNK_CONTACTS_MAX * (64 + 3) + 1_024 < super::queue::BODY_BYTES_MAX);

/// A type of job; its name is the message's `type` for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobType {
    /// Scores one contact.
    CalculateScore,
    /// Scores a list of contacts of one organization.
    RecomputeChunk,
}

impl JobType {
    /// Every type this build knows.
    pub const ALL: [Self; 2] = [Self::CalculateScore, Self::RecomputeChunk];

    /// The name in messages and rows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CalculateScore => "scoring.CalculateScore",
            Self::RecomputeChunk => "scoring.RecomputeChunk",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job_type| job_type.name() == name)
    }

    /// The queue its messages travel on.
    #[must_use]
    pub const fn queue(self) -> Queue {
        match self {
            Self::CalculateScore | Self::RecomputeChunk => Queue::ScoringEvents,
        }
    }

    /// Failures after which a job is a dead letter (scoring: 3).
    #[must_use]
    pub const fn failures_max(self) -> i16 {
        match self {
            Self::CalculateScore | Self::RecomputeChunk => 3,
        }
    }

    /// Whether many jobs of this type share one effect transaction. A type
    /// that may take more than a second is done one job at a time.
    #[must_use]
    pub const fn is_batched(self) -> bool {
        match self {
            Self::CalculateScore => true,
            Self::RecomputeChunk => false,
        }
    }
}

/// Data of `scoring.CalculateScore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CalculateScore {
    /// Whose contact.
    pub organization_id: OrganizationId,
    /// Which contact.
    pub contact_id: ContactId,
    /// Scores that replace a category's own, this once.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_object"
    )]
    pub context: Option<Context>,
}

/// Data of `scoring.RecomputeChunk`: 1 to [`CHUNK_CONTACTS_MAX`] contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecomputeChunk {
    /// Whose contacts.
    pub organization_id: OrganizationId,
    /// Which contacts.
    #[serde(deserialize_with = "chunk_contacts")]
    pub contact_ids: Vec<ContactId>,
    /// Scores that replace a category's own, this once, for each of them.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_object"
    )]
    pub context: Option<Context>,
}

fn chunk_contacts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ContactId>, D::Error> {
    let contacts = Vec::<ContactId>::deserialize(deserializer)?;
    if contacts.is_empty() || contacts.len() > CHUNK_CONTACTS_MAX {
        let found = contacts.len();
        let message = format!("must name 1 to {CHUNK_CONTACTS_MAX} contacts, names {found}");
        return Err(serde::de::Error::custom(message));
    }
    Ok(contacts)
}

/// A job: its type and checked data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// See [`CalculateScore`].
    CalculateScore(CalculateScore),
    /// See [`RecomputeChunk`].
    RecomputeChunk(RecomputeChunk),
}

impl Job {
    /// Checks the data of a message or row.
    ///
    /// # Errors
    /// `unknown_type`, or `invalid_data` with the path of the first fault.
    pub fn parse(type_name: &str, data: &Value) -> Result<Self, Refusal> {
        let job_type = JobType::from_name(type_name)
            .ok_or_else(|| Refusal::UnknownType { name: type_name.chars().take(100).collect() })?;
        match job_type {
            JobType::CalculateScore => read(data).map(Self::CalculateScore),
            JobType::RecomputeChunk => read(data).map(Self::RecomputeChunk),
        }
    }

    /// Its type.
    #[must_use]
    pub const fn job_type(&self) -> JobType {
        match self {
            Self::CalculateScore(_) => JobType::CalculateScore,
            Self::RecomputeChunk(_) => JobType::RecomputeChunk,
        }
    }

    /// The organization it belongs to.
    #[must_use]
    pub const fn organization_id(&self) -> &OrganizationId {
        match self {
            Self::CalculateScore(data) => &data.organization_id,
            Self::RecomputeChunk(data) => &data.organization_id,
        }
    }

    /// Its data as the message's `data`.
    #[must_use]
    pub fn data(&self) -> Value {
        let value = match self {
            Self::CalculateScore(data) => serde_json::to_value(data),
            Self::RecomputeChunk(data) => serde_json::to_value(data),
        };
        // These structs have text keys and no fallible serializer.
        value.unwrap_or(Value::Null)
    }
}

fn read<'de, T: Deserialize<'de>>(data: &'de Value) -> Result<T, Refusal> {
    // Derived structs would take a list of their fields' values as well.
    if !data.is_object() {
        let message = "must be an object".to_owned();
        return Err(Refusal::InvalidData { path: ".".to_owned(), message });
    }
    serde_path_to_error::deserialize(data).map_err(|error| Refusal::InvalidData {
        path: error.path().to_string(),
        message: error.inner().to_string(),
    })
}
