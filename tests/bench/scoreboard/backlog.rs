//! A hundred matches of one tournament that end at once, through the local queue: their
//! settlements find the tournament taken and wait. And what they spend while the database
//! refuses all of them for a while.

use std::time::{Duration, Instant};

use mauntic_testkit::wait::until_async;

use crate::kept::Lines;
use crate::stage::{Stage, body};

/// Members, each with a guess about each match.
pub(crate) const MEMBERS: i32 = 5_000;

/// Matches: a hundred that end at once, and twenty that the database refuses at first.
pub(crate) const MATCHES: i32 = 120;

const AT_ONCE: usize = 100;

/// How long the database refuses, and how often it is looked.
const REFUSED: Duration = Duration::from_secs(10);

/// Longest wait for all to be settled, in seconds: an hour's retries are far away.
const SETTLED_SECS_MAX: u32 = 300;

pub(crate) async fn measure(stage: &Stage, lines: &mut Lines) {
    let (at_once, refused) = stage.matches.split_at(AT_ONCE);
    let (took, spent) = settle(stage, at_once, || async {}).await;
    lines.line(
        &format!("{AT_ONCE} matches of {MEMBERS} guesses that end at once, through the queue"),
        &format!("settled after {:.1} s; {spent}", took.as_secs_f64()),
        "told",
        true,
    );
    let refuse = "revoke insert on scoreboard.point_entries from mauntic_queue";
    stage.owner.batch_execute(refuse).await.unwrap();
    let (took, spent) = settle(stage, refused, || async {
        tokio::time::sleep(REFUSED).await;
        let grant = "grant insert on scoreboard.point_entries to mauntic_queue";
        stage.owner.batch_execute(grant).await.unwrap();
    })
    .await;
    lines.line(
        &format!("{} matches, refused for {} s", refused.len(), REFUSED.as_secs()),
        &format!("settled after {:.1} s; {spent}", took.as_secs_f64()),
        "told",
        true,
    );
    stage.recount().await;
}

/// Until all of them are settled; what that took and what their jobs spent.
async fn settle<F: Future<Output = ()>>(
    stage: &Stage,
    matches: &[uuid::Uuid],
    meanwhile: impl FnOnce() -> F,
) -> (Duration, String) {
    let mut jobs = Vec::with_capacity(matches.len());
    for match_id in matches {
        jobs.push(stage.job(*match_id).await);
    }
    let started = Instant::now();
    let bodies: Vec<_> = jobs.iter().map(|job| body(*job)).collect();
    stage.workers.send(crate::stage::QUEUE, &bodies).expect("sent");
    meanwhile().await;
    until_async("all to be settled", SETTLED_SECS_MAX, || async {
        let sql = "select count(*) from jobs.job where id = any($1) and state <> 'completed'";
        let left: i64 = stage.owner.query_one(sql, &[&jobs]).await.unwrap().get(0);
        (left == 0).then_some(())
    })
    .await;
    let took = started.elapsed();
    let sql = "select sum(claim)::int8, sum(failures)::int8, max(claim) from jobs.job
      where id = any($1)";
    let row = stage.owner.query_one(sql, &[&jobs]).await.unwrap();
    let (attempts, failures, most): (i64, i64, i32) = (row.get(0), row.get(1), row.get(2));
    let spent = format!(
        "{attempts} attempts, at most {most} of one; {failures} failed, the others waited for \
         the tournament"
    );
    (took, spent)
}
