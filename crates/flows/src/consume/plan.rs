//! What a batch's bodies ask for; pure.

use std::collections::BTreeMap;

use mauntic_domain::jobs::{Decoded, JobType, Queue, Refusal, decode, derived_id, derived_job_id};
use uuid::Uuid;

use crate::ports::{ClaimRequest, DeadLetter, ShortJob};

/// A body as the platform hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Text, or a JSON value written as text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Something that is neither; what is known of it.
    Opaque(String),
}

/// A message as the platform hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The platform's id of the message, the same at every delivery.
    pub message_id: String,
    /// Its body.
    pub body: Body,
}

/// The claim that a batch asks for, and the way back from jobs to messages.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) request: ClaimRequest,
    /// Positions of bodies that are no messages.
    pub(super) refused: Vec<usize>,
    by_job: BTreeMap<Uuid, Vec<usize>>,
}

impl Plan {
    /// `idle` are types whose jobs have nobody to call.
    pub(super) fn of(
        queue: Queue,
        token: Uuid,
        deliveries: &[Delivery],
        idle: Vec<JobType>,
    ) -> Self {
        let mut by_job: BTreeMap<Uuid, Vec<usize>> = BTreeMap::new();
        let (mut addresses, mut shorts) = (BTreeMap::new(), BTreeMap::new());
        let (mut letters, mut refused) = (Vec::new(), Vec::new());
        let mut expects_others = false;
        for (index, delivery) in deliveries.iter().enumerate() {
            match read(queue, &delivery.body) {
                Ok(Decoded::Address { id, said }) => {
                    expects_others |=
                        said.is_none_or(|said| !said.spec().batched && !idle.contains(&said));
                    addresses.insert(id, delivery.message_id.clone());
                    by_job.entry(id).or_default().push(index);
                }
                Ok(Decoded::Short { job, request_id, starter, idempotency_key }) => {
                    let id = derived_job_id(queue, &delivery.message_id);
                    by_job.entry(id).or_default().push(index);
                    // Without a key there is nothing to conflict with, and this
                    // letter is never kept.
                    let key = idempotency_key.clone().unwrap_or_default();
                    let short = ShortJob {
                        id,
                        run_id: derived_id(&[queue.name(), &delivery.message_id, "run"]),
                        job_type: job.job_type(),
                        organization_id: job.organization_id().map(ToString::to_string),
                        data: job.data(),
                        request_id,
                        starter,
                        idempotency_key,
                        conflict: letter(delivery, &Refusal::KeyConflict { key }),
                    };
                    shorts.insert(id, short);
                }
                Err(refusal) => {
                    letters.push(letter(delivery, &refusal));
                    refused.push(index);
                }
            }
        }
        let request = ClaimRequest {
            queue,
            token,
            addresses: addresses.into_iter().collect(),
            shorts: shorts.into_values().collect(),
            letters,
            messages: count(deliveries.len()),
            repeated: count(by_job.values().map(|messages| messages.len() - 1).sum()),
            expects_others,
            types: JobType::of_queue(queue).collect(),
            also_batched: idle,
        };
        Self { request, refused, by_job }
    }

    /// Every job that a message is about.
    pub(super) fn jobs(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.by_job.keys().copied()
    }

    /// Positions of the messages of a job.
    pub(super) fn deliveries_of(&self, id: Uuid) -> impl Iterator<Item = usize> + '_ {
        self.by_job.get(&id).into_iter().flatten().copied()
    }
}

/// A batch has at most a hundred messages.
fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn read(queue: Queue, body: &Body) -> Result<Decoded, Refusal> {
    match body {
        Body::Text(text) => decode(queue, text),
        Body::Bytes(bytes) => {
            decode(queue, std::str::from_utf8(bytes).map_err(|_| Refusal::NotText)?)
        }
        Body::Opaque(_) => Err(Refusal::NotText),
    }
}

fn letter(delivery: &Delivery, refusal: &Refusal) -> DeadLetter {
    let body = match &delivery.body {
        Body::Text(text) | Body::Opaque(text) => text.clone().into_bytes(),
        Body::Bytes(bytes) => bytes.clone(),
    };
    DeadLetter {
        message_id: delivery.message_id.clone(),
        body,
        reason: refusal.code(),
        detail: refusal.to_string(),
    }
}
