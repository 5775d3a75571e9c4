//! Every way in which an event is none: where it is refused, and why.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::tests::{event, fault, now, read};
use super::*;

const PAGE: &str = "content.PageVisited";
const OBSERVED: &str = "intent.SignalObserved";
const FINISHED: &str = "enrichment.JobFinished";

/// Rows of an event, its place that is wrong, and what is said of it.
fn check(rows: &[(Value, &str, &str)]) {
    for (event, pointer, why) in rows {
        let (at, message) = fault(event);
        assert_eq!(at, *pointer, "{event}: {message}");
        assert!(message.contains(why), "{event}: {message}");
    }
}

#[test]
fn what_stands_around_the_data_is_told_by_its_place() {
    let with = |field: &str, value: Value| {
        let mut event = event("crm.ContactUpdated", &json!({}));
        event[field] = value;
        event
    };
    let without = |field: &str| {
        let mut event = event("crm.ContactUpdated", &json!({}));
        event.as_object_mut().unwrap().remove(field);
        event
    };
    let long = "a".repeat(65);
    #[rustfmt::skip]
    let rows = [
        (json!(null),                                   "",                "must be a JSON object"),
        (json!([]),                                     "",                "must be a JSON object"),
        (json!("event"),                                "",                "must be a JSON object"),
        (json!({}),                                     "/id",             "must be a string"),
        (without("id"),                                 "/id",             "must be a string"),
        (with("id", json!(7)),                          "/id",             "must be a string"),
        (with("id", json!("")),                         "/id",             "must not be empty"),
        (with("id", json!("a b")),                      "/id",             "may contain only"),
        (with("id", json!("a\0")),                      "/id",             "may contain only"),
        (with("id", json!(long)),                       "/id",             "at most 64 characters"),
        (without("organizationId"),                     "/organizationId", "must be a string"),
        (with("organizationId", json!(null)),           "/organizationId", "must be a string"),
        (with("organizationId", json!("ü")),            "/organizationId", "may contain only"),
        (without("occurredAt"),                         "/occurredAt",     "must be a time with its zone"),
        (with("occurredAt", json!(1_771_495_200)),      "/occurredAt",     "must be a time with its zone"),
        (with("occurredAt", json!("yesterday")),        "/occurredAt",     "must be a time with its zone"),
        (with("occurredAt", json!("2026-02-19T10:00")), "/occurredAt",     "must be a time with its zone"),
        (with("occurredAt", json!("2026-02-30T10:00:00Z")), "/occurredAt", "must be a time with its zone"),
        (with("occurredAt", json!("9999-12-31T23:59:59Z")), "/occurredAt", "more than 5 minutes ahead"),
        (with("occurredAt", json!("0000-01-01T00:00:00Z")), "/occurredAt", "more than 35 days ago"),
        (without("type"),                               "/type",           "must be a string"),
        (with("type", json!(["content.PageVisited"])),  "/type",           "must be a string"),
        (with("type", json!("")),                       "/type",           "no type of event"),
        (with("type", json!("content.pagevisited")),    "/type",           "no type of event"),
        (with("type", json!("content.PageVisited ")),   "/type",           "no type of event"),
        (with("type", json!("scoring.LeadScoreUpdated")), "/type",         "no type of event"),
        (without("data"),                               "/data",           "must be a JSON object"),
        (with("data", json!(null)),                     "/data",           "must be a JSON object"),
        (with("data", json!(["contact_1"])),            "/data",           "must be a JSON object"),
    ];
    check(&rows);
}

