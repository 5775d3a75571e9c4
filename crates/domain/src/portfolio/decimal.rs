//! Exact decimal numbers of at most 28 digits, by our own rule: what is told is kept to
//! the last digit or refused, and the one operation that cannot be exact rounds once,
//! half up. No float takes part.

use std::cmp::Ordering;
use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Most significant digits, and most decimals.
pub const DIGITS_MAX: u32 = 28;

/// The first number that has one digit too many.
const LIMIT: u128 = 10_u128.pow(DIGITS_MAX);

/// Longest text that is read: the digits, a sign, a point, and as much again in zeros
/// that say nothing.
pub const TEXT_BYTES_MAX: usize = 64;

/// A decimal number, in the one form that it has: without zeros at the end of its
/// decimals, and without a sign where it is zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// All its digits, less than 10^28 in magnitude.
    digits: i128,
    /// How many of them are decimals, at most [`DIGITS_MAX`].
    decimals: u32,
}

/// Why a text is no number that is taken. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Another kind of value, or not plain decimal text.
    #[error("must be a decimal number such as 12.5")]
    NotDecimal,
    /// `NaN` or an infinity.
    #[error("must be a finite number")]
    NotFinite,
    /// A number with an exponent.
    #[error("must be written without an exponent")]
    Exponent,
    /// More digits than are kept.
    #[error("must have at most {DIGITS_MAX} digits")]
    Digits,
}

impl DecimalError {
    /// Its name in faults and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotDecimal => "not_decimal",
            Self::NotFinite => "not_finite",
            Self::Exponent => "exponent",
            Self::Digits => "too_many_digits",
        }
    }
}

/// A result has more than [`DIGITS_MAX`] digits before its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the result has more than {DIGITS_MAX} digits before its point")]
pub struct Overflow;

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self { digits: 0, decimals: 0 };

    /// One.
    pub const ONE: Self = Self { digits: 1, decimals: 0 };

    /// Reads plain decimal text: digits, with a sign before them and a point and digits
    /// after them where there are any.
    ///
    /// # Errors
    /// When it is no number, or one that would not be kept to the last digit.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (is_negative, number) =
            text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) {
            return Err(not_digits(number));
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(DecimalError::Digits);
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let decimals = u32::try_from(fraction.len()).map_err(|_| DecimalError::Digits)?;
        let digits = format!("0{whole}{fraction}");
        let significant = digits.trim_start_matches('0').len();
        if significant > DIGITS_MAX as usize || decimals > DIGITS_MAX {
            return Err(DecimalError::Digits);
        }
        let digits: i128 = digits.parse().map_err(|_| DecimalError::NotDecimal)?;
        Ok(Self { digits: if is_negative { -digits } else { digits }, decimals })
    }

    /// Reads a JSON string or number by its text; `null` as none.
    ///
    /// # Errors
    /// As [`Decimal::parse`].
    pub fn from_json(value: &RawValue) -> Result<Option<Self>, DecimalError> {
        let json = value.get();
        match json.bytes().next() {
            Some(b'n') => Ok(None),
            Some(b'-' | b'0'..=b'9') => Self::parse(json).map(Some),
            // An escaped digit is no plain text.
            Some(b'"') => Self::parse(json.trim_matches('"')).map(Some),
            _ => Err(DecimalError::NotDecimal),
        }
    }

    /// Whether it is more than zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.digits > 0
    }

    /// In units of 10^-`decimals`; none where it has more decimals, or more digits than
    /// fit.
    pub(super) fn units(self, decimals: u32) -> Option<i128> {
        let finer = decimals.checked_sub(self.decimals)?;
        self.digits.checked_mul(10_i128.checked_pow(finer)?)
    }

    /// This number × `factor` / `divisor`, rounded once: to 28 digits, of which at most
    /// 28 are decimals, half away from zero.
    ///
    /// # Errors
    /// When the result has more than 28 digits before its point, or `divisor` is zero.
    pub fn times_over(self, factor: Self, divisor: Self) -> Result<Self, Overflow> {
        let [a, b, by] = [self, factor, divisor].map(|number| number.digits.unsigned_abs());
        if by == 0 {
            return Err(Overflow);
        }
        let is_negative =
            [self, factor, divisor].iter().filter(|number| number.digits < 0).count() % 2 == 1;
        let (high, low) = product(a, b);
        let dividend = format!("{high:028}{low:028}");
        // Long division. The digits of the quotient come one by one, and with each the
        // quotient has one decimal more; before its point is reached that is negative.
        let mut decimals = i64::from(self.decimals + factor.decimals)
            - i64::from(divisor.decimals)
            - i64::from(2 * DIGITS_MAX);
        let mut coming = dividend.bytes().map(|digit| u128::from(digit - b'0'));
        let (mut quotient, mut rest) = (0_u128, 0_u128);
        loop {
            let digit = coming.next();
            if digit.is_none() && rest == 0 && decimals >= 0 {
                break;
            }
            // Less than 10 × 10^28, as is its remainder's next.
            rest = rest * 10 + digit.unwrap_or(0);
            let (next, remainder) = (rest / by, rest % by);
            if quotient >= LIMIT / 10 || decimals == i64::from(DIGITS_MAX) {
                // The first digit that is not kept decides: half is up, whatever follows.
                quotient += u128::from(next >= 5);
                break;
            }
            (quotient, rest) = (quotient * 10 + next, remainder);
            decimals += 1;
        }
        let decimals = u32::try_from(decimals).map_err(|_| Overflow)?;
        let digits = i128::try_from(quotient).map_err(|_| Overflow)?;
        Self::of(if is_negative { -digits } else { digits }, decimals)
    }

    /// In its one form.
    fn of(mut digits: i128, mut decimals: u32) -> Result<Self, Overflow> {
        while decimals > 0 && digits % 10 == 0 {
            (digits, decimals) = (digits / 10, decimals - 1);
        }
        if digits.unsigned_abs() >= LIMIT {
            return Err(Overflow);
        }
        Ok(Self { digits, decimals })
    }

    /// The digits before the point, and those after it in units of 10^-28; both with
    /// its sign.
    fn parts(self) -> (i128, i128) {
        let one = 10_i128.pow(self.decimals);
        (self.digits / one, self.digits % one * 10_i128.pow(DIGITS_MAX - self.decimals))
    }
}

