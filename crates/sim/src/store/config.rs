//! An organization's configuration: drafts, publications with their runs, and
//! samples of contacts; and what opens the next run where one ends.

use chrono::{DateTime, Utc};
use mauntic_domain::audit::DONE;
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::data::BatchRecompute;
use mauntic_domain::jobs::limits::WAKE;
use mauntic_domain::jobs::{Job, JobType};
use mauntic_domain::runs::RunStatus;
use mauntic_domain::scoring::ConfigDocument;
use mauntic_domain::scoring::document::PUBLISH_JOB_KEY;
use mauntic_flows::ports::{
    Act, ConfigPart, ConfigSample, ConfigState, ConfigStore, ConfigToken, Pick, PortError,
    Publication, Unchanged, Written, config_actions,
};
use uuid::Uuid;

use super::acts::Note;
use super::rows::{JobRow, RunRecord};
use super::signal_rows::DraftRow;
use super::{MemorySession, State};
use crate::faults::Call;

impl ConfigStore for MemorySession {
    async fn config(&self, organization: &OrganizationId) -> Result<ConfigState, PortError> {
        self.call(Call::Config, |state| state.config(organization)).await
    }

    async fn save_draft(
        &self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
        part: &ConfigPart,
    ) -> Result<Result<ConfigToken, Unchanged>, PortError> {
        self.change(Call::SaveDraft, organization, act, |state| {
            state.save_draft(organization, act, seen, Some(part))
        })
        .await
    }

    async fn discard_draft(
        &self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
    ) -> Result<Result<ConfigToken, Unchanged>, PortError> {
        self.change(Call::DiscardDraft, organization, act, |state| {
            state.save_draft(organization, act, seen, None)
        })
        .await
    }

    async fn publish_config(
        &self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
    ) -> Result<Result<Publication, Unchanged>, PortError> {
        self.change(Call::PublishConfig, organization, act, |state| {
            state.publish_draft(organization, act, seen)
        })
        .await
    }

    async fn config_sample(
        &self,
        organization: &OrganizationId,
        pick: Pick<'_>,
    ) -> Result<ConfigSample, PortError> {
        self.call(Call::ConfigSample, |state| state.config_sample(organization, pick)).await
    }
}

/// What came of a change, with its entry where it was made.
type Changed<T> = Result<(T, Note), Unchanged>;

impl MemorySession {
    /// A change with its entry and the answer to its key, in one step.
    async fn change<T: Clone + Send + Sync + 'static>(
        &self,
        call: Call,
        organization: &OrganizationId,
        act: &Act,
        change: impl FnOnce(&mut State) -> Result<Changed<T>, PortError> + Send,
    ) -> Result<Result<T, Unchanged>, PortError> {
        self.call(call, |state| {
            if let Some(answer) = state.answer_to(act.key.as_ref())? {
                return Ok(Ok(answer));
            }
            match change(state)? {
                Err(unchanged) => Ok(Err(unchanged)),
                Ok((answer, note)) => {
                    state.append_audit(&note.entry(act, DONE))?;
                    state.keep_answer(act.key.as_ref(), Some(organization.as_str()), &answer);
                    Ok(Ok(answer))
                }
            }
        })
        .await
    }
}

impl State {
    fn config(&self, organization: &OrganizationId) -> Result<ConfigState, PortError> {
        let newest = self.document(organization, None);
        let draft = self.drafts.get(organization);
        let document = newest.map(|row| {
            let factors = row.factors.clone()?;
            Ok::<_, PortError>(ConfigDocument { factors, signals: row.signals.clone() })
        });
        let draft_of = |row: &DraftRow| {
            let by = Written { by: row.updated_by.clone(), at: row.updated_at };
            row.document.clone().map(|document| (document, by))
        };
        Ok(ConfigState {
            token: ConfigToken {
                version: newest.map_or(0, |row| row.version),
                revision: draft.map_or(0, |row| row.revision),
            },
            published: document.transpose()?.unwrap_or_default(),
            publication: newest
                .map(|row| Written { by: row.published_by.clone(), at: row.published_at }),
            draft: draft.and_then(draft_of),
        })
    }

    /// Replaces a part of the draft, or discards it all.
    fn save_draft(
        &mut self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
        part: Option<&ConfigPart>,
    ) -> Result<Changed<ConfigToken>, PortError> {
        let found = self.config(organization)?;
        if let Err(stale) = found.check(seen) {
            return Ok(Err(stale));
        }
        if part.is_none() && found.draft.is_none() {
            return Ok(Err(Unchanged::NoDraft));
        }
        let document = part.map(|part| found.with(part.clone()));
        let action =
            if document.is_some() { config_actions::DRAFT } else { config_actions::DISCARD };
        let token = seen.changed();
        self.write_draft(organization, act, token, document);
        let note = Note::new(action, organization).before(seen.noted()).after(token.noted());
        Ok(Ok((token, note)))
    }

