//! The double's rows of roll-ups.

use mauntic_domain::points::PointsE4;
use mauntic_sim::store::State;
use serde_json::{Value, json};

pub(super) fn aggregates(state: &State) -> Value {
    let rows = state.roll_ups().event_aggregates.iter();
    let rows = rows.map(|((owner, date, event_type, channel), row)| {
        json!({
            "organization_id": owner, "date": date, "event_type": event_type, "channel": channel,
            "event_count": row.event_count, "unique_contacts": row.unique_contacts,
            "updated_at": row.updated_at,
        })
    });
    rows.collect()
}

pub(super) fn campaigns(state: &State) -> Value {
    let rows = state.roll_ups().campaign_daily_stats.iter();
    let rows = rows.map(|((owner, date, campaign), row)| {
        json!({
            "organization_id": owner, "date": date, "campaign_id": campaign, "sent": row.sent,
            "delivered": row.delivered, "opened": row.opened, "unique_opened": row.unique_opened,
            "clicked": row.clicked, "unique_clicked": row.unique_clicked, "bounced": row.bounced,
            "complained": row.complained, "unsubscribed": row.unsubscribed,
        })
    });
    rows.collect()
}

pub(super) fn distributions(state: &State) -> Value {
    let rows = state.roll_ups().daily_score_distribution.iter();
    let rows = rows.map(|((owner, date), row)| {
        let [a, b, c, d, f] = row.grades;
        json!({
            "organization_id": owner, "date": date, "average": row.average_e2,
            "minimum": row.minimum.e4(), "maximum": row.maximum.e4(), "p50": row.p50.e4(),
            "p90": row.p90.e4(), "p95": row.p95.e4(), "total_contacts": row.total_contacts,
            "histogram": row.histogram, "grade_a": a, "grade_b": b, "grade_c": c, "grade_d": d,
            "grade_f": f,
        })
    });
    rows.collect()
}

pub(super) fn metrics(state: &State) -> Value {
    let rows = state.roll_ups().enrichment_metrics.iter();
    let rows = rows.map(|((owner, date), row)| {
        json!({
            "organization_id": owner, "date": date, "total": row.total,
            "succeeded": row.succeeded, "success_rate": row.success_rate_e2,
            "average_cost": row.average_cost.map(PointsE4::e4),
            "average_freshness_hours": row.average_freshness_e2,
            "jobs_with_cost": row.jobs_with_cost, "cost_total": row.cost_total.e4(),
            "jobs_with_freshness": row.jobs_with_freshness,
            "freshness_hours_total": row.freshness_hours_total,
        })
    });
    rows.collect()
}

pub(super) fn days(state: &State) -> Value {
    let rows = state.roll_ups().rollup_days.iter();
    rows.map(|((job, day), batch)| json!({"job": job, "day": day, "batch": batch})).collect()
}
