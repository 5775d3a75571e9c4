//! What pages say of numbers and times.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::answers::GONE;
use super::api::{Told, form, moment, request, send, text};
use super::hostile::FORMS;
use crate::show::{count, short, span, took, when};

#[test]
fn spans_are_told_by_their_largest_unit() {
    let cases = [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7_199, "119 min"),
        (7_200, "2 h"),
        (172_800, "2 days"),
    ];
    for (seconds, told) in cases {
        assert_eq!(span(seconds), told);
    }
    for (millis, told) in [(-5, "0 ms"), (999, "999 ms"), (1_250, "1.2 s"), (61_000, "61 s")] {
        assert_eq!(took(millis), told);
    }
}

#[test]
fn numbers_are_told_by_thousands() {
    for (number, told) in [(0, "0"), (999, "999"), (1_000, "1 000"), (-1_234_567, "−1 234 567")] {
        assert_eq!(count(number).replace('\u{202f}', " "), told);
    }
    assert_eq!(count(i64::MIN).chars().next(), Some('−'));
}

#[test]
fn times_are_told_from_now() {
    let now = moment().now;
    let at = |seconds| when(&(now + TimeDelta::seconds(seconds)).to_rfc3339(), now).into_string();
    assert!(
        at(-90).contains(">90 s ago<")
            && at(600).contains(">in 10 min<")
            && at(2).contains(">now<")
    );
    assert_eq!(when("no time", now).into_string(), "no time");
}

#[test]
fn ids_are_told_by_their_end() {
    assert_eq!(short("01980000-0000-7000-8000-00000000abcd"), "…0000abcd");
    assert_eq!(short("ééé"), "ééé");
}

#[test]
fn a_refused_form_keeps_what_was_typed_and_says_what_is_wrong() {
    let api = Told::refusing(422, "invalid_request");
    let page = send(&api, request("POST", "/admin/cron/z/pause", &form("note=until+noon")));
    assert_eq!(page.status(), 422);
    // The schedule of this answer is paused: its form asks for a reason, and says what is wrong
    // with the whole.
    assert!(text(&page).contains("A title."));
}

#[test]
fn a_form_sent_twice_is_one_act() {
    let api = Told::with("z");
    for _ in 0..2 {
        send(&api, request("POST", "/admin/cron/a/run", &form("reason=x")));
    }
    send(&api, request("POST", "/admin/cron/b/run", &form("reason=x")));
    let keys: Vec<_> =
        api.asked.borrow().iter().map(|asked| asked.headers()["idempotency-key"].clone()).collect();
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
}

#[test]
fn why_one_replays_is_no_part_of_what_is_replayed() {
    let api = Told::with("z");
    let fields = "queue=mauntic-overnight-jobs&reason=retries_exhausted&why=it+is+back&limit=5";
    send(&api, request("POST", "/admin/dead-letters/replay", &form(fields)));
    let asked = api.asked.borrow();
    let sent: Value = serde_json::from_slice(asked.last().unwrap().body()).unwrap();
    let filter = json!({"queue": "mauntic-overnight-jobs", "reason": "retries_exhausted"});
    assert_eq!(sent, json!({"filter": filter, "limit": 5, "reason": "it is back"}));
}

#[test]
fn what_was_sent_while_the_api_was_away_is_not_sent_again() {
    let api = Told::refusing(503, "commit_unknown");
    let page = send(&api, request("POST", "/admin/cron/a/run", &form("reason=x")));
    assert_eq!(page.status(), 503);
    let shown = text(&page);
    assert!(shown.contains("It is not known whether this was done."), "{shown}");
    assert!(
        !shown.contains("http-equiv=\"refresh\"") && !shown.contains("data-refresh"),
        "{shown}"
    );
    assert!(page.headers().get("retry-after").is_none());
}

#[test]
fn a_refusal_stands_at_the_form_that_was_sent() {
    let api = Told::refusing(422, "invalid_request");
    for (path, others) in [("/admin/runs/a/cancel", "retry"), ("/admin/runs/a/retry", "cancel")] {
        let page = send(&api, request("POST", path, &form("reason=because+of+it")));
        assert_eq!(page.status(), 422, "{path}");
        let shown = text(&page);
        assert_eq!(shown.matches("role=\"alert\"").count(), 1, "{path}");
        let other = shown.split(&format!("action=\"/admin/runs/a/{others}\"")).nth(1).unwrap();
        let other = other.split("</form>").next().unwrap();
        assert!(!other.contains("because of it"), "{other}");
        assert_eq!(shown.matches("value=\"because of it\"").count(), 1, "{path}");
        assert!(!shown.contains("data-refresh"), "{path}");
    }
}

