//! What settlements change, and how their ledger adds up.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::fold::{Drift, LedgerError, Row, drift};
use super::ledger::{from_hex, to_hex};
use super::score::SCORES;
use super::settlement::{Applied, awards, change, decide};
use super::tests::{any_score, result, round, score, time};
use super::*;
use crate::audit::GENESIS;
use crate::ids::MemberId;
use crate::points::PointsE4;

fn member(n: usize) -> MemberId {
    MemberId::parse(format!("m{n}")).unwrap()
}

fn ended(of: &str, result_version: i32) -> Match {
    let kickoff = time("2022-12-18T15:00:00Z");
    let status = Status::Ended;
    Match { status, result: Some(result(of)), result_version, ..Match::scheduled(kickoff) }
}

fn applied(seq: i64, of: &str, result_version: i32) -> Option<Applied> {
    Some(Applied { seq, result_version, result_hash: result(of).hash() })
}

#[test]
fn a_job_settles_what_is_current_or_nothing() {
    use Decision as D;
    let scheduled = Match::scheduled(time("2022-12-18T15:00:00Z"));
    let apply = |of, replaces| D::Apply { result: result(of), replaces };
    let skip = |of, applied| D::Skip { result: result(of), applied };
    #[rustfmt::skip]
    let table = [
        // match,           job, what counts,             decision
        (scheduled,          1,  None,                    D::NotEnded),
        (ended("2:1", 1),    1,  None,                    apply("2:1", None)),
        (ended("2:1", 1),    1,  applied(7, "2:1", 1),    skip("2:1", 7)),
        (ended("2:2", 2),    1,  None,                    D::Superseded { current: 2 }),
        (ended("2:2", 2),    1,  applied(7, "2:1", 1),    D::Superseded { current: 2 }),
        (ended("2:2", 2),    2,  applied(7, "2:1", 1),    apply("2:2", Some(7))),
        // From B back to A is a correction; to what counts already, none.
        (ended("2:1", 3),    3,  applied(9, "2:2", 2),    apply("2:1", Some(9))),
        (ended("2:1", 3),    3,  applied(7, "2:1", 1),    skip("2:1", 7)),
        (ended("2:1", 3),    2,  applied(7, "2:1", 1),    D::Superseded { current: 3 }),
        // The row is older than the job, or than the ledger.
        (ended("2:1", 1),    2,  None,                    D::Ahead { current: 1 }),
        (ended("2:1", 1),    1,  applied(9, "2:2", 2),    D::Ahead { current: 1 }),
        (ended("2:1", 1),    1,  applied(9, "2:2", 1),    D::Ahead { current: 1 }),
    ];
    for (stored, job, counts, expected) in table {
        assert_eq!(decide(&stored, job, counts), expected, "{stored:?} {job} {counts:?}");
    }
}

#[test]
fn a_table_has_every_score_that_earns_something() {
    let earned = awards(&Rules::default(), &round("Final"), result("2:1"));
    let of = |text| earned.get(&score(text)).copied();
    let totals = |points, exact_hits| {
        Some(Totals { points: PointsE4::whole(points), exact_hits, right_outcomes: 1 })
    };
    #[rustfmt::skip]
    let table = [
        ("2:1", totals(5, 1)), ("1:0", totals(3, 0)), ("99:98", totals(3, 0)),
        ("3:0", totals(2, 0)), ("99:0", totals(2, 0)), ("1:1", None), ("0:99", None),
    ];
    for (text, expected) in table {
        assert_eq!(of(text), expected, "{text}");
    }
    // Every win of the home team, and nothing else.
    assert_eq!(earned.len(), 99 * 100 / 2);
    assert_eq!(Score::all().collect::<BTreeSet<_>>().len(), SCORES);
}

#[test]
fn a_correction_changes_the_difference() {
    let of = |before: &str, now: &str, guess: &str| {
        let [before, now] = [before, now]
            .map(|of| awards(&Rules::default(), &round("Final"), result(of)).remove(&score(guess)));
        let Totals { points, exact_hits, right_outcomes } = change(now, before.unwrap_or_default());
        (points.to_string(), exact_hits, right_outcomes)
    };
    #[rustfmt::skip]
    let table = [
        ("0:0", ("3", 0, 1)), ("1:0", ("-3", 0, -1)), ("2:1", ("-5", -1, -1)),
        ("2:2", ("5", 1, 1)), ("0:3", ("0", 0, 0)),
    ];
    for (guess, (points, exact, right)) in table {
        assert_eq!(of("2:1", "2:2", guess), (points.to_owned(), exact, right), "{guess}");
    }
    // Another result with the score that counts already.
    assert_eq!(of("2:2", "2:2 2:2 4:2", "2:2"), ("0".to_owned(), 0, 0));
}

