//! Nights: a step is done once, users are decided once and chunks counted once, whoever
//! repeats what.

use mauntic_domain::jobs::JobType;
use mauntic_domain::overnight::{NightStatus, Step};
use mauntic_domain::portfolio::UserFate;
use mauntic_flows::ports::{
    Committed, Effect, EffectStore, JobKey, JobStore, NightChunk, NightQuotes, NightRates,
    NightStore, NightWrite, PortError,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::effect;
use super::given_nights::{NIGHTS, currency, market, quote, rates, symbol, user};
use crate::portfolio_tables::PortfolioSubject;
use crate::subject::World;

on_both! {
    a_night_is_read_with_its_checkpoints
    a_step_is_written_once
    without_a_night_there_is_no_step
    all_active_users_are_taken_in_chunks
    a_market_takes_who_has_something_there
    no_more_users_than_the_most_are_taken
    symbols_are_due_once_and_in_their_order
    a_chunk_reads_what_its_users_are_scored_by
    a_chunk_is_scored_and_counted_once
    who_cannot_be_scored_is_told_so
    what_came_after_the_listing_is_left_out
    a_lost_fence_writes_nothing_of_a_night
    the_last_chunk_has_the_night_end
    the_totals_are_those_of_the_rows
    an_end_is_written_over
    rates_of_earlier_nights_are_found
    there_is_no_night_of_other_runs
}

const NIGHT: Uuid = NIGHTS[0];

async fn a_night_is_read_with_its_checkpoints<S: PortfolioSubject>(mut world: World<S>) {
    world.write_night(world.beginning(NIGHT, NIGHT, &["XNYS", "XETR"])).await;
    world.advance(3).await;
    let rates = NightRates { run_id: NIGHT, rates: rates(world.subject.now()), took: world.took() };
    world.advance(2).await;
    world.write_night(NightWrite::Rates(rates)).await;
    let night = world.queue.night(NIGHT).await.unwrap().unwrap();
    assert_eq!((night.status, night.inputs_of), (NightStatus::Started, NIGHT));
    assert_eq!(night.markets, [market("XNYS"), market("XETR")]);
    assert_eq!(night.correlation_id, format!("night-{NIGHT}"));
    assert!(!night.is_retry());
    let steps: Vec<_> = night.steps.iter().map(|done| (done.step, done.took_ms)).collect();
    assert_eq!(steps, [(Step::SetUp, 0), (Step::ExchangeRates, 2_000)]);
    assert_eq!(night.done(Step::SetUp).unwrap().summary, json!({"said": "so"}));
    assert_eq!(night.done(Step::Users), None);
}

async fn a_step_is_written_once<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["XNYS:AAA"]).await;
    world.night_of(NIGHT, &[("AAA", "11")]).await;
    let before = world.dump().await["portfolios"].clone();
    world.investor(&user("org_1", "bob"), &["XNYS:BBB"]).await;
    let others = rates(world.subject.now());
    let others = NightRates { run_id: NIGHT, rates: others, took: world.took() };
    let told = [(symbol("AAA"), quote("12"))].into();
    let asked = vec![symbol("AAA")];
    let quotes = NightQuotes { run_id: NIGHT, asked, quotes: told, took: Some(world.took()) };
    for write in [
        world.beginning(NIGHT, NIGHTS[1], &["XETR"]),
        NightWrite::Rates(others),
        world.planning(NIGHT, 100, 1),
        NightWrite::Quotes(quotes),
    ] {
        assert!(matches!(world.write_night(write).await, Committed::Done { .. }));
    }
    let after = world.dump().await["portfolios"].clone();
    for table in ["nights", "steps", "rates", "prices", "night_users"] {
        assert_eq!(after[table], before[table], "{table}");
    }
}

async fn without_a_night_there_is_no_step<S: PortfolioSubject>(mut world: World<S>) {
    let write = NightRates { run_id: NIGHT, rates: rates(world.subject.now()), took: world.took() };
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let nights = vec![NightWrite::Rates(write)];
    let whole = Effect { nights, ..effect(world.subject.now(), &[&held]) };
    let error = world.queue.commit(&whole).await.unwrap_err();
    assert!(matches!(error, PortError::Refused { .. }), "{error}");
}

