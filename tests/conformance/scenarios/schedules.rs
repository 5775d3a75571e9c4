//! Schedules: each nominal time is judged once.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::JobType;
use mauntic_domain::schedules::{Outcome, SkipReason};
use mauntic_flows::ports::{
    Judged, JudgedFrom, JudgedSchedule, NewOccurrence, RunStart, ScheduleStore,
};
use serde_json::json;

use crate::dump::none;
use crate::subject::{Subject, World};

on_both! {
    a_first_judgement_makes_the_row
    a_started_occurrence_has_its_run_and_job
    who_judges_from_an_older_time_writes_nothing
    who_judges_by_another_expression_writes_nothing
    who_thinks_that_it_is_new_writes_nothing
    a_taken_lock_is_an_overlap
    of_two_that_want_the_lock_the_older_gets_it
    a_time_that_has_its_row_does_not_run_again
    the_mark_never_moves_back
    schedules_are_read_in_order
    with_the_night_its_markets_are_read
    a_pause_has_its_note_until_resumed
    a_second_pause_changes_the_note_alone
}

const KEY: &str = "scoring.batch-recompute";

/// Nothing happened since `from`, up to now.
fn judged(from: Option<DateTime<Utc>>, until: DateTime<Utc>) -> JudgedSchedule {
    JudgedSchedule {
        job_key: KEY.into(),
        cron: "* * * * *".to_owned(),
        judged_from: from
            .map(|judged_until| JudgedFrom { judged_until, cron: "* * * * *".to_owned() }),
        judged_until: until,
        ordinal_next: Some(1),
        occurrences: Vec::new(),
    }
}

fn ran<S: Subject>(world: &mut World<S>, at: DateTime<Utc>, ordinal: i64) -> NewOccurrence {
    let start = RunStart {
        run_id: world.id(),
        job_id: world.id(),
        job_type: JobType::BatchRecompute,
        data: json!({}),
        exclusive: true,
        request_id: format!("tick-{ordinal}"),
    };
    NewOccurrence { nominal_at: at, outcome: Outcome::Ran, ordinal, start: Some(start) }
}

fn runs(occurrence: &NewOccurrence) -> uuid::Uuid {
    occurrence.start.as_ref().unwrap().run_id
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

async fn a_first_judgement_makes_the_row<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    let written = world.queue.write_judged(&judged(None, now)).await.unwrap();
    assert_eq!(written, Judged::Written { started: vec![] });
    let rows = world.queue.schedules(&[KEY, "nobody.knows"]).await.unwrap();
    assert_eq!((rows.now, rows.rows.len()), (now, 1));
    let row = &rows.rows[0];
    assert_eq!((row.job_key.as_str(), row.cron.as_str()), (KEY, "* * * * *"));
    assert_eq!((row.judged_until, row.ordinal_next, &row.paused), (now, Some(1), &None));
    assert_eq!(world.column("schedules", "paused").await, [false]);
}

async fn a_started_occurrence_has_its_run_and_job<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    let mut judgement = judged(None, now);
    let skipped = NewOccurrence {
        nominal_at: now - minutes(2),
        outcome: Outcome::Skipped(SkipReason::Paused),
        ordinal: 0,
        start: None,
    };
    let started = ran(&mut world, now - minutes(1), 1);
    let (run, job) = (runs(&started), started.start.as_ref().unwrap().job_id);
    judgement.occurrences = vec![skipped, started];
    let written = world.queue.write_judged(&judgement).await.unwrap();
    assert_eq!(written, Judged::Written { started: vec![run] });
    let row = json!({"trigger": "schedule", "scheduled_for": "-60s", "job_key": KEY,
        "exclusive": true, "jobs_total": 1, "request_id": "tick-1", "organization_id": none()});
    world.expect_run(run, row).await;
    let row = json!({"scheduled_for": "-60s", "run_id": run, "wake_at": "+0s",
        "available_at": "+0s", "organization_id": none(), "request_id": "tick-1"});
    world.expect_job(job, row).await;
    assert_eq!(world.column("occurrences", "outcome").await, ["skipped", "ran"]);
    assert_eq!(world.column("occurrences", "reason").await, [json!("paused"), none()]);
    assert_eq!(world.hold_alone(job).await.scheduled_for, Some(now - minutes(1)));
}

async fn who_judges_from_an_older_time_writes_nothing<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    world.queue.write_judged(&judged(None, now)).await.unwrap();
    world.advance(60).await;
    let next = judged(Some(now), now + minutes(1));
    assert_eq!(world.queue.write_judged(&next).await.unwrap(), Judged::Written { started: vec![] });
    let mut late = next;
    late.occurrences = vec![ran(&mut world, now + minutes(1), 1)];
    let before = world.dump().await;
    assert_eq!(world.queue.write_judged(&late).await.unwrap(), Judged::Meanwhile);
    assert_eq!(world.dump().await, before);
}

async fn who_judges_by_another_expression_writes_nothing<S: Subject>(mut world: World<S>) {
    // Another build changed the expression and left the mark where it was.
    let now = world.subject.now();
    world.queue.write_judged(&judged(None, now)).await.unwrap();
    let changed = JudgedSchedule { cron: "*/5 * * * *".to_owned(), ..judged(Some(now), now) };
    world.queue.write_judged(&changed).await.unwrap();
    let before = world.dump().await;
    let late = judged(Some(now), now + chrono::TimeDelta::minutes(5));
    assert_eq!(world.queue.write_judged(&late).await.unwrap(), Judged::Meanwhile);
    assert_eq!(world.dump().await, before);
}

