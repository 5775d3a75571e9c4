-- breakers: these breakers in their order, and the time; nulls where one has no row.
-- $1 text[] names.
select clock_timestamp() as now, n.name, b.state, b.failures, b.successes, b.until, b.changed_at
from unnest($1::text[]) with ordinality as n(name, place)
left join jobs.breaker b on b.name = n.name
order by n.place
