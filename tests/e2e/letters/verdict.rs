//! What must be true after a replay, read from the database itself.

use mauntic_tests::stack::{ADMIN_TOKEN, Stack};

/// Sees each effect.
pub(super) const WATCH: &str = "
  create table public.completions (job_id uuid);
  grant insert on public.completions to public;
  create function public.saw_job() returns trigger language plpgsql as $$ begin
    if new.state = 'completed' then insert into public.completions values (new.id); end if;
    return new; end $$;
  create trigger saw_job after update on jobs.job for each row execute function public.saw_job();";

pub(super) async fn count(stack: &Stack, sql: &str) -> i64 {
    stack.owner().await.query_one(sql, &[]).await.unwrap().get(0)
}

/// Nothing may be found.
async fn none(stack: &Stack, what: &str, sql: &str) {
    let sql = format!("select t::text from ({sql}) t limit 20");
    let rows = stack.owner().await.query(&sql, &[]).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(found.is_empty(), "{what}: {found:#?}");
}

pub(super) async fn jobs_were_done_once(stack: &Stack) {
    let sql = "select j.id, j.state, j.replays, count(c.job_id) from jobs.job j
      left join public.completions c on c.job_id = j.id
      group by j.id having count(c.job_id) <> 1 or j.state <> 'completed' or j.replays <> 1";
    none(stack, "not replayed and completed once", sql).await;
}

/// No second has more jobs that may begin than the pace allows, however the
/// ticks and kills lay. What was claimed keeps the time at which it might begin.
pub(super) async fn the_pace_was_kept(stack: &Stack, per_second: u32) {
    let sql = format!(
        "select p.* from (
           select j.available_at, count(*) over (order by j.available_at
             range between current row and interval '999 ms' following) as began
           from jobs.job j where j.replays > 0 and j.snooze_reason is null and j.failures = 0) p
         where p.began > {per_second}"
    );
    none(stack, "faster than asked", &sql).await;
}

pub(super) async fn runs_are_whole(stack: &Stack) {
    let sql = "select r.* from jobs.run r where r.status <> 'completed' or r.jobs_dead <> 0
      or r.jobs_done <> r.jobs_total or r.revision = 0";
    none(stack, "runs that are not whole", sql).await;
}

pub(super) async fn letters_are_decided(stack: &Stack, replay: &str) {
    let sql = format!(
        "select l.id, l.decision, l.replay_id from jobs.dead_letter l
         where l.reason = 'retries_exhausted' and (l.decision is distinct from 'replayed'
           or l.replay_id is distinct from '{replay}' or l.replayed_as is distinct from l.job_id
           or l.decided_by is distinct from 'bootstrap')"
    );
    none(stack, "letters that are not decided", &sql).await;
}

/// Each delivery's claims have each one end.
pub(super) async fn deliveries_balance(stack: &Stack) {
    let sql = "select d.* from jobs.delivery d
      where d.taken <> d.effects + d.failures + d.put_off + d.lost";
    none(stack, "deliveries with claims that have no end", sql).await;
    let effects = count(stack, "select sum(effects)::bigint from jobs.delivery").await;
    assert_eq!(effects, count(stack, "select count(*) from public.completions").await);
}

pub(super) fn the_audit_verifies(stack: &Stack) {
    let answer = stack.call("GET", "/api/v2/admin/audit/verify", Some(ADMIN_TOKEN), None);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["verified"], true, "{}", answer.body);
    assert!(answer.body["entries"].as_i64() > Some(0), "{}", answer.body);
}
