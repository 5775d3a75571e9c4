//! Acting for an operator: the change, its entry in the audit and the answer
//! to its request's key are one step.

use std::any::Any;
use std::sync::Arc;

use chrono::TimeDelta;
use mauntic_domain::audit::{
    DONE, ENTRIES_AN_HOUR_MAX, Entry, Link, REFUSALS_AN_HOUR_MAX, Walk, hash,
};
use mauntic_flows::ports::{Act, PortError, RequestKey};
use serde_json::Value;

use super::ends::cut;
use super::rows::AnswerRow;
use super::{MemorySession, State, Twin};
use crate::faults::Call;

/// How long an answer counts.
pub(super) const ANSWERS_KEPT: TimeDelta = TimeDelta::hours(24);

/// Longest target of an entry: a path's last parts, for a refusal.
const TARGET_CHARS_MAX: usize = 300;

/// Longest action and code of an entry.
const NAME_CHARS_MAX: usize = 60;

/// What the audit is told of a change that was made.
pub(super) struct Note {
    action: &'static str,
    target: String,
    before: Value,
    after: Value,
}

impl Note {
    pub(super) fn new(action: &'static str, target: &impl ToString) -> Self {
        let target = target.to_string();
        Self { action, target, before: Value::Null, after: Value::Null }
    }

    pub(super) fn before(self, before: Value) -> Self {
        Self { before, ..self }
    }

    pub(super) fn after(self, after: Value) -> Self {
        Self { after, ..self }
    }

    pub(super) fn entry(self, act: &Act, outcome: &str) -> Entry {
        Entry {
            actor: act.actor.clone(),
            action: self.action.to_owned(),
            target: self.target,
            outcome: outcome.to_owned(),
            reason: act.reason.clone(),
            before: self.before,
            after: self.after,
            request_id: act.request_id.clone(),
        }
    }
}

/// What came of a change, and what the audit is told: nothing where nothing was
/// changed.
pub(super) type Acted<T> = (T, Vec<Note>);

impl MemorySession {
    /// A change that an operator may make; without one it is only itself.
    pub(super) async fn act<T: Clone + Send + Sync + 'static>(
        &self,
        call: Call,
        change: impl FnOnce(&mut State, Option<&Act>) -> Result<Acted<T>, PortError> + Send,
    ) -> Result<T, PortError> {
        let act = self.act.as_ref();
        self.call(call, |state| {
            let key = act.and_then(|act| act.key.as_ref());
            if let Some(answer) = state.answer_to(key)? {
                return Ok(answer);
            }
            let (answer, notes) = change(state, act)?;
            let Some(act) = act.filter(|_| !notes.is_empty()) else { return Ok(answer) };
            for note in notes {
                state.append_audit(&note.entry(act, DONE))?;
            }
            state.keep_answer(key, None, &answer);
            Ok(answer)
        })
        .await
    }

    /// An entry without a change, unless the last hour has as many as the audit
    /// takes. Whether it was written.
    pub(super) async fn note(
        &self,
        action: &str,
        target: &str,
        code: &str,
    ) -> Result<bool, PortError> {
        let Some(act) = &self.act else {
            let cause = "the session acts for nobody".to_owned();
            return Err(PortError::Refused { what: "an audit entry", cause });
        };
        let target = cut(target, TARGET_CHARS_MAX);
        let note = Note::new("", &target).entry(act, &cut(code, NAME_CHARS_MAX));
        let entry = Entry { action: cut(action, NAME_CHARS_MAX), ..note };
        self.call(Call::NoteRefusal, |state| {
            let takes = state.takes_refusal(&entry.actor);
            if takes {
                state.append_audit(&entry)?;
            }
            Ok(takes)
        })
        .await
    }
}

impl State {
    /// The first answer to a key, which is told that it is; none for a new one.
    pub(super) fn answer_to<T: Clone + 'static>(
        &self,
        key: Option<&RequestKey>,
    ) -> Result<Option<T>, PortError> {
        let known = key.and_then(|key| {
            let row = self.answers.get(&(key.holder.clone(), key.key.clone()))?;
            (row.created_at > self.now - ANSWERS_KEPT).then_some((key, row))
        });
        match known {
            None => Ok(None),
            Some((key, row)) if row.fingerprint != key.fingerprint => Err(PortError::KeyConflict),
            Some((key, row)) => match row.answer.downcast_ref::<T>() {
                Some(answer) => {
                    key.repeat.tell();
                    Ok(Some(answer.clone()))
                }
                None => Err(PortError::Unreadable {
                    what: "an answer",
                    place: "it is another operation's".to_owned(),
                }),
            },
        }
    }

    /// Keeps the answer to a key, written with its effect.
    pub(super) fn keep_answer<T: Clone + Send + Sync + 'static>(
        &mut self,
        key: Option<&RequestKey>,
        organization_id: Option<&str>,
        answer: &T,
    ) {
        let Some(key) = key.filter(|_| self.twin != Twin::ActWithoutAnswer) else { return };
        let name = (key.holder.clone(), key.key.clone());
        for (text, most) in [(&name.0, 100), (&name.1, 200)] {
            assert!((1..=most).contains(&text.chars().count()), "answer_check: {text}");
        }
        let answer: Arc<dyn Any + Send + Sync> = Arc::new(answer.clone());
        let row = AnswerRow {
            organization_id: organization_id.map(str::to_owned),
            fingerprint: key.fingerprint,
            answer,
            created_at: self.now,
        };
        self.answers.insert(name, row);
    }

    /// Whether the audit takes another refusal of this holder now.
    fn takes_refusal(&self, holder: &str) -> bool {
        let most = |count: i64| usize::try_from(count).unwrap_or(usize::MAX);
        let since = self.now - TimeDelta::hours(1);
        let newest = self.audit.iter().rev().take(most(ENTRIES_AN_HOUR_MAX));
        let of_hour: Vec<&Link> = newest.filter(|link| link.at > since).collect();
        let is_refusal = |link: &&&Link| {
            let entry = serde_json::from_str::<Entry>(&link.entry);
            entry.is_ok_and(|entry| entry.actor == holder && entry.outcome != DONE)
        };
        of_hour.len() < most(ENTRIES_AN_HOUR_MAX)
            && of_hour.iter().filter(is_refusal).count() < most(REFUSALS_AN_HOUR_MAX)
    }

    /// Adds an entry to the audit's chain.
    pub(super) fn append_audit(&mut self, entry: &Entry) -> Result<(), PortError> {
        let entry = serde_json::to_string(entry)
            .map_err(|error| PortError::Refused { what: "the audit", cause: error.to_string() })?;
        assert!(entry.chars().count() <= 65_536, "audit_entry_check");
        let (seq, at) = (self.audit_head.seq + 1, self.now);
        let hash = hash(&self.audit_head.hash, seq, at, &entry);
        self.audit.push(Link { seq, at, entry, hash });
        self.audit_head = Walk { seq, hash };
        Ok(())
    }
}
