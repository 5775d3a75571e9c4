//! `mauntic simulate warmup`: how many e-mails a sending domain may send on a day.

use mauntic_domain::warmup::Schedule;
use serde::{Deserialize, Serialize};

use super::lines::{Refusal, read, render};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    /// From 1; before that it may send nothing.
    day: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    /// None where there is no limit.
    max_emails: Option<u64>,
}

pub(super) fn answer(line: &str) -> Result<String, Refusal> {
    let Input { day } = read(line)?;
    render(&Output { max_emails: Schedule::default().limit(day) })
}
