-- see_events: notes an organization's events as seen; tells in their order which are new.
-- $1 text[] organization, once an event; $2 text[] events, sorted and distinct; $3 uuid batch.
-- Whoever takes the same event in at this moment is waited for.
with fresh as (
  insert into scoring.event_seen (organization_id, event_id, batch)
  select e.organization_id, e.event_id, $3
  from unnest($1::text[], $2::text[]) with ordinality as e(organization_id, event_id, place)
  order by e.place
  on conflict (organization_id, event_id) do nothing
  returning organization_id, event_id
)
select true as known, f.event_id is not null as fresh
from unnest($1::text[], $2::text[]) with ordinality as e(organization_id, event_id, place)
left join fresh f on f.organization_id = e.organization_id and f.event_id = e.event_id
order by e.place
