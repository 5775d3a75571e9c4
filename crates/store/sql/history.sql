-- history: a contact's last score of each day, newest first; one row without a day where it
-- has none. $1 text organization; $2 text contact; $3 date first day, or null; $4 date last
-- day, or null; $5 int8 most rows.
select h.*
from scoring.contact_features f
left join lateral (
  select h.day, (h.total_score * 10000)::int8 as total, (h.fit_score * 10000)::int8 as fit,
         (h.engagement_score * 10000)::int8 as engagement, (h.intent_score * 10000)::int8 as intent,
         h.updated_at
  from scoring.score_history h
  where h.organization_id = f.organization_id and h.contact_id = f.contact_id
    and ($3::date is null or h.day >= $3) and ($4::date is null or h.day <= $4)
  order by h.day desc
  limit $5
) h on true
where f.organization_id = $1 and f.contact_id = $2
order by h.day desc
