-- read_breaker: a breaker and the time; nulls where it has no row. $1 text name.
select clock_timestamp() as now, b.state, b.failures, b.successes, b.until, b.version
from (values (1)) as one left join jobs.breaker b on b.name = $1
