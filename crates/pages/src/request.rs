//! A request as pages read it: a path of ours, and pairs of a query or a form.

use http::header::{COOKIE, HeaderName};
use http::{Method, Request};

use crate::paths::ROOT;

/// Most bytes of a form. The longest is a scoring configuration: 1,000 rows of at most 64
/// bytes of a name, 100 of the names of its fields, and their other values.
pub const FORM_BYTES_MAX: usize = 256 * 1024;

/// Names and values of a query or a form, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads `a=b&c=d`; bytes that are no UTF-8 become the sign for that.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// These.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The first value of this name, without white space around it; empty is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(of, _)| of == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A request.
#[derive(Debug)]
pub(crate) struct Asked {
    /// GET, HEAD or POST; others are refused before.
    pub(crate) method: Method,
    /// What follows `/admin/`, in segments, percent-decoded.
    pub(crate) segments: Vec<String>,
    /// The path and query as they came: where a session's end returns to.
    pub(crate) here: String,
    /// The query.
    pub(crate) query: Pairs,
    /// The form; empty unless this is a post.
    pub(crate) form: Pairs,
}

impl Asked {
    /// Reads a request; none where its path is not the console's.
    pub(crate) fn of(request: &Request<Vec<u8>>) -> Option<Self> {
        let uri = request.uri();
        let rest = uri.path().strip_prefix(ROOT)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let decode = |segment: &str| {
            percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
        };
        let segments = rest.split('/').filter(|segment| !segment.is_empty()).map(decode);
        let is_post = request.method() == Method::POST;
        let form = if is_post { Pairs::parse(request.body()) } else { Pairs::default() };
        Some(Self {
            method: request.method().clone(),
            segments: segments.collect(),
            here: uri.path_and_query().map_or(ROOT, |path| path.as_str()).to_owned(),
            query: Pairs::parse(uri.query().unwrap_or_default().as_bytes()),
            form,
        })
    }
}

/// The value of a cookie that a browser sent.
pub(crate) fn cookie<'r>(request: &'r Request<Vec<u8>>, name: &str) -> Option<&'r str> {
    let lines = request.headers().get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(of, _)| *of == name).map(|(_, value)| value)
}

/// A header as text.
pub(crate) fn header(request: &Request<Vec<u8>>, name: &HeaderName) -> Option<String> {
    request.headers().get(name)?.to_str().ok().map(str::to_owned)
}