#[test]
fn data_that_is_wrong_is_told_by_its_place() {
    let data = |type_name: &str, fields: Value| event(type_name, &fields);
    let page_at = |url: Value| data(PAGE, json!({"url": url}));
    let page = |data: Value| {
        let mut event = event(PAGE, &json!({}));
        event["data"] = data;
        event
    };
    let bought = |field: &str, value: Value| {
        let mut event = event(FINISHED, &json!({"status": "succeeded"}));
        event["data"][field] = value;
        event
    };
    let long = "a".repeat(65);
    #[rustfmt::skip]
    let rows = [
        (page(json!({})),                       "/data/contactId", "must not be empty"),
        (page(json!({"url": "/"})),             "/data/contactId", "must not be empty"),
        (page(json!({"contactId": null})),      "/data/contactId", "must not be empty"),
        (page(json!({"contactId": 7})),         "/data/contactId", "must be a string"),
        (page(json!({"contactId": "a b"})),     "/data/contactId", "may contain only"),
        (page(json!({"contactId": long})),      "/data/contactId", "at most 64 characters"),
        (page(json!({"contactId": "c"})),       "/data/url",       "must have 1 to 2048 characters"),
        (page_at(json!(null)),                            "/data/url",       "must have 1 to 2048 characters"),
        (page_at(json!("")),                              "/data/url",       "must have 1 to 2048 characters"),
        (page_at(json!("a".repeat(2_049))),               "/data/url",       "must have 1 to 2048 characters"),
        (page_at(json!(["/"])),                           "/data/url",       "must be a string"),
        (data("content.FormSubmitted", json!({"formType": 1})), "/data/formType", "must be a string"),
        (data(OBSERVED, json!({})),                     "/data/signalType", "must not be empty"),
        (data(OBSERVED, json!({"signalType": null})),   "/data/signalType", "must not be empty"),
        (data(OBSERVED, json!({"signalType": 7})),      "/data/signalType", "must be a string"),
        (data(OBSERVED, json!({"signalType": "A B"})),  "/data/signalType", "may contain only"),
        (data(OBSERVED, json!({"signalType": long})),   "/data/signalType", "at most 64 characters"),
        (data(OBSERVED, json!({"signalType": "A", "weight": -0.01})), "/data/weight", "must be 0 to 999.99"),
        (data(OBSERVED, json!({"signalType": "A", "weight": 1000})),  "/data/weight", "must be 0 to 999.99"),
        (data(OBSERVED, json!({"signalType": "A", "weight": 0.001})), "/data/weight", "at most 2 decimals"),
        (data(OBSERVED, json!({"signalType": "A", "weight": 1e300})), "/data/weight", "must be 0 to 999.99"),
        (data(OBSERVED, json!({"signalType": "A", "weight": "5"})),   "/data/weight", "must be a number"),
        (data(FINISHED, json!({})),                     "/data/status",    "must be succeeded or failed"),
        (data(FINISHED, json!({"status": "done"})),     "/data/status",    "must be succeeded or failed"),
        (data(FINISHED, json!({"status": true})),       "/data/status",    "must be a string"),
        (bought("cost", json!(-1)),                     "/data/cost",      "must be 0 to 1000000"),
        (bought("cost", json!(0.00001)),                "/data/cost",      "at most 4 decimals"),
        (bought("cost", json!(1_000_000.5)),            "/data/cost",      "must be between"),
        (bought("cost", json!("1")),                    "/data/cost",      "must be a number"),
        (bought("freshnessHours", json!(-1)),           "/data/freshnessHours", "must be 0 to 876600 whole hours"),
        (bought("freshnessHours", json!(0.5)),          "/data/freshnessHours", "must be 0 to 876600 whole hours"),
        (bought("freshnessHours", json!(876_601)),      "/data/freshnessHours", "must be 0 to 876600 whole hours"),
        (bought("freshnessHours", json!(u64::MAX)),     "/data/freshnessHours", "must be 0 to 876600 whole hours"),
        (bought("freshnessHours", json!("1")),          "/data/freshnessHours", "must be 0 to 876600 whole hours"),
        (data("crm.ContactUpdated", json!({"campaignId": ""})),   "/data/campaignId", "must have 1 to 64 characters"),
        (data("crm.ContactUpdated", json!({"campaignId": long})), "/data/campaignId", "must have 1 to 64 characters"),
        (data("crm.ContactUpdated", json!({"campaignId": 7})),    "/data/campaignId", "must be a string"),
    ];
    check(&rows);
}

