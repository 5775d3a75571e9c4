-- retire_enrichments: deletes enrichment jobs that ended long ago.
-- $1 timestamptz ended before this, the beginning of a month; $2 int8 most rows. See retire_seen.
-- No roll-up counts a day of a month of which something may be gone.
with gone as (
  delete from lead_intelligence.enrichment_jobs j
  where j.ctid = any(array(
    select o.ctid from lead_intelligence.enrichment_jobs o where o.finished_at < $1
    limit $2 for update skip locked))
  returning j.event_id
)
select count(*) as retired from gone
