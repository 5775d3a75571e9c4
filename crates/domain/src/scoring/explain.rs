//! Explains a score: contributions that sum to it exactly, for people and for
//! programs.

use serde::Serialize;

use super::model::{CLAMP_FACTOR, Category, RESERVED_FACTORS, rule};
use super::score::{Grade, Score};
use super::signals::SIGNALS_FACTOR;
use crate::gather::sort_by;
use crate::points::PointsE4;

/// Hundredths of a percent in a whole.
pub const BASIS_POINTS: i64 = 10_000;

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Factor, context name or `clamp_0_100`.
    pub factor: String,
    /// Category; none for the clamp, which belongs to the total.
    pub category: Option<Category>,
    /// Points added to the total.
    pub points: PointsE4,
    /// Short, for people.
    pub label: String,
    /// One sentence, for people.
    pub description: String,
}

/// A category's part of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// The category.
    pub category: Category,
    /// Its points, not clamped.
    pub points: PointsE4,
    /// Its part of the sum of magnitudes, in hundredths of a percent; the
    /// three add up to 10,000, or to 0 when nothing contributed.
    pub share_basis_points: i64,
}

/// How the total moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trend {
    /// `up`, `down`, `unchanged`, or `new` without a previous score.
    pub direction: &'static str,
    /// The last total that differed, if there was one.
    pub previous_total: Option<PointsE4>,
    /// Total minus previous total; zero for a new score.
    pub change: PointsE4,
}

/// A score's explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// One sentence.
    pub summary: String,
    /// The total that the lines sum to.
    pub total_score: PointsE4,
    /// Its grade.
    pub grade: Grade,
    /// Every contribution, the clamp last if it did anything.
    pub contributions: Vec<Line>,
    /// Per category, in a fixed order.
    pub categories: Vec<Share>,
    /// Against the previous score.
    pub trend: Trend,
}

/// Explains `score`, whose last different total was `previous`.
#[must_use]
pub fn explain(score: &Score, previous: Option<PointsE4>) -> Explanation {
    let mut contributions: Vec<Line> =
        score.contributions().iter().map(|c| line(&c.factor, Some(c.category), c.points)).collect();
    if score.clamp() != PointsE4::ZERO {
        contributions.push(line(CLAMP_FACTOR, None, score.clamp()));
    }
    let trend = trend(score.total(), previous);
    Explanation {
        summary: summary(score, &trend),
        total_score: score.total(),
        grade: score.grade(),
        contributions,
        categories: shares(score),
        trend,
    }
}

fn line(factor: &str, category: Option<Category>, points: PointsE4) -> Line {
    let (label, description) = if let Some(rule) = rule(factor) {
        (rule.label.to_owned(), format!("{}: {points} points.", rule.label))
    } else if factor == CLAMP_FACTOR {
        let text = "The sum is brought into the range of 0 to 100 points.";
        ("Kept between 0 and 100".to_owned(), text.to_owned())
    } else if factor == SIGNALS_FACTOR {
        let text =
            format!("Signals of wanting to buy, as far as they have not decayed: {points} points.");
        ("Signals of intent".to_owned(), text)
    } else if RESERVED_FACTORS.contains(&factor) {
        let of = category.map_or("the", Category::as_str);
        let text = format!("The request gave the {of} score; it replaces the factors' own.");
        (format!("Given {of} score"), text)
    } else {
        let text = format!("The organization's own factor {factor} applies: {points} points.");
        (factor.to_owned(), text)
    };
    Line { factor: factor.to_owned(), category, points, label, description }
}

/// Shares by largest remainder, so that they add up to a whole exactly: each
/// is rounded down, and what is missing goes to the largest remainders.
fn shares(score: &Score) -> Vec<Share> {
    let magnitude = |category| score.category(category).e4().abs();
    let whole: i64 = Category::ALL.into_iter().map(magnitude).sum();
    let mut shares: Vec<Share> = Category::ALL
        .into_iter()
        .map(|category| Share {
            category,
            points: score.category(category),
            share_basis_points: (magnitude(category) * BASIS_POINTS)
                .checked_div(whole)
                .unwrap_or(0),
        })
        .collect();
    if whole == 0 {
        return shares;
    }
    let missing = BASIS_POINTS - shares.iter().map(|share| share.share_basis_points).sum::<i64>();
    let mut by_remainder: Vec<&mut Share> = shares.iter_mut().collect();
    let remainder = |share: &Share| magnitude(share.category) * BASIS_POINTS % whole;
    sort_by(&mut by_remainder, |a, b| remainder(b).cmp(&remainder(a)));
    let missing = usize::try_from(missing).unwrap_or(0);
    by_remainder.into_iter().take(missing).for_each(|share| share.share_basis_points += 1);
    shares
}

fn trend(total: PointsE4, previous: Option<PointsE4>) -> Trend {
    let change = previous.map_or(PointsE4::ZERO, |previous| total - previous);
    let direction = match previous {
        None => "new",
        Some(previous) if total > previous => "up",
        Some(previous) if total < previous => "down",
        Some(_) => "unchanged",
    };
    Trend { direction, previous_total: previous, change }
}

fn summary(score: &Score, trend: &Trend) -> String {
    let reason = match score.top_contributors().first() {
        None => "no factor applies".to_owned(),
        Some(top) => format!("mostly by {} ({} points)", top.factor, top.points),
    };
    let moved = match trend.direction {
        "new" => "first score".to_owned(),
        "unchanged" => "unchanged".to_owned(),
        direction => format!("{direction} by {}", PointsE4::from_e4(trend.change.e4().abs())),
    };
    format!("{} points, grade {}: {reason}; {moved}.", score.total(), score.grade().as_str())
}
