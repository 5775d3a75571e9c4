//! What a guess is worth, and until when it is taken.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::candidates::{CANDIDATES_MAX, pick, verify_key};
use super::guesses::{self, GuessError};
use super::result::ResultError;
use super::rules::{RulesInUse, check_change};
use super::score::{GOALS_MAX, SCORES, ScoreError};
use super::*;
use crate::ids::OrganizationId;
use crate::points::PointsE4;

pub(super) fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A score as it is written: `2:1`.
pub(super) fn score(text: &str) -> Score {
    let (home, away) = text.split_once(':').unwrap();
    Score::new(home.parse().unwrap(), away.parse().unwrap()).unwrap()
}

/// A result as it is written: full time, extra time and penalties, by blanks.
pub(super) fn result(text: &str) -> MatchResult {
    try_result(text).unwrap()
}

fn try_result(text: &str) -> Result<MatchResult, ResultError> {
    let parts: Vec<_> = text.split(' ').map(|part| (part != "-").then(|| score(part))).collect();
    let of = |at: usize| parts.get(at).copied().flatten();
    MatchResult::new(of(0).unwrap(), of(1), of(2))
}

pub(super) fn round(name: &str) -> Round {
    Round::parse(name).unwrap()
}

pub(super) fn any_score() -> impl Strategy<Value = Score> {
    (0..4_i64, 0..4_i64).prop_map(|(home, away)| Score::new(home, away).unwrap())
}

#[test]
fn goals_are_whole_numbers_from_0_to_99() {
    #[rustfmt::skip]
    let table = [
        (0,        0,         None),
        (99,       99,        None),
        (100,      0,         Some(ScoreError::Home)),
        (-1,       -1,        Some(ScoreError::Home)),
        (0,        100,       Some(ScoreError::Away)),
        (0,        -1,        Some(ScoreError::Away)),
        (i64::MAX, i64::MIN,  Some(ScoreError::Home)),
    ];
    for (home, away, refused) in table {
        let made = Score::new(home, away);
        assert_eq!(made.err(), refused, "{home}:{away}");
        let read = serde_json::from_value::<Score>(json!({"home": home, "away": away}));
        assert_eq!(read.ok(), made.ok(), "{home}:{away}");
    }
    for none in
        [json!({"home": 1}), json!({"home": 1.5, "away": 0}), json!({"home": "1", "away": 0})]
    {
        assert!(serde_json::from_value::<Score>(none.clone()).is_err(), "{none}");
    }
    assert_eq!(SCORES, 10_000);
}

#[test]
fn a_result_does_not_contradict_itself() {
    #[rustfmt::skip]
    let table = [
        ("2:1",            None),
        ("1:1 2:1",        None),
        ("1:1 1:1 4:2",    None),
        ("1:1 - 4:2",      None),
        ("2:1 2:1 4:2",    Some(ResultError::PenaltiesWithoutDraw)),
        ("2:1 - 4:2",      Some(ResultError::PenaltiesWithoutDraw)),
        ("1:1 0:1",        Some(ResultError::Falls)),
        ("1:1 2:0",        Some(ResultError::Falls)),
        ("1:1 1:1 4:4",    Some(ResultError::PenaltiesLevel)),
        ("90:90 90:90 10:9", Some(ResultError::Goals)),
        ("90:90 90:90 9:8",  None),
    ];
    for (text, refused) in table {
        assert_eq!(try_result(text).err(), refused, "{text}");
    }
}

#[test]
fn guesses_are_about_the_score_that_the_rules_name() {
    #[rustfmt::skip]
    let table = [
        // result,          full time, extra time, penalties
        ("2:1",             ["2:1",    "2:1",      "2:1"]),
        ("1:1 2:1",         ["1:1",    "2:1",      "2:1"]),
        ("2:2 3:3 4:2",     ["2:2",    "3:3",      "7:5"]),
        ("1:1 - 4:3",       ["1:1",    "1:1",      "5:4"]),
    ];
    for (text, expected) in table {
        let counted = [Counted::FullTime, Counted::ExtraTime, Counted::Penalties]
            .map(|counted| result(text).counted(counted).to_string());
        assert_eq!(counted, expected, "{text}");
    }
    assert_eq!(Counted::default(), Counted::ExtraTime);
}

