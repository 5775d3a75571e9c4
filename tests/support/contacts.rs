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
            "seats": numbers.below(3),
            "unnamed": true,
        },
    })
}

/// An organization's configuration; every third organization has none.
pub fn config(numbers: &mut Numbers, organization: u64) -> Value {
    if organization.is_multiple_of(3) {
        return json!([]);
    }
    // From -10.00 to 29.99, by hundredths, so that the text has two decimals.
    let weight = |numbers: &mut Numbers| {
        let hundredths = numbers.below(4_000) as f64 - 1_000.0;
        Value::from(hundredths / 100.0)
    };
    json!([
        {"category": "intent", "factor": "webinar", "weight": weight(numbers), "enabled": true},
        {"category": "fit", "factor": "seats", "weight": weight(numbers), "enabled": numbers.coin()},
        {"category": "engagement", "factor": "has_email", "weight": weight(numbers), "enabled": true},
        {"category": "intent", "factor": "demo_request", "weight": 0, "enabled": numbers.coin()},
    ])
}
