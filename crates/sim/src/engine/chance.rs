//! Random content.

use mauntic_domain::ids::FactorName;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::features::{CompanySize, CustomValue, EngagementLevel, Seniority};
use mauntic_domain::scoring::{Category, Config, ConfigEntry, Context, Features, Weight};

use crate::rng::Rng;

fn one_of<T: Copy, const N: usize>(rng: &mut Rng, all: [T; N]) -> Option<T> {
    // One more than there are: none of them.
    all.get(rng.below(N + 1)).copied()
}

fn factor(name: &str) -> Option<FactorName> {
    FactorName::parse(name).ok()
}

/// Features of a contact.
pub(super) fn features(rng: &mut Rng) -> Features {
    let mut features = Features {
        has_email: rng.chance(500),
        has_phone: rng.chance(500),
        has_direct_phone: rng.chance(500),
        company_size: one_of(rng, [CompanySize::Smb, CompanySize::Mid, CompanySize::Enterprise]),
        seniority: one_of(
            rng,
            [Seniority::CLevel, Seniority::Vp, Seniority::Director, Seniority::Individual],
        ),
        engagement_level: one_of(
            rng,
            [EngagementLevel::Low, EngagementLevel::Medium, EngagementLevel::High],
        ),
        content_downloads: rng.next_u32() % 4,
        pricing_page_visit: rng.chance(500),
        demo_request: rng.chance(300),
        free_trial_signup: rng.chance(300),
        ..Features::default()
    };
    if let Some(name) = factor("event").filter(|_| rng.chance(300)) {
        features.custom_factors.insert(name, CustomValue::Flag(true));
    }
    features
}

/// An organization's configuration.
pub(super) fn config(rng: &mut Rng) -> Config {
    let entries = ["hasEmail", "demoRequest", "event"].iter().filter_map(|name| {
        Some(ConfigEntry {
            category: one_of(rng, [Category::Fit, Category::Intent])
                .unwrap_or(Category::Engagement),
            factor: factor(name)?,
            weight: Weight::from_e4(i64::from(rng.next_u32() % 40) * 10_000),
            enabled: rng.chance(800),
        })
    });
    Config::new(entries.collect()).unwrap_or_default()
}

/// Scores that replace a category's own.
pub(super) fn context(rng: &mut Rng) -> Context {
    let points = |rng: &mut Rng| PointsE4::whole(i64::from(rng.next_u32() % 60));
    Context {
        engagement: Some(points(rng)),
        demographic: rng.chance(300).then(|| points(rng)),
        intent: rng.chance(300).then(|| points(rng)),
    }
}
