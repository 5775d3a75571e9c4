//! The table of events row by row, and what is read of one.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::kind::{TYPE_NAMES, URL_CHARS_MAX};
use super::*;
use crate::ids::OrganizationId;

pub(super) fn now() -> DateTime<Utc> {
    "2026-02-19T10:00:00Z".parse().unwrap()
}

fn organization(name: &str) -> OrganizationId {
    OrganizationId::parse(name).unwrap()
}

/// An event of a type, with these fields beside its contact.
pub(super) fn event(type_name: &str, fields: &Value) -> Value {
    let mut data = json!({"contactId": "contact_1"});
    let fields = fields.as_object().unwrap().clone();
    data.as_object_mut().unwrap().extend(fields);
    json!({
        "id": "event_1",
        "type": type_name,
        "organizationId": "org_1",
        "occurredAt": "2026-02-19T09:59:00Z",
        "data": data,
    })
}

pub(super) fn read(event: &Value) -> Result<ContactEvent, EventFault> {
    read_event(event, None, now())
}

/// Where an event is refused, and why.
pub(super) fn fault(event: &Value) -> (String, String) {
    let EventFault { pointer, message } = read(event).unwrap_err();
    (pointer, message)
}

#[test]
#[rustfmt::skip]
fn every_row_of_the_table() {
    let visit = |url: &str| json!({"url": url});
    let form = |form_type: &str| json!({"formType": form_type});
    let observed = |name: &str| json!({"signalType": name});
    let long = format!("/{}", "a".repeat(URL_CHARS_MAX - 1));
    let rows = [
        ("content.PageVisited",     visit("https://example.com/"),              "content",  Some(("WEBSITE_VISIT", "5"))),
        ("content.PageVisited",     visit("nothing"),                           "content",  Some(("WEBSITE_VISIT", "5"))),
        ("content.PageVisited",     visit(&long),                               "content",  Some(("WEBSITE_VISIT", "5"))),
        ("content.PageVisited",     visit("https://example.com/pricing"),       "content",  Some(("PRICING_PAGE", "20"))),
        ("content.PageVisited",     visit("/pricing/teams?plan=1#top"),         "content",  Some(("PRICING_PAGE", "20"))),
        ("content.PageVisited",     visit("/a/demo/b"),                         "content",  Some(("DEMO_REQUEST", "30"))),
        ("content.PageVisited",     visit("/free-trial"),                       "content",  Some(("FREE_TRIAL", "25"))),
        ("content.PageVisited",     visit("/case-studies/1"),                   "content",  Some(("CASE_STUDY_VIEW", "12"))),
        ("content.PageVisited",     visit("/case-study"),                       "content",  Some(("CASE_STUDY_VIEW", "12"))),
        ("content.PageVisited",     visit("/comparison"),                       "content",  Some(("COMPETITOR_COMPARISON", "15"))),
        // Letters of either case, and of ASCII alone: a dotless i is another letter.
        ("content.PageVisited",     visit("HTTPS://EXAMPLE.COM/PRICING"),       "content",  Some(("PRICING_PAGE", "20"))),
        ("content.PageVisited",     visit("/DEMO"),                             "content",  Some(("DEMO_REQUEST", "30"))),
        ("content.PageVisited",     visit("/Free-TRIAL"),                       "content",  Some(("FREE_TRIAL", "25"))),
        ("content.PageVisited",     visit("/CASE-STUDIES"),                     "content",  Some(("CASE_STUDY_VIEW", "12"))),
        ("content.PageVisited",     visit("/Comparison"),                       "content",  Some(("COMPETITOR_COMPARISON", "15"))),
        ("content.PageVisited",     visit("/pr\u{131}cing"),                    "content",  Some(("WEBSITE_VISIT", "5"))),
        // The first of the table wins, wherever it stands.
        ("content.PageVisited",     visit("/demo/pricing"),                     "content",  Some(("PRICING_PAGE", "20"))),
        ("content.PageVisited",     visit("/comparison/free-trial/demo"),       "content",  Some(("DEMO_REQUEST", "30"))),
        ("content.PageVisited",     visit("/comparison/case-stud"),             "content",  Some(("CASE_STUDY_VIEW", "12"))),
        // Anywhere behind the host, which names no page.
        ("content.PageVisited",     visit("https://pricing.example.com"),       "content",  Some(("WEBSITE_VISIT", "5"))),
        ("content.PageVisited",     visit("https://demo.example.com/about"),    "content",  Some(("WEBSITE_VISIT", "5"))),
        ("content.PageVisited",     visit("https://demo.example.com/demo"),     "content",  Some(("DEMO_REQUEST", "30"))),
        ("content.PageVisited",     visit("https://example.com/#/pricing"),     "content",  Some(("PRICING_PAGE", "20"))),
        ("content.PageVisited",     visit("https://example.com/?a=pricing"),    "content",  Some(("WEBSITE_VISIT", "5"))),
        ("content.PageVisited",     visit("/price"),                            "content",  Some(("WEBSITE_VISIT", "5"))),
        ("content.FormSubmitted",   json!({}),                                  "content",  Some(("FORM_SUBMISSION", "15"))),
        ("content.FormSubmitted",   json!({"formType": null}),                  "content",  Some(("FORM_SUBMISSION", "15"))),
        ("content.FormSubmitted",   form("newsletter"),                         "content",  Some(("FORM_SUBMISSION", "15"))),
        ("content.FormSubmitted",   form(""),                                   "content",  Some(("FORM_SUBMISSION", "15"))),
        ("content.FormSubmitted",   form("demo"),                               "content",  Some(("DEMO_REQUEST", "30"))),
        ("content.FormSubmitted",   form("DEMO"),                               "content",  Some(("DEMO_REQUEST", "30"))),
        ("content.FormSubmitted",   form("demo "),                              "content",  Some(("FORM_SUBMISSION", "15"))),
        ("content.FormSubmitted",   form("contact"),                            "content",  Some(("CONTACT_REQUEST", "20"))),
        ("content.FormSubmitted",   form("Contact"),                            "content",  Some(("CONTACT_REQUEST", "20"))),
        ("content.AssetDownloaded", json!({}),                                  "content",  Some(("CONTENT_DOWNLOAD", "10"))),
        ("delivery.MessageOpened",  json!({}),                                  "delivery", Some(("EMAIL_OPEN", "3"))),
        ("delivery.MessageClicked", json!({"url": "/pricing"}),                 "delivery", Some(("EMAIL_CLICK", "8"))),
        ("crm.ContactUpdated",      json!({}),                                  "crm",      Some(("PROFILE_UPDATE", "2"))),
        ("intent.SignalObserved",   observed("MEETING_SCHEDULED"),              "intent",   Some(("MEETING_SCHEDULED", "5"))),
        ("intent.SignalObserved",   observed("FUNDING_ROUND"),                  "intent",   Some(("FUNDING_ROUND", "5"))),
        ("intent.SignalObserved",   observed("G2_RESEARCH"),                    "intent",   Some(("G2_RESEARCH", "5"))),
        ("intent.SignalObserved",   observed("JOB_CHANGE"),                     "intent",   Some(("JOB_CHANGE", "5"))),
        ("intent.SignalObserved",   observed("WEBINAR_ATTENDED"),               "intent",   Some(("WEBINAR_ATTENDED", "5"))),
        ("intent.SignalObserved",   observed("of-an.observer:1"),               "intent",   Some(("of-an.observer:1", "5"))),
        ("delivery.MessageSent",         json!({}),                             "delivery", None),
        ("delivery.MessageDelivered",    json!({}),                             "delivery", None),
        ("delivery.MessageBounced",      json!({}),                             "delivery", None),
        ("delivery.MessageComplained",   json!({}),                             "delivery", None),
        ("delivery.MessageUnsubscribed", json!({}),                             "delivery", None),
        ("enrichment.JobFinished",       json!({"status": "succeeded"}),        "enrichment", None),
        ("enrichment.JobFinished",       json!({"status": "failed"}),           "enrichment", None),
    ];
    for (type_name, fields, channel, signal) in &rows {
        let read = read(&event(type_name, fields)).unwrap();
        assert_eq!(read.kind.type_name(), *type_name);
        assert_eq!(read.kind.channel().as_str(), *channel, "{type_name}");
        let observed = read.kind.observed();
        let found = observed.as_ref().map(|of| (of.signal_type.as_str(), of.default.to_string()));
        let expected = signal.map(|(name, points)| (name, points.to_owned()));
        assert_eq!(found, expected, "{type_name} {fields}");
        assert!(observed.is_none_or(|of| of.given.is_none()));
    }
    for type_name in TYPE_NAMES {
        assert!(rows.iter().any(|row| row.0 == type_name), "{type_name} has no row");
    }
}

