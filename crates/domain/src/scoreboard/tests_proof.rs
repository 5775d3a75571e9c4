//! Whether a match's settlements are what they say, and where a verification stands.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ledger::{Entry, EntryStatus};
use super::proof::{Difference, Mismatch, Part, Settled, SettledRow, check_match};
use super::tests::time;
use super::*;
use crate::audit::{Broken, Walk};
use crate::ids::MemberId;
use crate::points::PointsE4;

const MATCH: Uuid = Uuid::from_u128(7);

fn result(home: i64, away: i64) -> MatchResult {
    MatchResult::of_full_time(Score::new(home, away).unwrap())
}

fn totals(points: i64) -> Totals {
    Totals { points: PointsE4::whole(points), exact_hits: 1, right_outcomes: 1 }
}

fn row(
    seq: i64,
    status: EntryStatus,
    version: i32,
    result: MatchResult,
    previous: Option<i64>,
) -> SettledRow {
    let gives = status == EntryStatus::Applied;
    let (members, change) = if gives { (1, totals(5)) } else { (0, Totals::ZERO) };
    let entry = Entry {
        match_id: MATCH,
        result_version: version,
        status,
        result_hash: result.hash(),
        guesses: members,
        members,
        change,
        previous,
    };
    SettledRow { seq, entry: entry.to_json(), result: result.canonical(), members, sum: change }
}

fn kickoff() -> DateTime<Utc> {
    time("2022-12-18T15:00:00Z")
}

fn ended(of: MatchResult, version: i32) -> Match {
    Match {
        status: Status::Ended,
        result: Some(of),
        result_version: version,
        ended_at: Some(kickoff()),
        ..Match::scheduled(kickoff())
    }
}

/// Applied, failed, corrected, kept.
fn sound() -> Vec<SettledRow> {
    vec![
        row(1, EntryStatus::Applied, 1, result(2, 1), None),
        row(3, EntryStatus::Failed, 2, result(1, 1), None),
        row(4, EntryStatus::Applied, 2, result(1, 1), Some(1)),
        row(9, EntryStatus::Skipped, 4, result(1, 1), Some(4)),
    ]
}

fn kinds(settled: &Settled) -> Vec<(Mismatch, Option<i64>)> {
    settled.differences.iter().map(|of| (of.kind, of.seq)).collect()
}

#[test]
fn settlements_that_are_sound_have_no_differences() {
    let settled = check_match(MATCH, &ended(result(1, 1), 4), 4, &sound());
    let applied = Some((4, result(1, 1)));
    assert_eq!(settled, Settled { applied, is_pending: false, differences: Vec::new() });
    // A newer result that is to be settled yet is no difference.
    let newer = check_match(MATCH, &ended(result(3, 1), 5), 4, &sound());
    assert_eq!((newer.is_pending, newer.differences), (true, Vec::new()));
    let nothing = check_match(MATCH, &Match::scheduled(kickoff()), 0, &[]);
    assert_eq!((nothing.applied, nothing.differences), (None, Vec::new()));
}

#[test]
fn what_was_altered_is_named() {
    type Change = fn(&mut Vec<SettledRow>);
    type Case<'a> = (Change, &'a [(Mismatch, Option<i64>)]);
    #[rustfmt::skip]
    let table: [Case<'_>; 9] = [
        (|rows| rows[0].entry.push(' '),                    &[(Mismatch::EntryForm, Some(1)), (Mismatch::EntryPrevious, Some(4))]),
        (|rows| rows[0].result = result(3, 1).canonical(),  &[(Mismatch::EntryResult, Some(1)), (Mismatch::EntryPrevious, Some(4))]),
        (|rows| rows[0].result = "{}".to_owned(),           &[(Mismatch::EntryResult, Some(1)), (Mismatch::EntryPrevious, Some(4))]),
        (|rows| rows[2].sum = totals(4),                    &[(Mismatch::EntrySum, Some(4))]),
        (|rows| rows[2].members = 2,                        &[(Mismatch::EntrySum, Some(4))]),
        (|rows| rows[1].members = 1,                        &[(Mismatch::EntrySum, Some(3))]),
        (|rows| rows[2] = row(4, EntryStatus::Applied, 2, result(1, 1), None), &[(Mismatch::EntryPrevious, Some(4))]),
        (|rows| rows[2] = row(4, EntryStatus::Applied, 1, result(1, 1), Some(1)), &[(Mismatch::EntryVersion, Some(4))]),
        (|rows| rows[3] = row(9, EntryStatus::Skipped, 4, result(0, 0), Some(4)), &[(Mismatch::EntryResult, Some(9))]),
    ];
    for (at, (change, expected)) in table.into_iter().enumerate() {
        let mut rows = sound();
        change(&mut rows);
        let settled = check_match(MATCH, &ended(result(1, 1), 4), 4, &rows);
        assert_eq!(kinds(&settled), expected, "row {at}");
        assert!(settled.differences.iter().all(|of| of.match_id == Some(MATCH)));
    }
}

