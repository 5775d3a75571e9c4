//! Sending, and what may happen to a message on its way.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::Queue;
use mauntic_flows::consume::Body;
use mauntic_flows::ports::{Backlog, OutgoingEvent, PortError, Wakeup, Wakeups};

use super::{Inner, Parcel, SimQueues};
use crate::faults::{Call, Fault, Yield};

impl Wakeups for SimQueues {
    async fn send(&self, queue: Queue, messages: &[Wakeup]) -> Result<(), PortError> {
        Yield::default().await;
        let answer = self.accept(queue, messages);
        Yield::default().await;
        answer
    }

    async fn backlog(&self, queue: Queue) -> Result<Option<Backlog>, PortError> {
        Yield::default().await;
        let fault = self.faults.draw(Call::Backlog);
        let answer = failed(fault.as_ref()).map(|()| Some(self.inner().backlog(queue)));
        Yield::default().await;
        answer
    }

    fn has_listeners(&self) -> bool {
        self.inner().has_listeners
    }

    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), PortError> {
        Yield::default().await;
        let fault = self.faults.draw(Call::Publish);
        if matches!(fault, None | Some(Fault::AnswerLost)) {
            self.inner().events.extend_from_slice(events);
        }
        Yield::default().await;
        failed(fault.as_ref())
    }
}

impl SimQueues {
    fn accept(&self, queue: Queue, messages: &[Wakeup]) -> Result<(), PortError> {
        let fault = self.faults.draw(Call::Send);
        let failed = failed(fault.as_ref());
        if !matches!(fault, None | Some(Fault::AnswerLost)) {
            return failed;
        }
        let now = self.clock.now();
        let mut inner = self.inner();
        for Wakeup { message, delay_secs } in messages {
            let body = serde_json::to_string(message)
                .map_err(|error| PortError::Refused { what: QUEUE, cause: error.to_string() })?;
            assert!(*delay_secs <= DELAY_SECS_MAX, "{QUEUE}: a delay of {delay_secs} s");
            let not_before = now + TimeDelta::seconds(i64::from(*delay_secs));
            inner.send((queue, false), &body, not_before);
        }
        failed
    }
}

/// Longest delay that the platform takes: 24 h.
const DELAY_SECS_MAX: u32 = 24 * 3_600;

/// The component in errors.
const QUEUE: &str = "the queue";

fn failed(fault: Option<&Fault>) -> Result<(), PortError> {
    match fault {
        None => Ok(()),
        Some(Fault::Fail(error)) => Err(error.clone()),
        Some(_) => Err(PortError::Unavailable { what: QUEUE, cause: "no answer".to_owned() }),
    }
}

impl Inner {
    /// What waits in a queue, kept back or not.
    fn backlog(&self, queue: Queue) -> Backlog {
        let waiting = || self.queues.get(&(queue, false)).into_iter().flatten();
        let bytes = waiting().map(|parcel| match &parcel.body {
            Body::Text(text) | Body::Opaque(text) => text.len(),
            Body::Bytes(bytes) => bytes.len(),
        });
        let number = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
        Backlog { messages: number(waiting().count()), bytes: Some(number(bytes.sum())) }
    }

    fn send(&mut self, key: (Queue, bool), body: &str, not_before: DateTime<Utc>) {
        self.count("sent");
        if let Some(sent) = &mut self.sent {
            sent.push(body.to_owned());
        }
        if self.rng.chance(self.mishaps.lost) {
            self.count("lost");
            return;
        }
        let copies = if self.rng.chance(self.mishaps.doubled) {
            self.count("doubled");
            2
        } else {
            1
        };
        for _ in 0..copies {
            let mut visible_at = not_before;
            if self.rng.chance(self.mishaps.late) {
                self.count("late");
                let most = usize::try_from(self.mishaps.late_max_secs).unwrap_or(0);
                let late = i64::try_from(self.rng.below(most + 1)).unwrap_or(0);
                visible_at += TimeDelta::seconds(late);
            }
            self.put(key, Body::Text(body.to_owned()), visible_at);
        }
    }

    pub(super) fn put(
        &mut self,
        key: (Queue, bool),
        body: Body,
        visible_at: DateTime<Utc>,
    ) -> String {
        self.ids += 1;
        let id = format!("m{}", self.ids);
        let parcel = Parcel { id: id.clone(), body, deliveries: 0, visible_at };
        self.queues.entry(key).or_default().push(parcel);
        id
    }
}
