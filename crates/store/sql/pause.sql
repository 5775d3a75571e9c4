-- pause: pauses a schedule with a note, or resumes it.
-- $1 text key; $2 text note, null to resume.
update jobs.schedule s set
  paused = $2 is not null, note = $2,
  paused_at = case when $2 is not null then coalesce(s.paused_at, clock_timestamp()) end
where s.job_key = $1
returning s.job_key, old.paused as was_paused, old.note as was_note
