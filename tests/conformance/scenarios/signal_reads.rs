//! What an organization is shown of a contact: what its score is computed from,
//! its signals and its days.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use mauntic_domain::scoring::{Category, Config, ConfigEntry, Features};
use mauntic_flows::ports::{
    ContactView, Days, Effect, EffectStore, SIGNALS_READ_MAX, SignalPlace, SignalStore, SignalView,
};
use serde_json::json;

use super::given::{effect, score};
use super::given_signals::{event, signal};
use crate::subject::{Subject, World, contact, organization};

on_both! {
    an_unknown_contact_has_nothing_to_show
    as_of_an_instant_all_that_weighs_then_is_there
    without_an_instant_it_is_as_the_stored_score_was_computed
    without_a_score_there_is_nothing_to_explain
    signals_of_later_inputs_are_none_of_the_stored_scores
    more_signals_than_are_read_are_told
    signals_have_pages
    a_contact_without_signals_has_an_empty_page
    days_are_shown_newest_first
    another_organizations_contact_is_unknown
}

/// Named as the database orders them.
fn names(signals: &[SignalView]) -> Vec<&str> {
    signals.iter().map(|signal| signal.event_id.as_str()).collect()
}

async fn ada<S: Subject>(world: &World<S>) {
    let features = Features { has_email: true, ..Features::default() };
    world.subject.put_contact(&organization("org_1"), &contact("ada"), features).await;
}

async fn view<S: Subject>(world: &World<S>, as_of: Option<DateTime<Utc>>) -> ContactView {
    let found = world.http.contact_view(&organization("org_1"), &contact("ada"), as_of).await;
    found.unwrap().expect("a contact")
}

fn entries(weight: i64) -> Vec<ConfigEntry> {
    let entry = json!({"category": "intent", "factor": "intent_signals", "weight": weight});
    vec![serde_json::from_value(entry).unwrap()]
}

const ALL_DAYS: Days = Days { from: None, to: None, limit: 400 };

async fn an_unknown_contact_has_nothing_to_show<S: Subject>(world: World<S>) {
    let (owner, ada) = (organization("org_1"), contact("ada"));
    let now = world.subject.now();
    assert_eq!(world.http.contact_view(&owner, &ada, None).await.unwrap(), None);
    assert_eq!(world.http.contact_view(&owner, &ada, Some(now)).await.unwrap(), None);
    assert_eq!(world.http.history(&owner, &ada, ALL_DAYS).await.unwrap(), None);
    assert_eq!(world.http.signals(&owner, &ada, None, 9).await.unwrap(), None);
}

async fn as_of_an_instant_all_that_weighs_then_is_there<S: Subject>(world: World<S>) {
    ada(&world).await;
    let owner = organization("org_1");
    for weight in [30, 50] {
        world.subject.put_config(&owner, entries(weight)).await;
    }
    let archived = Some(world.subject.now());
    let signals = [
        signal("young", world.hours(-1)),
        signal("later", world.hours(1)),
        signal("just", world.subject.now()),
        signal("over", world.hours(-10)),
        SignalView { archived_at: archived, ..signal("kept", world.hours(-9)) },
        SignalView { counted: false, ..signal("beyond", world.hours(-2)) },
        SignalView { input_version: 7, ..signal("next", world.hours(-3)) },
    ];
    world.put_signals("ada", &signals).await;
    world.put_signals("bob", &[signal("foreign", world.hours(-1))]).await;
    let now = world.subject.now();
    let shown = view(&world, Some(now)).await;
    assert_eq!(names(&shown.signals), ["just", "young", "next", "kept"]);
    assert_eq!(shown.signals[1], signals[0]);
    assert_eq!(shown.signals[3], signals[4]);
    let config = Config::new(entries(50)).unwrap();
    assert_eq!((shown.config, shown.config_version), (config, 2));
    assert!(shown.features.has_email);
    assert_eq!((shown.now, shown.input_version, shown.truncated), (now, 1, false));
    assert_eq!(shown.score, None);
    let past = view(&world, Some(world.hours(-5))).await;
    assert_eq!(names(&past.signals), ["kept", "over"]);
    let future = view(&world, Some(world.hours(10))).await;
    assert_eq!(names(&future.signals), ["later"]);
}

