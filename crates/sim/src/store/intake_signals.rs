//! What contact events make: signals, scorings of their contacts, alerts with
//! their notifications, and what listeners are told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use mauntic_domain::contact_events::ContactEvent;
use mauntic_domain::ids::{OrganizationId, SignalType};
use mauntic_domain::jobs::data::{CalculateScore, NotifyAlert};
use mauntic_domain::jobs::limits::WAKE;
use mauntic_domain::jobs::{Job, JobType};
use mauntic_domain::scoring::signals::SIGNALS_PER_DAY_MAX;
use mauntic_domain::scoring::{Features, Signal, SignalTerms};
use mauntic_flows::ports::{ContactKey, Enqueued, Intake};
use serde_json::{Value, json};

use super::rows::{EventRow, JobRow};
use super::signal_rows::{AlertFate, AlertRow, SignalKey, SignalRow};
use super::{State, enqueue};

/// A type's signals of a day, with their times.
type Day = Vec<(DateTime<Utc>, SignalKey)>;

/// A signal that an event makes.
struct New<'a> {
    event: &'a ContactEvent,
    signal_type: SignalType,
    terms: SignalTerms,
}

impl New<'_> {
    fn contact(&self) -> ContactKey {
        (self.event.organization_id.clone(), self.event.contact_id.clone())
    }

    fn key(&self) -> SignalKey {
        (self.contact(), self.event.id.clone())
    }
}

impl State {
    /// Signals, alerts and their jobs, by their ids.
    pub(super) fn take_signals(
        &mut self,
        for_sender: bool,
        intake: &Intake,
        fresh: &[&ContactEvent],
    ) -> (usize, Vec<Enqueued>) {
        let wake_at = if for_sender { self.now + WAKE } else { self.now };
        let made: Vec<New<'_>> = fresh.iter().filter_map(|event| self.observe(event)).collect();
        let contacts: BTreeSet<ContactKey> = made.iter().map(New::contact).collect();
        let mut jobs: Vec<Enqueued> = contacts
            .iter()
            .map(|contact| self.score(contact, intake.request_id.as_ref(), wake_at))
            .collect();
        for (owner, contact) in &contacts {
            let key = (owner.clone(), contact.clone());
            self.features.entry(key).or_insert_with(|| (Ok(Features::default()), 0)).1 += 1;
        }
        let mut made: Vec<New<'_>> =
            made.into_iter().filter(|new| !self.signals.contains_key(&new.key())).collect();
        made.retain(|new| !self.is_full_day(new));
        made.sort_by_key(New::key);
        for new in &made {
            self.insert_signal(new);
        }
        self.cap(fresh);
        let opened = self.open_alerts(&made);
        for alert in &opened {
            jobs.push(self.notify(alert, intake.request_id.as_ref(), wake_at));
        }
        if intake.tell {
            self.tell(&made, &opened, intake.request_id.as_ref());
        }
        jobs.sort_by_key(|job| job.id);
        (made.len(), jobs)
    }

