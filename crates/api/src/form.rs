//! The fields of a body, read strictly and whole: one answer names every field
//! that is not known or not valid. `null` is as good as absent.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::faults::{Faults, Part};
use crate::fields::object;
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::source::Source;

/// A body's fields, taken one by one.
pub(crate) struct Form {
    fields: Map<String, Value>,
    at: Pointer,
    faults: Faults,
}

impl Form {
    /// The fields of a body; each must be one of `names`.
    pub(crate) fn of(fields: Map<String, Value>, names: &[&str]) -> Self {
        Self::within(fields, Pointer::root(), Faults::of(Part::Body), names)
    }

    fn within(fields: Map<String, Value>, at: Pointer, faults: Faults, names: &[&str]) -> Self {
        let mut form = Self { fields, at, faults };
        for name in form.fields.keys().filter(|name| !names.contains(&name.as_str())) {
            let known = format!("is not known here; known are {}", names.join(", "));
            form.faults.add(&form.at.field(name), known);
        }
        form
    }

    /// Reads an object inside by the same rules; `None` where there is none.
    pub(crate) fn inner<T>(
        &mut self,
        name: &'static str,
        names: &[&str],
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let value = self.value(name)?;
        let at = self.at.field(name);
        object(&value, &at, &mut self.faults);
        let Value::Object(fields) = value else { return None };
        let faults = std::mem::replace(&mut self.faults, Faults::of(Part::Body));
        let mut inner = Self::within(fields, at, faults, names);
        let found = read(&mut inner);
        self.faults = inner.faults;
        Some(found)
    }

    /// Reads a list of at most `max` objects by the same rules.
    pub(crate) fn items<T>(
        &mut self,
        name: &'static str,
        max: usize,
        names: &[&str],
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Vec<T> {
        let Some(Value::Array(values)) = self.value(name) else {
            self.fault(name, format!("must be a list of at most {max} objects"));
            return Vec::new();
        };
        if values.len() > max {
            self.fault(name, format!("must have at most {max} items, has {}", values.len()));
            return Vec::new();
        }
        let list = self.at.field(name);
        let mut items = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            let at = list.item(index);
            object(&value, &at, &mut self.faults);
            let Value::Object(fields) = value else { continue };
            let faults = std::mem::replace(&mut self.faults, Faults::of(Part::Body));
            let mut inner = Self::within(fields, at, faults, names);
            items.extend(read(&mut inner));
            self.faults = inner.faults;
        }
        items
    }

    /// Reads a list of at most `max` texts, each with its place.
    pub(crate) fn texts<T>(
        &mut self,
        name: &'static str,
        max: usize,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<(T, Pointer)> {
        let Some(Value::Array(values)) = self.value(name) else {
            self.fault(name, format!("must be a list of at most {max} strings"));
            return Vec::new();
        };
        if values.len() > max {
            self.fault(name, format!("must have at most {max} items, has {}", values.len()));
            return Vec::new();
        }
        let list = self.at.field(name);
        let mut items = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let at = list.item(index);
            let parsed = value.as_str().map_or(Err("must be a string".to_owned()), &parse);
            match parsed {
                Ok(item) => items.push((item, at)),
                Err(message) => self.faults.add(&at, message),
            }
        }
        items
    }

    /// Where a field stands.
    pub(crate) fn at(&self, name: &str) -> Pointer {
        self.at.field(name)
    }

    /// What `parse` reads, which is needed.
    pub(crate) fn parse<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(name).unwrap_or_default();
        let parsed = parse(&value);
        if parsed.is_none() {
            self.fault(name, format!("must be {expected}"));
        }
        parsed
    }

    /// The same where it may be absent.
    pub(crate) fn parse_if<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        if self.has(name) { self.parse(name, expected, parse) } else { None }
    }

    /// True or false.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.value(name)?;
        let flag = value.as_bool();
        if flag.is_none() {
            self.fault(name, "must be true or false".to_owned());
        }
        flag
    }

    /// A whole number of the range.
    pub(crate) fn number(&mut self, name: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.value(name)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (min, max) = (range.start(), range.end());
            self.fault(name, format!("must be a whole number from {min} to {max}"));
        }
        number
    }

    /// Whether it was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|value| !value.is_null())
    }

    /// Fails if anything was wrong.
    pub(crate) fn done(self) -> Result<(), Problem> {
        self.faults.check()
    }
}

impl Source for Form {
    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.fault(name, "must be a string".to_owned());
                None
            }
        }
    }

    fn value(&mut self, name: &'static str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    fn fault(&mut self, name: &str, message: String) {
        self.faults.add(&self.at.field(name), message);
    }
}
