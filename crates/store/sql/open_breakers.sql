-- open_breakers: breakers that let no call, or only probes, go.
select b.name, b.state, b.until, b.changed_at
from jobs.breaker b where b.state <> 'closed' order by b.name
