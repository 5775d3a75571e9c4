-- upsert_scores: writes scores; of those that applied the day's history, and
-- an event where the grade is new.
-- $1 text[] organizations; $2 text[] contacts; both sorted together;
-- $3 int8[] totals, $4 int8[] fit, $5 int8[] engagement, $6 int8[] intent, in ten-thousandths;
-- $7 text[] grades; $8 text[] contributions as JSON; $9 int8[] input versions;
-- $10 int8[] config versions; $11 uuid[] jobs; $12 timestamptz now.
-- Returns a row a score that was written.
-- A score never replaces one from newer features or configuration.
with applied as (
  insert into scoring.lead_scores as s (
    organization_id, contact_id, total_score, fit_score, engagement_score, intent_score, grade,
    contributions, input_version, config_version, job_id, calculated_at)
  select w.organization_id, w.contact_id, w.total / 10000.0, w.fit / 10000.0,
         w.engagement / 10000.0, w.intent / 10000.0, w.grade, w.contributions::jsonb,
         w.input_version, w.config_version, w.job_id, $12
  from unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::text[],
              $8::text[], $9::int8[], $10::int8[], $11::uuid[])
    as w(organization_id, contact_id, total, fit, engagement, intent, grade, contributions,
         input_version, config_version, job_id)
  order by w.organization_id collate "C", w.contact_id collate "C"
  on conflict (organization_id, contact_id) do update set
    total_score = excluded.total_score,
    fit_score = excluded.fit_score,
    engagement_score = excluded.engagement_score,
    intent_score = excluded.intent_score,
    grade = excluded.grade,
    contributions = excluded.contributions,
    previous_total = case when s.total_score <> excluded.total_score then s.total_score
                     else s.previous_total end,
    input_version = excluded.input_version,
    config_version = excluded.config_version,
    job_id = excluded.job_id,
    calculated_at = excluded.calculated_at
  where excluded.input_version >= s.input_version and excluded.config_version >= s.config_version
  returning s.organization_id, s.contact_id, s.total_score, s.grade, s.fit_score,
            s.engagement_score, s.intent_score, s.calculated_at, s.job_id,
            old.grade as previous_grade
), events as (
  insert into jobs.event_outbox (organization_id, type, data, job_id, request_id)
  select a.organization_id, 'scoring.LeadScoreUpdated',
         jsonb_build_object('contactId', a.contact_id, 'grade', a.grade,
           'previousGrade', a.previous_grade, 'totalScore', trim_scale(a.total_score)),
         a.job_id, (select j.request_id from jobs.job j where j.id = a.job_id)
  from applied a where a.grade is distinct from a.previous_grade
  order by a.organization_id, a.contact_id
)
insert into scoring.score_history (
  organization_id, contact_id, day, total_score, grade, fit_score, engagement_score,
  intent_score, updated_at)
select a.organization_id, a.contact_id, (a.calculated_at at time zone 'UTC')::date, a.total_score,
       a.grade, a.fit_score, a.engagement_score, a.intent_score, a.calculated_at
from applied a
order by a.organization_id, a.contact_id
on conflict (organization_id, contact_id, day) do update set
  total_score = excluded.total_score, grade = excluded.grade, fit_score = excluded.fit_score,
  engagement_score = excluded.engagement_score, intent_score = excluded.intent_score,
  updated_at = excluded.updated_at
returning 1
