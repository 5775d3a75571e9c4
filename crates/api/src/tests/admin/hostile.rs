//! No request of an operator is our fault.

use proptest::prelude::*;

use crate::access::{Access, ROUTES, RouteRule};
use crate::tests::call::Call;
use crate::tests::things::{CASE, RUN, WAITING, path_of, path_with};
use crate::tests::world::{OPERATOR_KEY, World};

fn rules() -> Vec<&'static RouteRule> {
    ROUTES.iter().filter(|rule| matches!(rule.access, Access::Operator(_))).collect()
}

/// Names that some route reads, and one that none does.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "limit",
        "cursor",
        "state",
        "type",
        "organizationId",
        "idempotencyKey",
        "runId",
        "id",
        "payload",
        "expr",
        "count",
        "decided",
        "queue",
        "reason",
        "fingerprint",
        "actor",
        "action",
        "target",
        "outcome",
        "paused",
        "note",
        "data",
        "dryRun",
        "filter",
        "canary",
        "perSecond",
        "v",
        "jobId",
        "requestId",
        "x",
    ];
    proptest::sample::select(known.to_vec()).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(RUN.to_string()),
        Just(CASE.to_string()),
        Just(WAITING.to_string()),
        Just("mauntic-scoring-events".to_owned()),
        Just("scoring.CalculateScore".to_owned()),
        Just("true".to_owned()),
        Just("queued".to_owned()),
        "[0-9*/, -]{0,12}",
        "[\\PC]{0,8}",
        ".{0,300}",
    ]
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        (0..200_i64).prop_map(Into::into),
        text().prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map(name(), inner, 0..5)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_operators_request_is_our_fault(
        rule in proptest::sample::select(rules()),
        place in proptest::option::of(text()),
        query in proptest::collection::vec((name(), text()), 0..4),
        raw in proptest::option::of("[%a-z0-9&=+]{0,20}"),
        body in prop_oneof![
            proptest::collection::btree_map(name(), value(), 0..5)
                .prop_map(|fields| serde_json::json!(fields).to_string().into_bytes()),
            proptest::collection::vec(any::<u8>(), 0..60),
        ],
        key in proptest::option::of("[ -~]{0,10}"),
    ) {
        let path = match place {
            Some(text) if !text.is_empty() => path_with(rule, Some(&encoded(&text))),
            _ => path_of(rule),
        };
        let pairs: Vec<String> =
            query.iter().map(|(name, text)| format!("{name}={}", encoded(text))).collect();
        let query = raw.unwrap_or_else(|| pairs.join("&"));
        let mut call = Call::new(rule.method, &format!("{path}?{query}")).key(OPERATOR_KEY);
        if rule.method != "GET" {
            call = call.json(body);
        }
        if let Some(key) = key {
            call = call.header("idempotency-key", key.trim());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(async {
            let world = World::with_things().await;
            call.send(&world).await
        });
        prop_assert!(answer.status < 500, "{} {path}?{query}: {}", rule.method, answer.body);
    }
}
