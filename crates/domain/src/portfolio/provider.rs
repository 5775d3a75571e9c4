//! What providers of rates and prices answer, in the JSON shapes that [`parse_rates`] and
//! [`parse_quotes`] show. What a stranger sends is neither trusted nor repeated: an answer
//! that cannot be read is refused by name, and of one that can be, the entry that is wrong
//! is left out by name, so that it fails those alone who need it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Utc};
use serde_json::value::RawValue;

use super::decimal::{Decimal, DecimalError};
use super::inputs::Quote;
use super::metric::{Fundamentals, Metric};
use super::names::{Currency, Symbol};
use super::rates::Rates;

/// Most currencies of an answer; there are some 180.
pub const CURRENCIES_MAX: usize = 500;

/// Longest answer of rates: 500 of at most 64 bytes, and as much again in fields that we
/// do not read.
pub const RATES_BYTES_MAX: usize = 64 * 1_024;

/// Most quotes of an answer: as many symbols as are asked about at once.
pub const QUOTES_MAX: usize = 200;

/// Longest answer of quotes: each of at most 4 KiB, of which ours are 500 bytes.
pub const QUOTES_BYTES_MAX: usize = QUOTES_MAX * 4 * 1_024;

/// Why an answer is none. It repeats nothing of what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TellError {
    /// It is longer than is read.
    #[error("the answer has more than {max} bytes")]
    TooLong {
        /// Most bytes.
        max: usize,
    },
    /// It is no JSON.
    #[error("the answer is not JSON")]
    NotJson,
    /// It has more entries than are read.
    #[error("the answer has more than {max} entries")]
    TooMany {
        /// Most entries.
        max: usize,
    },
    /// A field is missing, or is not what it should be.
    #[error("{field} is missing or malformed")]
    Field {
        /// Its name.
        field: &'static str,
    },
    /// No currency has a rate that can be used.
    #[error("the answer has no rate that can be used")]
    NoRates,
}

impl TellError {
    /// Its name in rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong { .. } => "answer_too_long",
            Self::NotJson => "answer_not_json",
            Self::TooMany { .. } => "answer_too_many",
            Self::Field { .. } => "answer_field",
            Self::NoRates => "answer_no_rates",
        }
    }
}

/// Why an entry of an answer is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryFault {
    /// Its name is no currency, or no symbol.
    Code,
    /// It is told twice; which counts would be a guess.
    Twice,
    /// Nobody asked for it.
    NotAsked,
    /// It is no object.
    NotObject,
    /// It does not say which currency its price is in.
    Currency,
    /// A number of it is none.
    NotDecimal,
    /// A number of it is infinite, or not a number.
    NotFinite,
    /// A number of it has an exponent.
    Exponent,
    /// A number of it has too many digits.
    Digits,
    /// A rate is not more than zero, or that of the base is not one.
    Rate,
}

impl EntryFault {
    /// Its name in rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "bad_code",
            Self::Twice => "told_twice",
            Self::NotAsked => "not_asked",
            Self::NotObject => "not_object",
            Self::Currency => "bad_currency",
            Self::NotDecimal => DecimalError::NotDecimal.name(),
            Self::NotFinite => DecimalError::NotFinite.name(),
            Self::Exponent => DecimalError::Exponent.name(),
            Self::Digits => DecimalError::Digits.name(),
            Self::Rate => "bad_rate",
        }
    }
}

impl From<DecimalError> for EntryFault {
    fn from(error: DecimalError) -> Self {
        match error {
            DecimalError::NotDecimal => Self::NotDecimal,
            DecimalError::NotFinite => Self::NotFinite,
            DecimalError::Exponent => Self::Exponent,
            DecimalError::Digits => Self::Digits,
        }
    }
}

/// An entry that is left out. Which one is said where its name is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Why.
    pub fault: EntryFault,
    /// The currency or symbol.
    pub code: Option<String>,
}

/// What was told, and what of it is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    /// What can be used.
    pub told: T,
    /// What cannot, in the order of the answer.
    pub left_out: Vec<LeftOut>,
}

/// A field of an object, without those that are not read.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The entries of an object in their order, repeated names too.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Entries<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Vec<(String, &'de RawValue)>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Visitor).map(Self)
    }
}

