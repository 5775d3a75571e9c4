//! Sends messages. Bodies are JSON text of our own making: the SDK's serializer
//! turns every map into an empty object and fails on large integers.

use mauntic_domain::jobs::queue::{SEND_BYTES_MAX, SEND_MESSAGES_MAX};
use mauntic_domain::jobs::{Message, Queue};
use mauntic_flows::ports::{PortError, Wakeups};
use wasm_bindgen::JsValue;
use worker::send::IntoSendFuture;
use worker::{Env, QueueContentType, RawMessageBuilder};

use crate::chunks;

/// The component in errors.
const QUEUE: &str = "the queue";

/// Sends through the producer bindings.
#[derive(Debug)]
pub struct WorkerWakeups {
    env: Env,
}

impl WorkerWakeups {
    /// Bindings are looked up when they are used.
    #[must_use]
    pub fn new(env: Env) -> Self {
        Self { env }
    }
}

impl Wakeups for WorkerWakeups {
    async fn send(&self, queue: Queue, messages: &[Message]) -> Result<(), PortError> {
        send(&self.env, queue, messages).into_send().await
    }
}

async fn send(env: &Env, queue: Queue, messages: &[Message]) -> Result<(), PortError> {
    let bodies = encode(messages)?;
    #[cfg(feature = "fault-hooks")]
    let bodies = crate::faults::duplicated(env, bodies);
    let producer = env.queue(queue.binding()).map_err(unavailable)?;
    for send in chunks::split(&bodies, SEND_MESSAGES_MAX, SEND_BYTES_MAX) {
        let batch = send.iter().map(|body| {
            RawMessageBuilder::new(JsValue::from_str(body))
                .build_with_content_type(QueueContentType::Text)
        });
        producer.send_raw_batch(batch).await.map_err(unavailable)?;
    }
    Ok(())
}

fn encode(messages: &[Message]) -> Result<Vec<String>, PortError> {
    let encoded = messages.iter().map(serde_json::to_string);
    encoded.collect::<Result<_, _>>().map_err(|error| PortError::Refused {
        what: "encoding a message",
        cause: error.to_string(),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unavailable(error: worker::Error) -> PortError {
    PortError::Unavailable { what: QUEUE, cause: error.to_string() }
}
