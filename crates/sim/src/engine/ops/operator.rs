//! What people do by hand: each is an act, mostly under a key, and now and then
//! asked for again.

use mauntic_domain::jobs::{Job, JobState, JobType, Queue};
use mauntic_domain::replays::Terms;
use mauntic_domain::runs::RunStatus;
use mauntic_domain::schedules::Effective;
use mauntic_flows::ports::{CaseFilter, Dependency};
use serde_json::{Value, json};
use uuid::Uuid;

use super::produce::keyed;
use crate::engine::chance;
use crate::engine::deeds::{self, Deed};
use crate::engine::executor::{Ended, Invocation};
use crate::engine::failure::Failed;
use crate::engine::model::{Asked, Remembered};
use crate::engine::world::{World, short};
use crate::store::State;
use crate::store::rows::{JobRow, LetterRow};

/// Acts that may be asked for again.
const REMEMBERED_MAX: usize = 8;

/// The schedule that is run by hand.
const BY_HAND: &str = "scoring-batch-recompute";

/// Does it as an operator whom nobody else is.
pub(super) fn operate(world: &mut World, deed: Deed) -> Failed {
    world.model.actors += 1;
    let actor = format!("op-{}", world.model.actors);
    let has_key = world.rng.chance(700);
    if has_key {
        world.model.remembered.push_back(Remembered { actor: actor.clone(), deed: deed.clone() });
        if world.model.remembered.len() > REMEMBERED_MAX {
            world.model.remembered.pop_front();
        }
    }
    begin(world, actor, deed, has_key)
}

fn begin(world: &mut World, actor: String, deed: Deed, has_key: bool) -> Failed {
    world.tell(format_args!("  {actor}: {deed:?}"));
    world.count(deed.name());
    let (ports, request_id, now) = (world.ports.clone(), world.request_id(), world.now());
    let key = has_key.then(|| world.model.audited.has_acted_once(&actor, now));
    world.begin(Invocation::new("operator", async move {
        let act = deeds::act(&actor, request_id, has_key);
        let told = deeds::perform(&ports, act, &deed).await;
        Ended::Answered(Box::new(Asked::Acted { actor, deed, key, told }))
    }));
    Ok(())
}

/// Somebody asks again, under the same key; perhaps while the first is at it.
pub(super) fn ask_again(world: &mut World) -> Failed {
    let nth = world.rng.below(world.model.remembered.len());
    let Some(Remembered { actor, deed }) = world.model.remembered.get(nth).cloned() else {
        return Ok(());
    };
    world.count("fault: asked again under one key");
    begin(world, actor, deed, true)
}

pub(super) fn cancel(world: &mut World) -> Failed {
    let Some(id) = world.any_job(|row| !row.state.is_final()) else { return Ok(()) };
    operate(world, Deed::Cancel(id))
}

pub(super) fn cancel_run(world: &mut World) -> Failed {
    let Some(id) = world.any_run(|run| run.status == RunStatus::Running) else { return Ok(()) };
    operate(world, Deed::EndRun(id))
}

pub(super) fn retry_run(world: &mut World) -> Failed {
    let has_dead = |status| matches!(status, RunStatus::Partial | RunStatus::Failed);
    let Some(id) = world.any_run(|run| has_dead(run.status)) else { return Ok(()) };
    operate(world, Deed::RetryRun(id))
}

pub(super) fn replay(world: &mut World) -> Failed {
    let dead = |row: &JobRow| row.state == JobState::DeadLettered;
    let Some(id) = world.any_job(dead) else { return Ok(()) };
    operate(world, Deed::Requeue(id))
}

/// A case, with or without a job, as it is or with other content.
pub(super) fn replay_case(world: &mut World) -> Failed {
    let Some((case, job_id)) = any_case(world) else { return Ok(()) };
    let row = job_id.and_then(|id| world.ports.store.job(id));
    let is_edited = world.rng.chance(300);
    let data = row.filter(|_| is_edited).and_then(|row| edited(world, &row));
    operate(world, Deed::Replay { case, data })
}

