//! The double's rows of sending domains.

use mauntic_domain::warmup::Schedule;
use mauntic_sim::store::State;
use serde_json::{Value, json};

pub(super) fn domains(state: &State) -> Value {
    let rows = state.sending_domains().map(|(place, row)| {
        json!({
            "organization_id": place.organization_id, "domain": place.domain,
            "created_at": row.created_at, "verified_at": row.verified_at,
            "schedule": row.schedule.as_ref().map(Schedule::steps), "updated_at": row.updated_at,
        })
    });
    rows.collect()
}
