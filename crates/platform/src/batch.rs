//! A batch as the platform hands it over, as values of `flows`. Each body is
//! read by itself: the SDK's own decoding fails a batch for one bad body and
//! leaves no way to acknowledge it.

use js_sys::{Array, ArrayBuffer, BigInt, JSON, JsString, Reflect, Uint8Array};
use mauntic_flows::consume::{Body, Delivery, Settle};
use wasm_bindgen::{JsCast, JsValue};
use worker::{MessageExt, QueueRetryOptionsBuilder, RawMessage};

/// What UTF-16 that is no Unicode becomes when it is read.
const REPLACEMENT: char = '\u{FFFD}';

/// Reads every message, in order.
pub(crate) fn deliveries(messages: &[RawMessage]) -> Vec<Delivery> {
    let read =
        |message: &RawMessage| Delivery { message_id: message.id(), body: body(&message.body()) };
    messages.iter().map(read).collect()
}

/// Settles messages by their position.
pub(crate) struct Settlement<'a>(pub(crate) &'a [RawMessage]);

impl Settle for Settlement<'_> {
    fn ack(&self, index: usize) {
        if let Some(message) = self.0.get(index) {
            message.ack();
        }
    }

    fn retry(&self, index: usize, delay_secs: u32) {
        if let Some(message) = self.0.get(index) {
            let options = QueueRetryOptionsBuilder::new().with_delay_seconds(delay_secs);
            message.retry_with_options(&options.build());
        }
    }
}

fn body(value: &JsValue) -> Body {
    if let Some(text) = value.dyn_ref::<JsString>() {
        return string(text);
    }
    if let Some(bytes) = bytes(value) {
        return Body::Bytes(bytes);
    }
    if is_json(value)
        && let Ok(text) = JSON::stringify(value)
        && let Some(text) = text.as_string()
    {
        return Body::Text(text);
    }
    Body::Opaque(describe(value))
}

/// A lone surrogate is no text; it would be replaced silently.
fn string(text: &JsString) -> Body {
    let read = String::from(text);
    if read.contains(REPLACEMENT) && !text.is_valid_utf16() {
        return Body::Opaque(read);
    }
    Body::Text(read)
}

fn bytes(value: &JsValue) -> Option<Vec<u8>> {
    if let Some(buffer) = value.dyn_ref::<ArrayBuffer>() {
        return Some(Uint8Array::new(buffer).to_vec());
    }
    if !ArrayBuffer::is_view(value) {
        return None;
    }
    let number = |name: &str| Reflect::get(value, &name.into()).ok()?.as_f64();
    let buffer = Reflect::get(value, &"buffer".into()).ok()?;
    let (offset, length) = (number("byteOffset")?, number("byteLength")?);
    let whole = Uint8Array::new(&buffer).to_vec();
    whole.into_iter().skip(count(offset)).take(count(length)).map(Some).collect()
}

/// A size of JavaScript: whole, not negative, and far below 2^32 in a body of
/// 128 KB.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
fn count(number: f64) -> usize {
    number as usize
}

/// Whether `JSON.stringify` keeps what the value holds: a `Map` would become an
/// empty object.
fn is_json(value: &JsValue) -> bool {
    value.is_null()
        || value.as_f64().is_some()
        || value.as_bool().is_some()
        || Array::is_array(value)
        || (value.is_object() && constructor_name(value).as_deref() == Some("Object"))
}

fn constructor_name(value: &JsValue) -> Option<String> {
    let constructor = Reflect::get(value, &"constructor".into()).ok()?;
    Reflect::get(&constructor, &"name".into()).ok()?.as_string()
}

/// What is known of a value that is neither text nor bytes nor JSON.
fn describe(value: &JsValue) -> String {
    if let Some(number) = value.dyn_ref::<BigInt>() {
        return number.to_string(10).map_or_else(|_| "BigInt".to_owned(), String::from);
    }
    // Entries of a Map or Set; nothing of another object.
    let entries = value.is_object().then(|| JSON::stringify(&Array::from(value)));
    match (constructor_name(value), entries) {
        (Some(name), Some(Ok(entries))) if entries != "[]" => format!("{name} {entries}"),
        // Never by its own or the SDK's printer: a value may contain itself.
        (name, _) => name.unwrap_or_else(|| value.js_typeof().as_string().unwrap_or_default()),
    }
}
