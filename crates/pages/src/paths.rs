//! Addresses: of pages, and of the API's routes. Whatever is put into one is escaped.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What every page's path begins with, so that a host can be shared with the API.
pub(crate) const ROOT: &str = "/admin";

/// What stands unescaped in a segment (RFC 3986, 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Longest return path, as the longest search has.
const RETURN_CHARS_MAX: usize = 6_000;

/// A text as one segment of a path. Dots alone are folders, escaped too (WHATWG URL, 4.1): such
/// a text becomes one that names nothing.
pub(crate) fn segment(text: &str) -> String {
    match text {
        "." => "%252E".to_owned(),
        ".." => "%252E%252E".to_owned(),
        text => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}

/// A path with a query of those pairs that have a value.
pub(crate) fn with_query<'p>(
    path: &str,
    pairs: impl IntoIterator<Item = (&'p str, Option<&'p str>)>,
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// A path of ours to return to, or the first page: what names another host, or is no path
/// of the console, leads nowhere else.
pub(crate) fn returning(text: Option<&str>) -> &str {
    let is_ours = |text: &&str| {
        let rest = text.strip_prefix(ROOT);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && text.len() <= RETURN_CHARS_MAX
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    text.filter(is_ours).unwrap_or(ROOT)
}
