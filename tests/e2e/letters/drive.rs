//! Ticks, kills and looks until a replay and its jobs are over.

use std::time::{Duration, Instant};

use mauntic_tests::stack::{ADMIN_TOKEN, Stack, until};
use serde_json::{Value, json};

use super::verdict::count;

/// How often the tick comes: more often than a minute, so that it meets the
/// replay at every stage; the pace is the jobs' own.
const TICK_EVERY: Duration = Duration::from_secs(2);

/// How long nothing may be done before time passes for messages that a killed
/// workerd lost: it keeps its queues in memory.
const STILL: Duration = Duration::from_secs(8);

/// What waits for a lost message waits no longer; what waits for its turn does.
const TIME_PASSES: &str = "with waiting as (
    select j.id from jobs.job j
    where j.state in ('queued', 'failed') and j.wake_at > clock_timestamp()
      and j.available_at <= clock_timestamp()
    order by j.id for update skip locked)
  update jobs.job j set wake_at = clock_timestamp() from waiting w where j.id = w.id";

const UNDONE: &str = "select count(*) from jobs.job where finished_at is null";

pub(super) struct Drive<'a> {
    stack: &'a Stack,
    path: String,
    kills: usize,
    ticked: Instant,
    /// When the number of undone jobs changed last.
    moved: (i64, Instant),
}

impl<'a> Drive<'a> {
    pub(super) fn new(stack: &'a Stack, replay: &Value) -> Self {
        let path = format!("/api/v2/admin/dlq/replays/{}", replay["replayId"].as_str().unwrap());
        Self { stack, path, kills: 0, ticked: Instant::now(), moved: (0, Instant::now()) }
    }

    fn row(&self) -> Value {
        let answer = self.stack.call("GET", &self.path, Some(ADMIN_TOKEN), None);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// Until it is completed and all it released is done; workerd is killed so
    /// many times on the way, evenly.
    pub(super) async fn until_all_are_done(&mut self, kills: usize) -> Value {
        let wanted = super::LETTERS;
        let stack = self.stack;
        until(
            "every letter is replayed and done",
            || stack.story(),
            async || {
                self.step().await;
                let done = count(stack, "select count(*) from public.completions").await;
                let share = wanted / i64::try_from(kills + 1).unwrap();
                if self.kills < kills && done > share * i64::try_from(self.kills + 1).unwrap() {
                    stack.workers.kill().unwrap();
                    stack.workers.restart().unwrap();
                    self.kills += 1;
                }
                if count(stack, UNDONE).await > 0 {
                    return None;
                }
                let row = self.row();
                (row["status"] == "completed").then_some(row)
            },
        )
        .await
    }

    pub(super) async fn until_it_is_over(&mut self) -> Value {
        let stack = self.stack;
        until(
            "the replay is over",
            || stack.story(),
            async || {
                self.step().await;
                let row = self.row();
                let is_open = [json!("canary"), json!("running")].contains(&row["status"]);
                (!is_open && count(stack, UNDONE).await == 0).then_some(row)
            },
        )
        .await
    }

    async fn step(&mut self) {
        let undone = count(self.stack, UNDONE).await;
        if undone != self.moved.0 {
            self.moved = (undone, Instant::now());
        }
        if self.moved.1.elapsed() > STILL {
            self.stack.owner().await.batch_execute(TIME_PASSES).await.unwrap();
            self.moved.1 = Instant::now();
        }
        if self.ticked.elapsed() > TICK_EVERY {
            self.stack.tick();
            self.ticked = Instant::now();
        }
    }
}