/// Reads rates:
///
/// ```json
/// {"base": "USD", "asOf": "2026-11-30T03:00:00Z", "rates": {"EUR": "0.92", "JPY": 149.5}}
/// ```
///
/// Units of each currency for one of the base. Fields that are not named here are not
/// looked at. One at least can be used, or the stored ones are better.
///
/// # Errors
/// Why it is none.
pub fn parse_rates(body: &[u8]) -> Result<Told<Rates>, TellError> {
    let fields = read_json(body, RATES_BYTES_MAX)?;
    let base = text(&fields, "base").and_then(|text| Currency::parse(text).ok());
    let base = base.ok_or(TellError::Field { field: "base" })?;
    let as_of = text(&fields, "asOf").and_then(|text| time(&text));
    let as_of = as_of.ok_or(TellError::Field { field: "asOf" })?;
    let rates = fields.get("rates").and_then(|rates| serde_json::from_str(rates.get()).ok());
    let Entries(entries) = rates.ok_or(TellError::Field { field: "rates" })?;
    if entries.len() > CURRENCIES_MAX {
        return Err(TellError::TooMany { max: CURRENCIES_MAX });
    }
    let read = |(name, value): (String, &RawValue)| {
        let currency = Currency::parse(name).map_err(|_| (EntryFault::Code, None))?;
        match rate(value, currency == base) {
            Ok(units) => Ok((currency, units)),
            Err(fault) => Err((fault, Some(currency))),
        }
    };
    let (units, left_out) = gather(entries.into_iter().map(read));
    let told = Rates { base, as_of, units };
    if told.tells_nothing() { Err(TellError::NoRates) } else { Ok(Told { told, left_out }) }
}

fn rate(value: &RawValue, is_base: bool) -> Result<Decimal, EntryFault> {
    let units = Decimal::from_json(value)?.ok_or(EntryFault::NotDecimal)?;
    let is_rate = if is_base { units == Decimal::ONE } else { units.is_positive() };
    if is_rate { Ok(units) } else { Err(EntryFault::Rate) }
}

/// Reads quotes of the symbols that were asked for:
///
/// ```json
/// {"quotes": [{"symbol": "AAPL", "currency": "USD", "price": "189.95", "pe_ratio": 31.2}]}
/// ```
///
/// What is null or absent is missing. Fields that are not named here, nor by
/// [`Metric`], are not looked at. A symbol without an entry is not told of.
///
/// # Errors
/// Why it is none.
pub fn parse_quotes(
    asked: &BTreeSet<Symbol>,
    body: &[u8],
) -> Result<Told<BTreeMap<Symbol, Quote>>, TellError> {
    let fields = read_json(body, QUOTES_BYTES_MAX)?;
    let list = fields.get("quotes").and_then(|list| serde_json::from_str(list.get()).ok());
    let list: Vec<&RawValue> = list.ok_or(TellError::Field { field: "quotes" })?;
    if list.len() > QUOTES_MAX {
        return Err(TellError::TooMany { max: QUOTES_MAX });
    }
    let read = |value: &RawValue| {
        let fields: Fields<'_> =
            serde_json::from_str(value.get()).map_err(|_| (EntryFault::NotObject, None))?;
        let symbol = text(&fields, "symbol").and_then(|text| Symbol::parse(text).ok());
        let symbol = symbol.ok_or((EntryFault::Code, None))?;
        if !asked.contains(&symbol) {
            return Err((EntryFault::NotAsked, Some(symbol)));
        }
        match quote(&fields) {
            Ok(quote) => Ok((symbol, quote)),
            Err(fault) => Err((fault, Some(symbol))),
        }
    };
    let (told, left_out) = gather(list.into_iter().map(read));
    Ok(Told { told, left_out })
}

fn quote(fields: &Fields<'_>) -> Result<Quote, EntryFault> {
    let currency = text(fields, "currency").and_then(|text| Currency::parse(text).ok());
    let currency = currency.ok_or(EntryFault::Currency)?;
    let mut fundamentals = Fundamentals::default();
    for metric in Metric::ALL {
        if let Some(value) = fields.get(metric.name()) {
            fundamentals.set(metric, Decimal::from_json(value)?);
        }
    }
    Ok(Quote { currency, fundamentals })
}

/// Entries by their codes, of which none counts that is told twice.
fn gather<K, V>(
    read: impl Iterator<Item = Result<(K, V), (EntryFault, Option<K>)>>,
) -> (BTreeMap<K, V>, Vec<LeftOut>)
where
    K: Ord + Clone + ToString,
{
    let (mut told, mut seen, mut left_out) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    for entry in read {
        let (code, value) = match entry {
            Ok((code, value)) => (Some(code), Ok(value)),
            Err((fault, code)) => (code, Err(fault)),
        };
        let is_repeated = code.as_ref().is_some_and(|code| !seen.insert(code.clone()));
        let fault = match (code.clone(), value) {
            (Some(code), _) if is_repeated => {
                told.remove(&code);
                EntryFault::Twice
            }
            (Some(code), Ok(value)) => {
                told.insert(code, value);
                continue;
            }
            (_, Err(fault)) => fault,
            (None, Ok(_)) => EntryFault::Code,
        };
        left_out.push(LeftOut { fault, code: code.map(|code| code.to_string()) });
    }
    (told, left_out)
}

fn read_json(body: &[u8], max: usize) -> Result<Fields<'_>, TellError> {
    if body.len() > max {
        return Err(TellError::TooLong { max });
    }
    serde_json::from_slice(body).map_err(|_| TellError::NotJson)
}

fn text(fields: &Fields<'_>, field: &str) -> Option<String> {
    serde_json::from_str(fields.get(field)?.get()).ok()
}

/// Years of four digits, from 1970 on: every sum of times with these is in range.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    (1970..=9999).contains(&time.year()).then_some(time)
}