#[test]
fn a_url_within_a_url_names_no_host() {
    for url in [
        "/pricing?ref=https://google.com",
        "https://example.com/pricing?to=https://a.b",
        "example.com/pricing#://",
    ] {
        let visit = event("content.PageVisited", &json!({ "url": url }));
        let observed = read(&visit).unwrap().kind.observed().unwrap();
        assert_eq!(observed.signal_type.as_str(), "PRICING_PAGE", "{url}");
    }
}

#[test]
fn an_observer_may_give_a_weight() {
    for (weight, expected) in [
        (json!(null), None),
        (json!(0), Some("0")),
        (json!(12.5), Some("12.5")),
        (json!(999.99), Some("999.99")),
    ] {
        let of = json!({"signalType": "JOB_CHANGE", "weight": weight});
        let observed = read(&event("intent.SignalObserved", &of)).unwrap().kind.observed().unwrap();
        assert_eq!(observed.given.map(|of| of.to_string()).as_deref(), expected, "{weight}");
    }
    // Nobody else may.
    let opened = read(&event("delivery.MessageOpened", &json!({"weight": 500}))).unwrap();
    assert_eq!(opened.kind.observed().unwrap().given, None);
}

#[test]
fn an_enrichment_says_what_it_cost_and_found() {
    let finished = json!({"status": "succeeded", "cost": 0.0125, "freshnessHours": 876_600});
    let EventKind::JobFinished(enrichment) =
        read(&event("enrichment.JobFinished", &finished)).unwrap().kind
    else {
        panic!("another kind");
    };
    assert!(enrichment.succeeded);
    assert_eq!(enrichment.cost.unwrap().to_string(), "0.0125");
    assert_eq!(enrichment.freshness_hours, Some(876_600));
    let failed = json!({"status": "failed", "cost": null, "freshnessHours": null});
    let read = read(&event("enrichment.JobFinished", &failed)).unwrap();
    let expected = Enrichment { succeeded: false, cost: None, freshness_hours: None };
    assert_eq!(read.kind, EventKind::JobFinished(expected));
}

