//! Makes a user's scores again from what was captured, and compares them to the byte.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fate::Reason;
use super::inputs::Inputs;
use super::scores::{Scores, evaluate};
use crate::gather::gathered;

/// Most characters that are shown of what differs.
const SHOWN_CHARS_MAX: usize = 200;

/// What is stored of a calculation's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored<'a> {
    /// The body of its `SCORES_COMPUTED`.
    Scores(&'a str),
    /// Why there are none.
    Unscored(Reason),
}

/// The first place where what is made again differs from what is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: stored is {stored}, computed is {computed}")]
pub struct Difference {
    /// Which body or table, and the JSON pointer into it: `scores/assets/0/score`.
    pub place: String,
    /// What is stored there, or `nothing`.
    pub stored: String,
    /// What comes out, or `nothing`.
    pub computed: String,
}

/// Makes scores again from the body of an `INPUTS_CAPTURED`, and from nothing else.
///
/// # Errors
/// The first difference. Whatever is altered in the inputs shows: scores hold their hash.
pub fn replay(inputs: &str, stored: Stored<'_>) -> Result<(), Difference> {
    made_again(inputs, stored).map(|_| ())
}

/// The same, with the inputs that were read, and the scores where there are some.
pub(super) fn made_again(
    inputs: &str,
    stored: Stored<'_>,
) -> Result<(Inputs, Option<Scores>), Difference> {
    let read = Inputs::from_json(inputs).map_err(|error| {
        // The place only: a message may repeat what stands there.
        let at = format!("no inputs at line {}, column {}", error.line(), error.column());
        differ("inputs", at, "inputs as they are captured")
    })?;
    let canonical = read.to_json();
    if canonical != inputs {
        return Err(first_difference("inputs", inputs, &canonical));
    }
    match (stored, evaluate(&read)) {
        (Stored::Scores(stored), Ok(scores)) => {
            let computed = scores.to_json();
            if stored == computed {
                Ok((read, Some(scores)))
            } else {
                Err(first_difference("scores", stored, &computed))
            }
        }
        (Stored::Unscored(stored), Err(why)) if stored == why.reason => Ok((read, None)),
        (stored, computed) => {
            let stored = match stored {
                Stored::Scores(_) => "scores",
                Stored::Unscored(reason) => reason.name(),
            };
            let computed = computed.map_or_else(|why| why.reason.name(), |_| "scores");
            Err(differ("outcome", stored, computed))
        }
    }
}

pub(super) fn differ(
    place: &str,
    stored: impl Into<String>,
    computed: impl Into<String>,
) -> Difference {
    Difference { place: place.to_owned(), stored: stored.into(), computed: computed.into() }
}

/// Where two different texts of a body differ first.
pub(super) fn first_difference(body: &str, stored: &str, computed: &str) -> Difference {
    let [read, made] = [stored, computed].map(|text| serde_json::from_str::<Value>(text).ok());
    let found = read.zip(made).and_then(|(read, made)| walk(body, Some(&read), Some(&made)));
    found.unwrap_or_else(|| {
        // They say the same, or one is no JSON: the bytes differ.
        let same = stored.bytes().zip(computed.bytes()).take_while(|(a, b)| a == b).count();
        let from = |text: &str| {
            let rest = text.as_bytes().get(same..).unwrap_or_default();
            shorten(&String::from_utf8_lossy(rest))
        };
        let place = format!("{body} from byte {same} on");
        Difference { place, stored: from(stored), computed: from(computed) }
    })
}

/// The first place where one value is another than it should be.
pub(super) fn walk(
    place: &str,
    stored: Option<&Value>,
    computed: Option<&Value>,
) -> Option<Difference> {
    match (stored, computed) {
        (stored, computed) if stored == computed => None,
        (Some(Value::Object(stored)), Some(Value::Object(computed))) => {
            let names: BTreeSet<_> = gathered(stored.keys().chain(computed.keys()));
            let field = |name: &String| {
                let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                walk(&place, stored.get(name), computed.get(name))
            };
            names.into_iter().find_map(field)
        }
        (Some(Value::Array(stored)), Some(Value::Array(computed))) => {
            let item = |at| walk(&format!("{place}/{at}"), stored.get(at), computed.get(at));
            (0..stored.len().max(computed.len())).find_map(item)
        }
        (stored, computed) => {
            let shown = |value: Option<&Value>| {
                value.map_or_else(|| "nothing".to_owned(), |value| shorten(&value.to_string()))
            };
            let (stored, computed) = (shown(stored), shown(computed));
            Some(Difference { place: place.to_owned(), stored, computed })
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}
