//! The providers as they answer HTTP.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use mauntic_domain::ids::ProviderTournamentId;
use mauntic_domain::portfolio::Symbol;
use mauntic_domain::portfolio::provider::{parse_quotes, parse_rates};
use mauntic_domain::scoreboard::Status;
use mauntic_domain::scoreboard::provider::{parse_match, parse_matches};
use mauntic_sim::market::Market;
use mauntic_sim::provider::{Provider, world_cup};
use mauntic_sim::provider_desk::Desk;

#[test]
fn it_tells_matches_by_its_own_time_until_something_goes_wrong() {
    let tournament = ProviderTournamentId::parse("wc").unwrap();
    let fixture = world_cup().pop().unwrap();
    let mut provider = Provider::default();
    provider.play(&tournament, &fixture, fixture.kickoff - TimeDelta::days(1));
    let (mut desk, wall) = (Desk::new(provider, Market::default()), DateTime::UNIX_EPOCH);
    let get = |desk: &mut Desk, path: &str| desk.answer(("GET", path), "", wall);
    let path = "/v1/tournaments/wc/matches/2022-64";
    assert_eq!(get(&mut desk, path).status, 404, "1970");
    for (now, status) in
        [("2022-12-18T15:30:00Z", Status::Live), ("2022-12-18T18:00:00Z", Status::Ended)]
    {
        assert_eq!(desk.answer(("PUT", "/now"), now, wall).status, 204);
        let told = get(&mut desk, path);
        assert_eq!(parse_match(&fixture.id, &told.body).unwrap().status, status);
    }
    let list = get(&mut desk, "/tournaments/wc/matches?season=1");
    assert_eq!(parse_matches(&list.body).unwrap().len(), 1);
    for (trouble, status) in
        [("down", 0), ("failing", 503), ("garbage", 200), ("slow", 200), ("refusing", 401)]
    {
        assert_eq!(desk.answer(("PUT", "/trouble"), trouble, wall).status, 204);
        let told = get(&mut desk, path);
        assert_eq!(told.status, status, "{trouble}");
        assert_eq!(told.after > Duration::from_secs(20), trouble == "slow");
    }
    for (asked, status) in [
        (("PUT", "/trouble"), 400),
        (("PUT", "/now"), 400),
        (("POST", path), 405),
        (("GET", "/tournaments/wc"), 404),
        (("GET", "/tournaments/wc/teams"), 404),
        (("GET", "/tournaments/wc/matches/2022-64/goals"), 404),
    ] {
        assert_eq!(desk.answer(asked, "?", wall).status, status, "{asked:?}");
    }
}

#[test]
fn it_tells_rates_and_the_quotes_of_encoded_symbols() {
    let mut desk = Desk::new(Provider::default(), Market::trading());
    let get = |desk: &mut Desk, path: &str| desk.answer(("GET", path), "", DateTime::UNIX_EPOCH);
    let rates = get(&mut desk, "/v1/rates/latest");
    assert!(parse_rates(&rates.body).is_ok(), "{rates:?}");
    let quotes = get(&mut desk, "/quotes?symbols=BRK.B%2C%5EGSPC%2CEURUSD%3DX");
    let symbols = ["BRK.B", "^GSPC", "EURUSD=X"].map(|name| Symbol::parse(name).unwrap());
    assert_eq!(parse_quotes(&symbols.into(), &quotes.body).unwrap().told.len(), 3);
    for path in ["/quotes", "/quotes?symbols=", "/quotes?symbols=a%2", "/rates", "/rates/old"] {
        assert_eq!(get(&mut desk, path).status, 404, "{path}");
    }
}
