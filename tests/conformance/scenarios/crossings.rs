//! What a written score leaves beside itself: thresholds that it crossed, days
//! on which it moved, and what it is told by.

use chrono::TimeDelta;
use mauntic_domain::jobs::data::{ContactPlace, ContactRange};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Category, Contribution, Features, Score};
use mauntic_flows::ports::{Committed, CurrentScore, Effect, EffectStore, JobKey, ScoreWrite};
use serde_json::{Value, json};

use super::given::{effect, score};
use crate::dump::none;
use crate::subject::{Subject, World, contact, organization};

on_both! {
    a_first_score_crosses_all_that_is_below_it
    several_thresholds_are_crossed_at_once_in_both_directions
    a_threshold_is_reached_at_its_very_points
    no_threshold_is_crossed_within_a_grade
    crossings_of_several_contacts_are_told_in_their_order
    a_superseded_score_crosses_nothing
    a_day_is_written_where_the_score_moved
    a_score_that_was_computed_before_replaces_none_of_the_same_inputs
    newer_inputs_replace_a_score_that_was_computed_later
    a_stored_score_is_known_by_its_digest
}

async fn store<S: Subject>(world: &World<S>, scores: Vec<ScoreWrite>) -> Committed {
    let whole = effect(world.subject.now(), &[]);
    world.queue.commit(&Effect { scores, ..whole }).await.unwrap()
}

/// Of each crossing, who, what and which way.
async fn crossed<S: Subject>(world: &mut World<S>) -> Vec<Value> {
    let dump = world.dump().await;
    let events = dump["events"].as_array().unwrap().iter();
    let crossings = events.filter(|event| event["type"] == "scoring.ThresholdCrossed");
    let short = |event: &Value| {
        let data = &event["data"];
        json!([data["contactId"], data["threshold"], data["direction"], data["previousTotal"]])
    };
    crossings.map(short).collect()
}

async fn a_first_score_crosses_all_that_is_below_it<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    let whole = effect(world.subject.now(), &[&held]);
    let scores = vec![score("ada", 65, (1, 0), id), score("bob", 3, (1, 0), id)];
    world.queue.commit(&Effect { scores, ..whole }).await.unwrap();
    let up = |threshold: i64| json!(["ada", threshold, "up", none()]);
    assert_eq!(crossed(&mut world).await, [up(20), up(40), up(60)]);
    let types = world.column("events", "type").await;
    let crossing = "scoring.ThresholdCrossed";
    let updated = "scoring.LeadScoreUpdated";
    assert_eq!(types, [updated, crossing, crossing, crossing, updated]);
    let data = &world.column("events", "data").await[1];
    assert_eq!(data["totalScore"], 65.5);
    assert_eq!(world.column("events", "request_id").await, ["request-1"; 5]);
    let name = json!(world.labels.name(id));
    assert_eq!(world.column("events", "job_id").await[1], name);
}

async fn several_thresholds_are_crossed_at_once_in_both_directions<S: Subject>(
    mut world: World<S>,
) {
    let id = world.id();
    let mut expected = Vec::new();
    let mut version = 0;
    let mut before: Option<i64> = None;
    for (points, crossings, direction) in [
        (10, vec![], "up"),
        (85, vec![20, 40, 60, 80], "up"),
        (5, vec![20, 40, 60, 80], "down"),
        (45, vec![20, 40], "up"),
        (70, vec![60], "up"),
        (30, vec![40, 60], "down"),
    ] {
        version += 1;
        store(&world, vec![score("ada", points, (version, 0), id)]).await;
        let previous = before.map(|points| json!(PointsE4::from_e4(points * 10_000 + 5_000)));
        expected.extend(
            crossings.into_iter().map(|threshold| json!(["ada", threshold, direction, previous])),
        );
        before = Some(points);
        assert_eq!(crossed(&mut world).await, expected, "{points}");
    }
}

/// A score of so many ten-thousandths.
fn exact(e4: i64, version: i64, job_id: uuid::Uuid) -> ScoreWrite {
    let points = PointsE4::from_e4(e4);
    let made = Contribution { factor: "made".to_owned(), category: Category::Fit, points };
    let score_of = Score::from_contributions(vec![made]);
    ScoreWrite { score: score_of, ..score("ada", 0, (version, 0), job_id) }
}

async fn a_threshold_is_reached_at_its_very_points<S: Subject>(mut world: World<S>) {
    let id = world.id();
    for (version, e4) in [(1, 199_999), (2, 200_000), (3, 199_999)] {
        store(&world, vec![exact(e4, version, id)]).await;
    }
    let expected = [json!(["ada", 20, "up", 19.9999]), json!(["ada", 20, "down", 20])];
    assert_eq!(crossed(&mut world).await, expected);
}

