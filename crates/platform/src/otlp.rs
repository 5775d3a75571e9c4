//! Spans as OTLP has them (opentelemetry-proto), to be posted; pure.

use mauntic_flows::ports::{Span, SpanKind, SpanValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span as Told, Status, span::SpanKind as Kind, status::StatusCode,
};
use prost::Message;

/// The service of every span.
const SERVICE: &str = "mauntic-queue";

/// One request with these spans, as protobuf.
pub(crate) fn encode(spans: &[Span]) -> Vec<u8> {
    let scope = InstrumentationScope {
        name: "mauntic".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let told = ScopeSpans {
        scope: Some(scope),
        spans: spans.iter().map(span).collect(),
        ..ScopeSpans::default()
    };
    let attributes = vec![attribute("service.name", Value::StringValue(SERVICE.to_owned()))];
    let resource = Resource { attributes, ..Resource::default() };
    let of_resource = ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![told],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![of_resource] }.encode_to_vec()
}

fn span(span: &Span) -> Told {
    let nanos = |at: chrono::DateTime<chrono::Utc>| {
        at.timestamp_nanos_opt().and_then(|nanos| u64::try_from(nanos).ok()).unwrap_or_default()
    };
    let kind = match span.kind {
        SpanKind::Consumer => Kind::Consumer,
        SpanKind::Internal => Kind::Internal,
    };
    let (code, message) = match &span.error {
        Some(error) => (StatusCode::Error, error.clone()),
        None => (StatusCode::Ok, String::new()),
    };
    let value = |value: &SpanValue| match value {
        SpanValue::Text(text) => Value::StringValue(text.clone()),
        SpanValue::Count(count) => Value::IntValue(*count),
        SpanValue::Flag(flag) => Value::BoolValue(*flag),
    };
    let known = span.attributes.iter();
    Told {
        trace_id: span.context.trace_id.as_bytes().to_vec(),
        span_id: span.context.span_id.to_bytes().to_vec(),
        parent_span_id: span.parent.map(|id| id.to_bytes().to_vec()).unwrap_or_default(),
        name: span.name.to_string(),
        kind: kind.into(),
        start_time_unix_nano: nanos(span.started_at),
        end_time_unix_nano: nanos(span.ended_at),
        attributes: known.map(|(name, of)| attribute(name, value(of))).collect(),
        status: Some(Status { message, code: code.into() }),
        ..Told::default()
    }
}

fn attribute(name: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: name.to_owned(), value, ..KeyValue::default() }
}

/// Headers as `OTEL_EXPORTER_OTLP_HEADERS` lists them: `name=value`, by commas, values
/// percent-encoded where they have to be; none where it is no such list.
pub(crate) fn headers(list: &str) -> Option<Vec<(String, String)>> {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let header = |entry: &str| {
        let (name, value) = entry.split_once('=')?;
        let name = name.trim();
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let value = decoded(value.trim())?;
        let is_visible = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let is_header = !name.is_empty() && name.bytes().all(is_token) && is_visible;
        is_header.then(|| (name.to_owned(), value))
    };
    entries.map(header).collect()
}

/// Without percent-encoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
                tail
            }
            (b'%', _) => return None,
            (first, tail) => {
                bytes.push(*first);
                tail
            }
        };
    }
    String::from_utf8(bytes).ok()
}
