//! Computes a score: which factors apply, what each gives, and what the sum is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::Config;
use super::features::Features;
use super::model::{CLAMP_FACTOR, Category, MODEL, rule};
use super::signals::{SIGNALS_CAP_DEFAULT, SIGNALS_FACTOR};
use crate::gather::{gathered, sort_by};
use crate::points::PointsE4;

/// Largest total; the smallest is zero.
pub const TOTAL_MAX: PointsE4 = PointsE4::whole(100);

/// Totals whose crossing is told, in points; the grades begin at them.
pub const THRESHOLDS: [i64; 4] = [20, 40, 60, 80];

/// How many contributors are named beside a score.
pub const TOP_CONTRIBUTORS: usize = 5;

/// Scores that replace a category's own for one calculation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Context {
    /// Replaces the engagement score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engagement: Option<PointsE4>,
    /// Replaces the fit score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demographic: Option<PointsE4>,
    /// Replaces the intent score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<PointsE4>,
}

impl Context {
    /// The score that replaces `category`'s, if any.
    #[must_use]
    pub const fn replacement(&self, category: Category) -> Option<PointsE4> {
        match category {
            Category::Fit => self.demographic,
            Category::Engagement => self.engagement,
            Category::Intent => self.intent,
        }
    }

    /// Whether it replaces nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What one factor (or one replaced category) gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contribution {
    /// The factor's name, or the category's context name.
    pub factor: String,
    /// The category it counts in.
    pub category: Category,
    /// Points given; may be zero or negative.
    pub points: PointsE4,
}

/// Grade of a total: A ≥ 80, B ≥ 60, C ≥ 40, D ≥ 20, else F.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the letters are the whole meaning")]
pub enum Grade {
    F,
    D,
    C,
    B,
    A,
}

impl Grade {
    /// The grade of a total.
    #[must_use]
    pub fn of(total: PointsE4) -> Self {
        [(80, Self::A), (60, Self::B), (40, Self::C), (20, Self::D)]
            .into_iter()
            .find(|(least, _)| total >= PointsE4::whole(*least))
            .map_or(Self::F, |(_, grade)| grade)
    }

    /// The letter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::F => "F",
        }
    }
}

/// A score, held as the contributions it is the sum of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    contributions: Vec<Contribution>,
}

impl Score {
    /// A score as stored. Contributions are kept sorted by factor.
    #[must_use]
    pub fn from_contributions(mut contributions: Vec<Contribution>) -> Self {
        sort_by(&mut contributions, |a, b| a.factor.cmp(&b.factor));
        Self { contributions }
    }

    /// What was added up, sorted by factor; without the clamp.
    #[must_use]
    pub fn contributions(&self) -> &[Contribution] {
        &self.contributions
    }

    /// Points of one category; not clamped.
    #[must_use]
    pub fn category(&self, category: Category) -> PointsE4 {
        self.contributions.iter().filter(|c| c.category == category).map(|c| c.points).sum()
    }

    /// The sum of all contributions, before the clamp.
    #[must_use]
    pub fn sum(&self) -> PointsE4 {
        self.contributions.iter().map(|c| c.points).sum()
    }

    /// The sum, brought into 0..=100.
    #[must_use]
    pub fn total(&self) -> PointsE4 {
        self.sum().clamp(PointsE4::ZERO, TOTAL_MAX)
    }

    /// What the clamp added ([`CLAMP_FACTOR`]); zero when the sum was inside.
    #[must_use]
    pub fn clamp(&self) -> PointsE4 {
        self.total() - self.sum()
    }

    /// The grade of the total.
    #[must_use]
    pub fn grade(&self) -> Grade {
        Grade::of(self.total())
    }

