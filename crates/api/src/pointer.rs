//! JSON pointers (RFC 6901) to what is wrong in a request.

use serde_path_to_error::{Path, Segment};

/// Most characters of a pointer that are shown. Names of ours have up to 64,
/// so that real pointers fit; a hostile key may be as long as the body.
const POINTER_CHARS_MAX: usize = 256;

/// A pointer into a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pointer(String);

impl Pointer {
    /// The whole document.
    pub(crate) const fn root() -> Self {
        Self(String::new())
    }

    /// The place that a pointer in writing names.
    pub(crate) fn written(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// One of its fields.
    pub(crate) fn field(&self, name: &str) -> Self {
        let mut text = self.0.clone();
        text.push('/');
        for character in name.chars() {
            match character {
                '~' => text.push_str("~0"),
                '/' => text.push_str("~1"),
                other => text.push(other),
            }
        }
        Self(text)
    }

    /// One of its items.
    pub(crate) fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// What the deserializer was reading, seen from here.
    pub(crate) fn path(&self, path: &Path) -> Self {
        path.iter().fold(self.clone(), |at, segment| match segment {
            Segment::Seq { index } => at.item(*index),
            Segment::Map { key } => at.field(key),
            // A variant is a value, not a place; unknown says nothing.
            Segment::Enum { .. } | Segment::Unknown => at,
        })
    }

    /// As shown.
    pub(crate) fn shown(&self) -> String {
        if self.0.chars().count() <= POINTER_CHARS_MAX {
            return self.0.clone();
        }
        let mut text: String = self.0.chars().take(POINTER_CHARS_MAX).collect();
        text.push('…');
        text
    }
}

/// What a value must be, from what the deserializer said of it. Only the
/// expectation is kept: the rest repeats the value, which may be private, long
/// or hostile.
pub(crate) fn expectation(message: &str) -> String {
    let expected = message
        .rsplit_once(", expected ")
        .map(|(_, expected)| expected)
        .or_else(|| message.strip_prefix("expected "));
    match expected {
        Some("u32") => format!("must be a whole number from 0 to {}", u32::MAX),
        Some("string or map") => "must be a string".to_owned(),
        Some("a boolean") => "must be true or false".to_owned(),
        Some(expected) => format!("must be {expected}"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_escaped_and_bounded() {
        let root = Pointer::root();
        assert_eq!(root.shown(), "");
        assert_eq!(root.field("a/b").field("~").item(3).shown(), "/a~1b/~0/3");
        assert_eq!(root.field("").shown(), "/");
        let long = root.field(&"é".repeat(1_000)).shown();
        assert_eq!(long.chars().count(), POINTER_CHARS_MAX + 1);
    }

    #[test]
    fn an_expectation_never_repeats_the_value() {
        for (message, expected) in [
            (
                "invalid type: string \"secret, expected x\", expected a boolean",
                "must be true or false",
            ),
            (
                "unknown variant `secret`, expected one of `smb`, `mid`",
                "must be one of `smb`, `mid`",
            ),
            (
                "invalid value: integer `-1`, expected u32",
                "must be a whole number from 0 to 4294967295",
            ),
            ("expected true, false or a number", "must be true, false or a number"),
            ("must have at most 4 decimals", "must have at most 4 decimals"),
        ] {
            assert_eq!(expectation(message), expected);
        }
    }
}
