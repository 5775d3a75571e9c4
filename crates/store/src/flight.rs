//! Statements sent in one flight.

use futures::future::{join, join3};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::PortError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use crate::Session;
use crate::error::{commit_error, no_commit_answer};

/// A parameter with its type, so that nothing is prepared.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A statement with its parameters.
pub(crate) struct Statement<'a> {
    pub(crate) sql: &'static str,
    pub(crate) params: &'a [Param<'a>],
}

/// The rows of one or two statements, done in one transaction of one flight.
pub(crate) type Answers = (Vec<Row>, Vec<Row>);

/// How a transaction begins.
pub(crate) const READ_WRITE: &str = "begin";

/// Both statements see the same snapshot.
pub(crate) const ONE_SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// Times a transaction of the HTTP worker that lost against concurrent work is
/// repeated: with a lock time-out of 5 s they end within the request's 25 s.
const CONTENTION_REPEATS_MAX: usize = 3;

/// Runs `first`, then `second`, as one transaction of one flight. Done only if
/// every statement succeeded and COMMIT answered: a failed transaction's COMMIT
/// is answered without an error, so the first error decides.
pub(crate) async fn transaction(
    client: &Client,
    begin: &str,
    first: &Statement<'_>,
    second: Option<&Statement<'_>>,
) -> Result<Answers, Error> {
    let ((begun, first, second), committed) = join(
        join3(
            client.batch_execute(begin),
            client.query_typed(first.sql, first.params),
            optional(client, second),
        ),
        client.batch_execute("commit"),
    )
    .await;
    begun?;
    let answers = (first?, second?);
    committed?;
    Ok(answers)
}

/// A transaction for an organization: row-level security shows only its rows.
pub(crate) async fn tenant_transaction(
    what: &'static str,
    session: &Session,
    organization: &OrganizationId,
    first: &Statement<'_>,
    second: Option<&Statement<'_>>,
) -> Result<Answers, PortError> {
    let mut repeats = 0;
    loop {
        let flight = tenant_flight(&session.client, organization, first, second);
        let answers = session.within(flight).await.map_err(no_commit_answer(what))?;
        match answers.map_err(|error| commit_error(what, &error)) {
            Err(PortError::Contention { .. }) if repeats < CONTENTION_REPEATS_MAX => repeats += 1,
            settled => return settled,
        }
    }
}

async fn tenant_flight(
    client: &Client,
    organization: &OrganizationId,
    first: &Statement<'_>,
    second: Option<&Statement<'_>>,
) -> Result<Answers, Error> {
    let name = organization.as_str();
    let scope: &[Param<'_>] = &[(&name, Type::TEXT)];
    let ((begun, scoped), (first, second), committed) = join3(
        join(
            client.batch_execute(READ_WRITE),
            client.query_typed(include_str!("../sql/set_organization.sql"), scope),
        ),
        join(client.query_typed(first.sql, first.params), optional(client, second)),
        client.batch_execute("commit"),
    )
    .await;
    begun?;
    scoped?;
    let answers = (first?, second?);
    committed?;
    Ok(answers)
}

async fn optional(client: &Client, statement: Option<&Statement<'_>>) -> Result<Vec<Row>, Error> {
    match statement {
        Some(statement) => client.query_typed(statement.sql, statement.params).await,
        None => Ok(Vec::new()),
    }
}
