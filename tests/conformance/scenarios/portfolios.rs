//! Portfolios as their organizations write and read them, and nights as operators do.

use mauntic_domain::ids::{AssetId, OrganizationId};
use mauntic_domain::overnight::HISTORY_KEPT;
use mauntic_domain::portfolio::{Criteria, Reason, UserFate};
use mauntic_flows::ports::{
    Holding, NightStore, NightUsersAsked, Page, PortfolioStore, PortfolioWrite, ScorePlace, UserKey,
};
use uuid::Uuid;

use super::given_nights::{CRITERIA, NIGHTS, currency, market, symbol, user};
use crate::portfolio_tables::{Altered, PortfolioSubject};
use crate::subject::{World, organization};

on_both! {
    a_portfolio_is_stored_whole
    criteria_have_versions
    another_organizations_portfolio_is_unknown
    newest_scores_have_pages
    a_history_has_pages
    a_calculation_is_read_and_comes_out_the_same
    what_is_altered_by_hand_is_told
    what_a_user_gave_up_is_read_by_its_history
    an_organization_sees_its_own_users_of_nights
    users_of_a_night_are_listed_by_their_fates
    operators_see_nights_and_all_who_were_in_them
}

const ALL: Page = Page { before: None, limit: 100 };

fn asset(name: &str) -> AssetId {
    AssetId::parse(name).expect("a name")
}

fn written(base: &str, active: bool, assets: &[(&str, &str)]) -> PortfolioWrite {
    let held = |(id, name): &(&str, &str)| {
        (asset(id), Holding { symbol: symbol(name), market: market("XNYS") })
    };
    let assets = assets.iter().map(held).collect();
    PortfolioWrite { base_currency: currency(base), active, assets }
}

fn of(key: &UserKey) -> (&OrganizationId, &mauntic_domain::ids::PortfolioUserId) {
    (&key.0, &key.1)
}

async fn a_portfolio_is_stored_whole<S: PortfolioSubject>(mut world: World<S>) {
    let ada = user("org_1", "ada");
    let (owner, name) = of(&ada);
    assert_eq!(world.http.portfolio(owner, name).await.unwrap(), None);
    let began = world.subject.now();
    let first = written("EUR", true, &[("b", "BBB"), ("a", "AAA")]);
    let stored = world.http.put_portfolio(owner, name, &first).await.unwrap();
    assert_eq!((&stored.portfolio, stored.updated_at), (&first, began));
    assert_eq!((&stored.criteria, stored.scored), (&None, None));
    world.advance(60).await;
    // One is gone, one is another, one is new.
    let second = written("CHF", false, &[("a", "AAB"), ("c", "CCC")]);
    let stored = world.http.put_portfolio(owner, name, &second).await.unwrap();
    assert_eq!((&stored.portfolio, stored.updated_at), (&second, world.subject.now()));
    assert_eq!(world.http.portfolio(owner, name).await.unwrap(), Some(stored));
    let assets = world.columns("assets", &["asset_id", "symbol"]).await;
    assert_eq!(assets, serde_json::json!([["a", "AAB"], ["c", "CCC"]]));
    let nothing = written("CHF", true, &[]);
    let stored = world.http.put_portfolio(owner, name, &nothing).await.unwrap();
    assert_eq!(stored.portfolio, nothing);
}

async fn criteria_have_versions<S: PortfolioSubject>(world: World<S>) {
    let ada = user("org_1", "ada");
    let (owner, name) = of(&ada);
    let (some, none) = (Criteria::parse(CRITERIA).unwrap(), Criteria::default());
    assert_eq!(world.http.put_criteria(owner, name, &some).await.unwrap(), None);
    world.http.put_portfolio(owner, name, &written("EUR", true, &[])).await.unwrap();
    for (criteria, version) in [(&some, 1), (&some, 1), (&none, 2), (&none, 2), (&some, 3)] {
        world.advance(1).await;
        let stored = world.http.put_criteria(owner, name, criteria).await.unwrap().unwrap();
        assert_eq!((stored.version, &stored.rules), (version, &criteria.to_json()));
        let read = world.http.portfolio(owner, name).await.unwrap().unwrap();
        assert_eq!(read.criteria, Some(stored));
    }
}

