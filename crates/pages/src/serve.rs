//! A request to its answer: whose it is, whether it may be read at all, and the headers that
//! every answer has.

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERER,
    REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use maud::html;

use crate::answer::{Outcome, Page};
use crate::client::Api;
use crate::csrf;
use crate::form::Signed;
use crate::layout::{Assets, Frame, document};
use crate::moment::Moment;
use crate::pages::sign_in::{self, Wanted};
use crate::pages::{self, stopped};
use crate::paths::{ROOT, returning};
use crate::request::{Asked, FORM_BYTES_MAX, cookie, header};
use crate::session::{SESSION_MAX, Secrets, Session};
use crate::stop::Stop;
use crate::visit::Visit;

/// What the worker gives at its start.
pub struct Console {
    /// Where the style sheet and the script are.
    pub assets: Assets,
    /// From `SESSION_SECRET`; without one nobody signs in.
    pub secrets: Option<Secrets>,
}

/// On every page. Its own scripts and styles alone run, nothing frames it, no form of it goes
/// elsewhere. The referrer stays within this origin, for without it a browser does not say
/// from which page a form was sent.
const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Over https, which a browser then holds us to by the name itself (RFC 6265bis, 4.1.3.2).
const COOKIE: &str = "__Host-mauntic";

/// On this machine, without https.
const LOCAL_COOKIE: &str = "mauntic-local";

/// What one request is answered by.
struct Door<'d> {
    console: &'d Console,
    secrets: &'d Secrets,
    moment: &'d Moment,
    request: &'d Request<Vec<u8>>,
    asked: Asked,
    /// `https://host`, as the browser writes it.
    origin: String,
    cookie: &'static str,
    session: Option<Session>,
    request_id: String,
}

/// What a request ends with.
enum End {
    /// A page, and the session it is of.
    Shown(Box<Page>, Option<Session>),
    /// Another address, and the session it is of; none signs out.
    Gone(String, Option<Session>),
    /// The session is left as it is.
    Moved(String),
}

/// Answers a request. What goes wrong is a page that says so.
pub async fn serve<A: Api>(
    console: &Console,
    api: &A,
    request: Request<Vec<u8>>,
    moment: Moment,
) -> Response<Vec<u8>> {
    let is_head = request.method() == Method::HEAD;
    let mut response = answer(console, api, &request, &moment).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_head {
        response.body_mut().clear();
    }
    response
}

async fn answer<A: Api>(
    console: &Console,
    api: &A,
    request: &Request<Vec<u8>>,
    moment: &Moment,
) -> Response<Vec<u8>> {
    let bare = Bare { console };
    if request.uri().path() == "/" {
        return go(ROOT, None);
    }
    let Some(asked) = Asked::of(request) else {
        return bare.page(404, "Not found", "There is no page of this address.");
    };
    if ![Method::GET, Method::HEAD, Method::POST].contains(request.method()) {
        let mut response = bare.page(405, "Not allowed", "Pages are read, and forms are sent.");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        return response;
    }
    if request.body().len() > FORM_BYTES_MAX {
        return bare.page(
            413,
            "Too long",
            "What was typed is longer than a form may be. Nothing was done.",
        );
    }
    let Some(secrets) = &console.secrets else {
        let what = "The secret SESSION_SECRET is not set, or has fewer than 32 characters. \
                    Set it (wrangler secret put SESSION_SECRET -c wrangler/console.toml) and deploy.";
        return bare.page(500, "Nobody can sign in", what);
    };
    let (origin, cookie_name) = origin(request);
    let given = cookie(request, cookie_name);
    let session = given.and_then(|value| Session::open(value, secrets, cookie_name, moment));
    let request_id = moment.token("request");
    let door = Door {
        console,
        secrets,
        moment,
        request,
        asked,
        origin,
        cookie: cookie_name,
        session,
        request_id,
    };
    let end = door.enter(api).await;
    door.render(end)
}

/// Scheme and host of a request, and the cookie that is its session's.
fn origin(request: &Request<Vec<u8>>) -> (String, &'static str) {
    let scheme = request.uri().scheme_str().unwrap_or("https");
    let host = request.uri().authority().map_or_else(String::new, ToString::to_string);
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    let is_local = scheme == "http" && ["localhost", "127.0.0.1", "[::1]"].contains(&name);
    (format!("{scheme}://{host}"), if is_local { LOCAL_COOKIE } else { COOKIE })
}

