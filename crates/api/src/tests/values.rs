//! Bodies that are JSON with values that are not valid: each is named.

use mauntic_domain::scoring::model::{MODEL, RESERVED_FACTORS};
use serde_json::json;

use super::refusals::{post, put, refused};
use super::world::World;
use crate::faults::FAULTS_LISTED_MAX;

#[tokio::test]
async fn features_that_are_not_valid_are_named() {
    let many: serde_json::Map<_, _> = (0..101).map(|n| (format!("f{n}"), json!(true))).collect();
    #[rustfmt::skip]
    let table = [
        (json!([]),                                         vec![""]),
        (json!("text"),                                     vec![""]),
        (json!(null),                                       vec![""]),
        (json!({"hasEmail": "yes"}),                        vec!["/hasEmail"]),
        (json!({"hasEmail": null}),                         vec!["/hasEmail"]),
        (json!({"hasEmail": 1, "hasPhone": []}),            vec!["/hasEmail", "/hasPhone"]),
        (json!({"companySize": "huge"}),                    vec!["/companySize"]),
        (json!({"companySize": 3}),                         vec!["/companySize"]),
        (json!({"companySize": {"smb": null}}),             vec!["/companySize"]),
        (json!({"seniority": "C_LEVEL"}),                   vec!["/seniority"]),
        (json!({"engagementLevel": ""}),                    vec!["/engagementLevel"]),
        (json!({"contentDownloads": -1}),                   vec!["/contentDownloads"]),
        (json!({"contentDownloads": 1.5}),                  vec!["/contentDownloads"]),
        (json!({"contentDownloads": 4_294_967_296_u64}),    vec!["/contentDownloads"]),
        (json!({"hasEmial": true}),                         vec!["/hasEmial"]),
        (json!({"a/b~c": true}),                            vec!["/a~1b~0c"]),
        (json!({"customFactors": []}),                      vec!["/customFactors"]),
        (json!({"customFactors": null}),                    vec!["/customFactors"]),
        (json!({"customFactors": many}),                    vec!["/customFactors"]),
        (json!({"customFactors": {"a b": true}}),           vec!["/customFactors/a b"]),
        (json!({"customFactors": {"": true}}),              vec!["/customFactors/"]),
        (json!({"customFactors": {"webinar": "yes"}}),      vec!["/customFactors/webinar"]),
        (json!({"customFactors": {"webinar": null}}),       vec!["/customFactors/webinar"]),
        (json!([true, true]),                               vec![""]),
        (json!({"companySize": ["smb"], "hasEmail": 1}),    vec!["/companySize", "/hasEmail"]),
        (json!({"companySize": {"smb": null}, "seniority": {"vp": null}, "hasEmail": 1}),
            vec!["/companySize", "/hasEmail", "/seniority"]),
        (json!({"customFactors": [["webinar", true]]}),     vec!["/customFactors"]),
        (json!({"customFactors": {"webinar": [true]}}),     vec!["/customFactors/webinar"]),
        (json!({"customFactors": {"webinar": {"Flag": true}}}), vec!["/customFactors/webinar"]),
        (json!({"hasEmail": "a\0b"}),                       vec!["/hasEmail"]),
        (json!({"x": [1, {"y": "\0"}]}),                    vec!["/x/1/y"]),
        (json!({"customFactors": {"a\0": true}}),           vec!["/customFactors/a\0"]),
    ];
    for (body, pointers) in table {
        let answer = refused(put(body.to_string()), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{body}");
        assert_eq!(answer.body["errors"][0]["in"], "body");
    }
}

#[tokio::test]
async fn a_custom_factor_has_a_name_of_its_own() {
    let of_model = MODEL.iter().map(|rule| (rule.factor, "factor of the model"));
    let reserved = RESERVED_FACTORS.iter().map(|name| (*name, "explanations"));
    for (name, why) in of_model.chain(reserved) {
        for value in [json!(true), json!(0)] {
            let body = json!({ "customFactors": { "webinar": true, name: value } });
            let answer = refused(put(body.to_string()), 422, "validation_failed").await;
            assert_eq!(answer.pointers(), [format!("/customFactors/{name}")]);
            assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains(why));
        }
    }
    // The names of the features themselves are not the model's.
    let body = json!({ "customFactors": { "demoRequest": true, "DEMO_REQUEST": true } });
    assert_eq!(put(body.to_string()).send(&World::new()).await.status, 202);
}

