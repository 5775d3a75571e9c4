-- take_answer: locks the answer to a request's key, made empty where there was
-- none in 24 hours. $1 text holder; $2 text key; $3 text organization or null;
-- $4 bytea fingerprint.
-- Who asks while another does the same waits here, and finds the answer. The
-- transaction of a repeat is rolled back, so that it writes nothing.
insert into jobs.answer as a (holder, key, organization_id, fingerprint, answer)
values ($1, $2, $3, $4, 'null')
on conflict (holder, key) do update set
  (organization_id, fingerprint, answer, created_at) = (
    select case when o.old then excluded.organization_id else a.organization_id end,
           case when o.old then excluded.fingerprint else a.fingerprint end,
           case when o.old then excluded.answer else a.answer end,
           case when o.old then excluded.created_at else a.created_at end
    from (select a.created_at <= clock_timestamp() - interval '24 h' as old) o)
returning a.fingerprint = $4 as same, nullif(a.answer, 'null')::text as answer
