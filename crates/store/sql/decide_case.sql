-- decide_case: a case without a job was replayed as a new one. $1 uuid case;
-- $2 uuid job; $3 text who, $4 text why: or null.
update jobs.dead_letter l set
  decided_at = clock_timestamp(), decision = 'replayed', decided_by = $3, decided_why = $4,
  replayed_as = $2
where l.id = $1 and l.decided_at is null
returning l.id
