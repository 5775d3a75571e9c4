//! The three curves: by hand where they bend, against other arithmetic
//! everywhere, and their laws (I6).

#![allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "the oracle is arithmetic of another kind"
)]

use proptest::prelude::*;
use serde_json::json;

use super::super::tests_any::{any_decay, any_weight};
use super::*;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn remaining(decay: Decay, weight: &str, elapsed_millis: i64) -> String {
    let weight: SignalWeight = serde_json::from_str(weight).unwrap();
    decay.remaining(weight, TimeDelta::milliseconds(elapsed_millis)).to_string()
}

/// Rows of weight, hours, milliseconds and what is left of the weight.
fn check(model: DecayModel, rows: &[(&str, u64, i64, &str)]) {
    for (weight, hours, millis, expected) in rows {
        let decay = Decay { model, hours: DecayHours::new(*hours).unwrap() };
        let found = remaining(decay, weight, *millis);
        assert_eq!(found, *expected, "{model:?} {weight} of {hours} h after {millis} ms");
    }
}

#[test]
#[rustfmt::skip]
fn a_linear_weight_falls_evenly() {
    check(DecayModel::Linear, &[
        ("20",     168,  -1,              "0"),
        ("20",     168,  0,               "20"),
        ("20",     168,  1,               "20"),
        ("20",     168,  HOUR,            "19.88"), // 20 × 167/168 = 19.880…
        ("20",     168,  42 * HOUR,       "15"),
        ("20",     168,  84 * HOUR,       "10"),
        ("20",     168,  126 * HOUR,      "5"),
        ("20",     168,  167 * HOUR,      "0.12"),  // 20/168 = 0.119…
        ("20",     168,  168 * HOUR - 1,  "0"),
        ("20",     168,  168 * HOUR,      "0"),
        ("20",     168,  168 * HOUR + 1,  "0"),
        ("20",     168,  i64::MAX,        "0"),
        ("20",     168,  -i64::MAX,       "0"),
        ("0.01",   1,    30 * MINUTE,     "0.01"),  // 0.005: halves up
        ("0.01",   1,    30 * MINUTE + 1, "0"),
        ("0.03",   1,    30 * MINUTE,     "0.02"),  // 0.015
        ("999.99", 8784, 4392 * HOUR,     "500"),   // 499.995
        ("999.99", 8784, 4392 * HOUR + 1, "499.99"),
        ("999.99", 8784, 8784 * HOUR - 1, "0"),
        ("0",      168,  0,               "0"),
    ]);
}

