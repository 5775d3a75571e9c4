//! `mauntic simulate priority`: how urgent a type of signal is.

use mauntic_domain::ids::SignalType;
use mauntic_domain::scoring::Priority;
use serde::{Deserialize, Serialize};

use super::lines::{Refusal, read, render};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    signal_type: SignalType,
}

#[derive(Serialize)]
struct Output {
    priority: Priority,
}

pub(super) fn answer(line: &str) -> Result<String, Refusal> {
    let Input { signal_type } = read(line)?;
    render(&Output { priority: Priority::of(signal_type.as_str()) })
}