#[tokio::test]
async fn recalculations_that_are_not_valid_are_named() {
    let many: Vec<String> = (0..10_001).map(|n| format!("c{n}")).collect();
    let long = "x".repeat(65);
    #[rustfmt::skip]
    let table = [
        (json!({}),                                                 vec!["/contactIds"]),
        (json!({"contactIds": null}),                               vec!["/contactIds"]),
        (json!({"contactIds": "c1"}),                               vec!["/contactIds"]),
        (json!({"contactIds": []}),                                 vec!["/contactIds"]),
        (json!({"contactIds": many}),                               vec!["/contactIds"]),
        (json!({"contactIds": ["c1", 7, "a b", "", long]}),
            vec!["/contactIds/1", "/contactIds/2", "/contactIds/3", "/contactIds/4"]),
        (json!({"contactIds": ["c1", "c\0"]}),                      vec!["/contactIds/1"]),
        (json!({"contactIds": ["c1"], "contactId": "c1"}),          vec!["/contactId"]),
        (json!([["c1"], {"intent": 1}]),                            vec![""]),
        (json!({"contactIds": {"0": "c1"}}),                        vec!["/contactIds"]),
        (json!({"contactIds": [["c1"]]}),                           vec!["/contactIds/0"]),
        (json!({"contactIds": ["c1"], "context": []}),              vec!["/context"]),
        (json!({"contactIds": ["c1"], "context": [1, 2, 3]}),       vec!["/context"]),
        (json!({"contactIds": ["c1"], "context": 1}),               vec!["/context"]),
        (json!({"contactIds": ["c1"], "context": {"intent": [1]}}), vec!["/context/intent"]),
        (json!({"contactIds": ["c1"], "context": {"intent": {"$serde_json::private::Number": "1"}}}),
            vec!["/context/intent"]),
        (json!({"contactIds": ["c1"], "context": {"fit": 1}}),      vec!["/context/fit"]),
        (json!({"contactIds": ["c1"], "context": {"intent": "1"}}), vec!["/context/intent"]),
        (json!({"contactIds": ["c1"], "context": {"intent": 1.00001, "demographic": 1e7}}),
            vec!["/context/demographic", "/context/intent"]),
    ];
    for (body, pointers) in table {
        let answer = refused(post(body.to_string()), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
}

#[tokio::test]
async fn a_refusal_repeats_no_value_and_stays_short() {
    let secret = "private, expected x ".repeat(20_000);
    for body in [
        json!({"hasEmail": secret}),
        json!({"companySize": secret}),
        json!({"contentDownloads": secret, "seniority": secret}),
        json!({"customFactors": {"webinar": secret}}),
    ] {
        let answer = refused(put(body.to_string()), 422, "validation_failed").await;
        assert!(!answer.body.to_string().contains("private"), "{}", answer.body);
    }
    let answer = refused(put(json!({ secret: 1 }).to_string()), 422, "validation_failed").await;
    assert!(answer.body.to_string().len() < 2_000);

    let ids: Vec<String> = (0..5_000).map(|n| format!("bad id {n}")).collect();
    let body = json!({ "contactIds": ids }).to_string();
    let answer = refused(post(body), 422, "validation_failed").await;
    assert_eq!(answer.pointers().len(), FAULTS_LISTED_MAX);
    assert!(answer.body["detail"].as_str().unwrap().starts_with("5000 values"));
}
