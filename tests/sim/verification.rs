//! Matches from kickoff to the scoreboard, tick by tick: whatever the provider does, one
//! question a match and plan is asked, a result is settled once, and nothing is given up
//! that a later plan asks about.

mod cup;
mod knockout;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use mauntic_domain::jobs::JobState;
use mauntic_domain::scoreboard::{MatchResult, Score, Status};
use mauntic_flows::ports::{Dependency, Request};
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::outside::Health;
use mauntic_sim::provider::Said;
use serde_json::json;

use cup::{Cup, VERIFY};

fn result(home: i64, away: i64) -> MatchResult {
    MatchResult::of_full_time(Score::new(home, away).unwrap())
}

#[test]
fn a_match_is_asked_about_until_it_is_settled() {
    let cup = Cup::of(1);
    cup.minutes(9);
    assert_eq!(cup.questions(), [0], "nobody asks before its kickoff");
    cup.minutes(3 * 60);
    let row = cup.row(0);
    assert_eq!((row.stored.status, row.stored.result_version), (Status::Ended, 1));
    assert_eq!(row.stored.result, Some(cup.fixtures[0].result));
    assert_eq!(row.settled_version, 1);
    assert_eq!(cup.points(), cup.expected());
    let asked = cup.questions()[0];
    // Every five minutes from kickoff to the end, and 15 minutes and an hour after it.
    assert!((23..=28).contains(&asked), "{asked}");
    assert_eq!(cup.letters(), 0);
    assert_eq!(cup.unfinished(), 0);
    cup.days(3);
    assert_eq!(cup.row(0).stored.next_check_at, None, "it is final");
    assert_eq!(cup.questions()[0], asked + 3, "6, 24 and 48 hours after its end");
    assert_eq!(cup.reasons(0).get("unchanged"), Some(&5));
    assert_eq!(cup.settlements(), [("applied", 1)]);
}

#[test]
fn messages_that_come_twice_or_never_ask_no_second_time() {
    let cup = Cup::of(8);
    for nth in 0..4 * 60 {
        if nth % 3 == 0 {
            cup.ports.queues.deliver_twice(VERIFY, 0);
        }
        if nth % 4 == 0 {
            cup.ports.queues.lose(VERIFY, 0);
        }
        cup.minutes(1);
    }
    assert_eq!(cup.points(), cup.expected());
    let plans = 4 * 60 / 5;
    for asked in cup.questions() {
        assert!(asked <= plans, "{asked} questions in {plans} plans");
    }
    assert_eq!(cup.settlements(), [("applied", 1); 8]);
    assert_eq!(cup.letters(), 0);
}

#[test]
fn plans_by_hand_are_no_flood() {
    let cup = Cup::of(3);
    cup.minutes(11);
    let before: usize = cup.questions().iter().sum();
    for _ in 0..20 {
        cup.send(&json!({"type": "scoreboard.schedule-verification"}));
    }
    cup.minutes(1);
    let after: usize = cup.questions().iter().sum();
    assert!(after <= before + 3, "{before} questions, and {after} after twenty plans");
    assert_eq!(cup.unfinished(), 0);
}

#[test]
fn an_outage_fills_no_dead_letters_and_is_followed_by_no_flood() {
    let cup = Cup::of(12);
    cup.minutes(30);
    cup.ports.outside.set(Dependency::MatchProvider, Health::Down);
    for _ in 0..5 * 60 {
        cup.minutes(1);
        let waiting = cup.unfinished();
        assert!(waiting <= 12 * 6, "{waiting} jobs of 12 matches wait");
    }
    assert_eq!(cup.letters(), 0);
    let asked: usize = cup.questions().iter().sum();
    cup.ports.outside.set(Dependency::MatchProvider, Health::Up);
    cup.minutes(40);
    assert_eq!(cup.letters(), 0);
    assert_eq!(cup.points(), cup.expected(), "all is settled soon after it");
    let after: usize = cup.questions().iter().sum();
    assert!(after - asked <= 12 * 9, "{} questions in 40 minutes", after - asked);
    cup.minutes(60);
    assert_eq!(cup.unfinished(), 0);
}

#[test]
fn garbage_and_refusals_are_noted_and_cost_their_own_match_alone() {
    let cup = Cup::of(4);
    let kickoff = cup.fixtures[0].kickoff;
    let ends = cup.fixtures[0].ends_at() + TimeDelta::minutes(30);
    for (at, said) in [
        (0, Said::Garbage(b"<html>".to_vec())),
        (1, Said::Garbage(vec![b'['; 70_000])),
        (2, Said::Refused(404)),
    ] {
        cup.say(at, kickoff, said.clone());
        cup.say(at, cup.fixtures[at].ends_at(), said);
        cup.say(at, ends, Said::Json(cup.fixtures[at].told(Status::Ended, result(1, 0))));
    }
    cup.minutes(140);
    assert_eq!(cup.row(3).settled_version, 1, "the others end");
    assert_eq!(cup.row(0).stored.status, Status::Scheduled);
    assert_eq!(cup.letters(), 0);
    let names = |at| cup.reasons(at).into_keys().collect::<Vec<_>>();
    assert_eq!(names(0), ["answer_not_json"]);
    assert_eq!(names(1), ["answer_too_long"]);
    assert_eq!(names(2), ["refused"]);
    // Three attempts a plan, and one where it is refused.
    let plans = 140 / 5;
    let asked = cup.questions();
    assert!(asked[0] > plans && asked[0] <= 3 * plans, "{asked:?}");
    assert!(asked[2] <= plans, "{asked:?}");
    cup.minutes(60);
    assert!((0..3).all(|at| cup.row(at).settled_version == 1), "once it answers");
    assert_eq!(cup.unfinished(), 0);
}

