//! A request that writes: who asks, about what, with which body; and what came of it.
//! One way for every route, so that each adds little to the worker.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::Method;
use axum::response::Response;
use mauntic_domain::ids::MemberId;
use mauntic_flows::commands::write_tournament::write_tournament;
use mauntic_flows::ports::{Act, Ports, TournamentWrite};
use serde_json::{Map, Value};

use super::refusals::refused;
use super::shown::shown;
use crate::auth::{Tenant, Write};
use crate::body::OptionalBody;
use crate::idempotency::Keyed;
use crate::if_match::seen;
use crate::observe::{RequestId, note_send};
use crate::params::Places;
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::state::Shared;

/// A request that writes, read as far as every route has it.
pub(crate) struct Writing<P: Ports> {
    state: Shared<P>,
    tenant: Tenant<P, Write>,
    act: Act,
    asked: Asked,
}

/// What is asked for.
pub(super) struct Asked {
    /// What the path names.
    pub(super) places: Places,
    /// The body's fields; none where the method has no body.
    pub(super) fields: Map<String, Value>,
    /// The tag that the caller saw; of a PATCH alone.
    pub(super) seen: String,
}

/// What is to be done, and where the body names whom.
pub(super) struct Planned {
    pub(super) write: TournamentWrite,
    /// None where the path names whom.
    pub(super) named: Vec<(MemberId, Pointer)>,
}

impl From<TournamentWrite> for Planned {
    fn from(write: TournamentWrite) -> Self {
        Self { write, named: Vec::new() }
    }
}

impl<P: Ports> FromRequest<Shared<P>> for Writing<P> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Shared<P>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let tenant = Tenant::from_request_parts(&mut parts, state).await?;
        let places = Places::from_request_parts(&mut parts, state).await?;
        let RequestId(request_id) = RequestId::from_request_parts(&mut parts, state).await?;
        let seen =
            if parts.method == Method::PATCH { seen(&parts.headers)? } else { String::new() };
        // What a PUT, PATCH or DELETE does is the same done twice.
        let keyed = match parts.method {
            Method::POST => Some(Keyed::from_request_parts(&mut parts, state).await?),
            _ => None,
        };
        let fields = match parts.method {
            Method::DELETE => Map::new(),
            _ => OptionalBody::from_request(Request::from_parts(parts, body), state).await?.0,
        };
        let actor = tenant.holder.clone();
        let key = keyed.and_then(|keyed| keyed.with(&actor, &Value::Object(fields.clone())));
        let act = Act { actor, reason: None, request_id, key };
        let state = Shared::clone(state);
        Ok(Self { state, tenant, act, asked: Asked { places, fields, seen } })
    }
}

/// Reads what is asked for, does it, and shows what came of it.
pub(super) async fn answer<P: Ports>(
    writing: Writing<P>,
    plan: fn(Asked) -> Result<Planned, Problem>,
) -> Result<Response, Problem> {
    let Writing { state, tenant, act, asked } = writing;
    let Planned { write, named } = plan(asked)?;
    let (session, organization) = (&tenant.session, &tenant.organization);
    let (written, sent) =
        write_tournament(state.ports.as_ref(), session, organization, &act, &write).await?;
    note_send(&state, &RequestId(act.request_id), sent);
    match written {
        Ok(written) => Ok(shown(written)),
        Err(why) => Err(refused(why, &named)),
    }
}
