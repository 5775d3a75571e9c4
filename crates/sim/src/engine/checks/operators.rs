//! What operators did: the audit's chain holds and tells every change once, and
//! nothing else; a key is answered once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::audit::{DONE, Entry, Walk};
use mauntic_domain::jobs::JobState;
use mauntic_domain::replays::Status;
use mauntic_domain::runs::RunStatus;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;
use crate::store::State;
use crate::store::rows::ReplayRecord;

/// What the audit said when it was last looked at.
#[derive(Default)]
pub(in crate::engine) struct Audited {
    walk: Walk,
    /// What was done.
    done: Vec<Entry>,
    /// When each actor did something last, and how often: here it acts once, or
    /// again when its key's answer counts no more.
    acted: BTreeMap<String, (DateTime<Utc>, u32)>,
}

/// How long a key's answer counts.
const ANSWERED: TimeDelta = TimeDelta::hours(24);

impl Audited {
    /// What was done under that name.
    pub(in crate::engine) fn done_as(&self, action: &str) -> impl Iterator<Item = &Entry> {
        self.done.iter().filter(move |entry| entry.action == action)
    }

    /// Whether an actor did something that its key still stands for at `now`, and
    /// nothing before that.
    pub(in crate::engine) fn has_acted_once(&self, actor: &str, now: DateTime<Utc>) -> bool {
        self.acted.get(actor).is_some_and(|(at, times)| now - *at < ANSWERED && *times == 1)
    }
}

/// New entries follow the ones before, and nobody did anything twice.
pub(in crate::engine) fn chained(world: &mut World) -> Failed {
    let audited = &mut world.model.audited;
    world.ports.store.look(|state| {
        let (links, head) = state.audit();
        let seen = usize::try_from(audited.walk.seq).unwrap_or(0);
        let new = links.get(seen..).unwrap_or_default();
        let followed = audited.walk.follow(new).and_then(|()| audited.walk.finish(head));
        if let Err(broken) = followed {
            return fail("the audit's chain holds", format_args!("{broken}"));
        }
        for link in new {
            let Ok(entry) = serde_json::from_str::<Entry>(&link.entry) else {
                return fail("an audit's entry can be read", format_args!("{}", link.entry));
            };
            if entry.outcome != DONE {
                continue;
            }
            let (before, times) = audited.acted.get(&entry.actor).copied().unzip();
            if before.is_some_and(|before| link.at - before < ANSWERED) {
                let its: Vec<&Entry> =
                    audited.done.iter().filter(|one| one.actor == entry.actor).collect();
                let detail = format_args!("{its:?}, then {entry:?}");
                return fail("what is asked for under one key is done once", detail);
            }
            audited.acted.insert(entry.actor.clone(), (link.at, times.unwrap_or(0) + 1));
            audited.done.push(entry);
        }
        Ok(())
    })
}

/// Replays of many keep their terms.
pub(super) fn terms(world: &World) -> Failed {
    world.ports.store.look(|state| {
        for row in state.replays().values() {
            if row.replayed > row.terms.limit {
                return fail("a replay releases no more than its limit", format_args!("{row:?}"));
            }
            let is_first = matches!(row.status, Status::Canary | Status::Stopped);
            if is_first && row.replayed > row.terms.canary {
                let detail = format_args!("{row:?}");
                return fail("a canary's failure affects no more than the canaries", detail);
            }
            let is_good = |id: &Uuid| {
                let canary = world.model.archive.job(state, *id);
                canary.is_none_or(|row| row.state == JobState::Completed)
            };
            let follows = matches!(row.status, Status::Running | Status::Completed);
            if follows && let Some(bad) = row.canaries.iter().find(|id| !is_good(id)) {
                let detail = format_args!("{bad} of {row:?}");
                return fail("nothing follows before every canary is completed", detail);
            }
        }
        Ok(())
    })
}

/// The audit tells every change, and nothing that did not happen.
pub(super) fn told(world: &World) -> Failed {
    world.ports.store.look(|state| {
        replays(world, state)?;
        decisions(world, state)?;
        orders(world, state)?;
        cancels(world, state)?;
        pauses(state, world)
    })
}

fn entries<'a>(world: &'a World, action: &'a str) -> impl Iterator<Item = &'a Entry> {
    world.model.audited.done_as(action)
}

/// Every time that a job was queued again is told once: by an entry, or by the
/// row of a replay of many.
fn replays(world: &World, state: &State) -> Failed {
    let retried = entries(world, "run.retry")
        .filter_map(|entry| entry.after.get("jobs").and_then(Value::as_u64))
        .sum::<u64>();
    let single = entries(world, "dlq.replay").count();
    let of_many = world.model.archive.all_replays(state);
    let of_many: u64 = of_many.map(|row| u64::from(row.replayed)).sum();
    let expected = retried + u64::try_from(single).unwrap_or(0) + of_many;
    let jobs = world.model.archive.all_jobs(state);
    let found = jobs.filter_map(|row| u64::try_from(row.replays).ok()).sum::<u64>();
    if found != expected {
        let detail = format_args!(
            "{found} of jobs, told {retried} by runs, {single} alone, {of_many} by replays of many"
        );
        return fail("every replay is told once", detail);
    }
    Ok(())
}

