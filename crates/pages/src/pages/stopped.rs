//! The page in place of one that cannot be shown: what happened, and what to do.

use maud::{Markup, html};

use crate::answer::Page;
use crate::form::faults;
use crate::stop::{Kind, Problem, Stop};

/// Seconds after which a page asks again by itself whose API was away: as long as a database
/// that slept takes to wake up, twice over.
const AGAIN_SECS: u16 = 10;

/// Says why there is no page.
pub(crate) fn page(stop: &Stop, request_id: &str) -> Page {
    let mut page = told(stop, request_id, None);
    page.again = matches!(stop, Stop::Away(_)).then_some(AGAIN_SECS);
    page
}

/// Says why a form has no answer. What it held is never sent again by itself: it may have been
/// done. `again` is a form that holds it.
pub(crate) fn page_of_form(stop: &Stop, request_id: &str, again: Option<Markup>) -> Page {
    told(stop, request_id, Some(again.unwrap_or_default()))
}

/// The page; of a form, with the form that sends it once more.
fn told(stop: &Stop, request_id: &str, again: Option<Markup>) -> Page {
    let (status, title, body) = match stop {
        Stop::SignIn => (401, "Signed out", html! { p { a href="/admin/sign-in" { "Sign in" } } }),
        Stop::NeedsKey(kind) => (403, "Another key is needed", needs_key(*kind)),
        Stop::Forbidden(problem) => (403, "Not allowed", forbidden(problem)),
        Stop::NotFound(what) => (404, "Not found", html! { p { (what) } }),
        Stop::Refused(problem) => (problem.refusal(), "Refused", refused(problem)),
        Stop::Away(problem) => (503, "Not there at the moment", away(problem, again.is_none())),
        Stop::Unreadable(what) => (502, "Not understood", html! { p { (what) } }),
        Stop::Forged => (403, "Nothing was done", forged()),
    };
    let body = html! {
        div.stopped { (body) p.hint { "Request " code { (request_id) } } }
        @if let Some(again) = again { (kept(stop, &again)) }
    };
    let mut page = Page::new("", title, body);
    page.status = status;
    page
}

/// What became of a form whose page did not come back, and what to do with what it held.
fn kept(stop: &Stop, again: &Markup) -> Markup {
    html! {
        @match stop {
            Stop::NeedsKey(_) | Stop::Forbidden(_) => {
                p { "Nothing was done. What you typed is kept: add a key in another tab, then send it from here." }
                (again)
            },
            Stop::Away(_) | Stop::Unreadable(_) => {
                p { "It is not known whether this was done. Look first: sent once more from here it is the same act, so that what is queued, replayed or published is not done twice, but a pause, a discard and a draft would be." }
                (again)
            },
            Stop::SignIn | Stop::NotFound(_) | Stop::Refused(_) | Stop::Forged => {},
        }
    }
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

fn forbidden(problem: &Problem) -> Markup {
    html! {
        (words(problem))
        p { "Who only looks has no key to act by: an operator's needs the scope operate, an organization's the scope write. " (add_a_key()) }
    }
}

fn add_a_key() -> Markup {
    html! { a href="/admin/sign-in" target="_blank" { "Add a key" } }
}

fn away(problem: &Problem, is_page: bool) -> Markup {
    html! {
        (words(problem))
        @if is_page { p { "This page tries again by itself every " (AGAIN_SECS) " seconds." } }
        @if !problem.request_id.is_empty() { p.hint { "The API's request " code { (problem.request_id) } } }
    }
}

fn needs_key(kind: Kind) -> Markup {
    let whose = match kind {
        Kind::Operator => "an operator's key (scope read to look, operate or admin to act)",
        Kind::Organization => {
            "a key of the organization that it is about (scope read, or write to change things)"
        }
    };
    html! {
        p { "This page needs " (whose) ". You stay signed in with the one you have." }
        p { (add_a_key()) }
    }
}

fn forged() -> Markup {
    html! {
        p { "This form was not sent from a page of this session, or that page is of a session before this one." }
        p { "Nothing was done. Go back, load the page anew, and send it again." }
    }
}
