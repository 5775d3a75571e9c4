//! What an effect would do: its statements, in a transaction that is rolled back; of a
//! settlement those that look whether it is done.

use mauntic_flows::ports::{Committed, Effect, PortError};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::effect::{self, superseded};
use crate::error::{is_busy, is_fence_lost, is_meanwhile, meanwhile, no_answer, statement_error};
use crate::flight::{Param, READ_WRITE, Statement, pipelined};
use crate::replay::{self, REPLAY};

/// Longest wait for a lock: real work goes first.
const LOCK_TIMEOUT: &str = "1s";

/// Statements before those of the effect.
const BEFORE: usize = 3;

/// Rehearses the effect of a dead letter's job, decided for its next claim. The
/// fence is lost where the job is no dead letter, or another has its key.
pub(crate) async fn rehearse(
    session: &Session,
    job_id: Uuid,
    effect: &Effect,
) -> Result<Committed, PortError> {
    let what = "the rehearsal";
    // Nobody holds a lease by it: the claim is never seen.
    let token = Uuid::nil();
    let timeout: &[Param<'_>] = &[(&LOCK_TIMEOUT, Type::TEXT)];
    let replayed = replay::Columns::of(vec![job_id]);
    let claim: &[Param<'_>] = &[(&job_id, Type::UUID), (&token, Type::UUID)];
    let columns = effect::Columns::of(effect);
    let params = columns.params();
    let replayed = replayed.params();
    let mut statements: Vec<Statement<'_>> = vec![
        Statement { sql: sql!("set_lock_timeout.sql"), params: timeout },
        Statement { sql: REPLAY, params: &replayed },
        Statement { sql: sql!("claim_rehearsed.sql"), params: claim },
    ];
    statements.extend(params.rehearsed(effect));
    let begin = session.beginning(READ_WRITE);
    let flight = pipelined(&session.client, Some(&begin), &statements, Some("rollback"));
    match session.within(flight).await.map_err(no_answer)? {
        Ok(answers) => {
            let written = answers.get(BEFORE..).unwrap_or_default();
            // Nothing of it is done, so that nothing is to be sent in its place.
            Ok(Committed::Done { superseded: superseded(effect, written), refill: false })
        }
        Err(error) if is_fence_lost(&error) => Ok(Committed::FenceLost),
        Err(error) if is_busy(&error) => Ok(Committed::Busy),
        Err(error) if is_meanwhile(&error) => Err(meanwhile(what)),
        Err(error) => Err(statement_error(what, &error)),
    }
}
