//! Decimals: what is read and refused, order, and rounding once.

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

#[test]
fn a_number_is_kept_to_the_last_digit_or_refused() {
    let nines = "9".repeat(28);
    let tiny = format!("0.{}1", "0".repeat(27));
    for (text, expected) in [
        ("0", Ok("0")),
        ("-0", Ok("0")),
        ("-0.00", Ok("0")),
        ("12.50", Ok("12.5")),
        ("-12.5", Ok("-12.5")),
        ("007.5", Ok("7.5")),
        ("0.05", Ok("0.05")),
        ("1000", Ok("1000")),
        (nines.as_str(), Ok(nines.as_str())),
        (tiny.as_str(), Ok(tiny.as_str())),
        ("", Err(DecimalError::NotDecimal)),
        ("-", Err(DecimalError::NotDecimal)),
        (".5", Err(DecimalError::NotDecimal)),
        ("5.", Err(DecimalError::NotDecimal)),
        ("+5", Err(DecimalError::NotDecimal)),
        ("--5", Err(DecimalError::NotDecimal)),
        ("1.2.3", Err(DecimalError::NotDecimal)),
        ("1,000", Err(DecimalError::NotDecimal)),
        (" 1", Err(DecimalError::NotDecimal)),
        ("0x10", Err(DecimalError::NotDecimal)),
        ("١", Err(DecimalError::NotDecimal)),
        ("1\0", Err(DecimalError::NotDecimal)),
        ("e5", Err(DecimalError::NotDecimal)),
        ("NaN", Err(DecimalError::NotFinite)),
        ("-inf", Err(DecimalError::NotFinite)),
        ("+Infinity", Err(DecimalError::NotFinite)),
        ("1e5", Err(DecimalError::Exponent)),
        ("-1.5E-7", Err(DecimalError::Exponent)),
        ("0e0", Err(DecimalError::Exponent)),
        ("10000000000000000000000000000", Err(DecimalError::Digits)),
        ("1234567890123456789012345678901234567890", Err(DecimalError::Digits)),
        ("0.00000000000000000000000000001", Err(DecimalError::Digits)),
    ] {
        let read = Decimal::parse(text).map(|number| number.to_string());
        assert_eq!(read.as_deref().map_err(|error| *error), expected, "{text:?}");
    }
    let zeros = "0".repeat(100);
    assert_eq!(Decimal::parse(&zeros), Err(DecimalError::Digits));
}

