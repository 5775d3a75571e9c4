//! Who comes in: signing in, returning, forms of others, and headers of every answer.

use http::Request;

use super::api::{
    COOKIE, HOST, OPERATOR, Told, console, form, moment, request, secrets, send, text,
};
use crate::csrf;
use crate::paths::returning;
use crate::serve::{Console, serve};
use crate::session::Session;
use futures::FutureExt;

/// A request without a session.
pub(super) fn stranger(method: &str, path: &str) -> http::request::Builder {
    let request = Request::builder().method(method).uri(format!("{HOST}{path}"));
    request.header("sec-fetch-site", "same-origin").header("origin", HOST)
}

/// The sign-in form of somebody with a cookie.
pub(super) fn sign_in(key: &str, more: &str) -> Request<Vec<u8>> {
    let session = Session::fresh(&moment());
    let token = csrf::token(&secrets(), &session);
    let cookie = session.seal(&secrets(), COOKIE, &moment());
    let request =
        stranger("POST", "/admin/sign-in").header("cookie", format!("a=b; {COOKIE}={cookie}"));
    request.body(format!("csrf={token}&key={key}&{more}").into_bytes()).unwrap()
}

#[test]
fn every_answer_has_strict_headers() {
    let api = Told::with("z");
    let requests = [
        request("GET", "/admin", ""),
        request("GET", "/admin/nowhere", ""),
        request("POST", "/admin/cron/a/run", "csrf=wrong"),
        request("DELETE", "/admin", ""),
        stranger("GET", "/elsewhere").body(Vec::new()).unwrap(),
        stranger("GET", "/admin/cron").body(Vec::new()).unwrap(),
        request("POST", "/admin/cron/a/run", &form("reason=x")),
    ];
    let statuses = [200, 404, 403, 405, 404, 401, 303];
    for (request, status) in requests.into_iter().zip(statuses) {
        let response = send(&api, request);
        assert_eq!(response.status(), status);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(
            header("content-security-policy").starts_with("default-src 'none'; script-src 'self';")
        );
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
    }
}

#[test]
fn who_signs_in_goes_on_where_they_were() {
    let answer = send(&Told::with("z"), sign_in(OPERATOR, "return=%2Fadmin%2Fcron%2Fa%3Fb%3Dc"));
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()["location"], "/admin/cron/a?b=c");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-mauntic="));
    for word in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=28800"] {
        assert!(cookie.contains(word), "{word}");
    }
    let value = cookie.split(['=', ';']).nth(1).unwrap();
    let session = Session::open(value, &secrets(), COOKIE, &moment()).unwrap();
    assert_eq!(session.operator.unwrap().key, OPERATOR);
    assert!(session.tenant.is_none());
}

#[test]
fn nobodys_key_opens_nothing() {
    for key in ["mk_nobody", "", "%20", "a%20b", "a%0Ab", "%C3%A9", &"k".repeat(300)] {
        let answer = send(&Told::with("z"), sign_in(key, ""));
        assert_eq!(answer.status(), 422, "{key}");
        assert!(text(&answer).contains("aria-invalid=\"true\""));
    }
}

#[test]
fn one_returns_nowhere_else() {
    for stranger in [
        "https://elsewhere.example/",
        "//elsewhere.example/admin",
        "/admin.elsewhere.example",
        "/administer",
        "/admin\\@elsewhere.example",
        "/admin/\n",
        "/admin/ x",
        "javascript:alert(1)",
        "/api/v1/caller",
        "",
    ] {
        assert_eq!(returning(Some(stranger)), "/admin", "{stranger:?}");
    }
    for ours in ["/admin", "/admin/", "/admin?a=b", "/admin/cron/a%20b?c=d"] {
        assert_eq!(returning(Some(ours)), ours);
    }
}