async fn without_an_instant_it_is_as_the_stored_score_was_computed<S: Subject>(
    mut world: World<S>,
) {
    ada(&world).await;
    let owner = organization("org_1");
    world.subject.put_config(&owner, entries(30)).await;
    let began = world.subject.now();
    let signals = [signal("young", world.hours(-1)), signal("old", world.hours(-9))];
    world.put_signals("ada", &signals).await;
    let job = world.id();
    let whole = effect(began, &[]);
    let scores = vec![score("ada", 50, (1, 1), job)];
    world.queue.commit(&Effect { scores, ..whole }).await.unwrap();
    world.advance(5 * 3_600).await;
    world.subject.put_config(&owner, entries(50)).await;
    let shown = view(&world, None).await;
    let stored = shown.score.expect("a score");
    assert_eq!((stored.calculated_at, stored.input_version), (began, 1));
    assert_eq!(names(&shown.signals), ["young", "old"], "as of then");
    let config = Config::new(entries(30)).unwrap();
    assert_eq!((shown.config, shown.config_version), (config, 1), "as of then");
    assert_eq!(shown.now, world.subject.now());
    let now = view(&world, Some(world.subject.now())).await;
    assert_eq!((names(&now.signals), now.config_version), (vec!["young"], 2));
    assert_eq!(now.score.map(|stored| stored.calculated_at), Some(began));
}

async fn without_a_score_there_is_nothing_to_explain<S: Subject>(world: World<S>) {
    ada(&world).await;
    world.subject.put_config(&organization("org_1"), entries(30)).await;
    world.put_signals("ada", &[signal("young", world.hours(-1))]).await;
    let shown = view(&world, None).await;
    assert_eq!((shown.score, shown.signals, shown.config_version), (None, vec![], 0));
    assert_eq!(shown.config, Config::default());
}

async fn signals_of_later_inputs_are_none_of_the_stored_scores<S: Subject>(mut world: World<S>) {
    for _ in 0..3 {
        ada(&world).await;
    }
    let signals = [
        signal("first", world.hours(-1)),
        SignalView { input_version: 2, ..signal("second", world.hours(-2)) },
        SignalView { input_version: 3, ..signal("third", world.hours(-3)) },
    ];
    world.put_signals("ada", &signals).await;
    let job = world.id();
    let whole = effect(world.subject.now(), &[]);
    let scores = vec![score("ada", 50, (2, 0), job)];
    world.queue.commit(&Effect { scores, ..whole }).await.unwrap();
    let shown = view(&world, None).await;
    assert_eq!(names(&shown.signals), ["first", "second"]);
    assert_eq!((shown.input_version, shown.config_version), (3, 0));
    let stored = shown.score.expect("a score");
    assert_eq!((stored.input_version, stored.input_version_now), (2, 3));
}

async fn more_signals_than_are_read_are_told<S: Subject>(world: World<S>) {
    ada(&world).await;
    let began = world.subject.now();
    let most = usize::try_from(SIGNALS_READ_MAX).unwrap();
    let mut signals: Vec<SignalView> =
        (0..most).map(|n| signal(&format!("evt_{n:05}"), began)).collect();
    world.put_signals("ada", &signals).await;
    let shown = view(&world, Some(began)).await;
    assert_eq!((shown.signals.len(), shown.truncated), (most, false));
    world.put_signals("ada", &[signal("one-more", began)]).await;
    signals.push(signal("one-more", began));
    let shown = view(&world, Some(began)).await;
    assert_eq!((shown.signals.len(), shown.truncated), (most, true));
    assert_eq!(shown.signals[0].event_id, event("one-more"));
}

