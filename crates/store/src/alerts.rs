//! An organization's alerts, and taking one on.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{ContactId, EventId, OrganizationId};
use mauntic_flows::ports::{
    Acknowledged, AlertFate, AlertFilter, AlertView, Page, Paged, PortError, RequestKey,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::acts::Open;
use crate::answers::{self, Taken};
use crate::flight::{
    CONTENTION_REPEATS_MAX, Param, SET_ORGANIZATION, Statement, tenant_transaction,
};
use crate::rows::column;
use crate::signals::{look, no_name, priority, signal_type};
use crate::views::{LOOKED_MAX, paged};

/// What is done, in errors.
const WHAT: &str = "acknowledging an alert";

pub(crate) async fn list(
    session: &Session,
    organization: &OrganizationId,
    filter: &AlertFilter,
    page: Page,
) -> Result<Paged<AlertView>, PortError> {
    let owner = organization.as_str();
    let statuses = (!filter.statuses.is_empty()).then_some(&filter.statuses);
    let priorities: Vec<&str> = filter.priorities.iter().map(|one| one.as_str()).collect();
    let priorities = (!priorities.is_empty()).then_some(priorities);
    let contact = filter.contact_id.as_ref().map(ContactId::as_str);
    let params: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&page.before, Type::UUID),
        (&page.limit, Type::INT8),
        (&LOOKED_MAX, Type::INT8),
        (&statuses, Type::TEXT_ARRAY),
        (&priorities, Type::TEXT_ARRAY),
        (&contact, Type::TEXT),
    ];
    let sql = sql!("alerts.sql");
    let rows = look("listing alerts", session, organization, Statement { sql, params }).await?;
    paged(&rows, page, alert_view, |alert| alert.id)
}

pub(crate) async fn acknowledge(
    session: &Session,
    organization: &OrganizationId,
    alert: Uuid,
    by: &str,
    key: Option<&RequestKey>,
) -> Result<Acknowledged, PortError> {
    let owner = organization.as_str();
    let params: &[Param<'_>] = &[(&owner, Type::TEXT), (&alert, Type::UUID), (&by, Type::TEXT)];
    let named = params.get(..2).unwrap_or_default();
    let statements = [
        Statement { sql: sql!("acknowledge_alert.sql"), params },
        // A statement of its own, so that it sees what the one before waited for.
        Statement { sql: sql!("alert.sql"), params: named },
    ];
    let Some(key) = key else {
        let answers = tenant_transaction(WHAT, session, organization, &statements).await?;
        return found(&answers, by);
    };
    let mut repeats = 0;
    loop {
        match keyed(session, organization, &statements, by, key).await {
            Err(PortError::Contention { .. }) if repeats < CONTENTION_REPEATS_MAX => repeats += 1,
            settled => return settled,
        }
    }
}

/// The same where the request has a key. An alert that is theirs stays so, so
/// that a repeat finds its first answer in the row: what is kept says only that
/// the key is spent.
async fn keyed(
    session: &Session,
    organization: &OrganizationId,
    statements: &[Statement<'_>],
    by: &str,
    key: &RequestKey,
) -> Result<Acknowledged, PortError> {
    let owner = organization.as_str();
    let columns = answers::Columns::of(key, Some(owner));
    let (scope, taking): (&[Param<'_>], _) = (&[(&owner, Type::TEXT)], columns.params());
    let first = [Statement { sql: SET_ORGANIZATION, params: scope }, answers::take(&taking)];
    let (open, answers) = Open::begin(session, WHAT, &first).await?;
    let taken = answers::taken(answers.last().map_or(&[], Vec::as_slice));
    let made = match taken {
        Ok(taken) => open.flight(statements).await.and_then(|answers| {
            let is_fresh = matches!(taken, Taken::Fresh);
            found(&answers, by).map(|made| (made, is_fresh))
        }),
        Err(error) => Err(error),
    };
    match made {
        Ok((made @ Acknowledged::Theirs(_), true)) => {
            let spent = "true".to_owned();
            open.commit(&[answers::keep(&columns.keeping(&spent))]).await.map(|()| made)
        }
        Ok((made, is_fresh)) => {
            if !is_fresh {
                key.repeat.tell();
            }
            open.roll_back().await.map(|()| made)
        }
        Err(error) => Err(open.give_up(error).await),
    }
}

/// The alert as it is after the attempt.
fn found(answers: &[Vec<Row>], by: &str) -> Result<Acknowledged, PortError> {
    let row = answers.last().and_then(|rows| rows.first());
    Ok(Acknowledged::of(row.map(alert_view).transpose()?, by))
}

fn alert_view(row: &Row) -> Result<AlertView, PortError> {
    let contact = ContactId::parse(column::<&str>(row, "contact_id")?);
    let event = EventId::parse(column::<&str>(row, "event_id")?);
    let acknowledged_at: Option<DateTime<Utc>> = column(row, "acknowledged_at")?;
    let expired_at: Option<DateTime<Utc>> = column(row, "expired_at")?;
    let fate = match (acknowledged_at, expired_at) {
        (Some(at), _) => AlertFate::Acknowledged { at, by: column(row, "acknowledged_by")? },
        (None, Some(at)) => AlertFate::Expired { at },
        (None, None) => AlertFate::Open,
    };
    Ok(AlertView {
        id: column(row, "id")?,
        contact_id: contact.map_err(|error| no_name(&error))?,
        signal_type: signal_type(row)?,
        priority: priority(row)?,
        event_id: event.map_err(|error| no_name(&error))?,
        opened_at: column(row, "opened_at")?,
        due_at: column(row, "due_at")?,
        fate,
    })
}
