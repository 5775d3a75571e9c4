//! What was typed into a form is kept, whatever became of its session or its answer, and is
//! one act however often it is sent.

use serde_json::json;

use super::api::{
    COOKIE, HOST, OPERATOR, Told, form, moment, request, secrets, send, session, text,
};
use super::doors::{sign_in, stranger};
use super::hostile::FORMS;
use crate::csrf;
use crate::session::Session;

/// The value of the first field of this name.
fn field<'p>(page: &'p str, name: &str) -> &'p str {
    let named = format!("name=\"{name}\" value=\"");
    let rest = page.split(&named).nth(1).unwrap_or_else(|| panic!("{name} of {page}"));
    rest.split('"').next().unwrap()
}

#[test]
fn what_a_form_held_is_shown_again_and_not_sent() {
    let api = Told::with("z");
    let asked =
        stranger("POST", "/admin/cron/a/pause").header("referer", format!("{HOST}/admin/cron/a"));
    let page = send(&api, asked.body(b"csrf=x&once=y&note=because+%3Cb%3E".to_vec()).unwrap());
    assert_eq!(page.status(), 401);
    let page = text(&page);
    assert!(page.contains("name=\"kept\" value=\"once=y&amp;note=because+%3Cb%3E\""), "{page}");
    let kept = "action=%2Fadmin%2Fcron%2Fa%2Fpause&kept=note%3Dbecause%2B%253Cb%253E&return=%2Fadmin%2Fcron%2Fa";
    let resumed = text(&send(&api, sign_in(OPERATOR, kept)));
    assert!(
        resumed.contains("because &lt;b&gt;") && resumed.contains("action=\"/admin/cron/a/pause\"")
    );
    assert!(api.asked.borrow().iter().all(|asked| asked.method() == "GET"), "nothing was done");
    let elsewhere = "action=https%3A%2F%2Felsewhere.example%2F&kept=a%3Db";
    assert_eq!(send(&api, sign_in(OPERATOR, elsewhere)).headers()["location"], "/admin");
}

#[test]
fn a_form_of_a_session_before_is_shown_again_and_not_sent() {
    let api = Told::with("z");
    let asked = request("POST", "/admin/cron/a/pause", "csrf=00&once=y&note=because+%3Cb%3E");
    let page = send(&api, asked);
    assert_eq!(page.status(), 403);
    let shown = text(&page);
    assert!(shown.contains("Nothing was done"), "{shown}");
    assert!(shown.contains("name=\"note\" value=\"because &lt;b&gt;\""), "{shown}");
    assert!(
        shown.contains(&csrf::token(&secrets(), &session())) && !shown.contains("value=\"00\"")
    );
    assert!(api.asked.borrow().is_empty(), "nothing was done");
}

/// What one typed for an organization is not sent by another's key, nor by another operator's.
#[test]
fn a_form_of_somebody_else_is_shown_and_cannot_be_sent() {
    let operator = session().operator.unwrap().name;
    let organization = session().tenant.unwrap().organization.unwrap();
    for (whose, can_be_sent) in [
        (format!("{organization}\r\n{operator}"), true),
        (format!("\n{operator}"), true),
        (format!("{organization}\n"), true),
        (format!("org_other\r\n{operator}"), false),
        (format!("{organization}\r\nsomebody"), false),
    ] {
        let fields = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("csrf", "00"), ("once", "y"), ("note", "n"), ("whose", &whose)])
            .finish();
        let api = Told::with("z");
        let shown = text(&send(&api, request("POST", "/admin/cron/a/pause", &fields)));
        assert_eq!(shown.contains("Do it now"), can_be_sent, "{whose:?}: {shown}");
        assert_eq!(shown.contains("name=\"note\""), can_be_sent, "{whose:?}");
        assert!(shown.contains("<dt>note</dt><dd>n</dd>"), "{shown}");
        assert!(api.asked.borrow().is_empty(), "nothing was done");
    }
}

#[test]
fn what_is_too_long_to_be_kept_is_told_so() {
    let asked = stranger("POST", "/admin/scoring/config/factors");
    let long = format!("csrf=x&factor.0={}", "a".repeat(70_000));
    let page = text(&send(&Told::with("z"), asked.body(long.into_bytes()).unwrap()));
    assert!(page.contains("too long to be kept") && !page.contains("name=\"kept\""));
}