async fn all_active_users_are_taken_in_chunks<S: PortfolioSubject>(mut world: World<S>) {
    for name in ["ada", "bob", "cy"] {
        world.investor(&user("org_1", name), &["XNYS:AAA", "XNYS:BBB"]).await;
    }
    world.investor(&user("org_2", "ada"), &["XETR:CCC"]).await;
    world.investor(&user("org_2", "eve"), &[]).await;
    let away = user("org_1", "away");
    world.investor(&away, &["XNYS:DDD"]).await;
    world.subject.put_portfolio(&away, &currency("USD"), false).await;
    world.begin(NIGHT, NIGHT, &[]).await;
    world.write_night(world.planning(NIGHT, 100, 2)).await;
    let users = world.columns("night_users", &["organization_id", "user_id", "chunk"]).await;
    let expected = json!([
        ["org_1", "ada", 0],
        ["org_1", "bob", 0],
        ["org_1", "cy", 1],
        ["org_2", "ada", 1],
        ["org_2", "eve", 2]
    ]);
    assert_eq!(users, expected);
    assert_eq!(world.columns("prices", &["symbol"]).await, json!([["AAA"], ["BBB"], ["CCC"]]));
    let night = world.queue.night(NIGHT).await.unwrap().unwrap();
    assert_eq!((night.chunks_total, night.chunks_done), (3, 0));
    let summary = &night.done(Step::Users).unwrap().summary;
    assert_eq!(
        *summary,
        json!({"users": 5, "chunks": 3, "symbols": 3, "leftOut": 0, "unreadable": 0})
    );
}

async fn a_market_takes_who_has_something_there<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["XNYS:AAA"]).await;
    world.investor(&user("org_1", "bob"), &["XNYS:AAA", "XETR:BBB"]).await;
    world.investor(&user("org_1", "cy"), &[]).await;
    let away = user("org_2", "away");
    world.investor(&away, &["XAMS:CCC"]).await;
    world.subject.put_portfolio(&away, &currency("USD"), false).await;
    let markets = ["XAMS", "XETR", "XNOT"].map(market);
    let unknown = world.queue.unknown_markets(&markets).await.unwrap();
    assert_eq!(unknown, [market("XAMS"), market("XNOT")]);
    world.begin(NIGHT, NIGHT, &["XETR", "XNOT"]).await;
    world.write_night(world.planning(NIGHT, 100, 2)).await;
    // All of a user's assets are scored, or none.
    assert_eq!(world.columns("night_users", &["user_id"]).await, json!([["bob"]]));
    assert_eq!(world.columns("prices", &["symbol"]).await, json!([["AAA"], ["BBB"]]));
}

async fn no_more_users_than_the_most_are_taken<S: PortfolioSubject>(mut world: World<S>) {
    for name in ["ada", "bob", "cy", "dan"] {
        world.investor(&user("org_1", name), &["XNYS:AAA"]).await;
    }
    world.begin(NIGHT, NIGHT, &[]).await;
    world.write_night(world.planning(NIGHT, 3, 2)).await;
    assert_eq!(world.columns("night_users", &["user_id"]).await, json!([["ada"], ["bob"], ["cy"]]));
    let night = world.queue.night(NIGHT).await.unwrap().unwrap();
    let summary = &night.done(Step::Users).unwrap().summary;
    assert_eq!(
        *summary,
        json!({"users": 3, "chunks": 2, "symbols": 1, "leftOut": 1, "unreadable": 0})
    );
}

