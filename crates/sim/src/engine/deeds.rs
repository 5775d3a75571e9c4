//! What operators and those who configure do, as values: the same one can be asked for again, under the
//! same key, as somebody does who never heard the answer.

use std::borrow::Cow;

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Queue;
use mauntic_domain::replays::Terms;
use mauntic_flows::commands::hand_in::{self, HandedIn};
use mauntic_flows::commands::rehearsal::Cases;
use mauntic_flows::commands::{publish_config, rehearse, replay, start_run};
use mauntic_flows::ports::{
    Act, CaseFilter, CaseReplayed, ConfigPart, ConfigStore, ConfigToken, Database, Dependency,
    Discarded, Ended, Host, JobStore, OperatorStore, PortError, Repeat, ReplayOrder, Replayed,
    RequestKey, Retried, ScheduleStore,
};
use serde_json::Value;
use uuid::Uuid;

use crate::ports::SimPorts;
use crate::store::MemorySession;

/// Something that somebody does.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Cancel(Uuid),
    EndRun(Uuid),
    RetryRun(Uuid),
    StartRun(&'static str),
    Pause(Cow<'static, str>, Option<&'static str>),
    HandIn(Queue, Value),
    Requeue(Uuid),
    Replay {
        case: Uuid,
        data: Option<Value>,
    },
    Rehearse(Uuid),
    Discard(Uuid),
    Order(CaseFilter, Terms),
    EndReplay(Uuid),
    Reset(Dependency),
    /// Of an organization's configuration as it was seen.
    Configure(OrganizationId, ConfigToken, Change),
}

/// What is done to a configuration.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Draft(ConfigPart),
    Discard,
    Publish,
}

/// What somebody was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether it was done; else it was refused.
    pub(super) is_done: bool,
    /// The answer.
    pub(super) text: String,
}

impl Told {
    fn of(is_done: bool, answer: &impl std::fmt::Debug) -> Self {
        Self { is_done, text: format!("{answer:?}") }
    }
}

impl Deed {
    /// What it is called in the trace and the counts.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Cancel(_) => "deed: cancel a job",
            Self::EndRun(_) => "deed: cancel a run",
            Self::RetryRun(_) => "deed: retry a run",
            Self::StartRun(_) => "deed: start a run",
            Self::Pause(..) => "deed: pause or resume",
            Self::HandIn(..) => "deed: hand in",
            Self::Requeue(_) => "deed: replay a job",
            Self::Replay { .. } => "deed: replay a case",
            Self::Rehearse(_) => "deed: rehearse a case",
            Self::Discard(_) => "deed: discard a case",
            Self::Order(..) => "deed: order a replay",
            Self::EndReplay(_) => "deed: cancel a replay",
            Self::Reset(_) => "deed: reset a breaker",
            Self::Configure(_, _, Change::Draft(_)) => "deed: save a draft",
            Self::Configure(_, _, Change::Discard) => "deed: discard a draft",
            Self::Configure(_, _, Change::Publish) => "deed: publish a configuration",
        }
    }
}

/// An act that nobody else does; with a key, if it has one.
pub(super) fn act(actor: &str, request_id: String, has_key: bool) -> Act {
    let key = || RequestKey {
        holder: actor.to_owned(),
        key: "once".to_owned(),
        fingerprint: [7; 32],
        repeat: Repeat::default(),
    };
    Act {
        actor: actor.to_owned(),
        reason: Some("by the simulator".to_owned()),
        request_id,
        key: has_key.then(key),
    }
}

/// Does it, and notes a refusal as the API does.
pub(super) async fn perform(ports: &SimPorts, act: Act, deed: &Deed) -> Result<Told, PortError> {
    let mut session = ports.store.open().await?;
    let request_id = act.request_id.clone();
    if let Deed::Configure(owner, seen, change) = deed {
        return configure(ports, &session, owner, &act, *seen, change).await;
    }
    session.operate(act);
    let told = perform_in(ports, &session, deed, &request_id).await?;
    if !told.is_done && !matches!(deed, Deed::Rehearse(_)) {
        session.note_refusal(deed.name(), "it", "refused").await?;
    }
    Ok(told)
}

