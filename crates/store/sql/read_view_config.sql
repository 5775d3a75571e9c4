-- read_view_config: the configuration that a contact is to be scored by, or the one that
-- its stored score was computed from.
-- $1 text organization; $2 text contact; $3 timestamptz the instant to score at, or null for
-- the stored score's.
select d.version, d.factors
from scoring.config_documents d
where d.organization_id = $1
  and ($3::timestamptz is not null or d.version = (
    select s.config_version from scoring.lead_scores s
    where s.organization_id = $1 and s.contact_id = $2))
order by d.version desc
limit 1
