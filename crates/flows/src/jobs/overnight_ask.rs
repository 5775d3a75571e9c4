//! What a night asks providers: without an answer it asks again for a while, and then goes
//! on by what is known. Whoever waits for the night waits for no provider.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::portfolio::provider::{LeftOut, TellError, Told};
use serde_json::{Value, json};

use super::outcome::{OUTSIDE_FAILED, OUTSIDE_UNREADABLE};
use super::{Context, Outcome};
use crate::outside::{Called, call};
use crate::ports::{Call, Held, PortError, Ports, Request};

/// Whether a refusal is of what is asked, so that a part of it may be answered: bad, too large,
/// too long, or none that can be dealt with. Who is not known, or asks at a wrong address, is
/// refused every part.
const fn is_of_question(status: u16) -> bool {
    matches!(status, 400 | 413 | 414 | 422)
}

/// How long a step waits for a provider that is away, all of its batches together: some
/// fifteen times as long as a breaker stays open, and less than the night has before a market
/// opens.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(30);

/// Most entries of an answer that are named where they are left out.
pub const LEFT_OUT_NAMED_MAX: usize = 10;

/// What came of a question.
pub(super) enum Asked<T> {
    /// It was answered.
    Told(Told<T>),
    /// It is asked again; this becomes of the job.
    Again(Outcome),
    /// It refuses this very question, for what is asked, or what it says cannot be read.
    Refused {
        /// What was seen, for people.
        cause: String,
    },
    /// It is asked no more.
    Nothing {
        /// What was seen, for people.
        cause: String,
    },
}

/// Asks a provider and reads its answer, for a step that began at `since`.
pub(super) async fn ask<P: Ports, T>(
    cx: &Context<'_, P>,
    held: &Held,
    since: DateTime<Utc>,
    request: Request,
    read: impl FnOnce(&[u8]) -> Result<Told<T>, TellError> + Send,
) -> Result<Asked<T>, PortError> {
    let is_waited_for = cx.now - since < PATIENCE;
    // Its failures are spent on a hiccup, within seconds.
    let is_spent = held.failures + 1 >= held.failures_max;
    let again = |reason, cause: &str| {
        Asked::Again(Outcome::Retry { reason, error: format!("the provider: {cause}") })
    };
    let called = call(cx.ports, cx.session, &Call { id: held.id, request }).await?;
    Ok(match called {
        Called::Answered { body } => match read(&body) {
            Ok(told) => Asked::Told(told),
            // It may be an entry that spoils all of it, so that a part can be read.
            Err(error) if is_spent => Asked::Refused { cause: error.to_string() },
            Err(error) => again(OUTSIDE_UNREADABLE, &error.to_string()),
        },
        Called::Failed { cause } if !is_spent => again(OUTSIDE_FAILED, &cause),
        Called::Failed { .. } if is_waited_for => {
            Asked::Again(Outcome::Snooze { until: None, reason: OUTSIDE_FAILED })
        }
        Called::Failed { cause } => Asked::Nothing { cause },
        Called::Refused { status } => {
            let cause = format!("it refused the question with status {status}");
            if is_of_question(status) { Asked::Refused { cause } } else { Asked::Nothing { cause } }
        }
        Called::NotConfigured => Asked::Nothing { cause: "no address is configured".to_owned() },
        Called::Held { until } if is_waited_for => {
            Asked::Again(Outcome::Snooze { until: Some(until), reason: "breaker_open" })
        }
        Called::Held { .. } => Asked::Nothing { cause: "it has failed for long".to_owned() },
    })
}

/// The entries that an answer is left without, for people: how many, and the first.
pub(super) fn shown(left_out: &[LeftOut]) -> Value {
    let one = |of: &LeftOut| json!({"fault": of.fault.name(), "of": of.code});
    let first: Vec<Value> = left_out.iter().take(LEFT_OUT_NAMED_MAX).map(one).collect();
    json!({"entries": left_out.len(), "first": first})
}
