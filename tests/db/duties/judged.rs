//! Schedules: each nominal time is judged once, however many judge.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use mauntic_domain::jobs::JobType;
use mauntic_domain::schedules::{Outcome, SkipReason};
use mauntic_flows::ports::{
    Judged, JudgedFrom, JudgedSchedule, NewOccurrence, NewRun, Opened, RunStart, RunStore,
    ScheduleStore,
};
use mauntic_tests::world::World;
use serde_json::json;
use uuid::Uuid;

use super::{Session, clock, session, sessions};

const KEY: &str = "scoring-batch-recompute";

fn minute(n: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(n)
}

fn start(exclusive: bool) -> RunStart {
    RunStart {
        run_id: Uuid::new_v4(),
        job_id: Uuid::new_v4(),
        job_type: JobType::BatchRecompute,
        data: json!({}),
        exclusive,
        request_id: "tick".to_owned(),
    }
}

/// The minutes after `from` through `until`, each with this outcome; those that
/// run have a run.
fn judged(from: Option<i64>, until: i64, outcome: Outcome, exclusive: bool) -> JudgedSchedule {
    let occurrence = |n: i64| NewOccurrence {
        nominal_at: minute(n),
        outcome,
        ordinal: n,
        start: outcome.runs().then(|| start(exclusive)),
    };
    JudgedSchedule {
        job_key: KEY.into(),
        cron: "* * * * *".to_owned(),
        judged_from: from
            .map(|n| JudgedFrom { judged_until: minute(n), cron: "* * * * *".to_owned() }),
        judged_until: minute(until),
        ordinal_next: Some(until + 1),
        occurrences: (from.unwrap_or(until) + 1..=until).map(occurrence).collect(),
    }
}

/// The runs that a judgement would start.
fn wanted(judged: &JudgedSchedule) -> Vec<Uuid> {
    judged.occurrences.iter().filter_map(|one| one.start.as_ref()).map(|run| run.run_id).collect()
}

