//! Makes a user's scores again from what was captured, and compares them to the byte.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::fate::Reason;
use super::inputs::Inputs;
use super::scores::evaluate;

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
    /// Which body, and the JSON pointer into it: `scores/assets/0/score`.
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
    let differ = |place: &str, stored: String, computed: String| Difference {
        place: place.to_owned(),
        stored,
        computed,
    };
    let read = Inputs::from_json(inputs).map_err(|error| {
        // The place only: a message may repeat what stands there.
        let at = format!("no inputs at line {}, column {}", error.line(), error.column());
        differ("inputs", at, "inputs as they are captured".to_owned())
    })?;
    let canonical = read.to_json();
    if canonical != inputs {
        return Err(first_difference("inputs", inputs, &canonical));
    }
    let computed = evaluate(&read).map(|scores| scores.to_json());
    match (stored, computed) {
        (Stored::Scores(stored), Ok(computed)) if stored == computed => Ok(()),
        (Stored::Scores(stored), Ok(computed)) => {
            Err(first_difference("scores", stored, &computed))
        }
        (Stored::Unscored(stored), Err(why)) if stored == why.reason => Ok(()),
        (stored, computed) => {
            let shown = |outcome: Result<(), Reason>| {
                outcome.map_or_else(|reason| reason.name().to_owned(), |()| "scores".to_owned())
            };
            let stored = match stored {
                Stored::Scores(_) => Ok(()),
                Stored::Unscored(reason) => Err(reason),
            };
            let computed = computed.map(|_| ()).map_err(|why| why.reason);
            Err(differ("outcome", shown(stored), shown(computed)))
        }
    }
}

/// Makes a user's calculation again from the bodies of its events; none where nothing was
/// captured, so that there is nothing to make.
#[must_use]
pub fn replay_events(
    inputs: Option<&str>,
    scores: Option<&str>,
    completed: &str,
) -> Option<Result<(), Difference>> {
    #[derive(Deserialize)]
    struct Completed {
        reason: Option<String>,
    }
    let lacks = |place: &str, what: &str| Difference {
        place: place.to_owned(),
        stored: "nothing".to_owned(),
        computed: what.to_owned(),
    };
    match (inputs, scores) {
        (Some(inputs), Some(scores)) => Some(replay(inputs, Stored::Scores(scores))),
        (Some(inputs), None) => {
            let read = serde_json::from_str::<Completed>(completed).ok();
            let reason = read.and_then(|read| Reason::from_name(&read.reason?));
            let reason = reason.ok_or_else(|| lacks("completed/reason", "a reason"));
            Some(reason.and_then(|reason| replay(inputs, Stored::Unscored(reason))))
        }
        (None, Some(_)) => Some(Err(lacks("inputs", "inputs as they are captured"))),
        (None, None) => None,
    }
}

/// Where two different texts of a body differ first.
fn first_difference(body: &str, stored: &str, computed: &str) -> Difference {
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

fn walk(place: &str, stored: Option<&Value>, computed: Option<&Value>) -> Option<Difference> {
    match (stored, computed) {
        (stored, computed) if stored == computed => None,
        (Some(Value::Object(stored)), Some(Value::Object(computed))) => {
            let names: BTreeSet<_> = stored.keys().chain(computed.keys()).collect();
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
