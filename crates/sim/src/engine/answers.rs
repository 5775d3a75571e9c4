//! What callers were answered: remembered, and held against what was answered
//! before.

use mauntic_domain::ids::{EventId, OrganizationId};
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_flows::ports::{Enqueued, PortError};
use serde_json::Value;
use uuid::Uuid;

use super::checks;
use super::deeds::{Deed, Told};
use super::failure::{Failed, fail};
use super::model::{Asked, KeyName, Put};
use super::world::{World, short};
use crate::store::State;
use crate::store::rows::{JobRow, RunRecord};

impl World {
    pub(super) fn answered(&mut self, asked: Asked) -> Failed {
        match asked {
            Asked::Put { contact, config_version, answer } => {
                let Ok(stored) = answer else { return Ok(()) };
                self.within_its_share(std::slice::from_ref(&stored.job))?;
                let (input_version, job_id) = (stored.input_version, stored.job.id);
                self.tell(format_args!(
                    "  {}/{} has version {input_version}, job {}",
                    contact.0,
                    contact.1,
                    short(job_id)
                ));
                self.model.promised.insert(job_id);
                self.model.puts.push(Put { contact, input_version, config_version, job_id });
                Ok(())
            }
            Asked::Jobs { answer, is_poison } => {
                let answer = answer.unwrap_or_else(|_| Vec::new());
                self.within_its_share(&answer)?;
                for enqueued in answer {
                    self.model.promised.insert(enqueued.id);
                    if is_poison {
                        self.tell(format_args!("  poison {}", short(enqueued.id)));
                        self.model.poison.insert(enqueued.id);
                    }
                }
                Ok(())
            }
            Asked::Keyed { key, data, answer } => {
                if let Ok(rows) = &answer {
                    self.within_its_share(rows)?;
                }
                self.key_answered(key, data, answer)
            }
            Asked::Reported { owner, events, answer } => {
                let Ok(reported) = answer else { return Ok(()) };
                self.count_many("events taken in", reported.accepted);
                self.count_many("events repeated", reported.repeated);
                self.count_many("events refused", reported.rejected.len());
                let whole = reported.accepted + reported.repeated + reported.rejected.len();
                if whole != events.len() {
                    return fail(
                        "every event of a report is answered",
                        format_args!("{reported:?}"),
                    );
                }
                let is_rejected = |nth| reported.rejected.iter().any(|(index, _)| *index == nth);
                for (_, event) in events.iter().enumerate().filter(|(nth, _)| !is_rejected(*nth)) {
                    let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
                    let Ok(id) = EventId::parse(id) else {
                        return fail("an accepted event has an id", format_args!("{event}"));
                    };
                    self.model.accepted.insert((owner.clone(), id));
                }
                Ok(())
            }
            Asked::Acted { actor, deed, key, told } => {
                let Ok(told) = told else { return Ok(()) };
                self.tell(format_args!("  {actor} is told {told:?}"));
                if told.is_done {
                    self.count("done by operators");
                    if let Deed::RetryRun(id) = deed {
                        self.model.retried.insert(id);
                    }
                }
                match key {
                    Some(was_done) => self.told_again(&actor, &deed, was_done, &told),
                    None => Ok(()),
                }
            }
        }
    }

