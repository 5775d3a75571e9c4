//! The one door for what jobs write: an effect is one transaction of one flight,
//! fence first, runs last.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::data::ContactRange;
use mauntic_flows::ports::{Committed, ContactKey, Effect, EffectStore, PortError, ScoreInputs};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::error::{commit_error, is_fence_lost, no_commit_answer};
use crate::flight::{Param, READ_WRITE, Statement, transaction};
use crate::scores::Columns;
use crate::writes::{Completed, Events, Notified, Runs, Spawned};
use crate::{Session, inputs};

impl EffectStore for Session {
    async fn score_inputs(&self, contacts: &[ContactKey]) -> Result<ScoreInputs, PortError> {
        inputs::of_contacts(self, contacts).await
    }

    async fn range_inputs(
        &self,
        organization: Option<&OrganizationId>,
        range: &ContactRange,
    ) -> Result<ScoreInputs, PortError> {
        inputs::of_range(self, organization, range).await
    }

    async fn plan_ranges(
        &self,
        organization: Option<&OrganizationId>,
        contacts: u32,
        ranges: u32,
    ) -> Result<Vec<ContactRange>, PortError> {
        inputs::plan_ranges(self, organization, contacts, ranges).await
    }

    async fn commit(&self, effect: &Effect) -> Result<Committed, PortError> {
        let completed = Completed::of(&effect.jobs);
        let scores = Columns::of(&effect.scores);
        let spawned = Spawned::of(&effect.spawned);
        let events = Events::of(&effect.events);
        let notified = Notified::of(&effect.notified);
        let runs = Runs::of(effect);
        let mut upsert = scores.params();
        upsert.push((&effect.now, Type::TIMESTAMPTZ));
        let fence = Statement {
            sql: include_str!("../sql/complete_jobs.sql"),
            params: &completed.params(),
        };
        let upsert = Statement { sql: include_str!("../sql/upsert_scores.sql"), params: &upsert };
        let spawn =
            Statement { sql: include_str!("../sql/insert_spawned.sql"), params: &spawned.params() };
        let tell =
            Statement { sql: include_str!("../sql/insert_events.sql"), params: &events.params() };
        let notify =
            Statement { sql: include_str!("../sql/mark_notified.sql"), params: &notified.params() };
        let count =
            Statement { sql: include_str!("../sql/count_runs.sql"), params: &runs.params() };
        let ids: Vec<Uuid> = effect.spawned.iter().map(|job| job.id).collect();
        let cancel: &[Param<'_>] = &[(&ids, Type::UUID_ARRAY)];
        let cancel = Statement { sql: include_str!("../sql/cancel_spawned.sql"), params: cancel };
        let in_run = effect.spawned.iter().any(|job| job.run_id.is_some());
        // Locks in this order everywhere: jobs, what they are about, runs.
        let statements: Vec<Statement<'_>> = [
            (fence, !effect.jobs.is_empty()),
            (upsert, !effect.scores.is_empty()),
            (spawn, !effect.spawned.is_empty()),
            (tell, !effect.events.is_empty()),
            (notify, !effect.notified.is_empty()),
            (count, !runs.is_empty()),
            (cancel, in_run),
        ]
        .into_iter()
        .filter_map(|(statement, needed)| needed.then_some(statement))
        .collect();
        let what = "the effect's transaction";
        let written = transaction(&self.client, READ_WRITE, &statements);
        match self.within(written).await.map_err(no_commit_answer(what))? {
            Ok(answers) => {
                let at = usize::from(!effect.jobs.is_empty());
                let applied = answers.get(at).filter(|_| !effect.scores.is_empty());
                let applied = applied.map_or(0, Vec::len);
                Ok(Committed::Done { superseded: effect.scores.len().saturating_sub(applied) })
            }
            Err(error) if is_fence_lost(&error) => Ok(Committed::FenceLost),
            Err(error) => Err(commit_error(what, &error)),
        }
    }
}