async fn symbols_are_due_once_and_in_their_order<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["X:B", "X:A", "X:C", "X:^D", "X:B"]).await;
    world.begin(NIGHT, NIGHT, &[]).await;
    world.write_night(world.planning(NIGHT, 100, 2)).await;
    let due = async |world: &World<S>, after: Option<&str>, limit| {
        let after = after.map(symbol);
        let due = world.queue.due_symbols(NIGHT, after.as_ref(), limit).await.unwrap();
        due.iter().map(|of| of.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(due(&world, None, 2).await, ["A", "B"]);
    assert_eq!(due(&world, Some("B"), 9).await, ["C", "^D"]);
    let quotes = [(symbol("A"), quote("1"))].into();
    let asked = vec![symbol("A"), symbol("B")];
    let write = NightQuotes { run_id: NIGHT, asked, quotes, took: None };
    world.write_night(NightWrite::Quotes(write)).await;
    // Who was asked about is not due, told or not.
    assert_eq!(due(&world, None, 9).await, ["C", "^D"]);
    let prices = world.columns("prices", &["symbol", "asked_at", "quote"]).await;
    let told = quote("1").to_json();
    let expected =
        json!([["A", "+0s", told], ["B", "+0s", null], ["C", null, null], ["^D", null, null]]);
    assert_eq!(prices, expected);
}

async fn a_chunk_reads_what_its_users_are_scored_by<S: PortfolioSubject>(mut world: World<S>) {
    let [ada, bob, cy] = ["ada", "bob", "cy"].map(|name| user("org_1", name));
    world.investor(&ada, &["X:B", "X:A"]).await;
    world.subject.put_criteria(&ada, "[]").await;
    world.subject.put_portfolio(&bob, &currency("EUR"), true).await;
    world.investor(&cy, &["X:C"]).await;
    world.night_of(NIGHT, &[("A", "1"), ("C", "3")]).await;
    let chunk = world.chunk(NIGHT, 0).await;
    assert_eq!(chunk.rates, Some(rates(world.subject.now())));
    assert_eq!(chunk.quotes, [(symbol("A"), quote("1"))].into());
    let [first, second] = chunk.users.as_slice() else { panic!("{:?}", chunk.users) };
    assert_eq!((&first.user, &second.user), (&ada, &bob));
    let asset = |id: &str, of: &str| (id.to_owned(), of.to_owned());
    assert_eq!(first.stored.assets, [asset("a0", "B"), asset("a1", "A")]);
    assert_eq!(first.stored.criteria, Some((2, "[]".to_owned())));
    assert_eq!((second.stored.assets.len(), &second.stored.criteria), (0, &None));
    assert_eq!(second.stored.base_currency, "EUR");
    let chunk = world.chunk(NIGHT, 1).await;
    assert_eq!(chunk.quotes.keys().collect::<Vec<_>>(), [&symbol("C")]);
    assert_eq!(world.chunk(NIGHT, 7).await.users, []);
}

async fn a_chunk_is_scored_and_counted_once<S: PortfolioSubject>(mut world: World<S>) {
    let ada = user("org_1", "ada");
    world.investor(&ada, &["X:A", "X:B"]).await;
    world.night_of(NIGHT, &[("A", "11"), ("B", "9.5")]).await;
    let write = world.scoring_of(NIGHT, 0).await;
    world.write_night(NightWrite::Chunk(write.clone())).await;
    let columns = ["asset_id", "symbol", "score", "maximum", "percentage", "criteria_version"];
    let expected = json!([
        ["a0", "A", "2.0000", "2.0000", "100.0000", 1],
        ["a1", "B", "0.0000", "2.0000", "0.0000", 1]
    ]);
    assert_eq!(world.columns("scores", &columns).await, expected);
    assert_eq!(world.columns("history", &columns).await, expected);
    let kinds = world.columns("calculations", &["seq", "kind"]).await;
    let expected = json!([
        [1, "CALC_STARTED"],
        [2, "INPUTS_CAPTURED"],
        [3, "SCORES_COMPUTED"],
        [4, "CALC_COMPLETED"]
    ]);
    assert_eq!(kinds, expected);
    let fates = world.columns("night_users", &["fate", "reason", "assets_scored"]).await;
    assert_eq!(fates, json!([["scored", null, 2]]));
    let before = world.dump().await["portfolios"].clone();
    world.advance(1).await;
    let later = NightChunk { scored_at: world.subject.now(), ..write };
    world.write_night(NightWrite::Chunk(later)).await;
    world.score(NIGHT, 0).await;
    let night = world.queue.night(NIGHT).await.unwrap().unwrap();
    assert_eq!((night.chunks_total, night.chunks_done), (1, 1));
    let after = world.dump().await["portfolios"].clone();
    for table in ["scores", "history", "calculations", "night_users"] {
        let rows = |of: &Value| of[table].as_array().unwrap().len();
        assert_eq!(rows(&after), rows(&before), "{table}");
    }
    assert_eq!(world.columns("users", &["scored_at"]).await, json!([["-1s"]]));
}

async fn who_cannot_be_scored_is_told_so<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["X:A", "X:UNTOLD"]).await;
    world.investor(&user("org_1", "bob"), &[]).await;
    world.night_of(NIGHT, &[("A", "11")]).await;
    world.score(NIGHT, 0).await;
    let fates = world.columns("night_users", &["fate", "reason", "detail", "assets_scored"]).await;
    let expected =
        json!([["failed", "missing_price", "a text", 0], ["skipped", "no_assets", "a text", 0]]);
    assert_eq!(fates, expected);
    assert_eq!(world.portfolios("scores").await.len(), 0);
    let told = world.columns("calculations", &["user_id", "seq"]).await;
    assert_eq!(told, json!([["ada", 1], ["ada", 2], ["ada", 4], ["bob", 1], ["bob", 4]]));
    // Of who holds nothing the newest scores are none, from this night on.
    assert_eq!(world.columns("users", &["scored_run"]).await, json!([[null], [NIGHT]]));
    let night = world.queue.night(NIGHT).await.unwrap().unwrap();
    assert_eq!((night.chunks_total, night.chunks_done), (1, 1));
}

