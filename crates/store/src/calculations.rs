//! What nights made of users, as it is read again.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::overnight::HISTORY_KEPT;
use mauntic_domain::portfolio::{Recorded, UserFate};
use mauntic_flows::ports::{CalculationView, NightUser, NightUsersAsked, PortError, UserKey};
use tokio_postgres::Row;
use tokio_postgres::types::{Json, Type};
use uuid::Uuid;

use crate::flight::Param;
use crate::nights::user;
use crate::rows::{column, unreadable};

/// Seconds that past scores are kept at least.
const HISTORY_KEPT_SECS: i64 = HISTORY_KEPT.num_seconds();

/// A user as a parameter: organization and name, or neither.
#[derive(Default)]
struct Named<'a> {
    owner: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Named<'a> {
    fn of(key: Option<&'a UserKey>) -> Self {
        let owner = key.map(|(owner, _)| owner.as_str());
        Self { owner, name: key.map(|(_, name)| name.as_str()) }
    }
}

/// Whose calculations of a night: those behind a user, or one user's.
pub(crate) struct Calculations<'a> {
    run_id: Uuid,
    after: Named<'a>,
    only: Named<'a>,
    limit: i64,
}

impl<'a> Calculations<'a> {
    pub(crate) fn of_user(run_id: Uuid, owner: &'a str, name: &'a str) -> Self {
        let only = Named { owner: Some(owner), name: Some(name) };
        Self { run_id, after: Named::default(), only, limit: 1 }
    }

    pub(crate) fn behind(run_id: Uuid, after: Option<&'a UserKey>, limit: i64) -> Self {
        Self { run_id, after: Named::of(after), only: Named::default(), limit }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 7] {
        [
            (&self.run_id, Type::UUID),
            (&self.after.owner, Type::TEXT),
            (&self.after.name, Type::TEXT),
            (&self.only.owner, Type::TEXT),
            (&self.only.name, Type::TEXT),
            (&self.limit, Type::INT8),
            (&HISTORY_KEPT_SECS, Type::INT8),
        ]
    }
}

/// Which users of a night.
pub(crate) struct Users<'a> {
    asked: &'a NightUsersAsked,
    owner: Option<&'a str>,
    fate: Option<&'static str>,
    after: Named<'a>,
}

impl<'a> Users<'a> {
    pub(crate) fn of(owner: Option<&'a OrganizationId>, asked: &'a NightUsersAsked) -> Self {
        let after = Named::of(asked.after.as_ref());
        let owner = owner.map(OrganizationId::as_str);
        Self { asked, owner, fate: asked.fate.map(UserFate::name), after }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 6] {
        [
            (&self.asked.run_id, Type::UUID),
            (&self.owner, Type::TEXT),
            (&self.fate, Type::TEXT),
            (&self.after.owner, Type::TEXT),
            (&self.after.name, Type::TEXT),
            (&self.asked.limit, Type::INT8),
        ]
    }
}

fn fate(row: &Row) -> Result<Option<UserFate>, PortError> {
    let name = column::<Option<&str>>(row, "fate")?;
    let fate = |name| UserFate::from_name(name).ok_or_else(|| unreadable("column fate"));
    name.map(fate).transpose()
}

pub(crate) fn calculation(row: &Row) -> Result<CalculationView, PortError> {
    let rows = |name| Ok(column::<Option<Json<_>>>(row, name)?.map(|Json(rows)| rows));
    Ok(CalculationView {
        told: Option::zip(column(row, "correlation_id")?, column(row, "at")?),
        recorded: Recorded {
            fate: fate(row)?.ok_or_else(|| unreadable("column fate"))?,
            reason: column(row, "reason")?,
            assets_scored: column(row, "assets_scored")?,
            started: column(row, "started")?,
            inputs: column(row, "inputs")?,
            scores: column(row, "scores")?,
            completed: column(row, "completed")?,
            newest: rows("newest")?,
            history: rows("history")?,
        },
    })
}

pub(crate) fn night_user(row: &Row) -> Result<NightUser, PortError> {
    Ok(NightUser {
        user: user(row)?,
        fate: fate(row)?,
        reason: column(row, "reason")?,
        detail: column(row, "detail")?,
        assets_scored: column(row, "assets_scored")?,
    })
}