async fn another_organizations_portfolio_is_unknown<S: PortfolioSubject>(mut world: World<S>) {
    let ada = user("org_1", "ada");
    world.investor(&ada, &["XNYS:AAA"]).await;
    world.night_of(NIGHTS[0], &[("AAA", "11")]).await;
    world.score(NIGHTS[0], 0).await;
    let (other, (_, name)) = (organization("org_2"), of(&ada));
    assert_eq!(world.http.portfolio(&other, name).await.unwrap(), None);
    let criteria = Criteria::default();
    assert_eq!(world.http.put_criteria(&other, name, &criteria).await.unwrap(), None);
    assert_eq!(world.http.newest_scores(&other, None, None, 9).await.unwrap(), []);
    assert_eq!(world.http.asset_scores(&other, &asset("a0"), Some(name)).await.unwrap(), []);
    let place = ScorePlace { user: name.clone(), asset: asset("a0") };
    assert_eq!(world.http.asset_history(&other, &place, ALL).await.unwrap().items, []);
    assert_eq!(world.http.calculation(&other, name, NIGHTS[0]).await.unwrap(), None);
    assert_eq!(world.http.own_nights(&other, ALL).await.unwrap().items, []);
    assert_eq!(world.http.own_night(&other, NIGHTS[0]).await.unwrap(), None);
}

