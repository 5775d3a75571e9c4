//! The model's table restated row by row, and its laws as properties.

use proptest::collection::vec;
use proptest::prelude::*;

use super::tests_any::*;
use super::*;
use crate::points::PointsE4;

fn features(json: &str) -> Features {
    serde_json::from_str(json).unwrap()
}

fn config(json: &str) -> Config {
    Config::new(serde_json::from_str(json).unwrap()).unwrap()
}

#[test]
fn every_row_of_the_table() {
    #[rustfmt::skip]
    let rows = [
        (r#"{}"#,                                 "0",  "F", r#"{}"#),
        (r#"{"hasEmail":true}"#,                  "10", "F", r#"{"has_email":10}"#),
        (r#"{"hasPhone":true}"#,                  "15", "F", r#"{"has_phone":15}"#),
        (r#"{"hasDirectPhone":true}"#,            "10", "F", r#"{"has_direct_phone":10}"#),
        (r#"{"companySize":"smb"}"#,              "5",  "F", r#"{"company_size_smb":5}"#),
        (r#"{"companySize":"mid"}"#,              "10", "F", r#"{"company_size_mid":10}"#),
        (r#"{"companySize":"enterprise"}"#,       "15", "F", r#"{"company_size_enterprise":15}"#),
        (r#"{"seniority":"c_level"}"#,            "20", "D", r#"{"seniority_c_level":20}"#),
        (r#"{"seniority":"vp"}"#,                 "15", "F", r#"{"seniority_vp":15}"#),
        (r#"{"seniority":"director"}"#,           "10", "F", r#"{"seniority_director":10}"#),
        (r#"{"seniority":"manager"}"#,            "5",  "F", r#"{"seniority_manager":5}"#),
        (r#"{"seniority":"individual"}"#,         "0",  "F", r#"{}"#),
        (r#"{"engagementLevel":"high"}"#,         "15", "F", r#"{"high_engagement":15}"#),
        (r#"{"engagementLevel":"medium"}"#,       "10", "F", r#"{"medium_engagement":10}"#),
        (r#"{"engagementLevel":"low"}"#,          "0",  "F", r#"{}"#),
        (r#"{"contentDownloads":3}"#,             "10", "F", r#"{"content_download":10}"#),
        (r#"{"pricingPageVisit":true}"#,          "20", "D", r#"{"pricing_page":20}"#),
        (r#"{"demoRequest":true}"#,               "30", "D", r#"{"demo_request":30}"#),
        (r#"{"freeTrialSignup":true}"#,           "25", "D", r#"{"free_trial":25}"#),
        (r#"{"customFactors":{"vip":true}}"#,     "0",  "F", r#"{}"#),
    ];
    for (json, total, grade, components) in rows {
        let scored =
            score(&features(json), &Config::default(), &Context::default(), PointsE4::ZERO);
        assert_eq!(scored.total().to_string(), total, "{json}");
        assert_eq!(scored.grade().as_str(), grade, "{json}");
        assert_eq!(serde_json::to_string(&scored.components()).unwrap(), components, "{json}");
    }
}

#[test]
fn configuration_overrides_switches_off_and_adds() {
    let all = features(
        r#"{"hasEmail":true,"demoRequest":true,"customFactors":{"vip":true,"seats":0.5,"off":0,"none":-1}}"#,
    );
    let config = config(
        r#"[{"category":"intent","factor":"has_email","weight":12.35},
            {"category":"intent","factor":"demo_request","weight":99,"enabled":false},
            {"category":"engagement","factor":"vip","weight":0},
            {"category":"fit","factor":"seats","weight":-2.5},
            {"category":"fit","factor":"off","weight":7},
            {"category":"fit","factor":"none","weight":7}]"#,
    );
    let scored = score(&all, &config, &Context::default(), PointsE4::ZERO);
    let components = serde_json::to_string(&scored.components()).unwrap();
    assert_eq!(components, r#"{"has_email":12.35,"seats":-2.5,"vip":0}"#);
    assert_eq!(scored.category(Category::Intent).to_string(), "12.35");
    assert_eq!(scored.total().to_string(), "9.85");
}

#[test]
fn a_custom_factor_cannot_pass_for_one_of_the_model() {
    let claimed = features(r#"{"customFactors":{"demo_request":true}}"#);
    let config = config(r#"[{"category":"intent","factor":"demo_request","weight":40}]"#);
    assert_eq!(
        score(&claimed, &config, &Context::default(), PointsE4::ZERO).total(),
        PointsE4::ZERO
    );
}

#[test]
fn a_context_replaces_its_category_and_is_a_contribution() {
    let some = features(r#"{"hasEmail":true,"engagementLevel":"high","pricingPageVisit":true}"#);
    let context: Context = serde_json::from_str(r#"{"engagement":70.5,"demographic":0}"#).unwrap();
    let scored = score(&some, &Config::default(), &context, PointsE4::ZERO);
    let components = serde_json::to_string(&scored.components()).unwrap();
    assert_eq!(
        components,
        r#"{"context_demographic":0,"context_engagement":70.5,"pricing_page":20}"#
    );
    assert_eq!(scored.total().to_string(), "90.5");
}

#[test]
fn the_clamp_is_a_contribution_of_its_own() {
    let rich = features(
        r#"{"hasEmail":true,"hasPhone":true,"hasDirectPhone":true,"companySize":"enterprise",
            "seniority":"c_level","engagementLevel":"high","contentDownloads":1,
            "pricingPageVisit":true,"demoRequest":true,"freeTrialSignup":true}"#,
    );
    let scored = score(&rich, &Config::default(), &Context::default(), PointsE4::ZERO);
    assert_eq!(
        (scored.sum().to_string(), scored.clamp().to_string()),
        ("170".into(), "-70".into())
    );
    let explained = explain(&scored, Some(PointsE4::whole(90)));
    assert_eq!(explained.contributions.last().unwrap().factor, "clamp_0_100");
    assert_eq!((explained.trend.direction, explained.trend.change), ("up", PointsE4::whole(10)));
    let top: Vec<_> = scored.top_contributors().iter().map(|c| c.factor.as_str()).collect();
    assert_eq!(
        top,
        [
            "demo_request",
            "free_trial",
            "pricing_page",
            "seniority_c_level",
            "company_size_enterprise"
        ]
    );
}

#[test]
fn a_bad_configuration_is_refused() {
    let entries = |json| Config::new(serde_json::from_str(json).unwrap()).map(|_| ());
    let twice = r#"[{"category":"fit","factor":"x","weight":1},{"category":"intent","factor":"x","weight":2}]"#;
    assert!(matches!(entries(twice), Err(ConfigError::DuplicateFactor { index: 1, .. })));
    let reserved = r#"[{"category":"fit","factor":"clamp_0_100","weight":1}]"#;
    assert!(matches!(entries(reserved), Err(ConfigError::ReservedFactor { index: 0, .. })));
    assert!(
        serde_json::from_str::<ConfigEntry>(r#"{"category":"fit","factor":"x","weight":1.005}"#)
            .is_err()
    );
    assert!(
        serde_json::from_str::<ConfigEntry>(r#"{"category":"fat","factor":"x","weight":1}"#)
            .is_err()
    );
}

proptest! {
    #[test]
    fn the_explanation_sums_to_the_total(
        features in any_features(), entries in any_entries(), context in any_context(),
        signals in any_signals(), as_of in any_instant(),
    ) {
        let weighed = signals::sum(&signals, as_of);
        let scored = score(&features, &Config::new(entries).unwrap(), &context, weighed);
        let explained = explain(&scored, None);
        let lines: PointsE4 = explained.contributions.iter().map(|line| line.points).sum();
        prop_assert_eq!(lines, scored.total());
        let contributions: PointsE4 = scored.contributions().iter().map(|c| c.points).sum();
        prop_assert_eq!(contributions.clamp(PointsE4::ZERO, PointsE4::whole(100)), scored.total());
        let categories: PointsE4 = Category::ALL.into_iter().map(|c| scored.category(c)).sum();
        prop_assert_eq!(categories, scored.sum());
        let shares: i64 = explained.categories.iter().map(|share| share.share_basis_points).sum();
        prop_assert!(shares == 10_000 || (shares == 0 && Category::ALL.into_iter().all(|c| scored.category(c) == PointsE4::ZERO)));
    }

    #[test]
    fn order_of_configuration_and_features_does_not_matter(
        features in any_features(),
        (entries, shuffled) in any_entries().prop_flat_map(|e| (Just(e.clone()), Just(e).prop_shuffle())),
        weighed in (0_i64..100_000_000).prop_map(PointsE4::from_e4),
    ) {
        let context = Context::default();
        let (a, b) = (Config::new(entries).unwrap(), Config::new(shuffled).unwrap());
        let document = serde_json::to_value(&features).unwrap();
        let backwards: Vec<String> = document.as_object().unwrap().iter().rev()
            .map(|(name, value)| format!("{}:{value}", serde_json::to_string(name).unwrap())).collect();
        let reread: Features = serde_json::from_str(&format!("{{{}}}", backwards.join(","))).unwrap();
        prop_assert_eq!(score(&features, &a, &context, weighed), score(&reread, &b, &context, weighed));
    }

    #[test]
    fn grades_are_monotone(totals in vec(0_i64..=1_000_000, 2..20)) {
        let mut totals: Vec<_> = totals.into_iter().map(PointsE4::from_e4).collect();
        totals.sort();
        prop_assert!(totals.windows(2).all(|pair| Grade::of(pair[0]) <= Grade::of(pair[1])));
    }

    #[test]
    fn a_stored_score_is_the_same_score(
        features in any_features(), entries in any_entries(),
        weighed in (0_i64..100_000_000).prop_map(PointsE4::from_e4),
    ) {
        let scored = score(&features, &Config::new(entries).unwrap(), &Context::default(), weighed);
        let stored = serde_json::to_string(scored.contributions()).unwrap();
        let read: Vec<Contribution> = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(Score::from_contributions(read), scored);
    }
}
