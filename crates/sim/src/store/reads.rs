//! What effects are computed from: one snapshot of features and configurations.

use std::ops::Bound;

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::data::{ContactPlace, ContactRange};
use mauntic_domain::scoring::Signal;
use mauntic_flows::ports::{ContactInput, ContactKey, PortError, ScoreInputs};

use super::State;
use super::signal_rows::{SignalKey, SignalRow};
use super::state::StoredFeatures;

impl State {
    pub(super) fn score_inputs(&self, contacts: &[ContactKey]) -> ScoreInputs {
        let known =
            |key: &ContactKey| Some((key.clone(), self.input(key, self.features.get(key)?)));
        let mut inputs = ScoreInputs {
            contacts: contacts.iter().filter_map(known).collect(),
            ..ScoreInputs::default()
        };
        self.add_configs(&mut inputs, contacts.iter().map(|(owner, _)| owner), None);
        self.whole(inputs)
    }

    pub(super) fn range_inputs(
        &self,
        organization: Option<&OrganizationId>,
        range: &ContactRange,
        config_epoch: Option<i64>,
    ) -> ScoreInputs {
        let place =
            |place: &ContactPlace| (place.organization_id.clone(), place.contact_id.clone());
        let after = range.after.as_ref().map_or(Bound::Unbounded, |at| Bound::Excluded(place(at)));
        let through = place(&range.through);
        let mut inputs = ScoreInputs::default();
        // A range that ends before it begins has nothing.
        if range.after.as_ref().is_none_or(|after| *after < range.through) {
            let rows = self.features.range((after, Bound::Included(through)));
            let rows = rows.filter(|((owner, _), _)| organization.is_none_or(|of| of == owner));
            inputs.contacts = rows.map(|(key, row)| (key.clone(), self.input(key, row))).collect();
        }
        let current = |key: &ContactKey| Some((key.clone(), self.scores.get(key)?.current()));
        inputs.current = inputs.contacts.keys().filter_map(current).collect();
        let owners: Vec<OrganizationId> =
            inputs.contacts.keys().map(|(owner, _)| owner.clone()).collect();
        self.add_configs(&mut inputs, owners.iter(), config_epoch);
        self.whole(inputs)
    }

    fn whole(&self, inputs: ScoreInputs) -> ScoreInputs {
        let signals: usize = inputs.contacts.keys().map(|key| self.live_signals(key).count()).sum();
        let most = self.limits.signals_scored_max;
        if signals > most { inputs.left_out(most) } else { inputs }
    }

    /// A contact's signals that count and were not archived.
    pub(super) fn live_signals(&self, key: &ContactKey) -> impl Iterator<Item = Signal> {
        let counts = |(_, row): &(&SignalKey, &SignalRow)| row.counted && row.archived_at.is_none();
        self.signals_of(key).filter(counts).map(|(_, row)| row.signal)
    }

    fn add_configs<'a>(
        &self,
        inputs: &mut ScoreInputs,
        owners: impl Iterator<Item = &'a OrganizationId>,
        epoch: Option<i64>,
    ) {
        for owner in owners {
            if let Some(document) = self.document(owner, epoch)
                && !inputs.configs.contains_key(owner)
            {
                let config = document.factors.clone().map(|config| (config, document.version));
                inputs.configs.insert(owner.clone(), config);
            }
        }
    }

    pub(super) fn input(
        &self,
        key: &ContactKey,
        (features, input_version): &StoredFeatures,
    ) -> Result<ContactInput, PortError> {
        let features = features.clone()?;
        let signals = self.live_signals(key).collect();
        Ok(ContactInput { features, signals, input_version: *input_version })
    }

    pub(super) fn organizations_after(
        &self,
        after: Option<&OrganizationId>,
        limit: u32,
    ) -> Vec<OrganizationId> {
        let names = self.organizations.keys().filter_map(|name| OrganizationId::parse(name).ok());
        let behind = names.filter(|name| after.is_none_or(|after| name > after));
        behind.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
    }

    pub(super) fn plan_ranges(
        &self,
        organization: Option<&OrganizationId>,
        contacts: u32,
        ranges: u32,
    ) -> Vec<ContactRange> {
        let is_of = |(owner, _): &&ContactKey| organization.is_none_or(|of| of == owner);
        let keys: Vec<&ContactKey> = self.features.keys().filter(is_of).collect();
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX).max(1);
        let group = size(contacts).max(keys.len().div_ceil(size(ranges)));
        let mut after = None;
        let mut planned = Vec::new();
        for group in keys.chunks(group) {
            let Some((owner, contact)) = group.last() else {
                continue;
            };
            let through = place(owner, contact);
            planned.push(ContactRange { after: after.replace(through.clone()), through });
        }
        planned
    }
}

fn place(owner: &OrganizationId, contact: &ContactId) -> ContactPlace {
    ContactPlace { organization_id: owner.clone(), contact_id: contact.clone() }
}
