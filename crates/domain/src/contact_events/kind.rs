//! The types of event. Source: the product's table of signals.

use serde_json::{Map, Value};

use super::enrichment::{Enrichment, finished};
use super::event::EventFault;
use super::fields::{number, text};
use crate::ids::SignalType;
use crate::scoring::signal_weight::SignalWeight;

/// Most characters of a URL; what no browser's address bar holds is no visit.
pub const URL_CHARS_MAX: usize = 2_048;

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// The product's pages, forms and assets.
    Content,
    /// E-mail.
    Delivery,
    /// The customer data itself.
    Crm,
    /// Observers of intent.
    Intent,
    /// Enrichment of contacts.
    Enrichment,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 5] =
        [Self::Content, Self::Delivery, Self::Crm, Self::Intent, Self::Enrichment];

    /// The name in the database: a signal's source.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Delivery => "delivery",
            Self::Crm => "crm",
            Self::Intent => "intent",
            Self::Enrichment => "enrichment",
        }
    }

    /// The channel of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// `content.PageVisited`
    PageVisited {
        /// The page.
        url: String,
    },
    /// `content.FormSubmitted`
    FormSubmitted {
        /// What the form is for.
        form_type: Option<String>,
    },
    /// `content.AssetDownloaded`
    AssetDownloaded,
    /// `delivery.MessageSent`
    MessageSent,
    /// `delivery.MessageDelivered`
    MessageDelivered,
    /// `delivery.MessageOpened`
    MessageOpened,
    /// `delivery.MessageClicked`
    MessageClicked,
    /// `delivery.MessageBounced`
    MessageBounced,
    /// `delivery.MessageComplained`
    MessageComplained,
    /// `delivery.MessageUnsubscribed`
    MessageUnsubscribed,
    /// `crm.ContactUpdated`
    ContactUpdated,
    /// `intent.SignalObserved`
    SignalObserved {
        /// Of what type.
        signal_type: SignalType,
        /// Its weight, if the observer gives one.
        weight: Option<SignalWeight>,
    },
    /// `enrichment.JobFinished`
    JobFinished(Enrichment),
}

/// The signal that an event makes, before an organization's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Its type.
    pub signal_type: SignalType,
    /// Its weight, if the event gives one.
    pub given: Option<SignalWeight>,
    /// Its weight where neither event nor configuration gives one.
    pub default: SignalWeight,
}

/// Parts of a URL that tell more than a visit; the first that is in it wins.
const PAGES: [(&str, &str, u16); 5] = [
    ("/pricing", "PRICING_PAGE", 20),
    ("/demo", "DEMO_REQUEST", 30),
    ("/free-trial", "FREE_TRIAL", 25),
    ("/case-stud", "CASE_STUDY_VIEW", 12),
    ("/comparison", "COMPETITOR_COMPARISON", 15),
];

/// Weight of what an observer reports, where nobody says otherwise.
const OBSERVED_POINTS: u16 = 5;

/// Every type's name.
pub const TYPE_NAMES: [&str; 13] = [
    "content.PageVisited",
    "content.FormSubmitted",
    "content.AssetDownloaded",
    "delivery.MessageSent",
    "delivery.MessageDelivered",
    "delivery.MessageOpened",
    "delivery.MessageClicked",
    "delivery.MessageBounced",
    "delivery.MessageComplained",
    "delivery.MessageUnsubscribed",
    "crm.ContactUpdated",
    "intent.SignalObserved",
    "enrichment.JobFinished",
];

impl EventKind {
    /// Reads the data of a type.
    ///
    /// # Errors
    /// A type that is not known, or the first field that is wrong.
    pub fn read(type_name: &str, data: &Map<String, Value>) -> Result<Self, EventFault> {
        match type_name {
            "content.PageVisited" => Ok(Self::PageVisited { url: url(data)? }),
            "content.FormSubmitted" => {
                Ok(Self::FormSubmitted { form_type: text(data, "formType")?.map(str::to_owned) })
            }
            "content.AssetDownloaded" => Ok(Self::AssetDownloaded),
            "delivery.MessageSent" => Ok(Self::MessageSent),
            "delivery.MessageDelivered" => Ok(Self::MessageDelivered),
            "delivery.MessageOpened" => Ok(Self::MessageOpened),
            "delivery.MessageClicked" => Ok(Self::MessageClicked),
            "delivery.MessageBounced" => Ok(Self::MessageBounced),
            "delivery.MessageComplained" => Ok(Self::MessageComplained),
            "delivery.MessageUnsubscribed" => Ok(Self::MessageUnsubscribed),
            "crm.ContactUpdated" => Ok(Self::ContactUpdated),
            "intent.SignalObserved" => observed(data),
            "enrichment.JobFinished" => finished(data).map(Self::JobFinished),
            _ => Err(EventFault::new("/type", "is no type of event that is known here")),
        }
    }

