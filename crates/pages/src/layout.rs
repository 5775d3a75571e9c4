//! The frame of every page: head, navigation, who is signed in.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::answer::Page;
use crate::csrf;
use crate::session::Session;
use crate::stop::Kind;

/// Addresses of the files beside the worker, with the hash of what they hold in their names.
#[derive(Debug, Clone, Copy)]
pub struct Assets {
    /// The style sheet.
    pub style: &'static str,
    /// The script.
    pub script: &'static str,
}

/// What htmx may do: nothing that the content security policy would refuse, and nothing
/// beyond this origin.
const HTMX: &str = r#"{"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"historyCacheSize":0,"scrollIntoViewOnBoost":false}"#;

/// The icon, which a page has within itself.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%23175e54'/%3E%3Cpath d='M3 12V4l5 5 5-5v8' fill='none' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

/// The navigation: address, text, and whose key opens it; anybody's where none is named.
#[rustfmt::skip]
pub(crate) const NAVIGATION: [(&str, &str, Option<Kind>); 10] = [
    ("/admin",             "Overview",    Some(Kind::Operator)),
    ("/admin/cron",        "Cron",        Some(Kind::Operator)),
    ("/admin/runs",        "Runs",        Some(Kind::Operator)),
    ("/admin/jobs",        "Jobs",        Some(Kind::Operator)),
    ("/admin/scoring",     "Scoring",     Some(Kind::Organization)),
    ("/admin/analytics",   "Analytics",   Some(Kind::Organization)),
    ("/admin/scoreboards", "Scoreboards", None),
    ("/admin/overnight",   "Overnight",   Some(Kind::Operator)),
    ("/admin/audit",       "Audit",       Some(Kind::Operator)),
    ("/admin/reference",   "API",         None),
];

/// What the frame shows besides the page.
pub(crate) struct Frame<'f> {
    pub(crate) assets: Assets,
    /// None before anybody signed in.
    pub(crate) session: Option<&'f Session>,
    /// Of the session's forms.
    pub(crate) token: &'f str,
    /// Path and query of this page: what a refresh asks for.
    pub(crate) here: &'f str,
}

/// The whole document.
pub(crate) fn document(frame: &Frame<'_>, page: &Page) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=(HTMX);
                @if let Some(seconds) = page.again { meta http-equiv="refresh" content=(seconds); }
                title { (page.title) " · Mauntic" }
                link rel="icon" href=(PreEscaped(ICON));
                link rel="stylesheet" href=(frame.assets.style);
                script src=(frame.assets.script) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (banner(frame, page.under))
                main #main tabindex="-1" {
                    p #stale role="status" hidden { "Not up to date: the last refresh failed. Trying again." }
                    @match page.refresh {
                        Some(seconds) => div #live data-refresh=(seconds) data-here=(frame.here) { (heading(page)) (page.body) },
                        None => { (heading(page)) (page.body) }
                    }
                }
            }
        }
    }
}

fn heading(page: &Page) -> Markup {
    html! { h1 { (page.title) } }
}

fn banner(frame: &Frame<'_>, under: &str) -> Markup {
    let session = frame.session.filter(|session| session.is_somebody());
    html! {
        header.banner {
            a.brand href="/admin" { "Mauntic" }
            @if let Some(session) = session {
                nav aria-label="Pages" {
                    ul {
                        @for (href, text, kind) in NAVIGATION {
                            @if opens(session, kind) {
                                li { a href=(href) aria-current=[(under == href).then_some("page")] { (text) } }
                            }
                        }
                    }
                }
                (who(session, frame.token))
            }
        }
    }
}

fn opens(session: &Session, kind: Option<Kind>) -> bool {
    match kind {
        Some(Kind::Operator) => session.operator.is_some(),
        Some(Kind::Organization) => session.tenant.is_some(),
        None => true,
    }
}

fn who(session: &Session, token: &str) -> Markup {
    html! {
        form.who method="post" action="/admin/sign-out" {
            input type="hidden" name=(csrf::FIELD) value=(token);
            div {
                @if let Some(operator) = &session.operator {
                    span title=(operator.name) { "Operator, " (operator.scopes.join(", ")) }
                }
                @if let Some(tenant) = &session.tenant {
                    span title=(tenant.name) {
                        (tenant.organization.as_deref().unwrap_or_default()) ", " (tenant.scopes.join(", "))
                    }
                }
            }
            @if session.operator.is_none() || session.tenant.is_none() {
                a href="/admin/sign-in" { "Add a key" }
            }
            button.quiet { "Sign out" }
        }
    }
}
