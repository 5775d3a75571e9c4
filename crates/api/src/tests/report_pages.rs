//! Pages, tags and ranges of reports.

use mauntic_flows::ports::ReportPlace;
use proptest::prelude::*;
use serde_json::Value;

use super::call::Call;
use super::reports::{NOVEMBER, csv, get, world};
use super::world::{OTHER_KEY, READ_KEY};
use crate::cursor::{self, Place};

const EVENTS: &str = "/api/v1/analytics/event-aggregates";

#[tokio::test]
async fn pages_meet_without_gap_or_overlap() {
    let world = world();
    for name in ["event-aggregates", "campaign-stats", "score-distribution", "enrichment-metrics"] {
        for period in ["day", "week", "month"] {
            let all = format!("{NOVEMBER}&groupBy={period}");
            let whole = get(&world, name, &all).await.body["items"].clone();
            let heading_and_lines = csv(&world, name, &all).await.body;
            for limit in 1..=5 {
                let (mut seen, mut rows) = (Vec::new(), String::new());
                let mut query = format!("{all}&limit={limit}");
                loop {
                    let page = get(&world, name, &query).await;
                    let table = csv(&world, name, &query).await;
                    assert_eq!((page.status, table.status), (200, 200), "{}", page.body);
                    assert_eq!(page.header("link"), table.header("link"), "{query}");
                    seen.extend(page.body["items"].as_array().unwrap().clone());
                    let text = table.body.as_str().unwrap();
                    // Each page begins with the names, which the whole has once.
                    let lines = text.split_inclusive("\r\n").skip(usize::from(!rows.is_empty()));
                    rows.extend(lines);
                    let Some(next) = page.body["next"].as_str() else { break };
                    query = format!("{all}&limit={limit}&cursor={next}");
                    let link = format!("</api/v1/analytics/{name}?{query}>; rel=\"next\"");
                    assert_eq!(page.header("link"), link);
                }
                assert_eq!(Value::from(seen), whole, "{name} by {period}, {limit} a page");
                assert_eq!(Value::from(rows), heading_and_lines, "{name} by {period}");
            }
        }
    }
}

#[tokio::test]
async fn a_cursor_is_of_one_list() {
    let world = world();
    let first = get(&world, "event-aggregates", &format!("{NOVEMBER}&limit=1")).await;
    let next = first.body["next"].as_str().unwrap();
    for (key, name, query) in [
        (OTHER_KEY, "event-aggregates", NOVEMBER),
        (READ_KEY, "campaign-stats", NOVEMBER),
        (READ_KEY, "event-aggregates", "from=2026-11-02&to=2026-11-30"),
        (READ_KEY, "event-aggregates", "from=2026-11-01&to=2026-11-30&groupBy=week"),
    ] {
        let path = format!("/api/v1/analytics/{name}?{query}&cursor={next}");
        let answer = Call::get(&path).key(key).send(&world).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["/cursor"]), "{path}");
    }
}

#[tokio::test]
async fn ranges_are_refused_with_what_to_do() {
    let world = world();
    #[rustfmt::skip]
    let table = [
        ("",                                           vec!["/from", "/to"], "must be given"),
        ("from=2026-11-01",                            vec!["/to"],          "must be given"),
        ("from=2026-11-01&to=",                        vec!["/to"],          "a day"),
        ("from=2026-02-30&to=2026-03-01",              vec!["/from"],        "a day"),
        ("from=2026-11-01T00:00:00Z&to=2026-11-02",    vec!["/from"],        "a day"),
        ("from=2026-11-02&to=2026-11-01",              vec!["/from"],        "not be after `to`"),
        ("from=2026-01-01&to=2027-02-05",              vec!["/to"],          "400 days"),
        ("from=0000-01-01&to=9999-12-31",              vec!["/to"],          "several ranges"),
        ("from=2026-11-01&to=2026-11-30&groupBy=year", vec!["/groupBy"],     "day, week, month"),
        ("from=2026-11-01&to=2026-11-30&limit=1001",   vec!["/limit"],       "1 to 1000"),
        ("from=2026-11-01&to=2026-11-30&by=day",       vec!["/by"],          "groupBy"),
        ("from=2026-11-02&to=2026-11-01&limit=0&groupBy=Day",
            vec!["/limit", "/groupBy", "/from"], "1 to 1000"),
    ];
    for (query, pointers, told) in table {
        for answer in [
            get(&world, "event-aggregates", query).await,
            csv(&world, "event-aggregates", query).await,
        ] {
            assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{query}");
            assert_eq!(answer.pointers(), pointers, "{query}");
            let message = answer.body["errors"][0]["message"].as_str().unwrap();
            assert!(message.contains(told), "{query}: {message}");
        }
    }
    for query in ["from=2026-01-01&to=2027-02-04", "from=9999-12-31&to=9999-12-31&groupBy=month"] {
        assert_eq!(get(&world, "event-aggregates", query).await.status, 200, "{query}");
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let world = world();
    let path = format!("{EVENTS}?{NOVEMBER}");
    let tag = |answer: &super::call::Answer| answer.header("etag").to_owned();
    let (json, table) = (
        get(&world, "event-aggregates", NOVEMBER).await,
        csv(&world, "event-aggregates", NOVEMBER).await,
    );
    assert_ne!(tag(&json), tag(&table));
    for (accept, first) in [("*/*", &json), ("text/csv", &table)] {
        let call = Call::get(&path).key(READ_KEY).header("accept", accept);
        let again = call.header("if-none-match", &tag(first)).send(&world).await;
        assert_eq!((again.status, tag(&again)), (304, tag(first)));
        assert_eq!(again.header("vary"), "Accept");
    }
}

#[tokio::test]
async fn a_table_that_goes_on_has_another_tag() {
    let world = world();
    let days = "from=2026-11-01&to=2026-11-02&limit=1";
    let before = csv(&world, "event-aggregates", days).await;
    world.store().change_roll_ups(|tables| {
        let (key, row) = tables.event_aggregates.first_key_value().unwrap();
        let ((owner, _, _, _), row) = (key.clone(), *row);
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        let key = (owner, day, "intent.PricingViewed".to_owned(), "intent");
        tables.event_aggregates.insert(key, row);
    });
    let after = csv(&world, "event-aggregates", days).await;
    assert_eq!(before.body, after.body);
    assert!(before.header("link").is_empty() && !after.header("link").is_empty());
    assert_ne!(before.header("etag"), after.header("etag"));
}

fn places() -> impl Strategy<Value = ReportPlace> {
    let texts = proptest::collection::vec("[^\0]{0,64}", 0..2);
    (1..3_652_059_i32, texts).prop_map(|(day, texts)| ReportPlace {
        from: chrono::NaiveDate::from_num_days_from_ce_opt(day).unwrap(),
        texts,
    })
}

proptest! {
    #[test]
    fn a_cursor_comes_back_as_it_was(place in places()) {
        let text = cursor::seal("a list", &place);
        prop_assert!(text.len() <= cursor::CURSOR_CHARS_MAX);
        prop_assert_eq!(cursor::unseal::<ReportPlace>("a list", &text), Some(place));
        prop_assert_eq!(cursor::unseal::<ReportPlace>("another", &text), None);
    }

    #[test]
    fn any_bytes_are_a_place_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
        if let Some(place) = ReportPlace::from_bytes(&bytes) {
            prop_assert_eq!(place.to_bytes(), bytes);
        }
    }
}
