//! What the platform says waits on a queue, by the binding's own `metrics()`,
//! which the SDK does not know. A runtime or an account without it says nothing,
//! and nothing of ours depends on it.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use js_sys::{Function, Promise, Reflect};
use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::Backlog;
use serde_json::json;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{Delay, Env};

use crate::log;

/// Longest wait for an answer that only adds to our own counts: four queues that
/// are asked in turn then cost a third of a request's 25 s.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// The backlog of a queue, where it is told.
pub(crate) async fn of(env: &Env, queue: Queue) -> Option<Backlog> {
    let binding = Reflect::get(env, &queue.binding().into()).ok()?;
    let metrics = Reflect::get(&binding, &"metrics".into()).ok()?.dyn_into::<Function>().ok()?;
    let told = match metrics.call0(&binding).map(JsCast::dyn_into::<Promise>) {
        Ok(Ok(promise)) => within(promise).await,
        Ok(Err(_)) => Err("no promise".to_owned()),
        Err(thrown) => Err(text(&thrown)),
    };
    match told {
        Ok(told) => read(&told),
        Err(cause) => {
            log::warn("backlog_not_told", json!({"queue": queue.name(), "cause": cause}));
            None
        }
    }
}

async fn within(promise: Promise) -> Result<JsValue, String> {
    let answer = pin!(JsFuture::from(promise));
    match select(answer, pin!(Delay::from(ANSWER_TIMEOUT))).await {
        Either::Left((answer, _)) => answer.map_err(|thrown| text(&thrown)),
        Either::Right(((), _)) => Err(format!("no answer within {} s", ANSWER_TIMEOUT.as_secs())),
    }
}

fn read(told: &JsValue) -> Option<Backlog> {
    let number = |name: &str| Reflect::get(told, &name.into()).ok()?.as_f64().and_then(count);
    Some(Backlog { messages: number("backlogCount")?, bytes: number("backlogBytes") })
}

/// A count of JavaScript: whole, not negative, and below 2^53.
#[expect(clippy::cast_possible_truncation, reason = "see above")]
fn count(number: f64) -> Option<i64> {
    (0.0..=9_007_199_254_740_991.0).contains(&number).then_some(number as i64)
}

fn text(thrown: &JsValue) -> String {
    let message = Reflect::get(thrown, &"message".into()).ok().and_then(|text| text.as_string());
    message.unwrap_or_else(|| "no message".to_owned())
}
