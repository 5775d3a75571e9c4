-- take_signals: the signals of a batch's new events, scorings of their contacts, alerts of the
-- urgent ones with their notifications, and what listeners are told; returns the jobs.
-- $1 uuid batch; events by organization and id, each column an array: $2 text organizations,
-- $3 text events, $4 text contacts, $5 text types, $6 text sources, $7 int4 given weights or null,
-- $8 int4 default weights (hundredths of a point), $9 text default priorities, $10 timestamptz
-- detection. $11 text default decay model; $12 int2 default hours; $13 int2 default cap.
-- $14 text queue; $15 text[] types of scoring and notification; $16 int2[] their versions;
-- $17 int2[] their failures_max; $18 text request id or null; $19 int8 seconds until the relay
-- may send. $20 text[] priorities that open alerts; $21 int8[] seconds until they are due;
-- $22 boolean whether listeners are told; $23 int8 most signals of a contact and UTC day.
-- Locks in this order: jobs, contacts, signals, alerts. Joining a queued job is an update, as
-- in enqueue. An event id that was forgotten and used again makes no second signal. What is
-- told ahead of our clock is detected now, or the scoring that it asks for would come too early.
with observed as materialized (
  select e.organization_id, e.event_id, e.contact_id, e.signal_type, e.source,
         least(e.detected_at, date_trunc('milliseconds', clock_timestamp())) as detected_at,
         coalesce(e.given * 0.01, c.weight, e.weight * 0.01) as weight,
         coalesce(c.decay_model, $11) as decay_model, coalesce(c.decay_hours, $12) as decay_hours,
         coalesce(c.tier, e.priority) as priority, coalesce(c.cap_per_day, $13) as cap_per_day
  from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int4[], $8::int4[],
              $9::text[], $10::timestamptz[])
    as e(organization_id, event_id, contact_id, signal_type, source, given, weight, priority,
         detected_at)
  join scoring.event_seen n on n.organization_id = e.organization_id
    and n.event_id = e.event_id and n.batch = $1
  left join scoring.signal_configs c on c.organization_id = e.organization_id
    and c.signal_type = e.signal_type
  where coalesce(c.enabled, true)
), contact as materialized (
  select distinct o.organization_id, o.contact_id from observed o
), full_day as materialized (
  select d.organization_id, d.contact_id, d.day
  from (select distinct o.organization_id, o.contact_id,
               date_trunc('day', o.detected_at, 'UTC') as day from observed o) d
  where (select count(*) from (
           select from scoring.intent_signals s
           where s.organization_id = d.organization_id and s.contact_id = d.contact_id
             and s.detected_at >= d.day and s.detected_at < d.day + interval '24 hours'
           limit $23) s) >= $23
), scored as (
  insert into jobs.job as j (organization_id, type, queue, version, data, failures_max,
                             coalesce_key, request_id, wake_at)
  select c.organization_id, ($15::text[])[1], $14, ($16::int2[])[1],
         jsonb_build_object('organizationId', c.organization_id, 'contactId', c.contact_id),
         ($17::int2[])[1], c.contact_id, $18, clock_timestamp() + $19 * interval '1 s'
  from contact c
  order by c.organization_id collate "C", c.contact_id collate "C"
  on conflict (organization_id, type, coalesce_key) where coalesce_key is not null
  do update set coalesced = j.coalesced + 1
  returning j.id, j.type, j.queue, j.state, old.id is null as created, j.created_at
), versions as (
  insert into scoring.contact_features as f (organization_id, contact_id, features)
  select c.organization_id, c.contact_id, '{}'
  from contact c where (select count(*) from scored) > 0
  order by c.organization_id collate "C", c.contact_id collate "C"
  on conflict (organization_id, contact_id) do update set
    input_version = f.input_version + 1, updated_at = clock_timestamp()
  returning f.organization_id, f.contact_id, f.input_version
), signals as (
  insert into scoring.intent_signals (organization_id, contact_id, event_id, signal_type, source,
    weight, decay_model, decay_hours, priority, cap_per_day, detected_at, decayed_at, input_version)
  select o.organization_id, o.contact_id, o.event_id, o.signal_type, o.source, o.weight,
         o.decay_model, o.decay_hours, o.priority, o.cap_per_day, o.detected_at,
         o.detected_at + o.decay_hours * interval '1 hour', v.input_version
  from observed o
  join versions v on v.organization_id = o.organization_id and v.contact_id = o.contact_id
  where not exists (
    select from full_day d where d.organization_id = o.organization_id
      and d.contact_id = o.contact_id and d.day = date_trunc('day', o.detected_at, 'UTC'))
  order by o.organization_id collate "C", o.contact_id collate "C", o.event_id collate "C"
  on conflict (organization_id, contact_id, event_id) do nothing
  returning organization_id, contact_id, event_id, signal_type, source, weight, priority,
            detected_at
), urgent as (
  select distinct on (s.organization_id, s.contact_id, s.signal_type) s.*, p.sla
  from signals s
  join unnest($20::text[], $21::int8[]) as p(priority, sla) on p.priority = s.priority
  order by s.organization_id, s.contact_id, s.signal_type, s.detected_at, s.event_id
), opened as (
  insert into scoring.signal_alerts (organization_id, contact_id, signal_type, priority, event_id,
                                     opened_at, due_at)
  select u.organization_id, u.contact_id, u.signal_type, u.priority, u.event_id, c.now,
         c.now + u.sla * interval '1 s'
  from urgent u, (select clock_timestamp() as now) c
  order by u.organization_id, u.contact_id, u.signal_type
  on conflict (organization_id, contact_id, signal_type) where status = 'open' do nothing
  returning id, organization_id, contact_id, signal_type, priority, event_id
), notified as (
  insert into jobs.job as j (organization_id, type, queue, version, data, failures_max,
                             request_id, wake_at)
  select a.organization_id, ($15::text[])[2], $14, ($16::int2[])[2],
         jsonb_build_object('organizationId', a.organization_id, 'alertId', a.id,
           'contactId', a.contact_id, 'signalType', a.signal_type, 'priority', a.priority),
         ($17::int2[])[2], $18, clock_timestamp() + $19 * interval '1 s'
  from opened a order by a.id
  returning j.id, j.type, j.queue, j.state, true as created, j.created_at
), told as (
  insert into jobs.event_outbox (organization_id, type, data, request_id)
  select t.organization_id, t.type, t.data, $18 from (
    select s.organization_id, 'scoring.SignalDetected' as type, 1 as turn, s.contact_id, s.event_id,
           jsonb_build_object('contactId', s.contact_id, 'eventId', s.event_id,
             'signalType', s.signal_type, 'source', s.source, 'weight', trim_scale(s.weight),
             'priority', s.priority) as data
    from signals s
    union all
    select a.organization_id, 'scoring.AlertOpened', 2, a.contact_id, a.event_id,
           jsonb_build_object('alertId', a.id, 'contactId', a.contact_id, 'eventId', a.event_id,
             'signalType', a.signal_type, 'priority', a.priority)
    from opened a) t
  where $22
  order by t.turn, t.organization_id, t.contact_id, t.event_id
)
select j.*, (select count(*) from signals) as signals
from (select s.* from scored s union all select n.* from notified n) j
order by j.id
