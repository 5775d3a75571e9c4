//! Scores: they never go back, and a new grade is told.

use mauntic_domain::jobs::data::{ContactPlace, ContactRange};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Config, ConfigEntry, Features};
use mauntic_flows::ports::{
    Committed, Effect, EffectStore, JobKey, PortError, Position, SIGNALS_SCORED_MAX, ScoreWrite,
    TenantStore,
};
use serde_json::json;

use super::given::{effect, score};
use super::given_signals::signal;
use crate::dump::none;
use crate::subject::{Subject, World, contact, organization};

on_both! {
    a_first_score_is_told
    the_same_grade_is_not_told
    a_new_grade_is_told_with_the_one_before
    a_score_of_older_features_is_superseded
    a_score_of_an_older_configuration_is_superseded
    a_score_of_the_same_versions_is_written
    the_total_before_stays_while_the_total_does
    each_day_has_its_last_score
    the_leaderboard_has_pages
    ranges_are_consecutive_and_gapless
    ranges_of_one_organization_are_its_own
    a_range_without_contacts_is_none
    inputs_have_features_and_configurations
    more_signals_than_a_job_holds_are_told
    a_days_history_never_goes_back
}

async fn store<S: Subject>(world: &mut World<S>, scores: Vec<ScoreWrite>) -> Committed {
    let whole = effect(world.subject.now(), &[]);
    world.queue.commit(&Effect { scores, ..whole }).await.unwrap()
}

async fn a_first_score_is_told<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    let whole = effect(world.subject.now(), &[&held]);
    let scores = vec![score("ada", 50, (1, 0), id), score("bob", 90, (2, 3), id)];
    let done = world.queue.commit(&Effect { scores, ..whole }).await.unwrap();
    assert_eq!(done, Committed::Done { superseded: 0, refill: false });
    let told = world.column("events", "data").await;
    let ada = json!({"contactId": "ada", "grade": "C", "previousGrade": none(),
        "totalScore": 50.5});
    assert_eq!(told[0], ada);
    // Of each contact its grade, then the thresholds it has reached: 20 and 40, and
    // all four.
    let name = json!(world.labels.name(id));
    assert_eq!(world.column("events", "job_id").await, vec![name; 3 + 5]);
    assert_eq!(world.column("scores", "total_score").await, [json!(505_000), json!(905_000)]);
}

async fn the_same_grade_is_not_told<S: Subject>(mut world: World<S>) {
    let id = world.id();
    store(&mut world, vec![score("ada", 50, (1, 0), id)]).await;
    store(&mut world, vec![score("ada", 55, (2, 0), id)]).await;
    let told = ["LeadScoreUpdated", "ThresholdCrossed", "ThresholdCrossed"];
    let told = told.map(|name| format!("scoring.{name}"));
    assert_eq!(world.column("events", "type").await, told);
    assert_eq!(world.column("scores", "previous_total").await, [json!(505_000)]);
}

async fn a_new_grade_is_told_with_the_one_before<S: Subject>(mut world: World<S>) {
    let id = world.id();
    store(&mut world, vec![score("ada", 50, (1, 0), id)]).await;
    store(&mut world, vec![score("ada", 90, (2, 0), id)]).await;
    let told = world.column("events", "data").await;
    assert_eq!((&told[3]["grade"], &told[3]["previousGrade"]), (&json!("A"), &json!("C")));
}

async fn a_score_of_older_features_is_superseded<S: Subject>(mut world: World<S>) {
    let id = world.id();
    store(&mut world, vec![score("ada", 50, (2, 2), id)]).await;
    let before = world.dump().await;
    let scores = vec![score("ada", 90, (1, 3), id)];
    assert_eq!(store(&mut world, scores).await, Committed::Done { superseded: 1, refill: false });
    assert_eq!(world.dump().await, before);
}

async fn a_score_of_an_older_configuration_is_superseded<S: Subject>(mut world: World<S>) {
    let id = world.id();
    store(&mut world, vec![score("ada", 50, (2, 2), id)]).await;
    let scores = vec![score("ada", 90, (3, 1), id), score("bob", 10, (1, 1), id)];
    assert_eq!(store(&mut world, scores).await, Committed::Done { superseded: 1, refill: false });
    assert_eq!(world.column("scores", "total_score").await, [json!(505_000), json!(105_000)]);
}

async fn a_score_of_the_same_versions_is_written<S: Subject>(mut world: World<S>) {
    let (first, second) = (world.id(), world.id());
    store(&mut world, vec![score("ada", 50, (2, 2), first)]).await;
    let scores = vec![score("ada", 51, (2, 2), second)];
    assert_eq!(store(&mut world, scores).await, Committed::Done { superseded: 0, refill: false });
    assert_eq!(world.column("scores", "job_id").await, [json!(second)]);
}

