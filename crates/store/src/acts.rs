//! Changes that are audited, of operators and of organizations: the move, its
//! entry in the audit and the answer to the request's key are one transaction. A
//! session without an operator makes the same move and writes neither.

use std::future::Future;

use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::{Act, PortError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Session;
use crate::answers::{self, Taken};
use crate::audit::{self, Noted};
use crate::error::{commit_error, no_answer, no_commit_answer, statement_error};
use crate::flight::{
    CONTENTION_REPEATS_MAX, Param, READ_WRITE, SET_ORGANIZATION, Statement, pipelined, started,
};

/// What came of a move.
pub(crate) enum Made<D, R> {
    /// It was done: committed, with these entries, if any.
    Done(D, Vec<Noted>),
    /// There was nothing to do: rolled back, and the caller is told this.
    Nothing(R),
}

/// A change, as statements of one transaction.
pub(crate) trait Move: Sync {
    /// What it is called in errors.
    const WHAT: &'static str;
    /// What is answered when it was done, and again when the request is
    /// repeated; never null as JSON.
    type Done: Serialize + DeserializeOwned + Send;
    /// What is answered when there was nothing to do.
    type Refused: Send;

    /// Makes it. Locks in the order that holds everywhere: jobs, what they are
    /// about, runs, everything else.
    fn make(
        &self,
        open: &Open<'_>,
    ) -> impl Future<Output = Result<Made<Self::Done, Self::Refused>, PortError>> + Send;
}

/// A transaction that is open on a session.
pub(crate) struct Open<'s> {
    session: &'s Session,
    what: &'static str,
}

