//! An organization's configuration: what is published and the draft of what comes
//! next, its weights at `/config` and its types of signal at `/signal-config`.
//! They are one configuration with one ETag, and are published together.

use axum::Json;
use axum::http::{HeaderName, HeaderValue};
use mauntic_domain::scoring::ConfigDocument;
use mauntic_flows::ports::{
    Act, ConfigPart, ConfigState, ConfigStore, ConfigToken, Ports, Unchanged, Written,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::config_body::{Entries, FactorEntry, SignalEntry, factors, signals};
use super::shown;
use crate::auth::{Read, Tenant, Write};
use crate::body::JsonBody;
use crate::if_match::{IfMatch, etag, unchanged};
use crate::observe::RequestId;
use crate::problem::Problem;
use crate::problems::{DiscardDraftProblems, DraftProblems, ReadConfigProblems};

/// A part of a configuration.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfigAnswer<T> {
    /// Version that is published; 0 for none.
    version: i64,
    /// Grows with every change of the draft.
    revision: i64,
    /// What counts now.
    published: Stated<T>,
    /// What would be published next; none where nobody changes anything.
    #[schema(required)]
    draft: Option<Stated<T>>,
}

/// Entries, and who wrote the configuration that they are of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stated<T> {
    entries: Vec<T>,
    /// A key's id; none before the first publication.
    #[schema(required)]
    by: Option<String>,
    #[schema(format = DateTime, required)]
    at: Option<String>,
}

/// A draft was changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftChanged {
    /// Version that is published; 0 for none.
    version: i64,
    /// The draft's revision now.
    revision: i64,
}

/// An answer with its ETag.
pub(super) type Tagged<T> = ([(HeaderName, HeaderValue); 1], Json<T>);

fn answer<T>(
    state: ConfigState,
    entries: impl Fn(&ConfigDocument) -> Vec<T>,
) -> Tagged<ConfigAnswer<T>> {
    let stated = |document: &ConfigDocument, written: Option<Written>| {
        let (by, at) = written.map(|written| (written.by, shown(written.at))).unzip();
        Stated { entries: entries(document), by, at }
    };
    let answer = ConfigAnswer {
        version: state.token.version,
        revision: state.token.revision,
        published: stated(&state.published, state.publication),
        draft: state.draft.map(|(document, written)| stated(&document, Some(written))),
    };
    (etag(state.token), Json(answer))
}

fn changed(token: Result<ConfigToken, Unchanged>) -> Result<Tagged<DraftChanged>, Problem> {
    let token = token.map_err(unchanged)?;
    let body = DraftChanged { version: token.version, revision: token.revision };
    Ok((etag(token), Json(body)))
}

/// The act of a caller, without a key.
fn act<P: Ports, N>(tenant: &Tenant<P, N>, RequestId(request_id): RequestId) -> Act {
    Act { actor: tenant.holder.clone(), reason: None, request_id, key: None }
}

/// The weights of factors, published and in the draft.
#[utoipa::path(
    get,
    path = "/api/v1/scoring/config",
    tag = "scoring",
    responses((status = 200, description = "The weights", body = ConfigAnswer<FactorEntry>, headers(("ETag" = String, description = "The configuration's state, both parts"))), ReadConfigProblems),
    security(("bearer" = []))
)]
pub(super) async fn get_config<P: Ports>(
    tenant: Tenant<P, Read>,
) -> Result<Tagged<ConfigAnswer<FactorEntry>>, Problem> {
    let state = tenant.session.config(&tenant.organization).await?;
    Ok(answer(state, |document| document.factors.entries().map(FactorEntry::from).collect()))
}

/// What is said of types of signal, published and in the draft.
#[utoipa::path(
    get,
    path = "/api/v1/scoring/signal-config",
    tag = "scoring",
    responses((status = 200, description = "The types of signal", body = ConfigAnswer<SignalEntry>, headers(("ETag" = String, description = "The configuration's state, both parts"))), ReadConfigProblems),
    security(("bearer" = []))
)]
pub(super) async fn get_signal_config<P: Ports>(
    tenant: Tenant<P, Read>,
) -> Result<Tagged<ConfigAnswer<SignalEntry>>, Problem> {
    let state = tenant.session.config(&tenant.organization).await?;
    Ok(answer(state, |document| document.signals.entries().map(SignalEntry::from).collect()))
}

/// Replaces the draft's weights; scores stay as they are until it is published.
#[utoipa::path(
    put,
    path = "/api/v1/scoring/config",
    tag = "scoring",
    params(("If-Match" = String, Header, description = "The ETag that was seen")),
    request_body(content = Entries<FactorEntry>, description = "At most 1,000 entries", content_type = "application/json"),
    responses((status = 200, description = "The draft is changed", body = DraftChanged, headers(("ETag" = String, description = "The new state"))), DraftProblems),
    security(("bearer" = []))
)]
pub(super) async fn put_config<P: Ports>(
    tenant: Tenant<P, Write>,
    IfMatch(seen): IfMatch,
    request_id: RequestId,
    JsonBody(fields): JsonBody,
) -> Result<Tagged<DraftChanged>, Problem> {
    let part = ConfigPart::Factors(factors(fields)?);
    let act = act(&tenant, request_id);
    changed(tenant.session.save_draft(&tenant.organization, &act, seen, &part).await?)
}

/// Replaces the draft's types of signal; once published, they hold for signals
/// that come later.
#[utoipa::path(
    put,
    path = "/api/v1/scoring/signal-config",
    tag = "scoring",
    params(("If-Match" = String, Header, description = "The ETag that was seen")),
    request_body(content = Entries<SignalEntry>, description = "At most 500 entries", content_type = "application/json"),
    responses((status = 200, description = "The draft is changed", body = DraftChanged, headers(("ETag" = String, description = "The new state"))), DraftProblems),
    security(("bearer" = []))
)]
pub(super) async fn put_signal_config<P: Ports>(
    tenant: Tenant<P, Write>,
    IfMatch(seen): IfMatch,
    request_id: RequestId,
    JsonBody(fields): JsonBody,
) -> Result<Tagged<DraftChanged>, Problem> {
    let part = ConfigPart::Signals(signals(fields)?);
    let act = act(&tenant, request_id);
    changed(tenant.session.save_draft(&tenant.organization, &act, seen, &part).await?)
}

/// Discards the draft, both parts of it.
#[utoipa::path(
    delete,
    path = "/api/v1/scoring/config/draft",
    tag = "scoring",
    params(("If-Match" = String, Header, description = "The ETag that was seen")),
    responses((status = 200, description = "There is no draft any more", body = DraftChanged, headers(("ETag" = String, description = "The new state"))), DiscardDraftProblems),
    security(("bearer" = []))
)]
pub(super) async fn discard_draft<P: Ports>(
    tenant: Tenant<P, Write>,
    IfMatch(seen): IfMatch,
    request_id: RequestId,
) -> Result<Tagged<DraftChanged>, Problem> {
    let act = act(&tenant, request_id);
    changed(tenant.session.discard_draft(&tenant.organization, &act, seen).await?)
}