    /// Tells this score from others by a number: of two scores with one digest
    /// all contributions are the same, but for a chance of 2^-64 (FNV-1a).
    #[must_use]
    pub fn digest(&self) -> i64 {
        let mut digest = Fnv1a::default();
        for of in &self.contributions {
            digest.add(of.factor.as_bytes());
            digest.add(&[0]);
            digest.add(of.category.as_str().as_bytes());
            digest.add(&of.points.e4().to_be_bytes());
        }
        digest.0.cast_signed()
    }

    /// Points by factor; without the clamp.
    #[must_use]
    pub fn components(&self) -> BTreeMap<&str, PointsE4> {
        gathered(self.contributions.iter().map(|c| (c.factor.as_str(), c.points)))
    }

    /// The largest contributions, at most [`TOP_CONTRIBUTORS`], ties by name.
    #[must_use]
    pub fn top_contributors(&self) -> Vec<&Contribution> {
        let mut largest: Vec<&Contribution> = self.contributions.iter().collect();
        sort_by(&mut largest, |a, b| b.points.cmp(&a.points).then_with(|| a.factor.cmp(&b.factor)));
        largest.truncate(TOP_CONTRIBUTORS);
        largest
    }
}

/// The hash of Fowler, Noll and Vo, of 64 bits.
struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv1a {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Scores a contact.
///
/// A factor of the model applies by its rule; the configuration may change its
/// points and category or switch it off. A custom factor applies when the
/// contact has it and the configuration names it; one with the name of a factor
/// of the model is ignored. What the contact's `signals` weigh together is one
/// contribution, up to its cap. A category that `context` replaces has that one
/// contribution in place of its factors.
#[must_use]
pub fn score(features: &Features, config: &Config, context: &Context, signals: PointsE4) -> Score {
    let mut by_factor: BTreeMap<String, (Category, PointsE4)> = BTreeMap::new();
    for rule in MODEL.iter().filter(|rule| (rule.applies)(features)) {
        match config.get(rule.factor) {
            None => by_factor.insert(rule.factor.to_owned(), (rule.category, rule.points)),
            Some(entry) if entry.enabled => {
                by_factor.insert(rule.factor.to_owned(), (entry.category, entry.weight.points()))
            }
            Some(_) => None,
        };
    }
    for (factor, _) in features.custom_factors.iter().filter(|(_, value)| value.applies()) {
        // A name of the model's own cannot be claimed here.
        let own = rule(factor.as_str()).is_none() && factor.as_str() != SIGNALS_FACTOR;
        if let Some(entry) = config.get(factor.as_str()).filter(|entry| own && entry.enabled) {
            by_factor.insert(factor.to_string(), (entry.category, entry.weight.points()));
        }
    }
    if let Some((category, points)) = counted_signals(config, signals) {
        by_factor.insert(SIGNALS_FACTOR.to_owned(), (category, points));
    }
    for category in Category::ALL {
        if let Some(points) = context.replacement(category) {
            by_factor.retain(|_, (of, _)| *of != category);
            by_factor.insert(category.context_factor().to_owned(), (category, points));
        }
    }
    debug_assert!(!by_factor.contains_key(CLAMP_FACTOR));
    let contributions = by_factor
        .into_iter()
        .map(|(factor, (category, points))| Contribution { factor, category, points })
        .collect();
    Score { contributions }
}

/// Where the contribution of signals counts, and the most that it may be: nothing
/// where the configuration switches it off.
#[must_use]
pub fn signals_cap(config: &Config) -> (Category, PointsE4) {
    match config.get(SIGNALS_FACTOR) {
        None => (Category::Intent, SIGNALS_CAP_DEFAULT),
        Some(entry) if entry.enabled => (entry.category, entry.weight.points().max(PointsE4::ZERO)),
        Some(entry) => (entry.category, PointsE4::ZERO),
    }
}

/// What signals add, and where: none where that is nothing.
fn counted_signals(config: &Config, signals: PointsE4) -> Option<(Category, PointsE4)> {
    let (category, cap) = signals_cap(config);
    let counted = signals.min(cap);
    (counted > PointsE4::ZERO).then_some((category, counted))
}