    /// One key, one content: the job that was answered before, unless that was
    /// given up; other content is refused.
    fn key_answered(
        &mut self,
        key: KeyName,
        data: Value,
        answer: Result<Vec<Enqueued>, PortError>,
    ) -> Failed {
        let before = self.model.keys.get(&key);
        match answer {
            Ok(rows) => {
                let Some(row) = rows.first() else {
                    return fail("a key is answered with its job", format_args!("{key:?}"));
                };
                if let Some((other, content)) = before
                    && (*other != row.id || *content != data)
                    && !self.was_given_up(*other)
                    && !self.was_given_up(row.id)
                {
                    let ids = format_args!("{key:?}: {other}, then {}", row.id);
                    return fail("a key has one live job and one content", ids);
                }
                self.model.promised.insert(row.id);
                self.model.keys.insert(key, (row.id, data));
            }
            Err(PortError::KeyConflict) => {
                self.count("keys refused for other content");
                let has_other = |row: &JobRow| is_of(row, &key) && row.data != data;
                if self.any_such(has_other).is_none() {
                    let detail = format_args!("{key:?} has no job of other content");
                    return fail("a key is refused for other content alone", detail);
                }
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// One key, one answer: whoever asks again is told what was told first. Who
    /// asked before it was done may hear of it, or not.
    fn told_again(&mut self, actor: &str, deed: &Deed, was_done: bool, told: &Told) -> Failed {
        checks::chained(self)?;
        let stands = self.model.audited.has_acted_once(actor, self.now());
        if !stands || !(was_done || told.is_done) {
            return Ok(());
        }
        let first = self.model.told.entry(actor.to_owned()).or_insert_with(|| told.clone());
        if !told.is_done || first != told {
            let detail = format_args!("{actor}: {deed:?}, {first:?}, then {told:?}");
            return fail("a key is answered as it was first", detail);
        }
        Ok(())
    }

    /// Whether it is a dead letter or cancelled now: then its key is free.
    fn was_given_up(&self, id: Uuid) -> bool {
        self.ports.store.look(|state| {
            state
                .job(id)
                .is_none_or(|row| matches!(row.state, JobState::DeadLettered | JobState::Cancelled))
        })
    }

    /// Features by version, as they were committed.
    pub(super) fn remember_features(&mut self) {
        let known = &mut self.model.features;
        self.ports.store.look(|state| {
            for (contact, features, version) in state.contacts() {
                known.entry((contact.clone(), version)).or_insert_with(|| features.clone());
            }
        });
    }

    /// Configurations by version, as they were published.
    pub(super) fn remember_configs(&mut self) {
        let known = &mut self.model.configs;
        self.ports.store.look(|state| {
            for (owner, rows) in state.documents() {
                for row in rows {
                    if let Ok(factors) = &row.factors {
                        let key = (owner.clone(), row.version);
                        known.entry(key).or_insert_with(|| factors.clone());
                    }
                }
            }
        });
    }

    /// The newest that is published; 0 for none.
    pub(super) fn config_version(&self, owner: &OrganizationId) -> i64 {
        let newest = |state: &State| Some(state.documents().get(owner)?.last()?.version);
        self.ports.store.look(newest).unwrap_or(0)
    }

    /// One of a few alerts: two jobs about one of them meet.
    pub(super) fn alert(&mut self, owner: &OrganizationId) -> Uuid {
        let nth = u128::try_from(self.rng.below(12)).unwrap_or(0);
        let id = Uuid::from_u128(0xa1e7_0000 + nth);
        self.model.alerts.insert((owner.clone(), id));
        id
    }

    /// Any job of that kind.
    pub(super) fn any_job(&mut self, is_it: impl Fn(&JobRow) -> bool) -> Option<Uuid> {
        let ids = |state: &State| {
            state.jobs().filter(|row| is_it(row)).map(|row| row.id).collect::<Vec<_>>()
        };
        let ids = self.ports.store.look(ids);
        ids.get(self.rng.below(ids.len())).copied()
    }

    /// The queue of a job.
    pub(super) fn queue_of(&self, id: Uuid) -> Option<Queue> {
        let name = |state: &State| state.job(id).map(|row| row.queue.clone());
        Queue::from_name(&self.ports.store.look(name)?)
    }

    /// Any run of that kind.
    pub(super) fn any_run(&mut self, is_it: impl Fn(&RunRecord) -> bool) -> Option<Uuid> {
        let ids = |state: &State| {
            state.runs().filter(|run| is_it(run)).map(|run| run.id).collect::<Vec<_>>()
        };
        let ids = self.ports.store.look(ids);
        ids.get(self.rng.below(ids.len())).copied()
    }

    fn any_such(&self, is_it: impl Fn(&JobRow) -> bool) -> Option<Uuid> {
        let archive = &self.model.archive;
        let any = |state: &State| archive.all_jobs(state).find(|row| is_it(row)).map(|row| row.id);
        self.ports.store.look(any)
    }
}

/// Whether the job has, or had, that key.
pub(super) fn is_of(row: &JobRow, (owner, of, key): &KeyName) -> bool {
    let has = row.idempotency_key.as_ref() == Some(key) || row.released_key.as_ref() == Some(key);
    has && row.type_name == *of && row.organization_id.as_deref() == Some(owner.as_str())
}