async fn newest_scores_have_pages<S: PortfolioSubject>(mut world: World<S>) {
    let (ada, bob) = (user("org_1", "ada"), user("org_1", "bob"));
    for one in [&ada, &bob, &user("org_2", "ada")] {
        world.investor(one, &["XNYS:AAA", "XNYS:BBB"]).await;
    }
    world.night_of(NIGHTS[0], &[("AAA", "11"), ("BBB", "9")]).await;
    for chunk in [0, 1] {
        world.score(NIGHTS[0], chunk).await;
    }
    let owner = &organization("org_1");
    let all = world.http.newest_scores(owner, None, None, 9).await.unwrap();
    let told: Vec<_> = all.iter().map(|of| (of.user.as_str(), of.asset.as_str())).collect();
    assert_eq!(told, [("ada", "a0"), ("ada", "a1"), ("bob", "a0"), ("bob", "a1")]);
    let numbers = [&all[0].score, &all[0].maximum, &all[0].percentage];
    assert_eq!(numbers, ["2.0000", "2.0000", "100.0000"]);
    assert_eq!((all[1].score.as_str(), all[1].run_id), ("0.0000", NIGHTS[0]));
    let mut paged = Vec::new();
    let mut after: Option<ScorePlace> = None;
    loop {
        let page = world.http.newest_scores(owner, None, after.as_ref(), 1).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(ScorePlace { user: last.user.clone(), asset: last.asset.clone() });
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let bobs = world.http.newest_scores(owner, Some(&bob.1), None, 9).await.unwrap();
    assert_eq!(bobs, all[2..]);
    let both = world.http.asset_scores(owner, &asset("a1"), None).await.unwrap();
    assert_eq!(both, [all[1].clone(), all[3].clone()]);
    let one = world.http.asset_scores(owner, &asset("a1"), Some(&bob.1)).await.unwrap();
    assert_eq!(one, [all[3].clone()]);
}

async fn a_history_has_pages<S: PortfolioSubject>(mut world: World<S>) {
    let ada = user("org_1", "ada");
    world.investor(&ada, &["XNYS:AAA"]).await;
    for night in NIGHTS {
        world.night_of(night, &[("AAA", "11")]).await;
        world.score(night, 0).await;
        world.advance(86_400).await;
    }
    let (owner, name) = of(&ada);
    let place = ScorePlace { user: name.clone(), asset: asset("a0") };
    let all = world.http.asset_history(owner, &place, ALL).await.unwrap();
    let runs: Vec<_> = all.items.iter().map(|of| of.run_id).collect();
    assert_eq!((runs, all.next), (vec![NIGHTS[2], NIGHTS[1], NIGHTS[0]], None));
    let mut page = Page { before: None, limit: 1 };
    for (expected, is_last) in [(NIGHTS[2], false), (NIGHTS[1], false), (NIGHTS[0], true)] {
        let found = world.http.asset_history(owner, &place, page).await.unwrap();
        assert_eq!(found.items.iter().map(|of| of.run_id).collect::<Vec<_>>(), [expected]);
        assert_eq!(found.next, (!is_last).then_some(expected));
        page.before = found.next;
    }
    let read = world.http.portfolio(owner, name).await.unwrap().unwrap();
    assert_eq!(read.scored.map(|(run, _)| run), Some(NIGHTS[2]));
}

async fn a_calculation_is_read_and_comes_out_the_same<S: PortfolioSubject>(mut world: World<S>) {
    let (ada, bob) = (user("org_1", "ada"), user("org_1", "bob"));
    world.investor(&ada, &["XNYS:AAA"]).await;
    world.investor(&bob, &["XNYS:GONE"]).await;
    world.night_of(NIGHTS[0], &[("AAA", "11")]).await;
    world.score(NIGHTS[0], 0).await;
    for (key, is_scored) in [(&ada, true), (&bob, false)] {
        let (owner, name) = of(key);
        let found = world.http.calculation(owner, name, NIGHTS[0]).await.unwrap().unwrap();
        let told = found.told.expect("events");
        assert_eq!((found.recorded.scores.is_some(), told.1), (is_scored, world.subject.now()));
        assert_eq!(found.recorded.replay(), Some(Ok(())));
        assert_eq!(found.recorded.newest.is_some(), is_scored);
        assert_eq!(world.http.calculation(owner, name, NIGHTS[1]).await.unwrap(), None);
    }
    // Of an older night the newest scores are not compared, and of an old one no history.
    world.advance(60).await;
    world.night_of(NIGHTS[1], &[("AAA", "9")]).await;
    let (owner, name) = of(&ada);
    let open = world.http.calculation(owner, name, NIGHTS[1]).await.unwrap();
    assert_eq!(open, None, "without a fate");
    world.score(NIGHTS[1], 0).await;
    for (run, is_newest) in [(NIGHTS[0], false), (NIGHTS[1], true)] {
        let found = world.http.calculation(owner, name, run).await.unwrap().unwrap().recorded;
        assert_eq!((found.newest.is_some(), found.replay()), (is_newest, Some(Ok(()))));
    }
    world.subject.advance(HISTORY_KEPT).await;
    let found = world.http.calculation(owner, name, NIGHTS[1]).await.unwrap().unwrap().recorded;
    assert_eq!((&found.history, found.replay()), (&None, Some(Ok(()))));
}

async fn what_is_altered_by_hand_is_told<S: PortfolioSubject>(mut world: World<S>) {
    let names = ["ada", "bob", "cy", "dan", "eve", "fay"];
    let users = names.map(|name| user("org_1", name));
    for one in &users {
        world.investor(one, &["XNYS:AAA"]).await;
    }
    world.night_of(NIGHTS[0], &[("AAA", "11")]).await;
    for chunk in 0..3 {
        world.score(NIGHTS[0], chunk).await;
    }
    let altered = [
        (Altered::Newest, "asset_scores/a0/score"),
        (Altered::History, "score_history/a0/score"),
        (Altered::Event(1), "started"),
        (Altered::Event(2), "inputs"),
        (Altered::Event(3), "scores"),
        (Altered::Event(4), "completed"),
    ];
    for (one, (what, _)) in users.iter().zip(altered) {
        world.subject.alter(NIGHTS[0], one, what).await;
    }
    let all = world.op.calculations(NIGHTS[0], None, 9).await.unwrap();
    assert_eq!(all.len(), names.len(), "who lacks an event is not left out");
    for ((one, found), (_, place)) in all.iter().zip(altered) {
        let difference = found.recorded.replay().expect("told").unwrap_err();
        assert_eq!(difference.place, place);
        let (owner, name) = of(one);
        let own = world.http.calculation(owner, name, NIGHTS[0]).await.unwrap();
        assert_eq!(own.as_ref(), Some(found));
    }
    // Nothing is left of one but that he was scored.
    for seq in 2..=4 {
        world.subject.alter(NIGHTS[0], &users[2], Altered::Event(seq)).await;
    }
    let (owner, name) = of(&users[2]);
    let found = world.http.calculation(owner, name, NIGHTS[0]).await.unwrap().unwrap();
    assert_eq!(
        (found.told, found.recorded.replay().unwrap().unwrap_err().place.as_str()),
        (None, "started")
    );
}

async fn what_a_user_gave_up_is_read_by_its_history<S: PortfolioSubject>(mut world: World<S>) {
    let ada = user("org_1", "ada");
    world.investor(&ada, &["XNYS:AAA"]).await;
    world.night_of(NIGHTS[0], &[("AAA", "11")]).await;
    world.score(NIGHTS[0], 0).await;
    world.advance(60).await;
    world.holds(&ada, &[]).await;
    world.night_of(NIGHTS[1], &[]).await;
    world.score(NIGHTS[1], 0).await;
    let (owner, name) = of(&ada);
    assert_eq!(world.http.asset_scores(owner, &asset("a0"), None).await.unwrap(), []);
    assert_eq!(world.http.newest_scores(owner, None, None, 9).await.unwrap(), []);
    let read = world.http.portfolio(owner, name).await.unwrap().unwrap();
    assert_eq!(read.scored.map(|(run, _)| run), Some(NIGHTS[1]));
    let place = ScorePlace { user: name.clone(), asset: asset("a0") };
    let past = world.http.asset_history(owner, &place, ALL).await.unwrap();
    assert_eq!(past.items.iter().map(|of| of.run_id).collect::<Vec<_>>(), [NIGHTS[0]]);
    let found = world.http.calculation(owner, name, NIGHTS[0]).await.unwrap().unwrap();
    assert_eq!(found.recorded.replay(), Some(Ok(())));
    let found = world.http.calculation(owner, name, NIGHTS[1]).await.unwrap().unwrap();
    assert_eq!(
        (found.recorded.newest.clone(), found.recorded.replay()),
        (Some(serde_json::json!({})), None)
    );
    let other = organization("org_2");
    assert_eq!(world.http.asset_history(&other, &place, ALL).await.unwrap().items, []);
}

async fn an_organization_sees_its_own_users_of_nights<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["XNYS:AAA"]).await;
    world.investor(&user("org_1", "bob"), &["XNYS:GONE"]).await;
    world.investor(&user("org_1", "cy"), &["XNYS:AAA"]).await;
    world.investor(&user("org_2", "eve"), &["XNYS:AAA"]).await;
    for night in [NIGHTS[0], NIGHTS[1]] {
        world.night_of(night, &[("AAA", "11")]).await;
        world.score(night, 0).await;
        world.advance(60).await;
    }
    let owner = organization("org_1");
    let nights = world.http.own_nights(&owner, Page { before: None, limit: 1 }).await.unwrap();
    assert_eq!((nights.items[0].run_id, nights.next), (NIGHTS[1], Some(NIGHTS[1])));
    let rest = Page { before: nights.next, limit: 9 };
    let rest = world.http.own_nights(&owner, rest).await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].run_id, rest.next), (1, NIGHTS[0], None));
    let (night, counts) = world.http.own_night(&owner, NIGHTS[0]).await.unwrap().unwrap();
    assert_eq!(night, rest.items[0]);
    let counts: Vec<_> =
        counts.iter().map(|of| (of.fate, of.reason, of.users, of.assets)).collect();
    let failed = (Some(UserFate::Failed), Some(Reason::MissingPrice), 1, 0);
    let expected = [failed, (Some(UserFate::Scored), None, 1, 1), (None, None, 1, 0)];
    assert_eq!(counts, expected);
}

