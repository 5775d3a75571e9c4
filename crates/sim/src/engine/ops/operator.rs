//! What people do by hand.

use mauntic_domain::jobs::JobState;
use mauntic_domain::runs::RunStatus;
use mauntic_flows::commands::start_run as start;
use mauntic_flows::ports::{
    Database, Host, JobStore, PortError, Replayed, RunStore, ScheduleStore,
};

use crate::engine::executor::{Ended, Invocation};
use crate::engine::failure::Failed;
use crate::engine::model::Asked;
use crate::engine::world::{World, short};

fn operate(world: &mut World, work: impl Future<Output = Asked> + 'static) {
    world.begin(Invocation::new("operator", async move { Ended::Answered(Box::new(work.await)) }));
}

pub(super) fn cancel(world: &mut World) -> Failed {
    let Some(id) = world.any_job(|row| !row.state.is_final()) else { return Ok(()) };
    world.tell(format_args!("  {}", short(id)));
    let ports = world.ports.clone();
    operate(world, async move {
        let done = async { ports.store.open().await?.cancel(&[id]).await };
        Asked::Operated { what: "cancelled", many: done.await.map(|ids| ids.len()) }
    });
    Ok(())
}

pub(super) fn cancel_run(world: &mut World) -> Failed {
    let Some(id) = world.any_run(|run| run.status == RunStatus::Running) else { return Ok(()) };
    let ports = world.ports.clone();
    operate(world, async move {
        let done = async { ports.store.open().await?.cancel_run(id).await };
        let many = done.await.map(|many| usize::try_from(many).unwrap_or(0));
        Asked::Operated { what: "cancelled in runs", many }
    });
    Ok(())
}

pub(super) fn replay(world: &mut World) -> Failed {
    let dead = |row: &crate::store::rows::JobRow| row.state == JobState::DeadLettered;
    let Some(id) = world.any_job(dead) else { return Ok(()) };
    world.tell(format_args!("  {}", short(id)));
    let ports = world.ports.clone();
    operate(world, async move {
        let done = async { ports.store.open().await?.replay(id).await };
        let many = done.await.map(|replayed| usize::from(replayed == Replayed::Queued));
        Asked::Operated { what: "replayed", many }
    });
    Ok(())
}

pub(super) fn pause(world: &mut World) -> Failed {
    let nth = world.rng.below(world.schedules.len());
    let Some(key) = world.schedules.get(nth).map(|one| one.schedule.job_key) else {
        return Ok(());
    };
    let note = world.rng.chance(400).then_some("by the simulator");
    let ports = world.ports.clone();
    operate(world, async move {
        let done = async { ports.store.open().await?.pause(key, note).await };
        Asked::Operated { what: "paused or resumed", many: done.await.map(usize::from) }
    });
    Ok(())
}

pub(super) fn start_run(world: &mut World) -> Failed {
    let ids = (world.ports.host.new_id(), world.ports.host.new_id());
    let (ports, request_id) = (world.ports.clone(), world.request_id());
    operate(world, async move {
        let started = async {
            let session = ports.store.open().await?;
            let key = "scoring-batch-recompute";
            start::start_run(&ports, &session, key, ids, &request_id).await
        };
        let started: Result<_, PortError> = started.await;
        let is_open = matches!(started, Ok(start::Started::Opened(_)));
        Asked::Run { id: ids.0, is_open }
    });
    Ok(())
}
