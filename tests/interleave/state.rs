//! What there is after an order, without times and with ids by name; and what
//! must hold of it, whatever was done.

use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use crate::scene::NAMES;

/// Digits of an id as text, with its hyphens.
const ID_CHARS: usize = 36;

/// Reads states.
#[derive(Debug)]
pub(crate) struct Look {
    rows: Statement,
    faults: Statement,
    signal: Statement,
}

impl Look {
    pub(crate) async fn new(owner: &Client) -> Self {
        Self {
            rows: owner.prepare(ROWS).await.unwrap(),
            faults: owner.prepare(FAULTS).await.unwrap(),
            signal: owner.prepare(SIGNAL).await.unwrap(),
        }
    }

    /// Every row that counts, a line each, sorted.
    pub(crate) async fn rows(&self, owner: &Client) -> Vec<String> {
        let rows = owner.query(&self.rows, &[]).await.unwrap();
        let mut lines: Vec<String> = rows.iter().map(|row| named(row.get(0))).collect();
        lines.sort();
        lines
    }

    /// What does not hold, a line each.
    pub(crate) async fn faults(&self, owner: &Client) -> Vec<String> {
        let rows = owner.query(&self.faults, &[]).await.unwrap();
        rows.iter().map(|row| named(row.get(0))).collect()
    }

    /// Whether features newer than this version wait for a job in vain.
    pub(crate) async fn is_signal_lost(&self, owner: &Client, read: i64) -> bool {
        !owner.query(&self.signal, &[&read]).await.unwrap().is_empty()
    }
}

