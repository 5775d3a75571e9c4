//! Statements sent in one flight.

use futures::future::{join_all, join3};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::PortError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use crate::Session;
use crate::error::{commit_error, no_commit_answer};

/// A parameter with its type, so that nothing is prepared.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A statement with its parameters.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a> {
    pub(crate) sql: &'static str,
    pub(crate) params: &'a [Param<'a>],
}

/// The rows of each statement, in order.
pub(crate) type Answers = Vec<Vec<Row>>;

/// How a transaction begins.
pub(crate) const READ_WRITE: &str = "begin";

/// All statements see the same snapshot.
pub(crate) const ONE_SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// Times a transaction of the HTTP worker that lost against concurrent work is
/// repeated: with a lock time-out of 5 s they end within the request's 25 s.
const CONTENTION_REPEATS_MAX: usize = 3;

/// Runs statements in order, as one transaction of one flight. Done only if
/// every statement succeeded and COMMIT answered: a failed transaction's COMMIT
/// is answered without an error, so the first error decides.
pub(crate) async fn transaction(
    client: &Client,
    begin: &str,
    statements: &[Statement<'_>],
) -> Result<Answers, Error> {
    let (begun, answers, committed) = join3(
        client.batch_execute(begin),
        // Polled in order, and a statement is sent when it is polled first.
        join_all(statements.iter().map(|one| client.query_typed(one.sql, one.params))),
        client.batch_execute("commit"),
    )
    .await;
    begun?;
    let answers = answers.into_iter().collect::<Result<_, _>>()?;
    committed?;
    Ok(answers)
}

/// A transaction for an organization: row-level security shows only its rows.
/// Repeated when it lost against concurrent work.
pub(crate) async fn tenant_transaction(
    what: &'static str,
    session: &Session,
    organization: &OrganizationId,
    statements: &[Statement<'_>],
) -> Result<Answers, PortError> {
    let name = organization.as_str();
    let scope: &[Param<'_>] = &[(&name, Type::TEXT)];
    let mut scoped =
        vec![Statement { sql: include_str!("../sql/set_organization.sql"), params: scope }];
    scoped.extend_from_slice(statements);
    let mut repeats = 0;
    loop {
        match session.write(what, &scoped).await {
            Err(PortError::Contention { .. }) if repeats < CONTENTION_REPEATS_MAX => repeats += 1,
            settled => return Ok(settled?.split_off(1)),
        }
    }
}

impl Session {
    /// A writing transaction of one flight.
    pub(crate) async fn write(
        &self,
        what: &'static str,
        statements: &[Statement<'_>],
    ) -> Result<Answers, PortError> {
        let flight = transaction(&self.client, READ_WRITE, statements);
        let answers = self.within(flight).await.map_err(no_commit_answer(what))?;
        answers.map_err(|error| commit_error(what, &error))
    }
}
