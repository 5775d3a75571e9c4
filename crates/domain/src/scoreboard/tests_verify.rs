//! What comes of asking about a match.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::tests::{result, time};
use super::*;
use crate::ids::ProviderMatchId;

const WAIT: Policy = policy(Postponed::Wait, Abandoned::Wait);
const VOID: Policy = policy(Postponed::Void, Abandoned::Void);
const STAND: Policy = policy(Postponed::Wait, Abandoned::Stand);

const fn policy(postponed: Postponed, abandoned: Abandoned) -> Policy {
    Policy { postponed, abandoned, correction: TimeDelta::hours(48) }
}

fn kickoff() -> DateTime<Utc> {
    time("2022-12-18T15:00:00Z")
}

/// So many minutes after the kickoff.
fn after(minutes: i64) -> DateTime<Utc> {
    kickoff() + TimeDelta::minutes(minutes)
}

fn answer(status: Status, of: Option<&str>) -> Answer {
    Answer {
        id: ProviderMatchId::parse("2022-64").unwrap(),
        round: Round::parse("Final").unwrap(),
        home: "Argentina".to_owned(),
        away: "France".to_owned(),
        kickoff: kickoff(),
        status,
        result: of.map(result),
    }
}

fn ended(of: &str) -> Match {
    Match {
        status: Status::Ended,
        result: Some(result(of)),
        result_version: 1,
        last_checked_at: Some(after(120)),
        ended_at: Some(after(120)),
        ..Match::scheduled(kickoff())
    }
}

fn stored(status: Status) -> Match {
    Match { status, ..Match::scheduled(kickoff()) }
}

/// What is stored, asked by which rules at 130 minutes, what was answered; and why it
/// comes out so, and where the match stands then, with the version of its result.
#[test]
fn an_answer_has_one_outcome() {
    use Reason as R;
    use Status as S;
    #[rustfmt::skip]
    let table = [
        (stored(S::Scheduled), WAIT, answer(S::Scheduled, None),          R::NotEnded,      S::Scheduled, 0),
        (stored(S::Scheduled), WAIT, answer(S::Live, None),               R::NotEnded,      S::Live,      0),
        (stored(S::Scheduled), WAIT, answer(S::Ended, Some("2:1")),       R::Ended,         S::Ended,     1),
        (stored(S::Live),      WAIT, answer(S::Live, None),               R::NotEnded,      S::Live,      0),
        (stored(S::Live),      WAIT, answer(S::Ended, Some("1:1 2:1")),   R::Ended,         S::Ended,     1),
        (stored(S::Live),      WAIT, answer(S::Scheduled, None),          R::Contradiction, S::Live,      0),
        (stored(S::Live),      WAIT, answer(S::Postponed, None),          R::Contradiction, S::Live,      0),
        (stored(S::Live),      WAIT, answer(S::Cancelled, None),          R::Cancelled,     S::Abandoned, 0),
        (stored(S::Scheduled), WAIT, answer(S::Cancelled, None),          R::Cancelled,     S::Cancelled, 0),
        (stored(S::Scheduled), WAIT, answer(S::Postponed, None),          R::Postponed,     S::Postponed, 0),
        (stored(S::Scheduled), VOID, answer(S::Postponed, None),          R::Postponed,     S::Cancelled, 0),
        (stored(S::Live),      WAIT, answer(S::Abandoned, Some("1:0")),   R::Abandoned,     S::Suspended, 0),
        (stored(S::Live),      VOID, answer(S::Abandoned, Some("1:0")),   R::Abandoned,     S::Abandoned, 0),
        (stored(S::Live),     STAND, answer(S::Abandoned, Some("1:0")),   R::Stands,        S::Ended,     1),
        (stored(S::Live),     STAND, answer(S::Abandoned, None),          R::Abandoned,     S::Suspended, 0),
        (stored(S::Suspended), WAIT, answer(S::Abandoned, Some("1:0")),   R::Abandoned,     S::Suspended, 0),
        (stored(S::Suspended), WAIT, answer(S::Live, None),               R::NotEnded,      S::Live,      0),
        (stored(S::Suspended), WAIT, answer(S::Ended, Some("3:0")),       R::Ended,         S::Ended,     1),
        (stored(S::Suspended), WAIT, answer(S::Scheduled, None),          R::Contradiction, S::Suspended, 0),
        (stored(S::Suspended), WAIT, answer(S::Cancelled, None),          R::Cancelled,     S::Abandoned, 0),
        (stored(S::Postponed), WAIT, answer(S::Ended, Some("2:1")),       R::Ended,         S::Ended,     1),
        (stored(S::Abandoned), VOID, answer(S::Scheduled, None),          R::Contradiction, S::Abandoned, 0),
        // Only an operator has one asked about that counts for nothing.
        (stored(S::Abandoned), VOID, answer(S::Ended, Some("3:0")),       R::Ended,         S::Ended,     1),
        (stored(S::Cancelled), WAIT, answer(S::Ended, Some("3:0")),       R::Ended,         S::Ended,     1),
        (stored(S::Cancelled), WAIT, answer(S::Scheduled, None),          R::NotEnded,      S::Scheduled, 0),
        (ended("2:1"),         WAIT, answer(S::Ended, Some("2:1")),       R::Unchanged,     S::Ended,     1),
        (ended("2:1"),         WAIT, answer(S::Ended, Some("2:2")),       R::Corrected,     S::Ended,     2),
        // The score that counts is the same; the result is another.
        (ended("1:1"),         WAIT, answer(S::Ended, Some("1:1 1:1 4:2")), R::Corrected,   S::Ended,     2),
        (ended("2:1"),         WAIT, answer(S::Live, None),               R::Contradiction, S::Ended,     1),
        (ended("2:1"),         WAIT, answer(S::Scheduled, None),          R::Contradiction, S::Ended,     1),
        (ended("2:1"),         WAIT, answer(S::Cancelled, None),          R::Contradiction, S::Ended,     1),
        (ended("2:1"),         WAIT, answer(S::Abandoned, Some("2:1")),   R::Contradiction, S::Ended,     1),
        (ended("1:0"),        STAND, answer(S::Abandoned, Some("1:0")),   R::Unchanged,     S::Ended,     1),
        (ended("1:0"),        STAND, answer(S::Abandoned, None),          R::Contradiction, S::Ended,     1),
        (ended("1:0"),        STAND, answer(S::Abandoned, Some("0:0")),   R::Corrected,     S::Ended,     2),
    ];
    for (stored, rules, answer, reason, status, version) in table {
        let case = format!("{stored:?} {rules:?} {answer:?}");
        let verification = verify(&stored, rules, after(130), Ok(&answer));
        let row = verification.row.unwrap();
        assert_eq!((verification.reason, row.status), (reason, status), "{case}");
        assert_eq!(
            (row.result_version, row.last_checked_at),
            (version, Some(after(130))),
            "{case}"
        );
        let is_settled = reason.outcome() == Outcome::Settled;
        assert_eq!(verification.settles(), is_settled.then_some(version), "{case}");
        assert_eq!(is_settled, version > stored.result_version, "{case}");
        let expected = if is_settled { answer.result } else { stored.result };
        assert_eq!(row.result, expected, "{case}");
        assert_eq!(row.kickoff, kickoff(), "{case}");
        let ended_at = if status == S::Ended { stored.ended_at.or(Some(after(130))) } else { None };
        assert_eq!(row.ended_at, ended_at, "{case}");
        let next = candidates::next_check(&row, rules.correction, after(130));
        assert_eq!(row.next_check_at, next, "{case}");
    }
}