async fn what_came_after_the_listing_is_left_out<S: PortfolioSubject>(mut world: World<S>) {
    let [ada, bob] = ["ada", "bob"].map(|name| user("org_1", name));
    world.investor(&ada, &["X:A"]).await;
    world.investor(&bob, &["X:A"]).await;
    world.night_of(NIGHT, &[("A", "11")]).await;
    world.holds(&ada, &["X:A", "X:NEW", "X:A"]).await;
    world.holds(&bob, &["X:NEW"]).await;
    let stored: Vec<_> =
        world.chunk(NIGHT, 0).await.users.into_iter().map(|of| of.stored).collect();
    let counts: Vec<_> = stored.iter().map(|of| (of.assets.len(), of.unlisted)).collect();
    assert_eq!(counts, [(2, 1), (0, 1)]);
    world.score(NIGHT, 0).await;
    let fates = world.columns("night_users", &["fate", "reason", "assets_scored"]).await;
    assert_eq!(fates, json!([["scored", null, 2], ["skipped", "new_assets", 0]]));
    let scores = world.columns("scores", &["asset_id"]).await;
    assert_eq!(scores, json!([["a0"], ["a2"]]));
    assert_eq!(world.columns("users", &["scored_run"]).await, json!([[NIGHT], [null]]));
}

async fn a_lost_fence_writes_nothing_of_a_night<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["X:A"]).await;
    world.night_of(NIGHT, &[("A", "11")]).await;
    let nights = vec![NightWrite::Chunk(world.scoring_of(NIGHT, 0).await)];
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    world.advance(60).await;
    world.hold_alone(job).await;
    let before = world.dump().await;
    let whole = Effect { nights, ..effect(world.subject.now(), &[&held]) };
    assert_eq!(world.queue.commit(&whole).await.unwrap(), Committed::FenceLost);
    assert_eq!(world.dump().await, before);
}

async fn the_last_chunk_has_the_night_end<S: PortfolioSubject>(mut world: World<S>) {
    for name in ["ada", "bob", "cy"] {
        world.investor(&user("org_1", name), &["X:A"]).await;
    }
    let end = world.night_job(NIGHT, JobType::OvernightFinalize).await;
    world.night_of(NIGHT, &[("A", "11")]).await;
    world.advance(5).await;
    world.score(NIGHT, 1).await;
    world.expect_job(end, json!({"available_at": "-5s"})).await;
    world.score(NIGHT, 0).await;
    world.expect_job(end, json!({"available_at": "+0s", "wake_at": "+0s"})).await;
}

