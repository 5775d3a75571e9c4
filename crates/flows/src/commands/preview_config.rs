//! Shows what an organization's draft would do to scores. Writes nothing.
//!
//! I/O: 1. which contacts; 2. the configuration and those contacts, of one
//! snapshot. A repeat shows what is true by then.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoring::preview::{Cost, Preview, Sampled, preview, score_of};
use mauntic_domain::scoring::{Score, signals};

use crate::ports::{ConfigStore, ConfigToken, Pick, PortError};

/// What a draft would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Previewed {
    /// When, by the database's clock: what signals weigh then.
    pub now: DateTime<Utc>,
    /// The state of the configuration that has this draft.
    pub token: ConfigToken,
    /// What it does to the contacts that were picked.
    pub preview: Preview,
    /// Contacts that were picked and cannot be read.
    pub unreadable: usize,
    /// What scoring all contacts by it costs.
    pub cost: Cost,
    /// The one contact that was picked, scored by what is published and by the
    /// draft.
    pub contact: Option<(Score, Score)>,
}

/// Why there is nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPreview {
    /// There is no draft.
    NoDraft,
    /// The contact is not known.
    UnknownContact,
}

/// Scores the contacts that are picked by what is published and by the draft.
///
/// # Errors
/// The database's; [`PortError::Unreadable`] where the one contact is.
pub async fn preview_config<S: ConfigStore>(
    session: &S,
    organization: &OrganizationId,
    pick: Pick<'_>,
) -> Result<Result<Previewed, NoPreview>, PortError> {
    let sample = session.config_sample(organization, pick).await?;
    let Some((draft, _)) = &sample.state.draft else { return Ok(Err(NoPreview::NoDraft)) };
    let (before, after) = (&sample.state.published.factors, &draft.factors);
    let readable = || {
        let readable = sample
            .contacts
            .iter()
            .filter_map(|(contact, input)| input.as_ref().ok().map(|input| (contact, input)));
        readable.map(|(contact, input)| Sampled {
            contact,
            features: &input.features,
            signals: signals::sum(&input.signals, sample.now),
        })
    };
    let contact = match pick {
        Pick::Spread(_) => None,
        Pick::One(one) => {
            let Some(input) = sample.contacts.get(one) else {
                return Ok(Err(NoPreview::UnknownContact));
            };
            input.as_ref().map_err(Clone::clone)?;
            readable().next().map(|found| (score_of(found, before), score_of(found, after)))
        }
    };
    let preview = preview(readable(), before, after);
    let scored = usize::try_from(preview.contacts).unwrap_or(usize::MAX);
    Ok(Ok(Previewed {
        now: sample.now,
        token: sample.state.token,
        unreadable: sample.contacts.len().saturating_sub(scored),
        cost: Cost::of(sample.contacts_total, &preview),
        preview,
        contact,
    }))
}
