//! Scores told apart by their digests.

use proptest::collection::btree_map;
use proptest::prelude::*;

use super::*;
use crate::points::PointsE4;

fn contribution(factor: &str, category: Category, points: &str) -> Contribution {
    let points = PointsE4::parse(points, 4).unwrap();
    Contribution { factor: factor.to_owned(), category, points }
}

/// Digests may be kept: a build that computes others would find that every score
/// has changed.
#[test]
fn a_digest_is_the_same_in_every_build() {
    let of = [
        contribution("has_email", Category::Fit, "10"),
        contribution("intent_signals", Category::Intent, "12.5"),
        contribution("vip", Category::Engagement, "-0.01"),
    ];
    // FNV-1a by other code over "has_email\0fit" and 100000 as eight bytes, and so on.
    for (count, expected) in [
        (0, -3_750_763_034_362_895_579),
        (1, 138_459_203_106_336_886),
        (2, -1_860_938_326_177_334_409),
        (3, 1_924_605_739_029_154_984),
    ] {
        let score = Score::from_contributions(of[..count].to_vec());
        assert_eq!(score.digest(), expected, "{count} contributions");
    }
}

#[test]
fn parts_of_a_digest_do_not_run_together() {
    let of = |factor: &str, category| {
        Score::from_contributions(vec![contribution(factor, category, "1")]).digest()
    };
    assert_ne!(of("a", Category::Fit), of("afit", Category::Fit));
    assert_ne!(of("afit", Category::Intent), of("a", Category::Intent));
}

fn any_contributions() -> impl Strategy<Value = Vec<Contribution>> {
    btree_map("[a-z_.]{1,6}", (0_usize..3, -2_000_000_i64..2_000_000), 0..10).prop_map(|of| {
        let contribution = |(factor, (category, e4)): (String, (usize, i64))| Contribution {
            factor,
            category: Category::ALL[category],
            points: PointsE4::from_e4(e4),
        };
        of.into_iter().map(contribution).collect()
    })
}

/// One way in which a contribution becomes another.
#[derive(Debug, Clone)]
enum Change {
    Factor(String),
    Category(usize),
    Points(i64),
    Gone,
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        // No factor of the list has a digit.
        "[a-z_.]{0,6}[0-9]".prop_map(Change::Factor),
        (1_usize..3).prop_map(Change::Category),
        prop_oneof![1_i64..200, any::<i64>()].prop_map(Change::Points),
        Just(Change::Gone),
    ]
}

fn changed(mut of: Vec<Contribution>, index: usize, change: Change) -> Vec<Contribution> {
    let one = &mut of[index];
    match change {
        Change::Factor(factor) => one.factor = factor,
        Change::Category(steps) => {
            let now = Category::ALL.iter().position(|category| *category == one.category).unwrap();
            one.category = Category::ALL[(now + steps) % Category::ALL.len()];
        }
        Change::Points(by) => {
            // Not by nothing, and not back to itself.
            one.points =
                PointsE4::from_e4(one.points.e4().wrapping_add(if by == 0 { 1 } else { by }));
        }
        Change::Gone => {
            of.remove(index);
        }
    }
    of
}

proptest! {
    #[test]
    fn equal_scores_have_one_digest(
        (of, shuffled) in any_contributions().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
    ) {
        let (a, b) = (Score::from_contributions(of), Score::from_contributions(shuffled));
        prop_assert_eq!(a.digest(), b.digest());
        prop_assert_eq!(a, b);
    }

    #[test]
    fn one_change_of_a_score_changes_its_digest(
        of in any_contributions(), at in any::<prop::sample::Index>(), change in any_change(),
    ) {
        prop_assume!(!of.is_empty());
        let other = changed(of.clone(), at.index(of.len()), change);
        let (a, b) = (Score::from_contributions(of), Score::from_contributions(other));
        prop_assert_ne!(&a, &b);
        prop_assert_ne!(a.digest(), b.digest());
    }

    #[test]
    fn a_score_has_the_digest_of_what_was_stored_of_it(
        features in tests_any::any_features(), entries in tests_any::any_entries(),
        context in tests_any::any_context(), e4 in 0_i64..1_000_000,
    ) {
        let config = Config::new(entries).unwrap();
        let scored = score(&features, &config, &context, PointsE4::from_e4(e4));
        let stored = Score::from_contributions(scored.contributions().to_vec());
        prop_assert_eq!(scored.digest(), stored.digest());
    }
}
