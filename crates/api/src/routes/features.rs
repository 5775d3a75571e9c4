//! `PUT /api/v1/scoring/contacts/{contactId}/features`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mauntic_domain::ids::FactorName;
use mauntic_domain::scoring::features::{CUSTOM_FACTORS_MAX, FEATURE_NAMES};
use mauntic_domain::scoring::model::{RESERVED_FACTORS, rule};
use mauntic_domain::scoring::{CustomValue, Features};
use mauntic_flows::commands;
use mauntic_flows::ports::Ports;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::features_body::FeaturesBody;
use crate::auth::{Tenant, Write};
use crate::body::JsonBody;
use crate::faults::{Faults, Part};
use crate::fields;
use crate::observe::{RequestId, note_send};
use crate::params::ContactPath;
use crate::pointer::{Pointer, expectation};
use crate::problem::Problem;
use crate::problems::WriteProblems;
use crate::state::Shared;

const CUSTOM_FACTORS: &str = "customFactors";

/// The features are stored, and the contact will be scored.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeaturesStored {
    contact_id: String,
    /// Version of the features; a score names the one it was computed from.
    input_version: i64,
    /// The job that will score them.
    #[schema(value_type = String, format = "uuid")]
    job_id: Uuid,
    /// True when the job is new; false when one that was queued already will
    /// score these features too.
    queued: bool,
}

/// Stores a contact's features, in place of all it had, and has it scored.
#[utoipa::path(
    put,
    path = "/api/v1/scoring/contacts/{contactId}/features",
    tag = "scoring",
    params(("contactId" = String, Path, description = "The contact", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$")),
    request_body(content = FeaturesBody, content_type = "application/json"),
    responses((status = 202, description = "Stored; the scoring is queued", body = FeaturesStored), WriteProblems),
    security(("bearer" = []))
)]
pub(super) async fn put_features<P: Ports>(
    State(state): State<Shared<P>>,
    tenant: Tenant<P, Write>,
    ContactPath(contact): ContactPath,
    request_id: RequestId,
    JsonBody(fields): JsonBody,
) -> Result<(StatusCode, Json<FeaturesStored>), Problem> {
    let features = parse(fields)?;
    let (stored, sent) = commands::put_features::put_features(
        state.ports.as_ref(),
        &tenant.session,
        &tenant.organization,
        &contact,
        &features,
        &request_id.0,
    )
    .await?;
    note_send(&state, &request_id, sent);
    let body = FeaturesStored {
        contact_id: contact.into(),
        input_version: stored.input_version,
        job_id: stored.job.id,
        queued: stored.job.created,
    };
    Ok((StatusCode::ACCEPTED, Json(body)))
}

fn parse(fields: Map<String, Value>) -> Result<Features, Problem> {
    let root = Pointer::root();
    let mut faults = Faults::of(Part::Body);
    let (custom, plain): (Map<_, _>, Map<_, _>) =
        fields.clone().into_iter().partition(|(name, _)| name == CUSTOM_FACTORS);
    fields::check_fields::<Features>(&plain, &FEATURE_NAMES, &root, &mut faults);
    for (name, value) in &custom {
        check_custom(value, &root.field(name), &mut faults);
    }
    faults.check()?;
    fields::read(fields, &root)
}

fn check_custom(value: &Value, at: &Pointer, faults: &mut Faults) {
    let Some(factors) = fields::object(value, at, faults) else {
        return;
    };
    if factors.len() > CUSTOM_FACTORS_MAX {
        let found = factors.len();
        faults.add(at, format!("must have at most {CUSTOM_FACTORS_MAX} factors, has {found}"));
        return;
    }
    for (name, value) in factors {
        if let Err(error) = FactorName::parse(name.as_str()) {
            faults.add(&at.field(name), format!("is no factor name: it {error}"));
        } else if rule(name).is_some() {
            faults.add(&at.field(name), "is a factor of the model; send the feature itself");
        } else if RESERVED_FACTORS.contains(&name.as_str()) {
            faults.add(&at.field(name), "is a name that explanations use for themselves");
        }
        if let Err(error) = CustomValue::deserialize(value) {
            faults.add(&at.field(name), expectation(&error.to_string()));
        }
    }
}
