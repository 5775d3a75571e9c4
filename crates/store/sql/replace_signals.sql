-- replace_signals: an organization's types of signal are these and no others.
-- $1 text organization; $2 text array of them as JSON, as in config_documents.
merge into scoring.signal_configs c
using jsonb_to_recordset($2::jsonb) as w("signalType" text, weight numeric, "decayHours" int2,
  "decayModel" text, tier text, enabled boolean, "capPerDay" int2)
  on c.organization_id = $1 and c.signal_type = w."signalType"
when matched then update set
  weight = w.weight, decay_hours = w."decayHours", decay_model = w."decayModel", tier = w.tier,
  enabled = w.enabled, cap_per_day = w."capPerDay"
when not matched by target then insert
  (organization_id, signal_type, weight, decay_hours, decay_model, tier, enabled, cap_per_day)
  values ($1, w."signalType", w.weight, w."decayHours", w."decayModel", w.tier, w.enabled,
          w."capPerDay")
when not matched by source and c.organization_id = $1 then delete
