//! The rounds: in each something is asked for, done and broken at once.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use mauntic_domain::schedules::TICK_CRON;
use mauntic_local::workers::{Message, Worker};
use mauntic_testkit::proxy::{CommitCut, RoundTripProxy};
use mauntic_tests::stack::{Stack, until};

use super::hand::{Hand, address, twice};
use super::load::{FOREIGN, Load, POISON};
use crate::webhook::{Mood, Webhook};

/// Rounds in which something is asked for.
pub(super) const ROUNDS: usize = 32;

/// workerd is killed in every so many rounds, PostgreSQL goes away in one, and
/// the webhook in these.
const KILL_EVERY: usize = 8;
const DATABASE_AWAY_ROUND: usize = 20;
const DATABASE_AWAY: Duration = Duration::from_secs(4);
const WEBHOOK_FAILS: std::ops::Range<usize> = 10..16;
const WEBHOOK_MUTE: std::ops::Range<usize> = 16..22;

/// Of so many COMMITs one costs its connection.
const CUT_EVERY: u32 = 6;

/// Longest time without any progress: leases, outages and starts are seconds.
const STILL_MAX: Duration = Duration::from_secs(60);

/// How long nothing may move before time passes.
const STILL: Duration = Duration::from_secs(2);

/// The schedules are behind by so much when the load begins.
const BEHIND: TimeDelta = TimeDelta::hours(3);

/// What waits for a time waits no longer: time has passed. What is being done
/// has real leases.
const TIME_PASSES: &str = "with waiting as (
    select j.id from jobs.job j
    where j.state in ('queued', 'failed') and (j.type = any($1) or $2)
      and greatest(j.available_at, j.wake_at) > clock_timestamp()
    order by j.id for update skip locked)
  update jobs.job j set available_at = least(j.available_at, clock_timestamp()),
    wake_at = least(j.wake_at, clock_timestamp())
  from waiting w where j.id = w.id";
const WEBHOOKS_TIME_PASSES: &str =
    "update jobs.breaker set until = clock_timestamp() where until > clock_timestamp();
  update jobs.notification set lease_until = clock_timestamp() where state = 'reserved'";

/// What was done to the system.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) kills: usize,
    pub(super) cut_before: u64,
    pub(super) cut_after: u64,
    pub(super) batches_twice: usize,
}

/// Drives the whole.
pub(super) struct Drive<'a> {
    stack: &'a Stack,
    proxy: &'a RoundTripProxy,
    webhook: &'a Webhook,
    load: Load,
    hand: Hand,
    counts: Counts,
    finished: i64,
    /// When more was done last than what was handed over, or time passed.
    moved: Instant,
    mode: CommitCut,
    cut_so_far: u64,
}

impl<'a> Drive<'a> {
    pub(super) fn new(stack: &'a Stack, webhook: &'a Webhook, load: Load) -> Self {
        let (proxy, mode) = (stack.proxy.as_ref().unwrap(), CommitCut::Before);
        let (hand, counts) = (Hand::default(), Counts::default());
        let (finished, moved, cut_so_far) = (0, Instant::now(), 0);
        Self { stack, proxy, webhook, load, hand, counts, finished, moved, mode, cut_so_far }
    }

    pub(super) fn end(mut self) -> (Load, Counts) {
        self.count_cuts();
        (self.load, Counts { batches_twice: self.hand.batches, ..self.counts })
    }

