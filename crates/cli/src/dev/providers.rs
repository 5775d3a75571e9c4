//! What is a service outside elsewhere, as one server of this machine: the provider of
//! matches, and a market that trades.

use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use chrono::{DateTime, Utc};
use mauntic_local::web::{Answer, Web};
use mauntic_sim::market::Market;
use mauntic_sim::provider_desk::{Desk, Told};

use super::cup;
use crate::clock;

/// The variables of the queue worker that name it.
pub(super) const VARIABLES: [&str; 3] =
    ["MATCH_PROVIDER_URL", "EXCHANGE_RATE_PROVIDER_URL", "PRICE_PROVIDER_URL"];

/// Starts them, where the first match of the cup began then.
pub(super) fn start(cup_began: DateTime<Utc>) -> anyhow::Result<Web> {
    let desk = Mutex::new(Desk::new(cup::provider(cup_began)?, Market::trading()));
    let web = Web::start(move |asked| {
        let Ok(now) = clock::now() else {
            return Answer { status: 500, ..Answer::default() };
        };
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        let line = (asked.method.as_str(), asked.path.as_str());
        let Told { status, body, after } = desk.answer(line, &asked.body, now);
        Answer { status, body, after, ..Answer::default() }
    });
    web.context("starting the providers")
}
