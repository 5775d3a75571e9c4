//! An organization's sending domains, and how far each is in its warm-up.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use mauntic_domain::warmup::schedule::{DAY_MAX, EMAILS_MAX, STEPS_MAX};
use mauntic_domain::warmup::{DomainName, Schedule, Step};
use mauntic_flows::commands::reserve::count_today;
use mauntic_flows::ports::{DomainChange, DomainStore, PortError, Ports, SendingDomain};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::time::dated;
use super::{shown, shown_if};
use crate::auth::{Read, Tenant, Write};
use crate::body::JsonBody;
use crate::code::Code;
use crate::form::Form;
use crate::page::{Answer, Asked, Listed};
use crate::params::DomainPath;
use crate::problem::Problem;
use crate::problems::{DomainProblems, PutDomainProblems, ReadProblems};
use crate::query::Query;
use crate::source::Source;
use crate::state::Shared;

/// A day of a domain's life and its limit.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WarmupStep {
    #[schema(minimum = 1, maximum = 3_650)]
    day: u32,
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    max_emails: u32,
}

/// What is said of a sending domain; what is absent stays as it is.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[derive(Default)]
#[schema(as = SendingDomainRequest)]
pub(crate) struct DomainBody {
    /// Whether the product has verified it; not unless said so.
    verified: Option<bool>,
    /// Since when its days are counted; since it was stored first.
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// Up to 100 steps, days and limits rising: in between a limit is on the line
    /// that joins two, before the first it is 0, after the last there is none. Empty
    /// for the product's own.
    schedule: Option<Vec<WarmupStep>>,
}

/// A sending domain.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SendingDomain)]
pub(crate) struct DomainLine {
    domain: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    verified_at: Option<String>,
    /// Its own limits; none where the product's count.
    #[schema(required)]
    schedule: Option<Vec<WarmupStep>>,
    /// Which of its days it is in, from 1.
    day: i64,
    /// Most e-mails a day of UTC by now; none where there is no limit.
    #[schema(required)]
    limit: Option<u64>,
}

impl From<SendingDomain> for DomainLine {
    fn from(domain: SendingDomain) -> Self {
        let day = domain.day();
        let step = |step: &Step| WarmupStep { day: step.day, max_emails: step.max_emails };
        let own = domain.schedule.as_ref();
        Self {
            limit: domain.schedule().limit(day),
            schedule: own.map(|schedule| schedule.steps().iter().map(step).collect()),
            domain: domain.domain.into(),
            created_at: shown(domain.created_at),
            verified_at: shown_if(domain.verified_at),
            day,
        }
    }
}

/// A sending domain's day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DomainDay {
    domain: String,
    /// Today, of UTC.
    #[schema(format = Date)]
    date: String,
    /// What is granted of today.
    count: u64,
    /// Most e-mails of today by now; none where there is no limit.
    #[schema(required)]
    limit: Option<u64>,
    /// Which of its days it is in, from 1.
    day: i64,
    /// How much of its warm-up is over.
    #[schema(maximum = 100)]
    progress_percent: u8,
}

/// The sending domains, by name.
#[utoipa::path(
    get,
    path = "/api/v1/warmup/domains",
    tag = "warmup",
    params(
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<DomainLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list_domains<P: Ports>(
    tenant: Tenant<P, Read>,
    uri: Uri,
) -> Result<Answer<DomainLine>, Problem> {
    let mut query = Query::of(&uri, &["limit", "cursor"], &[]);
    let (asked, after) = Asked::of_tenant::<DomainName>(&tenant.organization, &uri, &mut query);
    query.done()?;
    let found = tenant.session.domains(&tenant.organization, after.as_ref(), asked.one_more());
    Ok(asked.cut(found.await?, |domain| domain.domain.clone()))
}

/// How much of today is granted, and of how much.
#[utoipa::path(
    get,
    path = "/api/v1/warmup/domains/{domain}",
    tag = "warmup",
    params(("domain" = String, Path, description = "The domain, as example.com", min_length = 3, max_length = 253)),
    responses((status = 200, description = "Its day", body = DomainDay), DomainProblems),
    security(("bearer" = []))
)]
pub(super) async fn get_domain<P: Ports>(
    State(state): State<Shared<P>>,
    tenant: Tenant<P, Read>,
    DomainPath(name): DomainPath,
) -> Result<Json<DomainDay>, Problem> {
    let (organization, domain) = found(tenant, &name).await?;
    let count = count_today(state.ports.as_ref(), &organization, &domain);
    let (count, day, schedule) = (count.await.map_err(problem)?, domain.day(), domain.schedule());
    Ok(Json(DomainDay {
        domain: domain.domain.into(),
        date: domain.now.date_naive().to_string(),
        count,
        limit: schedule.limit(day),
        day,
        progress_percent: schedule.progress_percent(day),
    }))
}

