//! The page in place of one that cannot be shown: what happened, and what to do.

use maud::{Markup, html};

use crate::answer::Page;
use crate::form::faults;
use crate::stop::{Kind, Problem, Stop};

/// Seconds after which a page asks again by itself whose API was away: as long as a database
/// that slept takes to wake up, twice over.
const AGAIN_SECS: u16 = 10;

/// Says why there is no page. What was sent by a form is not sent again by itself, and may have
/// been done.
pub(crate) fn page(stop: &Stop, request_id: &str, is_post: bool) -> Page {
    let (status, title, body) = match stop {
        Stop::SignIn => (401, "Signed out", html! { p { a href="/admin/sign-in" { "Sign in" } } }),
        Stop::NeedsKey(kind) => (403, "Another key is needed", needs_key(*kind)),
        Stop::Forbidden(problem) => (403, "Not allowed", words(problem)),
        Stop::NotFound(what) => (404, "Not found", html! { p { (what) } }),
        Stop::Refused(problem) => (refusal(problem.status), "Refused", refused(problem)),
        Stop::Away(problem) => (503, "Not there at the moment", away(problem, is_post)),
        Stop::Unreadable(what) => (502, "Not understood", html! { p { (what) } }),
        Stop::Forged => (403, "Nothing was done", forged()),
    };
    let body = html! { div.stopped { (body) p.hint { "Request " code { (request_id) } } } };
    let mut page = Page::new("", title, body);
    page.status = status;
    page.again = (matches!(stop, Stop::Away(_)) && !is_post).then_some(AGAIN_SECS);
    page
}

fn refusal(status: u16) -> u16 {
    if (400..500).contains(&status) { status } else { 409 }
}

fn words(problem: &Problem) -> Markup {
    html! { p { strong { (problem.title) "." } " " (problem.detail) } }
}

fn refused(problem: &Problem) -> Markup {
    html! {
        (words(problem))
        (faults(problem))
        p { "Nothing was done. Go back to change what was asked." }
    }
}

fn away(problem: &Problem, is_post: bool) -> Markup {
    html! {
        (words(problem))
        @if is_post { p { "It is not known whether this was done. Go back, load the page anew, and look before you send it again." } }
        @else { p { "This page tries again by itself every " (AGAIN_SECS) " seconds." } }
        @if !problem.request_id.is_empty() { p.hint { "The API's request " code { (problem.request_id) } } }
    }
}

fn needs_key(kind: Kind) -> Markup {
    let whose = match kind {
        Kind::Operator => "an operator's key (scope operate or admin)",
        Kind::Organization => {
            "a key of the organization that it is about (scope read, or write to change things)"
        }
    };
    html! {
        p { "This page needs " (whose) ". You stay signed in with the one you have." }
        p { a href="/admin/sign-in" { "Add a key" } }
    }
}

fn forged() -> Markup {
    html! {
        p { "This form was not sent from a page of this session, or that page is of a session before this one." }
        p { "Nothing was done. Go back, load the page anew, and send it again." }
    }
}
