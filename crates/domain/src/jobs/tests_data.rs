//! The data of each type: what is refused and where, that old shapes read as
//! the newest, and that a job survives its own encoding.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::data::*;
use super::tests_any::*;
use super::*;
use crate::analytics::RollUp;
use crate::ids::OrganizationId;
use crate::scoring::Priority;

/// Versions from 1 to a type's newest.
fn versions(of: JobType) -> std::ops::RangeInclusive<u16> {
    1..=of.spec().version
}

/// Where the data of a chunk is refused.
fn path(version: u16, data: &Value) -> String {
    match Job::parse("scoring.RecomputeChunk", version, data) {
        Err(Refusal::InvalidData { path, .. }) => path,
        other => panic!("{data} gives {other:?}"),
    }
}

#[test]
fn a_chunk_that_is_none_says_where() {
    let of_o = json!({"organizationId": "o", "contactId": "c"});
    let of_p = json!({"organizationId": "p", "contactId": "c"});
    let many = vec!["c"; LIST_CONTACTS_MAX + 1];
    for (contacts, expected) in [
        (json!({"ids": []}), "contacts.ids"),
        (json!({"ids": many}), "contacts.ids"),
        (json!({"ids": ["c", "a b"]}), "contacts.ids[1]"),
        (json!({"ids": "c"}), "contacts.ids"),
        (json!({"ids": ["c"], "range": {"through": of_o}}), "contacts"),
        (json!({"other": []}), "contacts"),
        (json!({}), "contacts"),
        (json!(null), "contacts"),
        (json!({"range": {}}), "contacts.range"),
        (json!({"range": {"through": {"organizationId": "o"}}}), "contacts.range"),
        // Lists of fields' values are no objects.
        (json!({"range": [null, of_o]}), "contacts.range"),
        (json!({"range": {"through": ["o", "c"]}}), "contacts.range"),
        (json!({"range": {"after": ["o", "b"], "through": of_o}}), "contacts.range"),
        // A job of one organization stays inside it.
        (json!({"range": {"through": of_p}}), "contacts.range"),
        (json!({"range": {"after": of_p, "through": of_o}}), "contacts.range"),
    ] {
        let data = json!({"organizationId": "o", "contacts": contacts});
        for version in [2, 3] {
            let found = path(version, &data);
            assert!(found.starts_with(expected), "{data} v{version} is refused at {found}");
        }
    }
    for epoch in [json!("7"), json!(1.5), json!([7])] {
        let data = json!({"organizationId": "o", "contacts": {"ids": ["c"]}, "configEpoch": epoch});
        assert_eq!(path(3, &data), "configEpoch", "{data}");
    }
    assert_eq!(path(2, &json!({"contacts": {"ids": ["c"]}})), "organizationId");
    assert_eq!(path(1, &json!({"contactIds": ["c"]})), "organizationId");
    assert_eq!(path(1, &json!({"organizationId": "o", "contactIds": []})), "contacts.ids");
    assert_eq!(path(1, &json!({"organizationId": "o"})), ".");
}

#[test]
fn a_version_is_read_as_what_it_says() {
    let v1 = json!({"organizationId": "o", "contactIds": ["c"]});
    assert!(Job::parse("scoring.RecomputeChunk", 1, &v1).is_ok());
    assert!(Job::parse("scoring.RecomputeChunk", 2, &v1).is_err());
    assert!(Job::parse("scoring.RecomputeChunk", 3, &v1).is_err());
}

#[test]
fn what_looks_after_signals_and_alerts_is_for_everyone_at_once() {
    for (name, job) in [
        ("scoring.SignalDecay", Job::SignalDecay(SignalDecay {})),
        ("scoring.AlertExpiry", Job::AlertExpiry(AlertExpiry {})),
    ] {
        for data in [json!({}), json!({"fromTomorrow": true})] {
            assert_eq!(Job::parse(name, 1, &data), Ok(job.clone()), "{name} {data}");
        }
        assert_eq!((job.organization_id(), job.data()), (None, json!({})));
        assert!(Job::parse(name, 1, &json!([])).is_err());
    }
}

#[test]
fn a_roll_up_is_for_a_whole_minute_or_for_its_schedules_time() {
    let read = |data: &Value| Job::parse("analytics.aggregate-hourly", 1, data);
    let of = |nominal| Ok(Job::RollUp(RollUp::AggregateHourly, Nominal { nominal, part: None }));
    assert_eq!(read(&json!({})), of(None));
    assert_eq!(read(&json!({"nominal": null, "other": 1})), of(None));
    let time = "2026-02-19T10:07:00Z".parse().ok();
    for text in ["2026-02-19T10:07:00Z", "2026-02-19T11:07:00+01:00", "2026-02-19T10:07:00.000Z"] {
        let job = read(&json!({ "nominal": text }));
        assert_eq!(job, of(time), "{text}");
        assert_eq!(job.unwrap().data(), json!({"nominal": "2026-02-19T10:07:00Z"}));
    }
    for wrong in [
        json!("2026-02-19T10:07:30Z"),
        json!("2026-02-19T10:07:00.001Z"),
        json!("2026-06-30T23:59:60Z"),
        json!("1969-12-31T23:59:00Z"),
        json!("9999-12-31T23:59:00-01:00"),
        json!("2026-02-19T10:07:00"),
        json!("2026-02-19"),
        json!("+262142-01-01T00:00:00Z"),
        json!(1_771_495_620),
        json!([]),
    ] {
        match read(&json!({ "nominal": wrong })) {
            Err(Refusal::InvalidData { path, .. }) => assert_eq!(path, "nominal", "{wrong}"),
            other => panic!("{wrong} gives {other:?}"),
        }
    }
}