/// Stores a sending domain, or says something new of it.
#[utoipa::path(
    put,
    path = "/api/v1/warmup/domains/{domain}",
    tag = "warmup",
    params(("domain" = String, Path, description = "The domain, as example.com", min_length = 3, max_length = 253)),
    request_body(content = DomainBody, content_type = "application/json"),
    responses((status = 200, description = "Stored", body = DomainLine), PutDomainProblems),
    security(("bearer" = []))
)]
pub(super) async fn put_domain<P: Ports>(
    tenant: Tenant<P, Write>,
    DomainPath(domain): DomainPath,
    JsonBody(fields): JsonBody,
) -> Result<Json<DomainLine>, Problem> {
    let change = change(fields)?;
    let stored = tenant.session.put_domain(&tenant.organization, &domain, &change).await?;
    Ok(Json(stored.into()))
}

/// The domain that a request is about, and whose it is. Its session ends here: who
/// waits for a counter holds no connection of the database.
pub(super) async fn found<P: Ports, N>(
    tenant: Tenant<P, N>,
    name: &DomainName,
) -> Result<(mauntic_domain::ids::OrganizationId, SendingDomain), Problem> {
    let found = tenant.session.domain(&tenant.organization, name).await?;
    let domain = found.ok_or_else(|| Problem::new(Code::DomainNotFound))?;
    Ok((tenant.organization, domain))
}

/// What the counters met. What is not known is told to who may ask again.
pub(super) fn problem(error: PortError) -> Problem {
    const SPENT: &str = "The answer of the counter was lost, and the grant may be spent. Repeat \
        the request under the same `Idempotency-Key`, which finds out; without one it is a new \
        request.";
    match error {
        PortError::Unavailable { .. } => {
            Problem::new(Code::CountersUnavailable).because(error.to_string())
        }
        PortError::Unknown { .. } => {
            Problem::with_detail(Code::CommitUnknown, SPENT).because(error.to_string())
        }
        error => error.into(),
    }
}

fn change(fields: Map<String, Value>) -> Result<DomainChange, Problem> {
    let mut form = Form::of(fields, &["verified", "createdAt", "schedule"]);
    let verified = form.flag("verified");
    let expected = "a time of RFC 3339 with its zone, as 2026-11-29T12:00:00Z";
    let created_at = form.parse_if("createdAt", expected, |value| value.as_str().and_then(dated));
    let schedule = if form.has("schedule") { schedule(&mut form) } else { None };
    form.done()?;
    Ok(DomainChange { verified, created_at, schedule })
}

/// None inside for an empty list, which is the product's own schedule.
fn schedule(form: &mut Form) -> Option<Option<Schedule>> {
    let steps = form.items("schedule", STEPS_MAX, &["day", "maxEmails"], |step| {
        let mut number = |name, max: u32| {
            let read = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
            let expected = format!("a whole number from 1 to {max}");
            let is_one = |number: &u32| (1..=max).contains(number);
            step.parse(name, &expected, |value| read(value).filter(is_one))
        };
        let (day, max_emails) = (number("day", DAY_MAX), number("maxEmails", EMAILS_MAX));
        Some(Step { day: day?, max_emails: max_emails? })
    });
    if steps.is_empty() {
        return Some(None);
    }
    match Schedule::new(steps) {
        Ok(schedule) => Some(Some(schedule)),
        Err(error) => {
            form.fault("schedule", error.to_string());
            None
        }
    }
}
