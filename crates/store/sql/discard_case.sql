-- discard_case: decides a case without a replay. $1 uuid case; $2 text who, $3 text why:
-- or null.
update jobs.dead_letter l set
  decided_at = clock_timestamp(), decision = 'discarded', decided_by = $2, decided_why = $3
where l.id = $1 and l.decided_at is null
returning l.id
