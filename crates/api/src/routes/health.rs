//! `GET /api/monitoring/health`: whether work can be done, and whether it is.
//! Open to everybody, so it says states, stable codes and names of ours, never what failed.

use std::ops::RangeInclusive;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use mauntic_flows::ports::{Database, KeyStore, PortError, Ports, Vitals, Warning};
use mauntic_flows::tick;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::shown;
use crate::observe::Note;
use crate::state::Shared;

/// Oldest beat of a duty that still runs, in halves of its own interval: two and
/// a half ticks, so that one late tick alarms nobody and two missed ones do.
const BEAT_AGE_HALVES_MAX: i64 = 5;

/// How well something is; worse ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Health {
    /// All is well (200).
    Healthy,
    /// Requests are served, but jobs are not being started in time (503).
    Degraded,
    /// Requests cannot be served (500).
    Unhealthy,
}

/// The state of the whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthBody {
    /// The worst of the checks.
    status: Health,
    checks: Checks,
    /// What somebody should look at; it makes nothing unhealthy.
    warnings: Vec<HealthWarning>,
}

/// Something that somebody should look at.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthWarning {
    /// `scoreboard_drift`: a tournament's board has so many differences from its ledger.
    /// `matches_given_up`: a match without an end that nobody asks about any more, of so
    /// many; the ones that began first. `night_partial`, `night_failed`: of the newest night
    /// that has ended so many users were not scored. `tokens_equal`: `ADMIN_TOKEN` is the
    /// `VIEWER_TOKEN` too, and only looks. `dead_letters`: so many of a queue, counted up to
    /// 10,000 of all, wait for a decision. `breaker_open`: no call of a dependency goes, or only
    /// a probe. `run_stalled`: a run makes no progress, so that its lock was taken from it.
    /// `occurrences_missed`: so many times of a schedule in 24 hours. `rates_stale`: the newest
    /// night that has ended went by such rates. `not_checked`: what there is could not be read.
    code: &'static str,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    id: Option<Uuid>,
    /// The queue, dependency, schedule or key of a run that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// How many there are of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
}

impl HealthWarning {
    const NOT_CHECKED: Self = Self::of_all("not_checked");
    const TOKENS_EQUAL: Self = Self::of_all("tokens_equal");

    const fn of_all(code: &'static str) -> Self {
        Self { code, id: None, name: None, count: None }
    }

    fn list(warnings: Option<&Vec<Warning>>) -> Vec<Self> {
        let of = |of: &Warning| Self {
            code: of.kind.name(),
            id: of.id,
            name: of.name.clone(),
            count: of.count,
        };
        warnings.map_or_else(|| vec![Self::NOT_CHECKED], |all| all.iter().map(of).collect())
    }
}

/// What was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checks {
    database: Check,
    schema: SchemaCheck,
    scheduler: SchedulerCheck,
}

/// One check.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Check {
    status: Health,
    /// Why it is not healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

/// Whether the database has the schema this build runs on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchemaCheck {
    #[serde(flatten)]
    check: Check,
    /// Newest migration applied.
    #[schema(required)]
    version: Option<i32>,
    /// Oldest version this build runs on.
    minimum: i32,
    /// Newest version this build runs on.
    maximum: i32,
}

/// Whether the tick does its duties.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchedulerCheck {
    #[serde(flatten)]
    check: Check,
    /// Every duty that was ever done.
    duties: Vec<Duty>,
}

/// One duty of the tick.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Duty {
    name: String,
    status: Health,
    /// When it was last done.
    #[schema(format = DateTime)]
    last_beat_at: String,
    /// How long ago that is, by the database's clock.
    age_seconds: i64,
    /// Which isolate did it; none where the build before this one did.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    instance_id: Option<Uuid>,
}

