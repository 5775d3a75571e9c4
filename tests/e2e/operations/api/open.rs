//! What describes the service: its document and its health.

use std::collections::BTreeSet;

use mauntic_tests::stack::ADMIN_TOKEN;
use serde_json::json;

use super::ask::Ask;
use super::table::OPERATIONS;
use super::{Api, Operation};

const DOCUMENT: &str = "/openapi.json";

/// The one operation that may answer 500.
pub(super) const HEALTH: &str = "/api/monitoring/health";

/// Every operation of the document. One that no table has is a failure here.
pub(super) fn served(api: &Api) -> BTreeSet<Operation> {
    let document = api.stack.call("GET", DOCUMENT, Some(ADMIN_TOKEN), None).body;
    let mut served = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "delete", "patch", "head", "options", "trace"] {
            if item.get(method).is_none() {
                continue;
            }
            let is_it = |known: &Operation| {
                known.0.eq_ignore_ascii_case(method) && known.1 == path.as_str()
            };
            let known = OPERATIONS.iter().map(|(operation, _)| *operation).find(is_it);
            served.insert(known.unwrap_or_else(|| panic!("no step shows {method} {path}")));
        }
    }
    served
}

pub(super) async fn health_is_shown_to_everybody(api: &mut Api) {
    let health = api.call(Ask::get(HEALTH)).await.ok(503);
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["checks"]["scheduler"]["code"], "heartbeat_missing");
    api.stack.tick();
    let health = api.call(Ask::get(HEALTH)).await.ok(200);
    assert_eq!(health["status"], "healthy");
    let duties = health["checks"]["scheduler"]["duties"].as_array().unwrap();
    assert!(!duties.is_empty() && duties.iter().all(|duty| duty["instanceId"].is_string()));
}

pub(super) async fn a_caller_learns_who_they_are(api: &mut Api) {
    api.call(Ask::get("/api/v1/caller").by(None)).await.refused(401, "unauthenticated");
    let caller = api.call(Ask::get("/api/v1/caller").by(Some(ADMIN_TOKEN))).await.ok(200);
    assert_eq!(caller["name"], "bootstrap");
    assert_eq!(caller["scopes"], json!(["operate", "admin"]));
}

pub(super) async fn numbers_are_told_to_operators(api: &mut Api) {
    let told = api.call(Ask::get("/metrics").by(Some(ADMIN_TOKEN))).await.ok(200);
    assert!(told.as_str().unwrap().contains("\nmauntic_scheduler_online 1\n"));
}

pub(super) async fn the_document_is_served(api: &mut Api) {
    api.call(Ask::get(DOCUMENT).by(None)).await.refused(401, "unauthenticated");
    let document = api.call(Ask::get(DOCUMENT)).await.ok(200);
    assert_eq!(document["openapi"].as_str().map(|version| &version[..2]), Some("3."));
    assert_eq!(document["paths"]["/api/v2/admin/dlq/replay"]["post"]["tags"], json!(["admin"]));
}