#[test]
fn an_older_answer_changes_nothing() {
    let corrected = answer(Status::Ended, Some("3:3"));
    for (minutes, reason) in [(119, Reason::Stale), (120, Reason::Stale), (121, Reason::Corrected)]
    {
        let verification = verify(&ended("2:1"), WAIT, after(minutes), Ok(&corrected));
        assert_eq!(verification.reason, reason, "{minutes}");
        assert_eq!(verification.row.is_none(), reason == Reason::Stale, "{minutes}");
    }
    let failed = verify(&ended("2:1"), WAIT, after(119), Err(NoAnswer::Unreachable));
    assert_eq!((failed.reason, failed.row), (Reason::Stale, None));
}

#[test]
fn what_is_no_answer_is_asked_again_and_changes_nothing() {
    for (no_answer, name) in [
        (NoAnswer::Unreachable, "unreachable"),
        (NoAnswer::Refused, "refused"),
        (NoAnswer::Malformed(AnswerError::UnknownStatus), "answer_unknown_status"),
    ] {
        let verification = verify(&stored(Status::Live), WAIT, after(130), Err(no_answer));
        assert_eq!(verification.reason.outcome().name(), "retry");
        assert_eq!(verification.reason.name(), name);
        assert_eq!((verification.row, verification.settles()), (None, None));
    }
}

#[test]
fn an_answer_that_contradicts_itself_is_taken_note_of_and_changes_no_result() {
    use super::result::ResultError as E;
    for (error, name) in [
        (AnswerError::NoScore, "answer_no_score"),
        (AnswerError::Result(E::Falls), "answer_score_falls"),
        (AnswerError::Result(E::PenaltiesLevel), "answer_penalties_level"),
        (AnswerError::Result(E::PenaltiesWithoutDraw), "answer_penalties_without_draw"),
        (AnswerError::Result(E::Goals), "answer_score_sum"),
    ] {
        for row in [stored(Status::Live), ended("2:1")] {
            let answer = Err(NoAnswer::Malformed(error));
            let verification = verify(&row, WAIT, after(130), answer);
            assert_eq!(verification.reason.name(), name);
            assert_eq!(verification.reason.outcome(), Outcome::Noop);
            let checked = Match {
                last_checked_at: Some(after(130)),
                next_check_at: candidates::next_check(&row, WAIT.correction, after(130)),
                ..row
            };
            assert_eq!((verification.row, verification.settles()), (Some(checked), None));
        }
    }
}

