//! The jobs: one file a type, and this registry.

mod calculate_score;
mod recompute_chunk;
mod scoring;

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::Job;

use crate::ports::{Committed, Held, PortError, ScoreStore};

/// Does the held jobs in one effect transaction.
///
/// # Errors
/// The port's; a row whose data this build cannot read is `Unreadable`.
pub(crate) async fn perform<S: ScoreStore>(
    session: &S,
    held: &[Held],
    now: DateTime<Utc>,
) -> Result<Committed, PortError> {
    let mut work = Vec::with_capacity(held.len());
    for held in held {
        let job = Job::parse(&held.type_name, &held.data).map_err(|refusal| {
            PortError::Unreadable { what: "a job's data", place: refusal.code().to_owned() }
        })?;
        work.push(match job {
            Job::CalculateScore(data) => calculate_score::work(held, data),
            Job::RecomputeChunk(data) => recompute_chunk::work(held, data),
        });
    }
    scoring::score_and_commit(session, &work, now).await
}
