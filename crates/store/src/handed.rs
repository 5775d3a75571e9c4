//! A job asked for by hand, with a run of its own.

use mauntic_flows::ports::{ByHand, Handed, PortError};
use serde_json::{Value, json};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::acts::{Made, Move, Open, either, perform};
use crate::audit::Noted;
use crate::flight::{Param, Statement};
use crate::rows::{column, unreadable, version};

/// What a run's row says of a job that was asked for by hand.
const TRIGGER: &str = "manual";

/// Hands a job in.
pub(crate) async fn hand_in(session: &Session, asked: &ByHand) -> Result<Handed, PortError> {
    perform(session, asked).await.map(either)
}

impl Move for ByHand {
    const WHAT: &'static str = "handing a job in";
    type Done = Handed;
    type Refused = Handed;

    async fn make(&self, open: &Open<'_>) -> Result<Made<Handed, Handed>, PortError> {
        let start = &self.run.start;
        let spec = start.job_type.spec();
        let (queue, data) = (spec.queue.name(), start.data.to_string());
        let repeats = self.repeats();
        let insert: &[Param<'_>] = &[
            (&start.run_id, Type::UUID),
            (&self.run.job_key, Type::TEXT),
            (&self.run.organization_id, Type::TEXT),
            (&TRIGGER, Type::TEXT),
            (&start.request_id, Type::TEXT),
            (&start.job_id, Type::UUID),
            (&queue, Type::TEXT),
            (&spec.name, Type::TEXT),
            (&version(start.job_type), Type::INT2),
            (&data, Type::TEXT),
            (&spec.failures_max, Type::INT2),
            (&self.idempotency_key, Type::TEXT),
            (&repeats, Type::UUID),
        ];
        let find: &[Param<'_>] = &[
            (&start.job_id, Type::UUID),
            (&self.run.organization_id, Type::TEXT),
            (&spec.name, Type::TEXT),
            (&self.idempotency_key, Type::TEXT),
            (&data, Type::TEXT),
        ];
        let insert = Statement { sql: sql!("hand_in.sql"), params: insert };
        let find = Statement { sql: sql!("find_handed.sql"), params: find };
        let answers = open.flight(&[insert, find]).await?;
        let [written, found] = answers.as_slice() else {
            return Err(unreadable("the answers of a hand-in"));
        };
        let written = written.first().ok_or_else(|| unreadable("what was handed in"))?;
        let queued = Handed::Queued { run_id: start.run_id, job_id: start.job_id };
        if column::<Option<Uuid>>(written, "id")?.is_some() {
            let after = json!({"jobId": start.job_id, "runId": start.run_id, "type": spec.name});
            let target = queue.to_owned();
            let noted = Noted { action: "queue.enqueue", target, before: Value::Null, after };
            return Ok(Made::Done(queued, vec![noted]));
        }
        // Who has a key of its own job is answered by that, whatever goes on since.
        let goes_on: bool = column(written, "goes_on")?;
        if let (None, true, Some(night)) = (found.first(), goes_on, repeats) {
            return Ok(Made::Nothing(Handed::NightGoesOn { night }));
        }
        let Some(row) = found.first() else {
            let cause = "the holder of its key is gone".to_owned();
            return Err(PortError::Contention { what: Self::WHAT, cause });
        };
        if !column::<bool>(row, "same")? {
            return Err(PortError::KeyConflict);
        }
        if column(row, "ours")? {
            return Ok(Made::Nothing(queued));
        }
        Ok(Made::Nothing(Handed::Exists {
            job_id: column::<Uuid>(row, "id")?,
            run_id: column(row, "run_id")?,
            state: column(row, "state")?,
        }))
    }
}