async fn the_total_before_stays_while_the_total_does<S: Subject>(mut world: World<S>) {
    let id = world.id();
    for (points, version) in [(50, 1), (60, 2), (60, 3)] {
        store(&mut world, vec![score("ada", points, (version, 0), id)]).await;
    }
    assert_eq!(world.column("scores", "previous_total").await, [json!(505_000)]);
    world.subject.put_contact(&organization("org_1"), &contact("ada"), Features::default()).await;
    let owner = organization("org_1");
    let row = world.http.score(&owner, &contact("ada")).await.unwrap().unwrap().unwrap();
    assert_eq!(row.previous_total, Some(PointsE4::from_e4(505_000)));
    assert_eq!((row.input_version, row.input_version_now), (3, 1));
    assert_eq!(world.http.score(&owner, &contact("bob")).await.unwrap(), None);
    assert_eq!(row.calculated_at, world.subject.now());
}

async fn each_day_has_its_last_score<S: Subject>(mut world: World<S>) {
    let id = world.id();
    store(&mut world, vec![score("ada", 50, (1, 0), id)]).await;
    store(&mut world, vec![score("ada", 60, (2, 0), id)]).await;
    world.advance(24 * 3_600).await;
    store(&mut world, vec![score("ada", 70, (3, 0), id)]).await;
    assert_eq!(world.column("history", "total_score").await, [json!(605_000), json!(705_000)]);
}

async fn the_leaderboard_has_pages<S: Subject>(mut world: World<S>) {
    let id = world.id();
    let scores = vec![
        score("ada", 50, (1, 0), id),
        score("bob", 90, (1, 0), id),
        score("cy", 50, (1, 0), id),
    ];
    store(&mut world, scores).await;
    let owner = organization("org_1");
    let first = world.http.leaderboard(&owner, None, 2).await.unwrap();
    let names: Vec<&str> = first.iter().map(|line| line.contact_id.as_str()).collect();
    assert_eq!(names, ["bob", "ada"]);
    let after = Position { total: first[1].total, contact_id: first[1].contact_id.clone() };
    let second = world.http.leaderboard(&owner, Some(&after), 2).await.unwrap();
    assert_eq!((second.len(), second[0].contact_id.as_str()), (1, "cy"));
    assert!(world.http.leaderboard(&organization("org_2"), None, 9).await.unwrap().is_empty());
}

async fn many_contacts<S: Subject>(world: &World<S>) {
    for owner in ["org_2", "org_1"] {
        for n in 0..5 {
            let name = contact(&format!("c{n}"));
            world.subject.put_contact(&organization(owner), &name, Features::default()).await;
        }
    }
}

fn place(owner: &str, name: &str) -> ContactPlace {
    ContactPlace { organization_id: organization(owner), contact_id: contact(name) }
}

async fn ranges_are_consecutive_and_gapless<S: Subject>(world: World<S>) {
    many_contacts(&world).await;
    let ranges = world.queue.plan_ranges(None, 3, 100).await.unwrap().ranges;
    let ends = [("org_1", "c2"), ("org_2", "c0"), ("org_2", "c3"), ("org_2", "c4")];
    let mut after = None;
    for (range, (owner, name)) in ranges.iter().zip(ends) {
        let through = place(owner, name);
        assert_eq!(*range, ContactRange { after: after.replace(through.clone()), through });
    }
    assert_eq!(ranges.len(), ends.len());
    let mut read = 0;
    for range in &ranges {
        read += world.queue.range_inputs(None, range, None).await.unwrap().contacts.len();
    }
    assert_eq!(read, 10);
    assert_eq!(world.queue.plan_ranges(None, 1, 3).await.unwrap().ranges.len(), 3);
}

async fn ranges_of_one_organization_are_its_own<S: Subject>(world: World<S>) {
    many_contacts(&world).await;
    let owner = organization("org_2");
    let ranges = world.queue.plan_ranges(Some(&owner), 4, 100).await.unwrap().ranges;
    let (first, last) = (place("org_2", "c3"), place("org_2", "c4"));
    let wanted = [
        ContactRange { after: None, through: first.clone() },
        ContactRange { after: Some(first), through: last },
    ];
    assert_eq!(ranges, wanted);
    let inputs = world.queue.range_inputs(Some(&owner), &ranges[0], None).await.unwrap();
    assert_eq!(inputs.contacts.len(), 4);
    assert!(inputs.contacts.keys().all(|(of, _)| *of == owner));
}

