//! The span of a request goes with what it enqueues.

use mauntic_domain::trace::TraceContext;
use serde_json::{Value, json};

use crate::tests::call::Call;
use crate::tests::things::post;
use crate::tests::world::{WRITE_KEY, World};

const SPAN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const OTHER: &str = "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-00";

fn recalculation() -> Call {
    let body = json!({"contactIds": ["contact_1"]}).to_string();
    Call::new("POST", "/api/v1/scoring/recalculate").key(WRITE_KEY).json(body)
}

/// What the one job of a world knows of who started it, and what its message says.
fn starter(world: &World) -> (Option<TraceContext>, Option<String>) {
    let [row] = &*world.store().jobs() else { panic!("one job") };
    let [message] = &*world.ports.queues.sent() else { panic!("one message") };
    let message: Value = serde_json::from_str(message).unwrap();
    (row.starter, message["traceparent"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn a_job_knows_the_span_of_its_request() {
    let world = World::new();
    world.ports.queues.keep_sent();
    assert_eq!(recalculation().header("traceparent", SPAN).send(&world).await.status, 202);
    assert_eq!(starter(&world), (TraceContext::parse(SPAN), Some(SPAN.to_owned())));
}

#[tokio::test]
async fn what_is_no_span_is_ignored() {
    for headers in [
        &[][..],
        &[""],
        &["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"],
        &["00-00000000000000000000000000000000-b7ad6b7169203331-01"],
        &["00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"],
        &["'; drop table jobs.job; --"],
        // Nobody knows which one is meant.
        &[SPAN, OTHER],
    ] {
        let world = World::new();
        world.ports.queues.keep_sent();
        let with = |call: Call, span: &&str| call.header("traceparent", span);
        let call = headers.iter().fold(recalculation(), with);
        assert_eq!(call.send(&world).await.status, 202, "{headers:?}");
        assert_eq!(starter(&world), (None, None), "{headers:?}");
    }
}

#[tokio::test]
async fn a_message_by_hand_has_its_own_span_or_its_requests() {
    let plain = json!({"type": "overnight.start"});
    let own = json!({"type": "overnight.start", "traceparent": OTHER});
    let malformed = json!({"type": "overnight.start", "traceparent": "00"});
    for (body, expected) in [(plain, SPAN), (own, OTHER), (malformed, SPAN)] {
        let world = World::new();
        let call = post("queues/mauntic-overnight-jobs/messages", &body);
        assert_eq!(call.header("traceparent", SPAN).send(&world).await.status, 202);
        let [row] = &*world.store().jobs() else { panic!("one job") };
        assert_eq!(row.starter, TraceContext::parse(expected), "{body}");
    }
}