/// A case says who decided it, and that entry or replay is there.
fn decisions(world: &World, state: &State) -> Failed {
    let replays: BTreeSet<Uuid> =
        world.model.archive.all_replays(state).map(|row| row.id).collect();
    for letter in world.model.archive.all_letters(state) {
        let Some(actor) = &letter.decided_by else { continue };
        let is_told = match letter.replay_id {
            Some(replay) => replays.contains(&replay),
            None => world.model.audited.done.iter().any(|entry| {
                let decides = ["dlq.replay", "dlq.discard", "run.retry"];
                entry.actor == *actor && decides.contains(&entry.action.as_str())
            }),
        };
        if !is_told {
            return fail("a decision is told", format_args!("{letter:?}"));
        }
    }
    let gone = || world.model.archive.has_gone_letters(state);
    for entry in entries(world, "dlq.discard") {
        let is_it = |letter: &crate::store::rows::LetterRow| {
            letter.id.to_string() == entry.target && letter.decision == Some("discarded")
        };
        if !state.letters().iter().any(is_it) && !gone() {
            return fail("what is told was done", format_args!("{entry:?}"));
        }
    }
    Ok(())
}

/// Replays of many, and runs by hand.
fn orders(world: &World, state: &State) -> Failed {
    let targets = |action| -> BTreeSet<String> {
        entries(world, action).map(|entry| entry.target.clone()).collect()
    };
    let (ordered, ended) = (targets("dlq.replay_many"), targets("dlq.replay_cancel"));
    let mut found = 0;
    for row in world.model.archive.all_replays(state) {
        let id = row.id.to_string();
        let is_ended = row.status == Status::Cancelled;
        if !ordered.contains(&id) || ended.contains(&id) != is_ended {
            return fail("an order and its end are told", format_args!("{row:?}"));
        }
        found += 1;
    }
    if found != ordered.len() {
        let detail = format_args!("{found} orders, {ordered:?} told");
        return fail("what is told was done", detail);
    }
    let started = entries(world, "cron.run").chain(entries(world, "queue.enqueue"));
    let started: BTreeSet<&str> =
        started.filter_map(|entry| entry.after.get("runId").and_then(Value::as_str)).collect();
    // Those of messages sent by hand have none's request.
    let is_of_operator = |id: &String| id.starts_with("req-");
    for run in state.runs().filter(|run| run.trigger == "manual") {
        let is_told = started.contains(run.id.to_string().as_str());
        if run.request_id.as_ref().is_some_and(is_of_operator) && !is_told {
            return fail("a run by hand is told", format_args!("{run:?}"));
        }
    }
    Ok(())
}

/// A cancelled job was cancelled by itself, once, or with its run.
fn cancels(world: &World, state: &State) -> Failed {
    let mut alone: BTreeMap<&str, u32> = BTreeMap::new();
    for entry in entries(world, "job.cancel") {
        *alone.entry(&entry.target).or_default() += 1;
    }
    let runs: BTreeSet<&str> =
        entries(world, "run.cancel").map(|entry| entry.target.as_str()).collect();
    for row in world.model.archive.all_jobs(state) {
        let times = alone.remove(row.id.to_string().as_str()).unwrap_or(0);
        let with_run = row.run_id.is_some_and(|run| runs.contains(run.to_string().as_str()));
        let is_cancelled = row.state == JobState::Cancelled;
        if times > u32::from(is_cancelled) || (is_cancelled && times == 0 && !with_run) {
            let detail = format_args!("{} {:?}, told {times} times", row.id, row.state);
            return fail("a cancel is told once", detail);
        }
    }
    match alone.first_key_value() {
        Some((id, _)) => fail("what is told was done", format_args!("cancel of {id}")),
        None => Ok(()),
    }
}

/// The pauses that are told, one after the other, end in what the rows say.
fn pauses(state: &State, world: &World) -> Failed {
    let mut now: BTreeMap<String, Value> = BTreeMap::new();
    let (links, _) = state.audit();
    for link in links {
        let Ok(entry) = serde_json::from_str::<Entry>(&link.entry) else { continue };
        if entry.outcome != DONE || !matches!(entry.action.as_str(), "cron.pause" | "cron.resume") {
            continue;
        }
        let before = now.insert(entry.target.clone(), entry.after.clone());
        let before = before.unwrap_or_else(|| json!({"paused": false, "note": null}));
        if before != entry.before {
            let detail = format_args!("{before} before {entry:?}");
            return fail("every pause is told", detail);
        }
    }
    for (key, row) in state.schedules() {
        let told = now.remove(key).unwrap_or_else(|| json!({"paused": false, "note": null}));
        let found = json!({"paused": row.paused_at.is_some(), "note": row.note});
        if told != found {
            let detail = format_args!("{key}: {found}, told {told} at {}", world.now());
            return fail("every pause is told", detail);
        }
    }
    Ok(())
}

/// Counts what retries brought to an end; that runs' counts are right is I4's.
pub(super) fn retried(world: &mut World) {
    let is_completed = |state: &State| {
        let runs = world.model.retried.iter().filter_map(|id| state.run(*id));
        runs.filter(|run| run.status == RunStatus::Completed).count()
    };
    let completed = world.ports.store.look(is_completed);
    world.count_many("runs completed by a retry", completed);
}

/// When the faults have ended, no replay goes on for ever.
pub(super) fn over(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let open = |row: &&ReplayRecord| !row.status.is_final();
        match state.replays().values().find(open) {
            Some(row) => fail("every replay of many ends", format_args!("{row:?}")),
            None => Ok(()),
        }
    })
}
