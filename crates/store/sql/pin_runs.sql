-- pin_runs: runs whose chunks look at the configurations of an epoch. With the runs, last of
-- an effect. $1 uuid[] runs, sorted; $2 int8[] epochs.
update jobs.run r set pinned = p.epoch
from unnest($1::uuid[], $2::int8[]) as p(id, epoch) where r.id = p.id
