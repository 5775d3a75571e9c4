//! Filling a store by hand: what operators, products and older builds wrote.

use mauntic_domain::ids::{ContactId, EventId, OrganizationId};
use mauntic_domain::scoring::{Config, Features, SignalConfig};
use mauntic_flows::ports::{ApiKey, Beat, ContactKey, PortError, Scope, ScoreRow};
use uuid::Uuid;

use super::MemoryStore;
use super::roll_up_rows::RollUpTables;
use super::rows::{JobRow, LeadScore, LetterRow, RunRecord};
use super::signal_rows::{AlertRow, SignalRow};

impl MemoryStore {
    /// Makes an organization known.
    pub fn put_organization(&self, id: &OrganizationId, name: &str) {
        let (id, name) = (id.as_str().to_owned(), name.to_owned());
        self.by_hand(|state| state.organizations.insert(id, name));
    }

    /// Stores a key's digest; returns the key's id. Which scopes go with an
    /// organization is not checked, so that tests can store a mistake.
    pub fn put_key(
        &self,
        organization: Option<&OrganizationId>,
        scopes: &[Scope],
        sha256: [u8; 32],
    ) -> Uuid {
        self.by_hand(|state| {
            let key = ApiKey {
                id: state.new_id(),
                organization_id: organization.cloned(),
                scopes: scopes.to_vec(),
                sha256,
            };
            let id = key.id;
            state.keys.push((key, true));
            id
        })
    }

    /// From now on the key opens nothing; false where there is none.
    pub fn revoke_key(&self, id: Uuid) -> bool {
        self.by_hand(|state| {
            let key = state.keys.iter_mut().find(|(key, _)| key.id == id);
            key.is_some_and(|(_, is_live)| std::mem::replace(is_live, false))
        })
    }

    /// Stores a contact's features without asking for its score; returns their
    /// version.
    pub fn put_contact(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        features: Features,
    ) -> i64 {
        self.by_hand(|state| state.put_features(organization, contact, features))
    }

    /// From now on a contact's stored features cannot be read.
    pub fn spoil_contact(&self, organization: &OrganizationId, contact: &ContactId) {
        let key = (organization.clone(), contact.clone());
        self.by_hand(|state| {
            if let Some((features, _)) = state.features.get_mut(&key) {
                *features = Err(unreadable("column features"));
            }
        });
    }

    /// Replaces an organization's configuration; returns its version.
    pub fn put_config(&self, organization: &OrganizationId, config: Config) -> i64 {
        self.put_stored_config(organization, Ok(config))
    }

    /// Replaces an organization's configuration of signals.
    pub fn put_signal_config(&self, organization: &OrganizationId, signals: SignalConfig) {
        self.by_hand(|state| {
            let factors = state.document(organization, None).map(|newest| newest.factors.clone());
            let factors = factors.unwrap_or_else(|| Ok(Config::default()));
            state.publish_document(organization, factors, signals, "owner");
        });
    }

    /// From now on an organization's configuration cannot be read.
    pub fn spoil_config(&self, organization: &OrganizationId) {
        self.put_stored_config(organization, Err(unreadable("column category")));
    }

    fn put_stored_config(
        &self,
        organization: &OrganizationId,
        config: Result<Config, PortError>,
    ) -> i64 {
        self.by_hand(|state| {
            let signals = state.document(organization, None).map(|newest| newest.signals.clone());
            state.publish_document(organization, config, signals.unwrap_or_default(), "owner")
        })
    }

    /// Keeps a contact's signal as it is.
    pub fn put_signal(&self, contact: ContactKey, event: EventId, row: SignalRow) {
        self.by_hand(|state| state.signals.insert((contact, event), row));
    }

    /// Keeps an alert as it is.
    pub fn put_alert(&self, row: AlertRow) {
        self.by_hand(|state| state.alerts.insert(row.id, row));
    }

    /// Stores a score, and the contact with the features' version that the row
    /// says is the one now.
    pub fn put_score(&self, organization: &OrganizationId, contact: &ContactId, row: &ScoreRow) {
        let key = (organization.clone(), contact.clone());
        let score = LeadScore {
            score: row.score.clone(),
            total: row.score.total(),
            grade: row.score.grade(),
            previous_total: row.previous_total,
            input_version: row.input_version,
            config_version: row.config_version,
            job_id: Uuid::nil(),
            calculated_at: row.calculated_at,
        };
        self.by_hand(|state| {
            let features = state.features.remove(&key).map(|(features, _)| features);
            let features = features.unwrap_or_else(|| Ok(Features::default()));
            state.features.insert(key.clone(), (features, row.input_version_now));
            state.scores.insert(key, score);
        });
    }

    /// Writes a job's row as it is.
    pub fn put_job(&self, row: JobRow) {
        self.by_hand(|state| state.jobs.insert(row));
    }

    /// Changes a job's row; false where there is none.
    pub fn change_job(&self, id: Uuid, change: impl FnOnce(&mut JobRow)) -> bool {
        self.by_hand(|state| state.jobs.change(id, change).is_some())
    }

    /// Writes a run's row as it is; false where its id or its lock is taken.
    pub fn put_run(&self, run: RunRecord) -> bool {
        self.by_hand(|state| state.runs.insert(run))
    }

    /// Changes a run's row.
    pub fn change_run(&self, id: Uuid, change: impl FnOnce(&mut RunRecord)) {
        self.by_hand(|state| state.change_run(id, change));
    }

    /// Keeps a dead letter.
    pub fn put_letter(&self, letter: LetterRow) {
        self.by_hand(|state| state.put_letter(letter));
    }

    /// Decides every open dead letter now, as an operator does.
    pub fn decide_letters(&self) {
        self.by_hand(|state| {
            let now = state.now;
            for letter in &mut state.letters {
                if letter.decided_at.is_none() {
                    letter.decided_at = Some(now);
                    letter.decision = Some("discarded");
                }
            }
        });
    }

    /// The number of the newest migration from now on.
    pub fn set_schema_version(&self, version: i32) {
        self.by_hand(|state| state.schema_version = version);
    }

    /// Changes what roll-ups have written.
    pub fn change_roll_ups(&self, change: impl FnOnce(&mut RollUpTables)) {
        self.by_hand(|state| change(&mut state.roll_ups));
    }

    /// A duty of the tick was done now, by a tick of this interval in seconds.
    pub fn put_beat(&self, duty: &str, interval_secs: u32) {
        let duty = duty.to_owned();
        self.by_hand(|state| {
            let beat = Beat { duty: duty.clone(), at: state.now, interval_secs, by: None };
            state.beats.insert(duty, beat);
        });
    }
}

fn unreadable(place: &str) -> PortError {
    PortError::Unreadable { what: "a row", place: place.to_owned() }
}