async fn signals_have_pages<S: Subject>(world: World<S>) {
    ada(&world).await;
    let same = world.hours(-2);
    let signals = [
        signal("a", same),
        signal("b", same),
        signal("c", same),
        signal("newest", world.hours(-1)),
        SignalView { counted: false, ..signal("decayed", world.hours(-100)) },
    ];
    world.put_signals("ada", &signals).await;
    let (owner, ada) = (organization("org_1"), contact("ada"));
    let mut after: Option<SignalPlace> = None;
    let mut seen = Vec::new();
    loop {
        let page = world.http.signals(&owner, &ada, after.as_ref(), 2).await.unwrap().unwrap();
        assert_eq!(page.now, world.subject.now());
        let Some(last) = page.signals.last() else { break };
        after = Some(SignalPlace {
            detected_at: last.signal.detected_at,
            event_id: last.event_id.clone(),
        });
        seen.extend(page.signals);
    }
    assert_eq!(names(&seen), ["newest", "c", "b", "a", "decayed"]);
    assert_eq!(seen[4], signals[4]);
}

async fn a_contact_without_signals_has_an_empty_page<S: Subject>(world: World<S>) {
    ada(&world).await;
    let (owner, ada) = (organization("org_1"), contact("ada"));
    let page = world.http.signals(&owner, &ada, None, 2).await.unwrap().unwrap();
    assert_eq!((page.signals, page.now), (vec![], world.subject.now()));
    assert_eq!(world.http.history(&owner, &ada, ALL_DAYS).await.unwrap(), Some(vec![]));
}

async fn days_are_shown_newest_first<S: Subject>(mut world: World<S>) {
    ada(&world).await;
    let (owner, ada) = (organization("org_1"), contact("ada"));
    let job = world.id();
    let began = world.subject.now();
    for (version, points) in [(1, 10), (2, 30), (3, 85)] {
        let whole = effect(world.subject.now(), &[]);
        let scores = vec![score("ada", points, (version, 0), job)];
        world.queue.commit(&Effect { scores, ..whole }).await.unwrap();
        world.advance(24 * 3_600).await;
    }
    let day = |days: i64| (began + TimeDelta::days(days)).date_naive();
    let all = world.http.history(&owner, &ada, ALL_DAYS).await.unwrap().unwrap();
    let shown: Vec<_> = all.iter().map(|one| (one.day, one.grade.as_str())).collect();
    assert_eq!(shown, [(day(2), "A"), (day(1), "D"), (day(0), "F")]);
    assert_eq!(all[0].updated_at, began + TimeDelta::days(2));
    let fit = Category::ALL.iter().position(|category| *category == Category::Fit).unwrap();
    assert_eq!(all[0].categories[fit], all[0].total);
    let of = |from: Option<i64>, to: Option<i64>, limit| Days {
        from: from.map(day),
        to: to.map(day),
        limit,
    };
    for (days, expected) in [
        (of(Some(1), None, 9), vec![2, 1]),
        (of(None, Some(1), 9), vec![1, 0]),
        (of(Some(1), Some(1), 9), vec![1]),
        (of(Some(3), None, 9), vec![]),
        (of(None, None, 2), vec![2, 1]),
    ] {
        let found = world.http.history(&owner, &ada, days).await.unwrap().unwrap();
        let found: Vec<_> = found.iter().map(|one| one.day).collect();
        assert_eq!(found, expected.into_iter().map(day).collect::<Vec<_>>(), "{days:?}");
    }
    assert_eq!(began.date_naive().year(), day(0).year());
}

async fn another_organizations_contact_is_unknown<S: Subject>(world: World<S>) {
    ada(&world).await;
    world.put_signals("ada", &[signal("young", world.hours(-1))]).await;
    let (owner, ada) = (organization("org_2"), contact("ada"));
    let now = world.subject.now();
    assert_eq!(world.http.contact_view(&owner, &ada, Some(now)).await.unwrap(), None);
    assert_eq!(world.http.signals(&owner, &ada, None, 9).await.unwrap(), None);
    assert_eq!(world.http.history(&owner, &ada, ALL_DAYS).await.unwrap(), None);
    world.subject.put_contact(&owner, &ada, Features::default()).await;
    let view = world.http.contact_view(&owner, &ada, Some(now)).await.unwrap().unwrap();
    assert!(view.signals.is_empty() && !view.features.has_email);
}
