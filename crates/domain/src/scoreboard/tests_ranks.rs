//! Who stands where: every kind of rank, read whole and from a histogram, against one
//! that counts everybody anew.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::json;

use super::board::{AROUND_MAX, around, rank};
use super::histogram::{HistogramError, moves};
use super::ranks::{Before, Percentile, TIED_COUNTED_MAX};
use super::tests::time;
use super::totals::{MATCHES_MAX, TOTAL_E4_MAX};
use super::*;
use crate::ids::MemberId;
use crate::points::PointsE4;

fn totals(points: i64, exact_hits: i64, right_outcomes: i64) -> Totals {
    Totals { points: PointsE4::whole(points), exact_hits, right_outcomes }
}

fn joined(minutes: i64) -> DateTime<Utc> {
    time("2022-11-01T00:00:00Z") + TimeDelta::minutes(minutes)
}

fn entrant(member: &str, totals: Totals, minutes: i64) -> Entrant {
    Entrant { member: MemberId::parse(member).unwrap(), totals, joined_at: joined(minutes) }
}

/// The number of a rank as it is printed.
fn text(rank: Rank) -> String {
    serde_json::to_string(&rank.number()).unwrap()
}

#[test]
fn kinds_rank_ties_in_their_own_ways() {
    #[rustfmt::skip]
    let table: [(&[i64], Kind, &[&str]); 14] = [
        (&[9, 9, 5],          Kind::Dense,       &["1", "1", "2"]),
        (&[9, 9, 5],          Kind::Competition, &["1", "1", "3"]),
        (&[9, 5, 5],          Kind::Modified,    &["1", "3", "3"]),
        (&[9, 9, 5],          Kind::Ordinal,     &["1", "2", "3"]),
        (&[9, 9, 5],          Kind::Percentile,  &["50", "50", "0"]),
        (&[9, 7, 7, 7, 2, 2], Kind::Dense,       &["1", "2", "2", "2", "3", "3"]),
        (&[9, 7, 7, 7, 2, 2], Kind::Competition, &["1", "2", "2", "2", "5", "5"]),
        (&[9, 7, 7, 7, 2, 2], Kind::Modified,    &["1", "4", "4", "4", "6", "6"]),
        (&[9, 7, 7, 7, 2, 2], Kind::Ordinal,     &["1", "2", "3", "4", "5", "6"]),
        (&[9, 7, 7, 7, 2, 2], Kind::Percentile,  &["100", "40", "40", "40", "0", "0"]),
        (&[9, 8, 7, 6],       Kind::Percentile,  &["100", "66.7", "33.3", "0"]),
        (&[0, 0, 0],          Kind::Percentile,  &["0", "0", "0"]),
        (&[0],                Kind::Percentile,  &["100"]),
        (&[],                 Kind::Dense,       &[]),
    ];
    for (points, kind, expected) in table {
        let names = points.iter().enumerate();
        let entrants =
            names.map(|(n, points)| entrant(&format!("m{n}"), totals(*points, 0, 0), 0)).collect();
        let ranks: Vec<_> = rank(&Chain::default(), kind, entrants)
            .into_iter()
            .map(|(_, rank)| text(rank))
            .collect();
        assert_eq!(ranks, expected, "{points:?} {kind:?}");
    }
}

#[test]
fn a_percentile_is_rounded_to_tenths_a_half_up() {
    #[rustfmt::skip]
    let table = [
        (0, 0, "100"), (0, 9, "0"), (1, 3, "33.3"), (2, 3, "66.7"), (9, 9, "100"),
        (1, 2_000, "0.1"), (1, 2_001, "0"), (999_999, 1_000_000, "100"), (12, 9, "100"),
        (u64::MAX, u64::MAX, "100"), (u64::MAX / 2, u64::MAX, "50"),
    ];
    for (part, whole, expected) in table {
        let share = Percentile::share(part, whole);
        assert_eq!(share.to_string(), expected, "{part} of {whole}");
        assert_eq!(text(Rank::Percentile(share)), expected, "{part} of {whole}");
    }
}

#[test]
fn a_place_among_many_is_counted_only_so_far() {
    let place = Place { members: 100_000, above: 7, above_distinct: 2, tied: 50_000 };
    let ordinal = |found| place.rank(Kind::Ordinal, Before::counted(found));
    assert_eq!(ordinal(0), Rank::Place(8));
    assert_eq!(ordinal(TIED_COUNTED_MAX - 1), Rank::Place(10_007));
    assert_eq!(ordinal(TIED_COUNTED_MAX), Rank::AtLeast(10_008));
    // Whoever stands behind somebody is told the same as alone.
    for found in [0, 7, TIED_COUNTED_MAX - 2, TIED_COUNTED_MAX - 1, TIED_COUNTED_MAX] {
        let alone = Before::counted((found + 1).min(TIED_COUNTED_MAX));
        assert_eq!(Before::counted(found).next(), alone, "{found}");
    }
    assert_eq!(place.rank(Kind::Dense, Before::counted(TIED_COUNTED_MAX)), Rank::Place(3));
}