async fn perform_in(
    ports: &SimPorts,
    session: &MemorySession,
    deed: &Deed,
    request_id: &str,
) -> Result<Told, PortError> {
    // Fresh with every request, as the API makes them.
    let (host, told) = (&ports.host, Told::of(false, &"refused"));
    Ok(match deed {
        Deed::Cancel(id) => {
            let cancelled = session.cancel(&[*id]).await?;
            Told::of(!cancelled.is_empty(), &cancelled)
        }
        Deed::EndRun(id) => ended(&session.end_run(*id).await?),
        Deed::EndReplay(id) => ended(&session.end_replay(*id).await?),
        Deed::RetryRun(id) => {
            let retried = session.retry_run(*id).await?;
            Told::of(matches!(retried, Retried::Done { jobs: 1.., .. }), &retried)
        }
        Deed::StartRun(key) => {
            let ids = (host.new_id(), host.new_id());
            let started = start_run::start_run(ports, session, key, ids, request_id).await?;
            match started {
                start_run::Started::Opened { run_id, .. } => Told::of(true, &run_id),
                _ => told,
            }
        }
        Deed::Pause(key, note) => {
            let is_known = session.pause(key, *note).await?;
            Told::of(is_known, &is_known)
        }
        Deed::HandIn(queue, message) => {
            let ids = (host.new_id(), host.new_id());
            let handed = hand_in::hand_in(ports, session, *queue, message, ids, request_id).await?;
            match handed {
                HandedIn::Queued { run_id, job_id, .. } => Told::of(true, &(run_id, job_id)),
                _ => told,
            }
        }
        Deed::Requeue(id) => {
            let replayed = session.replay(*id).await?;
            Told::of(replayed == Replayed::Queued, &replayed)
        }
        Deed::Replay { case, data } => {
            let fresh = host.new_id();
            let one = replay::replay_one(ports, session, *case, data.as_ref(), fresh).await?;
            match one.replayed {
                Ok(replayed) => {
                    let is_queued = matches!(replayed, CaseReplayed::Queued { .. });
                    Told::of(is_queued, &replayed)
                }
                Err(_) => told,
            }
        }
        Deed::Rehearse(case) => {
            let cases = Cases::One { id: *case, data: None };
            let rehearsals = rehearse::rehearse(ports, &cases).await?;
            Told::of(false, &rehearsals.first().map(|rehearsal| rehearsal.outcome))
        }
        Deed::Discard(case) => {
            let discarded = session.discard(*case).await?;
            Told::of(discarded == Discarded::Done, &discarded)
        }
        Deed::Order(filter, terms) => {
            let order = ReplayOrder { id: host.new_id(), filter: filter.clone(), terms: *terms };
            let (row, _sent) = replay::order(ports, session, &order).await?;
            Told::of(true, &row.id)
        }
        Deed::Reset(dependency) => {
            session.reset_breaker(*dependency).await?;
            Told::of(true, &"reset")
        }
        Deed::Configure(..) => told,
    })
}

/// By an organization's own key, not as an operator.
async fn configure(
    ports: &SimPorts,
    session: &MemorySession,
    owner: &OrganizationId,
    act: &Act,
    seen: ConfigToken,
    change: &Change,
) -> Result<Told, PortError> {
    Ok(match change {
        Change::Draft(part) => {
            let saved = session.save_draft(owner, act, seen, part).await?;
            Told::of(saved.is_ok(), &saved)
        }
        Change::Discard => {
            let discarded = session.discard_draft(owner, act, seen).await?;
            Told::of(discarded.is_ok(), &discarded)
        }
        Change::Publish => {
            let publish = publish_config::publish_config(ports, session, owner, act, seen);
            let (published, _sent) = publish.await?;
            Told::of(published.is_ok(), &published)
        }
    })
}

fn ended(ended: &Ended) -> Told {
    Told::of(matches!(ended, Ended::Done { .. }), ended)
}