#[test]
fn a_form_of_others_does_nothing() {
    let sent = |change: fn(http::request::Builder) -> http::request::Builder, body: &str| {
        let api = Told::with("z");
        let cookie = request("GET", "/admin", "").headers()["cookie"].clone();
        let asked = Request::builder().method("POST").uri(format!("{HOST}/admin/cron/a/run"));
        let asked = change(asked.header("cookie", cookie)).body(body.as_bytes().to_vec()).unwrap();
        let status = send(&api, asked).status().as_u16();
        (status, api.asked.borrow().len())
    };
    let ours = form("");
    assert_eq!(sent(|r| r.header("origin", HOST), &ours), (303, 1));
    assert_eq!(sent(|r| r.header("sec-fetch-site", "same-origin"), &ours), (303, 1));
    assert_eq!(sent(|r| r, &ours), (403, 0));
    assert_eq!(sent(|r| r.header("origin", "https://elsewhere.example"), &ours), (403, 0));
    assert_eq!(sent(|r| r.header("origin", "null"), &ours), (403, 0));
    assert_eq!(sent(|r| r.header("sec-fetch-site", "cross-site"), &ours), (403, 0));
    assert_eq!(
        sent(|r| r.header("sec-fetch-site", "same-site").header("origin", HOST), &ours),
        (403, 0)
    );
    for body in ["", "csrf=", "csrf=00", "once=1"] {
        assert_eq!(sent(|r| r.header("origin", HOST), body), (403, 0), "{body}");
    }
}

#[test]
fn who_was_led_here_by_another_site_comes_once_more() {
    let asked =
        Request::builder().uri(format!("{HOST}/admin/cron")).header("sec-fetch-site", "cross-site");
    let page = send(&Told::with("z"), asked.body(Vec::new()).unwrap());
    assert_eq!(page.status(), 200);
    assert!(text(&page).contains("http-equiv=\"refresh\" content=\"0\""));
}

#[test]
fn a_key_that_was_revoked_ends_the_session() {
    let page = send(&Told::refusing(401, "unauthenticated"), request("GET", "/admin/cron", ""));
    assert_eq!(page.status(), 401);
    assert!(text(&page).contains("name=\"return\" value=\"/admin/cron\""));
}

#[test]
fn a_page_whose_database_is_away_asks_again() {
    let page =
        send(&Told::refusing(503, "database_unavailable"), request("GET", "/admin/cron", ""));
    assert_eq!(page.status(), 503);
    assert_eq!(page.headers()["retry-after"], "10");
    assert!(text(&page).contains("http-equiv=\"refresh\" content=\"10\""));
}

#[test]
fn without_a_secret_nobody_signs_in() {
    let console = Console { secrets: None, ..console() };
    let asked = request("GET", "/admin", "");
    let page = serve(&console, &Told::with("z"), asked, moment()).now_or_never().unwrap();
    assert_eq!(page.status(), 500);
    assert!(text(&page).contains("SESSION_SECRET"));
}

#[test]
fn on_this_machine_the_cookie_needs_no_https() {
    for (host, name) in [
        ("http://127.0.0.1:8787", "mauntic-local="),
        ("http://elsewhere.example", "__Host-mauntic="),
    ] {
        let asked =
            Request::builder().uri(format!("{host}/admin/sign-in")).body(Vec::new()).unwrap();
        let page = send(&Told::with("z"), asked);
        let cookie = page.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.starts_with(name), "{cookie}");
    }
}

#[test]
fn a_link_prepares_no_act() {
    let path = "/admin/sign-in?return=%2Fadmin%2Fcron&action=%2Fadmin%2Fdead-letters%2Freplay&kept=limit%3D5";
    let page = send(&Told::with("z"), stranger("GET", path).body(Vec::new()).unwrap());
    let shown = text(&page);
    assert!(shown.contains("name=\"return\" value=\"/admin/cron\""), "{shown}");
    assert!(!shown.contains("dead-letters") && !shown.contains("kept"), "{shown}");
}
