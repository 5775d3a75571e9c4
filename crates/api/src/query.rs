//! The query of an operator's request, read strictly and whole: one answer
//! names every parameter that is not known, not valid or given too often.

use std::collections::BTreeMap;

use axum::extract::Query as Pairs;
use axum::http::Uri;

use crate::faults::{Faults, Part};
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::source::Source;

/// A query's parameters, taken one by one.
pub(crate) struct Query {
    values: BTreeMap<&'static str, Vec<String>>,
    faults: Faults,
}

impl Query {
    /// Splits a query: each of `once` is given at most once, each of `lists` as
    /// often as one likes, and no others.
    pub(crate) fn of(uri: &Uri, once: &[&'static str], lists: &[&'static str]) -> Self {
        let mut query = Self { values: BTreeMap::new(), faults: Faults::of(Part::Query) };
        let Ok(Pairs(pairs)) = Pairs::<Vec<(String, String)>>::try_from_uri(uri) else {
            query.faults.add(&Pointer::root(), "must be name=value pairs joined by &");
            return query;
        };
        let known: Vec<&'static str> = once.iter().chain(lists).copied().collect();
        for (name, value) in pairs {
            let at = Pointer::root().field(&name);
            let Some(name) = known.iter().copied().find(|known| *known == name) else {
                let known = format!("is not known here; known are {}", known.join(", "));
                query.faults.add(&at, known);
                continue;
            };
            let values = query.values.entry(name).or_default();
            if value.contains('\0') {
                query.faults.add(&at, "must not contain the character U+0000");
            } else if once.contains(&name) && !values.is_empty() {
                query.faults.add(&at, "must be given once");
            } else {
                values.push(value);
            }
        }
        query
    }

    /// What decides which lines a list has: every parameter but the place in it.
    pub(crate) fn scope(&self) -> String {
        let deciding = self.values.iter().filter(|(name, _)| !["cursor", "limit"].contains(name));
        // Quoted, so that no value can look like another parameter.
        deciding.map(|(name, values)| format!(" {name}={values:?}")).collect()
    }

    /// The items of a list parameter: repeated, joined by commas, or both.
    pub(crate) fn items<T>(
        &mut self,
        name: &'static str,
        max: usize,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let values = self.values.remove(name).unwrap_or_default();
        let texts: Vec<&str> = values.iter().flat_map(|value| value.split(',')).collect();
        if texts.len() > max {
            let found = texts.len();
            self.fault(name, format!("must have at most {max} items, has {found}"));
            return Vec::new();
        }
        let items: Option<Vec<T>> = texts.into_iter().map(parse).collect();
        items.unwrap_or_else(|| {
            self.fault(name, format!("must be {expected}; several are joined by commas"));
            Vec::new()
        })
    }

    /// A text that `parse` reads.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.take(name)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.fault(name, format!("must be {expected}"));
        }
        parsed
    }

    /// A whole number of the range.
    pub(crate) fn number(&mut self, name: &'static str, min: u16, max: u16) -> Option<u16> {
        let expected = format!("a whole number from {min} to {max}");
        self.parsed(name, &expected, |text| {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = is_plain.then(|| text.parse().ok()).flatten();
            number.filter(|number| (min..=max).contains(number))
        })
    }

    /// Whether it was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The problem of all faults so far.
    pub(crate) fn problem(self) -> Problem {
        self.faults.problem()
    }

    /// The problem of this fault and all before it.
    pub(crate) fn refuse(mut self, name: &str, message: String) -> Problem {
        self.fault(name, message);
        self.problem()
    }

    /// Fails if anything was wrong; else takes what is found out later.
    pub(crate) fn so_far(self) -> Result<Self, Problem> {
        if self.faults.is_empty() { Ok(self) } else { Err(self.problem()) }
    }

    /// Fails if anything was wrong.
    pub(crate) fn done(self) -> Result<(), Problem> {
        self.faults.check()
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)?.into_iter().next()
    }
}

impl Source for Query {
    fn text(&mut self, name: &'static str) -> Option<String> {
        self.take(name)
    }

    fn value(&mut self, name: &'static str) -> Option<serde_json::Value> {
        self.parsed(name, "JSON", |text| serde_json::from_str(text).ok())
    }

    fn fault(&mut self, name: &str, message: String) {
        self.faults.add(&Pointer::root().field(name), message);
    }
}