#[test]
fn a_refused_act_shows_its_page_again() {
    let api = Told::refusing(422, "invalid_request");
    for path in [
        "/admin/replays/a/cancel",
        "/admin/breakers/a/reset",
        "/admin/dead-letters/try",
        "/admin/scoring/alerts/z/acknowledge",
    ] {
        let page = send(&api, request("POST", path, &form("reason=x&userId=ada")));
        assert_eq!(page.status(), 422, "{path}");
        let shown = text(&page);
        assert!(shown.contains("A title.") && shown.contains("role=\"alert\""), "{path}");
        assert!(!shown.contains("Go back to change"), "{path}");
    }
}

#[test]
fn a_refused_act_has_the_status_of_its_refusal() {
    for status in [400, 409, 412, 422] {
        for path in FORMS {
            let api = Told::refusing(status, "z");
            let page = send(&api, request("POST", &path.replace("{z}", "z"), &form("reason=x")));
            assert_eq!(page.status(), status, "{path}");
            assert!(text(&page).contains("A title."), "{path}");
        }
    }
}

#[test]
fn a_refusal_is_told_where_somebody_else_was_faster() {
    for path in [
        "/admin/dead-letters/gone/discard",
        "/admin/dead-letters/gone/replay",
        "/admin/scoring/config/publish",
        "/admin/scoring/config/discard",
    ] {
        let api = Told { text: GONE, ..Told::refusing(412, "z") };
        let page = send(&api, request("POST", path, &form("reason=x")));
        assert_eq!(page.status(), 412, "{path}");
        let shown = text(&page);
        assert!(
            shown.contains("A title.") && !shown.contains(&format!("action=\"{path}\"")),
            "{path}: {shown}"
        );
    }
}

#[test]
fn a_ledger_goes_on_after_a_refused_rebuild() {
    let api = Told::refusing(422, "invalid_request");
    let sent = form("organizationId=org_1");
    let page = text(&send(&api, request("POST", "/admin/scoreboards/a/rebuild", &sent)));
    assert!(
        page.contains("/admin/scoreboards/a/ledger?organizationId=org_1&amp;cursor=z"),
        "{page}"
    );
}

#[test]
fn a_search_for_nothing_keeps_what_was_typed() {
    // Answers of these routes alone are refused.
    for (path, route, typed) in [
        ("/admin/runs?id=nothing", "/api/v2/admin/runs/nothing", "nothing"),
        ("/admin/runs?schedule=nothing", "/api/v2/admin/cron/nothing/runs", "nothing"),
        ("/admin/jobs?id=nothing", "/api/v2/admin/jobs/nothing", "nothing"),
        (
            "/admin/scoring?contact=nothing",
            "/api/v1/scoring/contacts/nothing/score/explain",
            "nothing",
        ),
        ("/admin/scoreboards/a?member=nothing", "/api/v1/scoreboards/a/members/nothing", "nothing"),
    ] {
        let api = Told { without: Some(route), ..Told::with("z") };
        let page = send(&api, request("GET", path, ""));
        assert_eq!(page.status(), 422, "{path}");
        let shown = text(&page);
        assert!(shown.contains(&format!("value=\"{typed}\"")), "{path}");
        assert!(shown.contains("names nothing that is there."), "{path}");
    }
}

#[test]
fn a_counter_that_is_away_takes_its_own_place_only() {
    let away = (503, json!({"status": 503, "title": "Away"}));
    let api = Told { without: Some("/api/v1/warmup/domains/z"), missing: away, ..Told::with("z") };
    let page = send(&api, request("GET", "/admin/analytics", ""));
    assert_eq!(page.status(), 200);
    assert!(text(&page).contains("Its counter is not there at the moment."));
}

#[test]
fn a_refused_preview_takes_its_own_section_only() {
    for status in [409, 429, 503] {
        let refused = (status, json!({"status": status, "title": "Not now"}));
        let without = Some("/api/v1/scoring/config/preview");
        let api = Told { without, missing: refused, ..Told::with("z") };
        let page = send(&api, request("GET", "/admin/scoring/config", ""));
        assert_eq!(page.status(), 200);
        let shown = text(&page);
        assert!(shown.contains("Not now.") && shown.contains("Save the draft"), "{shown}");
        assert!(shown.contains("Discard the draft"), "{shown}");
    }
}

#[test]
fn lists_of_one_page_go_on_by_themselves() {
    let api = Told::with("z");
    let page = text(&send(&api, request("GET", "/admin/analytics?campaigns=c&events=e", "")));
    assert!(page.contains("?campaigns=c&amp;events=z\""), "{page}");
    assert!(page.contains("?events=e&amp;campaigns=z\""), "{page}");
}