#[test]
fn a_json_number_is_taken_by_its_text() {
    for (json, expected) in [
        ("12345678901234567890.12345678", Ok(Some("12345678901234567890.12345678"))),
        ("\"0.1\"", Ok(Some("0.1"))),
        ("0.1", Ok(Some("0.1"))),
        ("null", Ok(None)),
        ("1e3", Err(DecimalError::Exponent)),
        ("true", Err(DecimalError::NotDecimal)),
        ("[1]", Err(DecimalError::NotDecimal)),
        (r#""\u0031""#, Err(DecimalError::NotDecimal)),
        (r#""\"1\"""#, Err(DecimalError::NotDecimal)),
        ("\"\"", Err(DecimalError::NotDecimal)),
        ("\"NaN\"", Err(DecimalError::NotFinite)),
    ] {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        let read = Decimal::from_json(raw).map(|number| number.map(|number| number.to_string()));
        let read = read.as_ref().map(Option::as_deref).map_err(|error| *error);
        assert_eq!(read, expected, "{json}");
    }
}

#[test]
fn a_product_by_a_quotient_is_rounded_once() {
    let third = format!("0.{}", "3".repeat(28));
    let nines = "9".repeat(28);
    for (number_, factor, divisor, expected) in [
        ("100", "0.92", "1", Ok("92")),
        ("100", "1", "3", Ok("33.33333333333333333333333333")),
        ("1", "1", "3", Ok(third.as_str())),
        ("2", "1", "3", Ok("0.6666666666666666666666666667")),
        ("-2", "1", "3", Ok("-0.6666666666666666666666666667")),
        // Once by three and once over three is what it was.
        ("10", "3", "3", Ok("10")),
        ("0.1", "0.7", "0.7", Ok("0.1")),
        ("0", "5", "3", Ok("0")),
        // The half, at the last digit there is.
        ("0.0000000000000000000000000001", "1", "2", Ok("0.0000000000000000000000000001")),
        ("-0.0000000000000000000000000001", "1", "2", Ok("-0.0000000000000000000000000001")),
        ("0.0000000000000000000000000001", "0.4", "1", Ok("0")),
        (&nines, "0.1", "1", Ok("999999999999999999999999999.9")),
        (&nines, "1", "1", Ok(nines.as_str())),
        (&nines, "10", "1", Err(Overflow)),
        (&nines, &nines, "1", Err(Overflow)),
        ("9999999999999999999999999999", "1", "9999999999999999999999999999", Ok("1")),
        // 7 × 2857142857142857142857142857 = 2 × 10^28 - 1: rounding up makes a digit more,
        // for which there is room, or none.
        ("7", "2857142857142857142857142857", "20", Ok("1000000000000000000000000000")),
        ("7", "2857142857142857142857142857", "2", Err(Overflow)),
        ("1", "1", "0", Err(Overflow)),
    ] {
        let result = number(number_).times_over(number(factor), number(divisor));
        let result = result.map(|number| number.to_string());
        let what = format!("{number_} × {factor} / {divisor}");
        assert_eq!(result.as_deref().map_err(|error| *error), expected, "{what}");
    }
}

fn any() -> impl Strategy<Value = Decimal> {
    (-(10_i128.pow(28) - 1)..10_i128.pow(28), 0..=28_u32, 0..=27_u32).prop_map(
        |(digits, decimals, fewer)| Decimal::of(digits / 10_i128.pow(fewer), decimals).unwrap(),
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(number in any()) {
        prop_assert_eq!(Decimal::parse(&number.to_string()).unwrap(), number);
        let json = serde_json::to_string(&number).unwrap();
        prop_assert_eq!(serde_json::from_str::<Decimal>(&json).unwrap(), number);
    }

    #[test]
    fn order_is_that_of_numbers(a in any(), b in any()) {
        // Both in units of 10^-28, in digits: no integer of ours holds them.
        let units = |number: Decimal| {
            let (whole, fraction) = number.parts();
            let text = format!("{:028}{:028}", whole.unsigned_abs(), fraction.unsigned_abs());
            (number.digits < 0, text)
        };
        let expected = match (units(a), units(b)) {
            ((false, a), (false, b)) => a.cmp(&b),
            ((true, a), (true, b)) => b.cmp(&a),
            ((is_negative, _), _) => if is_negative { Ordering::Less } else { Ordering::Greater },
        };
        prop_assert_eq!(a.cmp(&b), expected);
        prop_assert_eq!(a == b, expected == Ordering::Equal);
    }

    #[test]
    fn over_and_back_is_exact_where_it_can_be(
        price in -1_000_000_000_i128..1_000_000_000,
        factor in 1_i128..1_000_000_000,
        decimals in 0..=9_u32,
    ) {
        let price = Decimal::of(price, decimals).unwrap();
        let factor = Decimal::of(factor, decimals).unwrap();
        prop_assert_eq!(price.times_over(factor, factor), Ok(price));
        let times = price.times_over(factor, Decimal::ONE).unwrap();
        prop_assert_eq!(times.times_over(Decimal::ONE, factor), Ok(price));
    }

    /// By numbers that an `i128` holds: rounded once, half away from zero.
    #[test]
    fn a_quotient_is_the_nearest(a in -1_000_000_i128..1_000_000, by in 1_i128..1_000) {
        let quotient = Decimal::of(a, 0).unwrap().times_over(Decimal::ONE, Decimal::of(by, 0).unwrap());
        let (whole, fraction) = quotient.unwrap().parts();
        let scaled = whole.unsigned_abs() * LIMIT + fraction.unsigned_abs();
        // Of 28 digits, those before the point are not decimals.
        let whole_digits = u32::try_from(whole.unsigned_abs().to_string().len()).unwrap();
        let unit = if whole == 0 { 1 } else { 10_u128.pow(whole_digits) };
        let exact = a.unsigned_abs() * (LIMIT / unit);
        let by = by.unsigned_abs();
        let nearest = exact / by + u128::from(exact % by * 2 >= by);
        prop_assert_eq!(scaled / unit, nearest);
        prop_assert_eq!(scaled % unit, 0);
    }
}
