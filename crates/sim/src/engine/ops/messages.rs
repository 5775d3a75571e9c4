//! Messages that somebody sends by hand, valid and not.

use mauntic_domain::jobs::message::derived_job_id;
use mauntic_domain::jobs::queue::{BODY_BYTES_MAX, Origin};
use mauntic_domain::jobs::{Job, JobType, Queue};
use mauntic_flows::consume::Body;
use mauntic_flows::ports::Host;
use serde_json::{Value, json};

use super::produce::keyed;
use crate::engine::failure::Failed;
use crate::engine::model::Fate;
use crate::engine::world::World;

/// The queue of every type that this build can do.
const QUEUE: Queue = Queue::ScoringEvents;

fn put(world: &mut World, queue: Queue, body: Body, fate: impl FnOnce(&str) -> Fate) {
    let id = world.ports.queues.put(Origin::Jobs(queue), body);
    let fate = fate(&id);
    world.tell(format_args!("  message {id}: {fate:?}"));
    world.model.sent.insert((queue, id), fate);
}

fn job(id: &str) -> Fate {
    Fate::Job { id: derived_job_id(QUEUE, id), key: None }
}

pub(super) fn short(world: &mut World) -> Failed {
    let (owner, contact) = world.contact();
    let alert = world.alert(&owner);
    let body = match world.rng.below(7) {
        0..=2 => json!({
            "type": "scoring.CalculateScore",
            "data": {"organizationId": owner, "contactId": contact},
            "requestId": "by-hand",
        }),
        3 => json!({"type": "scoring.BatchRecompute"}),
        4 => json!({
            "type": "scoring.NotifyAlert",
            "data": {"organizationId": owner, "alertId": alert, "contactId": contact,
                     "signalType": "DEMO_REQUEST"},
        }),
        5 => json!({
            "type": "scoring.RecomputeChunk",
            "data": {"organizationId": owner, "contactIds": [contact, "c1", "unknown"]},
        }),
        _ => json!({
            "type": "scoring.RecomputeChunk", "v": 2,
            "data": {"organizationId": owner, "contacts": {"ids": [contact, "c2"]}},
        }),
    };
    let body = if world.rng.chance(800) {
        Body::Text(body.to_string())
    } else {
        Body::Bytes(body.to_string().into_bytes())
    };
    put(world, QUEUE, body, job);
    Ok(())
}

/// A short message with a key, with the content that the key has or another.
pub(super) fn short_with_key(world: &mut World) -> Failed {
    let ((organization_id, contact_id), key, context) = keyed(world);
    let data = mauntic_domain::jobs::data::CalculateScore { organization_id, contact_id, context };
    let data = Job::CalculateScore(data).data();
    let name = JobType::CalculateScore.name();
    let body = json!({"type": name, "data": data, "idempotencyKey": key}).to_string();
    put(world, QUEUE, Body::Text(body), |id| Fate::Job {
        id: derived_job_id(QUEUE, id),
        key: Some((name, key, data)),
    });
    Ok(())
}

/// What cannot be a job: each has its reason.
pub(super) fn refused(world: &mut World) -> Failed {
    let (owner, contact) = world.contact();
    let data = json!({"organizationId": owner, "contactId": contact});
    let of = |name: &str, data: &Value| json!({"type": name, "data": data}).to_string();
    let score = "scoring.CalculateScore";
    let (queue, body, reason) = match world.rng.below(12) {
        0 => (QUEUE, "{\"type\":".to_owned(), "malformed"),
        1 => (QUEUE, "[]".to_owned(), "malformed"),
        2 => (QUEUE, of("scoring.Nope", &data), "unknown_type"),
        3 => (QUEUE, of("overnight.start", &json!({})), "wrong_queue"),
        4 => (QUEUE, json!({"type": score, "v": 9, "data": data}).to_string(), "unknown_version"),
        5 => (QUEUE, of(score, &json!("x".repeat(BODY_BYTES_MAX))), "too_large"),
        6 => (Queue::AnalyticsJobs, of(score, &data), "wrong_queue"),
        7 => (QUEUE, of(score, &json!({"organizationId": owner})), "invalid_data"),
        8 => (QUEUE, of(score, &json!({"contactId": "a\u{0}b"})), "contains_nul"),
        9 => {
            let body = json!({"type": score, "data": data, "idempotencyKey": ""});
            (QUEUE, body.to_string(), "invalid_key")
        }
        10 => {
            put(world, QUEUE, Body::Bytes(vec![0xff, 0xfe]), |_| Fate::Letter("not_text"));
            return Ok(());
        }
        _ => {
            let body = Body::Opaque("a function".to_owned());
            put(world, QUEUE, body, |_| Fate::Letter("not_text"));
            return Ok(());
        }
    };
    put(world, queue, Body::Text(body), |_| Fate::Letter(reason));
    Ok(())
}

pub(super) fn address(id: uuid::Uuid) -> Body {
    Body::Text(json!({"type": "scoring.CalculateScore", "jobId": id}).to_string())
}

/// An address whose row nobody ever wrote.
pub(super) fn lost_address(world: &mut World) -> Failed {
    let id = world.ports.host.new_id();
    put(world, QUEUE, address(id), |_| Fate::Address { id, reason: "row_missing" });
    Ok(())
}

/// The address of a row, in a queue that it is not of.
pub(super) fn foreign_address(world: &mut World) -> Failed {
    let Some(id) = world.any_job(|_| true) else { return Ok(()) };
    put(world, Queue::AnalyticsJobs, address(id), |_| Fate::Address { id, reason: "wrong_queue" });
    Ok(())
}

/// The address of a row, once more; it is no message of its own.
pub(super) fn repeated_address(world: &mut World) -> Failed {
    let Some(id) = world.any_job(|_| true) else { return Ok(()) };
    let Some(queue) = world.queue_of(id) else { return Ok(()) };
    world.ports.queues.put(Origin::Jobs(queue), address(id));
    Ok(())
}
