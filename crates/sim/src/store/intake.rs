//! Contact events on their way in: one step, or nothing.

use std::collections::BTreeSet;

use mauntic_domain::contact_events::{ContactEvent, EventKind};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::data::CalculateScore;
use mauntic_domain::jobs::{Job, JobType};
use mauntic_flows::ports::{
    DeadLetter, EventFate, EventStore, EventsRetired, INTAKE_EVENTS_MAX, Intake, JobKey, NewJob,
    PortError, TakenIn,
};
use uuid::Uuid;

use super::ends::cut;
use super::roll_up_rows::EnrichmentRow;
use super::rows::LetterRow;
use super::signal_rows::{ActivityRow, SeenRow};
use super::{MemorySession, State};
use crate::faults::Call;

impl EventStore for MemorySession {
    async fn take_in(
        &self,
        organization: Option<&OrganizationId>,
        intake: &Intake,
    ) -> Result<TakenIn, PortError> {
        if intake.events.is_empty() {
            return Ok(TakenIn::default());
        }
        self.call(Call::TakeIn, |state| state.take_in(organization, intake)).await
    }

    async fn keep_letters(&self, queue: &str, letters: &[DeadLetter]) -> Result<(), PortError> {
        if letters.is_empty() {
            return Ok(());
        }
        self.call(Call::KeepLetters, |state| {
            if state.letters_lost {
                let cause = "the letters were lost".to_owned();
                return Err(PortError::Refused { what: "keeping dead letters", cause });
            }
            let mut letters: Vec<&DeadLetter> = letters.iter().collect();
            letters.sort_by_key(|letter| &letter.message_id);
            for letter in letters {
                let row = LetterRow {
                    message_id: Some(letter.message_id.clone()),
                    body: letter.body.clone(),
                    ..LetterRow::new(queue, letter.reason, &cut(&letter.detail, 4_000), state.now)
                };
                state.put_letter(row);
            }
            Ok(())
        })
        .await
    }

    async fn retire_events(&self, limit: i64) -> Result<EventsRetired, PortError> {
        self.call(Call::RetireEvents, |state| Ok(state.retire_contact_events(limit))).await
    }
}

impl State {
    fn take_in(
        &mut self,
        organization: Option<&OrganizationId>,
        intake: &Intake,
    ) -> Result<TakenIn, PortError> {
        let events = &intake.events;
        let keys = events.iter().map(|event| (&event.organization_id, &event.id));
        assert!(
            keys.is_sorted_by(|a, b| a < b),
            "an intake's events are not sorted, or not distinct"
        );
        assert!(events.len() <= INTAKE_EVENTS_MAX, "an intake has too many events");
        let is_own =
            |event: &ContactEvent| organization.is_none_or(|o| *o == event.organization_id);
        if !events.iter().all(is_own) {
            let cause = "row-level security".to_owned();
            return Err(PortError::Refused { what: "taking events in", cause });
        }
        let unfinished = organization.map(|owner| self.room_for(owner, events)).transpose()?;
        let fates: Vec<EventFate> = events
            .iter()
            .map(|event| self.see(event, organization.is_some(), intake.batch))
            .collect();
        let fresh: Vec<&ContactEvent> = events
            .iter()
            .zip(&fates)
            .filter_map(|(event, fate)| (*fate == EventFate::Taken).then_some(event))
            .collect();
        let (signals, mut jobs) = self.take_signals(organization.is_some(), intake, &fresh);
        for event in fresh {
            let key = (event.organization_id.clone(), event.occurred_at, event.id.clone());
            let row = ActivityRow { event: event.clone(), received_at: self.now };
            if let EventKind::JobFinished(job) = &event.kind {
                let row = EnrichmentRow {
                    contact_id: event.contact_id.clone(),
                    job: job.clone(),
                    received_at: self.now,
                };
                self.enrichments.entry(key.clone()).or_insert(row);
            }
            self.activity.entry(key).or_insert(row);
        }
        if let Some(mut unfinished) = unfinished {
            for job in jobs.iter_mut().filter(|job| job.created) {
                unfinished += 1;
                job.send_now = unfinished <= self.limits.dispatched_max;
            }
        }
        let notifies = JobType::NotifyAlert.name();
        let alerts = jobs.iter().filter(|job| job.type_name == notifies).count();
        Ok(TakenIn { fates, signals: count(signals), alerts: count(alerts), jobs })
    }

    /// The unfinished jobs of an organization; an error where there is no room
    /// for a scoring of each contact that may get a signal.
    fn room_for(
        &self,
        organization: &OrganizationId,
        events: &[ContactEvent],
    ) -> Result<i64, PortError> {
        let observed = events.iter().filter(|event| event.kind.observed().is_some());
        let contacts: BTreeSet<_> = observed.map(|event| &event.contact_id).collect();
        let asked = contacts.into_iter().map(|contact| NewJob {
            job: Job::CalculateScore(CalculateScore {
                organization_id: organization.clone(),
                contact_id: contact.clone(),
                context: None,
            }),
            key: JobKey::Coalesce(contact.to_string()),
            request_id: String::new(),
        });
        let asked: Vec<NewJob> = asked.collect();
        Ok(self.unfinished(organization, &asked)?.into_values().sum())
    }

    fn see(&mut self, event: &ContactEvent, is_known: bool, batch: Uuid) -> EventFate {
        if !is_known && !self.organizations.contains_key(event.organization_id.as_str()) {
            return EventFate::UnknownOrganization;
        }
        let key = (event.organization_id.clone(), event.id.clone());
        if self.seen.contains_key(&key) {
            return EventFate::Repeated;
        }
        self.seen.insert(key, SeenRow { batch, seen_at: self.now });
        EventFate::Taken
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
