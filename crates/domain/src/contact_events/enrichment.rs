//! What a finished job of enrichment reports: counted, never a signal.

use serde_json::{Map, Value};

use super::event::EventFault;
use super::fields::{number, text};
use crate::points::PointsE4;

/// Largest cost of an enrichment, in whole units of its currency.
const COST_MAX: PointsE4 = PointsE4::whole(1_000_000);

/// Oldest data that an enrichment may have found, in hours: a hundred years.
const FRESHNESS_HOURS_MAX: u32 = 876_600;

/// The outcome of an enrichment job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrichment {
    /// Whether it found anything.
    pub succeeded: bool,
    /// What it cost, in the organization's currency.
    pub cost: Option<PointsE4>,
    /// Age of what it found, in hours.
    pub freshness_hours: Option<u32>,
}

/// Reads the data of `enrichment.JobFinished`.
pub(super) fn finished(data: &Map<String, Value>) -> Result<Enrichment, EventFault> {
    let succeeded = match text(data, "status")? {
        Some("succeeded") => true,
        Some("failed") => false,
        _ => return Err(EventFault::new("/data/status", "must be succeeded or failed")),
    };
    let cost: Option<PointsE4> = number(data, "cost")?;
    if cost.is_some_and(|cost| !(PointsE4::ZERO..=COST_MAX).contains(&cost)) {
        return Err(EventFault::new("/data/cost", format!("must be 0 to {COST_MAX}")));
    }
    Ok(Enrichment { succeeded, cost, freshness_hours: freshness_hours(data)? })
}

fn freshness_hours(data: &Map<String, Value>) -> Result<Option<u32>, EventFault> {
    let value = match data.get("freshnessHours") {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let hours = value.as_u64().and_then(|hours| u32::try_from(hours).ok());
    let hours = hours.filter(|hours| *hours <= FRESHNESS_HOURS_MAX);
    let message = format!("must be 0 to {FRESHNESS_HOURS_MAX} whole hours");
    hours.map(Some).ok_or_else(|| EventFault::new("/data/freshnessHours", message))
}