/// Hashes are kept as evidence: a build that computes others would find that every
/// result has changed. Expected by `sha256sum` over the canonical form.
#[test]
fn a_hash_is_the_same_in_every_build() {
    #[rustfmt::skip]
    let table = [
        ("0:2", r#"{"ft":[0,2]}"#,
         "5842d01f5796afb1a2c8d58a4c7222273e5355b935e774c9b9b2f4d514c47a1b"),
        ("2:2 3:3 4:2", r#"{"ft":[2,2],"et":[3,3],"p":[4,2]}"#,
         "1ebfed63e1842c98d12decf513f5ad33159fdc32a26a0a533a561613f11dfc72"),
        ("1:1 - 3:4", r#"{"ft":[1,1],"p":[3,4]}"#,
         "ea2637d78283bafb486f50586ab352905b5497644f19254ee781a5684ac3f429"),
    ];
    for (text, canonical, expected) in table {
        assert_eq!(result(text).canonical(), canonical);
        assert_eq!(MatchResult::from_canonical(canonical), Some(result(text)));
        let hash: String = result(text).hash().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, expected, "{text}");
    }
}

#[test]
fn only_a_canonical_form_is_read_as_one() {
    for wrong in [
        "",
        "{}",
        r#"{"ft":[1]}"#,
        r#"{"ft":[1,2,3]}"#,
        r#"{"ft":[1,100]}"#,
        r#"{"ft":[1, 2]}"#,
        r#"{"et":[1,1],"ft":[1,1]}"#,
        r#"{"ft":[1,1],"et":[1,-1]}"#,
        r#"{"ft":[1,1],"et":null}"#,
        r#"{"ft":[1,1],"ht":[0,0]}"#,
        r#"{"ft":[2,1],"et":[1,1]}"#,
    ] {
        assert_eq!(MatchResult::from_canonical(wrong), None, "{wrong}");
    }
}

#[test]
fn a_guess_gets_5_3_2_or_nothing() {
    let rules = Rules::default();
    #[rustfmt::skip]
    let table = [
        // result, guess, points, exact, right
        ("2:1",    "2:1",   5,     true,  true),
        ("2:1",    "1:0",   3,     false, true),
        ("2:1",    "3:0",   2,     false, true),
        ("2:1",    "1:1",   0,     false, false),
        ("2:1",    "1:2",   0,     false, false),
        ("1:1",    "1:1",   5,     true,  true),
        ("1:1",    "0:0",   3,     false, true),
        ("1:1",    "1:0",   0,     false, false),
        ("0:2",    "0:2",   5,     true,  true),
        ("0:2",    "1:3",   3,     false, true),
        ("0:2",    "0:1",   2,     false, true),
        ("99:0",   "99:0",  5,     true,  true),
        // After extra time, and without penalties.
        ("2:2 3:3 4:2", "3:3", 5,  true,  true),
        ("2:2 3:3 4:2", "2:2", 3,  false, true),
        ("1:1 2:1",     "2:1", 5,  true,  true),
        ("1:1 2:1",     "1:1", 0,  false, false),
    ];
    for (of, guess, points, is_exact, is_right) in table {
        let award = rules.award(&round("Final"), result(of), score(guess));
        let expected = Award { points: PointsE4::whole(points), is_exact, is_right };
        assert_eq!(award, expected, "{of} guessed {guess}");
    }
}

