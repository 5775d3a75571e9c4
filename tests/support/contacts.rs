//! Generated contacts: the same every time, spread over the whole model.

use serde_json::{Value, json};

/// A generator of numbers (xorshift64*), so that a seed names a whole test.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// From a seed other than zero.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) % bound
    }

    fn pick(&mut self, values: &[&str]) -> Value {
        let index = self.below(values.len() as u64 + 1);
        usize::try_from(index).ok().and_then(|i| values.get(i)).map_or(Value::Null, |v| json!(v))
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 1
    }
}

/// One contact's features document.
pub fn features(numbers: &mut Numbers) -> Value {
    json!({
        "hasEmail": numbers.coin(),
        "hasPhone": numbers.coin(),
        "hasDirectPhone": numbers.coin(),
        "companySize": numbers.pick(&["smb", "mid", "enterprise"]),
        "seniority": numbers.pick(&["c_level", "vp", "director", "manager", "individual"]),
        "engagementLevel": numbers.pick(&["low", "medium", "high"]),
        "contentDownloads": numbers.below(3),
        "pricingPageVisit": numbers.coin(),
        "demoRequest": numbers.coin(),
        "freeTrialSignup": numbers.coin(),
        "customFactors": {
            "webinar": numbers.coin(),
            "newsletter": numbers.coin(),
            "seats": numbers.below(3),
            "visits": numbers.below(3) as f64 / 2.0 - 0.5,
            "unnamed": true,
        },
    })
}

/// Factors that an organization may have an entry for, its own and the model's.
const CONFIGURED: [(&str, &str); 9] = [
    ("intent", "webinar"),
    ("engagement", "newsletter"),
    ("fit", "seats"),
    ("fit", "visits"),
    ("engagement", "has_email"),
    ("intent", "has_phone"),
    ("fit", "content_download"),
    ("intent", "demo_request"),
    ("engagement", "pricing_page"),
];

/// An organization's configuration; every third organization has none.
pub fn config(numbers: &mut Numbers, organization: u64) -> Value {
    if organization.is_multiple_of(3) {
        return json!([]);
    }
    let mut entry = |(category, factor)| {
        let mut entry = json!({"category": category, "factor": factor, "weight": weight(numbers)});
        // Without a word it is on.
        if numbers.coin() {
            entry["enabled"] = numbers.coin().into();
        }
        entry
    };
    CONFIGURED.into_iter().map(&mut entry).collect()
}

/// Where scores differ by a hair is where they go wrong: a quarter is nothing,
/// half is as much as other factors give, and only the rest is arbitrary.
fn weight(numbers: &mut Numbers) -> Value {
    match numbers.below(4) {
        0 => json!(0),
        1 | 2 => json!(10 + 5 * numbers.below(3)),
        // From -10.00 to 29.99, by hundredths, so that the text has two decimals.
        _ => Value::from((numbers.below(4_000) as f64 - 1_000.0) / 100.0),
    }
}

/// A context that replaces at least one category.
pub fn context(numbers: &mut Numbers) -> Value {
    let mut context = json!({});
    let sure = numbers.below(3);
    for (n, field) in (0..).zip(["demographic", "engagement", "intent"]) {
        match numbers.below(4) {
            0 if n != sure => continue,
            1 if n != sure => context[field] = Value::Null,
            0 => context[field] = json!(0),
            1 => context[field] = json!(15),
            // From -50 to 149.9999 points: beyond both ends of a total.
            _ => {
                let e4 = numbers.below(2_000_000) as f64 - 500_000.0;
                context[field] = Value::from(e4 / 10_000.0);
            }
        }
    }
    context
}
