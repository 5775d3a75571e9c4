//! An API that answers from a table, and a browser that asks pages.

use std::cell::RefCell;

use chrono::DateTime;
use futures::FutureExt;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::answers::answer;
use crate::client::Api;
use crate::layout::Assets;
use crate::moment::Moment;
use crate::serve::{Console, serve};
use crate::session::{Holder, Secrets, Session};

/// An operator's key, and an organization's.
pub(super) const OPERATOR: &str = "operator";
pub(super) const TENANT: &str = "tenant";

const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(super) const HOST: &str = "https://console.example";
pub(super) const COOKIE: &str = "__Host-mauntic";

/// Statuses by which acts are refused, while pages are read.
const OF_ACTS: [u16; 4] = [400, 409, 412, 422];

/// Answers every route; every text of an answer is this one.
pub(super) struct Told<'t> {
    pub(super) text: &'t str,
    /// In place of every answer.
    pub(super) refusal: Option<(u16, Value)>,
    /// The path of a route that answers otherwise than the rest, and how.
    pub(super) without: Option<&'t str>,
    pub(super) missing: (u16, Value),
    pub(super) asked: RefCell<Vec<Request<Vec<u8>>>>,
}

impl<'t> Told<'t> {
    pub(super) fn with(text: &'t str) -> Self {
        let missing = (404, json!({"status": 404, "detail": "There is none."}));
        Self { text, refusal: None, without: None, missing, asked: RefCell::default() }
    }

    pub(super) fn refusing(status: u16, code: &str) -> Self {
        let problem = json!({"status": status, "code": code, "title": "A title", "detail": "A detail.",
            "requestId": "r-1", "retryable": true, "errors": [{"in": "body", "pointer": "/note", "message": "must say why"}]});
        Self { refusal: Some((status, problem)), ..Self::with("z") }
    }
}

impl Api for Told<'_> {
    async fn call(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, String> {
        let key = request.headers().get("authorization").unwrap().to_str().unwrap().to_owned();
        let path = request.uri().path().to_owned();
        let is_read = request.method() == "GET";
        self.asked.borrow_mut().push(request);
        let (status, body) = if self.without == Some(path.as_str()) {
            self.missing.clone()
        } else if path == "/api/v1/caller" {
            match key.strip_prefix("Bearer ").unwrap() {
                OPERATOR => {
                    (200, json!({"name": "k-1", "organizationId": null, "scopes": ["operate"]}))
                }
                TENANT => (
                    200,
                    json!({"name": "k-2", "organizationId": "org_1", "scopes": ["read", "write"]}),
                ),
                _ => (401, json!({"code": "unauthenticated", "status": 401})),
            }
        } else if let Some(refusal) =
            self.refusal.clone().filter(|(status, _)| !is_read || !OF_ACTS.contains(status))
        {
            refusal
        } else {
            answer(&path, is_read, self.text)
                .map_or((404, json!({"detail": path})), |body| (200, body))
        };
        let mut response = Response::new(body.to_string().into_bytes());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Ok(response)
    }
}

pub(super) fn moment() -> Moment {
    Moment { now: DateTime::from_timestamp(1_800_000_000, 0).unwrap(), random: [7; 32] }
}

pub(super) fn secrets() -> Secrets {
    Secrets::parse(SECRET).unwrap()
}

pub(super) fn console() -> Console {
    let assets = Assets { style: "/admin/assets/a.css", script: "/admin/assets/a.js" };
    Console { assets, secrets: Some(secrets()) }
}

/// Somebody signed in with both kinds of keys, who may do all.
pub(super) fn session() -> Session {
    session_of(&["operate"], &["read", "write"])
}

/// Somebody signed in with an operator's key and an organization's of these scopes.
pub(super) fn session_of(operates: &[&str], owns: &[&str]) -> Session {
    let holder = |key: &str, organization: Option<&str>, scopes: &[&str]| Holder {
        key: key.to_owned(),
        name: key.to_owned(),
        organization: organization.map(str::to_owned),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
    };
    let session = Session::fresh(&moment());
    let session = session.with(holder(OPERATOR, None, operates), &moment());
    session.with(holder(TENANT, Some("org_1"), owns), &moment())
}

/// A request of who may do all.
pub(super) fn request(method: &str, path: &str, body: &str) -> Request<Vec<u8>> {
    request_of(&session(), method, path, body)
}

/// A request of a session.
pub(super) fn request_of(
    session: &Session,
    method: &str,
    path: &str,
    body: &str,
) -> Request<Vec<u8>> {
    let cookie = session.seal(&secrets(), COOKIE, &moment());
    let request = Request::builder().method(method).uri(format!("{HOST}{path}"));
    let request = request.header("cookie", format!("{COOKIE}={cookie}"));
    let request = request.header("sec-fetch-site", "same-origin").header("origin", HOST);
    request.body(body.as_bytes().to_vec()).unwrap()
}

/// A form with what every form has.
pub(super) fn form(fields: &str) -> String {
    format!("csrf={}&once=1&{fields}", crate::csrf::token(&secrets(), &session()))
}

/// Sends it.
pub(super) fn send(api: &Told<'_>, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
    // Nothing waits: the API answers at once.
    serve(&console(), api, request, moment()).now_or_never().unwrap()
}

pub(super) fn text(response: &Response<Vec<u8>>) -> String {
    String::from_utf8(response.body().clone()).unwrap()
}
