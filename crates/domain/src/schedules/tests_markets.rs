//! A deployment's list of markets is read or named wrong by its entry, and a key is one
//! market's alone.

use super::*;

fn read(text: &str) -> Result<Vec<(String, String)>, (usize, MarketCronError)> {
    let shown = |(market, cron): (Market, Cron)| (market.to_string(), cron.as_str().to_owned());
    parse(text).map(|all| all.into_iter().map(shown).collect())
}

#[test]
fn entries_are_markets_and_their_expressions() {
    let pair = |market: &str, cron: &str| (market.to_owned(), cron.to_owned());
    for (text, found) in [
        ("", vec![]),
        (" ;\n; ", vec![]),
        ("XETR=0 3 * * MON-FRI", vec![pair("XETR", "0 3 * * MON-FRI")]),
        (
            "XNYS = 0,30 9 * * *;\n  A_B-1=5/20 * 1-3 * * ;",
            vec![pair("XNYS", "0,30 9 * * *"), pair("A_B-1", "5/20 * 1-3 * *")],
        ),
    ] {
        assert_eq!(read(text), Ok(found), "{text:?}");
    }
}

#[test]
fn the_first_wrong_entry_is_named() {
    let many: Vec<String> = (0..=MARKET_CRONS_MAX).map(|n| format!("M{n}=0 3 * * *")).collect();
    assert_eq!(read(&many[1..].join(";")).unwrap().len(), MARKET_CRONS_MAX);
    for (text, entry, begins) in [
        ("XETR", 1, "must be MARKET=expression"),
        ("XETR 0 3 * * *;", 1, "must be MARKET=expression"),
        ("A=0 3 * * *;xetr=0 3 * * *", 2, "the market must have 1 to 16"),
        ("=0 3 * * *", 1, "the market must have 1 to 16"),
        ("A=", 1, "the expression must be five fields"),
        ("A=0 3 * * *;; B=0 3 * *; C", 2, "the expression must be five fields"),
        ("A=0 3 * * *; B=0 0 30 2 *", 2, "the expression matches no day"),
        ("A=0 3 * * *; B=0 3 * * *; A=0 5 * * *", 3, "names a market that an entry before"),
        (many.join(";").as_str(), 33, "is one too many: at most 32 markets"),
    ] {
        let (nth, error) = read(text).unwrap_err();
        assert_eq!(nth, entry, "{text:?}");
        assert!(error.to_string().starts_with(begins), "{text:?}: {error}");
    }
}

#[test]
fn a_key_is_one_markets() {
    for market in ["XETR", "A_B-1", "0", "ABCDEFGHIJKLMNOP"] {
        let market = Market::parse(market).unwrap();
        let key = market_key(&market);
        assert!(key.len() <= 64, "a row's key has at most 64 characters");
        let (schedule, of) = schedule_of(&key).unwrap();
        assert_eq!((schedule.job_key, of), (OVERNIGHT_JOB_KEY, Some(market)));
    }
    for schedule in REGISTRY {
        assert_eq!(schedule_of(schedule.job_key), Some((schedule, None)));
        assert!(!schedule.job_key.starts_with(MARKET_KEY_PREFIX));
    }
    for none in ["", "overnight-scoring-", "overnight-scoring-XETR", "overnight-scoring-a.b"] {
        assert_eq!(schedule_of(none), None, "{none:?}");
    }
}