#[test]
fn a_match_says_the_same_as_its_ledger() {
    #[rustfmt::skip]
    let table: [(Match, i32, &[Mismatch]); 5] = [
        (ended(result(1, 2), 4), 4, &[Mismatch::MatchResult]),
        (ended(result(1, 2), 3), 3, &[Mismatch::MatchVersion, Mismatch::MatchResult]),
        (ended(result(1, 1), 4), 2, &[Mismatch::MatchVersion]),
        (ended(result(1, 1), 5), 5, &[Mismatch::MatchVersion]),
        (Match::scheduled(kickoff()), 0, &[Mismatch::MatchVersion, Mismatch::MatchResult]),
    ];
    for (stored, settled, expected) in table {
        let settled = check_match(MATCH, &stored, settled, &sound());
        let kinds: Vec<_> = settled.differences.iter().map(|of| of.kind).collect();
        assert_eq!(kinds, expected, "{stored:?}");
    }
    let unsettled = check_match(MATCH, &ended(result(1, 1), 1), 1, &[]);
    assert_eq!(unsettled.differences.len(), 1, "it says that it is settled");
}

#[test]
fn differences_are_for_people_and_programs() {
    let member = MemberId::parse("ada").unwrap();
    let of = proof::MemberTotals { member, stored: Some(totals(5)), expected: None };
    let points = Difference::of_points(MATCH, &of);
    assert_eq!(
        points.to_string(),
        "points, match 00000000-0000-0000-0000-000000000007, member ada: 5 points, 1 exact, 1 \
         right, should be nothing"
    );
    let json = serde_json::to_value(&points).unwrap();
    assert_eq!(json["kind"], "points");
    assert_eq!(json.get("seq"), None);
    assert_eq!(serde_json::from_value::<Difference>(json).unwrap(), points);
    for (broken, text) in [
        (Broken::Gap { expected: 2, found: 3 }, "chain_gap, entry 2: entry 3, should be entry 2"),
        (
            Broken::End { expected: 3, found: 2 },
            "chain_end, entry 3: the end at entry 2, should be the end at entry 3",
        ),
    ] {
        assert_eq!(Difference::of_chain(broken).to_string(), text);
    }
    for kind in [Mismatch::ChainGap, Mismatch::PointsStray, Mismatch::BoardEntry] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}

#[test]
fn a_part_is_a_text_that_is_read_back() {
    let ada = || MemberId::parse("ada:1").unwrap();
    for part in [
        Part::first(),
        Part::Chain(Walk { seq: 7, hash: [9; 32] }),
        Part::Strays,
        Part::Matches(None),
        Part::Matches(Some(MATCH)),
        Part::Points(MATCH, ada()),
        Part::Board(None),
        Part::Board(Some(ada())),
        Part::Histogram,
        Part::Leagues(None),
        Part::Leagues(Some(MATCH)),
        Part::League(MATCH, None),
        Part::League(MATCH, Some(ada())),
        Part::Closing,
    ] {
        assert_eq!(part.to_string().parse(), Ok(part));
    }
    for wrong in [
        "",
        "chain",
        "chain/-1/00",
        "chain/1/",
        "strays/1",
        "matches/7",
        "points/7",
        "board/a b",
        "histogram/",
        "board/ada/bob",
        "Board",
    ] {
        assert!(wrong.parse::<Part>().is_err(), "{wrong:?}");
    }
}
