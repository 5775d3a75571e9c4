//! The numbers of `docs/protocol.md` are the constants', and what it shows of
//! the log is what is logged.

use std::collections::BTreeMap;

use mauntic_domain as domain;
use mauntic_flows as flows;
use mauntic_flows::ports::Transition;
use serde_json::{Value, json};

use super::protocol::{code, document, table};

/// The pure file of a room that is empty on the host.
#[path = "../../crates/platform/src/transitions.rs"]
mod transitions;

/// Constants that are times, by their names, in seconds.
macro_rules! times {
    ($($constant:path)+) => { [$((stringify!($constant), $constant.num_seconds())),+] };
}

/// Constants that are numbers, by their names.
macro_rules! counts {
    ($($constant:path)+) => {
        [$((stringify!($constant), $constant.to_string().parse().unwrap())),+]
    };
}

type Constant = (&'static str, i64);

fn times() -> impl Iterator<Item = Constant> {
    let times = times! {
        domain::analytics::LATE_COMMIT
        domain::contact_events::ACTIVITY_KEPT
        domain::contact_events::EVENT_AGE_MAX
        domain::contact_events::EVENT_FUTURE_MAX
        domain::contact_events::SEEN_KEPT
        domain::breaker::OPEN
        domain::breaker::PROBE
        domain::jobs::limits::EXPIRY
        domain::jobs::limits::KEEP_MIN
        domain::jobs::limits::RESEND_BASE
        domain::jobs::limits::RESEND_MAX
        domain::jobs::limits::RUN_IDLE
        domain::jobs::limits::SENDING
        domain::jobs::limits::WAKE
        domain::notifications::RESERVATION
        domain::notifications::WINDOW_DEFAULT
        domain::overnight::HISTORY_KEPT
        domain::schedules::judge::TOLERANCE
        domain::warmup::WARMING
        domain::warmup::counter::KEY_KEPT
        flows::consume::INVOCATION_MAX
        flows::consume::REPEATED_WITHIN
        flows::commands::rehearse::DRY_RUN_TIME
        flows::jobs::overnight_ask::PATIENCE
        flows::jobs::overnight_prices::QUESTIONS_WITHIN
    };
    times.into_iter()
}

fn counts() -> impl Iterator<Item = Constant> {
    let counts = counts! {
        domain::audit::ENTRIES_AN_HOUR_MAX
        domain::audit::REFUSALS_AN_HOUR_MAX
        domain::contact_events::EVENTS_RETIRED_MAX
        domain::contact_events::MESSAGE_EVENTS_MAX
        domain::contact_events::REQUEST_EVENTS_MAX
        flows::ports::INTAKE_EVENTS_MAX
        flows::ports::SIGNALS_SCORED_MAX
        domain::scoring::signals::SIGNALS_PER_DAY_MAX
        domain::breaker::FAILURES_MAX
        domain::breaker::SUCCESSES_MIN
        domain::jobs::data::LIST_CONTACTS_MAX
        domain::jobs::data::PART_ORGANIZATIONS_MAX
        flows::jobs::overnight_prices::QUESTIONS_MAX
        flows::jobs::roll_up_parts::FORK_MAX
        flows::jobs::roll_up_parts::FORKS_MAX
        domain::jobs::data::RANGE_CONTACTS
        domain::jobs::limits::DISPATCHED_MAX
        domain::jobs::limits::PLATFORM_DEATHS_MAX
        domain::jobs::limits::RECOUNT_RUNS_MAX
        domain::jobs::limits::REFILL_AT
        domain::jobs::limits::RETIRED_MAX
        domain::jobs::limits::SPAWNED_MAX
        domain::jobs::limits::UNFINISHED_MAX
        domain::jobs::queue::BODY_BYTES_MAX
        domain::jobs::retry::BUSY_SECS_MAX
        domain::jobs::retry::BUSY_SECS_MIN
        domain::jobs::retry::RETRY_BASE_SECS
        domain::jobs::retry::RETRY_SECS_MAX
        domain::jobs::retry::SNOOZE_JITTER_PERCENT
        domain::jobs::retry::SNOOZE_SECS_MAX
        domain::jobs::retry::SNOOZE_SECS_MIN
        domain::jobs::retry::UNKNOWN_HOURS_MAX
        domain::jobs::retry::UNKNOWN_SNOOZE_SECS
        domain::jobs::types::LEASE_SECS_DEFAULT
        domain::overnight::CHUNKS_MAX
        domain::overnight::CHUNK_USERS
        domain::overnight::NIGHT_USERS_MAX
        domain::overnight::SYMBOLS_ASKED_MAX
        domain::overnight::messages::MARKETS_MAX
        domain::replays::CANARIES_MAX
        domain::replays::CASES_MAX
        domain::replays::PER_SECOND_DEFAULT
        domain::replays::PER_SECOND_MAX
        domain::replays::STEP_CASES_MAX
        domain::schedules::judge::JUDGED_MAX
        domain::schedules::markets::MARKET_CRONS_MAX
        domain::schedules::tick::TICK_INTERVAL_SECS_MAX
        domain::warmup::counter::BLOCK_MAX
        domain::warmup::counter::KEYS_MAX
        flows::commands::rehearse::DRY_RUN_MAX
        flows::consume::CONTENTION_REPEATS_MAX
        flows::consume::DATABASE_AWAY_DELAY_SECS
        flows::consume::LOCKED_DELAY_SECS
        flows::consume::SNOOZE_MESSAGE_SECS_MAX
        flows::consume::UNSETTLED_DELAY_SECS
        flows::objects::ATTEMPTS_MAX
        flows::jobs::outcome::OUTSIDE_SNOOZES_MAX
        flows::jobs::warmup_daily_reset::RESET_DOMAINS_MAX
        flows::relay::ROUNDS_MAX
        flows::relay::TAKEN_MAX
        flows::relay::SLICE_ROWS
        flows::tick::EXPIRED_MAX
    };
    let others = [("platform::transitions::TOLD_MAX", i64::from(transitions::TOLD_MAX))];
    counts.into_iter().chain(others)
}

/// A number, or a time in seconds.
fn read(text: &str) -> i64 {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number: i64 = number.replace(',', "").parse().unwrap_or_else(|_| panic!("{text:?}"));
    let seconds = match unit {
        "" | "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "days" => 86_400,
        unit => panic!("a unit {unit:?}"),
    };
    number * seconds
}

#[test]
fn numbers_are_those_of_their_constants() {
    let mut constants: BTreeMap<_, _> = times().chain(counts()).collect();
    for row in table("what") {
        let name = code(&row[2])[0].to_owned();
        let value = constants.remove(name.as_str()).unwrap_or_else(|| panic!("{name}, once"));
        assert_eq!(read(&row[1]), value, "{}: {name}", row[0]);
    }
    assert_eq!(constants, BTreeMap::new(), "not in the document");
}

/// The document's examples in JSON: a line, and a data point.
fn examples() -> [Value; 2] {
    let document = document();
    let blocks = document.split("```json\n").skip(1);
    let read = |block: &str| serde_json::from_str(block.split("```").next().unwrap()).unwrap();
    blocks.map(read).collect::<Vec<Value>>().try_into().unwrap()
}

#[test]
fn the_examples_are_what_is_told() {
    let [mut example, data_point] = examples();
    let text = |name: &str| example[name].as_str().unwrap().to_owned();
    let transition = Transition {
        event: "job.dead_lettered",
        queue: text("queue"),
        job_type: text("jobType"),
        job_id: text("jobId").parse().unwrap(),
        execution_id: Some(text("executionId").parse().unwrap()),
        request_id: Some(text("requestId")),
        attempt: i32::try_from(example["attempt"].as_i64().unwrap()).unwrap(),
        duration_ms: example["durationMs"].as_i64().unwrap(),
        outcome: "dead_lettered",
        reason: Some(text("reason")),
    };
    assert_eq!(transitions::weight(transition.outcome), transitions::Weight::Grave);
    assert_eq!(example.as_object_mut().unwrap().remove("level"), Some(json!("error")));
    assert_eq!(example, transitions::line(&transition));
    let point = transitions::point(&transition);
    assert_eq!(data_point["indexes"], json!([point.index]));
    assert_eq!(data_point["blobs"], json!(point.blobs));
    let doubles = data_point["doubles"].as_array().unwrap().iter().map(|d| d.as_f64().unwrap());
    assert_eq!(doubles.collect::<Vec<f64>>(), point.doubles);
}

#[test]
fn every_event_of_a_job_is_named() {
    let mut events = 0;
    for (file, source) in super::files(&["rs"]) {
        if !file.starts_with("crates/flows/src/") {
            continue;
        }
        for event in source.split('"').filter(|text| text.starts_with("job.")) {
            events += 1;
            assert!(document().contains(&format!("`{event}`")), "{file} tells {event}");
        }
    }
    assert!(events >= 6, "{events} events");
}
