-- upsert_scores: writes scores; of those that applied the day's history where they moved, and
-- events where the grade is new or a threshold is crossed.
-- $1 text[] organizations; $2 text[] contacts; both sorted together;
-- $3 int8[] totals, $4 int8[] fit, $5 int8[] engagement, $6 int8[] intent, in ten-thousandths;
-- $7 text[] grades; $8 text[] contributions as JSON; $9 int8[] input versions;
-- $10 int8[] config versions; $11 uuid[] jobs; $12 int8[] digests; $13 timestamptz now.
-- Returns how many were written.
-- A score never replaces one from newer inputs or configuration, nor of the same a
-- later one. A first score comes from nothing, which is below every threshold. The day's history
-- never goes back: where a score of older inputs was claimed after midnight and written first, the
-- newer one, claimed before, takes its place on the later day.
with applied as (
  insert into scoring.lead_scores as s (
    organization_id, contact_id, total_score, fit_score, engagement_score, intent_score, grade,
    contributions, input_version, config_version, job_id, digest, calculated_at)
  select w.organization_id, w.contact_id, w.total * 0.0001, w.fit * 0.0001,
         w.engagement * 0.0001, w.intent * 0.0001, w.grade, w.contributions::jsonb,
         w.input_version, w.config_version, w.job_id, w.digest, $13
  from unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::text[],
              $8::text[], $9::int8[], $10::int8[], $11::uuid[], $12::int8[])
    as w(organization_id, contact_id, total, fit, engagement, intent, grade, contributions,
         input_version, config_version, job_id, digest)
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
    digest = excluded.digest,
    calculated_at = excluded.calculated_at
  where excluded.input_version >= s.input_version and excluded.config_version >= s.config_version
    and (excluded.input_version > s.input_version or excluded.config_version > s.config_version
      or excluded.calculated_at >= s.calculated_at)
  returning s.organization_id, s.contact_id, s.total_score, s.grade, s.fit_score,
            s.engagement_score, s.intent_score, s.calculated_at, s.job_id,
            greatest(s.calculated_at, old.calculated_at) as at,
            old.grade as previous_grade, old.total_score as old_total,
            (old.total_score, old.fit_score, old.engagement_score, old.intent_score)
              is distinct from (s.total_score, s.fit_score, s.engagement_score, s.intent_score)
              as moved
), told as (
  insert into jobs.event_outbox (organization_id, type, data, job_id, request_id)
  select t.organization_id, t.type, t.data, t.job_id,
         (select j.request_id from jobs.job j where j.id = t.job_id)
  from (
    select a.organization_id, a.contact_id, 0 as place, 'scoring.LeadScoreUpdated' as type, a.job_id,
           jsonb_build_object('contactId', a.contact_id, 'grade', a.grade,
             'previousGrade', a.previous_grade, 'totalScore', trim_scale(a.total_score)) as data
    from applied a where a.grade is distinct from a.previous_grade
    union all
    -- Grades begin at the thresholds: where the grade stays, none was crossed.
    select a.organization_id, a.contact_id, c.threshold, 'scoring.ThresholdCrossed', a.job_id,
           jsonb_build_object('contactId', a.contact_id, 'threshold', c.threshold,
             'direction', case when a.total_score >= c.threshold then 'up' else 'down' end,
             'totalScore', trim_scale(a.total_score), 'previousTotal', trim_scale(a.old_total))
    from applied a cross join (values (20), (40), (60), (80)) as c(threshold)
    where a.grade is distinct from a.previous_grade
      and (a.total_score >= c.threshold) <> (coalesce(a.old_total, 0) >= c.threshold)
  ) t
  order by t.organization_id, t.contact_id, t.place
), history as (
  insert into scoring.score_history (
    organization_id, contact_id, day, total_score, grade, fit_score, engagement_score,
    intent_score, updated_at)
  select a.organization_id, a.contact_id, (a.at at time zone 'UTC')::date,
         a.total_score, a.grade, a.fit_score, a.engagement_score, a.intent_score, a.calculated_at
  from applied a where a.moved
  order by a.organization_id, a.contact_id
  on conflict (organization_id, contact_id, day) do update set
    total_score = excluded.total_score, grade = excluded.grade, fit_score = excluded.fit_score,
    engagement_score = excluded.engagement_score, intent_score = excluded.intent_score,
    updated_at = excluded.updated_at
)
select count(*) as applied from applied
