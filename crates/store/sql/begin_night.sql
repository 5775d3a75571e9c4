-- begin_night: the row of a night, where there is none yet.
-- $1 uuid run; $2 text type of the job; $3 timestamptz when it begins; $4 text correlation id;
-- $5 text[] markets; $6 uuid the night whose rates and prices it goes by.
insert into portfolio.overnight_job_runs (id, job_type, started_at, correlation_id, markets,
                                          inputs_of)
values ($1, $2, $3, $4, $5, $6)
on conflict (id) do nothing