#[test]
#[rustfmt::skip]
fn an_exponential_weight_falls_fast_at_first() {
    check(DecayModel::Exponential, &[
        ("100",    3,    -1,              "0"),
        ("100",    3,    0,               "100"),
        ("100",    3,    1,               "100"),
        ("100",    3,    15 * MINUTE,     "77.88"),  // e^-¼  = 0.778800…
        ("100",    3,    30 * MINUTE,     "60.65"),  // e^-½  = 0.606530…
        ("100",    3,    HOUR,            "36.79"),  // e^-1  = 0.367879…
        ("100",    3,    90 * MINUTE,     "22.31"),  // e^-1½ = 0.223130…
        ("100",    3,    2 * HOUR,        "13.53"),  // e^-2  = 0.135335…
        ("100",    3,    3 * HOUR - 1,    "4.98"),   // e^-3  = 0.049787…
        ("100",    3,    3 * HOUR,        "0"),
        ("100",    3,    3 * HOUR + 1,    "0"),
        ("20",     168,  84 * HOUR,       "4.46"),   // 20 × e^-1½ = 4.462…
        ("20",     168,  168 * HOUR - 1,  "1"),      // 20 × e^-3  = 0.995…
        ("999.99", 8784, 0,               "999.99"),
        ("999.99", 8784, 4392 * HOUR,     "223.13"), // 223.127…
        ("999.99", 8784, 8784 * HOUR - 1, "49.79"),  // 49.786…
        ("999.99", 8784, 8784 * HOUR,     "0"),
        ("0.01",   1,    13 * MINUTE,     "0.01"),   // e^-0.65 = 0.522…
        ("0.01",   1,    14 * MINUTE,     "0"),      // e^-0.70 = 0.496…
        ("0",      168,  0,               "0"),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_weight_in_steps_falls_at_a_half_and_three_quarters() {
    check(DecayModel::Step, &[
        ("20",     4,    -1,              "0"),
        ("20",     4,    0,               "20"),
        ("20",     4,    2 * HOUR - 1,    "20"),
        ("20",     4,    2 * HOUR,        "10"),
        ("20",     4,    3 * HOUR - 1,    "10"),
        ("20",     4,    3 * HOUR,        "5"),
        ("20",     4,    4 * HOUR - 1,    "5"),
        ("20",     4,    4 * HOUR,        "0"),
        ("20",     4,    4 * HOUR + 1,    "0"),
        ("30",     1,    30 * MINUTE - 1, "30"),
        ("30",     1,    30 * MINUTE,     "15"),
        ("30",     1,    45 * MINUTE - 1, "15"),
        ("30",     1,    45 * MINUTE,     "7.5"),
        ("30",     1,    HOUR - 1,        "7.5"),
        ("30",     1,    HOUR,            "0"),
        ("0.01",   4,    2 * HOUR,        "0.01"),   // 0.005: halves up
        ("0.01",   4,    3 * HOUR,        "0"),      // 0.0025
        ("0.03",   4,    2 * HOUR,        "0.02"),   // 0.015
        ("0.03",   4,    3 * HOUR,        "0.01"),   // 0.0075
        ("999.99", 8784, 4392 * HOUR,     "500"),    // 499.995
        ("999.99", 8784, 6588 * HOUR,     "250"),    // 249.9975
        ("0",      4,    0,               "0"),
    ]);
}

#[test]
fn unless_said_otherwise_a_weight_falls_evenly_in_a_week() {
    let decay = Decay::default();
    assert_eq!((decay.model.as_str(), decay.hours.hours()), ("linear", 168));
    assert_eq!(decay.hours.duration(), TimeDelta::weeks(1));
}

#[test]
fn a_model_is_known_by_its_name() {
    for (name, model) in [
        ("linear", Some(DecayModel::Linear)),
        ("exponential", Some(DecayModel::Exponential)),
        ("step", Some(DecayModel::Step)),
        ("Linear", None),
        ("", None),
    ] {
        assert_eq!(DecayModel::from_name(name), model, "{name}");
        let read = serde_json::from_value::<DecayModel>(json!(name)).ok();
        assert_eq!(read, model, "{name}");
        assert!(model.is_none_or(|model| model.as_str() == name && json!(model) == json!(name)));
    }
}

#[test]
fn a_time_to_decay_is_a_number_of_whole_hours_in_its_bounds() {
    for hours in [1, 168, 8_784] {
        let read: DecayHours = serde_json::from_value(json!(hours)).unwrap();
        assert_eq!(u64::from(read.hours()), hours);
        assert_eq!(json!(read), json!(hours));
    }
    for none in [
        json!(0),
        json!(-1),
        json!(8_785),
        json!(65_537),
        json!(u64::MAX),
        json!(1.5),
        json!(168.5),
        json!("168"),
        json!([168]),
        json!(null),
    ] {
        let error = serde_json::from_value::<DecayHours>(none.clone()).unwrap_err();
        assert_eq!(error.to_string(), "must be 1 to 8784 whole hours", "{none}");
    }
}

#[test]
fn a_weight_is_a_number_of_hundredths_in_its_bounds() {
    for (weight, hundredths) in [("0", 0), ("0.01", 1), ("5", 500), ("999.99", 99_999)] {
        let read: SignalWeight = serde_json::from_str(weight).unwrap();
        assert_eq!((read.hundredths(), read.to_string()), (hundredths, weight.to_owned()));
        assert_eq!(serde_json::to_string(&read).unwrap(), weight);
    }
    for none in ["-0.01", "1000", "0.001", "999.991", "1e300", "-1e300", "\"5\"", "null", "[5]"] {
        let error = serde_json::from_str::<SignalWeight>(none).unwrap_err().to_string();
        assert!(
            error.starts_with("must be 0 to 999.99 with at most 2 decimals"),
            "{none}: {error}"
        );
    }
}

/// A weight, a decay, and ages before, within and after it, in milliseconds.
fn case() -> impl Strategy<Value = (SignalWeight, Decay, Vec<i64>)> {
    (any_weight(), any_decay()).prop_flat_map(|(weight, decay)| {
        let whole = decay.hours.duration().num_milliseconds();
        // Often at and beside what the models call a border.
        let border = (0_i64..=4, -2_i64..=2).prop_map(move |(n, off)| whole * n / 4 + off);
        let age = prop_oneof![4 => 0..whole, 2 => border, 1 => -HOUR..2 * whole];
        (Just(weight), Just(decay), proptest::collection::vec(age, 1..8))
    })
}

fn hundredths(decay: Decay, weight: SignalWeight, millis: i64) -> i64 {
    i64::from(decay.remaining(weight, TimeDelta::milliseconds(millis)).hundredths())
}

/// What remains without rounding, in hundredths, by the models' own formulas.
fn exact(decay: Decay, weight: SignalWeight, millis: i64) -> f64 {
    let whole = decay.hours.duration().num_milliseconds();
    if !(0..whole).contains(&millis) {
        return 0.0;
    }
    let (part, weight) = (millis as f64 / whole as f64, f64::from(weight.hundredths()));
    match decay.model {
        DecayModel::Linear => weight * (1.0 - part),
        DecayModel::Exponential => weight * (-3.0 * part).exp(),
        DecayModel::Step if part < 0.5 => weight,
        DecayModel::Step if part < 0.75 => weight / 2.0,
        DecayModel::Step => weight / 4.0,
    }
}

/// How far the oracle itself may be off: its numbers are below 10^5 and have
/// 15 digits, a tenth of this.
const ORACLE_ERROR: f64 = 1e-9;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_weight_is_the_nearest_hundredth((weight, decay, ages) in case()) {
        for millis in ages {
            let (found, exact) = (hundredths(decay, weight, millis), exact(decay, weight, millis));
            let off = found as f64 - exact;
            // From a tie it goes up: the upper bound is reached, the lower is not.
            prop_assert!(
                -0.5 - ORACLE_ERROR < off && off <= 0.5 + ORACLE_ERROR,
                "{weight} {decay:?} {millis} ms: {found} for {exact}"
            );
        }
    }

    #[test]
    fn halves_go_up_exactly((weight, decay, ages) in case()) {
        let whole = i128::from(decay.hours.duration().num_milliseconds());
        for millis in ages.into_iter().filter(|millis| (0..whole).contains(&i128::from(*millis))) {
            let (of, by) = match decay.model {
                DecayModel::Linear => (i128::from(weight.hundredths()) * (whole - i128::from(millis)), whole),
                DecayModel::Step if i128::from(millis) * 2 >= whole => {
                    let by = if i128::from(millis) * 4 < whole * 3 { 2 } else { 4 };
                    (i128::from(weight.hundredths()), by)
                }
                DecayModel::Step => (i128::from(weight.hundredths()), 1),
                // Never a half: e to a rational power other than 0 is irrational.
                DecayModel::Exponential => continue,
            };
            let found = i128::from(hundredths(decay, weight, millis));
            // The nearest: of / by - 1/2 < found <= of / by + 1/2.
            prop_assert!(2 * of - by < 2 * by * found && 2 * by * found <= 2 * of + by);
        }
    }

    #[test]
    fn a_weight_never_rises_and_never_exceeds_itself((weight, decay, mut ages) in case()) {
        ages.retain(|millis| *millis >= 0);
        ages.sort_unstable();
        let left: Vec<i64> = ages.iter().map(|millis| hundredths(decay, weight, *millis)).collect();
        prop_assert!(left.windows(2).all(|pair| pair[0] >= pair[1]), "{ages:?} {left:?}");
        prop_assert!(left.iter().all(|left| *left <= i64::from(weight.hundredths())));
        prop_assert_eq!(hundredths(decay, weight, 0), i64::from(weight.hundredths()));
    }

    #[test]
    fn neighbouring_instants_never_rise(weight in any_weight(), decay in any_decay(), part in 0.0_f64..1.0) {
        // An error of the curve would show between two milliseconds first.
        let whole = decay.hours.duration().num_milliseconds();
        #[allow(clippy::cast_possible_truncation, reason = "below 2^45")]
        let from = (whole as f64 * part) as i64;
        let left: Vec<i64> = (from..from + 50).map(|millis| hundredths(decay, weight, millis)).collect();
        prop_assert!(left.windows(2).all(|pair| pair[0] >= pair[1]), "from {from} ms: {left:?}");
    }

    #[test]
    fn nothing_is_left_from_its_time_on(weight in any_weight(), decay in any_decay(), later in 0_i64..i64::MAX / 2) {
        let whole = decay.hours.duration().num_milliseconds();
        prop_assert_eq!(hundredths(decay, weight, whole), 0);
        prop_assert_eq!(hundredths(decay, weight, whole + later), 0);
        prop_assert_eq!(hundredths(decay, weight, -1 - later), 0);
    }
}

#[test]
fn the_series_falls_at_every_millisecond_of_the_longest_decay() {
    let whole = u64::from(DECAY_HOURS_MAX) * MILLIS_PER_HOUR;
    for from in [0, 1, whole / 4, whole / 2, whole / 4 * 3, whole - 1_001] {
        let mut last = exp_minus_three(from, whole);
        for elapsed in from + 1..from + 1_000 {
            let next = exp_minus_three(elapsed, whole);
            assert!(next < last, "{elapsed} of {whole} ms");
            last = next;
        }
    }
}
