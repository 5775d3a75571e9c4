//! The isolate's clock, chance and log.

use chrono::DateTime;
use mauntic_pages::Moment;
use serde_json::json;
use worker::{Date, Result, console_error};

/// This moment, with fresh chance.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn moment() -> Result<Moment> {
    let millis = i64::try_from(Date::now().as_millis()).ok();
    let now = millis.and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| error.to_string())?;
    Ok(Moment { now, random })
}

/// Says that a page could not be shown; why is in the API's log under the same id, and on
/// the page. Without an id the API was not called.
pub(crate) fn log(status: u16, request_id: Option<&str>) {
    let line = json!({"level": "error", "event": "page_failed", "status": status, "requestId": request_id});
    console_error!("{line}");
}
