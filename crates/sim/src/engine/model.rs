//! What was asked of the system, and what it answered: the side of the ledger
//! that the checks hold the rows against.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{EventId, OrganizationId};
use mauntic_domain::jobs::Queue;
use mauntic_domain::overnight::Step;
use mauntic_domain::scoreboard::MatchResult;
use mauntic_domain::scoring::{Config, Features};
use mauntic_flows::commands::report_events::Reported;
use mauntic_flows::ports::{ContactKey, Enqueued, FeaturesStored, MatchPlace, PortError};
use serde_json::Value;
use uuid::Uuid;

use super::archive::Archive;
use super::checks::Audited;
use super::deeds::{Deed, Told};
use super::judged::Judged;
use super::watch_replays::Releases;
use crate::store::rows::JobRow;

/// Something that a caller asked for, with its answer.
pub(super) enum Asked {
    /// Features of a contact.
    Put {
        /// Whose.
        contact: ContactKey,
        /// Version of the configuration when it was asked.
        config_version: i64,
        /// What came back.
        answer: Result<FeaturesStored, PortError>,
    },
    /// A job under an idempotency key.
    Keyed {
        /// Organization, type and key.
        key: KeyName,
        /// The data asked for.
        data: Value,
        /// What came back.
        answer: Result<Vec<Enqueued>, PortError>,
    },
    /// Jobs of their own.
    Jobs {
        /// What came back.
        answer: Result<Vec<Enqueued>, PortError>,
        /// Whether each of their invocations dies.
        is_poison: bool,
    },
    /// Events of an organization's contacts.
    Reported {
        /// Whose.
        owner: OrganizationId,
        /// The events as they were sent.
        events: Vec<Value>,
        /// What came back.
        answer: Result<Reported, PortError>,
    },
    /// Something that an operator did.
    Acted {
        /// Who: nobody else.
        actor: String,
        /// What.
        deed: Deed,
        /// Where it was asked for under a key, whether it was done before.
        key: Option<bool>,
        /// What came back.
        told: Result<Told, PortError>,
    },
}

/// An act that may be asked for again.
#[derive(Clone)]
pub(super) struct Remembered {
    pub(super) actor: String,
    pub(super) deed: Deed,
}

/// Organization, type and key.
pub(super) type KeyName = (OrganizationId, &'static str, String);

/// A write of features that was answered.
pub(super) struct Put {
    pub(super) contact: ContactKey,
    pub(super) input_version: i64,
    pub(super) config_version: i64,
    pub(super) job_id: Uuid,
}

/// What must become of a message that was sent by hand.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fate {
    /// A job's row under its derived id; or, under a key, the job that holds it.
    Job {
        /// The id.
        id: Uuid,
        /// Type, key and data, if it has a key.
        key: Option<(&'static str, String, Value)>,
    },
    /// One dead letter with this reason.
    Letter(&'static str),
    /// The same; of several messages with one address in a batch, one has it.
    Address {
        /// The job addressed.
        id: Uuid,
        /// The reason.
        reason: &'static str,
    },
}

/// All that was asked.
#[derive(Default)]
pub(super) struct Model {
    /// Features by contact and version, as they were committed.
    pub(super) features: BTreeMap<(ContactKey, i64), Features>,
    /// Configurations by organization and version.
    pub(super) configs: BTreeMap<(OrganizationId, i64), Config>,
    /// Events by organization and number, as they are reported again and again.
    pub(super) events: BTreeMap<(OrganizationId, usize), Value>,
    /// Events that were answered to be taken in: they must be there for ever.
    pub(super) accepted: BTreeSet<(OrganizationId, EventId)>,
    /// Answered writes of features.
    pub(super) puts: Vec<Put>,
    /// The job that each key was last answered with, and its data.
    pub(super) keys: BTreeMap<KeyName, (Uuid, Value)>,
    /// Messages sent by hand, by queue and the platform's id.
    pub(super) sent: BTreeMap<(Queue, String), Fate>,
    /// Alerts that were asked to be told of.
    pub(super) alerts: BTreeSet<(OrganizationId, Uuid)>,
    /// Jobs that were answered to a caller: they must be there for ever.
    pub(super) promised: BTreeSet<Uuid>,
    /// Jobs whose every invocation dies.
    pub(super) poison: BTreeSet<Uuid>,
    /// Jobs that only another build can do.
    pub(super) foreign: BTreeSet<Uuid>,
    /// When the faults ended.
    pub(super) calm_since: Option<DateTime<Utc>>,
    /// Rows that retention may have taken.
    pub(super) archive: Archive,
    /// Messages sent by hand that the platform kept for no longer.
    pub(super) outlived: BTreeSet<(Queue, String)>,
    /// Operators so far; each acts once.
    pub(super) actors: u64,
    /// The last acts under keys.
    pub(super) remembered: VecDeque<Remembered>,
    /// The first answers to keys, by who asked.
    pub(super) told: BTreeMap<String, Told>,
    /// Runs whose dead jobs were queued again.
    pub(super) retried: BTreeSet<Uuid>,
    /// What the audit says.
    pub(super) audited: Audited,
    /// What replays of many released.
    pub(super) releases: Releases,
    /// Every dead letter up to then was decided by an operator.
    pub(super) decided_until: Option<DateTime<Utc>>,
    /// Jobs that were beyond their organization's share when they were asked for.
    pub(super) held_back: BTreeSet<Uuid>,
    /// What each schedule's judgements came to.
    pub(super) judged: BTreeMap<String, Judged>,
    /// When each step of a night was done.
    pub(super) steps: BTreeMap<(Uuid, Step), DateTime<Utc>>,
    /// The last word of the provider about each match, and the version of the result that
    /// it had by then.
    pub(super) said: BTreeMap<MatchPlace, (MatchResult, i32)>,
    /// When each expression of a schedule was first deployed, if it was changed.
    pub(super) deployed: BTreeMap<(String, String), DateTime<Utc>>,
}

impl Model {
    /// Whether an operator decided the case of a dead job without replaying it.
    pub(super) fn is_decided(&self, row: &JobRow) -> bool {
        self.decided_until.is_some_and(|until| row.finished_at.is_some_and(|at| at <= until))
    }
}

impl Asked {
    /// The error that was answered, if any.
    pub(super) const fn error(&self) -> Option<&PortError> {
        match self {
            Self::Put { answer: Err(error), .. }
            | Self::Keyed { answer: Err(error), .. }
            | Self::Jobs { answer: Err(error), .. }
            | Self::Reported { answer: Err(error), .. }
            | Self::Acted { told: Err(error), .. } => Some(error),
            _ => None,
        }
    }
}
