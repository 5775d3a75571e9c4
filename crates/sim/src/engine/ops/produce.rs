//! What products ask for.

use std::collections::BTreeSet;

use mauntic_domain::ids::{ContactId, OrganizationId, SignalType};
use mauntic_domain::jobs::data::{CalculateScore, NotifyAlert};
use mauntic_domain::jobs::{Job, JobType};
use mauntic_domain::scoring::{Context, Priority};
use mauntic_flows::commands::{put_features as put, recalculate as again};
use mauntic_flows::ports::{
    ContactKey, Database, Enqueued, Host, JobKey, NewJob, PortError, TenantStore,
};
use serde_json::json;

use crate::engine::chance;
use crate::engine::executor::{Ended, Invocation};
use crate::engine::failure::Failed;
use crate::engine::model::Asked;
use crate::engine::world::World;
use crate::ports::SimPorts;
use crate::store::rows::JobRow;

/// Begins a request, or answers it at once; either may be cut short.
pub(super) fn ask(
    world: &mut World,
    name: &'static str,
    work: impl Future<Output = Asked> + 'static,
) -> Failed {
    world.begin(Invocation::new(name, async move { Ended::Answered(Box::new(work.await)) }));
    if world.is_full() || world.rng.chance(600) {
        let last = world.running.len().saturating_sub(1);
        return world.finish_one(last);
    }
    Ok(())
}

pub(super) fn put_features(world: &mut World) -> Failed {
    let contact = world.contact();
    put_features_of(world, contact)
}

pub(super) fn put_features_of(world: &mut World, contact: ContactKey) -> Failed {
    let features = chance::features(&mut world.rng);
    let (ports, request_id) = (world.ports.clone(), world.request_id());
    let config_version = world.config_version(&contact.0);
    ask(world, "put", async move {
        let answer = put_at(&ports, &contact, &features, &request_id).await;
        Asked::Put { contact, config_version, answer }
    })
}

async fn put_at(
    ports: &SimPorts,
    (organization, contact): &ContactKey,
    features: &mauntic_domain::scoring::Features,
    request_id: &str,
) -> Result<mauntic_flows::ports::FeaturesStored, PortError> {
    let session = ports.store.open().await?;
    let stored =
        put::put_features(ports, &session, organization, contact, features, request_id).await?;
    Ok(stored.0)
}

pub(super) fn recalculate(world: &mut World) -> Failed {
    let contacts = some_contacts(world);
    recalculate_these(world, contacts, None)
}

pub(super) fn recalculate_with_context(world: &mut World) -> Failed {
    let contacts = some_contacts(world);
    let context = chance::context(&mut world.rng);
    recalculate_these(world, contacts, Some(context))
}

/// More contacts than get a job each; most of them are unknown.
pub(super) fn recalculate_in_chunks(world: &mut World) -> Failed {
    let mut contacts = some_contacts(world);
    let unknown = (0..again::SINGLE_JOBS_MAX + 20).map(|nth| ContactId::parse(format!("u{nth}")));
    contacts.extend(unknown.filter_map(Result::ok));
    let context = world.rng.chance(300).then(|| chance::context(&mut world.rng));
    recalculate_these(world, contacts, context)
}

fn some_contacts(world: &mut World) -> BTreeSet<ContactId> {
    let many = 1 + world.rng.below(5);
    (0..many).map(|_| world.contact().1).collect()
}

fn recalculate_these(
    world: &mut World,
    contacts: BTreeSet<ContactId>,
    context: Option<Context>,
) -> Failed {
    let (ports, owner, request_id) = (world.ports.clone(), world.owner(), world.request_id());
    ask(world, "recalculate", async move {
        let answer = async {
            let session = ports.store.open().await?;
            let asked =
                again::recalculate(&ports, &session, &owner, &contacts, context, &request_id, None);
            Ok::<_, PortError>(asked.await?.0)
        };
        Asked::Jobs { answer: answer.await, is_poison: false }
    })
}

fn enqueue(world: &mut World, owner: OrganizationId, jobs: Vec<NewJob>, is_poison: bool) -> Failed {
    let ports = world.ports.clone();
    ask(world, "enqueue", async move {
        Asked::Jobs { answer: enqueue_at(&ports, &owner, &jobs).await, is_poison }
    })
}

async fn enqueue_at(
    ports: &SimPorts,
    owner: &OrganizationId,
    jobs: &[NewJob],
) -> Result<Vec<Enqueued>, PortError> {
    // Whoever asked is gone before anything is sent: the tick sends it.
    ports.store.open().await?.enqueue(owner, jobs, None).await
}