/// Outcome and reason of each occurrence, in order.
async fn outcomes(world: &World) -> Vec<(String, Option<String>)> {
    let sql = "select outcome, reason from jobs.occurrence order by nominal_at";
    world.rows(sql).await.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn write(session: &Session, judged: &JudgedSchedule) -> Judged {
    session.write_judged(judged).await.unwrap()
}

#[tokio::test]
async fn what_is_judged_is_written_whole_or_not_at_all() {
    let world = World::new().await;
    let session = session(&world).await;
    let none = Judged::Written { started: Vec::new() };
    let new = judged(None, 0, Outcome::Ran, false);
    assert_eq!(write(&session, &new).await, none, "a new schedule starts at now");
    assert_eq!(write(&session, &new).await, Judged::Meanwhile);
    let unknown =
        JudgedSchedule { job_key: "other".into(), ..judged(Some(0), 1, Outcome::Ran, false) };
    assert_eq!(write(&session, &unknown).await, Judged::Meanwhile, "no row to lock");

    let three = judged(Some(0), 3, Outcome::Ran, false);
    assert_eq!(write(&session, &three).await, Judged::Written { started: wanted(&three) });
    let again = judged(Some(0), 4, Outcome::Ran, false);
    assert_eq!(write(&session, &again).await, Judged::Meanwhile);
    let missed = judged(Some(3), 5, Outcome::Missed, false);
    assert_eq!(write(&session, &missed).await, none);
    let paused = judged(Some(5), 6, Outcome::Skipped(SkipReason::Paused), false);
    assert_eq!(write(&session, &paused).await, none);
    let nothing =
        JudgedSchedule { occurrences: Vec::new(), ..judged(Some(6), 9, Outcome::Ran, false) };
    assert_eq!(write(&session, &nothing).await, none);

    let named = |outcome: &str, reason: Option<&str>| (outcome.to_owned(), reason.map(Into::into));
    let ran = || named("ran", None);
    let missed = || named("missed", None);
    let paused = named("skipped", Some("paused"));
    assert_eq!(outcomes(&world).await, [ran(), ran(), ran(), missed(), missed(), paused]);
    let row = session.schedules(&[KEY]).await.unwrap().rows.remove(0);
    assert_eq!((row.judged_until, row.ordinal_next), (minute(9), Some(10)));

    // Each run has its occurrence's time, and its first job is to be sent now.
    let sql = "select count(*) from jobs.occurrence o join jobs.run r on r.id = o.run_id
      join jobs.job j on j.run_id = r.id
      where r.scheduled_for = o.nominal_at and j.scheduled_for = o.nominal_at
        and r.trigger = 'schedule' and r.job_key = o.job_key and j.state = 'queued'
        and j.organization_id is null and j.wake_at <= clock_timestamp()
        and j.request_id = 'tick' and r.request_id = 'tick'";
    assert_eq!(world.count(sql).await, 3);
    assert_eq!(world.count("select count(*) from jobs.run").await, 3);
}

#[tokio::test]
async fn an_open_run_makes_the_next_time_an_overlap() {
    let world = World::new().await;
    let session = session(&world).await;
    write(&session, &judged(None, 0, Outcome::Ran, true)).await;
    // Of two in one judgement, the older has the lock.
    let two = judged(Some(0), 2, Outcome::Backfilled, true);
    assert_eq!(write(&session, &two).await, Judged::Written { started: vec![wanted(&two)[0]] });
    let third = judged(Some(2), 3, Outcome::Ran, true);
    assert_eq!(write(&session, &third).await, Judged::Written { started: Vec::new() });
    let by_hand = NewRun { job_key: KEY.to_owned(), organization_id: None, start: start(true) };
    let held = session.open_run(&by_hand, "api").await.unwrap();
    assert!(matches!(held, Opened::Held { holder, .. } if holder == wanted(&two)[0]));
    assert_eq!(session.cancel_run(wanted(&two)[0]).await.unwrap(), 1);
    let fourth = judged(Some(3), 4, Outcome::Late, true);
    assert_eq!(write(&session, &fourth).await, Judged::Written { started: wanted(&fourth) });
    let names: Vec<String> = outcomes(&world)
        .await
        .into_iter()
        .map(|(outcome, reason)| reason.map_or(outcome.clone(), |why| format!("{outcome}/{why}")))
        .collect();
    assert_eq!(names, ["backfilled", "skipped/overlap", "skipped/overlap", "late"]);
    assert_eq!(world.count("select count(*) from jobs.run").await, 2);
    assert_eq!(world.count("select count(*) from jobs.job").await, 2);
}

#[tokio::test]
async fn fifty_judges_at_once_judge_each_time_once() {
    let world = World::new().await;
    let sessions = sessions(&world, 50).await;
    let first = join_all(
        sessions
            .iter()
            .map(|one| async { write(one, &judged(None, 0, Outcome::Ran, false)).await }),
    );
    let written = first.await.into_iter().filter(|answer| *answer != Judged::Meanwhile).count();
    assert_eq!(written, 1, "one of them makes the row");
    // Each reads how far it is and judges the next time, as ticks and triggers do.
    let judging = sessions.iter().map(|one| async {
        let mut started = Vec::new();
        loop {
            let row = one.schedules(&[KEY]).await.unwrap().rows.remove(0);
            let at = row.ordinal_next.unwrap() - 1;
            if at >= 10 {
                return started;
            }
            if let Judged::Written { started: more } =
                write(one, &judged(Some(at), at + 1, Outcome::Ran, false)).await
            {
                started.extend(more);
            }
        }
    });
    let started: Vec<Uuid> = join_all(judging).await.into_iter().flatten().collect();
    assert_eq!(started.len(), 10);
    let sql = "select count(*) from jobs.occurrence o join jobs.run r on r.id = o.run_id
      join jobs.job j on j.run_id = r.id where o.ordinal between 1 and 10";
    assert_eq!(world.count(sql).await, 10);
    for table in ["occurrence", "run", "job"] {
        assert_eq!(world.count(&format!("select count(*) from jobs.{table}")).await, 10, "{table}");
    }
}

#[tokio::test]
async fn a_schedule_is_paused_with_a_note_and_resumed() {
    let world = World::new().await;
    let session = session(&world).await;
    let sql = "insert into jobs.schedule (job_key, cron, judged_until)
      select k, '0 * * * *', clock_timestamp() from unnest(array['b', 'a', 'c']) k";
    world.owner.execute(sql, &[]).await.unwrap();
    assert!(session.pause("a", Some("maintenance")).await.unwrap());
    assert!(!session.pause("unknown", Some("n")).await.unwrap());
    let seen = session.schedules(&["b", "unknown", "a"]).await.unwrap();
    let keys: Vec<&str> = seen.rows.iter().map(|row| row.job_key.as_str()).collect();
    assert_eq!(keys, ["a", "b"]);
    assert_eq!(seen.rows[0].paused.as_deref(), Some("maintenance"));
    assert_eq!(seen.rows[1].paused, None);
    assert!(session.pause("a", None).await.unwrap());
    assert_eq!(session.schedules(&["a"]).await.unwrap().rows[0].paused, None);
    let none = session.schedules(&["unknown"]).await.unwrap();
    assert!(none.rows.is_empty() && clock(&world).await - none.now < TimeDelta::minutes(1));
}
