//! An organization's signals and explained scores. Every transaction names the
//! organization to row-level security; the statements name it as well.

use chrono::{DateTime, NaiveDate, Utc};
use mauntic_domain::contact_events::Channel;
use mauntic_domain::ids::{ContactId, EventId, NameError, OrganizationId, SignalType};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Config, Grade, Priority};
use mauntic_flows::ports::{
    Acknowledged, AlertFilter, AlertView, ContactView, Days, HistoryDay, Page, Paged, PortError,
    RequestKey, SIGNALS_READ_MAX, SignalList, SignalPlace, SignalStore, SignalView,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::flight::{Param, Statement, tenant_snapshot};
use crate::rows::{column, json, unreadable};
use crate::tenant::score_row;
use crate::{Session, alerts, inputs};

impl SignalStore for Session {
    async fn contact_view(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Option<ContactView>, PortError> {
        let (owner, name) = (organization.as_str(), contact.as_str());
        // One more than is shown tells whether there are more.
        let most = SIGNALS_READ_MAX + 1;
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&name, Type::TEXT),
            (&as_of, Type::TIMESTAMPTZ),
            (&most, Type::INT8),
        ];
        let of = |sql, count| Statement { sql, params: params.get(..count).unwrap_or_default() };
        let statements = [
            of(sql!("read_view.sql"), 2),
            of(sql!("read_view_config.sql"), 3),
            of(sql!("read_view_signals.sql"), 4),
        ];
        let what = "reading a contact";
        let answers = tenant_snapshot(what, self, organization, &statements).await?;
        let [contact, config, signals] = answers.as_slice() else {
            return Err(unreadable("a contact, its configuration and its signals"));
        };
        contact.first().map(|row| contact_view(row, config, signals)).transpose()
    }

    async fn history(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        days: Days,
    ) -> Result<Option<Vec<HistoryDay>>, PortError> {
        let (owner, name) = (organization.as_str(), contact.as_str());
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&name, Type::TEXT),
            (&days.from, Type::DATE),
            (&days.to, Type::DATE),
            (&days.limit, Type::INT8),
        ];
        let sql = sql!("history.sql");
        let rows = look("reading a history", self, organization, Statement { sql, params }).await?;
        let found = rows.iter().filter_map(|row| history_day(row).transpose());
        let found = found.collect::<Result<_, _>>()?;
        Ok((!rows.is_empty()).then_some(found))
    }

    async fn signals(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        after: Option<&SignalPlace>,
        limit: i64,
    ) -> Result<Option<SignalList>, PortError> {
        let (owner, name) = (organization.as_str(), contact.as_str());
        let detected_at = after.map(|place| place.detected_at);
        let event = after.map(|place| place.event_id.as_str());
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&name, Type::TEXT),
            (&detected_at, Type::TIMESTAMPTZ),
            (&event, Type::TEXT),
            (&limit, Type::INT8),
        ];
        let sql = sql!("signals.sql");
        let rows = look("listing signals", self, organization, Statement { sql, params }).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let is_there = |row: &&Row| !matches!(column::<Option<&str>>(row, "event_id"), Ok(None));
        let signals = rows.iter().filter(is_there).map(signal_view);
        let signals = signals.collect::<Result<_, _>>()?;
        Ok(Some(SignalList { now: column(first, "now")?, signals }))
    }

    async fn alerts(
        &self,
        organization: &OrganizationId,
        filter: &AlertFilter,
        page: Page,
    ) -> Result<Paged<AlertView>, PortError> {
        alerts::list(self, organization, filter, page).await
    }

    async fn acknowledge(
        &self,
        organization: &OrganizationId,
        alert: Uuid,
        by: &str,
        key: Option<&RequestKey>,
    ) -> Result<Acknowledged, PortError> {
        alerts::acknowledge(self, organization, alert, by, key).await
    }
}

/// One statement that only reads.
pub(crate) async fn look(
    what: &'static str,
    session: &Session,
    organization: &OrganizationId,
    statement: Statement<'_>,
) -> Result<Vec<Row>, PortError> {
    let answers = tenant_snapshot(what, session, organization, &[statement]).await?;
    Ok(answers.into_iter().next().unwrap_or_default())
}

fn contact_view(row: &Row, config: &[Row], signals: &[Row]) -> Result<ContactView, PortError> {
    let (config, config_version) = match config.first() {
        Some(row) => inputs::config(row)?,
        None => (Config::default(), 0),
    };
    let most = usize::try_from(SIGNALS_READ_MAX).unwrap_or(usize::MAX);
    let shown = signals.iter().take(most).map(signal_view);
    Ok(ContactView {
        now: column(row, "now")?,
        features: json(row, "features")?,
        input_version: column(row, "input_version_now")?,
        config,
        config_version,
        score: score_row(row)?,
        signals: shown.collect::<Result<_, _>>()?,
        truncated: signals.len() > most,
    })
}

fn signal_view(row: &Row) -> Result<SignalView, PortError> {
    let source = Channel::from_name(column(row, "source")?);
    Ok(SignalView {
        event_id: EventId::parse(column::<&str>(row, "event_id")?).map_err(|e| no_name(&e))?,
        signal_type: signal_type(row)?,
        source: source.ok_or_else(|| unreadable("column source"))?,
        priority: priority(row)?,
        signal: inputs::signal(row)?,
        input_version: column(row, "input_version")?,
        received_at: column(row, "received_at")?,
        counted: column(row, "counted")?,
        archived_at: column(row, "archived_at")?,
    })
}

pub(crate) fn signal_type(row: &Row) -> Result<SignalType, PortError> {
    SignalType::parse(column::<&str>(row, "signal_type")?).map_err(|error| no_name(&error))
}

pub(crate) fn priority(row: &Row) -> Result<Priority, PortError> {
    let priority = Priority::from_name(column(row, "priority")?);
    priority.ok_or_else(|| unreadable("column priority"))
}

pub(crate) fn no_name(error: &NameError) -> PortError {
    unreadable(&error.to_string())
}

/// None where there are no days.
fn history_day(row: &Row) -> Result<Option<HistoryDay>, PortError> {
    let Some(day) = column::<Option<NaiveDate>>(row, "day")? else { return Ok(None) };
    let points = |name| Ok(PointsE4::from_e4(column(row, name)?));
    let total = points("total")?;
    Ok(Some(HistoryDay {
        day,
        total,
        grade: Grade::of(total),
        categories: [points("fit")?, points("engagement")?, points("intent")?],
        updated_at: column(row, "updated_at")?,
    }))
}