#[test]
fn what_people_ask_themselves_they_are_told() {
    let cup = Cup::of(3);
    let now = cup.ports.clock.now();
    cup.say(0, now, Said::Garbage(b"{}".to_vec()));
    cup.say(1, now, Said::Refused(401));
    for at in 0..3 {
        cup.ask(at);
    }
    cup.send(&json!({"type": "scoreboard.verify-match", "data": {
        "organizationId": "org_1", "tournamentId": cup.key.1,
        "matchId": "01930000-0000-7000-8000-00000000ffff"}}));
    cup.minutes(2);
    let mut reasons = cup.letter_reasons();
    reasons.sort();
    assert_eq!(reasons, ["refused_outside", "retries_exhausted", "unknown_match"]);
    assert_eq!(cup.reasons(0), BTreeMap::from([("answer_field", 3)]));
    assert_eq!(cup.reasons(2), BTreeMap::from([("not_ended", 1)]), "before its kickoff too");
}

#[test]
fn a_corrected_result_replaces_the_first() {
    let cup = Cup::of(2);
    let first = &cup.fixtures[0];
    let told = |result| Said::Json(first.told(Status::Ended, result));
    let after = |minutes| first.ends_at() + TimeDelta::minutes(minutes);
    cup.say(0, after(12), told(result(9, 9)));
    cup.say(0, after(59), told(first.result));
    cup.minutes(10 + 112 + 30);
    assert_eq!(cup.row(0).stored.result, Some(result(9, 9)));
    assert_eq!((cup.row(0).stored.result_version, cup.row(0).settled_version), (2, 2));
    assert_ne!(cup.points(), cup.expected());
    cup.minutes(60);
    assert_eq!((cup.row(0).stored.result_version, cup.row(0).settled_version), (3, 3));
    assert_eq!(cup.points(), cup.expected(), "from A to B to A ends as A");
    assert_eq!(cup.reasons(0).get("corrected"), Some(&2));
}

#[test]
fn a_provider_that_changes_its_mind_takes_no_end_back() {
    let cup = Cup::of(1);
    let first = &cup.fixtures[0];
    let after = |minutes| first.ends_at() + TimeDelta::minutes(minutes);
    cup.say(0, after(10), Said::Json(first.told(Status::Live, first.result)));
    cup.say(
        0,
        after(50),
        Said::Json(json!({"id": first.id, "round": "R", "home": "h",
        "away": "a", "kickoff": first.kickoff, "status": "ended"})),
    );
    cup.minutes(10 + 112 + 70);
    let row = cup.row(0);
    assert_eq!((row.stored.status, row.stored.result_version), (Status::Ended, 1));
    assert_eq!(cup.points(), cup.expected());
    let reasons = cup.reasons(0);
    assert_eq!(reasons.get("contradiction"), Some(&1), "{reasons:?}");
    assert_eq!(reasons.get("answer_no_score"), Some(&1), "{reasons:?}");
    assert_eq!(cup.letters(), 0);
}

#[test]
fn without_a_provider_nobody_is_asked_and_everything_stays_due() {
    let cup = Cup::of(2);
    cup.ports.outside.set(Dependency::MatchProvider, Health::NotConfigured);
    cup.ask(0);
    cup.minutes(60);
    assert_eq!(cup.questions(), [0, 0]);
    assert_eq!((cup.letters(), cup.unfinished()), (0, 0));
    assert_eq!(cup.row(0).stored.next_check_at, Some(cup.fixtures[0].kickoff));
    let jobs = cup.ports.store.jobs();
    let asked = jobs.iter().find(|job| job.type_name == "scoreboard.verify-match").unwrap();
    assert_eq!(asked.state, JobState::Completed);
    let receipt = json!({"verification": "not_asked", "reason": "not_configured"});
    assert_eq!(asked.receipt.as_ref(), Some(&receipt));
    cup.ports.outside.set(Dependency::MatchProvider, Health::Up);
    cup.minutes(120);
    assert_eq!(cup.points(), cup.expected());
}

#[test]
fn answers_of_the_database_that_are_lost_change_nothing() {
    let cup = Cup::of(5);
    for nth in 0..4 * 60 {
        let fault =
            [Fault::AnswerLost, Fault::Contended, Fault::Lost, Fault::Unsure][nth % 4].clone();
        let call = [Call::Commit, Call::Commit, Call::VerificationInputs, Call::Commit][nth % 4];
        if nth % 7 == 0 {
            cup.ports.faults.next(Some(call), fault);
        }
        if nth % 11 == 0 {
            cup.ports.faults.next(Some(Call::Outside), Fault::AnswerLost);
        }
        cup.hurried(1);
    }
    cup.ports.faults.calm();
    cup.hurried(120);
    assert_eq!(cup.points(), cup.expected());
    assert_eq!(cup.settlements(), [("applied", 1); 5]);
    assert_eq!(cup.letters(), 0);
}

#[test]
fn a_question_is_about_its_own_match() {
    let cup = Cup::of(2);
    cup.minutes(16);
    let asked = cup.ports.outside.provider().asked().to_vec();
    assert!(!asked.is_empty());
    for question in asked {
        let Request::Match { tournament, id } = question.request else {
            panic!("{question:?}");
        };
        assert_eq!(tournament, cup.provider);
        assert!(cup.fixtures.iter().any(|fixture| fixture.id == id));
    }
}
