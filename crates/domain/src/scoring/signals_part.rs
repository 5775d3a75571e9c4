//! The part of signals in a score, signal by signal.

use chrono::{DateTime, Utc};

use super::config::Config;
use super::score::{Score, signals_cap};
use super::signal_weight::SignalWeight;
use super::signals::{SIGNALS_FACTOR, Signal};
use crate::points::PointsE4;

/// What signals weigh at an instant, and how much of that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalsPart {
    /// What each weighs, in the order of the signals.
    pub weights: Vec<SignalWeight>,
    /// All of them together.
    pub sum: PointsE4,
    /// The most that counts.
    pub cap: PointsE4,
    /// The lesser of the two: the contribution of [`SIGNALS_FACTOR`].
    pub counted: PointsE4,
}

impl SignalsPart {
    /// The part of these signals.
    #[must_use]
    pub fn of<'a>(
        config: &Config,
        signals: impl IntoIterator<Item = &'a Signal>,
        as_of: DateTime<Utc>,
    ) -> Self {
        let weights: Vec<SignalWeight> =
            signals.into_iter().map(|signal| signal.remaining(as_of)).collect();
        let sum = weights.iter().map(|weight| weight.points()).sum();
        let (_, cap) = signals_cap(config);
        Self { weights, sum, cap, counted: PointsE4::min(sum, cap) }
    }
}

/// What signals added to a score of that configuration: nothing, or the
/// contribution of [`SIGNALS_FACTOR`]. None where the request gave the category's
/// own score instead.
#[must_use]
pub fn signals_of(score: &Score, config: &Config) -> Option<PointsE4> {
    let (category, _) = signals_cap(config);
    let points_of = |factor: &str| {
        let found = score.contributions().iter().find(|one| one.factor == factor);
        found.map(|one| one.points)
    };
    match points_of(category.context_factor()) {
        Some(_) => None,
        None => Some(points_of(SIGNALS_FACTOR).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::decay::{DECAY_HOURS_MAX, Decay, DecayHours, DecayModel};
    use super::super::signal_weight::WEIGHT_HUNDREDTHS_MAX;
    use super::super::{Category, Context, Features, explain, score};
    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn signal() -> impl Strategy<Value = Signal> {
        let model = prop::sample::select(DecayModel::ALL.to_vec());
        // Most are young and light, so that sums are met on both sides of a cap.
        let weight = prop_oneof![0..=1_500_u32, 0..=WEIGHT_HUNDREDTHS_MAX];
        let hours = prop_oneof![1..=200_u64, 1..=u64::from(DECAY_HOURS_MAX)];
        (weight, model, hours, 0..700_000_000_i64).prop_map(|(weight, model, hours, age_ms)| {
            Signal {
                weight: SignalWeight::from_hundredths(i64::from(weight)).unwrap(),
                decay: Decay { model, hours: DecayHours::new(hours).unwrap() },
                detected_at: start() - TimeDelta::milliseconds(age_ms),
            }
        })
    }

    fn config() -> impl Strategy<Value = Config> {
        let entry =
            (prop::sample::select(Category::ALL.to_vec()), -5_000..6_000_i64, any::<bool>());
        prop::option::of(entry).prop_map(|entry| {
            let entry = entry.map(|(category, hundredths, enabled)| {
                serde_json::json!({"category": category, "factor": SIGNALS_FACTOR,
                    "weight": PointsE4::from_e4(hundredths * 100), "enabled": enabled})
            });
            let entries: Vec<_> = entry.into_iter().collect();
            Config::new(serde_json::from_value(entries.into()).unwrap()).unwrap()
        })
    }

    fn context() -> impl Strategy<Value = Context> {
        let points = || prop::option::weighted(0.2, (0..500_000_i64).prop_map(PointsE4::from_e4));
        (points(), points(), points()).prop_map(|(engagement, demographic, intent)| Context {
            engagement,
            demographic,
            intent,
        })
    }

    proptest! {
        /// I5: signals sum to their contribution, contributions to the total.
        #[test]
        fn every_score_is_the_sum_of_its_signals_and_factors(
            signals in vec(signal(), 0..30),
            config in config(),
            context in context(),
            has_email in any::<bool>(),
            later_ms in -700_000_000..700_000_000_i64,
        ) {
            let as_of = start() + TimeDelta::milliseconds(later_ms);
            let part = SignalsPart::of(&config, &signals, as_of);
            let sum: PointsE4 = part.weights.iter().map(|weight| weight.points()).sum();
            prop_assert_eq!(part.weights.len(), signals.len());
            prop_assert_eq!(sum, part.sum);
            prop_assert_eq!(part.counted, part.sum.min(part.cap));
            prop_assert!(part.cap >= PointsE4::ZERO);

            let features = Features { has_email, ..Features::default() };
            let scored = score(&features, &config, &context, part.sum);
            let (category, _) = signals_cap(&config);
            match context.replacement(category) {
                Some(_) => prop_assert_eq!(signals_of(&scored, &config), None),
                None => prop_assert_eq!(signals_of(&scored, &config), Some(part.counted)),
            }
            let explained = explain(&scored, None);
            let lines: PointsE4 = explained.contributions.iter().map(|line| line.points).sum();
            prop_assert_eq!(lines, scored.total());
            prop_assert_eq!(lines, explained.total_score);
        }
    }
}
