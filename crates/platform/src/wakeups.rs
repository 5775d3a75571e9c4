//! Sends messages. Bodies are JSON text of our own making: the SDK's serializer
//! turns every map into an empty object and fails on large integers.

use mauntic_domain::jobs::events::{self, Event};
use mauntic_domain::jobs::queue::{SEND_BYTES_MAX, SEND_MESSAGES_MAX};
use mauntic_domain::jobs::{Message, Queue};
use mauntic_flows::ports::{OutgoingEvent, PortError, Wakeups};
use wasm_bindgen::JsValue;
use worker::send::IntoSendFuture;
use worker::{Env, QueueContentType, RawMessageBuilder};

use crate::{chunks, config};

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

impl Wakeups for WorkerWakeups {
    async fn send(&self, queue: Queue, messages: &[Message]) -> Result<(), PortError> {
        let bodies = messages.iter().map(serde_json::to_string).collect();
        send(&self.env, queue.binding(), bodies).into_send().await
    }

    fn has_listeners(&self) -> bool {
        config::is_bound(&self.env, EVENTS)
    }

    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), PortError> {
        let events: Vec<Event> = events.iter().map(event).collect();
        send(&self.env, EVENTS, events::encode(&events)).into_send().await
    }
}

async fn send(
    env: &Env,
    binding: &str,
    bodies: serde_json::Result<Vec<String>>,
) -> Result<(), PortError> {
    let bodies = bodies.map_err(|error| PortError::Refused {
        what: "encoding a message",
        cause: error.to_string(),
    })?;
    #[cfg(feature = "fault-hooks")]
    let bodies = crate::faults::duplicated(env, bodies);
    let producer = env.queue(binding).map_err(unavailable)?;
    for send in chunks::split(&bodies, SEND_MESSAGES_MAX, SEND_BYTES_MAX) {
        let batch = send.iter().map(|body| {
            RawMessageBuilder::new(JsValue::from_str(body))
                .build_with_content_type(QueueContentType::Text)
        });
        producer.send_raw_batch(batch).await.map_err(unavailable)?;
    }
    Ok(())
}

fn event(event: &OutgoingEvent) -> Event {
    Event {
        id: event.id,
        event_type: event.event_type.clone(),
        organization_id: event.organization_id.clone(),
        occurred_at: event.occurred_at,
        request_id: event.request_id.clone(),
        data: event.data.clone(),
        data_omitted: false,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unavailable(error: worker::Error) -> PortError {
    PortError::Unavailable { what: QUEUE, cause: error.to_string() }
}