async fn who_thinks_that_it_is_new_writes_nothing<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    world.queue.write_judged(&judged(None, now)).await.unwrap();
    let before = world.dump().await;
    let again = judged(None, now + minutes(1));
    assert_eq!(world.queue.write_judged(&again).await.unwrap(), Judged::Meanwhile);
    let unknown = JudgedSchedule { job_key: "nobody.knows".into(), ..judged(Some(now), now) };
    assert_eq!(world.queue.write_judged(&unknown).await.unwrap(), Judged::Meanwhile);
    assert_eq!(world.dump().await, before);
}

async fn a_taken_lock_is_an_overlap<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    world.open(KEY, true).await;
    let mut judgement = judged(None, now);
    judgement.occurrences = vec![ran(&mut world, now, 0)];
    let written = world.queue.write_judged(&judgement).await.unwrap();
    assert_eq!(written, Judged::Written { started: vec![] });
    let dump = world.dump().await;
    let occurrence = &dump["occurrences"][0];
    assert_eq!(
        (&occurrence["outcome"], &occurrence["reason"]),
        (&json!("skipped"), &json!("overlap"))
    );
    assert_eq!(occurrence["run_id"], none());
    assert_eq!(dump["jobs"].as_array().unwrap().len(), 1);
}

async fn of_two_that_want_the_lock_the_older_gets_it<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    let mut judgement = judged(None, now);
    let (first, second) = (ran(&mut world, now - minutes(1), 0), ran(&mut world, now, 1));
    let run = runs(&first);
    judgement.occurrences = vec![first, second];
    let written = world.queue.write_judged(&judgement).await.unwrap();
    assert_eq!(written, Judged::Written { started: vec![run] });
    assert_eq!(world.column("occurrences", "outcome").await, ["ran", "skipped"]);
}

async fn a_time_that_has_its_row_does_not_run_again<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    let mut judgement = judged(None, now - minutes(1));
    let mut first = ran(&mut world, now, 0);
    first.start.as_mut().unwrap().exclusive = false;
    judgement.occurrences = vec![first.clone()];
    world.queue.write_judged(&judgement).await.unwrap();
    // The mark was left behind: the time is judged again.
    let mut again = judged(Some(now - minutes(1)), now);
    let mut second = ran(&mut world, now, 0);
    second.start.as_mut().unwrap().exclusive = false;
    again.occurrences = vec![second];
    let written = world.queue.write_judged(&again).await.unwrap();
    assert_eq!(written, Judged::Written { started: vec![] });
    assert_eq!(world.column("occurrences", "run_id").await, [json!(runs(&first))]);
    assert_eq!(world.column("jobs", "state").await.len(), 1);
}

async fn the_mark_never_moves_back<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    world.queue.write_judged(&judged(None, now)).await.unwrap();
    let back = JudgedSchedule { ordinal_next: Some(7), ..judged(Some(now), now - minutes(5)) };
    world.queue.write_judged(&back).await.unwrap();
    assert_eq!(world.column("schedules", "judged_until").await, ["+0s"]);
    assert_eq!(world.column("schedules", "ordinal_next").await, [7]);
}

async fn schedules_are_read_in_order<S: Subject>(world: World<S>) {
    let now = world.subject.now();
    for job_key in ["b.b", "a.a", "c-c"] {
        let judgement = JudgedSchedule { job_key: job_key.into(), ..judged(None, now) };
        world.queue.write_judged(&judgement).await.unwrap();
    }
    let rows = world.queue.schedules(&["c-c", "b.b", "a.a"]).await.unwrap().rows;
    let keys: Vec<&str> = rows.iter().map(|row| row.job_key.as_str()).collect();
    assert_eq!(keys, ["a.a", "b.b", "c-c"]);
    assert!(world.queue.schedules(&[]).await.unwrap().rows.is_empty());
}

async fn with_the_night_its_markets_are_read<S: Subject>(world: World<S>) {
    let now = world.subject.now();
    let night = "overnight-scoring";
    let keys = [night, "overnight-scoring-a_1", "overnight-scoring-xetr", "overnight-scoring2"];
    for job_key in keys {
        let judgement = JudgedSchedule { job_key: job_key.into(), ..judged(None, now) };
        world.queue.write_judged(&judgement).await.unwrap();
    }
    for (asked, found) in [(&[night][..], &keys[..3]), (&keys[3..], &keys[3..]), (&[KEY], &[])] {
        let rows = world.queue.schedules(asked).await.unwrap().rows;
        let of: Vec<&str> = rows.iter().map(|row| row.job_key.as_str()).collect();
        assert_eq!(of, found);
    }
}

async fn a_pause_has_its_note_until_resumed<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    assert!(!world.queue.pause(KEY, Some("why")).await.unwrap());
    world.queue.write_judged(&judged(None, now)).await.unwrap();
    assert!(world.queue.pause(KEY, Some("why")).await.unwrap());
    let rows = world.queue.schedules(&[KEY]).await.unwrap().rows;
    assert_eq!(rows[0].paused.as_deref(), Some("why"));
    assert_eq!(world.column("schedules", "paused_at").await, ["+0s"]);
    assert!(world.queue.pause(KEY, None).await.unwrap());
    assert_eq!(world.queue.schedules(&[KEY]).await.unwrap().rows[0].paused, None);
    assert_eq!(world.column("schedules", "note").await, [none()]);
}

async fn a_second_pause_changes_the_note_alone<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    world.queue.write_judged(&judged(None, now)).await.unwrap();
    world.queue.pause(KEY, Some("why")).await.unwrap();
    world.advance(10).await;
    world.queue.pause(KEY, Some("because")).await.unwrap();
    assert_eq!(world.column("schedules", "paused_at").await, ["-10s"]);
    assert_eq!(world.column("schedules", "note").await, ["because"]);
}
