//! Statements sent in one flight.

use std::borrow::Cow;

use futures::future::{join_all, join3};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::PortError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use crate::Session;
use crate::error::{commit_error, no_answer, no_commit_answer, statement_error};

/// A parameter with its type, so that nothing is prepared.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A statement with its parameters.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a> {
    pub(crate) sql: &'a str,
    pub(crate) params: &'a [Param<'a>],
}

/// The rows of each statement, in order.
pub(crate) type Answers = Vec<Vec<Row>>;

/// How a transaction begins.
pub(crate) const READ_WRITE: &str = "begin";

/// All statements see the same snapshot.
pub(crate) const ONE_SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// Names an organization to row-level security.
pub(crate) const SET_ORGANIZATION: &str = sql!("set_organization.sql");

/// Names the span that starts what a transaction enqueues.
const SET_TRACEPARENT: &str = sql!("set_traceparent.sql");

/// What a transaction of an operator's session goes on with. Only inside of a
/// transaction: said of a session it would outlive it behind a pooler.
const AS_OPERATOR: &str = "; set local role mauntic_operator";

/// Times a producer's transaction that lost against concurrent work is repeated:
/// with a lock time-out of 5 s they end within a request's 25 s.
pub(crate) const CONTENTION_REPEATS_MAX: usize = 3;

/// Runs statements in order, as one transaction of one flight. Done only if
/// every statement succeeded and COMMIT answered: a failed transaction's COMMIT
/// is answered without an error, so the first error decides.
pub(crate) async fn transaction(
    client: &Client,
    begin: &str,
    statements: &[Statement<'_>],
) -> Result<Answers, Error> {
    pipelined(client, Some(begin), statements, Some("commit")).await
}

/// Statements in order and of one flight, with how their transaction begins and
/// ends where it does.
pub(crate) async fn pipelined(
    client: &Client,
    begin: Option<&str>,
    statements: &[Statement<'_>],
    end: Option<&str>,
) -> Result<Answers, Error> {
    let (begun, answers, ended) = join3(
        say(client, begin),
        // Polled in order, and a statement is sent when it is polled first.
        join_all(statements.iter().map(|one| client.query_typed(one.sql, one.params))),
        say(client, end),
    )
    .await;
    begun?;
    let answers = answers.into_iter().collect::<Result<_, _>>()?;
    ended?;
    Ok(answers)
}

async fn say(client: &Client, word: Option<&str>) -> Result<(), Error> {
    match word {
        Some(word) => client.batch_execute(word).await,
        None => Ok(()),
    }
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
    Ok(session.write_again(what, &scoped(scope, statements)).await?.split_off(1))
}

/// What an organization is shown: statements that only read, of one snapshot.
pub(crate) async fn tenant_snapshot(
    what: &'static str,
    session: &Session,
    organization: &OrganizationId,
    statements: &[Statement<'_>],
) -> Result<Answers, PortError> {
    let name = organization.as_str();
    let scope: &[Param<'_>] = &[(&name, Type::TEXT)];
    Ok(session.snapshot(what, &scoped(scope, statements)).await?.split_off(1))
}

fn scoped<'a>(scope: &'a [Param<'a>], statements: &[Statement<'a>]) -> Vec<Statement<'a>> {
    let mut scoped = vec![Statement { sql: SET_ORGANIZATION, params: scope }];
    scoped.extend_from_slice(statements);
    scoped
}

/// The statements of a writing transaction behind the one that names what starts its jobs,
/// where the session knows it; and how many answers are that one's.
pub(crate) fn started<'a>(
    starter: Option<&'a [Param<'a>; 1]>,
    statements: &[Statement<'a>],
) -> (Vec<Statement<'a>>, usize) {
    let naming = starter.map(|params| Statement { sql: SET_TRACEPARENT, params });
    let mut all: Vec<Statement<'a>> = naming.into_iter().collect();
    let before = all.len();
    all.extend_from_slice(statements);
    (all, before)
}

impl Session {
    /// A writing transaction of one flight, repeated when it lost against
    /// concurrent work.
    pub(crate) async fn write_again(
        &self,
        what: &'static str,
        statements: &[Statement<'_>],
    ) -> Result<Answers, PortError> {
        let mut repeats = 0;
        loop {
            match self.write(what, statements).await {
                Err(PortError::Contention { .. }) if repeats < CONTENTION_REPEATS_MAX => {
                    repeats += 1;
                }
                settled => return settled,
            }
        }
    }

    /// A writing transaction of one flight.
    pub(crate) async fn write(
        &self,
        what: &'static str,
        statements: &[Statement<'_>],
    ) -> Result<Answers, PortError> {
        let flight = self.transact(READ_WRITE, statements);
        let answers = self.within(flight).await.map_err(no_commit_answer(what))?;
        answers.map_err(|error| commit_error(what, &error))
    }

    /// Statements that only read, of one snapshot and one flight.
    pub(crate) async fn snapshot(
        &self,
        what: &'static str,
        statements: &[Statement<'_>],
    ) -> Result<Answers, PortError> {
        let flight = self.transact(ONE_SNAPSHOT, statements);
        let answers = self.within(flight).await.map_err(no_answer)?;
        answers.map_err(|error| statement_error(what, &error))
    }

    /// [`transaction`] with the rights of this session.
    pub(crate) async fn transact(
        &self,
        begin: &str,
        statements: &[Statement<'_>],
    ) -> Result<Answers, Error> {
        let starter = self.starter_params().filter(|_| begin == READ_WRITE);
        let (statements, before) = started(starter.as_ref(), statements);
        let answers = transaction(&self.client, &self.beginning(begin), &statements).await;
        answers.map(|mut answers| answers.split_off(before))
    }

    /// The parameters of [`started`].
    pub(crate) fn starter_params(&self) -> Option<[Param<'_>; 1]> {
        self.started_by().map(|starter| -> [Param<'_>; 1] { [(starter, Type::TEXT)] })
    }

    /// How a transaction of this session begins: the one place where an
    /// operator's rights come from.
    pub(crate) fn beginning<'a>(&self, begin: &'a str) -> Cow<'a, str> {
        match self.act() {
            Some(_) => Cow::Owned(format!("{begin}{AS_OPERATOR}")),
            None => Cow::Borrowed(begin),
        }
    }

    /// One statement that may be repeated after any error: it reads, or it
    /// moves rows only out of a state that a repeat does not find again.
    pub(crate) async fn statement(
        &self,
        what: &'static str,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, PortError> {
        let rows = self.within(self.alone(sql, params)).await.map_err(no_answer)?;
        rows.map_err(|error| statement_error(what, &error))
    }

    /// One statement whose answer tells what a repeat would not find again, so
    /// that a lost answer must be told from a refusal.
    pub(crate) async fn change(
        &self,
        what: &'static str,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, PortError> {
        let rows = self.within(self.alone(sql, params)).await;
        let rows = rows.map_err(no_commit_answer(what))?;
        rows.map_err(|error| commit_error(what, &error))
    }

    /// One statement that is its own transaction; an operator's needs one that
    /// is said.
    async fn alone(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        if self.act().is_none() {
            return self.client.query_typed(sql, params).await;
        }
        let mut answers = self.transact(READ_WRITE, &[Statement { sql, params }]).await?;
        Ok(answers.pop().unwrap_or_default())
    }
}