    fn publish_draft(
        &mut self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
    ) -> Result<Changed<Publication>, PortError> {
        let found = self.config(organization)?;
        if let Err(stale) = found.check(seen) {
            return Ok(Err(stale));
        }
        let Some((document, _)) = found.draft else { return Ok(Err(Unchanged::NoDraft)) };
        let token = seen.published();
        let (factors, signals) = (Ok(document.factors.clone()), document.signals.clone());
        let version = self.publish_document(organization, factors, signals, &act.actor);
        assert_eq!(version, token.version, "a version follows the one before");
        self.write_draft(organization, act, token, None);
        let owner = organization.as_str();
        let (run_id, planner) = match self.open_publication(owner) {
            Some(open) => (open, None),
            None => {
                let wake_at = self.now + WAKE;
                let (run_id, job_id) = self.open_recompute(owner, Some(&act.request_id), wake_at);
                (run_id, Some((job_id, self.now)))
            }
        };
        let publication = Publication { token, run_id, planner };
        let after = publication.noted(document.changes_from(&found.published));
        let note =
            Note::new(config_actions::PUBLISH, organization).before(seen.noted()).after(after);
        Ok(Ok((publication, note)))
    }

    fn write_draft(
        &mut self,
        organization: &OrganizationId,
        act: &Act,
        token: ConfigToken,
        document: Option<ConfigDocument>,
    ) {
        let row = DraftRow {
            revision: token.revision,
            document,
            updated_by: act.actor.clone(),
            updated_at: self.now,
        };
        self.drafts.insert(organization.clone(), row);
    }

    /// The open run of an organization's publications.
    fn open_publication(&self, owner: &str) -> Option<Uuid> {
        self.runs.holder(PUBLISH_JOB_KEY, Some(owner)).map(|run| run.id)
    }

    /// Opens the run that scores by what is published, with its planner.
    fn open_recompute(
        &mut self,
        owner: &str,
        request_id: Option<&str>,
        wake_at: DateTime<Utc>,
    ) -> (Uuid, Uuid) {
        let (run_id, job_id) = (self.new_id(), self.new_id());
        let run = RunRecord {
            organization_id: Some(owner.to_owned()),
            request_id: request_id.map(str::to_owned),
            exclusive: true,
            ..RunRecord::new(run_id, PUBLISH_JOB_KEY.to_owned(), "api", self.now)
        };
        assert!(self.runs.insert(run), "run_pkey");
        let organization_id = OrganizationId::parse(owner).ok();
        let data = Job::BatchRecompute(BatchRecompute { organization_id }).data();
        self.jobs.insert(JobRow {
            organization_id: Some(owner.to_owned()),
            run_id: Some(run_id),
            request_id: request_id.map(str::to_owned),
            wake_at,
            ..JobRow::new(job_id, JobType::BatchRecompute, data, self.now)
        });
        (run_id, job_id)
    }

    /// Changes a run; nothing where there is none. One of publications that ends
    /// here and looked at something older than what is published opens the next.
    pub(super) fn change_run(&mut self, id: Uuid, change: impl FnOnce(&mut RunRecord)) {
        let is_open = |run: &RunRecord| run.status == RunStatus::Running;
        let was_open = self.runs.get(id).is_some_and(is_open);
        self.runs.change(id, change);
        let Some(run) = self.runs.get(id).filter(|run| was_open && !is_open(run)) else { return };
        let Some(owner) = run.organization_id.clone() else { return };
        let newest = OrganizationId::parse(owner.as_str()).ok();
        let newest = newest.and_then(|owner| self.document(&owner, None));
        // One that never planned looked at nothing; what was published when it was
        // opened is its own matter.
        let is_behind = newest.is_some_and(|newest| match run.pinned {
            Some(pinned) => pinned < newest.epoch,
            None => run.started_at < newest.published_at,
        });
        let request_id = run.request_id.clone();
        let is_publication = run.job_key == PUBLISH_JOB_KEY;
        // Another that is open already has this function of its own.
        if is_publication && is_behind && self.open_publication(&owner).is_none() {
            self.open_recompute(&owner, request_id.as_deref(), self.now);
        }
    }

    fn config_sample(
        &self,
        organization: &OrganizationId,
        pick: Pick<'_>,
    ) -> Result<ConfigSample, PortError> {
        let own = self.features.iter().filter(|((owner, _), _)| owner == organization);
        let own: Vec<_> = own.collect();
        let total = own.len();
        let is_picked = |(place, contact): (usize, &ContactId)| match pick {
            Pick::One(one) => contact == one,
            // The n-th of each part of equal size, as far as they can be.
            Pick::Spread(most) => {
                let most = usize::from(most.max(1));
                let parts = total.max(most);
                (place + 1) * most / parts > place * most / parts
            }
        };
        let picked = own.iter().enumerate().filter(|(place, (key, _))| is_picked((*place, &key.1)));
        let mut signals = 0;
        let contacts = picked.map(|(_, (key, row))| {
            signals += self.live_signals(key).count();
            let is_read = signals <= self.limits.signals_scored_max;
            let too_many = PortError::Unreadable {
                what: "a contact's signals",
                place: "there are too many to look at".to_owned(),
            };
            (key.1.clone(), if is_read { self.input(key, row) } else { Err(too_many) })
        });
        Ok(ConfigSample {
            now: self.now,
            contacts_total: u64::try_from(total).unwrap_or(u64::MAX),
            state: self.config(organization)?,
            contacts: contacts.collect(),
        })
    }
}
