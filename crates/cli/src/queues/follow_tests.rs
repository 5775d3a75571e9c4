//! What is told of jobs, and how often.

use serde_json::json;

use super::*;

/// Seconds after the worlds of these tests begin.
fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + secs, 0).unwrap()
}

fn id(secs: i64, number: u8) -> Uuid {
    let millis = u64::try_from(at(secs).timestamp_millis()).unwrap();
    uuid::Builder::from_unix_timestamp_millis(millis, &[number; 10]).into_uuid()
}

fn job(made: i64, number: u8, state: &str, attempt: i64) -> Value {
    json!({
        "jobId": id(made, number), "state": state, "attempt": attempt, "failures": 0, "replays": 0,
        "createdAt": at(made), "type": "scoring.Probe",
    })
}

fn moves(told: &[Transition]) -> Vec<(Option<&str>, &str)> {
    let of = |told: &Transition| told.job["state"].as_str().map(str::to_owned);
    let states = told.iter().map(|one| (one.from.clone(), of(one).unwrap()));
    states
        .map(|(from, to)| {
            let name = |text: String| JobState::from_name(&text).unwrap().as_str();
            (from.map(name), name(to))
        })
        .collect()
}

#[test]
fn each_move_is_told_once() {
    let mut follow = Follow::after(at(0));
    let told = follow.notice(&[job(5, 1, "queued", 0)]).unwrap();
    assert_eq!(moves(&told), [(None, "queued")]);
    assert_eq!(follow.notice(&[job(5, 1, "queued", 0)]).unwrap(), []);
    let told = follow.notice(&[job(5, 1, "in_progress", 1)]).unwrap();
    assert_eq!(moves(&told), [(Some("queued"), "in_progress")]);
    // Claimed again between two looks: another attempt of the same state.
    let told = follow.notice(&[job(5, 1, "in_progress", 2)]).unwrap();
    assert_eq!(moves(&told), [(Some("in_progress"), "in_progress")]);
    let told = follow.notice(&[job(5, 1, "completed", 2)]).unwrap();
    assert_eq!(moves(&told), [(Some("in_progress"), "completed")]);
    assert_eq!(follow.notice(&[job(5, 1, "completed", 2)]).unwrap(), []);
}

#[test]
fn what_is_over_since_long_is_no_news_even_after_it_was_forgotten() {
    let mut follow = Follow::after(at(0));
    assert_eq!(follow.notice(&[job(1, 1, "completed", 1)]).unwrap().len(), 1);
    // Time passes: the first leaves the overlap and is forgotten.
    assert_eq!(follow.notice(&[job(600, 2, "completed", 1)]).unwrap().len(), 1);
    assert_eq!(follow.seen.len(), 1);
    assert_eq!(follow.notice(&[job(1, 1, "completed", 1)]).unwrap(), []);
    // A job that became visible late is told all the same.
    assert_eq!(follow.notice(&[job(550, 3, "completed", 1)]).unwrap().len(), 1);
}

#[test]
fn a_replayed_job_of_long_ago_is_told_from_its_queue_on() {
    let mut follow = Follow::after(at(10_000));
    let told = follow.notice(&[job(5, 1, "queued", 3)]).unwrap();
    assert_eq!(moves(&told), [(None, "queued")]);
    let told = follow.notice(&[job(5, 1, "completed", 4)]).unwrap();
    assert_eq!(moves(&told), [(Some("queued"), "completed")]);
}

#[test]
fn new_jobs_are_told_oldest_first() {
    let mut follow = Follow::after(at(0));
    let listed = [job(9, 3, "queued", 0), job(8, 2, "completed", 1), job(7, 1, "failed", 1)];
    let told = follow.notice(&listed).unwrap();
    assert_eq!(moves(&told), [(None, "failed"), (None, "completed"), (None, "queued")]);
}

#[test]
fn a_list_is_read_down_to_the_overlap_of_both_clocks() {
    let follow = Follow::after(at(1_000));
    assert!(!follow.is_behind(id(1_000, 0)));
    assert!(!follow.is_behind(id(880, 0)), "a host's clock a minute behind");
    assert!(follow.is_behind(id(879, 0)));
    assert!(!Follow::default().is_behind(id(0, 0)), "nothing is known yet");
    let derived = mauntic_domain::jobs::derived_id(&["a"]);
    assert!(!follow.is_behind(derived), "it tells no time");
}

#[test]
fn unfinished_jobs_are_asked_for_in_turn() {
    let mut follow = Follow::after(at(0));
    let jobs: Vec<Value> = (1..=5).map(|n| job(i64::from(n), n, "queued", 0)).collect();
    follow.notice(&jobs).unwrap();
    let numbers = |ids: Vec<Uuid>| ids.iter().map(|id| id.as_bytes()[15]).collect::<Vec<_>>();
    assert_eq!(numbers(follow.unfinished(&[], 2)), [1, 2]);
    assert_eq!(numbers(follow.unfinished(&[], 2)), [3, 4]);
    assert_eq!(numbers(follow.unfinished(&[], 2)), [5, 1]);
    assert_eq!(numbers(follow.unfinished(&jobs[..4], 2)), [5]);
    follow.forget(id(5, 5));
    assert_eq!(numbers(follow.unfinished(&jobs[..4], 2)), Vec::<u8>::new());
}

#[test]
fn the_cursor_waits_for_the_unfinished_but_not_for_ever() {
    assert_eq!(Follow::default().cursor(), None);
    let mut follow = Follow::after(at(0));
    follow.notice(&[job(50, 1, "queued", 0), job(100, 2, "completed", 1)]).unwrap();
    assert_eq!(follow.cursor(), Some(at(50)));
    follow.notice(&[job(10_000, 3, "completed", 1)]).unwrap();
    assert_eq!(follow.cursor(), Some(at(10_000)));
}