#[test]
fn a_rank_says_whether_it_was_counted_to_its_end() {
    let third = Percentile::share(1, 3);
    for (rank, expected) in [
        (Rank::Place(10_001), json!({"rank": 10_001})),
        (Rank::AtLeast(10_001), json!({"rank": 10_001, "atLeast": true})),
        (Rank::Percentile(third), json!({"rank": 33.3})),
        (Rank::Percentile(Percentile::ALL), json!({"rank": 100})),
    ] {
        assert_eq!(json!(rank), expected);
        assert_eq!(json!(rank.number()), expected["rank"]);
    }
}

#[test]
fn a_chain_leaves_no_place_open() {
    let entrants = || {
        vec![
            entrant("late", totals(9, 1, 4), 5),
            entrant("b", totals(9, 1, 4), 1),
            entrant("a", totals(9, 1, 4), 1),
            entrant("right", totals(9, 1, 5), 9),
            entrant("exact", totals(9, 2, 2), 9),
            entrant("first", totals(10, 0, 0), 9),
            entrant("B", totals(9, 1, 4), 1),
        ]
    };
    let order = |of: &[TieBreak]| -> Vec<String> {
        let mut entrants = entrants();
        Chain::try_from(of.to_vec()).unwrap().sort(&mut entrants);
        entrants.into_iter().map(|of| of.member.to_string()).collect()
    };
    use TieBreak::{ExactHits, RightOutcomes};
    let by_exact = ["first", "exact", "right", "B", "a", "b", "late"];
    assert_eq!(order(&[ExactHits, RightOutcomes]), by_exact);
    let by_right = ["first", "right", "B", "a", "b", "late", "exact"];
    assert_eq!(order(&[RightOutcomes, ExactHits]), by_right);
    assert_eq!(order(&[]), ["first", "B", "a", "b", "late", "exact", "right"]);

    let chain = |value| serde_json::from_value::<Chain>(value);
    assert_eq!(chain(json!(["exactHits", "rightOutcomes"])).unwrap(), Chain::default());
    assert!(chain(json!(["exactHits", "exactHits"])).is_err());
    assert!(chain(json!(["goals"])).is_err());
}

#[test]
fn the_best_and_the_worst_have_a_standing() {
    let best = Totals {
        points: PointsE4::from_e4(TOTAL_E4_MAX),
        exact_hits: MATCHES_MAX,
        right_outcomes: MATCHES_MAX,
    };
    let chain = Chain::default();
    let less = Totals { right_outcomes: MATCHES_MAX - 1, ..best };
    assert!(chain.standing(best) > i64::MIN + 1, "it is not saturated");
    assert_eq!(chain.standing(less) - chain.standing(best), 1);
    assert_eq!(chain.standing(Totals::ZERO), 0);
}

#[test]
fn around_a_member_are_its_neighbours() {
    let board: Vec<usize> = (0..200).collect();
    #[rustfmt::skip]
    let table = [
        (10,  2,          3,          8..14),
        (0,   2,          3,          0..4),
        (1,   2,          0,          0..2),
        (199, 2,          3,          197..200),
        (50,  0,          0,          50..51),
        (100, usize::MAX, usize::MAX, 100 - AROUND_MAX..101 + AROUND_MAX),
        (200, 2,          3,          0..0),
        (usize::MAX, 1,   1,          0..0),
    ];
    for (at, above, below, expected) in table {
        assert_eq!(around(&board, at, above, below), &board[expected], "{at} {above} {below}");
    }
    assert!(around::<u8>(&[], 0, 1, 1).is_empty());
}

#[test]
fn a_histogram_that_is_not_the_boards_is_found_out() {
    let [none, some] = [0, 5].map(PointsE4::whole);
    let histogram = Histogram::of([none]);
    let two = moves([(Some(none), some), (Some(none), some)]);
    let short = HistogramError { points: none, found: 1, leaving: 2 };
    assert_eq!(histogram.moved(&two), Err(short));
    assert_eq!(
        short.to_string(),
        "the histogram has 1 members with 0 points, and 2 are to leave them"
    );
    assert_eq!(histogram.place(some), None);
}

fn any_board() -> impl Strategy<Value = Vec<Entrant>> {
    // Few different numbers, so that there are many ties.
    let any_totals = (0..6_i64, 0..3_i64, 0..3_i64);
    prop::collection::vec((any_totals, 0..3_i64), 0..40).prop_map(|of| {
        let of = of.into_iter().enumerate();
        of.map(|(n, ((points, exact, right), minutes))| {
            entrant(&format!("m{n}"), totals(points, exact, right), minutes)
        })
        .collect()
    })
}