async fn a_range_without_contacts_is_none<S: Subject>(world: World<S>) {
    assert!(world.queue.plan_ranges(None, 3, 100).await.unwrap().ranges.is_empty());
    let range = ContactRange { after: None, through: place("org_1", "c0") };
    assert!(world.queue.range_inputs(None, &range, None).await.unwrap().contacts.is_empty());
}

async fn inputs_have_features_and_configurations<S: Subject>(world: World<S>) {
    many_contacts(&world).await;
    let owner = organization("org_1");
    let entry = json!({"category": "intent", "factor": "webinar", "weight": 12.5});
    let entries: Vec<ConfigEntry> = vec![serde_json::from_value(entry).unwrap()];
    for _ in 0..2 {
        world.subject.put_config(&owner, entries.clone()).await;
    }
    let asked = [("org_1", "c1"), ("org_2", "c1"), ("org_2", "nobody")]
        .map(|(owner, name)| (organization(owner), contact(name)));
    let inputs = world.queue.score_inputs(&asked).await.unwrap();
    assert_eq!(inputs.contacts.keys().collect::<Vec<_>>(), [&asked[0], &asked[1]]);
    let config = Config::new(entries).unwrap();
    assert_eq!(inputs.configs.into_iter().collect::<Vec<_>>(), [(owner, Ok((config, 2)))]);
    let range = ContactRange { after: None, through: place("org_2", "c0") };
    let of_range = world.queue.range_inputs(None, &range, None).await.unwrap();
    assert_eq!((of_range.contacts.len(), of_range.configs.len()), (6, 1));
}

async fn more_signals_than_a_job_holds_are_told<S: Subject>(world: World<S>) {
    let (owner, now) = (organization("org_1"), world.subject.now());
    let half = SIGNALS_SCORED_MAX / 2;
    for (name, many) in [("ada", half), ("bob", half), ("cy", 1)] {
        world.subject.put_contact(&owner, &contact(name), Features::default()).await;
        let signals: Vec<_> = (0..many).map(|n| signal(&format!("evt-{n:05}"), now)).collect();
        world.put_signals(name, &signals).await;
    }
    let key = |name: &str| (owner.clone(), contact(name));
    let inputs = |names: &[&str]| names.iter().map(|name| key(name)).collect::<Vec<_>>();
    let two = world.queue.score_inputs(&inputs(&["ada", "bob"])).await.unwrap();
    assert!(!two.truncated, "as many as a job holds");
    assert_eq!(two.contacts[&key("bob")].as_ref().unwrap().signals.len(), half);
    let three = world.queue.score_inputs(&inputs(&["ada", "bob", "cy"])).await.unwrap();
    assert!(three.truncated && three.contacts.len() == 3);
    let place =
        |name: &str| ContactPlace { organization_id: owner.clone(), contact_id: contact(name) };
    let range = |after: Option<&str>, through| ContactRange {
        after: after.map(place),
        through: place(through),
    };
    let whole = world.queue.range_inputs(Some(&owner), &range(None, "cy"), None).await.unwrap();
    assert!(whole.truncated && whole.contacts.len() == 3);
    let last = range(Some("ada"), "cy");
    assert!(!world.queue.range_inputs(None, &last, None).await.unwrap().truncated);
    // What is too much for one contact alone is that contact's own matter.
    let more: Vec<_> = (half..=2 * half).map(|n| signal(&format!("evt-{n:05}"), now)).collect();
    world.put_signals("bob", &more).await;
    let alone = world.queue.score_inputs(&inputs(&["bob"])).await.unwrap();
    assert!(!alone.truncated);
    assert!(matches!(alone.contacts[&key("bob")], Err(PortError::Unreadable { .. })));
}

async fn a_days_history_never_goes_back<S: Subject>(mut world: World<S>) {
    let id = world.id();
    let midnight = world.subject.now().date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let write = |world: &World<S>, at, version, total| {
        let scores = vec![score("ada", total, (version, 0), id)];
        let whole = Effect { scores, ..effect(at, &[]) };
        let queue = world.subject.queue();
        async move {
            use mauntic_flows::ports::Database;
            queue.open().await.unwrap().commit(&whole).await.unwrap()
        }
    };
    write(&world, midnight, 1, 50).await;
    // Claimed before midnight, of newer features, and written after.
    write(&world, midnight - chrono::TimeDelta::seconds(1), 2, 70).await;
    assert_eq!(world.column("history", "total_score").await, [json!(705_000)]);
    assert_eq!(world.column("scores", "total_score").await, [json!(705_000)]);
}
