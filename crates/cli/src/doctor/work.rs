//! Whether the tick does its duties, and whether what jobs call outside is called.

use chrono::{DateTime, Utc};
use mauntic_flows::tick::Duty;
use mauntic_store::SCHEMA;
use mauntic_store::doctor::{self, Heartbeat};
use tokio_postgres::Client;

use super::Worker;
use super::check::{Check, Verdict, some};
use crate::clock::shown;

/// A beat is late from two and a half of its intervals on, as the health check
/// judges it.
const LATE_HALVES: i64 = 5;

/// Every duty has its beat in time; before the HTTP worker is deployed, from this
/// build's queue worker.
pub(super) async fn heartbeats(client: &Client, pre_deploy: Option<Worker>) -> Check {
    let looked = async {
        let (now, _) = doctor::clock(client).await?;
        Ok::<_, tokio_postgres::Error>((now, doctor::heartbeats(client).await?))
    };
    match looked.await {
        Ok((now, beats)) => judge(now, &beats, pre_deploy),
        Err(error) => Check::unanswered("heartbeats", &error),
    }
}

fn judge(now: DateTime<Utc>, beats: &[Heartbeat], pre_deploy: Option<Worker>) -> Check {
    let name = "heartbeats";
    let of = |duty: Duty| beats.iter().find(|beat| beat.duty == duty.name());
    let is_late = |beat: &Heartbeat| {
        (now - beat.at).num_seconds().saturating_mul(2)
            >= beat.interval_secs.saturating_mul(LATE_HALVES)
    };
    let wrong = Duty::ALL.into_iter().filter_map(|duty| match of(duty) {
        None => Some(format!("{} was never done", duty.name())),
        Some(beat) if is_late(beat) => {
            Some(format!("{} was last done at {}", duty.name(), shown(beat.at)))
        }
        Some(_) => None,
    });
    let wrong: Vec<String> = wrong.collect();
    if !wrong.is_empty() {
        let advice = "see the queue worker's log, its crons and its DATABASE_URL";
        let check = Check::fail(name, some(&wrong), advice);
        // The build that is replaced may lack a duty, or not run at all.
        let is_first = pre_deploy == Some(Worker::Queue);
        return if is_first { check.at_most(Verdict::Warn) } else { check };
    }
    let newest = *SCHEMA.end();
    let is_ours = |beat: &Heartbeat| beat.by.is_some_and(|by| by.schema_max >= newest);
    let older = Duty::ALL.into_iter().filter(|duty| !of(*duty).is_some_and(is_ours));
    let older: Vec<String> = older.map(|duty| duty.name().to_owned()).collect();
    if pre_deploy == Some(Worker::Http) && !older.is_empty() {
        let found = format!("an older build did {}", some(&older));
        let advice = "deploy this build's queue worker first, and wait for its next tick";
        return Check::fail(name, found, advice);
    }
    Check::ok(name, format!("all {} duties are done in time", Duty::ALL.len()))
}

/// Breakers that are open: their jobs wait, and come back by themselves.
pub(super) async fn breakers(client: &Client) -> Check {
    let name = "breakers";
    let open = match doctor::open_breakers(client).await {
        Ok(open) => open,
        Err(error) => return Check::unanswered(name, &error),
    };
    if open.is_empty() {
        return Check::ok(name, "all are closed");
    }
    let told: Vec<String> = open
        .iter()
        .map(|one| format!("{} is {} since {}", one.name, one.state, shown(one.changed_at)))
        .collect();
    let advice =
        "see the dependency; it is tried again by itself, or `mauntic breakers reset NAME`";
    Check::warn(name, some(&told), advice)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use mauntic_flows::ports::Instance;
    use uuid::Uuid;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn beats(age_secs: i64, schema_max: Option<i32>) -> Vec<Heartbeat> {
        let by = schema_max.map(|schema_max| Instance { id: Uuid::nil(), schema_max });
        let at = now() - TimeDelta::seconds(age_secs);
        let beat =
            |duty: Duty| Heartbeat { duty: duty.name().to_owned(), at, interval_secs: 60, by };
        Duty::ALL.into_iter().map(beat).collect()
    }

    #[test]
    fn a_duty_that_is_late_or_was_never_done_fails() {
        let verdict = |beats: &[Heartbeat], worker| judge(now(), beats, worker).verdict;
        let newest = Some(*SCHEMA.end());
        assert_eq!(verdict(&beats(149, newest), None), Verdict::Ok);
        assert_eq!(verdict(&beats(150, newest), None), Verdict::Fail);
        assert_eq!(verdict(&beats(0, newest)[1..], None), Verdict::Fail);
        assert_eq!(verdict(&beats(0, newest)[1..], Some(Worker::Queue)), Verdict::Warn);
        assert_eq!(verdict(&beats(0, newest)[1..], Some(Worker::Http)), Verdict::Fail);
    }

    #[test]
    fn the_http_worker_follows_the_queue_worker_of_its_build() {
        let verdict = |beats: &[Heartbeat], worker| judge(now(), beats, worker).verdict;
        let newest = *SCHEMA.end();
        for (by, verdict_before_http) in [
            (None, Verdict::Fail),
            (Some(newest - 1), Verdict::Fail),
            (Some(newest), Verdict::Ok),
            (Some(newest + 1), Verdict::Ok),
        ] {
            assert_eq!(verdict(&beats(0, by), Some(Worker::Http)), verdict_before_http, "{by:?}");
            assert_eq!(verdict(&beats(0, by), Some(Worker::Queue)), Verdict::Ok);
            assert_eq!(verdict(&beats(0, by), None), Verdict::Ok);
        }
    }
}
