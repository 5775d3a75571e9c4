//! Shows a contact's score by what it is the sum of, signal by signal.
//!
//! Without an instant it is the stored score, explained by the signals that it was
//! computed from, at the time when it was. Whether a signal counts may change with
//! later inputs (an earlier one of its day takes its place), and one that decayed
//! while the score was being computed may have been archived already. So the
//! signals are listed only where the contact's inputs are the score's own and the
//! signals add up to what is stored; else the explanation says that it is stale,
//! and a newer score is on its way. What was stored sums to the total in any case.
//!
//! As of an instant it is computed from the features and the configuration of now
//! and the signals that were detected by then.
//!
//! I/O: one read, of one snapshot. It writes nothing.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::signals::{AS_OF_FUTURE_MAX, AS_OF_PAST_MAX};
use mauntic_domain::scoring::signals_part::signals_of;
use mauntic_domain::scoring::{Context, Score, SignalWeight, SignalsPart, score};

use crate::ports::{ContactView, PortError, ScoreRow, SignalStore, SignalView};

/// A score that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The score.
    pub score: Score,
    /// The total that it is held against: of a stored score the last one that
    /// differed, as of an instant the stored one.
    pub previous_total: Option<PointsE4>,
    /// Version of the inputs it was computed from.
    pub input_version: i64,
    /// Version of the configuration it was computed from; 0 for none.
    pub config_version: i64,
    /// Whether the inputs are newer.
    pub stale: bool,
    /// When it was computed and stored; none for one that is not stored.
    pub calculated_at: Option<DateTime<Utc>>,
    /// The instant that it holds for.
    pub as_of: DateTime<Utc>,
}

/// What signals added to a score.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalsShown {
    /// Their contribution.
    pub counted: PointsE4,
    /// The most that it can be.
    pub cap: PointsE4,
    /// Whether they are no longer those that the score was computed from.
    pub stale: bool,
    /// Whether they are more than are listed.
    pub truncated: bool,
    /// What all of them weigh, and each: the contribution is the lesser of their
    /// sum and the cap. None where they are stale or too many.
    pub parts: Option<(PointsE4, Vec<(SignalView, SignalWeight)>)>,
}

/// Why there is nothing to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotShown {
    /// The contact is not known.
    Unknown,
    /// It has no score yet.
    NotReady,
    /// The instant is out of these bounds: what weighed before may be gone, and
    /// nothing changes after.
    OutOfBounds {
        /// The earliest.
        from: DateTime<Utc>,
        /// The latest.
        to: DateTime<Utc>,
    },
    /// More signals weigh something than are read for one score.
    TooManySignals,
}

/// A score with the part of its signals; none where the request that the score was
/// computed for gave the category's score itself.
pub type Explained = (Shown, Option<SignalsShown>);

impl From<ScoreRow> for Shown {
    fn from(row: ScoreRow) -> Self {
        Self {
            stale: row.input_version_now > row.input_version,
            score: row.score,
            previous_total: row.previous_total,
            input_version: row.input_version,
            config_version: row.config_version,
            calculated_at: Some(row.calculated_at),
            as_of: row.calculated_at,
        }
    }
}

/// A contact's score: as it is stored, or as of an instant.
///
/// # Errors
/// The database's.
pub async fn show<S: SignalStore>(
    session: &S,
    organization: &OrganizationId,
    contact: &ContactId,
    as_of: Option<DateTime<Utc>>,
) -> Result<Result<Explained, NotShown>, PortError> {
    let Some(view) = session.contact_view(organization, contact, as_of).await? else {
        return Ok(Err(NotShown::Unknown));
    };
    Ok(match as_of {
        Some(instant) => computed(view, instant),
        None => stored(view),
    })
}

fn computed(view: ContactView, as_of: DateTime<Utc>) -> Result<Explained, NotShown> {
    let (from, to) = (view.now - AS_OF_PAST_MAX, view.now + AS_OF_FUTURE_MAX);
    if !(from..=to).contains(&as_of) {
        return Err(NotShown::OutOfBounds { from, to });
    }
    if view.truncated {
        return Err(NotShown::TooManySignals);
    }
    let part = SignalsPart::of(&view.config, view.signals.iter().map(|one| &one.signal), as_of);
    let shown = Shown {
        score: score(&view.features, &view.config, &Context::default(), part.sum),
        previous_total: view.score.as_ref().map(|row| row.score.total()),
        input_version: view.input_version,
        config_version: view.config_version,
        stale: false,
        calculated_at: None,
        as_of,
    };
    let signals = signals(&shown, view, part);
    Ok((shown, signals))
}

fn stored(mut view: ContactView) -> Result<Explained, NotShown> {
    let row = view.score.take().ok_or(NotShown::NotReady)?;
    let as_of = row.calculated_at;
    let shown = Shown::from(row);
    let part = SignalsPart::of(&view.config, view.signals.iter().map(|one| &one.signal), as_of);
    let signals = signals(&shown, view, part);
    Ok((shown, signals))
}

fn signals(shown: &Shown, view: ContactView, part: SignalsPart) -> Option<SignalsShown> {
    let counted = signals_of(&shown.score, &view.config)?;
    let truncated = view.truncated;
    let is_another = shown.input_version != view.input_version || part.counted != counted;
    let stale = !truncated && is_another;
    let parts = (!truncated && !stale)
        .then(|| (part.sum, view.signals.into_iter().zip(part.weights).collect()));
    Some(SignalsShown { counted, cap: part.cap, stale, truncated, parts })
}

#[cfg(test)]
#[path = "show_score_tests.rs"]
mod tests;
