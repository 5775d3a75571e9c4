//! `POST /api/v1/scoring/recalculate`.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mauntic_domain::ids::ContactId;
use mauntic_domain::scoring::Context;
use mauntic_flows::commands;
use mauntic_flows::commands::recalculate::CONTACTS_MAX;
use mauntic_flows::ports::{Enqueued, Ports};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{Tenant, Write};
use crate::body::JsonBody;
use crate::faults::{Faults, Part};
use crate::fields;
use crate::idempotency::Keyed;
use crate::observe::{RequestId, note_send};
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::problems::EnqueueProblems;
use crate::state::Shared;

const FIELDS: [&str; 2] = ["contactIds", "context"];
const CONTEXT_FIELDS: [&str; 3] = ["engagement", "demographic", "intent"];

/// Contacts to be scored.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RecalculationRequest, example = json!({"contactIds": ["contact_456"]}))]
pub(crate) struct RecalculateBody {
    /// The contacts; one that is named twice is scored once.
    #[schema(min_items = 1, max_items = 10_000)]
    contact_ids: Vec<String>,
    /// Scores that replace a category's own for this calculation, for each of
    /// the contacts.
    context: Option<ContextBody>,
}

/// Scores in place of a category's own, with at most four decimals.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Context)]
pub(crate) struct ContextBody {
    /// Replaces the engagement score.
    engagement: Option<f64>,
    /// Replaces the fit score.
    demographic: Option<f64>,
    /// Replaces the intent score.
    intent: Option<f64>,
}

/// The contacts will be scored.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recalculation {
    /// Distinct contacts.
    contacts: usize,
    /// Jobs that will score them: one a contact up to 500 contacts, above that
    /// one for every 500.
    jobs: usize,
    /// Jobs that are new.
    created: usize,
    /// Jobs that were queued already and will do it too.
    coalesced: usize,
    /// The jobs.
    #[schema(value_type = Vec<String>)]
    job_ids: Vec<Uuid>,
}

/// Has contacts scored again.
#[utoipa::path(
    post,
    path = "/api/v1/scoring/recalculate",
    tag = "scoring",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$")),
    request_body(content = RecalculateBody, content_type = "application/json"),
    responses((status = 202, description = "The scoring is queued", body = Recalculation), EnqueueProblems),
    security(("bearer" = []))
)]
pub(super) async fn recalculate<P: Ports>(
    State(state): State<Shared<P>>,
    tenant: Tenant<P, Write>,
    request_id: RequestId,
    keyed: Keyed,
    JsonBody(fields): JsonBody,
) -> Result<(StatusCode, Json<Recalculation>), Problem> {
    let (contacts, context) = parse(&fields)?;
    let key = keyed.with(&tenant.holder, &Value::Object(fields));
    let (jobs, sent) = commands::recalculate::recalculate(
        state.ports.as_ref(),
        &tenant.session,
        &tenant.organization,
        &contacts,
        context,
        &request_id.0,
        key.as_ref(),
    )
    .await?;
    note_send(&state, &request_id, sent);
    Ok((StatusCode::ACCEPTED, Json(answer(contacts.len(), &jobs))))
}

fn answer(contacts: usize, jobs: &[Enqueued]) -> Recalculation {
    let created = jobs.iter().filter(|job| job.created).count();
    Recalculation {
        contacts,
        jobs: jobs.len(),
        created,
        coalesced: jobs.len() - created,
        job_ids: jobs.iter().map(|job| job.id).collect(),
    }
}

fn parse(fields: &Map<String, Value>) -> Result<(BTreeSet<ContactId>, Option<Context>), Problem> {
    let root = Pointer::root();
    let mut faults = Faults::of(Part::Body);
    for name in fields.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
        let known = format!("is not known here; known are {}", FIELDS.join(", "));
        faults.add(&root.field(name), known);
    }
    let at = root.field("contactIds");
    let contacts = parse_contacts(fields.get("contactIds"), &at, &mut faults);
    let at = root.field("context");
    let context = match fields.get("context") {
        None | Some(Value::Null) => None,
        Some(context) => fields::object(context, &at, &mut faults),
    };
    if let Some(context) = context {
        fields::check_fields::<Context>(context, &CONTEXT_FIELDS, &at, &mut faults);
    }
    faults.check()?;
    let context = context.map(|context| fields::read(context.clone(), &at)).transpose()?;
    Ok((contacts, context))
}

fn parse_contacts(value: Option<&Value>, at: &Pointer, faults: &mut Faults) -> BTreeSet<ContactId> {
    let Some(Value::Array(items)) = value else {
        faults.add(at, format!("must be a list of 1 to {CONTACTS_MAX} contact ids"));
        return BTreeSet::new();
    };
    if items.is_empty() || items.len() > CONTACTS_MAX {
        let found = items.len();
        faults.add(at, format!("must have 1 to {CONTACTS_MAX} items, has {found}"));
        return BTreeSet::new();
    }
    let mut contacts = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        match item.as_str().map(ContactId::parse) {
            Some(Ok(contact)) => {
                contacts.insert(contact);
            }
            Some(Err(error)) => faults.add(&at.item(index), error.to_string()),
            None => faults.add(&at.item(index), "must be a string"),
        }
    }
    contacts
}
