//! What is seen of the whole while it runs, and told of it.

use std::time::Duration;

use mauntic_tests::say::say;
use mauntic_tests::stack::Stack;

use super::faults::Counts;
use super::verdict::count;

/// Fewest COMMITs that are cut before the server hears them, and after: half of
/// what is seen, for how many there are depends on the machine.
const CUT_MIN: u64 = 75;

/// Sees each effect, and each lease that somebody else took over.
const WATCH: &str = "
  create table public.completions (job_id uuid);
  create table public.takeovers (job_id uuid, was_alone boolean);
  create table public.score_writes (job_id uuid, organization_id text, contact_id text);
  grant insert on public.completions, public.takeovers, public.score_writes to public;
  create function public.saw_job() returns trigger language plpgsql as $$ begin
    if new.state = 'completed' then insert into public.completions values (new.id); end if;
    if new.claim > old.claim and old.state = 'in_progress' then
      insert into public.takeovers values (new.id, old.alone); end if;
    return new; end $$;
  create trigger saw_job after update on jobs.job for each row execute function public.saw_job();
  create function public.saw_score() returns trigger language plpgsql as $$ begin
    insert into public.score_writes values (new.job_id, new.organization_id, new.contact_id);
    return new; end $$;
  create trigger saw_score after insert or update on scoring.lead_scores
    for each row execute function public.saw_score();";

pub(super) async fn install(stack: &Stack) {
    stack.owner().await.batch_execute(WATCH).await.unwrap();
}

/// Says what happened; every fault was met.
pub(super) async fn tell(stack: &Stack, counts: &Counts, elapsed: Duration) {
    let jobs = count(stack, "select count(*) from jobs.job").await;
    let taken = count(stack, "select count(*) from public.takeovers").await;
    let spent = count(stack, "select count(*) from jobs.job where failures > 0").await;
    let joined = count(stack, "select sum(coalesced)::bigint from jobs.job").await;
    let batches = stack.batches();
    let absorbed: i64 = batches.iter().map(|batch| batch.absorbed).sum();
    let cut_off = batches.iter().filter(|batch| batch.cut_off).count();
    let rate = u64::try_from(jobs).unwrap() * 1_000 / u64::try_from(elapsed.as_millis()).unwrap();
    say(format_args!(
        "{jobs} jobs in {elapsed:.1?}, {rate} a second, in {} batches ({} handed over twice)\n\
         absorbed duplicates {absorbed}, joined requests {joined}, leases taken over {taken}\n\
         COMMITs cut: {} before, {} after; workerd killed {} times, batches cut off {cut_off}; \
         jobs that spent a failure {spent}",
        batches.len(),
        counts.batches_twice,
        counts.cut_before,
        counts.cut_after,
        counts.kills,
    ));
    assert!(absorbed > 0 && taken > 0 && cut_off > 0, "a fault was never met");
    let cut = [counts.cut_before, counts.cut_after];
    assert!(cut.iter().all(|cut| *cut >= CUT_MIN), "COMMITs cut: {cut:?}");
}