async fn the_totals_are_those_of_the_rows<S: PortfolioSubject>(mut world: World<S>) {
    for name in ["ada", "bob", "dan", "eve", "fay", "gus", "hal"] {
        world.investor(&user("org_1", name), &["X:A", "X:B"]).await;
    }
    for name in ["bob", "dan"] {
        world.holds(&user("org_1", name), &["X:UNTOLD"]).await;
    }
    world.holds(&user("org_1", "eve"), &[]).await;
    let dead = world.night_job(NIGHT, JobType::OvernightScoreUsers).await;
    world.queue.cancel(&[dead]).await.unwrap();
    world.night_of(NIGHT, &[("A", "11"), ("B", "12")]).await;
    for chunk in 0..3 {
        world.score(NIGHT, chunk).await;
    }
    let totals = world.queue.night_totals(NIGHT).await.unwrap().unwrap();
    assert_eq!((totals.night.chunks_total, totals.night.chunks_done), (4, 3));
    assert_eq!((totals.chunks_dead, totals.chunks_open()), (1, 0));
    let users = [(UserFate::Scored, 3), (UserFate::Skipped, 1), (UserFate::Failed, 2)];
    assert_eq!(totals.users, users.into());
    let reasons = [("missing_price".to_owned(), 2), ("no_assets".to_owned(), 1)];
    assert_eq!(totals.reasons, reasons.into());
    assert_eq!((totals.users_left, totals.assets_scored), (1, 6));
    // Of one who holds nothing the scores may be gone.
    assert_eq!(totals.chunks_scored, [0, 1, 2]);
    let failed: Vec<_> = totals.first_failed.iter().map(|of| of.user.1.as_str()).collect();
    assert_eq!(failed, ["bob", "dan"]);
    let detail = totals.first_failed[0].detail.as_deref().unwrap();
    assert!(detail.contains("UNTOLD"), "{detail}");
}

async fn an_end_is_written_over<S: PortfolioSubject>(mut world: World<S>) {
    world.begin(NIGHT, NIGHT, &[]).await;
    let end = world.ending(NIGHT, NightStatus::Partial).await;
    world.write_night(end).await;
    world.advance(9).await;
    let end = world.ending(NIGHT, NightStatus::Completed).await;
    world.write_night(end).await;
    let night = world.queue.night(NIGHT).await.unwrap().unwrap();
    assert_eq!(night.status, NightStatus::Completed);
    assert_eq!(night.completed_at, Some(world.subject.now()));
    assert_eq!((night.users_processed, night.users_failed, night.users_skipped), (3, 2, 1));
    assert_eq!(night.error_details, json!({"reasons": {"missing_price": 2}}));
    assert_eq!(night.metrics, json!({"assets_scored": 5}));
}

async fn rates_of_earlier_nights_are_found<S: PortfolioSubject>(mut world: World<S>) {
    assert_eq!(world.queue.latest_rates(NIGHT).await.unwrap(), None);
    let mut told = Vec::new();
    for run in [NIGHTS[1], NIGHTS[2], NIGHT] {
        world.advance(60).await;
        world.begin(run, run, &[]).await;
        told.push(rates(world.subject.now()));
    }
    assert_eq!(world.queue.latest_rates(NIGHT).await.unwrap().as_ref(), Some(&told[1]));
    assert_eq!(world.queue.latest_rates(NIGHTS[2]).await.unwrap().as_ref(), Some(&told[2]));
    assert_eq!(world.queue.night_rates(NIGHTS[1]).await.unwrap().as_ref(), Some(&told[0]));
}

async fn there_is_no_night_of_other_runs<S: PortfolioSubject>(world: World<S>) {
    assert_eq!(world.queue.night(NIGHT).await.unwrap(), None);
    assert_eq!(world.queue.night_rates(NIGHT).await.unwrap(), None);
    assert_eq!(world.queue.due_symbols(NIGHT, None, 9).await.unwrap(), []);
    assert_eq!(world.queue.chunk_inputs(NIGHT, 0).await.unwrap(), None);
    assert_eq!(world.queue.night_totals(NIGHT).await.unwrap(), None);
    assert_eq!(world.queue.chunk_snapshots(NIGHT, 0).await.unwrap(), []);
}
