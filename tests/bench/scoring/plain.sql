-- The rival of a recompute: one statement that computes and writes scores and the day's
-- history of every contact, as the workers' statements do, in one session. What stands in
-- braces is the rules in SQL (tests/support/recompute/scores.sql) as of $1.
with applied as (
  insert into scoring.lead_scores as s (
    organization_id, contact_id, total_score, fit_score, engagement_score, intent_score, grade,
    contributions, input_version, config_version, job_id, calculated_at)
  select w.organization_id, w.contact_id, w.total, w.fit, w.engagement, w.intent,
         case when w.total >= 80 then 'A' when w.total >= 60 then 'B' when w.total >= 40 then 'C'
              when w.total >= 20 then 'D' else 'F' end,
         w.contributions, w.input_version, 0, '00000000-0000-0000-0000-000000000000', $1
  from ({scores}) w
  order by w.organization_id, w.contact_id
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
    calculated_at = excluded.calculated_at
  returning s.organization_id, s.contact_id, s.total_score, s.grade, s.fit_score,
            s.engagement_score, s.intent_score, s.calculated_at
)
insert into scoring.score_history (
  organization_id, contact_id, day, total_score, grade, fit_score, engagement_score,
  intent_score, updated_at)
select a.organization_id, a.contact_id, (a.calculated_at at time zone 'UTC')::date,
       a.total_score, a.grade, a.fit_score, a.engagement_score, a.intent_score, a.calculated_at
from applied a
on conflict (organization_id, contact_id, day) do update set
  total_score = excluded.total_score, grade = excluded.grade, fit_score = excluded.fit_score,
  engagement_score = excluded.engagement_score, intent_score = excluded.intent_score,
  updated_at = excluded.updated_at
