//! Sends messages. Bodies are JSON text of our own making: the SDK's serializer
//! turns every map into an empty object and fails on large integers.

use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::events::{self, Event};
use mauntic_domain::jobs::queue::{DELAY_SECS_MAX, SEND_BYTES_MAX, SEND_MESSAGES_MAX};
use mauntic_flows::ports::{Backlog, OutgoingEvent, PortError, Wakeup, Wakeups};
use wasm_bindgen::JsValue;
use worker::send::IntoSendFuture;
use worker::{Env, QueueContentType, RawMessageBuilder};

use crate::{backlog, chunks, config};

/// The component in errors.
const QUEUE: &str = "the queue";

/// Name of the optional binding of the queue that domain events leave by.
const EVENTS: &str = "EVENTS";

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

/// A body, and how long the platform keeps it back.
#[derive(Clone)]
struct Outgoing {
    body: String,
    delay_secs: u32,
}

impl AsRef<str> for Outgoing {
    fn as_ref(&self) -> &str {
        &self.body
    }
}

impl Wakeups for WorkerWakeups {
    async fn send(&self, queue: Queue, messages: &[Wakeup]) -> Result<(), PortError> {
        let encode = |wakeup: &Wakeup| {
            let delay_secs = wakeup.delay_secs.min(DELAY_SECS_MAX);
            Ok(Outgoing { body: serde_json::to_string(&wakeup.message)?, delay_secs })
        };
        let messages = messages.iter().map(encode).collect();
        send(&self.env, queue.binding(), messages).into_send().await
    }

    async fn backlog(&self, queue: Queue) -> Result<Option<Backlog>, PortError> {
        Ok(backlog::of(&self.env, queue).into_send().await)
    }

    fn has_listeners(&self) -> bool {
        config::is_bound(&self.env, EVENTS)
    }

    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), PortError> {
        let events: Vec<Event> = events.iter().map(OutgoingEvent::told).collect();
        let at_once = |body| Outgoing { body, delay_secs: 0 };
        let bodies = events::encode(&events);
        let messages = bodies.map(|bodies| bodies.into_iter().map(at_once).collect());
        send(&self.env, EVENTS, messages).into_send().await
    }
}

async fn send(
    env: &Env,
    binding: &str,
    messages: serde_json::Result<Vec<Outgoing>>,
) -> Result<(), PortError> {
    let messages = messages.map_err(|error| PortError::Refused {
        what: "encoding a message",
        cause: error.to_string(),
    })?;
    #[cfg(feature = "fault-hooks")]
    let messages = crate::faults::duplicated(env, messages);
    let producer = env.queue(binding).map_err(unavailable)?;
    for send in chunks::split(&messages, SEND_MESSAGES_MAX, SEND_BYTES_MAX) {
        let batch = send.iter().map(|Outgoing { body, delay_secs }| {
            let message = RawMessageBuilder::new(JsValue::from_str(body));
            // Without one of its own the queue's counts, which is none.
            let message =
                if *delay_secs > 0 { message.delay_seconds(*delay_secs) } else { message };
            message.build_with_content_type(QueueContentType::Text)
        });
        producer.send_raw_batch(batch).await.map_err(unavailable)?;
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unavailable(error: worker::Error) -> PortError {
    PortError::Unavailable { what: QUEUE, cause: error.to_string() }
}