fn any_chain() -> impl Strategy<Value = Chain> {
    use TieBreak::{ExactHits, RightOutcomes};
    let chains = [
        vec![],
        vec![ExactHits],
        vec![RightOutcomes],
        vec![ExactHits, RightOutcomes],
        vec![RightOutcomes, ExactHits],
    ];
    prop::sample::select(chains.map(|of| Chain::try_from(of).unwrap()).to_vec())
}

/// Counts everybody anew, by the words of each kind; `before` stand ahead.
fn naive(kind: Kind, board: &[Entrant], me: &Entrant, before: usize) -> String {
    let points: Vec<i64> = board.iter().map(|of| of.totals.points.e4()).collect();
    let mine = me.totals.points.e4();
    let more: Vec<i64> = points.iter().copied().filter(|of| *of > mine).collect();
    let distinct: std::collections::BTreeSet<_> = more.iter().collect();
    match kind {
        Kind::Dense => (distinct.len() + 1).to_string(),
        Kind::Competition => (more.len() + 1).to_string(),
        Kind::Modified => points.iter().filter(|of| **of >= mine).count().to_string(),
        Kind::Ordinal => (before + 1).to_string(),
        Kind::Percentile if points.len() == 1 => "100".to_owned(),
        Kind::Percentile => {
            let fewer = points.iter().filter(|of| **of < mine).count();
            // Twentieths of a percent, of which an odd one is rounded up.
            let tenths = (fewer * 2_000 / (points.len() - 1)).div_ceil(2);
            let decimals = format!("{}.{}", tenths / 10, tenths % 10);
            decimals.trim_end_matches(".0").to_owned()
        }
    }
}

proptest! {
    #[test]
    fn ranks_of_every_kind_are_the_naive_ones(board in any_board(), chain in any_chain()) {
        for kind in Kind::ALL {
            let ranked = rank(&chain, kind, board.clone());
            let histogram = Histogram::of(board.iter().map(|of| of.totals.points));
            for (before, (me, rank)) in ranked.iter().enumerate() {
                let expected = naive(kind, &board, me, before);
                prop_assert_eq!(&text(*rank), &expected, "{:?}", kind);
                // From the histogram, and the place among those who are tied.
                let place = histogram.place(me.totals.points).unwrap();
                let before_tied = u64::try_from(before).unwrap() - place.above;
                let found = place.rank(kind, Before::counted(before_tied));
                prop_assert_eq!(&text(found), &expected, "{:?} by histogram", kind);
            }
        }
    }

    /// The order is total and follows from the board alone; the stored number, the
    /// time and the name have it too.
    #[test]
    fn an_order_is_one_whatever_the_order_before(
        (board, shuffled) in any_board().prop_flat_map(|of| (Just(of.clone()), Just(of).prop_shuffle())),
        chain in any_chain(),
    ) {
        let [mut sorted, mut again, mut stored] = [board.clone(), shuffled, board];
        chain.sort(&mut sorted);
        chain.sort(&mut again);
        prop_assert_eq!(&sorted, &again);
        let key = |of: &Entrant| (chain.standing(of.totals), of.joined_at, of.member.clone());
        stored.sort_by_key(key);
        prop_assert_eq!(&sorted, &stored);
        prop_assert!(sorted.is_sorted_by(|a, b| key(a) < key(b)));
    }

    /// A standing changes by what the totals change, weighed.
    #[test]
    fn a_standing_is_linear(
        (a, b) in (any_totals(), any_totals()),
        chain in any_chain(),
    ) {
        prop_assert_eq!(chain.standing(a + b), chain.standing(a) + chain.standing(b));
        prop_assert_eq!(chain.standing(-a), -chain.standing(a));
    }

    /// Moving those who change makes the histogram of the board as it is then, however
    /// the changes are cut into settlements.
    #[test]
    fn moves_make_the_histogram_of_the_new_board(
        steps in prop::collection::vec(prop::collection::vec(0..5_i64, 12), 1..6),
    ) {
        let points = |step: &[i64]| -> Vec<PointsE4> {
            step.iter().map(|points| PointsE4::whole(*points)).collect()
        };
        let joining = points(&steps[0]).into_iter().map(|of| (None, of));
        let mut histogram = Histogram::default().moved(&moves(joining)).unwrap();
        for pair in steps.windows(2) {
            let [from, to] = [&pair[0], &pair[1]].map(|step| points(step));
            let moves = moves(from.into_iter().map(Some).zip(to.iter().copied()));
            prop_assert_eq!(moves.values().sum::<i64>(), 0);
            histogram = histogram.moved(&moves).unwrap();
            prop_assert_eq!(&histogram, &Histogram::of(to));
            prop_assert_eq!(histogram.members(), 12);
        }
    }
}

fn any_totals() -> impl Strategy<Value = Totals> {
    (0..1_000_i64, 0..64_i64, 0..64_i64)
        .prop_map(|(points, exact, right)| totals(points, exact, right))
}
