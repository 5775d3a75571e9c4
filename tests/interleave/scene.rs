//! The rows that two operations meet on: one run of a schedule, two contacts,
//! and one job that both are about, at different stages of its life.
//!
//! Every id is fixed, so that one script brings every order the same rows.

use uuid::Uuid;

use crate::act::Form;

/// The organization.
pub(crate) const OWNER: &str = "org_1";
/// The contacts that are scored, sorted.
pub(crate) const CONTACTS: [&str; 2] = ["c1", "c2"];
/// The idempotency key of [`SHARED`].
pub(crate) const KEY: &str = "k";
/// The schedule, and the `job_key` of its run.
pub(crate) const SCHEDULE: &str = "nightly";
/// The schedule's expression.
pub(crate) const CRON: &str = "0 2 * * *";

/// An id that looks like the database's own; they sort by `n`.
const fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | n)
}

/// The run, which holds its schedule's lock while it is open.
pub(crate) const RUN: Uuid = id(1);
/// Another job of the run, queued; before [`SHARED`] in the order of ids.
pub(crate) const OTHER: Uuid = id(2);
/// The job that both operations are about, in the run and with a key.
pub(crate) const SHARED: Uuid = id(3);
/// A queued job without a run, which producers join.
pub(crate) const JOINED: Uuid = id(4);
/// A dead letter's job in the run, where [`SHARED`] is none.
pub(crate) const DEAD: Uuid = id(5);
/// The run's last jobs, one an operation, held.
pub(crate) const LAST: [Uuid; 2] = [id(6), id(7)];
/// Further jobs of the run that score the contacts, one an operation, held.
pub(crate) const SCORING: [Uuid; 2] = [id(8), id(9)];
/// Jobs that effects enqueue.
pub(crate) const SPAWNED: [Uuid; 2] = [id(10), id(11)];
/// Runs that occurrences start, and their first jobs.
pub(crate) const STARTED: [Uuid; 2] = [id(12), id(13)];
/// See [`STARTED`].
pub(crate) const FIRST: [Uuid; 2] = [id(14), id(15)];

/// The invocations.
pub(crate) const TOKENS: [Uuid; 2] = [id(16), id(17)];

/// The same invocations, when a message of theirs comes back.
pub(crate) const AGAIN: [Uuid; 2] = [id(18), id(19)];

/// The case of [`SHARED`], where that is a dead letter.
pub(crate) const CASE: Uuid = id(20);
/// A replay of every open case.
pub(crate) const REPLAY: Uuid = id(21);

/// What an id is called; ids that the database made are all `new`.
pub(crate) const NAMES: [(Uuid, &str); 22] = [
    (RUN, "the run"),
    (OTHER, "other"),
    (SHARED, "shared"),
    (JOINED, "joined"),
    (DEAD, "dead"),
    (LAST[0], "last 0"),
    (LAST[1], "last 1"),
    (SCORING[0], "scoring 0"),
    (SCORING[1], "scoring 1"),
    (SPAWNED[0], "spawned 0"),
    (SPAWNED[1], "spawned 1"),
    (STARTED[0], "started 0"),
    (STARTED[1], "started 1"),
    (FIRST[0], "first 0"),
    (FIRST[1], "first 1"),
    (TOKENS[0], "side 0"),
    (TOKENS[1], "side 1"),
    (AGAIN[0], "side 0"),
    (AGAIN[1], "side 1"),
    (CASE, "the case"),
    (REPLAY, "the replay"),
    (Uuid::nil(), "nobody"),
];

/// Where [`SHARED`] is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Due.
    Queued,
    /// Under a lease.
    Held,
    /// Its lease ran out while it was alone, with budget left.
    Expired,
    /// The same, and this was the last of its budget.
    Spent,
    /// A dead letter.
    Dead,
    /// Completed.
    Done,
}

impl Stage {
    /// The claim that holds it, or held it last.
    pub(crate) const fn claim(self) -> i32 {
        match self {
            Self::Queued => 0,
            Self::Held | Self::Expired | Self::Dead | Self::Done => 1,
            Self::Spent => 3,
        }
    }

    /// State, claim, alone, failures, lease, end and receipt, as SQL.
    fn columns(self) -> String {
        let (state, alone, failures, lease, finished, receipt) = match self {
            Self::Queued => ("queued", false, 0, "null", "null", "null"),
            Self::Held => ("in_progress", false, 0, "now() + interval '1 h'", "null", "null"),
            Self::Expired => ("in_progress", true, 0, "now() - interval '1 h'", "null", "null"),
            Self::Spent => ("in_progress", true, 2, "now() - interval '1 h'", "null", "null"),
            Self::Dead => ("dead_lettered", false, 3, "null", "now()", "null"),
            Self::Done => ("completed", false, 0, "null", "now()", "'{}'"),
        };
        let claim = self.claim();
        format!("'{state}', {claim}, {alone}, {failures}, {lease}, {finished}, {receipt}")
    }
}

/// The rows of a pair.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    /// Of the shared job.
    pub(crate) stage: Stage,
    /// What will be done.
    pub(crate) forms: [Form; 2],
    /// Whether the schedule has its row.
    pub(crate) is_judged: bool,
}

impl Scene {
    pub(crate) const fn new(stage: Stage, forms: [Form; 2]) -> Self {
        Self { stage, forms, is_judged: true }
    }

