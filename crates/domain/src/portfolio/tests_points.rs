//! Points: limits, sums, and what is shown of them.

use proptest::prelude::*;

use super::*;

fn points(text: &str) -> Points {
    Points::new(Decimal::parse(text).unwrap()).unwrap()
}

#[test]
fn points_have_their_limits() {
    for (text, is_taken) in [
        ("1000000", true),
        ("-1000000", true),
        ("1000000.000000000000000001", false),
        ("1000001", false),
        ("0.000000000000000001", true),
        ("0.0000000000000000001", false),
    ] {
        assert_eq!(Points::new(Decimal::parse(text).unwrap()).is_ok(), is_taken, "{text}");
    }
}

#[test]
fn what_is_shown_has_four_decimals_half_up() {
    for (text, shown) in [
        ("0", "0.0000"),
        ("12.5", "12.5000"),
        ("-12.5", "-12.5000"),
        ("0.00005", "0.0001"),
        ("-0.00005", "-0.0001"),
        ("0.00004999", "0.0000"),
        ("-0.00004999", "0.0000"),
        ("1000000", "1000000.0000"),
    ] {
        assert_eq!(points(text).shown().to_string(), shown, "{text}");
    }
}

#[test]
fn a_percentage_is_rounded_once() {
    for (score, maximum, expected) in [
        ("1", "3", "33.3333"),
        ("2", "3", "66.6667"),
        ("-2", "3", "-66.6667"),
        ("5", "5", "100.0000"),
        ("0", "5", "0.0000"),
        ("0", "0", "0.0000"),
        ("-5", "0", "0.0000"),
        ("0.5", "1000000", "0.0001"),
        ("-0.5", "1000000", "-0.0001"),
        ("0.49", "1000000", "0.0000"),
    ] {
        let percentage = points(score).percentage_of(points(maximum));
        assert_eq!(percentage.to_string(), expected, "{score} of {maximum}");
    }
}

proptest! {
    #[test]
    fn a_sum_is_exact_in_any_order(
        mut units in prop::collection::vec(-(10_i128.pow(24))..=10_i128.pow(24), 0..100),
        seed in any::<u64>(),
    ) {
        let sum: Points = units.iter().copied().map(Points).sum();
        prop_assert_eq!(sum, Points(units.iter().sum()));
        let by = usize::try_from(seed % 97).unwrap();
        if !units.is_empty() {
            let by = by % units.len();
            units.rotate_left(by);
        }
        prop_assert_eq!(units.iter().rev().copied().map(Points).sum::<Points>(), sum);
    }

    #[test]
    fn what_is_written_is_read_again(units in -(10_i128.pow(24))..=10_i128.pow(24)) {
        let points = Points(units);
        let json = serde_json::to_string(&points).unwrap();
        prop_assert_eq!(serde_json::from_str::<Points>(&json).unwrap(), points);
        let json = serde_json::to_string(&points.shown()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Shown>(&json).unwrap(), points.shown());
    }
}