    fn observe<'a>(&self, event: &'a ContactEvent) -> Option<New<'a>> {
        let observed = event.kind.observed()?;
        let config = self.document(&event.organization_id, None).map(|newest| &newest.signals);
        let config = config.cloned().unwrap_or_default();
        let terms = config.terms(&observed.signal_type, observed.given, observed.default)?;
        Some(New { event, signal_type: observed.signal_type, terms })
    }

    /// The scoring of a contact, or the one that is queued.
    fn score(
        &mut self,
        (owner, contact): &ContactKey,
        request_id: Option<&String>,
        wake_at: DateTime<Utc>,
    ) -> Enqueued {
        let of = JobType::CalculateScore.name();
        let queued = self.jobs.queued(Some(owner.as_str()), of, contact.as_str());
        let joined = queued.and_then(|id| self.jobs.change(id, |row| row.coalesced += 1));
        if let Some(row) = joined {
            return enqueue::enqueued(row, JobType::CalculateScore.queue(), false);
        }
        let job = Job::CalculateScore(CalculateScore {
            organization_id: owner.clone(),
            contact_id: contact.clone(),
            context: None,
        });
        self.write_job(&job, Some(contact.to_string()), request_id, wake_at)
    }

    fn notify(
        &mut self,
        alert: &AlertRow,
        request_id: Option<&String>,
        wake_at: DateTime<Utc>,
    ) -> Enqueued {
        let job = Job::NotifyAlert(NotifyAlert {
            organization_id: alert.contact.0.clone(),
            alert_id: alert.id,
            contact_id: alert.contact.1.clone(),
            signal_type: alert.signal_type.clone(),
            priority: Some(alert.priority),
        });
        self.write_job(&job, None, request_id, wake_at)
    }

    fn write_job(
        &mut self,
        job: &Job,
        coalesce_key: Option<String>,
        request_id: Option<&String>,
        wake_at: DateTime<Utc>,
    ) -> Enqueued {
        let job_type = job.job_type();
        let row = JobRow {
            organization_id: job.organization_id().map(ToString::to_string),
            request_id: request_id.cloned(),
            coalesce_key,
            wake_at,
            ..JobRow::new(self.new_id(), job_type, job.data(), self.now)
        };
        let answer = enqueue::enqueued(&row, job_type.queue(), true);
        self.jobs.insert(row);
        answer
    }

    /// Whether its contact's day has as many signals as one may have.
    fn is_full_day(&self, new: &New<'_>) -> bool {
        let day = new.event.occurred_at.min(self.now).date_naive();
        let of_day =
            |(_, row): &(&SignalKey, &SignalRow)| row.signal.detected_at.date_naive() == day;
        self.signals_of(&new.contact()).filter(of_day).count() >= SIGNALS_PER_DAY_MAX
    }

    fn insert_signal(&mut self, new: &New<'_>) {
        let row = SignalRow {
            signal_type: new.signal_type.clone(),
            source: new.event.kind.channel(),
            signal: Signal {
                weight: new.terms.weight,
                decay: new.terms.decay,
                // Its own clock may be ahead of ours.
                detected_at: new.event.occurred_at.min(self.now.trunc_subsecs(3)),
            },
            priority: new.terms.priority,
            cap_per_day: new.terms.cap_per_day,
            input_version: self.features.get(&new.contact()).map_or(0, |(_, version)| *version),
            received_at: self.now,
            counted: true,
            archived_at: None,
        };
        self.signals.insert(new.key(), row);
    }

    /// Of each type, contact and UTC day that new events fall on the earliest
    /// signals count.
    fn cap(&mut self, fresh: &[&ContactEvent]) {
        let contacts: BTreeSet<ContactKey> = fresh
            .iter()
            .map(|event| (event.organization_id.clone(), event.contact_id.clone()))
            .collect();
        for contact in contacts {
            let mut days: BTreeMap<(SignalType, NaiveDate), Day> = BTreeMap::new();
            for (key, row) in self.signals_of(&contact) {
                let at = row.signal.detected_at;
                let day = days.entry((row.signal_type.clone(), at.date_naive())).or_default();
                day.push((at, key.clone()));
            }
            for mut day in days.into_values() {
                day.sort_unstable();
                for (place, (_, key)) in day.into_iter().enumerate() {
                    if let Some(row) = self.signals.get_mut(&key) {
                        row.counted = place < usize::from(row.cap_per_day);
                    }
                }
            }
        }
    }

    /// An alert of each contact and type that has an urgent signal and no open
    /// one.
    fn open_alerts(&mut self, made: &[New<'_>]) -> Vec<AlertRow> {
        let mut urgent: BTreeMap<(ContactKey, SignalType), &New<'_>> = BTreeMap::new();
        let now = self.now.trunc_subsecs(3);
        let time = |new: &New<'_>| (new.event.occurred_at.min(now), new.event.id.clone());
        for new in made.iter().filter(|new| new.terms.priority.opens_alert()) {
            let first = urgent.entry((new.contact(), new.signal_type.clone())).or_insert(new);
            if time(new) < time(first) {
                *first = new;
            }
        }
        let mut opened = Vec::new();
        for ((contact, signal_type), new) in urgent {
            let is_it = |row: &AlertRow| {
                row.fate == AlertFate::Open
                    && (&row.contact, &row.signal_type) == (&contact, &signal_type)
            };
            if self.alerts.values().any(is_it) {
                continue;
            }
            let row = AlertRow {
                id: self.new_id(),
                contact,
                signal_type,
                priority: new.terms.priority,
                event_id: new.event.id.clone(),
                opened_at: self.now,
                due_at: self.now + new.terms.priority.sla(),
                fate: AlertFate::Open,
            };
            self.alerts.insert(row.id, row.clone());
            opened.push(row);
        }
        opened
    }

    fn tell(&mut self, made: &[New<'_>], opened: &[AlertRow], request_id: Option<&String>) {
        for new in made {
            let data = json!({
                "contactId": new.event.contact_id, "eventId": new.event.id,
                "signalType": new.signal_type, "source": new.event.kind.channel().as_str(),
                "weight": new.terms.weight, "priority": new.terms.priority,
            });
            let owner = &new.event.organization_id;
            self.publish("scoring.SignalDetected", owner, data, request_id);
        }
        let mut opened: Vec<&AlertRow> = opened.iter().collect();
        opened.sort_by_key(|alert| (&alert.contact, &alert.event_id));
        for alert in opened {
            let (owner, contact) = &alert.contact;
            let data = json!({
                "alertId": alert.id, "contactId": contact, "eventId": alert.event_id,
                "signalType": alert.signal_type, "priority": alert.priority,
            });
            self.publish("scoring.AlertOpened", owner, data, request_id);
        }
    }

    fn publish(
        &mut self,
        event_type: &str,
        owner: &OrganizationId,
        data: Value,
        request_id: Option<&String>,
    ) {
        let now = self.now;
        let row = EventRow {
            id: self.new_id(),
            organization_id: Some(owner.to_string()),
            event_type: event_type.to_owned(),
            data,
            job_id: None,
            request_id: request_id.cloned(),
            occurred_at: now,
            wake_at: now,
            sent_at: None,
        };
        self.outbox.insert(row.id, row);
    }
}
