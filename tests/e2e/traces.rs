//! What a collector of this machine reads of the real queue worker: a night is one trace,
//! that of who asked for it, and a collector that fails costs nobody anything.

mod trouble;

use std::sync::{Arc, Mutex};

use mauntic_domain::trace::TraceContext;
use mauntic_flows::traces::NIGHT;
use mauntic_local::web::{Answer, Asked, Web};
use mauntic_tests::portfolios::came_to;
use mauntic_tests::stack::{ADMIN_TOKEN, Request, until};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;
use serde_json::json;

use crate::overnight::Nights;

/// The attributes that a night's own span has.
const OF_A_NIGHT: [&str; 7] = [
    "fetch_rates_ms",
    "process_users_ms",
    "total_duration_ms",
    "users_total",
    "users_success",
    "users_failed",
    "assets_scored",
];

#[derive(Debug, Default)]
struct Heard {
    status: u16,
    calls: usize,
    spans: Vec<Span>,
}

/// A collector. Dropped, it is gone.
struct Collector {
    web: Web,
    heard: Arc<Mutex<Heard>>,
}

impl Collector {
    fn start() -> Self {
        let heard = Arc::new(Mutex::new(Heard { status: 503, ..Heard::default() }));
        let hearing = Arc::clone(&heard);
        let web = Web::start(move |asked| hear(asked, &hearing)).unwrap();
        Self { web, heard }
    }

    fn url(&self) -> String {
        format!("{}/otlp/", self.web.url())
    }

    fn mend(&self) {
        self.heard.lock().unwrap().status = 200;
    }

    fn calls(&self) -> usize {
        self.heard.lock().unwrap().calls
    }

    fn spans(&self) -> Vec<Span> {
        self.heard.lock().unwrap().spans.clone()
    }
}

fn hear(asked: &Asked, heard: &Mutex<Heard>) -> Answer {
    let mut heard = heard.lock().unwrap();
    heard.calls += 1;
    let is_known = asked.headers.get("api-key").is_some_and(|key| key == "a key");
    let is_asked = (asked.method.as_str(), asked.path.as_str()) == ("POST", "/otlp/v1/traces");
    let status = if is_known && is_asked { heard.status } else { 400 };
    if status == 200 {
        let told = ExportTraceServiceRequest::decode(asked.bytes.as_slice()).unwrap();
        let scopes = told.resource_spans.into_iter().flat_map(|of| of.scope_spans);
        heard.spans.extend(scopes.flat_map(|of| of.spans));
    }
    Answer { status, ..Answer::default() }
}

fn count(span: &Span, name: &str) -> Option<i64> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Any::IntValue(count) => Some(*count),
        _ => None,
    }
}

/// The span of a caller of ours, who asks for a night.
const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Asks for a night by HTTP.
fn ask(nights: &Nights) {
    let asked = Request {
        method: "POST",
        path: "/api/v2/admin/queues/mauntic-overnight-jobs/messages",
        key: Some(ADMIN_TOKEN),
        traceparent: Some(CALLER),
        body: r#"{"type":"overnight.start"}"#,
        ..Request::default()
    };
    let answer = nights.stack.send(asked).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_is_one_trace_and_a_collector_that_fails_costs_nothing() {
    let collector = Collector::start();
    let url = collector.url();
    let vars =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &*url), ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20key")];
    let nights = Nights::start(&vars).await;
    nights.send(&json!({}));
    let first = nights.newest(None).await;
    nights.all_done().await;
    assert_eq!(came_to(&nights.owner, first).await.0, "completed");
    assert!(collector.calls() > 0, "{}", nights.stack.story());
    collector.mend();

    ask(&nights);
    let night = nights.newest(Some(first)).await;
    nights.all_done().await;
    let caller = TraceContext::parse(CALLER).unwrap();
    let whole = TraceContext::of_run(night);
    let is_whole = |span: &Span| span.span_id == whole.span_id.to_bytes();
    let told = async || collector.spans().into_iter().find(is_whole);
    let root = until("the night is told", || nights.stack.story(), told).await;
    assert_eq!((&*root.name, &*root.trace_id), (NIGHT, &caller.trace_id.as_bytes()[..]));
    assert_eq!(root.parent_span_id, caller.span_id.to_bytes());
    assert_eq!(root.status.as_ref().unwrap().code, i32::from(StatusCode::Ok));
    for name in OF_A_NIGHT {
        assert!(count(&root, name).is_some(), "{name}: {root:?}");
    }
    let [total, success] = ["users_total", "users_success"].map(|name| count(&root, name));
    assert_eq!((total, success), (Some(500), Some(500)));

    let names = [
        "overnight.start set_up",
        "overnight.start exchange_rates",
        "overnight.start users",
        "overnight.start prices",
        "overnight.finalize",
    ];
    let parts = async || {
        let spans = collector.spans();
        let parts: Vec<Span> =
            spans.into_iter().filter(|span| span.trace_id == root.trace_id).collect();
        let has = |name: &str| parts.iter().filter(|span| span.name == name).count();
        (names.iter().all(|name| has(name) > 0) && has("overnight.score-users") == 10)
            .then_some(parts)
    };
    let parts = until("every part is told", || nights.stack.story(), parts).await;
    for part in parts.iter().filter(|span| !is_whole(span)) {
        assert_eq!(part.parent_span_id, root.span_id, "{}", part.name);
        assert!(part.start_time_unix_nano <= part.end_time_unix_nano, "{}", part.name);
    }
}
