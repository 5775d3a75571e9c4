//! Whatever stands in the database, a page shows it as text: with any text at all a page has
//! the very elements and attributes that it has with a harmless one, and leads nowhere else.

use proptest::prelude::*;

use super::api::{Told, form, request, send, text};

/// Every page. A new one is added here.
pub(super) const PAGES: [&str; 25] = [
    "/admin",
    "/admin/cron",
    "/admin/cron/{z}",
    "/admin/runs",
    "/admin/runs?schedule={z}",
    "/admin/runs/{z}",
    "/admin/jobs?queue={z}&state={z}&type={z}&payload={z}&cursor={z}",
    "/admin/jobs/{z}",
    "/admin/dead-letters?queue={z}&fingerprint={z}",
    "/admin/dead-letters/{z}",
    "/admin/replays/{z}",
    "/admin/audit?actor={z}&outcome={z}",
    "/admin/analytics?from={z}&to={z}",
    "/admin/reference",
    "/admin/reference/{z}",
    "/admin/overnight",
    "/admin/overnight/{z}",
    "/admin/overnight/{z}?fate={z}",
    "/admin/overnight/{z}/replay",
    "/admin/scoreboards",
    "/admin/scoreboards/{z}?kind={z}&member={z}",
    "/admin/scoreboards/{z}/ledger?organizationId={z}",
    "/admin/scoring",
    "/admin/scoring/contacts/{z}?asOf={z}",
    "/admin/scoring/config",
];

/// Every form that shows a page, rather than leading to one.
pub(super) const FORMS: [&str; 14] = [
    "/admin/cron/{z}/run",
    "/admin/cron/{z}/pause",
    "/admin/runs/{z}/cancel",
    "/admin/jobs/{z}/cancel",
    "/admin/dead-letters/try",
    "/admin/dead-letters/replay",
    "/admin/dead-letters/{z}/replay",
    "/admin/dead-letters/{z}/discard",
    "/admin/replays/{z}/cancel",
    "/admin/breakers/{z}/reset",
    "/admin/scoreboards/{z}/rebuild",
    "/admin/scoring/alerts/{z}/acknowledge",
    "/admin/scoring/config/factors",
    "/admin/scoring/config/publish",
];

/// What a document is made of: names of elements and attributes, in their order, and the
/// values of those that lead somewhere.
fn made_of(html: &str) -> (Vec<String>, Vec<String>) {
    let (mut names, mut targets, mut rest) = (Vec::new(), Vec::new(), html);
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find([' ', '>']).expect("an element ends");
        names.push(rest[..end].to_owned());
        rest = &rest[end..];
        loop {
            rest = rest.trim_start_matches(' ');
            if let Some(after) = rest.strip_prefix('>') {
                rest = after;
                break;
            }
            let end = rest.find(['=', ' ', '>']).expect("an attribute ends");
            let name = rest[..end].to_owned();
            rest = &rest[end..];
            if let Some(value) = rest.strip_prefix("=\"") {
                let end = value.find('"').expect("a value ends");
                if ["href", "src", "action", "formaction", "data-here"].contains(&name.as_str()) {
                    targets.push(value[..end].to_owned());
                }
                rest = &value[end + 1..];
            }
            names.push(format!("@{name}"));
        }
    }
    (names, targets)
}

fn is_ours(target: &str) -> bool {
    target.is_empty()
        || target.starts_with('#')
        || target.starts_with("data:image/svg+xml,")
        || (target.starts_with("/admin") && !target.contains(['\n', '\r', '<']))
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// A page with that text everywhere, asked for by it too.
fn page(path: &str, z: &str) -> String {
    let path = path.replace("{z}", &escaped(z));
    let page = send(&Told::with(z), request("GET", &path, ""));
    assert_eq!(page.status(), 200, "{path}");
    text(&page)
}

/// The page that a refused form shows.
fn refused(path: &str, z: &str) -> String {
    let path = path.replace("{z}", &escaped(z));
    let problem = serde_json::json!({"status": 422, "code": z, "title": z, "detail": z, "requestId": z,
        "errors": [{"pointer": "/note", "message": z}, {"pointer": "/reason", "message": z},
            {"pointer": "/entries/0/weight", "message": z}], "holder": z});
    let told = Told { refusal: Some((422, problem)), ..Told::with(z) };
    let z = escaped(z);
    let body = form(&format!(
        "note={z}&reason={z}&data={z}&canary={z}&queue={z}&factor.0={z}&weight.0={z}&seen={z}"
    ));
    text(&send(&told, request("POST", &path, &body)))
}

fn assert_is_text(of: impl Fn(&str) -> String, what: &str, z: &str) {
    let (with, targets) = made_of(&of(z));
    let (without, _) = made_of(&of("zz"));
    assert_eq!(with, without, "{what} with {z:?}");
    assert!(with.len() > 60, "{what}: {} names", with.len());
    let strangers: Vec<_> = targets.iter().filter(|target| !is_ours(target)).collect();
    assert!(strangers.is_empty(), "{what} leads to {strangers:?}");
}

/// Texts that somebody would try, and any others. They begin and end with a letter, because
/// what is empty or ends in white space is cut, and may be left out, rightly.
fn texts() -> impl Strategy<Value = String> {
    let tried = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "javascript:alert(1)",
        "</textarea><script>alert(1)</script>",
        "</title><svg onload=alert(1)>",
        "//elsewhere.example/",
        "\u{0}\u{1}\u{7f}\u{202e}\u{2028}\r\nSet-Cookie: a=b",
        "<!--",
        "]]>",
        "&lt;script&gt;",
        "{{constructor}}",
        "../../..",
        "%3Cscript%3E",
    ];
    let tried = prop::sample::select(tried.to_vec()).prop_map(str::to_owned);
    prop_oneof![tried, any::<String>()].prop_map(|text| format!("z{text}z"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_page_shows_any_text_as_text(z in texts()) {
        for path in PAGES {
            assert_is_text(|z| page(path, z), path, &z);
        }
        for path in FORMS {
            assert_is_text(|z| refused(path, z), path, &z);
        }
    }
}

#[test]
fn a_document_is_taken_apart() {
    let (names, targets) = made_of("<a href=\"/x\" hidden>t</a><br>");
    assert_eq!(names, ["a", "@href", "@hidden", "/a", "br"]);
    assert_eq!(targets, ["/x"]);
    assert_ne!(made_of("<p>a</p>"), made_of("<p><b>a</b></p>"));
}