#[test]
fn an_event_is_of_the_last_35_days_and_at_most_5_minutes_ahead() {
    let millis = TimeDelta::milliseconds(1);
    for (offset, expected) in [
        (TimeDelta::zero(), None),
        (TimeDelta::minutes(5), None),
        (TimeDelta::minutes(5) + millis, Some("must not be more than 5 minutes ahead")),
        (-TimeDelta::days(35), None),
        (
            -TimeDelta::days(35) - millis,
            Some("must not be more than 35 days ago: a repeat of it would not be known"),
        ),
    ] {
        let mut event = event("crm.ContactUpdated", &json!({}));
        event["occurredAt"] = json!((now() + offset).to_rfc3339());
        let found = read(&event).map(|event| event.occurred_at);
        let expected = expected.map_or(Ok(now() + offset), |message| {
            Err(EventFault { pointer: "/occurredAt".to_owned(), message: message.to_owned() })
        });
        assert_eq!(found, expected, "{offset}");
    }
}

#[test]
fn a_leap_second_is_a_time() {
    let now = "2017-01-01T00:01:00Z".parse().unwrap();
    let mut event = event("crm.ContactUpdated", &json!({}));
    event["occurredAt"] = json!("2016-12-31T23:59:60.250Z");
    let read = read_event(&event, None, now).unwrap();
    assert_eq!(read.occurred_at.to_rfc3339(), "2017-01-01T00:00:00.250+00:00");
}

#[test]
fn a_hostile_url_is_refused_by_its_length_alone() {
    let hostile = format!("/{}", "(a+)+$".repeat(1024 * 1024 / 6));
    let (pointer, message) = fault(&event("content.PageVisited", &json!({"url": hostile})));
    assert_eq!(
        (pointer.as_str(), message.as_str()),
        ("/data", "must have at most 4096 bytes as JSON")
    );
    let data = json!({"url": hostile});
    let fault = EventKind::read("content.PageVisited", data.as_object().unwrap()).unwrap_err();
    assert_eq!(fault.to_string(), "/data/url: must have 1 to 2048 characters");
}

#[test]
fn data_has_4096_bytes_at_most() {
    let frame = json!({"contactId": "contact_1", "x": ""}).to_string().len();
    for (bytes, fits) in [(DATA_BYTES_MAX, true), (DATA_BYTES_MAX + 1, false)] {
        let event = event("crm.ContactUpdated", &json!({"x": "y".repeat(bytes - frame)}));
        assert_eq!(event["data"].to_string().len(), bytes);
        assert_eq!(read(&event).is_ok(), fits, "{bytes}");
    }
    // Counted as JSON: each of these takes two bytes, and as a control character six.
    for (character, room) in [("\"", 2), ("ü", 2), ("\u{1}", 6)] {
        let most = (DATA_BYTES_MAX - frame) / room;
        let data =
            |count: usize| event("crm.ContactUpdated", &json!({"x": character.repeat(count)}));
        assert!(read(&data(most)).is_ok(), "{character:?}");
        assert_eq!(fault(&data(most + 1)).0, "/data", "{character:?}");
    }
}

#[test]
fn no_data_has_the_character_that_no_database_stores() {
    for fields in [
        json!({"x": "\0"}),
        json!({"x": {"y": ["a", "b\0c"]}}),
        json!({"x": {"\0": 1}}),
        json!({"\0": 1}),
        json!({"campaignId": "\0"}),
    ] {
        let (pointer, message) = fault(&event("crm.ContactUpdated", &fields));
        assert_eq!(pointer, "/data", "{fields}");
        assert_eq!(message, "must not contain the character U+0000");
    }
    assert_eq!(fault(&event("content.PageVisited", &json!({"url": "/\0"}))).0, "/data");
    // What only looks like it is text.
    assert!(read(&event("crm.ContactUpdated", &json!({"x": "\\u0000"}))).is_ok());
}
