//! The providers of exchange rates and prices, by script.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta};
use mauntic_domain::portfolio::Symbol;
use mauntic_domain::portfolio::provider::{parse_quotes, parse_rates};
use mauntic_flows::ports::{CallError, Request};
use mauntic_sim::market::Market;
use mauntic_sim::provider::Said;

fn symbol(name: &str) -> Symbol {
    Symbol::parse(name).unwrap()
}

fn ask(market: &mut Market, names: &[&str], minute: i64) -> Result<Vec<u8>, CallError> {
    let symbols = names.iter().map(|name| symbol(name)).collect();
    let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
    market.answer(&Request::Quotes { symbols }, now)
}

#[test]
fn a_market_that_trades_quotes_every_symbol_until_told_otherwise() {
    let mut market = Market::trading();
    let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
    let names = ["AAPL", "BRK.B", "^GSPC"];
    let asked = BTreeSet::from(names.map(symbol));
    let quoted = |body: &[u8]| {
        let told = parse_quotes(&asked, body).unwrap();
        assert_eq!(told.left_out, []);
        told.told.len()
    };
    assert_eq!(quoted(&ask(&mut market, &names, 0).unwrap()), 3);
    market.say_quote(&symbol(names[0]), at(5), None);
    market.say_quotes(at(10), Some(Said::Unreachable));
    market.say_quotes(at(20), None);
    assert_eq!(quoted(&ask(&mut market, &names, 5).unwrap()), 2);
    let failed = ask(&mut market, &names, 19);
    assert!(matches!(failed, Err(CallError::Failed { .. })), "{failed:?}");
    assert_eq!(quoted(&ask(&mut market, &names, 20).unwrap()), 2);
    market.refuse(&symbol(names[1]), true);
    assert_eq!(ask(&mut market, &names, 20), Err(CallError::Refused { status: 400 }));
    assert_eq!(quoted(&ask(&mut market, &names[2..], 20).unwrap()), 1);
    market.refuse(&symbol(names[1]), false);
    let rates = market.answer(&Request::Rates, at(30)).unwrap();
    assert_eq!(parse_rates(&rates).unwrap().told.as_of, at(30));
    market.say_rates(at(31), Said::Refused(401));
    let refused = market.answer(&Request::Rates, at(31));
    assert_eq!(refused, Err(CallError::Refused { status: 401 }));
    assert_eq!(market.asked().len(), 8);
}

#[test]
fn one_of_which_nothing_is_said_quotes_nothing() {
    let mut market = Market::default();
    let body = ask(&mut market, &["AAPL"], 0).unwrap();
    assert_eq!(body, br#"{"quotes":[]}"#);
    let refused = market.answer(&Request::Rates, DateTime::UNIX_EPOCH);
    assert_eq!(refused, Err(CallError::Refused { status: 404 }));
}
