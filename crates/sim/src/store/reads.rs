//! What effects are computed from: one snapshot of features and configurations.

use std::collections::BTreeMap;
use std::ops::Bound;

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::data::{ContactPlace, ContactRange};
use mauntic_flows::ports::{ContactInput, ContactKey, PortError, ScoreInputs};

use super::State;
use super::state::StoredFeatures;

impl State {
    pub(super) fn score_inputs(&self, contacts: &[ContactKey]) -> ScoreInputs {
        let known = |key: &ContactKey| Some((key.clone(), input(self.features.get(key)?)));
        let mut inputs = ScoreInputs {
            contacts: contacts.iter().filter_map(known).collect(),
            configs: BTreeMap::new(),
        };
        self.add_configs(&mut inputs, contacts.iter().map(|(owner, _)| owner));
        inputs
    }

    pub(super) fn range_inputs(
        &self,
        organization: Option<&OrganizationId>,
        range: &ContactRange,
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
            inputs.contacts = rows.map(|(key, row)| (key.clone(), input(row))).collect();
        }
        let owners: Vec<OrganizationId> =
            inputs.contacts.keys().map(|(owner, _)| owner.clone()).collect();
        self.add_configs(&mut inputs, owners.iter());
        inputs
    }

    fn add_configs<'a>(
        &self,
        inputs: &mut ScoreInputs,
        owners: impl Iterator<Item = &'a OrganizationId>,
    ) {
        for owner in owners {
            if let Some((config, version)) = self.configs.get(owner)
                && !inputs.configs.contains_key(owner)
            {
                let config = config.clone().map(|config| (config, *version));
                inputs.configs.insert(owner.clone(), config);
            }
        }
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

fn input((features, input_version): &StoredFeatures) -> Result<ContactInput, PortError> {
    let input_version = *input_version;
    features.clone().map(|features| ContactInput { features, input_version })
}
