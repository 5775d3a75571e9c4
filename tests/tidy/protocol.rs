//! What `docs/protocol.md` says is so: its states, moves and outcomes are the
//! code's, and each kind of death names tests that exist.

use std::collections::BTreeSet;

use mauntic_domain::jobs::JobState;
use mauntic_domain::replays::Status;
use mauntic_domain::schedules::{Outcome, SkipReason};
use mauntic_flows::tick::Duty;

/// Macros that make a test of each name they list.
const LISTS: [&str; 2] = ["on_both! {", "pairs! {"];

pub(crate) fn document() -> String {
    std::fs::read_to_string(super::root().join("docs/protocol.md")).unwrap()
}

/// The cells of the table whose first column has this title.
pub(crate) fn table(title: &str) -> Vec<Vec<String>> {
    let document = document();
    let header = format!("| {title} |");
    let lines = document.lines().skip_while(|line| !line.starts_with(&header));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect();
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "no table of {title}");
    rows
}

/// Texts between backticks.
pub(crate) fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Names of the tests of a file.
fn tests_in(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let (mut is_test, mut is_listed) = (false, false);
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= line.contains("test]") || line.contains("test(");
        } else if is_listed && line == "}" {
            is_listed = false;
        } else if is_listed {
            found.extend(line.split(':').next().unwrap().split_whitespace());
        } else {
            let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            let name = function.and_then(|rest| rest.split(['(', '<']).next());
            found.extend(name.filter(|_| is_test));
            is_test = false;
            is_listed = LISTS.contains(&line);
        }
    }
    found
}

#[test]
fn every_kind_of_death_names_tests_that_exist() {
    let rows = table("at");
    assert!(rows.len() >= 30, "{} kinds of death", rows.len());
    for row in &rows {
        let named = code(&row[2]);
        assert!(!named.is_empty(), "no test shows: {}", row[0]);
        for test in named {
            let (file, name) = test.split_once(" fn ").expect(test);
            let text = std::fs::read_to_string(super::root().join(file))
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(tests_in(&text).contains(name), "{file} has no test {name}");
        }
    }
}

#[test]
fn the_diagram_has_the_states_of_a_job() {
    let document = document();
    let diagram = document.split("```").nth(1).unwrap();
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let boxed = diagram.lines().flat_map(|line| line.split('│'));
    let named = boxed.filter_map(|text| text.strip_prefix(' ')?.strip_suffix(' '));
    let found: BTreeSet<&str> = named.filter(|name| !name.is_empty() && is_name(name)).collect();
    assert_eq!(found, BTreeSet::from(JobState::ALL.map(JobState::as_str)));
}

#[test]
fn every_move_leaves_a_state_by_a_statement() {
    for row in table("move") {
        for state in row[1].split([',', ';']) {
            let name = state.split_whitespace().next().unwrap_or_default();
            assert!(JobState::from_name(name).is_some(), "{} leaves {name:?}", row[0]);
        }
        let statements = code(&row[3]);
        assert!(!statements.is_empty(), "{} has no statement", row[0]);
        for statement in statements {
            let file = format!("crates/store/sql/{statement}.sql");
            assert!(super::root().join(&file).exists(), "{} names {file}", row[0]);
        }
    }
}

#[test]
fn every_outcome_and_reason_of_a_nominal_time_is_there() {
    let rows = table("outcome");
    let found: Vec<&str> = rows.iter().flat_map(|row| code(&row[0])).collect();
    let skipped = Outcome::Skipped(SkipReason::Disabled);
    let all = [Outcome::Ran, Outcome::Late, Outcome::Missed, Outcome::Backfilled, skipped];
    assert_eq!(found, all.map(Outcome::name));
    let reasons = rows.iter().find(|row| row[0].contains(skipped.name())).unwrap();
    let reasons: BTreeSet<&str> = code(&reasons[1]).into_iter().collect();
    assert_eq!(reasons, BTreeSet::from(SkipReason::ALL.map(SkipReason::name)));
}

#[test]
fn every_duty_of_the_tick_is_there_in_its_order() {
    let rows = table("duty");
    let found: Vec<&str> = rows.iter().flat_map(|row| code(&row[0])).collect();
    assert_eq!(found, Duty::ALL.map(Duty::name));
}

#[test]
fn every_status_of_a_replay_of_many_is_there() {
    let rows = table("a replay is");
    let found: Vec<&str> = rows.iter().flat_map(|row| code(&row[0])).collect();
    assert_eq!(found, Status::ALL.map(Status::as_str));
}

/// As the document asks of a new type of job.
#[test]
fn every_job_numbers_its_io_and_says_why_a_repeat_is_harmless() {
    let folder = super::root().join("crates/flows/src/jobs");
    let registry = std::fs::read_to_string(folder.join("mod.rs")).unwrap();
    let modules = registry.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let jobs: Vec<&str> =
        modules.filter(|name| registry.contains(&format!("{name}::decide("))).collect();
    assert!(jobs.len() >= 4, "{jobs:?}");
    for job in jobs {
        let text = std::fs::read_to_string(folder.join(format!("{job}.rs"))).unwrap();
        let comment: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("//! ")).collect();
        for part in ["I/O", "1. ", "2. "] {
            assert!(comment.iter().any(|line| line.starts_with(part)), "{job} has no {part}");
        }
        assert!(comment.iter().any(|line| line.contains("repeat")), "{job}: why repeat it?");
    }
}