/// What a text is that holds others than digits.
fn not_digits(number: &str) -> DecimalError {
    let is = |word| number.trim_start_matches('+').eq_ignore_ascii_case(word);
    if ["nan", "inf", "infinity"].into_iter().any(is) {
        return DecimalError::NotFinite;
    }
    let is_part = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    let has_exponent =
        number.contains(['e', 'E']) && number.starts_with(|c: char| c.is_ascii_digit());
    if has_exponent && number.bytes().all(is_part) {
        return DecimalError::Exponent;
    }
    DecimalError::NotDecimal
}

/// The product of two numbers below 10^28, as digits above and below 10^28: by halves of
/// 14 digits, so that every part fits.
const fn product(a: u128, b: u128) -> (u128, u128) {
    const HALF: u128 = 10_u128.pow(DIGITS_MAX / 2);
    let (a_high, a_low) = (a / HALF, a % HALF);
    let (b_high, b_low) = (b / HALF, b % HALF);
    let middle = a_high * b_low + a_low * b_high;
    let low = a_low * b_low + middle % HALF * HALF;
    (a_high * b_high + middle / HALF + low / LIMIT, low % LIMIT)
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_fixed(f, self.digits, self.decimals as usize)
    }
}

/// Writes a number of 10^-`decimals` with that many decimals.
pub(super) fn write_fixed(f: &mut fmt::Formatter<'_>, units: i128, decimals: usize) -> fmt::Result {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", units.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if decimals > 0 { "." } else { "" };
    write!(f, "{sign}{whole}{point}{fraction}")
}

/// As a string: JSON's numbers are floats to many who read them.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[path = "tests_decimal.rs"]
mod tests;
