//! Random features, configurations, contexts and signals.

use chrono::{DateTime, Utc};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::decay::DECAY_HOURS_MAX;
use super::features::{CompanySize, EngagementLevel, Seniority};
use super::signal_weight::WEIGHT_HUNDREDTHS_MAX;
use super::signals::SIGNALS_FACTOR;
use super::*;
use crate::points::PointsE4;

/// 2026-02-19T10:00:00Z, in milliseconds of Unix time.
const MIDDLE_MILLIS: i64 = 1_771_495_200_000;

/// A leap year and a day, in milliseconds.
const AROUND_MILLIS: i64 = 367 * 86_400_000;

prop_compose! {
    pub(super) fn any_features()(
        flags in any::<[bool; 6]>(),
        size in prop::option::of(prop::sample::select(vec![CompanySize::Smb, CompanySize::Mid, CompanySize::Enterprise])),
        seniority in prop::option::of(prop::sample::select(vec![Seniority::CLevel, Seniority::Vp, Seniority::Director, Seniority::Manager, Seniority::Individual])),
        level in prop::option::of(prop::sample::select(vec![EngagementLevel::Low, EngagementLevel::Medium, EngagementLevel::High])),
        downloads in 0_u32..3,
        custom in btree_map(
            prop_oneof![2 => "[a-d]", 1 => prop::sample::select(vec!["demo_request".to_owned(), SIGNALS_FACTOR.to_owned()])],
            any::<bool>(), 0..4),
    ) -> Features {
        let [email, phone, direct, pricing, demo, trial] = flags;
        Features {
            has_email: email, has_phone: phone, has_direct_phone: direct,
            company_size: size, seniority, engagement_level: level, content_downloads: downloads,
            pricing_page_visit: pricing, demo_request: demo, free_trial_signup: trial,
            custom_factors: custom.into_iter()
                .map(|(name, flag)| (name.try_into().unwrap(), CustomValue::Flag(flag))).collect(),
        }
    }
}

/// Factors of the model, of the organization's own, and that of signals.
fn any_factor() -> impl Strategy<Value = String> {
    let of_model = model::MODEL.iter().map(|rule| rule.factor.to_owned()).collect::<Vec<_>>();
    prop_oneof![
        2 => "[a-d]",
        2 => prop::sample::select(of_model),
        1 => Just(SIGNALS_FACTOR.to_owned()),
    ]
}

prop_compose! {
    pub(super) fn any_entries()(
        by_factor in btree_map(
            any_factor(),
            (0_usize..3, prop_oneof![8 => -10_000_i64..10_000, 1 => Just(0)], any::<bool>()), 0..8)
    ) -> Vec<ConfigEntry> {
        by_factor.into_iter().map(|(factor, (category, hundredths, enabled))| ConfigEntry {
            category: Category::ALL[category], factor: factor.try_into().unwrap(),
            weight: Weight::from_e4(hundredths * 100), enabled,
        }).collect()
    }
}

pub(super) fn any_context() -> impl Strategy<Value = Context> {
    let points = || prop::option::of((-1_000_000_i64..2_000_000).prop_map(PointsE4::from_e4));
    (points(), points(), points()).prop_map(|(engagement, demographic, intent)| Context {
        engagement,
        demographic,
        intent,
    })
}

/// Often small, where rounding shows, and as large as can be.
pub(super) fn any_weight() -> impl Strategy<Value = SignalWeight> {
    let max = i64::from(WEIGHT_HUNDREDTHS_MAX);
    let hundredths = prop_oneof![4 => 0..=max, 2 => 0_i64..500, 1 => Just(max)];
    hundredths.prop_map(|hundredths| SignalWeight::from_hundredths(hundredths).unwrap())
}

pub(super) fn any_decay() -> impl Strategy<Value = Decay> {
    let max = u64::from(DECAY_HOURS_MAX);
    let hours = prop_oneof![4 => 1..=max, 2 => 1_u64..200, 1 => Just(max)];
    (prop::sample::select(DecayModel::ALL.to_vec()), hours)
        .prop_map(|(model, hours)| Decay { model, hours: DecayHours::new(hours).unwrap() })
}

/// An instant of the year before or after one that all tests share.
pub(super) fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    (MIDDLE_MILLIS - AROUND_MILLIS..MIDDLE_MILLIS + AROUND_MILLIS)
        .prop_map(|millis| DateTime::from_timestamp_millis(millis).unwrap())
}

/// A signal that the instants of [`any_instant`] meet before, within and after
/// its time.
pub(super) fn any_signal() -> impl Strategy<Value = Signal> {
    (any_weight(), any_decay(), any_instant()).prop_map(|(weight, decay, detected_at)| Signal {
        weight,
        decay,
        detected_at,
    })
}

pub(super) fn any_signals() -> impl Strategy<Value = Vec<Signal>> {
    vec(any_signal(), 0..12)
}
