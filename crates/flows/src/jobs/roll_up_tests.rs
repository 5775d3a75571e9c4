//! Which time a roll-up is done for, and when it is not done.

use chrono::TimeDelta;
use mauntic_domain::schedules::TOLERANCE;
use serde_json::Value;
use uuid::Uuid;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn held(scheduled_for: Option<&str>) -> Held {
    Held {
        id: Uuid::from_u128(7),
        claim: 1,
        type_name: RollUp::GenerateDailyReports.name().to_owned(),
        version: 1,
        data: Value::Null,
        organization_id: None,
        run_id: None,
        scheduled_for: scheduled_for.map(at),
        request_id: None,
        starter: None,
        created_at: at("2026-11-30T01:59:59Z"),
        failures: 0,
        failures_max: 5,
        snoozes: 0,
        snooze_reason: None,
    }
}

/// What is counted at noon.
fn counted_at_noon(
    scheduled_for: Option<&str>,
    nominal: Option<&str>,
) -> Result<(DateTime<Utc>, Window), Outcome> {
    let data = Nominal { nominal: nominal.map(at), part: None };
    let noon = at("2026-11-30T12:00:00Z");
    counted(&held(scheduled_for), RollUp::GenerateDailyReports, &data, noon)
}

#[test]
fn a_time_that_is_said_comes_first_then_the_schedules_then_the_latest_before_the_job() {
    for (scheduled_for, nominal, expected) in [
        (Some("2026-11-28T02:00:00Z"), Some("2026-11-01T00:07:00Z"), "2026-11-01T00:07:00Z"),
        (Some("2026-11-28T02:00:00Z"), None, "2026-11-28T02:00:00Z"),
        (None, None, "2026-11-29T02:00:00Z"),
        (None, Some("2026-11-30T12:00:00Z"), "2026-11-30T12:00:00Z"),
    ] {
        let window = RollUp::GenerateDailyReports.window(at(expected));
        let counted = counted_at_noon(scheduled_for, nominal);
        assert_eq!(counted, Ok((at(expected), window)), "{scheduled_for:?} {nominal:?}");
    }
}

#[test]
fn a_time_that_is_not_over_is_waited_for_if_it_is_close_and_else_rejected() {
    let (close, later) = (TOLERANCE, TOLERANCE + TimeDelta::minutes(1));
    let told = [close, later].map(|ahead| {
        counted_at_noon(None, Some(&(at("2026-11-30T12:00:00Z") + ahead).to_rfc3339()))
    });
    let wait = Outcome::Snooze { until: Some(at("2026-11-30T12:01:00Z")), reason: "window_open" };
    assert_eq!(told[0], Err(wait));
    let is_open = matches!(&told[1],
        Err(Outcome::Reject { reason: "window_open", detail }) if detail.contains("12:02"));
    assert!(is_open, "{told:?}");
}

#[test]
fn a_time_of_which_something_is_deleted_is_rejected() {
    let told = counted_at_noon(None, Some("2025-09-30T02:00:00Z"));
    let is_dropped = matches!(&told,
        Err(Outcome::Reject { reason: "window_dropped", detail }) if detail.contains("2025-09-30"));
    assert!(is_dropped, "{told:?}");
}