async fn no_threshold_is_crossed_within_a_grade<S: Subject>(mut world: World<S>) {
    let id = world.id();
    for (version, points) in [(1, 5), (2, 15), (3, 0)] {
        store(&world, vec![score("ada", points, (version, 0), id)]).await;
    }
    assert!(crossed(&mut world).await.is_empty());
    assert_eq!(world.column("events", "type").await, ["scoring.LeadScoreUpdated"]);
}

async fn crossings_of_several_contacts_are_told_in_their_order<S: Subject>(mut world: World<S>) {
    let id = world.id();
    let scores = vec![score("ada", 45, (1, 0), id), score("bob", 25, (1, 0), id)];
    store(&world, scores).await;
    let scores = vec![score("ada", 5, (2, 0), id), score("bob", 45, (2, 0), id)];
    store(&world, scores).await;
    let expected = [
        json!(["ada", 20, "up", none()]),
        json!(["ada", 40, "up", none()]),
        json!(["bob", 20, "up", none()]),
        json!(["ada", 20, "down", 45.5]),
        json!(["ada", 40, "down", 45.5]),
        json!(["bob", 40, "up", 25.5]),
    ];
    assert_eq!(crossed(&mut world).await, expected);
}

async fn a_superseded_score_crosses_nothing<S: Subject>(mut world: World<S>) {
    let id = world.id();
    store(&world, vec![score("ada", 5, (2, 2), id)]).await;
    let before = world.dump().await;
    let scores = vec![score("ada", 95, (1, 3), id)];
    assert_eq!(store(&world, scores).await, Committed::Done { superseded: 1, refill: false });
    assert_eq!(world.dump().await, before);
}

async fn a_day_is_written_where_the_score_moved<S: Subject>(mut world: World<S>) {
    let id = world.id();
    store(&world, vec![exact(300_000, 1, id)]).await;
    world.advance(24 * 3_600).await;
    // The same points by the same category: nothing moved.
    store(&world, vec![exact(300_000, 2, id)]).await;
    assert_eq!(world.column("history", "total_score").await, [json!(300_000)]);
    assert_eq!(world.column("scores", "input_version").await, [json!(2)]);
    // The same total by another category did.
    let intent = Contribution {
        factor: "made".to_owned(),
        category: Category::Intent,
        points: PointsE4::whole(30),
    };
    let moved =
        ScoreWrite { score: Score::from_contributions(vec![intent]), ..exact(300_000, 3, id) };
    store(&world, vec![moved]).await;
    assert_eq!(world.column("history", "total_score").await, [json!(300_000), json!(300_000)]);
    assert_eq!(world.column("history", "updated_at").await, ["-86400s", "+0s"]);
}

async fn a_score_that_was_computed_before_replaces_none_of_the_same_inputs<S: Subject>(
    mut world: World<S>,
) {
    let id = world.id();
    let now = world.subject.now();
    store(&world, vec![score("ada", 50, (2, 2), id)]).await;
    let before = world.dump().await;
    let earlier = effect(now - TimeDelta::microseconds(1), &[]);
    let scores = vec![score("ada", 90, (2, 2), id)];
    let done = world.queue.commit(&Effect { scores: scores.clone(), ..earlier }).await.unwrap();
    assert_eq!(done, Committed::Done { superseded: 1, refill: false });
    assert_eq!(world.dump().await, before);
    assert_eq!(store(&world, scores).await, Committed::Done { superseded: 0, refill: false });
    assert_eq!(world.column("scores", "total_score").await, [json!(905_000)]);
}

async fn newer_inputs_replace_a_score_that_was_computed_later<S: Subject>(mut world: World<S>) {
    let id = world.id();
    let now = world.subject.now();
    store(&world, vec![score("ada", 50, (2, 2), id), score("bob", 50, (2, 2), id)]).await;
    let earlier = effect(now - TimeDelta::seconds(1), &[]);
    let scores = vec![score("ada", 70, (3, 2), id), score("bob", 70, (2, 3), id)];
    let done = world.queue.commit(&Effect { scores, ..earlier }).await.unwrap();
    assert_eq!(done, Committed::Done { superseded: 0, refill: false });
    assert_eq!(world.column("scores", "total_score").await, [json!(705_000), json!(705_000)]);
}

async fn a_stored_score_is_known_by_its_digest<S: Subject>(mut world: World<S>) {
    let (owner, ada) = (organization("org_1"), contact("ada"));
    world.subject.put_contact(&owner, &ada, Features::default()).await;
    let id = world.id();
    let write = score("ada", 50, (1, 0), id);
    store(&world, vec![write.clone()]).await;
    let through = ContactPlace { organization_id: owner.clone(), contact_id: ada.clone() };
    let range = ContactRange { after: None, through };
    let inputs = world.queue.range_inputs(None, &range, None).await.unwrap();
    let current =
        CurrentScore { digest: write.score.digest(), input_version: 1, config_version: 0 };
    assert_eq!(inputs.current.into_iter().collect::<Vec<_>>(), [((owner, ada), current)]);
}
