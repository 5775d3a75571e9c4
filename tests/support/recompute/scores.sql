-- What the rules give for every contact, in plain SQL: the rival of the recompute, and its
-- oracle. What stands in braces: at, the instant of a contact's score; from and of, where
-- that comes from, for the contact and for its signals.
select f.organization_id, f.contact_id, f.input_version, p.fit, p.engagement,
       p.intent + p.signals as intent,
       least(greatest(p.fit + p.engagement + p.intent + p.signals, 0), 100) as total,
       ('[' || concat_ws(',',
         case when b.size = 'enterprise' then '{"factor":"company_size_enterprise","category":"fit","points":15}' end,
         case when b.size = 'mid' then '{"factor":"company_size_mid","category":"fit","points":10}' end,
         case when b.size = 'smb' then '{"factor":"company_size_smb","category":"fit","points":5}' end,
         case when b.downloads > 0 then '{"factor":"content_download","category":"engagement","points":10}' end,
         case when b.demo then '{"factor":"demo_request","category":"intent","points":30}' end,
         case when b.trial then '{"factor":"free_trial","category":"intent","points":25}' end,
         case when b.direct then '{"factor":"has_direct_phone","category":"fit","points":10}' end,
         case when b.email then '{"factor":"has_email","category":"fit","points":10}' end,
         case when b.phone then '{"factor":"has_phone","category":"fit","points":15}' end,
         case when b.level = 'high' then '{"factor":"high_engagement","category":"engagement","points":15}' end,
         case when p.signals > 0 then '{"factor":"intent_signals","category":"intent","points":' || trim_scale(p.signals) || '}' end,
         case when b.level = 'medium' then '{"factor":"medium_engagement","category":"engagement","points":10}' end,
         case when b.pricing then '{"factor":"pricing_page","category":"intent","points":20}' end,
         case when b.seniority = 'c_level' then '{"factor":"seniority_c_level","category":"fit","points":20}' end,
         case when b.seniority = 'director' then '{"factor":"seniority_director","category":"fit","points":10}' end,
         case when b.seniority = 'manager' then '{"factor":"seniority_manager","category":"fit","points":5}' end,
         case when b.seniority = 'vp' then '{"factor":"seniority_vp","category":"fit","points":15}' end
       ) || ']')::jsonb as contributions
from scoring.contact_features f
{from}
left join (
  select s.organization_id, s.contact_id, sum(case
      when t.elapsed < 0 or t.elapsed >= t.whole then 0
      when s.decay_model = 'linear' then round(s.weight * (t.whole - t.elapsed) / t.whole, 2)
      when s.decay_model = 'exponential' then round(s.weight * exp(-3.0 * t.elapsed / t.whole), 2)
      when t.elapsed * 2 < t.whole then s.weight
      when t.elapsed * 4 < t.whole * 3 then round(s.weight / 2, 2)
      else round(s.weight / 4, 2) end) as points
  from scoring.intent_signals s
  {of}
  cross join lateral (
    select s.decay_hours * 3600000.0 as whole,
           floor(extract(epoch from {at}) * 1000) - floor(extract(epoch from s.detected_at) * 1000)
             as elapsed) t
  where s.archived_at is null and s.counted
  group by s.organization_id, s.contact_id
) g on g.organization_id = f.organization_id and g.contact_id = f.contact_id
cross join lateral (
  select f.features->>'companySize' as size, f.features->>'seniority' as seniority,
         f.features->>'engagementLevel' as level,
         coalesce((f.features->>'contentDownloads')::int, 0) as downloads,
         f.features->'hasEmail' = 'true' as email, f.features->'hasPhone' = 'true' as phone,
         f.features->'hasDirectPhone' = 'true' as direct,
         f.features->'pricingPageVisit' = 'true' as pricing,
         f.features->'demoRequest' = 'true' as demo, f.features->'freeTrialSignup' = 'true' as trial
) b
cross join lateral (
  select b.email::int * 10.0 + b.phone::int * 15 + b.direct::int * 10
           + case b.size when 'smb' then 5 when 'mid' then 10 when 'enterprise' then 15 else 0 end
           + case b.seniority when 'c_level' then 20 when 'vp' then 15 when 'director' then 10
                  when 'manager' then 5 else 0 end as fit,
         case b.level when 'high' then 15.0 when 'medium' then 10 else 0 end
           + case when b.downloads > 0 then 10 else 0 end as engagement,
         b.pricing::int * 20.0 + b.demo::int * 30 + b.trial::int * 25 as intent,
         least(coalesce(g.points, 0), 40) as signals
) p
