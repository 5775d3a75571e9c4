//! What the overview says of the health check's warnings.

use super::answers::{WARNINGS, answer};
use super::api::{Told, request, send, text};
use serde_json::{Value, json};

/// The sentences of the overview where the health check warns of these.
fn overview(warnings: &Value) -> String {
    let mut health = answer("/api/monitoring/health", true, "z").unwrap();
    health["warnings"] = warnings.clone();
    let without = Some("/api/monitoring/health");
    let api = Told { without, missing: (200, health), ..Told::with("z") };
    let page = text(&send(&api, request("GET", "/admin", "")));
    let list = page.split("<ul class=\"warnings\">").nth(1).unwrap();
    list.split("</ul>").next().unwrap().to_owned()
}

#[test]
fn each_warning_is_a_sentence_of_what_it_names() {
    let cases = [
        (
            json!({"code": "dead_letters", "name": "q&a", "count": 1_234}),
            "Dead letters of <a href=\"/admin/dead-letters?queue=q%26a\">q&amp;a</a> that wait for a decision: 1\u{202f}234.",
        ),
        (
            json!({"code": "run_stalled", "id": "r-1", "name": "overnight"}),
            "<a href=\"/admin/runs/r-1\">A run</a> of <code>overnight</code> makes no progress, and its lock was taken from it.",
        ),
        (
            json!({"code": "occurrences_missed", "name": "hourly", "count": 1}),
            "<a href=\"/admin/cron/hourly\">hourly</a> missed 1 of its times in the last 24 hours.",
        ),
        (
            json!({"code": "rates_stale", "id": "n-1"}),
            "Exchange rates were stale in <a href=\"/admin/overnight/n-1\">the newest night</a>.",
        ),
        (
            json!({"code": "tokens_equal"}),
            "<code>ADMIN_TOKEN</code> is the <code>VIEWER_TOKEN</code> too",
        ),
        (json!({"code": "of_tomorrow"}), "The health check warns of <code>of_tomorrow</code>."),
    ];
    for (warning, sentence) in cases {
        let shown = overview(&json!([warning]));
        assert!(shown.contains(sentence), "{warning}: {shown}");
    }
}

#[test]
fn no_warning_is_told_by_its_code() {
    for code in WARNINGS {
        let shown = overview(&json!([{"code": code, "id": "z", "name": "z", "count": 3}]));
        assert!(!shown.contains("warns of"), "{code}: {shown}");
    }
}

#[test]
fn a_breaker_that_is_open_is_told_once() {
    let shown = overview(&json!([{"code": "breaker_open", "name": "z"}]));
    assert_eq!(shown.matches("reaker").count(), 1, "{shown}");
}
