//! An organization's configuration: what is published, the draft of what comes
//! next, and a sample of contacts to preview it by.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::scoring::document::DocumentChanges;
use mauntic_domain::scoring::{Config, ConfigDocument, SignalConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Act, ContactInput, PortError};

/// Which state of a configuration: whatever changes it makes another one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigToken {
    /// Version that is published; 0 for none.
    pub version: i64,
    /// Revision of the draft, which grows with every change of it; 0 before the
    /// first.
    pub revision: i64,
}

/// By whom something was written, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// A key's id; `migration` or `owner` where nobody called.
    pub by: String,
    /// By the database's clock.
    pub at: DateTime<Utc>,
}

/// A configuration as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigState {
    /// Which state this is.
    pub token: ConfigToken,
    /// What scores are computed by; empty before the first publication.
    pub published: ConfigDocument,
    /// Who published it; none before the first.
    pub publication: Option<Written>,
    /// What would be published next, and who changed it last.
    pub draft: Option<(ConfigDocument, Written)>,
}

/// A part of a draft, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigPart {
    /// Weights of factors.
    Factors(Config),
    /// Types of signal.
    Signals(SignalConfig),
}

/// Why a configuration was left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchanged {
    /// It is in this state by now.
    Stale(ConfigToken),
    /// There is no draft.
    NoDraft,
}

/// What a publication did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The configuration's state now.
    pub token: ConfigToken,
    /// The run that scores by it: one that was open, which the next run follows
    /// if it looks at what was published before, or a new one.
    pub run_id: Uuid,
    /// The new run's planner, and when it was enqueued; none where the run was
    /// open.
    pub planner: Option<(Uuid, DateTime<Utc>)>,
}

/// Which contacts to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick<'a> {
    /// At most so many, spread evenly over the order of their keys.
    Spread(u16),
    /// This one.
    One(&'a ContactId),
}

/// Contacts to preview a configuration by; of one snapshot, but for their
/// choice.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigSample {
    /// The database's clock.
    pub now: DateTime<Utc>,
    /// Contacts of the organization.
    pub contacts_total: u64,
    /// The configuration.
    pub state: ConfigState,
    /// The contacts that were picked and are known; an error where what is
    /// stored of one cannot be read.
    pub contacts: BTreeMap<ContactId, Result<ContactInput, PortError>>,
}

/// What the HTTP worker does to an organization's configuration, under row-level
/// security. Every change is one transaction with its entry in the audit, and
/// none is made of another state than its caller saw. A repeat under the act's
/// key gets the first answer.
#[trait_variant::make(Send)]
pub trait ConfigStore: Sync {
    /// The configuration.
    async fn config(&self, organization: &OrganizationId) -> Result<ConfigState, PortError>;
    /// Replaces a part of the draft; one that begins has the other part as it is
    /// published.
    async fn save_draft(
        &self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
        part: &ConfigPart,
    ) -> Result<Result<ConfigToken, Unchanged>, PortError>;
    /// Discards the draft.
    async fn discard_draft(
        &self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
    ) -> Result<Result<ConfigToken, Unchanged>, PortError>;
    /// Publishes the draft and opens the run that scores by it, unless one is
    /// open: whatever ends that one opens the next, if it looked at something
    /// older.
    async fn publish_config(
        &self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
    ) -> Result<Result<Publication, Unchanged>, PortError>;
    /// Contacts to preview the draft by. Writes nothing.
    async fn config_sample(
        &self,
        organization: &OrganizationId,
        pick: Pick<'_>,
    ) -> Result<ConfigSample, PortError>;
}

impl ConfigState {
    /// Whether this is the state that a caller saw.
    ///
    /// # Errors
    /// The state that it is in.
    pub fn check(&self, seen: ConfigToken) -> Result<(), Unchanged> {
        if self.token == seen { Ok(()) } else { Err(Unchanged::Stale(self.token)) }
    }

    /// The draft with a part replaced; a new one begins as what is published.
    #[must_use]
    pub fn with(&self, part: ConfigPart) -> ConfigDocument {
        let draft = self.draft.as_ref().map_or(&self.published, |(document, _)| document);
        match part {
            ConfigPart::Factors(factors) => ConfigDocument { factors, ..draft.clone() },
            ConfigPart::Signals(signals) => ConfigDocument { signals, ..draft.clone() },
        }
    }
}

impl ConfigToken {
    /// The state after a change of the draft.
    #[must_use]
    pub const fn changed(self) -> Self {
        Self { revision: self.revision + 1, ..self }
    }

    /// The state after a publication.
    #[must_use]
    pub const fn published(self) -> Self {
        Self { version: self.version + 1, revision: self.revision + 1 }
    }

    /// How it stands in the audit.
    #[must_use]
    pub fn noted(self) -> Value {
        json!(self)
    }
}

impl Publication {
    /// How it stands in the audit: with how much it changed. The documents
    /// themselves are kept, by their version.
    #[must_use]
    pub fn noted(&self, changes: DocumentChanges) -> Value {
        json!({
            "version": self.token.version, "revision": self.token.revision,
            "runId": self.run_id, "opened": self.planner.is_some(), "changes": changes,
        })
    }
}

/// What a change of a configuration is called in the audit.
pub mod config_actions {
    /// A draft was saved.
    pub const DRAFT: &str = "config.draft";
    /// A draft was discarded.
    pub const DISCARD: &str = "config.discard";
    /// A draft was published.
    pub const PUBLISH: &str = "config.publish";
}
