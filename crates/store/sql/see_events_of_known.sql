-- see_events_of_known: the same as see_events, for events of any organizations: of one that is not
-- known nothing is noted.
-- $1 text[] organizations and $2 text[] events, sorted together and distinct; $3 uuid batch.
with known as materialized (
  select o.id from auth.organization o where o.id = any($1)
), fresh as (
  insert into scoring.event_seen (organization_id, event_id, batch)
  select e.organization_id, e.event_id, $3
  from unnest($1::text[], $2::text[]) with ordinality as e(organization_id, event_id, place)
  join known k on k.id = e.organization_id
  order by e.place
  on conflict (organization_id, event_id) do nothing
  returning organization_id, event_id
)
select k.id is not null as known, f.event_id is not null as fresh
from unnest($1::text[], $2::text[]) with ordinality as e(organization_id, event_id, place)
left join known k on k.id = e.organization_id
left join fresh f on f.organization_id = e.organization_id and f.event_id = e.event_id
order by e.place
