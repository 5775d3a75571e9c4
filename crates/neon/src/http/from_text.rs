//! Values from the text that PostgreSQL writes. Pure.

use std::str::Chars;

use serde_json::Value;
use tokio_postgres::types::{Kind, Type};

use super::Bytea;

/// Elements of an array that are taken; PostgreSQL itself has no more in 1 GB.
const ELEMENTS_MAX: usize = 1 << 27;

/// A value that can be a column's.
pub trait FromText: Sized {
    /// Whether columns of this type hold such values.
    fn accepts(kind: &Type) -> bool;

    /// Reads what PostgreSQL writes; none if it is something else.
    fn from_text(text: &str) -> Option<Self>;

    /// The value of NULL, for those that have one.
    #[must_use]
    fn from_null() -> Option<Self> {
        None
    }
}

/// Types that are read as Rust reads them.
macro_rules! as_parsed {
    ($($type:ty: $($kind:ident)|+),*) => {
        $(impl FromText for $type {
            fn accepts(kind: &Type) -> bool {
                [$(Type::$kind),+].contains(kind)
            }

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        })*
    };
}

as_parsed!(
    i16: INT2, i32: INT4, i64: INT8, u32: OID, f32: FLOAT4, f64: FLOAT8, Value: JSON | JSONB
);

/// As PostgreSQL writes it: every type has a text.
impl FromText for String {
    fn accepts(_: &Type) -> bool {
        true
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FromText for bool {
    fn accepts(kind: &Type) -> bool {
        *kind == Type::BOOL
    }

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "t" => Some(true),
            "f" => Some(false),
            _ => None,
        }
    }
}

impl FromText for Bytea {
    fn accepts(kind: &Type) -> bool {
        *kind == Type::BYTEA
    }

    fn from_text(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("\\x")?.as_bytes();
        let nibble =
            |digit: &u8| char::from(*digit).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let byte = |pair: &[u8]| match pair {
            [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
            _ => None,
        };
        digits.chunks(2).map(byte).collect::<Option<_>>().map(Self)
    }
}

impl<T: FromText> FromText for Option<T> {
    fn accepts(kind: &Type) -> bool {
        T::accepts(kind)
    }

    fn from_text(text: &str) -> Option<Self> {
        T::from_text(text).map(Some)
    }

    fn from_null() -> Option<Self> {
        Some(None)
    }
}

/// An array of one dimension.
impl<T: FromText> FromText for Vec<T> {
    fn accepts(kind: &Type) -> bool {
        matches!(kind.kind(), Kind::Array(element) if T::accepts(element))
    }

    fn from_text(text: &str) -> Option<Self> {
        let value = |text: Option<String>| match text {
            Some(text) => T::from_text(&text),
            None => T::from_null(),
        };
        array(text)?.into_iter().map(value).collect()
    }
}

/// The elements of an array of one dimension, none for NULL; none at all if the text is
/// no such array.
#[must_use]
pub fn array(text: &str) -> Option<Vec<Option<String>>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    if inner.is_empty() {
        return Some(elements);
    }
    let mut rest = inner.chars();
    loop {
        let (element, is_last) = element(&mut rest)?;
        elements.push(element);
        if is_last {
            return Some(elements);
        }
        if elements.len() >= ELEMENTS_MAX {
            return None;
        }
    }
}

/// One element and the comma behind it, or the end.
fn element(rest: &mut Chars<'_>) -> Option<(Option<String>, bool)> {
    let mut text = String::new();
    let quoted = rest.as_str().starts_with('"');
    if quoted {
        rest.next();
        loop {
            match rest.next()? {
                '"' => break,
                '\\' => text.push(rest.next()?),
                other => text.push(other),
            }
        }
    }
    let is_last = loop {
        match rest.next() {
            None => break true,
            Some(',') => break false,
            // Behind a quote comes a comma; braces and quotes are quoted themselves.
            Some('{' | '}' | '"') => return None,
            Some(_) if quoted => return None,
            Some('\\') => text.push(rest.next()?),
            Some(other) => text.push(other),
        }
    };
    if !quoted && text.is_empty() {
        return None;
    }
    let is_null = !quoted && text == "NULL";
    Some(((!is_null).then_some(text), is_last))
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
