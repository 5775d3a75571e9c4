//! Retention: what is old and decided goes, a little at a time.

use chrono::TimeDelta;
use mauntic_flows::ports::{RelayStore, Retired};
use mauntic_tests::world::World;

use super::session;

/// Rows on both sides of each rule of retention.
const OLD_AND_YOUNG: &str = "
  create temp table made as
    select n, case when n in (6, 7) then ('ffffffff-ffff-8fff-8fff-fffffffffff' || n)::uuid
              when n = 5 then uuidv7() else uuidv7(interval '-40 days') end as id,
           case when n in (5, 7) then clock_timestamp()
                else clock_timestamp() - interval '35 days' end as finished_at,
           case when n in (3, 4) then 'dead_lettered' else 'completed' end as state
    from generate_series(0, 7) n;
  -- 0, 1, 2 old; 3 dead and undecided; 4 dead and decided; 5 young; 6 by hand, old; 7 by hand, young.
  insert into jobs.job (id, organization_id, queue, type, data, failures_max, state, finished_at, receipt)
    select id, 'org_1', 'q', 't', '{\"organizationId\": \"org_1\"}', 3, state, finished_at,
           case when state = 'completed' then '{}'::jsonb end from made;
  insert into jobs.job (id, queue, type, data, failures_max) values (uuidv7(interval '-40 days'), 'q', 't', '{}', 3);
  insert into jobs.dead_letter (id, queue, job_id, body, reason, detail, decided_at)
    select uuidv7(interval '-40 days'), 'q', id, '', 'expired', '',
           case when n = 4 then clock_timestamp() end from made where n in (3, 4);
  insert into jobs.dead_letter (id, queue, message_id, body, reason, detail, decided_at)
    values (uuidv7(interval '-40 days'), 'q', 'm', '', 'malformed', '', clock_timestamp() - interval '33 days');
  insert into jobs.run (id, job_key, trigger, status, jobs_total, jobs_done, finished_at)
    select gen_random_uuid(), 'k', 'api', 'completed', 1, 1, clock_timestamp() - n * interval '20 days'
    from generate_series(0, 3) n;
  insert into jobs.run (id, job_key, trigger, jobs_total, started_at) values (gen_random_uuid(), 'k', 'api', 1, '2020-01-01');
  insert into jobs.schedule (job_key, cron, judged_until) values
    ('a', '* * * * *', date_trunc('minute', clock_timestamp() - interval '50 days')), ('b', '* * * * *', clock_timestamp());
  insert into jobs.occurrence (job_key, nominal_at, outcome, ordinal)
    select k, date_trunc('minute', clock_timestamp() - n * interval '20 days', 'UTC'), 'missed', n
    from unnest(array['a', 'b']) k, generate_series(0, 3) n;
  insert into jobs.event_outbox (id, type, data, occurred_at, sent_at)
    select uuidv7(n * interval '-20 days'), 'e', '{}', clock_timestamp() - n * interval '20 days',
           case when n = 2 then clock_timestamp() end from generate_series(0, 3) n;
  insert into jobs.notification (subject, kind, id, state, token, sent_at, expires_at)
    select 's' || n, 'k', gen_random_uuid(), 'sent', gen_random_uuid(), clock_timestamp(),
           clock_timestamp() + (n - 2) * interval '1 h' from generate_series(0, 3) n;
  insert into jobs.delivery (token, queue, delivered_at, messages, unreadable, absorbed, taken)
    select gen_random_uuid(), 'q', clock_timestamp() - n * interval '20 days', 1, 0, 0, 0
    from generate_series(0, 4) n;
  insert into jobs.answer (holder, key, fingerprint, answer, created_at)
    select 'h', 'k' || n, sha256(''), '{}', clock_timestamp() - n * interval '23 h'
    from generate_series(0, 3) n;
  insert into jobs.replay (id, filter, case_limit, canary, per_second, actor, status, finished_at)
    select uuidv7(n * interval '-20 days'), '{}', 1, 0, 1, 'a',
           case when n = 3 then 'running' else 'completed' end,
           case when n < 3 then clock_timestamp() - n * interval '20 days' end
    from generate_series(0, 3) n;
  insert into scoreboard.verifications (job_id, attempt, organization_id, match_id, fetched_at,
      outcome, reason, result_version)
    select gen_random_uuid(), 1, 'org_1', gen_random_uuid(), clock_timestamp() - n * interval '20 days',
           'noop', 'not_ended', 0 from generate_series(0, 3) n";

#[tokio::test]
async fn retention_takes_what_is_old_and_decided_and_no_more_than_its_limit() {
    let world = World::new().await;
    let session = session(&world).await;
    world.owner.batch_execute(OLD_AND_YOUNG).await.unwrap();
    let keep = TimeDelta::days(30);
    let kept_job =
        "update jobs.job set run_id = (select id from jobs.run where status = 'completed'
      order by finished_at limit 1) where id = (select id from made where n = 3)";
    assert_eq!(world.owner.execute(kept_job, &[]).await.unwrap(), 1);
    let mut all = Retired::default();
    let mut most = 0;
    for _ in 0..5 {
        let some = session.retire(keep, 2).await.unwrap();
        let tables = [some.jobs, some.dead_letters, some.runs, some.occurrences, some.events];
        let others =
            [some.notifications, some.deliveries, some.answers, some.replays, some.verifications];
        most = tables.into_iter().chain(others).chain([most]).max().unwrap();
        all.jobs += some.jobs;
        all.dead_letters += some.dead_letters;
        all.runs += some.runs;
        all.occurrences += some.occurrences;
        all.events += some.events;
        all.notifications += some.notifications;
        all.deliveries += some.deliveries;
        all.answers += some.answers;
        all.replays += some.replays;
        all.verifications += some.verifications;
    }
    assert_eq!(most, 2, "the limit");
    // Of runs one keeps its job; of occurrences one is not behind judged_until; of
    // replays one goes on.
    let expected = Retired {
        jobs: 5,
        dead_letters: 1,
        runs: 1,
        occurrences: 3,
        events: 2,
        notifications: 3,
        deliveries: 3,
        answers: 2,
        replays: 1,
        verifications: 2,
        ..Retired::default()
    };
    assert_eq!(all, expected);
    let left = "select n from made where id in (select id from jobs.job) order by n";
    let left: Vec<i32> = world.rows(left).await.iter().map(|row| row.get(0)).collect();
    assert_eq!(left, [3, 5, 7], "undecided, young, young and by hand");
    assert_eq!(session.retire(keep, 100).await.unwrap(), Retired::default());
}
