-- clock: the database's time, and its schema's version.
select clock_timestamp() as now, (select max(number) from jobs.schema_migration) as version
