-- Contacts with features and three signals each, the same for the same number.
-- $1 text organization; $2 int8 contacts; $3 timestamptz when the newest signal was detected.
-- Signals of every model, some of them decayed by then, over the ten days before.
with contacts as (
  insert into scoring.contact_features (organization_id, contact_id, features)
  select $1, 'contact_' || lpad(n::text, 8, '0'),
         jsonb_strip_nulls(jsonb_build_object(
           'hasEmail', n % 2 = 0, 'hasPhone', n % 3 = 0, 'hasDirectPhone', n % 7 = 0,
           'companySize', (array['smb', 'mid', 'enterprise', null])[(1 + n % 4)::int],
           'seniority', (array['c_level', 'vp', 'director', 'manager', 'individual', null])[(1 + n % 6)::int],
           'engagementLevel', (array['low', 'medium', 'high', null])[(1 + (n / 5) % 4)::int],
           'contentDownloads', n % 3, 'pricingPageVisit', n % 11 = 0, 'demoRequest', n % 13 = 0,
           'freeTrialSignup', n % 17 = 0))
  from generate_series(1, $2::int8) as n
  returning organization_id, contact_id
)
insert into scoring.intent_signals (
  organization_id, contact_id, event_id, signal_type, source, weight, decay_model, decay_hours,
  priority, cap_per_day, detected_at, decayed_at, input_version)
select $1, 'contact_' || lpad(n::text, 8, '0'), 'evt_' || n || '_' || k,
       (array['WEBSITE_VISIT', 'EMAIL_CLICK', 'CONTENT_DOWNLOAD'])[k], 'content',
       ((n * 37 + k * 911) % 2500) * 0.01, t.model, t.hours, 'low', 100, t.detected_at,
       t.detected_at + t.hours * interval '1 hour', 1
from generate_series(1, $2::int8) as n, generate_series(1, 3) k, lateral (
  select (array['linear', 'exponential', 'step'])[(1 + (n + k) % 3)::int] as model,
         (array[168, 72, 336])[(1 + (n / 3 + k) % 3)::int] as hours,
         date_trunc('milliseconds', $3::timestamptz)
           - ((n * 7919 + k * 104729) % 864000) * interval '1 s' as detected_at) t
