//! What organizations make of their configuration: drafts, and publications,
//! which score all contacts again.

use mauntic_domain::ids::{OrganizationId, SignalType};
use mauntic_domain::scoring::{
    DecayHours, DecayModel, Priority, SignalConfig, SignalConfigEntry, SignalWeight,
};
use mauntic_flows::ports::{ConfigPart, ConfigToken};

use super::operator::operate;
use crate::engine::chance;
use crate::engine::deeds::{Change, Deed};
use crate::engine::failure::Failed;
use crate::engine::world::World;
use crate::rng::Rng;

pub(super) fn save_draft(world: &mut World) -> Failed {
    let part = match world.rng.chance(700) {
        true => ConfigPart::Factors(chance::config(&mut world.rng)),
        false => ConfigPart::Signals(signals(&mut world.rng)),
    };
    configure(world, Change::Draft(part))
}

pub(super) fn discard_draft(world: &mut World) -> Failed {
    configure(world, Change::Discard)
}

pub(super) fn publish(world: &mut World) -> Failed {
    configure(world, Change::Publish)
}

fn configure(world: &mut World, change: Change) -> Failed {
    let owner = world.owner();
    let seen = seen(world, &owner);
    operate(world, Deed::Configure(owner, seen, change))
}

/// The state as it is, or was a moment ago.
fn seen(world: &mut World, owner: &OrganizationId) -> ConfigToken {
    let late = i64::from(world.rng.chance(100));
    world.ports.store.look(|state| ConfigToken {
        version: state
            .documents()
            .get(owner)
            .and_then(|rows| rows.last())
            .map_or(0, |row| row.version),
        revision: state.drafts().get(owner).map_or(0, |row| row.revision - late),
    })
}

/// Terms for what comes from now on. No type is disabled: then each event still
/// makes its signal, which the checks hold on to.
fn signals(rng: &mut Rng) -> SignalConfig {
    let entries = ["PRICING_PAGE", "G2_RESEARCH", "EMAIL_OPEN"].iter().filter_map(|name| {
        Some(SignalConfigEntry {
            signal_type: SignalType::parse(*name).ok()?,
            weight: SignalWeight::from_hundredths(i64::from(rng.next_u32() % 4_000)).ok(),
            decay_hours: DecayHours::new(1 + u64::from(rng.next_u32() % 300)).ok()?,
            decay_model: [DecayModel::Linear, DecayModel::Exponential, DecayModel::Step]
                .get(rng.below(3))
                .copied()
                .unwrap_or_default(),
            tier: rng.chance(300).then_some(Priority::Low),
            enabled: true,
            cap_per_day: u16::try_from(1 + rng.below(3)).ok(),
        })
    });
    SignalConfig::new(entries.collect()).unwrap_or_default()
}
