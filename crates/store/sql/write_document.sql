-- write_document: keeps an organization's newest configuration for later, under the next
-- epoch. After its entries are written, in their transaction.
-- $1 text organization; $2 text who publishes it. Signals that are not in $3 text as JSON, or
-- null, are as they were.
with epoch as (
  update scoring.config_epoch e set epoch = e.epoch + 1 returning e.epoch
)
insert into scoring.config_documents (organization_id, version, epoch, factors, signals, published_by)
select v.organization_id, v.version, e.epoch,
  coalesce((select jsonb_agg(jsonb_build_object('category', c.category, 'factor', c.factor,
                     'weight', trim_scale(c.weight), 'enabled', c.enabled) order by c.factor)
            from scoring.scoring_configs c where c.organization_id = $1), '[]'),
  coalesce($3::jsonb, (select d.signals from scoring.config_documents d where d.organization_id = $1
                       order by d.version desc limit 1), '[]'),
  $2
from scoring.config_versions v, epoch e where v.organization_id = $1
