//! Who may do what, as extractors. They come first in every handler, so that
//! nothing of a stranger's request is read or judged. The session that finding
//! the caller took is the request's one session: the handler goes on with it.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::trace::TraceContext;
use mauntic_flows::commands::authenticate::{Caller, find_caller, is_key, is_secret};
use mauntic_flows::ports::{Act, Database, OperatorStore, Ports, RequestKey, Scope, TenantStore};

use crate::code::Code;
use crate::observe::RequestId;
use crate::problem::Problem;
use crate::state::{Secret, Session, Shared};

/// Header of the caller's span (W3C Trace Context).
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

const CHALLENGE: &str = "Bearer realm=\"mauntic\"";
const CHALLENGE_INVALID: &str = "Bearer realm=\"mauntic\", error=\"invalid_token\"";
const CHALLENGE_SCOPE: &str = "Bearer realm=\"mauntic\", error=\"insufficient_scope\"";

/// A scope that a route asks for, as a type.
pub(crate) trait Needs: 'static {
    /// The scope.
    const SCOPE: Scope;
}

/// Asks for `read`.
pub(crate) struct Read;

/// Asks for `write`.
pub(crate) struct Write;

impl Needs for Read {
    const SCOPE: Scope = Scope::Read;
}

impl Needs for Write {
    const SCOPE: Scope = Scope::Write;
}

/// A caller that acts for an organization, with the scope that `N` needs.
pub(crate) struct Tenant<P: Ports, N> {
    /// Whose rows the caller sees.
    pub(crate) organization: OrganizationId,
    /// Who calls: whose the keys of requests are.
    pub(crate) holder: String,
    /// The request's one session.
    pub(crate) session: Session<P>,
    needs: PhantomData<fn() -> N>,
}

/// A caller that operates every organization's jobs, or only looks at them, which is a GET.
/// Its session opens nothing
/// of theirs before it acts, so that it cannot be had without saying as whom.
pub(crate) struct Operator<P: Ports> {
    session: Session<P>,
    actor: String,
    request_id: String,
}

impl<P: Ports> Operator<P> {
    /// Who calls: whose the keys of requests are.
    pub(crate) fn holder(&self) -> &str {
        &self.actor
    }

    /// The act of this request.
    pub(crate) fn act(&self, reason: Option<String>, key: Option<RequestKey>) -> Act {
        Act { actor: self.actor.clone(), reason, request_id: self.request_id.clone(), key }
    }

    /// The session, to do this.
    pub(crate) fn begin(mut self, act: Act) -> Session<P> {
        self.session.operate(act);
        self.session
    }

    /// The session, to look around.
    pub(crate) fn look(self) -> Session<P> {
        let act = self.act(None, None);
        self.begin(act)
    }
}

/// A caller with any live key, whatever its scopes and whoever it acts for.
pub(crate) struct AnyKey(pub(crate) Caller);

impl<P: Ports, N: Needs> FromRequestParts<Shared<P>> for Tenant<P, N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared<P>) -> Result<Self, Problem> {
        let (caller, session) = enter(&parts.headers, state).await?;
        let Some(organization) = caller.organization.clone() else {
            return Err(Problem::new(Code::OrganizationKeyRequired));
        };
        require(&caller, N::SCOPE)?;
        let mut session = or_open(session, state).await?;
        start(&mut session, &parts.headers);
        Ok(Self { organization, holder: caller.name(), session, needs: PhantomData })
    }
}

impl<P: Ports> FromRequestParts<Shared<P>> for Operator<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared<P>) -> Result<Self, Problem> {
        let (caller, session) = enter(&parts.headers, state).await?;
        // Whatever scopes it has: it was made for one organization only.
        if caller.organization.is_some() {
            return Err(Problem::new(Code::OperatorKeyRequired));
        }
        // A route that changes nothing is a GET, and no other is: who may only look may those.
        let is_act = !matches!(parts.method, Method::GET | Method::HEAD);
        require(&caller, if is_act { Scope::Operate } else { Scope::Read })?;
        let RequestId(request_id) = RequestId::from_request_parts(parts, state).await?;
        let mut session = or_open(session, state).await?;
        start(&mut session, &parts.headers);
        Ok(Self { session, actor: caller.name(), request_id })
    }
}

impl<P: Ports> FromRequestParts<Shared<P>> for AnyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared<P>) -> Result<Self, Problem> {
        enter(&parts.headers, state).await.map(|(caller, _)| Self(caller))
    }
}

/// Finds the caller, and the session if that took one. It opens one for a
/// token of the shape of our keys and for no other: the deployment's are
/// known without, and anything else is nobody's.
pub(crate) async fn enter<P: Ports>(
    headers: &HeaderMap,
    state: &Shared<P>,
) -> Result<(Caller, Option<Session<P>>), Problem> {
    let token = bearer(headers)?;
    let is = |secret: &Option<Secret>| is_secret(token, secret.as_ref().map(Secret::expose));
    // First: where one token stands for both, it only looks.
    if is(&state.viewer_token) {
        return Ok((Caller::viewer(), None));
    }
    if is(&state.admin_token) {
        return Ok((Caller::bootstrap(), None));
    }
    if !is_key(token) {
        return Err(invalid());
    }
    let session = state.ports.db().open().await?;
    match find_caller(&session, token).await? {
        Some(caller) => Ok((caller, Some(session))),
        None => Err(invalid()),
    }
}

/// The session that there is, or a new one for a caller who needed none so far.
pub(crate) async fn or_open<P: Ports>(
    session: Option<Session<P>>,
    state: &Shared<P>,
) -> Result<Session<P>, Problem> {
    match session {
        Some(session) => Ok(session),
        None => Ok(state.ports.db().open().await?),
    }
}

/// What the request enqueues is started by its span, where it says of exactly one.
fn start(session: &mut impl TenantStore, headers: &HeaderMap) {
    let mut given = headers.get_all(TRACE_PARENT).iter();
    let (Some(header), None) = (given.next(), given.next()) else { return };
    if let Some(starter) = header.to_str().ok().and_then(TraceContext::parse) {
        session.start_by(starter);
    }
}

/// The token of the request, if it has exactly one header for it.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut headers = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return Err(Problem::new(Code::Unauthenticated).challenge(CHALLENGE));
    };
    let token = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    token.ok_or_else(invalid)
}

fn invalid() -> Problem {
    Problem::new(Code::Unauthenticated).challenge(CHALLENGE_INVALID)
}

fn require(caller: &Caller, scope: Scope) -> Result<(), Problem> {
    if caller.may(scope) {
        return Ok(());
    }
    let detail = format!("This route needs a key with the scope `{}`.", scope.as_str());
    Err(Problem::with_detail(Code::InsufficientScope, detail).challenge(CHALLENGE_SCOPE))
}