/// Its data with another context: it is about the same contact. What has a key
/// stays as it is, for the key stands for that content.
fn edited(world: &mut World, row: &JobRow) -> Option<Value> {
    let job = Job::parse(&row.type_name, row.version, &row.data).ok();
    let Some(Job::CalculateScore(mut data)) = job.filter(|_| row.released_key.is_none()) else {
        return None;
    };
    data.context = Some(chance::context(&mut world.rng));
    Some(Job::CalculateScore(data).data())
}

pub(super) fn rehearse(world: &mut World) -> Failed {
    let Some((case, _)) = any_case(world) else { return Ok(()) };
    operate(world, Deed::Rehearse(case))
}

pub(super) fn discard(world: &mut World) -> Failed {
    let Some((case, _)) = any_case(world) else { return Ok(()) };
    operate(world, Deed::Discard(case))
}

fn any_case(world: &mut World) -> Option<(Uuid, Option<Uuid>)> {
    let is_open = |letter: &&LetterRow| letter.decided_at.is_none();
    let cases = |state: &State| {
        let open = state.letters().iter().filter(is_open);
        open.map(|letter| (letter.id, letter.job_id)).collect::<Vec<_>>()
    };
    let cases = world.ports.store.look(cases);
    cases.get(world.rng.below(cases.len())).copied()
}

/// Every open case, or those of a type, at some pace, with or without canaries.
pub(super) fn order_replay(world: &mut World) -> Failed {
    let canary = world.between(-2, 3);
    order_with(world, canary)
}

/// With canaries.
pub(super) fn order_carefully(world: &mut World) -> Failed {
    let canary = world.between(1, 3);
    order_with(world, canary)
}

fn order_with(world: &mut World, canary: i64) -> Failed {
    let terms = Terms {
        limit: u32::try_from(world.between(1, 30)).unwrap_or(1),
        canary: u32::try_from(canary).unwrap_or(0),
        per_second: *[1, 1, 3, 50].get(world.rng.below(4)).unwrap_or(&1),
    };
    let type_name = match world.rng.below(4) {
        0 => Some(JobType::CalculateScore.spec().name.to_owned()),
        1 => Some(JobType::NotifyAlert.spec().name.to_owned()),
        _ => None,
    };
    operate(world, Deed::Order(CaseFilter { type_name, ..CaseFilter::default() }, terms))
}

pub(super) fn end_replay(world: &mut World) -> Failed {
    let open = |state: &State| {
        let open = state.replays().values().filter(|row| !row.status.is_final());
        open.map(|row| row.id).collect::<Vec<_>>()
    };
    let open = world.ports.store.look(open);
    let Some(id) = open.get(world.rng.below(open.len())).copied() else { return Ok(()) };
    world.tell(format_args!("  {}", short(id)));
    operate(world, Deed::EndReplay(id))
}

pub(super) fn pause(world: &mut World) -> Failed {
    let nth = world.rng.below(world.schedules.len());
    let Some(key) = world.schedules.get(nth).map(Effective::job_key) else {
        return Ok(());
    };
    let note = world.rng.chance(400).then_some("by the simulator");
    operate(world, Deed::Pause(key, note))
}

pub(super) fn start_run(world: &mut World) -> Failed {
    operate(world, Deed::StartRun(BY_HAND))
}

pub(super) fn reset_breaker(world: &mut World) -> Failed {
    operate(world, Deed::Reset(Dependency::AlertWebhook))
}

/// A message from an operator's hand: one that is none, a probe, a score, or one
/// with a key of its own.
pub(super) fn hand_in(world: &mut World) -> Failed {
    let score = JobType::CalculateScore.spec().name;
    let (owner, contact) = world.contact();
    let data = json!({"organizationId": owner, "contactId": contact});
    let message = match world.rng.below(6) {
        0 => json!({"type": score, "data": {"organizationId": owner}}),
        1 => json!({"type": JobType::ScoringProbe.spec().name}),
        2 => {
            let ((organization_id, contact_id), key, context) = keyed(world);
            let data =
                mauntic_domain::jobs::data::CalculateScore { organization_id, contact_id, context };
            let data = Job::CalculateScore(data).data();
            json!({"type": score, "data": data, "idempotencyKey": key})
        }
        _ => json!({"type": score, "data": data}),
    };
    operate(world, Deed::HandIn(Queue::ScoringEvents, message))
}
