-- retire_enrichments: deletes enrichment jobs that ended long ago.
-- $1 timestamptz received before this; $2 int8 most rows. See retire_seen.
with gone as (
  delete from lead_intelligence.enrichment_jobs j
  where j.ctid = any(array(
    select o.ctid from lead_intelligence.enrichment_jobs o where o.received_at < $1
    limit $2 for update skip locked))
  returning j.event_id
)
select count(*) as retired from gone