async fn users_of_a_night_are_listed_by_their_fates<S: PortfolioSubject>(mut world: World<S>) {
    for (owner, name, symbol) in [
        ("org_1", "ada", "XNYS:AAA"),
        ("org_1", "bob", "XNYS:GONE"),
        ("org_1", "cy", "XNYS:GONE"),
        ("org_2", "ada", "XNYS:GONE"),
        ("org_2", "bob", "XNYS:AAA"),
    ] {
        world.investor(&user(owner, name), &[symbol]).await;
    }
    world.night_of(NIGHTS[0], &[("AAA", "11")]).await;
    world.score(NIGHTS[0], 0).await;
    world.score(NIGHTS[0], 1).await;
    let asked = |fate, after, limit| NightUsersAsked { run_id: NIGHTS[0], fate, after, limit };
    let failed = Some(UserFate::Failed);
    let (owner, other) = (organization("org_1"), organization("org_2"));
    let own = world.http.own_night_users(&owner, &asked(failed, None, 9)).await.unwrap();
    let told: Vec<_> = own.iter().map(|of| (of.user.1.as_str(), of.reason.as_deref())).collect();
    let missing = Some("missing_price");
    assert_eq!(told, [("bob", missing), ("cy", missing)]);
    assert_eq!(own[0].detail.as_deref(), Some("nothing was told of GONE"));
    let behind = asked(failed, Some(own[0].user.clone()), 9);
    assert_eq!(world.http.own_night_users(&owner, &behind).await.unwrap(), own[1..]);
    let theirs = world.http.own_night_users(&other, &asked(None, None, 9)).await.unwrap();
    let told: Vec<_> = theirs.iter().map(|of| (of.fate, of.assets_scored)).collect();
    assert_eq!(told, [(failed, 0), (None, 0)]);
    let all = world.op.users_of_night(&asked(None, None, 9)).await.unwrap();
    let fates = [Some(UserFate::Scored), failed, failed, failed, None];
    assert_eq!(all.iter().map(|of| of.fate).collect::<Vec<_>>(), fates);
    assert_eq!(world.op.users_of_night(&asked(failed, None, 1)).await.unwrap(), all[1..2]);
    let behind = asked(failed, Some(all[1].user.clone()), 9);
    assert_eq!(world.op.users_of_night(&behind).await.unwrap(), all[2..4]);
    let nothing = NightUsersAsked { run_id: Uuid::nil(), ..asked(None, None, 9) };
    assert_eq!(world.op.users_of_night(&nothing).await.unwrap(), []);
}

