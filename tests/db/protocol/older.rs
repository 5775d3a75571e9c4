//! The build before this one on the new schema: its statements, as they were
//! sent, still do what they did. They are of schema 4.

use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use serde_json::json;
use uuid::Uuid;

const ENQUEUE: &str = "insert into jobs.job as j (organization_id, type, queue, data, failures_max, coalesce_key, request_id)
  select $1, n.type, n.queue, n.data::jsonb, n.failures_max, n.coalesce_key, n.request_id
  from unnest($2::text[], $3::text[], $4::text[], $5::int2[], $6::text[], $7::text[])
    as n(type, queue, data, failures_max, coalesce_key, request_id)
  order by n.type collate \"C\", n.coalesce_key collate \"C\"
  on conflict (organization_id, type, coalesce_key) where coalesce_key is not null
  do update set coalesced = j.coalesced + 1
  returning j.id, j.type, j.queue, old.id is null as created, j.created_at";

const CLAIM: &str = "with due as (
    select j.id from jobs.job j
    where j.id = any($1) and j.type = any($2) and j.state in ('queued', 'failed')
      and j.available_at <= clock_timestamp() + interval '2 s'
    order by j.id for update skip locked
  )
  update jobs.job j set
    state = 'in_progress', claim = j.claim + 1, alone = false, coalesce_key = null,
    lease_token = uuidv7(), lease_until = clock_timestamp() + interval '60 s',
    wake_at = clock_timestamp() + interval '60 s'
  from due where j.id = due.id
  returning j.id, j.claim";

const COMPLETE: &str = "with done as (
    update jobs.job j set
      state = 'completed', finished_at = clock_timestamp(), lease_until = null,
      lease_token = null, receipt = h.receipt::jsonb
    from unnest($1::uuid[], $2::int4[], $3::text[]) as h(id, claim, receipt)
    where j.id = h.id and j.claim = h.claim and j.state = 'in_progress'
    returning j.id
  )
  select jobs.expect((select count(*) from done), $4)::text";

const SHORT: &str =
    "insert into jobs.job (id, type, organization_id, data, failures_max, request_id, queue)
  values ($1, 'scoring.CalculateScore', 'org_1', $2, 3, 'r', 'mauntic-scoring-events')
  on conflict (id) do nothing";

#[tokio::test]
async fn the_build_before_enqueues_claims_and_completes() {
    let world = World::new().await;
    let http = world.database.connect(Role::Http).await.unwrap();
    http.batch_execute("select set_config('app.organization', 'org_1', false)").await.unwrap();
    let data = json!({"organizationId": "org_1", "contactId": "c"});
    let text = data.to_string();
    let mut ids = Vec::new();
    for created in [true, false] {
        let row = http
            .query_one(
                ENQUEUE,
                &[
                    &"org_1",
                    &vec!["scoring.CalculateScore"],
                    &vec!["mauntic-scoring-events"],
                    &vec![text.as_str()],
                    &vec![3_i16],
                    &vec![Some("c")],
                    &vec!["r"],
                ],
            )
            .await
            .unwrap();
        assert_eq!(row.get::<_, bool>("created"), created);
        ids.push(row.get::<_, Uuid>("id"));
    }
    assert_eq!(ids[0], ids[1]);

    let queue = world.database.connect(Role::Queue).await.unwrap();
    assert_eq!(queue.execute(SHORT, &[&Uuid::new_v4(), &data]).await.unwrap(), 1);
    let types = vec!["scoring.CalculateScore"];
    let held = queue.query(CLAIM, &[&vec![ids[0]], &types]).await.unwrap();
    assert_eq!((held.len(), held[0].get::<_, i32>("claim")), (1, 1));
    let fence = [&vec![ids[0]] as _, &vec![1_i32] as _, &vec!["{}"] as _, &1_i64 as _];
    queue.query(COMPLETE, &fence).await.unwrap();
    let lost = queue.query(COMPLETE, &fence).await.unwrap_err();
    assert_eq!(lost.code().unwrap().code(), "JB001");
}
