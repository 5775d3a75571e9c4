-- move_replay: how far a replay of many has come, in the transaction of what it
-- released. $1 uuid id; $2 text status; $3 uuid the last case looked at, or null;
-- $4 uuid[] its canaries; $5 int4 cases replayed now, $6 int4 cases refused now;
-- $7 timestamptz when the next may become available; $8 uuid the canary that failed, or null.
update jobs.replay r set
  status = $2, after_case = coalesce($3, r.after_case), canaries = $4,
  replayed = r.replayed + $5, refused = r.refused + $6, paced_until = $7, stopped_by = $8,
  finished_at = case when $2 not in ('canary', 'running') then clock_timestamp() end
where r.id = $1
