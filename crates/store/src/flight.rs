//! Statements sent in one flight.

use futures::future::{join, join3};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::PortError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use crate::error::commit_error;

/// A parameter with its type, so that nothing is prepared.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A statement with its parameters.
pub(crate) struct Statement<'a> {
    pub(crate) sql: &'static str,
    pub(crate) params: &'a [Param<'a>],
}

/// The rows of one or two statements, done in one transaction of one flight.
pub(crate) type Answers = (Vec<Row>, Vec<Row>);

/// Runs `first`, then `second`, as one transaction of one flight. Done only if
/// every statement succeeded and COMMIT answered: a failed transaction's COMMIT
/// is answered without an error (RACES E20), so the first error decides.
pub(crate) async fn transaction(
    client: &Client,
    first: Statement<'_>,
    second: Option<Statement<'_>>,
) -> Result<Answers, Error> {
    let second = async {
        match &second {
            Some(second) => client.query_typed(second.sql, second.params).await,
            None => Ok(Vec::new()),
        }
    };
    let ((begun, first, second), committed) = join(
        join3(client.batch_execute("begin"), client.query_typed(first.sql, first.params), second),
        client.batch_execute("commit"),
    )
    .await;
    begun?;
    let answers = (first?, second?);
    committed?;
    Ok(answers)
}

/// [`transaction`] for an organization: row-level security shows only its rows.
pub(crate) async fn tenant_transaction(
    what: &'static str,
    client: &Client,
    organization: &OrganizationId,
    first: Statement<'_>,
    second: Option<Statement<'_>>,
) -> Result<Answers, PortError> {
    let name = organization.as_str();
    let scope: &[Param<'_>] = &[(&name, Type::TEXT)];
    let ((begun, scoped), (first, second), committed) = join3(
        join(
            client.batch_execute("begin"),
            client.query_typed(include_str!("../sql/set_organization.sql"), scope),
        ),
        join(client.query_typed(first.sql, first.params), async {
            match &second {
                Some(second) => client.query_typed(second.sql, second.params).await,
                None => Ok(Vec::new()),
            }
        }),
        client.batch_execute("commit"),
    )
    .await;
    let answers = begun
        .and(scoped)
        .and(first)
        .and_then(|first| second.map(|second| (first, second)))
        .and_then(|answers| committed.map(|()| answers));
    answers.map_err(|error| commit_error(what, &error))
}