    /// The script that brings the rows, whatever there was. No rows but those
    /// that the operations need: the run is final once they are.
    pub(crate) fn script(&self) -> String {
        let mut sql = EMPTY.to_owned();
        sql += &job(SHARED, self.stage, Some(RUN), "idempotency_key", Some(KEY));
        for (side, form) in self.forms.iter().enumerate() {
            match form {
                Form::Claim
                | Form::ClaimAndRead
                | Form::CancelRun
                | Form::EndRun
                | Form::CancelJobs => {
                    sql += &job(OTHER, Stage::Queued, Some(RUN), "idempotency_key", None);
                    sql += &job(JOINED, Stage::Queued, None, "coalesce_key", Some(CONTACTS[0]));
                }
                Form::Coalesce => {
                    sql += &job(JOINED, Stage::Queued, None, "coalesce_key", Some(CONTACTS[0]));
                }
                Form::Replay if self.stage != Stage::Dead => {
                    sql += &job(DEAD, Stage::Dead, Some(RUN), "idempotency_key", None);
                }
                Form::Slice | Form::RetryRun => {
                    sql += &job(DEAD, Stage::Dead, Some(RUN), "idempotency_key", None);
                }
                Form::Finalize => {
                    sql += &job(LAST[side], Stage::Held, Some(RUN), "idempotency_key", None);
                }
                Form::Score => {
                    sql += &job(SCORING[side], Stage::Held, Some(RUN), "idempotency_key", None);
                }
                _ => {}
            }
        }
        sql += &letters();
        sql += &format!("{RUN_OF_JOBS}\n  where j.run_id = '{RUN}') c;");
        if self.is_judged {
            sql += &format!("{JUDGED} values ('{SCHEDULE}', '{CRON}', '2026-01-01T02:00Z', 1);");
        }
        if self.forms.contains(&Form::Slice) {
            sql += &format!("{REPLAYED} ('{REPLAY}', '{{}}', 10, 0, 1000, 'somebody', 'running');");
        }
        sql + CONTACTS_AND_SCORE
    }
}

/// A job of the first contact.
fn job(id: Uuid, stage: Stage, run: Option<Uuid>, key_column: &str, key: Option<&str>) -> String {
    let run = run.map_or_else(|| "null".to_owned(), |run| format!("'{run}'"));
    let key = key.map_or_else(|| "null".to_owned(), |key| format!("'{key}'"));
    let key_column = if stage == Stage::Dead { "released_key" } else { key_column };
    let contact = CONTACTS[0];
    format!(
        "insert into jobs.job (id, organization_id, queue, type, data, failures_max, run_id,
           {key_column}, state, claim, alone, failures, lease_until, finished_at, receipt)
         values ('{id}', '{OWNER}', 'mauntic-scoring-events', 'scoring.CalculateScore',
           '{{\"organizationId\": \"{OWNER}\", \"contactId\": \"{contact}\"}}', 3, {run}, {key},
           {})
         on conflict (id) do nothing;",
        stage.columns()
    )
}

const EMPTY: &str = "
delete from jobs.dead_letter; delete from jobs.event_outbox; delete from jobs.occurrence;
delete from jobs.schedule; delete from jobs.run; delete from jobs.job;
delete from scoring.score_history; delete from scoring.lead_scores;
delete from scoring.contact_features; delete from jobs.delivery; delete from jobs.replay;
delete from jobs.audit; update jobs.audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex');";

fn letters() -> String {
    format!(
        "insert into jobs.dead_letter (id, queue, job_id, organization_id, type, body, reason,
                                       detail)
         select case j.id when '{SHARED}' then '{CASE}' else uuidv7() end, j.queue, j.id,
           j.organization_id, j.type, convert_to(j.data::text, 'UTF8'), 'failed', 'x'
         from jobs.job j where j.state = 'dead_lettered';"
    )
}

const REPLAYED: &str = "
insert into jobs.replay (id, filter, case_limit, canary, per_second, actor, status) values";

/// Without progress for an hour, so that a recount looks at it.
const RUN_OF_JOBS: &str = "
insert into jobs.run (id, job_key, trigger, exclusive, jobs_total, jobs_done, jobs_dead, status,
                      finished_at, progressed_at)
select c.run_id, 'nightly', 'schedule', true, c.total, c.done, c.dead,
       jobs.run_status(c.total, c.done, c.dead, 0),
       case when c.done + c.dead = c.total then now() end, now() - interval '1 h'
from (
  select (array_agg(j.run_id))[1] as run_id, count(*)::int4 as total,
         (count(*) filter (where j.state = 'completed'))::int4 as done,
         (count(*) filter (where j.state = 'dead_lettered'))::int4 as dead
  from jobs.job j";

const JUDGED: &str = "
insert into jobs.schedule (job_key, cron, judged_until, ordinal_next)";

/// The first contact has a score of its first features; the second has none.
const CONTACTS_AND_SCORE: &str = "
insert into scoring.contact_features (organization_id, contact_id, features, input_version)
values ('org_1', 'c1', '{}', 3), ('org_1', 'c2', '{}', 3);
insert into scoring.lead_scores (organization_id, contact_id, total_score, grade, fit_score,
  engagement_score, intent_score, contributions, input_version, config_version, job_id,
  calculated_at)
values ('org_1', 'c1', 10, 'F', 10, 0, 0, '[]', 1, 0, '00000000-0000-0000-0000-000000000000',
        now());";
