//! The dead letters, as earlier attempts left them.

use mauntic_flows::ports::Scope;
use mauntic_tests::stack::Stack;
use mauntic_tests::world::{contact, organization};
use serde_json::json;

/// Letters that the filter names, of 20 organizations: none has more than its
/// share of a queue.
pub(super) const LETTERS: i64 = 10_000;
const ORGANIZATIONS: i64 = 20;

/// Letters that it does not name.
pub(super) const OTHERS: i32 = 300;

/// Letters whose jobs fail at every attempt.
const HOPELESS: i64 = 50;

/// How many cases are open.
pub(super) const OPEN: &str = "select count(*) from jobs.dead_letter where decided_at is null";

/// $1 letters, $2 organizations, $3 whether their data is whole. Jobs of a run
/// of each organization, dead after three failures, with their cases.
const DIED: &str = "with runs as (
    insert into jobs.run (id, job_key, organization_id, trigger, status, jobs_total, jobs_dead,
      finished_at)
    select uuidv7(), 'scoring.BatchRecompute', 'org_' || o, 'manual', 'failed',
      $1::int8 / $2::int8, $1 / $2, clock_timestamp()
    from generate_series(0, $2::int8 - 1) o returning id, organization_id
  ), died as (
    insert into jobs.job (organization_id, queue, type, data, failures_max, run_id, state, claim,
      failures, finished_at, last_error)
    select r.organization_id, 'mauntic-scoring-events', 'scoring.CalculateScore',
      jsonb_build_object('organizationId', r.organization_id) || case when $3
        then jsonb_build_object('contactId', 'contact_' || (n % 100)) else '{}' end,
      3, r.id, 'dead_lettered', 3, 3, clock_timestamp(), 'the provider was away'
    from runs r, generate_series(1, $1 / $2) n returning *
  )
  insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
  select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'),
    'retries_exhausted', d.last_error || ' for attempt ' || d.claim
  from died d";

/// $1 letters that are no jobs.
const NO_JOBS: &str = "insert into jobs.dead_letter (queue, message_id, body, reason, detail)
  select 'mauntic-scoring-events', 'm' || n, 'nonsense', 'malformed', 'expected ident'
  from generate_series(1, $1::int4) n";

pub(super) async fn letters(stack: &Stack) {
    let owner = stack.owner().await;
    for n in 0..ORGANIZATIONS {
        let id = organization(&format!("org_{n}"));
        stack.organization(&id, &[Scope::Read]).await;
        let contacts: Vec<_> = (0..100)
            .map(|n| contact(&format!("contact_{n}"), &json!({"hasEmail": true})))
            .collect();
        mauntic_store::admin::put_contacts(&owner, &id, &contacts).await.unwrap();
    }
    let made = owner.execute(DIED, &[&LETTERS, &ORGANIZATIONS, &true]).await.unwrap();
    assert_eq!(i64::try_from(made).unwrap(), LETTERS);
    owner.execute(NO_JOBS, &[&OTHERS]).await.unwrap();
}

/// A job without its contact is a dead letter at its first attempt.
pub(super) async fn hopeless(stack: &Stack) {
    stack.organization(&organization("org_0"), &[Scope::Read]).await;
    let owner = stack.owner().await;
    owner.execute(DIED, &[&HOPELESS, &1_i64, &false]).await.unwrap();
}
