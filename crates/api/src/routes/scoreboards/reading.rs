//! A request that reads: who asks, about what, and how.

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use mauntic_flows::ports::Ports;

use crate::auth::{Read, Tenant};
use crate::params::Places;
use crate::problem::Problem;
use crate::state::Shared;

/// A request that reads.
pub(crate) struct Reading<P: Ports> {
    pub(super) tenant: Tenant<P, Read>,
    pub(super) places: Places,
    pub(super) uri: Uri,
}

impl<P: Ports> FromRequestParts<Shared<P>> for Reading<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared<P>) -> Result<Self, Problem> {
        let tenant = Tenant::from_request_parts(parts, state).await?;
        let places = Places::from_request_parts(parts, state).await?;
        Ok(Self { tenant, places, uri: parts.uri.clone() })
    }
}
