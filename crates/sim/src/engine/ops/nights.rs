//! Portfolios, what the market says of their symbols, and the nights that score them.

use chrono::TimeDelta;
use mauntic_domain::ids::{AssetId, PortfolioUserId};
use mauntic_domain::jobs::message::derived_job_id;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{JobType, Queue};
use mauntic_domain::portfolio::{Currency, Market, Symbol};
use mauntic_flows::consume::Body;
use serde_json::{Value, json};
use uuid::Uuid;

use super::deliver::{deliver_of, deliver_twice_of};
use crate::engine::failure::Failed;
use crate::engine::model::Fate;
use crate::engine::world::World;
use crate::market;
use crate::provider::Said;

/// The queue of nights.
const QUEUE: Queue = Queue::OvernightJobs;

/// Users of an organization, assets of a user, and symbols of all: few, so that nights meet.
const USERS: usize = 4;
/// See [`USERS`].
const ASSETS_MAX: usize = 4;
/// See [`USERS`].
const SYMBOLS: usize = 6;

/// What users are scored by, one after the other: the third can be met by nobody, and the
/// last cannot be read.
const CRITERIA: [&str; 4] = [
    r#"[{"id":"a","name":"A","metric":"price","operator":"gt","value":"50","points":10},
        {"id":"b","name":"B","metric":"pe_ratio","operator":"lt","value":"20.5","points":"2.25"}]"#,
    r#"[{"id":"a","name":"A","metric":"earnings","operator":"exists","points":-3}]"#,
    "[]",
    r#"[{"id":"a"}]"#,
];

/// Currencies of users; nobody tells of the last one.
const CURRENCIES: [&str; 4] = ["USD", "EUR", "JPY", "XXX"];

fn symbol(world: &mut World) -> Option<Symbol> {
    Symbol::parse(format!("S{}", world.rng.below(SYMBOLS))).ok()
}

/// Somebody has a portfolio, or another one than before.
pub(super) fn put_portfolio(world: &mut World) -> Failed {
    let (owner, nth) = (world.owner(), world.rng.below(USERS));
    let Ok(name) = PortfolioUserId::parse(format!("u{nth}")) else { return Ok(()) };
    let user = (owner, name);
    // Whoever is scored well mostly stays so.
    let most = if world.rng.chance(200) { CURRENCIES.len() } else { 3 };
    let currency = CURRENCIES.get(world.rng.below(most)).copied().unwrap_or("USD");
    let criteria = if world.rng.chance(200) { CRITERIA.len() } else { 2 };
    let rules = CRITERIA.get(world.rng.below(criteria)).copied().unwrap_or_default();
    let mut assets = Vec::new();
    for nth in 0..world.rng.below(ASSETS_MAX + 1) {
        let market = Market::parse(if world.rng.chance(500) { "M0" } else { "M1" });
        let id = AssetId::parse(format!("a{nth}"));
        if let (Ok(id), Some(symbol), Ok(market)) = (id, symbol(world), market) {
            assets.push((id, symbol, market));
        }
    }
    let is_active = world.rng.chance(900);
    let Ok(currency) = Currency::parse(currency) else { return Ok(()) };
    world.tell(format_args!("  {} {}: {} assets in {currency}", user.0, user.1, assets.len()));
    let store = &world.ports.store;
    store.put_portfolio(&user, &currency, is_active);
    store.put_assets(&user, &assets);
    store.put_criteria(&user, rules);
    Ok(())
}

/// A night by hand, of all or of some markets.
pub(super) fn begin(world: &mut World) -> Failed {
    let data = match world.rng.below(4) {
        0 => json!({"markets": ["M0"]}),
        1 => json!({"markets": ["M1", "NOWHERE"]}),
        _ => json!({}),
    };
    send(world, JobType::OvernightStart, &data);
    Ok(())
}

/// A night over again, for those whom it did not score.
pub(super) fn repeat(world: &mut World) -> Failed {
    let nights: Vec<Uuid> =
        world.ports.store.look(|state| state.portfolios().nights.keys().copied().collect());
    let nth = world.rng.below(nights.len());
    if let Some(night) = nights.get(nth) {
        send(world, JobType::OvernightStart, &json!({ "retryOf": night }));
    }
    Ok(())
}

fn send(world: &mut World, of: JobType, data: &Value) {
    let body = json!({"type": of.name(), "data": data}).to_string();
    let id = world.ports.queues.put(Origin::Jobs(QUEUE), Body::Text(body));
    let fate = Fate::Job { id: derived_job_id(QUEUE, &id), key: None };
    world.model.sent.insert((QUEUE, id), fate);
}

/// What is told of rates and of a symbol changes.
pub(super) fn trade(world: &mut World) -> Failed {
    let now = world.now();
    let said = match world.rng.below(6) {
        0 => Said::Unreachable,
        1 => Said::Garbage(b"<html>".to_vec()),
        2 => Said::Json(market::rates(now - TimeDelta::days(2))),
        _ => Said::Json(market::rates(now)),
    };
    let symbol = symbol(world);
    let quote = symbol.as_ref().filter(|_| world.rng.chance(800)).map(market::quote);
    let refuses = world.rng.chance(100);
    let mut market = world.ports.outside.market();
    market.say_rates(now, said);
    if let Some(symbol) = symbol {
        market.say_quote(&symbol, now, quote);
        market.refuse(&symbol, refuses);
    }
    Ok(())
}

pub(super) fn deliver(world: &mut World) -> Failed {
    deliver_of(world, Origin::Jobs(QUEUE))
}

pub(super) fn deliver_twice(world: &mut World) -> Failed {
    deliver_twice_of(world, QUEUE)
}