/// Chains are kept: a build that hashes otherwise would find every ledger broken.
/// Expected by other code over the same bytes.
#[test]
fn an_entry_is_hashed_in_this_form() {
    let entry = Entry {
        match_id: Uuid::from_u128(7),
        result_version: 2,
        status: EntryStatus::Applied,
        result_hash: [0; 32],
        guesses: 10,
        members: 3,
        change: Totals { points: PointsE4::from_e4(15_000), exact_hits: -1, right_outcomes: 0 },
        previous: Some(1),
    };
    let zeros = "0".repeat(64);
    let expected = format!(
        "{{\"matchId\":\"00000000-0000-0000-0000-000000000007\",\"resultVersion\":2,\
         \"status\":\"applied\",\"resultHash\":\"{zeros}\",\"guesses\":10,\"members\":3,\
         \"change\":{{\"points\":1.5,\"exactHits\":-1,\"rightOutcomes\":0}},\"previous\":1}}"
    );
    assert_eq!(entry.to_json(), expected);
    assert_eq!(serde_json::from_str::<Entry>(&expected).unwrap(), entry);
    for wrong in ["", "0", &"g".repeat(64), &"A0".repeat(32), &"0".repeat(65)] {
        assert_eq!(from_hex(wrong), None, "{wrong}");
    }
    let hash = result("2:1").hash();
    assert_eq!(from_hex(&to_hex(&hash)), Some(hash));
    let hash = entry.hash(&GENESIS, 2, time("2022-12-18T15:00:00Z"));
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, "3991330e79640fa814cd5887da7ec10334d0813a034f573e1214008d360527af");
}

type Guesses = BTreeMap<MemberId, Score>;

/// A tournament that is settled as a worker would: the double of the tables.
struct Tournament {
    rules: Rules,
    matches: Vec<(Match, Guesses)>,
    ledger: Vec<Row>,
}

impl Tournament {
    fn new(guesses: Vec<Guesses>) -> Self {
        let scheduled = Match::scheduled(time("2022-12-18T15:00:00Z"));
        let matches = guesses.into_iter().map(|guesses| (scheduled, guesses)).collect();
        Self { rules: Rules::default(), matches, ledger: Vec::new() }
    }

    fn end(&mut self, at: usize, full_time: Score) {
        let stored = &mut self.matches[at].0;
        let result = MatchResult::of_full_time(full_time);
        if stored.result != Some(result) {
            stored.status = Status::Ended;
            stored.result = Some(result);
            stored.result_version += 1;
        }
    }

    /// Does the job that was made for a version, and says what became of it.
    fn settle(&mut self, at: usize, version: i32) -> Decision {
        let match_id = Uuid::from_u128(at.try_into().unwrap());
        let (stored, guesses) = &self.matches[at];
        let of_match =
            |row: &&Row| row.entry.match_id == match_id && row.entry.status == EntryStatus::Applied;
        let applied = self.ledger.iter().rfind(of_match).map(|row| Applied {
            seq: row.seq,
            result_version: row.entry.result_version,
            result_hash: row.entry.result_hash,
        });
        let decision = decide(stored, version, applied);
        let (status, previous, points) = match decision {
            Decision::Apply { result, replaces } => {
                let earned = awards(&self.rules, &round("R"), result);
                let points = guesses
                    .iter()
                    .map(|(member, guess)| {
                        let given = self.given(match_id, member);
                        (member.clone(), change(earned.get(guess).copied(), given))
                    })
                    .filter(|(_, change)| *change != Totals::ZERO)
                    .collect();
                (EntryStatus::Applied, replaces, points)
            }
            Decision::Skip { applied, .. } => (EntryStatus::Skipped, Some(applied), Vec::new()),
            Decision::NotEnded | Decision::Ahead { .. } | Decision::Superseded { .. } => {
                return decision;
            }
        };
        let count = |of: usize| i64::try_from(of).unwrap();
        let entry = Entry {
            match_id,
            result_version: stored.result_version,
            status,
            result_hash: stored.result.unwrap().hash(),
            guesses: count(guesses.len()),
            members: count(points.len()),
            change: points.iter().map(|(_, change)| *change).sum(),
            previous,
        };
        self.ledger.push(Row { seq: count(self.ledger.len()) + 1, entry, points });
        decision
    }

    /// What settlements of a match have given to a member.
    fn given(&self, match_id: Uuid, member: &MemberId) -> Totals {
        let of_match = self.ledger.iter().filter(|row| row.entry.match_id == match_id);
        let points = of_match.flat_map(|row| &row.points).filter(|(of, _)| of == member);
        points.map(|(_, change)| *change).sum()
    }

    /// The scoreboard by the results alone, as if each had been the only one.
    fn recomputed(&self) -> Board {
        let mut board = Board::new();
        for (stored, guesses) in &self.matches {
            for (member, guess) in guesses {
                let Some(result) = stored.result else { continue };
                let totals = board.entry(member.clone()).or_default();
                *totals = *totals + self.rules.award(&round("R"), result, *guess).into();
            }
        }
        board
    }
}

