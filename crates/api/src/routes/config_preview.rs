//! `POST /api/v1/scoring/config/preview`.

use axum::Json;
use chrono::{DateTime, Utc};
use mauntic_domain::ids::ContactId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::preview::SAMPLE_MAX;
use mauntic_domain::scoring::{Score, explain};
use mauntic_flows::commands::preview_config::{NoPreview, Previewed, preview_config as previewed};
use mauntic_flows::ports::{Pick, Ports};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::config::Tagged;
use super::explain::ExplanationBody;
use crate::auth::{Read, Tenant};
use crate::body::OptionalBody;
use crate::code::Code;
use crate::form::Form;
use crate::if_match::etag;
use crate::problem::Problem;
use crate::problems::PreviewProblems;
use crate::source::Source;

/// Which contacts to score.
// For the document only: the body is read by hand, to name every fault.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(dead_code, reason = "the document's shape; the body is read by hand")]
pub(crate) struct PreviewRequest {
    /// This one.
    contact_id: Option<String>,
    /// So many, spread evenly; 1,000 by default.
    #[schema(minimum = 1, maximum = 1000)]
    sample: Option<u16>,
}

/// What the draft would do to scores. Nothing was written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigPreview {
    /// Version that is published.
    version: i64,
    /// Revision of the draft.
    revision: i64,
    /// Contacts that were scored.
    contacts: u32,
    /// Contacts whose stored features cannot be read.
    unreadable: usize,
    /// Contacts whose points of a category change.
    changed: u32,
    /// Contacts by grade before and after.
    movements: Vec<MovementBody>,
    crossings: Vec<CrossingBody>,
    /// Contacts by total before, in 20 parts of 5 points.
    before: Vec<u32>,
    /// The same after.
    after: Vec<u32>,
    /// The contacts that move most.
    movers: Vec<MoverBody>,
    /// Mean change of a total.
    #[schema(value_type = f64)]
    mean_change: PointsE4,
    cost: CostBody,
    /// The contact that was named.
    #[schema(required)]
    contact: Option<ComparedBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GradeMovement)]
pub(crate) struct MovementBody {
    from: &'static str,
    to: &'static str,
    contacts: u32,
}

/// Contacts that cross a threshold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ThresholdCrossing)]
pub(crate) struct CrossingBody {
    threshold: i64,
    gained: u32,
    lost: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Mover)]
pub(crate) struct MoverBody {
    contact_id: String,
    #[schema(value_type = f64)]
    before: PointsE4,
    #[schema(value_type = f64)]
    after: PointsE4,
}

/// What scoring every contact costs, once published.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecomputeCost)]
pub(crate) struct CostBody {
    contacts: u64,
    chunks: u64,
    queue_operations: u64,
    /// Rows of scores that are written: each names its configuration.
    score_rows: u64,
    /// Rows of history, as far as the sample tells.
    history_rows: u64,
}

/// A contact's score as published and by the draft.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparedScores)]
pub(crate) struct ComparedBody {
    before: ExplanationBody,
    after: ExplanationBody,
}

/// Scores a sample of contacts, or one, by the draft. Writes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/scoring/config/preview",
    tag = "scoring",
    request_body(content = Option<PreviewRequest>, content_type = "application/json"),
    responses((status = 200, description = "What would change", body = ConfigPreview, headers(("ETag" = String, description = "The state that was looked at"))), PreviewProblems),
    security(("bearer" = []))
)]
pub(super) async fn preview_config<P: Ports>(
    tenant: Tenant<P, Read>,
    OptionalBody(fields): OptionalBody,
) -> Result<Tagged<ConfigPreview>, Problem> {
    let (contact, sample) = parse(fields)?;
    let pick = contact.as_ref().map_or(Pick::Spread(sample), Pick::One);
    match previewed(&tenant.session, &tenant.organization, pick).await? {
        Ok(previewed) => {
            let token = previewed.token;
            Ok((etag(token), Json(ConfigPreview::of(previewed, contact))))
        }
        Err(NoPreview::NoDraft) => Err(Problem::new(Code::NoDraft)),
        Err(NoPreview::UnknownContact) => Err(Problem::new(Code::ContactNotFound)),
    }
}

fn parse(fields: Map<String, Value>) -> Result<(Option<ContactId>, u16), Problem> {
    let mut form = Form::of(fields, &["contactId", "sample"]);
    if form.has("contactId") && form.has("sample") {
        form.fault("sample", "does not go with contactId".to_owned());
    }
    let sample = form.number("sample", 1..=u32::from(SAMPLE_MAX));
    let contact = form.text("contactId").map(ContactId::parse);
    if let Some(Err(error)) = &contact {
        form.fault("contactId", error.to_string());
    }
    form.done()?;
    let sample = sample.and_then(|most| u16::try_from(most).ok()).unwrap_or(SAMPLE_MAX);
    Ok((contact.and_then(Result::ok), sample))
}

impl ConfigPreview {
    fn of(of: Previewed, contact: Option<ContactId>) -> Self {
        let Previewed { now, token, preview, unreadable, cost, contact: scores } = of;
        let movements = preview.movements.into_iter().map(|movement| MovementBody {
            from: movement.from.as_str(),
            to: movement.to.as_str(),
            contacts: movement.contacts,
        });
        let crossings = preview.crossings.into_iter().map(|crossing| CrossingBody {
            threshold: crossing.threshold,
            gained: crossing.gained,
            lost: crossing.lost,
        });
        let movers = preview.movers.into_iter().map(|mover| MoverBody {
            contact_id: mover.contact.into(),
            before: mover.before,
            after: mover.after,
        });
        Self {
            version: token.version,
            revision: token.revision,
            contacts: preview.contacts,
            unreadable,
            changed: preview.changed,
            movements: movements.collect(),
            crossings: crossings.collect(),
            before: preview.before.to_vec(),
            after: preview.after.to_vec(),
            movers: movers.collect(),
            mean_change: preview.mean_change,
            cost: CostBody {
                contacts: cost.contacts,
                chunks: cost.chunks,
                queue_operations: cost.queue_operations,
                score_rows: cost.score_rows,
                history_rows: cost.history_rows,
            },
            contact: contact.zip(scores).map(|(contact, scores)| compared(&contact, &scores, now)),
        }
    }
}

fn compared(
    contact: &ContactId,
    (before, after): &(Score, Score),
    now: DateTime<Utc>,
) -> ComparedBody {
    let body = |explanation| ExplanationBody::new(contact.clone(), explanation, now, None);
    ComparedBody {
        before: body(explain(before, None)),
        after: body(explain(after, Some(before.total()))),
    }
}