    /// The type's name.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::PageVisited { .. } => "content.PageVisited",
            Self::FormSubmitted { .. } => "content.FormSubmitted",
            Self::AssetDownloaded => "content.AssetDownloaded",
            Self::MessageSent => "delivery.MessageSent",
            Self::MessageDelivered => "delivery.MessageDelivered",
            Self::MessageOpened => "delivery.MessageOpened",
            Self::MessageClicked => "delivery.MessageClicked",
            Self::MessageBounced => "delivery.MessageBounced",
            Self::MessageComplained => "delivery.MessageComplained",
            Self::MessageUnsubscribed => "delivery.MessageUnsubscribed",
            Self::ContactUpdated => "crm.ContactUpdated",
            Self::SignalObserved { .. } => "intent.SignalObserved",
            Self::JobFinished(_) => "enrichment.JobFinished",
        }
    }

    /// Where it comes from.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::PageVisited { .. } | Self::FormSubmitted { .. } | Self::AssetDownloaded => {
                Channel::Content
            }
            Self::MessageSent
            | Self::MessageDelivered
            | Self::MessageOpened
            | Self::MessageClicked
            | Self::MessageBounced
            | Self::MessageComplained
            | Self::MessageUnsubscribed => Channel::Delivery,
            Self::ContactUpdated => Channel::Crm,
            Self::SignalObserved { .. } => Channel::Intent,
            Self::JobFinished(_) => Channel::Enrichment,
        }
    }

    /// The signal that it makes, if it makes one.
    #[must_use]
    pub fn observed(&self) -> Option<Observed> {
        let (name, points) = match self {
            Self::PageVisited { url } => page(url),
            Self::FormSubmitted { form_type } => form(form_type.as_deref().unwrap_or_default()),
            Self::AssetDownloaded => ("CONTENT_DOWNLOAD", 10),
            Self::MessageOpened => ("EMAIL_OPEN", 3),
            Self::MessageClicked => ("EMAIL_CLICK", 8),
            Self::ContactUpdated => ("PROFILE_UPDATE", 2),
            Self::SignalObserved { signal_type, weight } => {
                let default = SignalWeight::points_of(OBSERVED_POINTS);
                return Some(Observed {
                    signal_type: signal_type.clone(),
                    given: *weight,
                    default,
                });
            }
            Self::MessageSent
            | Self::MessageDelivered
            | Self::MessageBounced
            | Self::MessageComplained
            | Self::MessageUnsubscribed
            | Self::JobFinished(_) => return None,
        };
        // Names of ours are names.
        let signal_type = SignalType::parse(name).ok()?;
        Some(Observed { signal_type, given: None, default: SignalWeight::points_of(points) })
    }
}

fn page(url: &str) -> (&'static str, u16) {
    // What stands before the path names a host, which is no page: every page of
    // `https://demo.example.com` would be one.
    let url = url.to_ascii_lowercase();
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let path = match url.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        Some((_, rest)) => rest.find('/').and_then(|start| rest.get(start..)).unwrap_or_default(),
        None => url.as_str(),
    };
    let found = PAGES.into_iter().find(|(part, _, _)| path.contains(part));
    found.map_or(("WEBSITE_VISIT", 5), |(_, name, points)| (name, points))
}

const fn form(form_type: &str) -> (&'static str, u16) {
    if form_type.eq_ignore_ascii_case("demo") {
        ("DEMO_REQUEST", 30)
    } else if form_type.eq_ignore_ascii_case("contact") {
        ("CONTACT_REQUEST", 20)
    } else {
        ("FORM_SUBMISSION", 15)
    }
}

fn url(data: &Map<String, Value>) -> Result<String, EventFault> {
    let url = text(data, "url")?.unwrap_or_default();
    if url.is_empty() || url.chars().count() > URL_CHARS_MAX {
        let message = format!("must have 1 to {URL_CHARS_MAX} characters");
        return Err(EventFault::new("/data/url", message));
    }
    Ok(url.to_owned())
}

fn observed(data: &Map<String, Value>) -> Result<EventKind, EventFault> {
    let name = text(data, "signalType")?.unwrap_or_default();
    let signal_type = SignalType::parse(name)
        .map_err(|error| EventFault::new("/data/signalType", error.to_string()))?;
    let weight = number(data, "weight")?;
    Ok(EventKind::SignalObserved { signal_type, weight })
}
