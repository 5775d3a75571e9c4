//! What is made of a match that is told again.

use chrono::{DateTime, TimeDelta, Utc};

use super::fixtures::{Fixture, Told, by_hand, is_team, moved};
use super::{Match, MatchResult, Reason, Round, Rules, Score, Status};
use crate::ids::ProviderMatchId;

fn kickoff() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn fixture() -> Fixture {
    Fixture {
        external_id: ProviderMatchId::parse("2022-64").unwrap(),
        round: Round::parse("Final").unwrap(),
        home: "Argentina".to_owned(),
        away: "France".to_owned(),
        kickoff: kickoff(),
    }
}

#[test]
fn a_match_may_be_told_otherwise_until_it_was_seen_being_played() {
    let told = fixture();
    assert_eq!(told.told(None), Told::New);
    let others = [
        Fixture { round: Round::parse("Semi-final").unwrap(), ..fixture() },
        Fixture { home: "Brazil".to_owned(), ..fixture() },
        Fixture { away: "Brazil".to_owned(), ..fixture() },
        Fixture { kickoff: kickoff() + TimeDelta::hours(1), ..fixture() },
    ];
    for status in Status::ALL {
        assert_eq!(told.told(Some((&fixture(), status))), Told::Same);
        let expected = match status {
            Status::Scheduled | Status::Postponed => Told::Changed,
            _ => Told::Begun,
        };
        for other in &others {
            assert_eq!(told.told(Some((other, status))), expected, "{status:?}");
        }
    }
}

#[test]
fn a_match_that_is_moved_is_scheduled_again() {
    let checked_at = Some(kickoff() - TimeDelta::days(1));
    let stored = Match {
        status: Status::Postponed,
        last_checked_at: checked_at,
        next_check_at: None,
        ..Match::scheduled(kickoff())
    };
    assert_eq!(moved(&stored, kickoff()), stored, "nothing is moved");
    let later = kickoff() + TimeDelta::days(3);
    let expected = Match { last_checked_at: checked_at, ..Match::scheduled(later) };
    assert_eq!(moved(&stored, later), expected);
}

#[test]
fn a_result_by_hand_is_as_a_providers() {
    let result = |home, away| MatchResult::of_full_time(Score::new(home, away).unwrap());
    let policy = Rules::default().policy();
    let hand = |stored: &Match, now, of| by_hand(&fixture(), stored, policy, now, of);
    let scheduled = Match::scheduled(kickoff());
    let before = kickoff() - TimeDelta::microseconds(1);
    assert_eq!(hand(&scheduled, before, result(2, 1)), None, "it cannot have ended");
    let first = hand(&scheduled, kickoff(), result(2, 1)).unwrap();
    assert_eq!((first.reason, first.settles()), (Reason::Ended, Some(1)));
    let ended = first.row.unwrap();
    let expected = (Status::Ended, Some(result(2, 1)), Some(kickoff()));
    assert_eq!((ended.status, ended.result, ended.ended_at), expected);
    // At the same tick of the clock: who holds the row comes last.
    let same = hand(&ended, kickoff(), result(2, 1)).unwrap();
    assert_eq!((same.reason, same.settles()), (Reason::Unchanged, None));
    let other = hand(&ended, kickoff(), result(2, 2)).unwrap();
    assert_eq!((other.reason, other.settles()), (Reason::Corrected, Some(2)));
    assert_eq!(other.row.unwrap().ended_at, Some(kickoff()), "it ended when it first did");
}

#[test]
fn a_team_has_a_name() {
    let long = "é".repeat(100);
    for (name, expected) in [
        ("Argentina", true),
        ("Bosnia & Herzegovina", true),
        (long.as_str(), true),
        (&format!("{long}e"), false),
        ("", false),
        ("  ", false),
        ("a\u{7}", false),
        ("a\0", false),
    ] {
        assert_eq!(is_team(name), expected, "{name:?}");
    }
}