#[test]
fn rules_are_a_tournaments_own() {
    let read = |value| serde_json::from_value::<Rules>(value);
    assert_eq!(read(json!({})).unwrap(), Rules::default());
    let own = json!({
        "exactScore": 4.25, "outcome": 1, "multipliers": {"Final": 2.5, "Friendly": 0},
        "counted": "fullTime", "postponed": "void", "abandoned": "stand", "correctionHours": 6
    });
    let rules = read(own).unwrap();
    let points = |round_name, guess| {
        let award = rules.award(&round(round_name), result("2:2 3:3 4:2"), score(guess));
        award.points.to_string()
    };
    assert_eq!(points("Matchday 1", "2:2"), "4.25");
    assert_eq!(points("Final", "2:2"), "10.625");
    assert_eq!(points("Final", "0:0"), "7.5");
    assert_eq!(points("Friendly", "2:2"), "0");
    let policy = Policy {
        postponed: Postponed::Void,
        abandoned: Abandoned::Stand,
        correction: TimeDelta::hours(6),
    };
    assert_eq!(rules.policy(), policy);
    assert_eq!(Rules::default().policy().correction, TimeDelta::hours(48));
    let again = read(serde_json::to_value(&rules).unwrap()).unwrap();
    assert_eq!(again, rules);

    let many: serde_json::Map<_, _> = (0..=100).map(|n| (n.to_string(), json!(1))).collect();
    for wrong in [
        json!({"exactScore": -1}),
        json!({"exactScore": 100.01}),
        json!({"exactScore": 0.001}),
        json!({"exactScore": "5"}),
        json!({"multipliers": {"Final": 101}}),
        json!({"multipliers": {" ": 1}}),
        json!({"multipliers": many}),
        json!({"counted": "halfTime"}),
        json!({"exact": 5}),
        json!({"correctionHours": 337}),
        json!({"correctionHours": -1}),
        json!({"correctionHours": 0.5}),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn rules_stay_once_a_match_was_settled_by_them() {
    let own = Rules { correction_hours: 6, ..Rules::default() };
    let stored = Rules::default();
    let of = |new: &Rules, is_settled| check_change(&stored, new, is_settled);
    assert_eq!(of(&own, false), Ok(()));
    assert_eq!(of(&Rules::default(), true), Ok(()));
    assert_eq!(of(&own, true), Err(RulesInUse));
    // Points alone do not make a board.
    let chain = Chain::try_from(vec![TieBreak::RightOutcomes]).unwrap();
    let with_chain = check_change(&(own.clone(), Chain::default()), &(own, chain), true);
    assert_eq!(with_chain, Err(RulesInUse));
}

#[test]
fn a_guess_counts_that_was_stored_before_the_kickoff() {
    let kickoff = time("2022-12-18T15:00:00Z");
    let moment = TimeDelta::microseconds(1);
    assert!(guesses::counts(kickoff - moment, kickoff));
    assert!(!guesses::counts(kickoff, kickoff));
    // It was taken in time, and the kickoff was moved to before it.
    assert!(!guesses::counts(kickoff - moment, kickoff - TimeDelta::hours(1)));
}

#[test]
fn a_rounds_name_is_short_and_clean() {
    let longest = "ü".repeat(64);
    for name in ["Final", "Round of 16", longest.as_str()] {
        assert_eq!(Round::parse(name).as_ref().map(Round::as_str), Ok(name));
    }
    let long = "ü".repeat(65);
    for wrong in ["", " ", "Final ", "a\nb", "a\0", long.as_str()] {
        assert!(Round::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn guesses_are_taken_until_kickoff() {
    let kickoff = time("2022-12-18T15:00:00Z");
    let (before, at) = (kickoff - TimeDelta::microseconds(1), kickoff);
    let locked = Err(GuessError::Locked { kickoff });
    for (status, now, expected) in [
        (Status::Scheduled, before, Ok(())),
        (Status::Scheduled, at, locked),
        (Status::Postponed, before, Ok(())),
        (Status::Postponed, at, locked),
        (Status::Live, before, locked),
        (Status::Suspended, before, locked),
        (Status::Ended, before, locked),
        (Status::Ended, at, locked),
        (Status::Abandoned, before, Err(GuessError::Void { status: Status::Abandoned })),
        (Status::Cancelled, before, Err(GuessError::Void { status: Status::Cancelled })),
    ] {
        let about = Match { status, ..Match::scheduled(kickoff) };
        assert_eq!(guesses::check(&about, now), expected, "{status:?} at {now}");
    }
    let closed = GuessError::Locked { kickoff }.to_string();
    assert_eq!(closed, "guesses about this match are closed; its kickoff is 2022-12-18T15:00:00Z");
}

#[test]
fn what_is_likely_to_have_ended_is_asked_about_first() {
    let now = time("2022-12-18T17:00:00Z");
    let candidate = |id: u128, ago: i64| Candidate {
        organization_id: OrganizationId::parse("org_1").unwrap(),
        tournament_id: Uuid::from_u128(1),
        match_id: Uuid::from_u128(id),
        stored: Match::scheduled(now - TimeDelta::minutes(ago)),
    };
    // Minutes since kickoff; 115 is the likely end.
    let of = [(1, 5), (2, 110), (3, 4_000), (4, 115), (5, -5), (7, 125), (6, 125), (8, 105)];
    let candidates: Vec<_> = of.map(|(id, ago)| candidate(id, ago)).into();
    let picked: Vec<_> = pick(candidates, now).iter().map(|of| of.match_id.as_u128()).collect();
    assert_eq!(picked, [4, 2, 6, 7, 8, 1, 3]);
    let many = (0..=1_000).map(|id| candidate(id, 100)).collect();
    assert_eq!(pick(many, now).len(), CANDIDATES_MAX);
}

#[test]
fn keys_are_these() {
    let [tournament, of] = [1, 2].map(Uuid::from_u128);
    assert_eq!(
        verify_key(tournament, of, time("2022-12-18T17:05:00+00:00")),
        "verify:00000000-0000-0000-0000-000000000001:00000000-0000-0000-0000-000000000002:\
         2022-12-18T17:05:00.000Z"
    );
    assert_eq!(
        settlement::settlement_key(of, 3),
        "settlement:00000000-0000-0000-0000-000000000002:3"
    );
}

#[test]
fn names_of_statuses_are_read_back() {
    for status in Status::ALL {
        assert_eq!(Status::from_name(status.name()), Some(status));
        let is_ours = status == Status::Suspended;
        assert_eq!(Status::from_provider(status.name()), (!is_ours).then_some(status));
    }
    for status in EntryStatus::ALL {
        assert_eq!(EntryStatus::from_name(status.name()), Some(status));
        assert_eq!(serde_json::to_value(status).unwrap(), status.name());
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}

proptest! {
    /// Whatever the points are: a guess that fulfils more never gets less, both teams
    /// count alike, and a multiplier multiplies.
    #[test]
    fn awards_are_fair(
        points in prop::array::uniform3(0..=10_000_i64),
        factor in 0..=10_000_i64,
        (of, guess) in (any_score(), any_score()),
    ) {
        let decimal = |hundredths: i64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let [exact, difference, outcome] = points.map(decimal);
        let factor_text = decimal(factor);
        let text = format!(
            r#"{{"exactScore": {exact}, "goalDifference": {difference}, "outcome": {outcome},
                 "multipliers": {{"R": {factor_text}}}}}"#
        );
        let rules: Rules = serde_json::from_str(&text).unwrap();
        let award = |name, of, guess| rules.award(&round(name), MatchResult::of_full_time(of), guess);
        let plain = award("other", of, guess);
        prop_assert!(award("other", of, of).points >= plain.points);
        prop_assert_eq!(plain.points == PointsE4::ZERO || plain.is_right, true);
        let turned = |of: Score| Score::new(i64::from(of.away()), i64::from(of.home())).unwrap();
        prop_assert_eq!(award("other", turned(of), turned(guess)), plain);
        let multiplied = award("R", of, guess);
        prop_assert_eq!(multiplied.points.e4() * 100, plain.points.e4() * factor);
        prop_assert_eq!((multiplied.is_exact, multiplied.is_right), (plain.is_exact, plain.is_right));
        prop_assert!(i64::from(GOALS_MAX) >= i64::from(guess.home()));
    }

    /// Two results have one canonical form if and only if they are one.
    #[test]
    fn canonical_forms_tell_results_apart(
        of in prop::array::uniform2((any_score(), prop::option::of(any_score()), prop::option::of(any_score()))),
    ) {
        let [a, b] = of.map(|(full_time, extra_time, penalties)| {
            MatchResult::new(full_time, extra_time, penalties)
        });
        if let (Ok(a), Ok(b)) = (a, b) {
            prop_assert_eq!(a == b, a.canonical() == b.canonical());
            prop_assert_eq!(a == b, a.hash() == b.hash());
        }
    }
}