#[test]
fn what_was_done_before_its_session_ended_is_not_done_twice() {
    let api = Told::with("z");
    send(&api, request("POST", "/admin/cron/a/run", &form("reason=x")));
    // Its answer was lost, and the session ended before it was sent again.
    let asked = stranger("POST", "/admin/cron/a/run").body(form("reason=x").into_bytes()).unwrap();
    let kept = text(&send(&api, asked));
    let kept: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("action", field(&kept, "action"))
        .append_pair("kept", &field(&kept, "kept").replace("&amp;", "&"))
        .finish();
    let resumed = text(&send(&api, sign_in(OPERATOR, &kept)));
    let again = format!("once={}&reason={}", field(&resumed, "once"), field(&resumed, "reason"));
    let csrf = csrf::token(&secrets(), &session());
    send(&api, request("POST", "/admin/cron/a/run", &format!("csrf={csrf}&{again}")));
    let asked = api.asked.borrow();
    let acts: Vec<_> = asked.iter().filter(|asked| asked.method() == "POST").collect();
    assert_eq!(acts.len(), 2);
    assert_eq!(acts[0].headers()["idempotency-key"], acts[1].headers()["idempotency-key"]);
    assert_eq!(acts[0].body(), acts[1].body());
}

#[test]
fn a_form_whose_page_does_not_come_is_kept() {
    for (status, told) in [
        (403, "Nothing was done."),
        (429, "not done twice"),
        (500, "not done twice"),
        (503, "not done twice"),
    ] {
        for path in FORMS {
            let path = path.replace("{z}", "z");
            let fields = form("reason=because+%3Cb%3E&note=n&seen=%22s%22");
            let page = send(&Told::refusing(status, "z"), request("POST", &path, &fields));
            assert_eq!(page.status(), if status == 403 { 403 } else { 503 }, "{path}");
            let shown = text(&page);
            assert!(shown.contains(told), "{path}: {shown}");
            let again = shown.split(&format!("method=\"post\" action=\"{path}\"")).nth(1);
            let again = again.unwrap_or_else(|| panic!("{path} in {shown}"));
            assert_eq!(field(again, "once"), "1", "{path}");
            assert_eq!(field(again, "reason"), "because &lt;b&gt;", "{path}");
            assert_eq!(field(again, "seen"), "&quot;s&quot;", "{path}");
        }
    }
}

#[test]
fn who_signs_in_in_two_tabs_loses_nothing() {
    // Both tabs have the page to sign in on of the same session of nobody; the first signed in.
    let before = Session { id: "before".to_owned(), ..Session::fresh(&moment()) };
    let outdated = csrf::token(&secrets(), &before);
    let more = "action=%2Fadmin%2Fcron%2Fa%2Fpause&kept=once%3Dy%26note%3Dn&return=%2Fadmin%2Fcron";
    let second = format!("csrf={outdated}&key={OPERATOR}&{more}");
    let api = Told::with("z");
    let open_too_long = stranger("POST", "/admin/sign-in").body(second.clone().into_bytes());
    for asked in [request("POST", "/admin/sign-in", &second), open_too_long.unwrap()] {
        let page = send(&api, asked);
        assert_eq!(page.status(), 401);
        let shown = text(&page);
        assert!(shown.contains("Sign in once more."), "{shown}");
        assert_eq!(field(&shown, "action"), "/admin/cron/a/pause");
        assert_eq!(field(&shown, "kept"), "once=y&amp;note=n");
        assert_eq!(field(&shown, "return"), "/admin/cron");
    }
    assert!(api.asked.borrow().is_empty(), "nobody was signed in by a token of another session");
}

#[test]
fn a_form_of_a_session_that_ended_while_another_tab_asks_for_a_key_is_kept() {
    let nobody = Session::fresh(&moment()).seal(&secrets(), COOKIE, &moment());
    let asked = stranger("POST", "/admin/cron/a/pause")
        .header("cookie", format!("{COOKIE}={nobody}"))
        .body(b"csrf=00&once=1&note=n".to_vec());
    let page = send(&Told::with("z"), asked.unwrap());
    assert_eq!(page.status(), 401);
    assert_eq!(field(&text(&page), "kept"), "once=1&amp;note=n");
}

#[test]
fn a_key_that_nobody_can_look_up_loses_nothing() {
    let away = (503, json!({"status": 503}));
    let api = Told { without: Some("/api/v1/caller"), missing: away, ..Told::with("z") };
    let kept = "action=%2Fadmin%2Fcron%2Fa%2Fpause&kept=note%3Dn";
    let page = send(&api, sign_in(OPERATOR, kept));
    assert_eq!(page.status(), 503);
    let shown = text(&page);
    assert!(shown.contains("could not be looked up"), "{shown}");
    assert_eq!(field(&shown, "kept"), "note=n");
}