#[test]
fn a_to_b_to_a_ends_as_a() {
    let guesses: Guesses = [(0, "2:1"), (1, "2:2"), (2, "1:0"), (3, "0:1")]
        .map(|(n, of)| (member(n), score(of)))
        .into();
    let mut tournament = Tournament::new(vec![guesses]);
    let mut boards = Vec::new();
    for (version, of) in [(1, "2:1"), (2, "2:2"), (3, "2:1")] {
        tournament.end(0, score(of));
        let decision = tournament.settle(0, version);
        assert!(matches!(decision, Decision::Apply { .. }), "{decision:?}");
        // Again, and an older job: nothing is added.
        assert!(matches!(tournament.settle(0, version), Decision::Skip { .. }));
        if version > 1 {
            let older = tournament.settle(0, version - 1);
            assert_eq!(older, Decision::Superseded { current: version });
        }
        boards.push(fold(&tournament.ledger).unwrap());
    }
    assert_eq!(drift(&boards[0], &boards[2]), []);
    assert_eq!(drift(&boards[2], &tournament.recomputed()), []);
    assert_eq!(drift(&boards[1], &boards[2]).len(), 3);
    assert_eq!(boards[2][&member(0)].points, PointsE4::whole(5));
}

#[test]
fn a_ledger_that_contradicts_itself_is_found_out() {
    let guesses: Guesses = [(member(0), score("2:1"))].into();
    let mut tournament = Tournament::new(vec![guesses.clone(), guesses]);
    for (at, version, of) in [(0, 1, "2:1"), (1, 1, "1:0"), (0, 2, "3:3")] {
        tournament.end(at, score(of));
        tournament.settle(at, version);
    }
    let sound = tournament.ledger;
    assert!(fold(&sound).is_ok());
    let broken = |change: fn(&mut Vec<Row>)| {
        let mut rows = sound.clone();
        change(&mut rows);
        fold(&rows).unwrap_err()
    };
    let gap = broken(|rows| drop(rows.remove(1)));
    assert_eq!(gap, LedgerError::Gap { expected: 2, found: 3 });
    assert_eq!(broken(|rows| rows.swap(0, 1)), LedgerError::Gap { expected: 1, found: 2 });
    assert_eq!(broken(|rows| rows[1].points.clear()), LedgerError::Sum { seq: 2 });
    let failed = broken(|rows| rows[1].entry.status = EntryStatus::Failed);
    assert_eq!(failed, LedgerError::Sum { seq: 2 });
    assert_eq!(broken(|rows| rows[2].entry.previous = None), LedgerError::Link { seq: 3 });
    assert_eq!(broken(|rows| rows[2].entry.previous = Some(2)), LedgerError::Link { seq: 3 });
    let version = broken(|rows| rows[2].entry.result_version = 1);
    assert_eq!(version, LedgerError::Version { seq: 3 });
}

#[test]
fn drift_is_told_member_by_member() {
    let totals = |points| Totals { points: PointsE4::whole(points), ..Totals::ZERO };
    let stored: Board = [(member(1), totals(5)), (member(2), totals(0))].into();
    let expected: Board = [(member(1), totals(3)), (member(3), totals(2))].into();
    let [first, second] = [(1, 5, 3), (3, 0, 2)].map(|(n, stored, expected)| Drift {
        member: member(n),
        stored: totals(stored),
        expected: totals(expected),
    });
    assert_eq!(drift(&stored, &expected), [first, second]);
}

fn any_guesses() -> impl Strategy<Value = Vec<Guesses>> {
    let guesses = prop::collection::btree_map(0..8_usize, any_score(), 0..8);
    let named =
        |of: BTreeMap<usize, Score>| of.into_iter().map(|(n, guess)| (member(n), guess)).collect();
    prop::collection::vec(guesses.prop_map(named), 3)
}

proptest! {
    /// I7: whatever ends, is corrected, is settled late, again or in another order, the
    /// fold of the ledger is what the results alone say, once each was settled.
    #[test]
    fn the_fold_is_what_the_results_say(
        guesses in any_guesses(),
        steps in prop::collection::vec((0..3_usize, prop::option::of(any_score()), 0..6_i32), 0..40),
        last in Just([0_usize, 1, 2]).prop_shuffle(),
    ) {
        let mut tournament = Tournament::new(guesses);
        for (at, ends, version) in steps {
            match ends {
                Some(score) => tournament.end(at, score),
                None => drop(tournament.settle(at, version)),
            }
        }
        for at in last {
            let current = tournament.matches[at].0.result_version;
            tournament.settle(at, current);
        }
        let board = fold(&tournament.ledger).unwrap();
        prop_assert_eq!(drift(&board, &tournament.recomputed()), []);
        // A member's points are the sum of the member's entries.
        for (name, totals) in &board {
            let rows = tournament.ledger.iter().flat_map(|row| &row.points);
            let sum: Totals = rows.filter(|(of, _)| of == name).map(|(_, change)| *change).sum();
            prop_assert_eq!(sum, *totals);
        }
    }

    /// Corrections telescope: together they are what the last result earns.
    #[test]
    fn corrections_add_up_to_the_last_result(
        results in prop::collection::vec(any_score(), 1..8),
        guess in any_score(),
    ) {
        let rules = Rules::default();
        let mut sum = Totals::ZERO;
        for full_time in results {
            let now = MatchResult::of_full_time(full_time);
            let earned = awards(&rules, &round("R"), now).remove(&guess);
            sum = sum + change(earned, sum);
            prop_assert_eq!(sum, Totals::from(rules.award(&round("R"), now, guess)));
        }
    }
}
