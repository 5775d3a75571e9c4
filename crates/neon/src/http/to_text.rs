//! Parameters as PostgreSQL reads them from text. Pure.

use serde_json::Value;

use super::Bytea;

/// A value that can be a parameter.
pub trait ToText {
    /// Its text; none for NULL.
    fn to_text(&self) -> Option<String>;
}

/// Types whose `Display` PostgreSQL reads as it is.
macro_rules! as_displayed {
    ($($type:ty),*) => {
        $(impl ToText for $type {
            fn to_text(&self) -> Option<String> {
                Some(self.to_string())
            }
        })*
    };
}

as_displayed!(bool, i16, i32, i64, u32, str, String, Value);

/// Numbers that Rust and PostgreSQL write alike, but for the infinite ones.
macro_rules! as_float {
    ($($type:ty),*) => {
        $(impl ToText for $type {
            fn to_text(&self) -> Option<String> {
                let infinite = if self.is_sign_negative() { "-Infinity" } else { "Infinity" };
                Some(if self.is_infinite() { infinite.to_owned() } else { self.to_string() })
            }
        })*
    };
}

as_float!(f32, f64);

impl ToText for Bytea {
    fn to_text(&self) -> Option<String> {
        let mut text = String::with_capacity(2 + 2 * self.0.len());
        text.push_str("\\x");
        for byte in &self.0 {
            for digit in [byte >> 4, byte & 0xf] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        Some(text)
    }
}

impl<T: ToText> ToText for Option<T> {
    fn to_text(&self) -> Option<String> {
        self.as_ref().and_then(ToText::to_text)
    }
}

impl<T: ToText + ?Sized> ToText for &T {
    fn to_text(&self) -> Option<String> {
        (*self).to_text()
    }
}

/// An array of one dimension, as PostgreSQL has them.
impl<T: ToText> ToText for [T] {
    fn to_text(&self) -> Option<String> {
        let elements: Vec<String> = self.iter().map(|value| element(value.to_text())).collect();
        Some(format!("{{{}}}", elements.join(",")))
    }
}

impl<T: ToText> ToText for Vec<T> {
    fn to_text(&self) -> Option<String> {
        self.as_slice().to_text()
    }
}

/// Quoted always: so no text is taken for a NULL, a brace or a comma.
fn element(text: Option<String>) -> String {
    let Some(text) = text else { return "NULL".to_owned() };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}