/// Names in place of ids.
pub(crate) fn named(text: &str) -> String {
    let mut rest = text;
    let mut named = String::new();
    while !rest.is_empty() {
        let id = rest.get(..ID_CHARS).and_then(|head| Uuid::try_parse(head).ok());
        if let Some(id) = id {
            let name = NAMES.iter().find(|(known, _)| *known == id);
            named += name.map_or("new", |(_, name)| name);
            rest = &rest[ID_CHARS..];
        } else {
            let first = rest.chars().next().unwrap();
            named.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    named
}

const ROWS: &str = "
select 'job ' || to_jsonb(t)::text from (
  select j.id, j.state, j.claim, j.alone, j.failures, j.resends, j.platform_deaths, j.snoozes,
         j.snooze_reason, j.coalesced, j.coalesce_key, j.idempotency_key, j.released_key, j.run_id,
         j.type, j.data, j.receipt, j.last_error, j.lease_token, j.scheduled_for, j.replays,
         jsonb_array_length(j.errors) as errors,
         case when j.lease_until > clock_timestamp() then 'runs'
              when j.lease_until is not null then 'ran out' end as lease,
         j.available_at <= clock_timestamp() as is_due, j.wake_at <= clock_timestamp() as is_awake
  from jobs.job j) t
union all
select 'run ' || to_jsonb(t)::text from (
  select r.id, r.job_key, r.trigger, r.exclusive, r.status, r.revision, r.jobs_total, r.jobs_done,
         r.jobs_dead, r.jobs_cancelled, r.stalled_at is not null as is_stalled,
         r.status = 'running' and r.cancelled_at is not null as is_being_cancelled,
         r.progressed_at > clock_timestamp() - interval '30 min' as has_moved
  from jobs.run r) t
union all
select 'dead letter ' || to_jsonb(t)::text from (
  select l.job_id, l.message_id, l.reason, l.detail, l.decided_at is not null as is_decided,
         l.decision, l.decided_by, l.replay_id, l.replayed_as
  from jobs.dead_letter l) t
union all
select 'replay ' || to_jsonb(t)::text from (
  select r.id, r.status, r.replayed, r.finished_at is not null as is_over from jobs.replay r) t
union all
select 'audit ' || to_jsonb(t)::text from (
  select a.actor, a.action, a.target, a.outcome from jobs.audit a) t
union all
select 'score ' || to_jsonb(t)::text from (
  select s.contact_id, s.total_score, s.grade, s.previous_total, s.input_version,
         s.config_version, s.job_id
  from scoring.lead_scores s) t
union all
select 'history ' || to_jsonb(t)::text from (
  select h.contact_id, h.day, h.total_score, h.grade from scoring.score_history h) t
union all
select 'event ' || to_jsonb(t)::text from (
  select e.type, e.data, e.job_id, e.sent_at is not null as is_sent
  from jobs.event_outbox e) t
union all
select 'features ' || to_jsonb(t)::text from (
  select f.contact_id, f.features, f.input_version from scoring.contact_features f) t
union all
select 'schedule ' || to_jsonb(t)::text from (
  select s.job_key, s.cron, s.judged_until, s.ordinal_next from jobs.schedule s) t
union all
select 'occurrence ' || to_jsonb(t)::text from (
  select o.job_key, o.nominal_at, o.outcome, o.reason, o.ordinal, o.run_id
  from jobs.occurrence o) t";

const FAULTS: &str = "
select 'the counts of ' || r.id || ' are not those of its jobs: ' || to_jsonb(c)::text
from jobs.run r, lateral (
  select count(*)::int4 as total,
         (count(*) filter (where j.state = 'completed'))::int4 as done,
         (count(*) filter (where j.state = 'dead_lettered'))::int4 as dead,
         (count(*) filter (where j.state = 'cancelled'))::int4 as cancelled
  from jobs.job j where j.run_id = r.id) c
where (r.jobs_total, r.jobs_done, r.jobs_dead, r.jobs_cancelled, r.status)
  <> (c.total, c.done, c.dead, c.cancelled,
      jobs.run_status(c.total, c.done, c.dead, c.cancelled))
union all
select j.id || ' is ' || j.state || ' and has open cases: ' || l.cases
from jobs.job j, lateral (
  select count(*) as cases from jobs.dead_letter l
  where l.job_id = j.id and l.decided_at is null) l
where l.cases <> (j.state = 'dead_lettered' and not exists (
  select from jobs.dead_letter d where d.job_id = j.id and d.decision = 'discarded'))::int4
union all
select 'a job without a row has a case: ' || l.job_id from jobs.dead_letter l
where not exists (select from jobs.job j where j.id = l.job_id)
union all
select w.kind || ' of ' || j.id || ', which is ' || j.state
from jobs.job j join (
  select 'a score' as kind, s.job_id from scoring.lead_scores s
  union all select 'an event', e.job_id from jobs.event_outbox e) w on w.job_id = j.id
where j.state <> 'completed'
union all
select j.id || ' told twice of ' || (e.data->>'contactId')
from jobs.job j join jobs.event_outbox e on e.job_id = j.id
group by j.id, e.type, e.data->>'contactId', e.data->>'threshold' having count(*) > 1
union all
select 'the occurrence of ' || o.nominal_at || ' has no run with its first job'
from jobs.occurrence o
where o.run_id is not null and (
  select count(*) from jobs.run r join jobs.job j on j.run_id = r.id where r.id = o.run_id) <> 1
union all
select 'the run ' || r.id || ' has no occurrence'
from jobs.run r
where r.scheduled_for is not null
  and not exists (select from jobs.occurrence o where o.run_id = r.id)
union all
select 'the claims of ' || d.token || ' do not add up: ' || to_jsonb(d)::text
from jobs.delivery d
where d.taken <> d.effects + d.failures + d.put_off + d.lost + (
  select count(*) from jobs.job j where j.lease_token = d.token and j.state = 'in_progress')
union all
select 'the replay says ' || r.replayed || ' cases, ' || c.cases || ' say so'
from jobs.replay r, lateral (
  select count(*) as cases from jobs.dead_letter l where l.replay_id = r.id) c
where c.cases <> r.replayed";

const SIGNAL: &str = "
select from scoring.contact_features f
where f.contact_id = 'c1' and f.input_version > $1 and not exists (
  select from jobs.job j where j.coalesce_key = f.contact_id and j.state = 'queued')";