#[test]
fn a_roll_up_may_be_of_a_part_of_the_organizations() {
    let read = |part: Value| Job::parse("analytics.score-distribution", 2, &json!({"part": part}));
    let name = |text| OrganizationId::parse(text).ok();
    let next = |after, forks| Part::Next(NextPart { after, organizations: 64, forks });
    let alone = |after, through| Part::Alone(OrganizationRange { after, through });
    for (part, expected) in [
        (json!({"next": {"organizations": 64, "forks": 0}}), next(None, 0)),
        (json!({"next": {"after": "a", "organizations": 64, "forks": 2}}), next(name("a"), 2)),
        (json!({"alone": {}}), alone(None, None)),
        (json!({"alone": {"after": "a", "through": "b"}}), alone(name("a"), name("b"))),
    ] {
        let job = read(part.clone()).unwrap();
        assert_eq!(job.data(), json!({ "part": part }));
        let Job::RollUp(_, Nominal { part: Some(read), .. }) = job else { panic!("{job:?}") };
        assert_eq!(read, expected);
    }
    for wrong in [
        json!([]),
        json!("next"),
        json!({}),
        json!({"next": []}),
        json!({"next": {"organizations": 0, "forks": 0}}),
        json!({"next": {"organizations": 65, "forks": 0}}),
        json!({"next": {"organizations": 1}}),
        json!({"alone": ["a", "b"]}),
        json!({"alone": {"after": "no name"}}),
        json!({"alone": {}, "next": {"organizations": 1, "forks": 0}}),
    ] {
        match read(wrong.clone()) {
            Err(Refusal::InvalidData { path, .. }) => assert!(path.starts_with("part"), "{wrong}"),
            other => panic!("{wrong} gives {other:?}"),
        }
    }
}

#[test]
fn an_alert_of_before_priorities_has_none() {
    let mut data = json!({
        "organizationId": "o",
        "alertId": uuid::Uuid::nil(),
        "contactId": "c",
        "signalType": "DEMO_REQUEST",
    });
    let priority = |data: &Value| match Job::parse("scoring.NotifyAlert", 1, data) {
        Ok(Job::NotifyAlert(alert)) => alert.priority,
        other => panic!("{data} gives {other:?}"),
    };
    assert_eq!(priority(&data), None);
    for of in Priority::ALL {
        data["priority"] = of.as_str().into();
        assert_eq!(priority(&data), Some(of));
    }
    data["priority"] = "urgent".into();
    assert!(Job::parse("scoring.NotifyAlert", 1, &data).is_err());
}

#[test]
fn work_across_organizations_belongs_to_none() {
    let through = json!({"organizationId": "o", "contactId": "c"});
    for (name, version, data, owner) in [
        ("scoring.BatchRecompute", 1, json!({}), None),
        ("scoring.BatchRecompute", 1, json!({"organizationId": "o"}), Some("o")),
        ("scoring.RecomputeChunk", 2, json!({"contacts": {"range": {"through": through}}}), None),
    ] {
        let job = Job::parse(name, version, &data).unwrap();
        assert_eq!(job.organization_id().map(OrganizationId::as_str), owner, "{name} {data}");
    }
}

proptest! {
    #[test]
    fn a_job_survives_its_encoding(job in job()) {
        let of = job.job_type();
        let read = Job::parse(of.name(), of.spec().version, &job.data());
        prop_assert_eq!(read.as_ref(), Ok(&job));
        let text = json!({"type": of.name(), "v": of.spec().version, "data": job.data()}).to_string();
        let short = Decoded::Short { job, request_id: None, starter: None, idempotency_key: None };
        prop_assert_eq!(decode(of.queue(), &text), Ok(short));
    }

    #[test]
    fn a_list_is_the_same_chunk_in_every_version(
        owner in organization(),
        ids in vec(contact(), 1..20),
        context in context(),
    ) {
        let v1 = json!({"organizationId": owner, "contactIds": ids, "context": context});
        let v2 = json!({"organizationId": owner, "contacts": {"ids": ids}, "context": context});
        let read = Job::parse("scoring.RecomputeChunk", 1, &v1);
        prop_assert_eq!(&read, &Job::parse("scoring.RecomputeChunk", 2, &v2));
        // Version 3 only adds what may be absent.
        prop_assert_eq!(&read, &Job::parse("scoring.RecomputeChunk", 3, &v2));
        let contacts = Contacts::Ids(ids);
        let organization_id = Some(owner);
        let chunk = RecomputeChunk { organization_id, contacts, context, config_epoch: None };
        prop_assert_eq!(read, Ok(Job::RecomputeChunk(chunk)));
    }

    #[test]
    fn any_data_of_any_version_is_read_or_refused_with_its_place(
        data in prop_oneof![json_value(), nearly_right()],
    ) {
        for of in JobType::ALL {
            for version in versions(*of) {
                match Job::parse(of.name(), version, &data) {
                    Ok(job) => {
                        prop_assert_eq!(job.job_type(), *of);
                        // What was read is a fixed point: its own encoding reads the same.
                        let again = Job::parse(of.name(), of.spec().version, &job.data());
                        prop_assert_eq!(again, Ok(job));
                    }
                    Err(Refusal::InvalidData { path, message }) => {
                        prop_assert!(!path.is_empty() && !message.is_empty());
                    }
                    Err(refusal) => panic!("{} is refused: {refusal}", of.name()),
                }
            }
        }
    }
}
