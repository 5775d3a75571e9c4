//! Who is offered what: a form stands only where its key may send it.

use super::api::{Told, request_of, send, session_of, text};
use super::hostile::{FORMS, PAGES};

/// Forms of a page that change something, and whether it says why there are none. Signing out
/// is everybody's.
fn acts(path: &str, operates: &[&str], owns: &[&str]) -> (usize, bool) {
    let session = session_of(operates, owns);
    let path = path.replace("{z}", "z");
    let page = send(&Told::with("z"), request_of(&session, "GET", &path, ""));
    assert_eq!(page.status(), 200, "{path} for {operates:?}, {owns:?}");
    let page = text(&page);
    assert_eq!(page.matches("action=\"/admin/sign-out\"").count(), 1, "{path}");
    (page.matches("method=\"post\"").count() - 1, page.contains("Your key only looks."))
}

#[test]
fn who_only_looks_is_offered_no_act_and_told_why() {
    let (look, own) = (["read"].as_slice(), ["read", "write"].as_slice());
    let mut offered = 0;
    for path in PAGES {
        let (none, is_told) = acts(path, look, look);
        assert_eq!(none, 0, "{path}");
        let (all, is_told_all) = acts(path, &["operate"], own);
        assert_eq!(is_told, all > 0, "{path}");
        assert!(!is_told_all, "{path}");
        // Each key opens what is its own.
        let (operators, _) = acts(path, &["admin"], look);
        let (organizations, _) = acts(path, look, own);
        assert_eq!(operators + organizations, all, "{path}");
        offered += all;
    }
    assert!(offered >= FORMS.len(), "{offered} forms of all pages");
}
