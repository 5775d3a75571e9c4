//! Signing in with a key, and going on where one was: a page is shown again, and what a form
//! held is shown to be sent once more, never sent by itself.

use maud::{Markup, html};
use serde::Deserialize;

use crate::answer::Page;
use crate::client::{Api, Client};
use crate::csrf;
use crate::form::{ONCE, Signed, WHOSE, hidden};
use crate::paths::returning;
use crate::request::{Asked, Pairs};
use crate::session::Holder;
use crate::stop::Stop;

/// Longest key: the bootstrap operator's token has at most 256 bytes.
const KEY_CHARS_MAX: usize = 256;

/// Most characters of what a form held, which goes through the sign-in page.
const KEPT_CHARS_MAX: usize = 64 * 1024;

/// Above what a form held, after its session had ended.
pub(crate) const SIGNED_IN: &str = "You are signed in. What you sent has not been done by that; \
    whether it was before is not known:";

/// Below what somebody else's form held.
const OTHERS: &str = "It was somebody else's, or another organization's, than you are signed in \
    as now: it is not sent from here. Its own page has a form of yours.";

/// Above the page to sign in on that nobody signed in by: it was shown before its session.
pub(crate) const OVER: &str =
    "This page was open for too long, or somebody signed in in another tab. Sign in once more.";

/// Above the page to sign in on while nobody can say whose a key is.
pub(crate) const AWAY: &str =
    "Whose key this is could not be looked up: the API does not answer at the moment. Try again.";

/// What somebody wanted who had to sign in first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    back: String,
    /// Where a form was sent, and what it held.
    act: Option<(String, String)>,
}

/// Why nobody was signed in.
pub(crate) enum Refused {
    /// It is nobody's key.
    Key(&'static str),
    /// The API could not say.
    Stop(Stop),
}

/// What the API says of a key.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Caller {
    name: String,
    organization_id: Option<String>,
    scopes: Vec<String>,
}

impl Wanted {
    /// A page.
    pub(crate) fn page(here: &str) -> Self {
        Self { back: returning(Some(here)).to_owned(), act: None }
    }

    /// What a form was to do. Its token is of its session; what makes it one act stays with it.
    pub(crate) fn act(back: &str, asked: &Asked) -> Self {
        let mut kept = form_urlencoded::Serializer::new(String::new());
        for (name, value) in asked.form.iter().filter(|(name, _)| *name != csrf::FIELD) {
            kept.append_pair(name, value);
        }
        Self { back: back.to_owned(), act: Some((asked.here.clone(), kept.finish())) }
    }

    /// What the sign-in page itself carries.
    pub(crate) fn read(pairs: &Pairs) -> Self {
        let back = returning(pairs.get("return")).to_owned();
        let action = pairs.get("action").filter(|path| returning(Some(path)) == *path);
        let act =
            action.map(|path| (path.to_owned(), pairs.get("kept").unwrap_or_default().to_owned()));
        Self { back, act }
    }

    /// Where to go on.
    pub(crate) fn back(&self) -> &str {
        &self.back
    }

    /// The page that shows what a form held, and why, to be sent once more.
    pub(crate) fn resume(&self, why: &str, signed: &Signed) -> Option<Page> {
        let again = self.again(signed)?;
        Some(Page::new("", "Go on where you were", html! { p { (why) } (again) }))
    }

    /// A form that holds what another one held. It is the same act: was that done and its
    /// answer lost, this one does nothing more.
    pub(crate) fn again(&self, signed: &Signed) -> Option<Markup> {
        let (action, kept) = self.act.as_ref()?;
        let kept = Pairs::parse(kept.as_bytes());
        let once = kept.get(ONCE).unwrap_or(&signed.once).to_owned();
        let (token, whose) = (signed.token.clone(), signed.whose.clone());
        let is_others = kept.get(WHOSE).is_some_and(|before| whose.is_other(before));
        let shown: Vec<_> = kept.iter().filter(|(name, _)| !is_ours(name)).collect();
        let facts = html! {
            p { code { (action) } }
            dl.facts {
                @for (name, value) in &shown {
                    div { dt { (name) } dd { (value) } }
                }
            }
        };
        if is_others {
            return Some(
                html! { div.panel { (facts) p { (OTHERS) " " a href=(self.back) { "Go back" } } } },
            );
        }
        Some(html! {
            form.panel method="post" action=(action) {
                (hidden(&Signed { token, once, whose }))
                (facts)
                @for (name, value) in &shown { input type="hidden" name=(name) value=(value); }
                button { "Do it now" } " " a href=(self.back) { "Go back without doing it" }
            }
        })
    }

    fn fields(&self) -> Markup {
        html! {
            input type="hidden" name="return" value=(self.back);
            @match &self.act {
                Some((action, kept)) if kept.len() <= KEPT_CHARS_MAX => {
                    input type="hidden" name="action" value=(action);
                    input type="hidden" name="kept" value=(kept);
                    p { "What you typed is kept: it is shown again after you signed in." }
                },
                Some(_) => p {
                    "What you typed is too long to be kept here. Sign in in another tab, then load this "
                    "page anew and let the browser send it again: it is shown before anything is done."
                },
                None => {},
            }
        }
    }
}

fn is_ours(name: &str) -> bool {
    [csrf::FIELD, ONCE, WHOSE].contains(&name)
}

/// The page to sign in on.
pub(crate) fn page(wanted: &Wanted, token: &str, fault: Option<&str>) -> Page {
    let body = html! {
        form.panel method="post" action="/admin/sign-in" {
            input type="hidden" name=(csrf::FIELD) value=(token);
            (wanted.fields())
            div.field {
                label for="key" { "Key" }
                input #key name="key" type="password" autocomplete="current-password" required
                    maxlength=(KEY_CHARS_MAX) spellcheck="false" autofocus
                    aria-invalid=[fault.map(|_| "true")]
                    aria-describedby=(if fault.is_some() { "key-hint key-fault" } else { "key-hint" });
                p.hint #key-hint {
                    "An operator's key opens what all organizations have in common; an organization's key opens its own scores, reports and boards. One of each may be held."
                }
                @if let Some(fault) = fault { p.fault #key-fault role="alert" { (fault) } }
            }
            button { "Sign in" }
        }
    };
    Page::new("", "Sign in", body)
}

/// The page that only asks for itself again.
pub(crate) fn led_here() -> Page {
    let mut page = Page::new("", "One moment", html! { p { a href="" { "Go on" } } });
    page.again = Some(0);
    page
}

/// Finds out whose a key is.
pub(crate) async fn find<A: Api>(api: &A, key: &str, request_id: &str) -> Result<Holder, Refused> {
    let is_key =
        (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_key {
        return Err(Refused::Key("This is no key: keys are visible characters without blanks."));
    }
    let client = Client::new(api, key, request_id);
    match client.get::<Caller>("/api/v1/caller").await {
        Ok(caller) => Ok(Holder {
            key: key.to_owned(),
            name: caller.name,
            organization: caller.organization_id,
            scopes: caller.scopes,
        }),
        Err(Stop::SignIn) => Err(Refused::Key("Nobody has this key, or it was revoked.")),
        Err(stop) => Err(Refused::Stop(stop)),
    }
}