/// One of a few keys; mostly the same content, sometimes other.
pub(super) fn enqueue_under_key(world: &mut World) -> Failed {
    let (contact, job_name, content) = keyed(world);
    let owner = contact.0.clone();
    let data =
        CalculateScore { organization_id: owner.clone(), contact_id: contact.1, context: content };
    let job = Job::CalculateScore(data);
    let (data, request_id) = (job.data(), world.request_id());
    let new = NewJob { job, key: JobKey::Idempotent(job_name.clone()), request_id };
    let ports = world.ports.clone();
    ask(world, "enqueue under a key", async move {
        let answer = enqueue_at(&ports, &owner, &[new]).await;
        let key = (owner, JobType::CalculateScore.name(), job_name);
        Asked::Keyed { key, data, answer }
    })
}

/// A contact, a key and a context: for one key mostly the same.
pub(super) fn keyed(world: &mut World) -> (ContactKey, String, Option<Context>) {
    let (owner, contact) = world.contact();
    let key = format!("key-{}-{}", contact, world.rng.below(2));
    let other = world.rng.chance(150);
    let context = other.then(|| chance::context(&mut world.rng));
    ((owner, contact), key, context)
}

pub(super) fn enqueue_alert(world: &mut World) -> Failed {
    let owner = world.owner();
    let jobs = new_alert(world, &owner).into_iter().collect();
    enqueue(world, owner, jobs, false)
}

/// More than it takes to open a breaker.
pub(super) fn enqueue_alerts(world: &mut World) -> Failed {
    let owner = world.owner();
    let jobs = (0..12).filter_map(|_| new_alert(world, &owner)).collect();
    enqueue(world, owner, jobs, false)
}

/// Scores that join no other.
pub(super) fn enqueue_scores_of(world: &mut World, owner: OrganizationId) -> Failed {
    let jobs = (0..12).map(|_| {
        let (_, contact_id) = world.contact();
        let data = CalculateScore { organization_id: owner.clone(), contact_id, context: None };
        let request_id = world.request_id();
        NewJob { job: Job::CalculateScore(data), key: JobKey::None, request_id }
    });
    let jobs = jobs.collect();
    enqueue(world, owner, jobs, false)
}

fn new_alert(world: &mut World, owner: &OrganizationId) -> Option<NewJob> {
    let (_, contact_id) = world.contact();
    let (organization_id, alert_id) = (owner.clone(), world.alert(owner));
    let signal_type = SignalType::parse("DEMO_REQUEST").ok()?;
    let priority = Some(Priority::of(signal_type.as_str()));
    let alert = NotifyAlert { organization_id, alert_id, contact_id, signal_type, priority };
    let job = Job::NotifyAlert(alert);
    Some(NewJob { job, key: JobKey::None, request_id: world.request_id() })
}

/// A job that kills every invocation that claims it.
pub(super) fn enqueue_poison(world: &mut World) -> Failed {
    let (organization_id, contact_id) = world.contact();
    let owner = organization_id.clone();
    let job = Job::CalculateScore(CalculateScore { organization_id, contact_id, context: None });
    let request_id = world.request_id();
    enqueue(world, owner, vec![NewJob { job, key: JobKey::None, request_id }], true)
}

/// Another version of an organization's configuration, put there by the owner of
/// the database; nothing is enqueued.
pub(super) fn change_config(world: &mut World) -> Failed {
    let owner = world.owner();
    put_config(world, &owner);
    Ok(())
}

/// Another version of everybody's.
pub(super) fn mend_configs(world: &mut World) {
    world.owners().into_iter().for_each(|owner| put_config(world, &owner));
}

fn put_config(world: &mut World, owner: &OrganizationId) {
    let config = chance::config(&mut world.rng);
    world.ports.store.put_config(owner, config);
    world.remember_configs();
}

/// A row that a newer build wrote: of a type or version that this one does not
/// know.
pub(super) fn foreign_row(world: &mut World) -> Failed {
    let (owner, contact) = world.contact();
    let data = json!({"organizationId": owner, "contactId": contact});
    let now = world.now();
    let id = world.ports.host.new_id();
    let mut row = JobRow::new(id, JobType::CalculateScore, data, now);
    row.organization_id = Some(owner.to_string());
    if world.rng.chance(500) {
        "scoring.Future".clone_into(&mut row.type_name);
    } else {
        row.version = 99;
    }
    world.ports.store.put_job(row);
    world.model.foreign.insert(id);
    Ok(())
}