/// Health of the service.
#[utoipa::path(
    get,
    path = "/api/monitoring/health",
    tag = "monitoring",
    responses(
        (status = 200, description = "Healthy", body = HealthBody),
        (status = 503, description = "Degraded: jobs are not being started in time", body = HealthBody),
        (status = 500, description = "Unhealthy: requests cannot be served", body = HealthBody),
    )
)]
pub(super) async fn health<P: Ports>(State(state): State<Shared<P>>) -> Response {
    let vitals = match state.ports.db().open().await {
        Ok(session) => session.vitals().await,
        Err(error) => Err(error),
    };
    let checks = judge(&vitals, &state.schema);
    let status =
        checks.database.status.max(checks.schema.check.status).max(checks.scheduler.check.status);
    let code = match status {
        Health::Healthy => StatusCode::OK,
        Health::Degraded => StatusCode::SERVICE_UNAVAILABLE,
        Health::Unhealthy => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let warnings = vitals.as_ref().ok().and_then(|vitals| vitals.warnings.as_ref());
    let mut warnings = HealthWarning::list(warnings);
    warnings.extend(state.has_one_token().then_some(HealthWarning::TOKENS_EQUAL));
    let note = note(&checks, vitals.err());
    let mut response = (code, Json(HealthBody { status, checks, warnings })).into_response();
    if let Some(note) = note {
        response.extensions_mut().insert(note);
    }
    response
}

fn judge(vitals: &Result<Vitals, PortError>, schema: &RangeInclusive<i32>) -> Checks {
    let vitals = match vitals {
        Ok(vitals) => vitals,
        Err(error) => {
            return Checks {
                database: Check::failed(Health::Unhealthy, error.code()),
                schema: SchemaCheck::of(
                    Check::failed(Health::Unhealthy, "not_checked"),
                    None,
                    schema,
                ),
                scheduler: SchedulerCheck {
                    check: Check::failed(Health::Degraded, "not_checked"),
                    duties: Vec::new(),
                },
            };
        }
    };
    let check = if schema.contains(&vitals.schema_version) {
        Check::PASSED
    } else {
        Check::failed(Health::Unhealthy, "schema_out_of_range")
    };
    Checks {
        database: Check::PASSED,
        schema: SchemaCheck::of(check, Some(vitals.schema_version), schema),
        scheduler: scheduler(vitals),
    }
}

/// Whether every duty of the tick is done in time.
pub(super) fn is_ticking(vitals: &Vitals) -> bool {
    scheduler(vitals).check.status == Health::Healthy
}

fn scheduler(vitals: &Vitals) -> SchedulerCheck {
    let duties: Vec<Duty> = vitals
        .beats
        .iter()
        .map(|beat| {
            let age_seconds = (vitals.now - beat.at).num_seconds().max(0);
            let oldest_halves = i64::from(beat.interval_secs) * BEAT_AGE_HALVES_MAX;
            let late = age_seconds.saturating_mul(2) >= oldest_halves;
            Duty {
                name: beat.duty.clone(),
                status: if late { Health::Degraded } else { Health::Healthy },
                last_beat_at: shown(beat.at),
                age_seconds,
                instance_id: beat.by.map(|by| by.id),
            }
        })
        .collect();
    // A duty that only another build does may have been given up.
    let is_ours = |done: &Duty| tick::Duty::ALL.iter().any(|duty| duty.name() == done.name);
    let is_missing = |duty: &tick::Duty| duties.iter().all(|done| done.name != duty.name());
    let check = if tick::Duty::ALL.iter().any(is_missing) {
        Check::failed(Health::Degraded, "heartbeat_missing")
    } else if duties.iter().any(|duty| duty.status != Health::Healthy && is_ours(duty)) {
        Check::failed(Health::Degraded, "heartbeat_late")
    } else {
        Check::PASSED
    };
    SchedulerCheck { check, duties }
}

/// What the log says: the first check that failed, and what the port said.
fn note(checks: &Checks, error: Option<PortError>) -> Option<Note> {
    let code = checks.database.code.or(checks.schema.check.code).or(checks.scheduler.check.code)?;
    let cause = error.map(|error| error.to_string());
    Some(Note { code, cause })
}

impl Check {
    const PASSED: Self = Self { status: Health::Healthy, code: None };

    const fn failed(status: Health, code: &'static str) -> Self {
        Self { status, code: Some(code) }
    }
}

impl SchemaCheck {
    const fn of(check: Check, version: Option<i32>, schema: &RangeInclusive<i32>) -> Self {
        Self { check, version, minimum: *schema.start(), maximum: *schema.end() }
    }
}
