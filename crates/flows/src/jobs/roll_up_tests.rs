//! Which time a roll-up is done for, and when it is not done.

use chrono::TimeDelta;
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
        created_at: at("2026-11-30T01:59:59Z"),
        failures: 0,
        failures_max: 5,
        snoozes: 0,
        snooze_reason: None,
    }
}

/// What is decided at noon.
fn decided(scheduled_for: Option<&str>, nominal: Option<&str>) -> Decided {
    let data = Nominal { nominal: nominal.map(at) };
    decide(&held(scheduled_for), RollUp::GenerateDailyReports, data, at("2026-11-30T12:00:00Z"))
}

#[test]
fn a_time_that_is_said_comes_first_then_the_schedules_then_the_latest_before_the_job() {
    for (scheduled_for, nominal, expected) in [
        (Some("2026-11-28T02:00:00Z"), Some("2026-11-01T00:07:00Z"), "2026-11-01T00:07:00Z"),
        (Some("2026-11-28T02:00:00Z"), None, "2026-11-28T02:00:00Z"),
        (None, None, "2026-11-29T02:00:00Z"),
        (None, Some("2026-11-30T12:00:00Z"), "2026-11-30T12:00:00Z"),
    ] {
        let decided = decided(scheduled_for, nominal);
        let Outcome::Done(summary) = &decided.outcome else { panic!("{decided:?}") };
        assert_eq!(summary["nominal"], expected, "{scheduled_for:?} {nominal:?}");
        let write = decided.roll_up.unwrap();
        assert_eq!(write.window, RollUp::GenerateDailyReports.window(at(expected)));
        assert_eq!(write.job_id, Uuid::from_u128(7));
    }
}

#[test]
fn a_time_that_is_not_over_is_rejected() {
    let later = at("2026-11-30T12:00:00Z") + TimeDelta::minutes(1);
    let decided = decided(None, Some(&later.to_rfc3339()));
    let is_open = matches!(&decided.outcome,
        Outcome::Reject { reason: "window_open", detail } if detail.contains("2026-11-30 12:01"));
    assert!(is_open && decided.roll_up.is_none(), "{decided:?}");
}
