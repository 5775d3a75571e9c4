use proptest::prelude::*;

use super::*;

#[test]
fn decimals_are_read_exactly_or_refused() {
    for (text, decimals_max, expected) in [
        ("0", 2, Ok(0)),
        ("-0", 2, Ok(0)),
        ("12.35", 2, Ok(123_500)),
        ("12.350", 2, Ok(123_500)),
        ("-7.5", 2, Ok(-75_000)),
        ("0.0001", 4, Ok(1)),
        ("1000000", 2, Ok(10_000_000_000)),
        ("1000000.01", 2, Err(PointsError::Magnitude)),
        ("1000001", 2, Err(PointsError::Magnitude)),
        ("99999999999999999999", 2, Err(PointsError::Magnitude)),
        ("12.345", 2, Err(PointsError::Decimals { max: 2 })),
        ("", 2, Err(PointsError::NotDecimal)),
        (".5", 2, Err(PointsError::NotDecimal)),
        ("1e3", 2, Err(PointsError::NotDecimal)),
        ("--1", 2, Err(PointsError::NotDecimal)),
        ("inf", 2, Err(PointsError::NotDecimal)),
    ] {
        assert_eq!(PointsE4::parse(text, decimals_max), expected.map(PointsE4), "{text}");
    }
}

#[test]
fn numbers_stay_numbers_in_json() {
    for text in ["0", "5", "-5", "12.35", "0.0001", "-999999.9999"] {
        let points: PointsE4 = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&points).unwrap(), text);
        assert_eq!(points.to_string(), text);
    }
    assert!(serde_json::from_str::<PointsE4>("\"5\"").is_err());
    assert!(serde_json::from_str::<PointsE4>("1e300").is_err());
}

proptest! {
    #[test]
    fn json_and_text_round_trip(e4 in -10_000_000_000_i64..=10_000_000_000) {
        let points = PointsE4::from_e4(e4);
        let json = serde_json::to_string(&points).unwrap();
        prop_assert_eq!(serde_json::from_str::<PointsE4>(&json).unwrap(), points);
        prop_assert_eq!(PointsE4::parse(&points.to_string(), 4).unwrap(), points);
    }
}
