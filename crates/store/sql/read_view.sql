-- read_view: a contact's features and its score, if it has one, and the time.
-- $1 text organization; $2 text contact.
select clock_timestamp() as now, f.features, f.input_version as input_version_now,
       s.contributions, (s.previous_total * 10000)::int8 as previous_total, s.input_version,
       s.config_version, s.calculated_at
from scoring.contact_features f
left join scoring.lead_scores s
  on s.organization_id = f.organization_id and s.contact_id = f.contact_id
where f.organization_id = $1 and f.contact_id = $2