impl<'s> Open<'s> {
    /// Begins one and runs what it is to begin with.
    pub(crate) async fn begin(
        session: &'s Session,
        what: &'static str,
        first: &[Statement<'_>],
    ) -> Result<(Self, Vec<Vec<Row>>), PortError> {
        let open = Self { session, what };
        let begin = session.beginning(READ_WRITE);
        let starter = session.starter_params();
        let (first, before) = started(starter.as_ref(), first);
        let flight = pipelined(&session.client, Some(&begin), &first, None);
        let answers = session.within(flight).await.map_err(no_answer)?;
        match answers {
            Ok(mut answers) => Ok((open, answers.split_off(before))),
            Err(error) => Err(open.give_up(statement_error(what, &error)).await),
        }
    }

    /// Statements of one flight.
    pub(crate) async fn flight(
        &self,
        statements: &[Statement<'_>],
    ) -> Result<Vec<Vec<Row>>, PortError> {
        self.try_flight(statements).await?.map_err(|error| statement_error(self.what, &error))
    }

    /// [`Self::flight`], with the database's own error.
    pub(crate) async fn try_flight(
        &self,
        statements: &[Statement<'_>],
    ) -> Result<Result<Vec<Vec<Row>>, tokio_postgres::Error>, PortError> {
        let flight = pipelined(&self.session.client, None, statements, None);
        self.session.within(flight).await.map_err(no_answer)
    }

    /// One statement.
    pub(crate) async fn rows(&self, statement: Statement<'_>) -> Result<Vec<Row>, PortError> {
        Ok(self.flight(&[statement]).await?.pop().unwrap_or_default())
    }

    /// The session that it is open on.
    pub(crate) const fn session(&self) -> &'s Session {
        self.session
    }

    /// Runs what is left and commits.
    pub(crate) async fn commit(self, last: &[Statement<'_>]) -> Result<(), PortError> {
        let flight = pipelined(&self.session.client, None, last, Some("commit"));
        let ended = self.session.within(flight).await.map_err(no_commit_answer(self.what))?;
        ended.map(|_| ()).map_err(|error| commit_error(self.what, &error))
    }

    /// Ends it with nothing done; the session goes on.
    pub(crate) async fn roll_back(self) -> Result<(), PortError> {
        let ended = self.session.within(self.session.client.batch_execute("rollback")).await;
        ended.map_err(no_answer)?.map_err(|error| statement_error(self.what, &error))
    }

    /// Ends it for an error. What the error says stands, unless it says that a
    /// repeat helps and the session cannot repeat anything.
    pub(crate) async fn give_up(self, error: PortError) -> PortError {
        match (self.roll_back().await, error) {
            (Err(gone), PortError::Contention { .. }) => gone,
            (_, error) => error,
        }
    }
}

/// Makes a change: for an operator with its entry and the answer to its key, and
/// once more where it lost against concurrent work. The session is usable after
/// an error that the database itself gave.
pub(crate) async fn perform<M: Move>(
    session: &Session,
    change: &M,
) -> Result<Result<M::Done, M::Refused>, PortError> {
    repeated(session, Whose { act: session.act(), organization: None }, change).await
}

/// The same for an organization, under its row-level security, with the entry
/// and the answer that `act` asks for.
pub(crate) async fn perform_of<M: Move>(
    session: &Session,
    organization: &OrganizationId,
    act: &Act,
    change: &M,
) -> Result<Result<M::Done, M::Refused>, PortError> {
    let whose = Whose { act: Some(act), organization: Some(organization.as_str()) };
    repeated(session, whose, change).await
}

/// Whose change it is.
#[derive(Clone, Copy)]
struct Whose<'a> {
    act: Option<&'a Act>,
    organization: Option<&'a str>,
}

async fn repeated<M: Move>(
    session: &Session,
    whose: Whose<'_>,
    change: &M,
) -> Result<Result<M::Done, M::Refused>, PortError> {
    let mut repeats = 0;
    loop {
        match attempt(session, whose, change).await {
            Err(PortError::Contention { .. }) if repeats < CONTENTION_REPEATS_MAX => repeats += 1,
            settled => return settled,
        }
    }
}

async fn attempt<M: Move>(
    session: &Session,
    whose: Whose<'_>,
    change: &M,
) -> Result<Result<M::Done, M::Refused>, PortError> {
    let scope =
        whose.organization.as_ref().map(|owner| -> [Param<'_>; 1] { [(owner, Type::TEXT)] });
    let key = whose.act.and_then(|act| act.key.as_ref());
    let taking = key.map(|key| answers::Columns::of(key, whose.organization));
    let params = taking.as_ref().map(answers::Columns::params);
    let scoping = scope.iter().map(|params| Statement { sql: SET_ORGANIZATION, params });
    let first: Vec<_> = scoping.chain(params.iter().map(|params| answers::take(params))).collect();
    let (open, answers) = Open::begin(session, M::WHAT, &first).await?;
    let taken = match answers.last().filter(|_| key.is_some()) {
        Some(rows) => answers::taken(rows),
        None => Ok(Taken::Fresh),
    };
    match taken {
        Ok(Taken::Fresh) => {}
        Ok(Taken::Answered(answer)) => {
            open.roll_back().await?;
            let done = answers::read(&answer)?;
            key.iter().for_each(|key| key.repeat.tell());
            return Ok(Ok(done));
        }
        Err(error) => return Err(open.give_up(error).await),
    }
    match change.make(&open).await {
        Ok(Made::Nothing(refused)) => open.roll_back().await.map(|()| Err(refused)),
        Ok(Made::Done(done, noted)) => finish(open, whose, &done, &noted).await.map(|()| Ok(done)),
        Err(error) => Err(open.give_up(error).await),
    }
}

/// Keeps the answer, writes the entries last of all, and commits.
async fn finish<D: Serialize>(
    open: Open<'_>,
    whose: Whose<'_>,
    done: &D,
    noted: &[Noted],
) -> Result<(), PortError> {
    let Some(act) = whose.act else {
        return open.commit(&[]).await;
    };
    let entries = audit::entries(act, noted)?;
    let entries = audit::Columns::of(&entries);
    let append = entries.params();
    let kept = match &act.key {
        Some(key) => Some((answers::Columns::of(key, whose.organization), answers::written(done)?)),
        None => None,
    };
    let keep = kept.as_ref().map(|(columns, answer)| columns.keeping(answer));
    let mut last: Vec<_> = keep.iter().map(|params| answers::keep(params)).collect();
    if noted.is_empty() {
        return open.commit(&last).await;
    }
    if whose.organization.is_some() {
        last.push(Statement { sql: sql!("become_operator.sql"), params: &[] });
    }
    last.push(audit::append(&append));
    open.commit(&last).await
}

/// An answer where what was done and what was refused are of one kind.
pub(crate) fn either<T>(made: Result<T, T>) -> T {
    match made {
        Ok(answer) | Err(answer) => answer,
    }
}
