//! Who may do what, as extractors. They come first in every handler, so that
//! nothing of a stranger's request is read or judged. They hold the request's
//! one session, which the handler goes on with.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::commands::authenticate::{Caller, TOKEN_BYTES_MAX, authenticate};
use mauntic_flows::ports::{Database, Ports, Scope};

use crate::code::Code;
use crate::problem::Problem;
use crate::state::{Secret, Session, Shared};

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
    /// The request's session.
    pub(crate) session: Session<P>,
    needs: PhantomData<fn() -> N>,
}

/// A caller that operates every organization's jobs.
pub(crate) struct Operator<P: Ports> {
    /// The request's session.
    pub(crate) session: Session<P>,
}

impl<P: Ports, N: Needs> FromRequestParts<Shared<P>> for Tenant<P, N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared<P>) -> Result<Self, Problem> {
        let (caller, session) = enter(parts, state).await?;
        let Some(organization) = caller.organization.clone() else {
            return Err(Problem::new(Code::OrganizationKeyRequired));
        };
        require(&caller, N::SCOPE)?;
        Ok(Self { organization, session, needs: PhantomData })
    }
}

impl<P: Ports> FromRequestParts<Shared<P>> for Operator<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared<P>) -> Result<Self, Problem> {
        let (caller, session) = enter(parts, state).await?;
        // Whatever scopes it has: it was made for one organization only.
        if caller.organization.is_some() {
            return Err(Problem::new(Code::OperatorKeyRequired));
        }
        require(&caller, Scope::Operate)?;
        Ok(Self { session })
    }
}

async fn enter<P: Ports>(
    parts: &Parts,
    state: &Shared<P>,
) -> Result<(Caller, Session<P>), Problem> {
    let token = bearer(parts)?;
    let session = state.ports.db().open().await?;
    let admin_token = state.admin_token.as_ref().map(Secret::expose);
    match authenticate(&session, token, admin_token).await? {
        Some(caller) => Ok((caller, session)),
        None => Err(Problem::new(Code::Unauthenticated).challenge(CHALLENGE_INVALID)),
    }
}

/// The token of the request. What cannot be one is refused here already: it is
/// not worth a connection.
fn bearer(parts: &Parts) -> Result<&str, Problem> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return Err(Problem::new(Code::Unauthenticated).challenge(CHALLENGE));
    };
    let token = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| (1..=TOKEN_BYTES_MAX).contains(&token.len()));
    token.ok_or_else(|| Problem::new(Code::Unauthenticated).challenge(CHALLENGE_INVALID))
}

fn require(caller: &Caller, scope: Scope) -> Result<(), Problem> {
    if caller.may(scope) {
        return Ok(());
    }
    let detail = format!("This route needs a key with the scope `{}`.", scope.as_str());
    Err(Problem::with_detail(Code::InsufficientScope, detail).challenge(CHALLENGE_SCOPE))
}