#[test]
fn a_kickoff_moves_until_the_match_begins() {
    let moved = |status, kickoff, of| Answer { kickoff, ..answer(status, of) };
    let kickoff_of = |stored: &Match, at, answer: &Answer| {
        let verification = verify(stored, WAIT, at, Ok(answer));
        (verification.reason, verification.row.unwrap().kickoff)
    };
    let scheduled = stored(Status::Scheduled);
    // Later and earlier, and even after it was to begin.
    for (at, to) in [(-60, 60), (-60, -30), (10, 30)] {
        let answer = moved(Status::Scheduled, after(to), None);
        assert_eq!(kickoff_of(&scheduled, after(at), &answer), (Reason::NotEnded, after(to)));
        let answer = moved(Status::Postponed, after(to), None);
        assert_eq!(kickoff_of(&scheduled, after(at), &answer), (Reason::Postponed, after(to)));
    }
    // It began earlier than was known: guesses are locked from then on.
    let early = moved(Status::Live, after(-30), None);
    assert_eq!(kickoff_of(&scheduled, after(-10), &early), (Reason::NotEnded, after(-30)));
    // It has begun, and its kickoff is no longer told differently.
    let late = moved(Status::Live, after(5), None);
    assert_eq!(kickoff_of(&scheduled, after(10), &late), (Reason::NotEnded, kickoff()));
    let over = moved(Status::Ended, after(20), Some("1:0"));
    assert_eq!(kickoff_of(&scheduled, after(130), &over), (Reason::Ended, kickoff()));
    // It has begun, and says that it is still to begin.
    for (status, of) in [(Status::Live, None), (Status::Ended, Some("1:0"))] {
        let to_come = moved(status, after(60), of);
        let verification = verify(&scheduled, WAIT, after(10), Ok(&to_come));
        assert_eq!(verification.reason, Reason::Contradiction);
        assert_eq!(verification.row.unwrap().status, Status::Scheduled);
    }
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let scores = ["0:0", "1:0", "1:1", "1:1 2:1", "1:1 1:1 4:2"];
    (0..Status::ALL.len(), 0..scores.len(), any::<bool>(), -200..200_i64).prop_map(
        move |(status, of, has_score, minutes)| {
            let status = Status::ALL[status];
            let has_result = status == Status::Ended || (status == Status::Abandoned && has_score);
            let of = has_result.then_some(scores[of]);
            Answer { kickoff: after(minutes), ..answer(status, of) }
        },
    )
}

proptest! {
    /// Whatever is answered, in whatever order: a match has a result if and only if it
    /// ended, each settlement has a version and a result of its own, guesses never open
    /// again once it was begun, and a repeat changes nothing.
    #[test]
    fn answers_in_any_order_keep_the_row_sound(
        answers in prop::collection::vec((any_answer(), -100..300_i64, any::<bool>()), 1..30),
        rules in prop::sample::select(vec![WAIT, VOID, STAND]),
    ) {
        let mut row = Match::scheduled(kickoff());
        let mut is_begun = false;
        for (answer, at, fails) in answers {
            let answered = if fails { Err(NoAnswer::Unreachable) } else { Ok(&answer) };
            let verification = verify(&row, rules, after(at), answered);
            let next = verification.row.unwrap_or(row);
            prop_assert!(next.last_checked_at >= row.last_checked_at);
            prop_assert_eq!(next.result.is_some(), next.status == Status::Ended);
            prop_assert_eq!(next.result.is_some(), next.result_version > 0);
            let settles = verification.settles();
            prop_assert_eq!(settles, (next.result != row.result).then_some(next.result_version));
            prop_assert_eq!(next.result_version - row.result_version, i32::from(settles.is_some()));
            is_begun |= next.status == Status::Ended || next.status.was_begun();
            prop_assert_eq!(next.ended_at.is_some(), next.status == Status::Ended);
            prop_assert!(row.ended_at.is_none() || next.ended_at == row.ended_at);
            prop_assert!(!is_begun || !next.takes_guesses(after(-1_000)));
            // What has begun has a kickoff that is over.
            prop_assert!(!is_begun || verification.row.is_none_or(|row| row.kickoff <= after(at)));
            prop_assert_eq!(verify(&next, rules, after(at), answered).settles(), None);
            row = next;
        }
    }
}