impl Door<'_> {
    async fn enter<A: Api>(&self, api: &A) -> End {
        let is_post = self.asked.method == Method::POST;
        if is_post && !csrf::is_same_origin(self.request.headers(), &self.origin) {
            return self.stop(&Stop::Forged);
        }
        let here: Vec<&str> = self.asked.segments.iter().map(String::as_str).collect();
        if is_post && let Some(session) = &self.session {
            let given = self.asked.form.get(csrf::FIELD).unwrap_or_default();
            if !csrf::is_token(self.secrets, session, given) {
                return self.outdated(session, &here);
            }
        }
        match here.as_slice() {
            ["sign-in"] => self.sign_in(api, is_post).await,
            ["sign-out"] if is_post => End::Gone(format!("{ROOT}/sign-in"), None),
            _ => self.visit(api).await,
        }
    }

    /// A form of this origin, whose token is not of this session: most likely of one before it.
    /// It is shown again, as what was typed into a page whose session ended.
    fn outdated(&self, session: &Session, here: &[&str]) -> End {
        let why = "This page was of a session before this one. Nothing was done by sending it now; \
            whether it was done before is not known. It was to do this:";
        match here {
            ["sign-in"] => {
                let wanted = Wanted::read(&self.asked.form);
                self.ask(session.clone(), &wanted, Some(sign_in::OVER), 401)
            }
            ["sign-out"] => self.stop(&Stop::Forged),
            _ if !session.is_somebody() => self.ask_for_key(),
            _ => match self.wanted_act().resume(why, &self.signed(session)) {
                Some(page) => End::Shown(Box::new(page.forbidden()), self.session.clone()),
                None => self.stop(&Stop::Forged),
            },
        }
    }

    /// What a form was to do, and where it was.
    fn wanted_act(&self) -> Wanted {
        let from = header(self.request, &REFERER).unwrap_or_default();
        let from = from.strip_prefix(&self.origin).map(str::to_owned);
        Wanted::act(returning(from.as_deref()), &self.asked)
    }

    async fn visit<A: Api>(&self, api: &A) -> End {
        let Some(session) = self.session.as_ref().filter(|session| session.is_somebody()) else {
            return self.ask_for_key();
        };
        let signed = self.signed(session);
        let visit = Visit::new(api, session, &self.asked, self.moment, &self.request_id, signed);
        match pages::dispatch(&visit).await {
            Ok(Outcome::Page(page)) => End::Shown(page, self.session.clone()),
            Ok(Outcome::Done(path)) => End::Moved(path),
            Err(Stop::SignIn) => self.ask_for_key(),
            Err(stop) if self.asked.method == Method::POST => {
                // What was typed into a form of ours is not lost with its page.
                let again = self.wanted_act().again(&self.signed(session));
                let page = stopped::page_of_form(&stop, &self.request_id, again);
                End::Shown(Box::new(page), self.session.clone())
            }
            Err(stop) => self.stop(&stop),
        }
    }

    fn signed(&self, session: &Session) -> Signed {
        Signed::of(session, self.secrets, self.moment)
    }

    fn stop(&self, stop: &Stop) -> End {
        End::Shown(Box::new(stopped::page(stop, &self.request_id)), self.session.clone())
    }

    /// The page to sign in on. Browsers leave a strict cookie away where another site led
    /// here: then this page is asked for once more, by itself.
    fn ask_for_key(&self) -> End {
        let site = header(self.request, &HeaderName::from_static("sec-fetch-site"));
        let is_led_here = site.is_some_and(|site| site != "same-origin" && site != "none");
        let is_get = self.asked.method != Method::POST;
        if is_get && is_led_here && cookie(self.request, self.cookie).is_none() {
            return End::Shown(Box::new(sign_in::led_here()), None);
        }
        // That of nobody stays: other tabs have its forms.
        let nobody = self.session.clone().filter(|session| !session.is_somebody());
        let session = nobody.unwrap_or_else(|| Session::fresh(self.moment));
        let wanted = if is_get { Wanted::page(&self.asked.here) } else { self.wanted_act() };
        self.ask(session, &wanted, None, 401)
    }

    /// The page to sign in on, of this session.
    fn ask(&self, session: Session, wanted: &Wanted, fault: Option<&str>, status: u16) -> End {
        let token = csrf::token(self.secrets, &session);
        let mut page = sign_in::page(wanted, &token, fault);
        page.status = status;
        End::Shown(Box::new(page), Some(session))
    }

    async fn sign_in<A: Api>(&self, api: &A, is_post: bool) -> End {
        // A link names a page and nothing else: no act is prepared by whoever wrote the link.
        let wanted = if is_post {
            Wanted::read(&self.asked.form)
        } else {
            Wanted::page(self.asked.query.get("return").unwrap_or_default())
        };
        let session = match (&self.session, is_post) {
            (Some(session), true) => session.clone(),
            (Some(session), false) => return self.ask(session.clone(), &wanted, None, 200),
            (None, true) => {
                let session = Session::fresh(self.moment);
                return self.ask(session, &wanted, Some(sign_in::OVER), 401);
            }
            (None, false) => return self.ask(Session::fresh(self.moment), &wanted, None, 200),
        };
        let key = self.asked.form.get("key").unwrap_or_default();
        match sign_in::find(api, key, &self.request_id).await {
            Ok(holder) => {
                let session = session.with(holder, self.moment);
                match wanted.resume(sign_in::SIGNED_IN, &self.signed(&session)) {
                    Some(page) => End::Shown(Box::new(page), Some(session)),
                    None => End::Gone(wanted.back().to_owned(), Some(session)),
                }
            }
            Err(sign_in::Refused::Key(why)) => self.ask(session, &wanted, Some(why), 422),
            Err(sign_in::Refused::Stop(Stop::Away(_))) => {
                self.ask(session, &wanted, Some(sign_in::AWAY), 503)
            }
            Err(sign_in::Refused::Stop(stop)) => self.stop(&stop),
        }
    }

    fn render(&self, end: End) -> Response<Vec<u8>> {
        match end {
            End::Moved(path) => go(&path, None),
            End::Gone(path, session) => go(&path, Some(self.set_cookie(session.as_ref()))),
            End::Shown(page, session) => {
                let token = session.as_ref().map(|session| csrf::token(self.secrets, session));
                let frame = Frame {
                    assets: self.console.assets,
                    session: session.as_ref(),
                    token: token.as_deref().unwrap_or_default(),
                    here: &self.asked.here,
                };
                let mut response = shown(&frame, &page);
                // One that is new, or another.
                if session != self.session && session.is_some() {
                    response.headers_mut().insert(SET_COOKIE, self.set_cookie(session.as_ref()));
                }
                response
            }
        }
    }

    fn set_cookie(&self, session: Option<&Session>) -> HeaderValue {
        let secure = if self.cookie == COOKIE { "; Secure" } else { "" };
        let (value, seconds) = match session {
            Some(session) => {
                (session.seal(self.secrets, self.cookie, self.moment), SESSION_MAX.num_seconds())
            }
            None => (String::new(), 0),
        };
        let cookie = self.cookie;
        let text = format!(
            "{cookie}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
        );
        // Base64 and the words around it are visible ASCII.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

/// Pages of nobody, before there is a session.
struct Bare<'b> {
    console: &'b Console,
}

impl Bare<'_> {
    fn page(&self, status: u16, title: &str, what: &str) -> Response<Vec<u8>> {
        let mut page = Page::new("", title, html! { p { (what) } });
        page.status = status;
        let frame = Frame { assets: self.console.assets, session: None, token: "", here: ROOT };
        shown(&frame, &page)
    }
}

fn shown(frame: &Frame<'_>, page: &Page) -> Response<Vec<u8>> {
    let mut response = Response::new(document(frame, page).into_string().into_bytes());
    *response.status_mut() = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    if let Some(seconds) = page.again.filter(|_| page.status != 200) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// After a post, a browser reads the next page by GET.
fn go(path: &str, cookie: Option<HeaderValue>) -> Response<Vec<u8>> {
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static(ROOT)));
    if let Some(cookie) = cookie {
        headers.insert(SET_COOKIE, cookie);
    }
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    *response.headers_mut() = headers;
    response
}
