//! A request before it is sent.

use std::fmt::{Display, Write};

use serde_json::Value;

/// Most items of a page that the API gives.
pub(crate) const PAGE_MAX: usize = 100;

/// A request before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Request {
    /// Reads.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), query: Vec::new(), body: None }
    }

    /// Changes something.
    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: "POST", body: Some(body), ..Self::get(path) }
    }

    /// Changes some fields of something.
    pub(crate) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self { method: "PATCH", body: Some(body), ..Self::get(path) }
    }

    /// Ends something.
    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self { method: "DELETE", ..Self::get(path) }
    }

    /// With this parameter in its query, if it is there.
    pub(crate) fn with(mut self, name: &'static str, value: Option<impl Display>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    pub(super) const fn method(&self) -> &'static str {
        self.method
    }

    pub(super) const fn body(&self) -> Option<&Value> {
        self.body.as_ref()
    }

    pub(super) fn changes(&self) -> bool {
        self.method != "GET"
    }

    /// Path and query.
    pub(super) fn target(&self) -> String {
        let mut target = self.path.clone();
        for (n, (name, value)) in self.query.iter().enumerate() {
            target.push(if n == 0 { '?' } else { '&' });
            target.push_str(name);
            target.push('=');
            target.push_str(&escaped(value));
        }
        target
    }
}

/// A text as a segment of a path or a value of a query (RFC 3986, unreserved
/// characters as they are).
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else if write!(escaped, "%{byte:02X}").is_err() {
            // A String takes what is written to it.
            escaped.push('%');
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_escaped_and_absent_ones_left_out() {
        let request = Request::get("/a")
            .with("q", Some("ä b&c=/?"))
            .with("none", None::<&str>)
            .with("n", Some(5));
        assert_eq!(request.target(), "/a?q=%C3%A4%20b%26c%3D%2F%3F&n=5");
        assert_eq!(Request::get("/a").target(), "/a");
    }

    #[test]
    fn whatever_is_not_a_look_changes_something() {
        assert!(!Request::get("/").changes());
        for request in
            [Request::post("/", json!({})), Request::patch("/", json!({})), Request::delete("/")]
        {
            assert!(request.changes(), "{request:?}");
        }
    }
}
