//! The API's document against the table of routes and the domain.

use std::collections::BTreeSet;

use mauntic_domain::contact_events::REQUEST_EVENTS_MAX;
use mauntic_domain::scoring::features::{CUSTOM_FACTORS_MAX, FEATURE_NAMES};
use mauntic_flows::commands::recalculate::CONTACTS_MAX;
use serde_json::{Value, json};

use super::call::Call;
use super::schema::{document, resolve};
use super::world::{ADMIN_TOKEN, WRITE_KEY, World};
use crate::access::{Access, ROUTES};
use crate::code::Code;
use crate::etag::is_tagged;

/// The one POST without a key: each event has an id.
const EVENTS: &str = "/api/v1/events";

/// What is refused for being too much.
const BOUNDED: [&str; 5] = [
    EVENTS,
    "/api/v1/scoring/contacts/{contactId}/features",
    "/api/v1/scoring/recalculate",
    "/api/v1/warmup/domains/{domain}/reserve",
    "/api/v2/admin/queues/{queue}/messages",
];

fn operations() -> Vec<(String, String, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        item.map(|(method, operation)| (method.to_uppercase(), path.clone(), operation))
    });
    operations.collect()
}

#[tokio::test]
async fn the_document_is_served_as_it_was_written() {
    let answer = Call::get("/openapi.json").key(ADMIN_TOKEN).send(&World::new()).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(&answer.body, document());
}

#[test]
fn the_document_is_openapi_3_1() {
    assert_eq!(document()["openapi"], "3.1.0");
    let scheme = &document()["components"]["securitySchemes"]["bearer"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("bearer")));
}

#[test]
fn the_document_and_the_table_have_the_same_routes() {
    let listed: BTreeSet<_> = operations().into_iter().map(|(m, p, _)| (m, p)).collect();
    let table: BTreeSet<_> =
        ROUTES.iter().map(|rule| (rule.method.to_owned(), rule.path.to_owned())).collect();
    assert_eq!(listed, table);
    assert_eq!(table.len(), ROUTES.len());
}

#[test]
fn every_operation_tells_its_key_and_its_refusals() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let rule = ROUTES.iter().find(|rule| rule.method == method && rule.path == path);
        let access = rule.unwrap().access;
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path}");
        assert!(!operation["summary"].as_str().unwrap().is_empty());
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses {
            assert!(!response["description"].as_str().unwrap().is_empty());
            assert!(resolve(&response["headers"]["X-Request-Id"]).is_object(), "{path} {status}");
            if status == "304" {
                assert!(is_tagged(&path) && method == "GET", "{path}");
                continue;
            }
            let content = response["content"].as_object().unwrap();
            assert!(!content.is_empty());
            if let Some(problem) = content.get("application/problem+json") {
                assert!(!problem["examples"].as_object().unwrap().is_empty());
            }
        }
        if access == Access::Open {
            assert!(operation["security"].is_null());
            continue;
        }
        assert_eq!(operation["security"], json!([{ "bearer": [] }]), "{path}");
        for status in ["401", "500", "503"] {
            assert!(responses.contains_key(status), "{path} {status}");
        }
        assert_eq!(responses.contains_key("403"), access != Access::AnyKey, "{path}");
        let has_body = operation["requestBody"].is_object();
        assert_eq!(responses.contains_key("429"), BOUNDED.contains(&path.as_str()), "{path}");
        for status in ["400", "413", "415", "422"].into_iter().filter(|_| has_body) {
            assert!(responses.contains_key(status), "{path} {status}");
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_told() {
    for (method, path, operation) in operations() {
        let told: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let named: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(told, named, "{method} {path}");
        let is_told = |name: &str| operation["parameters"].to_string().contains(name);
        // Every POST enqueues or ends something, but for events, which have keys of
        // their own, and for one that only looks.
        let is_keyed = method == "POST" && path != EVENTS && !path.ends_with("/preview");
        assert_eq!(is_told("Idempotency-Key"), is_keyed, "{method} {path}");
        let has_conflict =
            operation["responses"]["409"].to_string().contains("idempotency_conflict");
        assert_eq!(has_conflict, is_keyed, "{method} {path}");
        let is_guarded = operation["responses"]["412"].is_object();
        assert_eq!(is_told("If-Match"), is_guarded, "{method} {path}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let tells_repeats = resolve(&response["headers"]["Idempotent-Replayed"]).is_object();
            let is_done = status.starts_with('2');
            assert_eq!(tells_repeats, is_keyed && is_done, "{method} {path} {status}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let target = document().pointer(reference.trim_start_matches('#'));
                    assert!(target.is_some(), "{reference}");
                }
                fields.values().for_each(walk);
            }
            Value::Array(items) => items.iter().for_each(walk),
            _ => {}
        }
    }
    walk(document());
}

#[test]
fn codes_are_told_apart() {
    let names: BTreeSet<_> = Code::ALL.into_iter().map(Code::as_str).collect();
    assert_eq!(names.len(), Code::ALL.len());
    let listed = document()["paths"].to_string();
    for code in Code::ALL {
        let name = format!("#/components/examples/{}\"", code.as_str());
        // Any path may answer these two; the heading tells so.
        let is_listed = ![Code::RouteNotFound, Code::MethodNotAllowed].contains(&code);
        assert_eq!(listed.contains(&name), is_listed, "{code:?}");
    }
}

#[tokio::test]
async fn the_documents_features_are_the_domains() {
    let schemas = &document()["components"]["schemas"];
    let features = &schemas["Features"];
    let names: BTreeSet<_> = features["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, FEATURE_NAMES.map(str::to_owned).iter().collect());
    assert_eq!(features["additionalProperties"], false);
    assert!(features.get("required").is_none());
    for (field, schema) in [
        ("companySize", "CompanySize"),
        ("seniority", "Seniority"),
        ("engagementLevel", "EngagementLevel"),
    ] {
        for value in schemas[schema]["enum"].as_array().unwrap() {
            let body = json!({ field: value }).to_string();
            let path = "/api/v1/scoring/contacts/contact_1/features";
            let call = Call::new("PUT", path).key(WRITE_KEY).json(body);
            assert_eq!(call.send(&World::new()).await.status, 202, "{field} {value}");
        }
    }
}

#[test]
fn the_documents_limits_are_the_domains() {
    let schemas = &document()["components"]["schemas"];
    let contacts = &schemas["RecalculationRequest"]["properties"]["contactIds"];
    assert_eq!(contacts["maxItems"], CONTACTS_MAX);
    let many = schemas["EventReport"]["oneOf"].as_array().unwrap().iter();
    let limits: Vec<_> = many.map(|one| &one["properties"]["events"]["maxItems"]).collect();
    assert!(limits.contains(&&json!(REQUEST_EVENTS_MAX)), "{limits:?}");
    assert_eq!(CUSTOM_FACTORS_MAX, 100, "the features' document names it");
}