#[test]
fn an_event_is_read_whole() {
    let fields = json!({"url": "/pricing", "campaignId": "Spring “26”", "kept": {"as": ["it", 1]}});
    let mut sent = event("content.PageVisited", &fields);
    sent["occurredAt"] = json!("2026-02-19T10:59:00.123987+01:00");
    sent["fromTomorrow"] = json!({"ignored": true});
    let read = read(&sent).unwrap();
    assert_eq!((read.id.as_str(), read.contact_id.as_str()), ("event_1", "contact_1"));
    assert_eq!(read.organization_id, organization("org_1"));
    assert_eq!(read.occurred_at, "2026-02-19T09:59:00.123Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(read.campaign_id.as_deref(), Some("Spring “26”"));
    // All of its data but whose it is.
    assert_eq!(Value::Object(read.data), fields);
}

#[test]
fn a_known_sender_names_itself_or_nobody() {
    let of_sender = |owner: Option<&str>| {
        let mut event = event("crm.ContactUpdated", &json!({}));
        event["organizationId"] = json!(owner);
        read_event(&event, Some(&organization("org_1")), now()).map(|event| event.organization_id)
    };
    let other = EventFault {
        pointer: "/organizationId".to_owned(),
        message: "must be the sender's own, or absent".to_owned(),
    };
    assert_eq!(of_sender(None), Ok(organization("org_1")));
    assert_eq!(of_sender(Some("org_1")), Ok(organization("org_1")));
    for name in ["org_2", "ORG_1", "", "a b"] {
        assert_eq!(of_sender(Some(name)), Err(other.clone()), "{name}");
    }
    let mut absent = event("crm.ContactUpdated", &json!({}));
    absent.as_object_mut().unwrap().remove("organizationId");
    let read = read_event(&absent, Some(&organization("org_1")), now()).unwrap();
    assert_eq!(read.organization_id, organization("org_1"));
    absent["organizationId"] = json!(7);
    assert_eq!(read_event(&absent, Some(&organization("org_1")), now()), Err(other));
}
