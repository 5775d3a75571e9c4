//! The providers of exchange rates and of prices, by script: what they say from which time
//! on. A market that trades says something of every symbol, by rule; a script says
//! otherwise.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, Utc};
use mauntic_domain::portfolio::Symbol;
use mauntic_flows::ports::{CallError, Request};
use serde_json::{Value, json};

use crate::provider::{Question, Said, latest};
use crate::rng::mix;

/// Units of each currency for a dollar, while the market trades.
const RATES: [(&str, &str); 5] =
    [("CHF", "0.8812"), ("EUR", "0.9213"), ("GBP", "0.7891"), ("JPY", "151.37"), ("USD", "1")];

/// What symbols are quoted in, by rule.
const QUOTED_IN: [&str; 3] = ["USD", "EUR", "GBP"];

/// The double of both providers.
#[derive(Debug, Default)]
pub struct Market {
    trades: bool,
    rates: BTreeMap<DateTime<Utc>, Said>,
    quotes: BTreeMap<Symbol, BTreeMap<DateTime<Utc>, Option<Value>>>,
    answers: BTreeMap<DateTime<Utc>, Option<Said>>,
    spoilt: BTreeMap<Symbol, Said>,
    asked: Vec<Question>,
}

impl Market {
    /// Of which something is said of every symbol.
    #[must_use]
    pub fn trading() -> Self {
        Self { trades: true, ..Self::default() }
    }

    /// From `since` on it answers this when it is asked for rates.
    pub fn say_rates(&mut self, since: DateTime<Utc>, said: Said) {
        self.rates.insert(since, said);
    }

    /// From `since` on it quotes a symbol so; none leaves it out.
    pub fn say_quote(&mut self, symbol: &Symbol, since: DateTime<Utc>, quote: Option<Value>) {
        self.quotes.entry(symbol.clone()).or_default().insert(since, quote);
    }

    /// From `since` on it answers this whichever symbols it is asked for; none goes by the
    /// symbols again.
    pub fn say_quotes(&mut self, since: DateTime<Utc>, said: Option<Said>) {
        self.answers.insert(since, said);
    }

    /// From now on it refuses every question with this symbol, or no more.
    pub fn refuse(&mut self, symbol: &Symbol, refuses: bool) {
        self.spoil(symbol, refuses.then_some(Said::Refused(400)));
    }

    /// From now on it says this to every question with this symbol, or no more.
    pub fn spoil(&mut self, symbol: &Symbol, said: Option<Said>) {
        match said {
            Some(said) => self.spoilt.insert(symbol.clone(), said),
            None => self.spoilt.remove(symbol),
        };
    }

    /// What was asked so far, answered or not.
    #[must_use]
    pub fn asked(&self) -> &[Question] {
        &self.asked
    }

    /// What it answers at `now`.
    ///
    /// # Errors
    /// As its script has it; 404 for what it does not know.
    pub fn answer(&mut self, request: &Request, now: DateTime<Utc>) -> Result<Vec<u8>, CallError> {
        self.asked.push(Question { at: now, request: request.clone() });
        let said = match request {
            Request::Rates => match latest(&self.rates, now) {
                Some(said) => said.clone(),
                None if self.trades => Said::Json(rates(now)),
                None => Said::Refused(404),
            },
            Request::Quotes { symbols } => {
                let spoilt = symbols.iter().find_map(|symbol| self.spoilt.get(symbol));
                match (latest(&self.answers, now), spoilt) {
                    (Some(Some(said)), _) | (_, Some(said)) => said.clone(),
                    _ => {
                        let quotes = symbols.iter().filter_map(|symbol| self.quote(symbol, now));
                        Said::Json(json!({ "quotes": quotes.collect::<Vec<_>>() }))
                    }
                }
            }
            Request::Alert(_) | Request::Match { .. } | Request::Matches { .. } => {
                Said::Refused(404)
            }
        };
        said.answer(request)
    }

    fn quote(&self, symbol: &Symbol, now: DateTime<Utc>) -> Option<Value> {
        let scripted = self.quotes.get(symbol).and_then(|steps| latest(steps, now));
        scripted.cloned().unwrap_or_else(|| self.trades.then(|| quote(symbol)))
    }
}

/// The rates by rule, as of a moment.
#[must_use]
pub fn rates(as_of: DateTime<Utc>) -> Value {
    let units: BTreeMap<&str, &str> = RATES.into_iter().collect();
    json!({"base": "USD", "asOf": as_of.trunc_subsecs(0), "rates": units})
}

/// A symbol's quote by rule: every number is made of its name, and every fifth symbol has
/// no earnings.
#[must_use]
pub fn quote(symbol: &Symbol) -> Value {
    let hash = symbol.as_str().bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
    let part = |shift: u32, below: u64| (hash >> shift) % below;
    let cents = |shift, below| {
        let value = part(shift, below);
        format!("{}.{:02}", value / 100, value % 100)
    };
    let currency = QUOTED_IN.get(usize::try_from(part(0, 3)).unwrap_or(0));
    let earnings = (part(3, 5) > 0).then(|| cents(5, 4_000));
    json!({
        "symbol": symbol, "currency": currency.unwrap_or(&"USD"),
        "price": cents(8, 90_000), "pe_ratio": earnings.as_ref().map(|_| cents(16, 6_000)),
        "pb_ratio": cents(24, 1_500), "dividend_yield": cents(32, 900),
        "market_cap": (part(40, 900) + 1) * 1_000_000, "revenue": part(44, 70_000) * 1_000,
        "earnings": earnings,
    })
}
