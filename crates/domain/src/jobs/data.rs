//! The data of each type of job.

use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::ids::{ContactId, OrganizationId, SignalType};
use crate::object::optional_object;
use crate::scoring::{Context, Priority};
use crate::warmup::DomainName;

/// Most contacts of a list: 500 names of 64 bytes with their quotes and commas
/// are 33.5 KB, half of the largest body.
pub const LIST_CONTACTS_MAX: usize = 500;

const _: () = assert!(LIST_CONTACTS_MAX * (64 + 3) + 1_024 < super::queue::BODY_BYTES_MAX);

/// Contacts of a planned range: enough to spread the round trips thin, and
/// about 8 MiB of a worker's 128 MiB while they are scored.
pub const RANGE_CONTACTS: u32 = 5_000;

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

/// Data of `scoring.BatchRecompute`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchRecompute {
    /// Only this organization's contacts; absent means everyone's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
}

/// A contact's place in the order of the primary keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactPlace {
    /// Whose contact.
    pub organization_id: OrganizationId,
    /// Which contact.
    pub contact_id: ContactId,
}

/// The contacts after one place, through another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactRange {
    /// Excluded; absent means from the first.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_object"
    )]
    pub after: Option<ContactPlace>,
    /// Included.
    #[serde(deserialize_with = "object")]
    pub through: ContactPlace,
}

/// Which contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Contacts {
    /// 1 to [`LIST_CONTACTS_MAX`] contacts of the job's organization.
    #[serde(deserialize_with = "contact_list")]
    Ids(Vec<ContactId>),
    /// All in a range; of the job's organization, if it has one.
    #[serde(deserialize_with = "object")]
    Range(ContactRange),
}

/// Data of `scoring.RecomputeChunk`, version 3. Version 1 had `contactIds`, a
/// list, in place of `contacts`; version 2 had no `configEpoch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecomputeChunk {
    /// Whose contacts; absent for a range across organizations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Which contacts.
    pub contacts: Contacts,
    /// Scores that replace a category's own, this once, for each of them.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_object"
    )]
    pub context: Option<Context>,
    /// Scores by the configurations of this epoch of publishing, so that every
    /// chunk of a run scores by the same ones; absent means the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_epoch: Option<i64>,
}

/// Data of `scoring.SignalDecay`: none, for every organization at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalDecay {}

/// Data of `scoring.AlertExpiry`: none, for every organization at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertExpiry {}

/// Data of `scoring.NotifyAlert`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyAlert {
    /// Whose contact.
    pub organization_id: OrganizationId,
    /// The alert; the webhook is told of it once.
    pub alert_id: Uuid,
    /// The contact that showed the signal.
    pub contact_id: ContactId,
    /// The signal's type, such as `DEMO_REQUEST`.
    pub signal_type: SignalType,
    /// How urgent the alert is; absent in what builds before priorities wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
}

/// A sending domain's place in the order of the primary keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DomainPlace {
    /// Whose domain.
    pub organization_id: OrganizationId,
    /// Which domain.
    pub domain: DomainName,
}

/// Data of `analytics.warmup-daily-reset`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WarmupDailyReset {
    /// The midnight that it is done for; absent means its schedule's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_minute")]
    pub nominal: Option<DateTime<Utc>>,
    /// Only the domains after this one; absent means from the first.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_object"
    )]
    pub after: Option<DomainPlace>,
}

/// Data of the roll-ups of analytics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nominal {
    /// The nominal time that it is done for, a whole minute; absent means its
    /// schedule's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_minute")]
    pub nominal: Option<DateTime<Utc>>,
    /// Which organizations it counts; absent means all of them at once. Version 1 had
    /// no parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// Most organizations of a part that the next one follows: with 50,000 scored contacts
/// each they have 3.2 million, which a statement just has time for.
pub const PART_ORGANIZATIONS_MAX: u32 = 64;

/// Some of the organizations, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// So many of them; the job enqueues the part after it.
    #[serde(deserialize_with = "object")]
    Next(NextPart),
    /// These; nothing comes after.
    #[serde(deserialize_with = "object")]
    Alone(OrganizationRange),
}

/// Organizations that are counted one part after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextPart {
    /// Those after this one; absent means from the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<OrganizationId>,
    /// How many, 1 to [`PART_ORGANIZATIONS_MAX`].
    #[serde(deserialize_with = "organizations_of_part")]
    pub organizations: u32,
    /// How often organizations before it were given a job each.
    pub forks: u32,
}

/// Consecutive organizations; by default all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationRange {
    /// Excluded; absent means from the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<OrganizationId>,
    /// Included; absent means up to the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<OrganizationId>,
}

impl OrganizationRange {
    /// Whether an organization is one of them.
    #[must_use]
    pub fn contains(&self, organization: &OrganizationId) -> bool {
        self.after.as_ref().is_none_or(|after| organization > after)
            && self.through.as_ref().is_none_or(|through| organization <= through)
    }
}

/// Data of the probes: none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {}

fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    optional_object(deserializer)?.ok_or_else(|| serde::de::Error::custom("must be an object"))
}

fn organizations_of_part<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let organizations = u32::deserialize(deserializer)?;
    if !(1..=PART_ORGANIZATIONS_MAX).contains(&organizations) {
        let fault = format!("must be from 1 to {PART_ORGANIZATIONS_MAX}");
        return Err(serde::de::Error::custom(fault));
    }
    Ok(organizations)
}

/// Years of four digits, from 1970 on: every sum of times with these is in range.
fn whole_minute<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let fault = |message: &str| serde::de::Error::custom(message);
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let time = DateTime::parse_from_rfc3339(&text)
        .map_err(|_| fault("must be a time with its zone, as in 2026-02-19T10:00:00Z"))?
        .with_timezone(&Utc);
    if (time.second(), time.nanosecond()) != (0, 0) {
        return Err(fault("must be a whole minute"));
    }
    if !(1970..=9999).contains(&time.year()) {
        return Err(fault("must be a time of this era"));
    }
    Ok(Some(time))
}

fn contact_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ContactId>, D::Error> {
    let contacts = Vec::<ContactId>::deserialize(deserializer)?;
    if contacts.is_empty() || contacts.len() > LIST_CONTACTS_MAX {
        let found = contacts.len();
        let message = format!("must name 1 to {LIST_CONTACTS_MAX} contacts, names {found}");
        return Err(serde::de::Error::custom(message));
    }
    Ok(contacts)
}

impl RecomputeChunk {
    /// What the shape alone does not say.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        match (&self.organization_id, &self.contacts) {
            (None, Contacts::Ids(_)) => {
                Err(("organizationId", "is needed where contacts are named one by one"))
            }
            (Some(owner), Contacts::Range(range)) if !range.is_of(owner) => {
                Err(("contacts.range", "leaves the organization of the job"))
            }
            _ => Ok(()),
        }
    }
}

impl ContactRange {
    fn is_of(&self, owner: &OrganizationId) -> bool {
        let places = self.after.iter().chain(std::iter::once(&self.through));
        places.into_iter().all(|place| place.organization_id == *owner)
    }
}