async fn operators_see_nights_and_all_who_were_in_them<S: PortfolioSubject>(mut world: World<S>) {
    let all = ["org_1", "org_2"].map(|owner| user(owner, "ada"));
    for one in &all {
        world.investor(one, &["XNYS:AAA"]).await;
    }
    for night in [NIGHTS[0], NIGHTS[1]] {
        world.night_of(night, &[("AAA", "11")]).await;
        world.score(night, 0).await;
        world.advance(60).await;
    }
    let first = world.op.nights(Page { before: None, limit: 1 }).await.unwrap();
    assert_eq!(first.next, Some(NIGHTS[1]));
    let rest = world.op.nights(Page { before: first.next, limit: 1 }).await.unwrap();
    assert_eq!(rest.next, None);
    for (listed, run) in [(&first, NIGHTS[1]), (&rest, NIGHTS[0])] {
        let read = world.op.night(run).await.unwrap();
        assert_eq!(listed.items.first(), read.as_ref(), "with its steps");
    }
    let found = world.op.calculations(NIGHTS[0], None, 9).await.unwrap();
    let users: Vec<_> = found.iter().map(|(user, _)| user.clone()).collect();
    assert_eq!(users, all);
    let behind = world.op.calculations(NIGHTS[0], Some(&all[0]), 1).await.unwrap();
    assert_eq!(behind, found[1..]);
    assert_eq!(world.op.calculations(NIGHTS[2], None, 9).await.unwrap(), []);
}