    /// The first tick writes the schedules down; then they were judged last some
    /// hours ago, and since when is returned. A trigger comes, twice at once.
    pub(super) async fn schedules_lie_behind(&self) -> BTreeMap<String, DateTime<Utc>> {
        let owner = self.stack.owner().await;
        self.stack.tick();
        let sql = "update jobs.schedule set judged_until = judged_until - make_interval(secs => $1)
          returning job_key, judged_until";
        let behind = f64::from(u32::try_from(BEHIND.num_seconds()).unwrap());
        let rows = owner.query(sql, &[&behind]).await.unwrap();
        let nominal = Utc::now().duration_trunc(TimeDelta::hours(1)).unwrap().timestamp_millis();
        let fire = || self.stack.workers.scheduled(Worker::Queue, "0 * * * *", nominal).unwrap();
        thread::scope(|scope| {
            scope.spawn(fire);
            scope.spawn(fire);
        });
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Asks for a share of the load and breaks what is to be broken meanwhile.
    pub(super) async fn round(&mut self, round: usize) {
        let owner = self.stack.owner().await;
        self.turn(round);
        self.load.insert(&owner, round).await;
        self.load.plan_requests(round);
        self.load.send_by_hand(self.stack, &mut self.hand, round);
        if round % KILL_EVERY == KILL_EVERY - 1 {
            self.step(true).await;
            self.counts.kills += 1;
        }
        if round == DATABASE_AWAY_ROUND {
            self.without_database().await;
        }
        self.step(false).await;
    }

    /// Ends what is left, however often it takes.
    pub(super) async fn drain(&mut self) {
        self.webhook.turn(Mood::Well);
        let owner = self.stack.owner().await;
        let rows: i64 = owner.query_one("select count(*) from jobs.job", &[]).await.unwrap().get(0);
        let missing = self.load.wanted().saturating_sub(rows.try_into().unwrap());
        self.load.insert_plain(&owner, missing).await;
        let (mut moved, mut before) = (Instant::now(), self.finished);
        let mut steps = 0;
        loop {
            self.turn(ROUNDS + steps);
            self.step(false).await;
            steps += 1;
            let sql = "select count(*) from jobs.job where finished_at is null and type <> $1";
            let left: i64 = owner.query_one(sql, &[&FOREIGN]).await.unwrap().get(0);
            if left == 0 && self.hand.is_empty() && self.load.is_confirmed() {
                self.proxy.spare_commits();
                return;
            }
            if self.finished != before {
                (moved, before) = (Instant::now(), self.finished);
            }
            let story = || self.stack.story();
            assert!(moved.elapsed() < STILL_MAX, "{left} jobs stand still\n{}", story());
        }
    }

    /// What is broken in a round for as long as it lasts.
    fn turn(&mut self, round: usize) {
        self.count_cuts();
        self.mode = match round % 2 {
            0 => CommitCut::Before,
            _ => CommitCut::AfterForward,
        };
        self.proxy.cut_at_commit(self.mode, CUT_EVERY);
        if WEBHOOK_FAILS.contains(&round) {
            self.webhook.turn(Mood::Failing);
        } else if WEBHOOK_MUTE.contains(&round) {
            self.webhook.turn(Mood::Mute);
        } else {
            self.webhook.turn(Mood::Well);
        }
    }

    fn count_cuts(&mut self) {
        let cut = self.proxy.commits_cut();
        let new = cut - std::mem::replace(&mut self.cut_so_far, cut);
        match self.mode {
            CommitCut::Before => self.counts.cut_before += new,
            CommitCut::AfterForward => self.counts.cut_after += new,
        }
    }

    /// Requests, a tick and a batch handed over twice, all at once; workerd may
    /// be killed under them.
    async fn step(&mut self, is_killed: bool) {
        let owner = self.stack.owner().await;
        // The poison comes by the queue alone: who dies beside others is not blamed,
        // and a batch that is handed over twice is never alone.
        let sql = "select j.id::text from jobs.job j where j.finished_at is null
          and j.data->>'contactId' is distinct from $1 order by random() limit 50";
        let others = owner.query(sql, &[&POISON]).await.unwrap();
        let batch = self.hand.batch(others.iter().map(|row| address(row.get(0))).collect());
        self.at_once(&batch, is_killed);
        let sql = "select count(*) from jobs.job where finished_at is not null";
        let finished: i64 = owner.query_one(sql, &[]).await.unwrap().get(0);
        // Where the queue moves, no time needs to pass: all that is queued would
        // only be sent once more.
        let by_hand = i64::try_from(batch.len()).unwrap();
        let has_moved = finished - std::mem::replace(&mut self.finished, finished) > by_hand;
        let is_still = !has_moved && self.moved.elapsed() > STILL;
        if has_moved || is_still {
            self.moved = Instant::now();
        }
        owner.batch_execute(WEBHOOKS_TIME_PASSES).await.unwrap();
        owner.execute(TIME_PASSES, &[&vec!["scoring.NotifyAlert"], &is_still]).await.unwrap();
    }

    fn at_once(&mut self, batch: &[Message], is_killed: bool) {
        let (stack, load) = (self.stack, &mut self.load);
        let results = thread::scope(|scope| {
            let delivered = scope.spawn(|| twice(&stack.workers, batch));
            // A tick that dies with its runtime is made up for by the next.
            scope.spawn(|| stack.workers.scheduled(Worker::Queue, TICK_CRON, 0).is_ok());
            scope.spawn(|| load.request(stack));
            if is_killed {
                stack.workers.kill().unwrap();
                stack.workers.restart().unwrap();
            }
            delivered.join().unwrap()
        });
        self.hand.settle(&results);
    }

    async fn without_database(&mut self) {
        let started = Instant::now();
        self.stack.postgres.halt().unwrap();
        let batch = self.hand.batch(Vec::new());
        self.at_once(&batch, false);
        let story = || self.stack.story();
        until("the database was away", story, async || {
            (started.elapsed() >= DATABASE_AWAY).then_some(())
        })
        .await;
        self.stack.postgres.restart().unwrap();
    }
}
