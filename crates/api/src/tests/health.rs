//! The health check's verdicts.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{OrganizationId, PortfolioUserId, ProviderTournamentId};
use mauntic_domain::portfolio::{Rates, StoredUser, calculate};
use mauntic_domain::scoreboard::{Chain, Match, Round, Rules, Status};
use mauntic_flows::ports::{DriftWrite, MatchPlace, PortError, TournamentRef};
use mauntic_flows::tick::Duty;
use mauntic_sim::faults;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::things::TOURNAMENT;
use super::world::{World, organization};

async fn check(world: &World) -> Answer {
    Call::get("/api/monitoring/health").send(world).await
}

/// What the scheduler's check is to say: none is that all is well.
fn assert_verdict(answer: &Answer, code: Option<&str>) {
    let (status, verdict) = if code.is_none() { (200, "healthy") } else { (503, "degraded") };
    let found = (answer.status, answer.body["status"].as_str());
    assert_eq!(found, (status, Some(verdict)), "{}", answer.body);
    assert_eq!(answer.body["checks"]["scheduler"]["code"].as_str(), code);
    assert_eq!(answer.line.get("code").and_then(|code| code.as_str()), code);
}

#[tokio::test]
async fn all_is_well() {
    let answer = check(&World::new()).await;
    assert_verdict(&answer, None);
    assert_eq!(answer.body["checks"]["schema"]["version"], 3);
    let listed = answer.body["checks"]["scheduler"]["duties"].as_array().unwrap();
    let mut listed: Vec<_> = listed.iter().map(|duty| duty["name"].as_str().unwrap()).collect();
    let mut duties = Duty::ALL.map(Duty::name);
    listed.sort_unstable();
    duties.sort_unstable();
    assert_eq!(listed, duties);
}

/// Warnings whose codes begin like this: what else is there is to be looked at as well.
fn warnings_of(kind: &str, answer: &Answer) -> Vec<Value> {
    let all = answer.body["warnings"].as_array().unwrap().iter();
    all.filter(|warning| warning["code"].as_str().unwrap().starts_with(kind)).cloned().collect()
}

fn of_boards(answer: &Answer) -> Vec<Value> {
    warnings_of("scoreboard_drift", answer)
}

#[tokio::test]
async fn what_waits_for_somebody_is_named() {
    let world = World::with_things().await;
    let letters = json!({"code": "dead_letters", "name": "mauntic-scoring-events", "count": 1});
    assert_eq!(warnings_of("dead_letters", &check(&world).await), [letters]);
}

#[tokio::test]
async fn a_board_that_differs_is_a_warning_and_no_failure() {
    let world = World::with_things().await;
    let check_of = async |differences| {
        let place =
            TournamentRef { organization_id: organization("org_a"), tournament_id: TOURNAMENT };
        let drift = DriftWrite { place, ledger_seq: 7, differences, first: Vec::new() };
        world.store().put_drift(&drift);
        let answer = check(&world).await;
        (answer.status, of_boards(&answer))
    };
    let warning = json!({"code": "scoreboard_drift", "id": TOURNAMENT, "count": 3});
    let before = check(&world).await;
    assert_eq!(of_boards(&before), Vec::<Value>::new());
    assert_eq!(check_of(3).await, (before.status, vec![warning]));
    assert_eq!(check_of(0).await, (before.status, Vec::new()), "it was mended");
}

#[tokio::test]
async fn a_night_that_went_wrong_is_a_warning_until_another_one_has_ended() {
    let world = World::with_things().await;
    let before = check(&world).await;
    let user = (organization("org_a"), PortfolioUserId::parse("u").unwrap());
    let text = r#"{"base":"USD","asOf":"2026-11-30T03:00:00Z","units":{"EUR":"0.9"}}"#;
    let rates = Rates::from_json(text).unwrap();
    let unscored = calculate(&StoredUser::default(), &rates, &BTreeMap::new());
    let run = Uuid::from_u128(u128::MAX - 1);
    world.store().put_night(run, &[(user, unscored)]);
    let answer = check(&world).await;
    let warning = json!({"code": "night_partial", "id": run, "count": 1});
    assert_eq!((answer.status, warnings_of("night_", &answer)), (before.status, vec![warning]));
    world.store().put_night(Uuid::max(), &[]);
    assert_eq!(warnings_of("night_", &check(&world).await), [Value::Null; 0]);
}

#[tokio::test]
async fn a_late_beat_of_any_duty_degrades() {
    for late in Duty::ALL {
        for (age_secs, code) in [
            (149, None),
            (150, Some("heartbeat_late")),
            (10_000, Some("heartbeat_late")),
            (-5, None),
        ] {
            let world = World::new();
            world.put_beat(late.name(), age_secs);
            let answer = check(&world).await;
            assert_verdict(&answer, code);
            for duty in answer.body["checks"]["scheduler"]["duties"].as_array().unwrap() {
                let is_late = duty["name"] == late.name();
                let age = if is_late { age_secs.max(0) } else { 0 };
                let status = if is_late && code.is_some() { "degraded" } else { "healthy" };
                assert_eq!((&duty["ageSeconds"], &duty["status"]), (&age.into(), &status.into()));
            }
        }
    }
}

#[tokio::test]
async fn each_duty_is_late_by_its_own_interval() {
    for (interval_secs, first_late) in [(60, 150), (61, 153), (900, 2_250), (21_600, 54_000)] {
        for (age_secs, code) in [(first_late - 1, None), (first_late, Some("heartbeat_late"))] {
            let world = World::new();
            world.put_beat_of(Duty::Relay.name(), interval_secs, age_secs);
            assert_verdict(&check(&world).await, code);
        }
    }
    // Its neighbours are not judged by it.
    let world = World::new();
    world.put_beat_of(Duty::Relay.name(), 900, 0);
    world.put_beat(Duty::Events.name(), 150);
    assert_verdict(&check(&world).await, Some("heartbeat_late"));
}

#[tokio::test]
async fn a_missing_beat_of_any_duty_degrades() {
    assert_verdict(&check(&World::without_beats()).await, Some("heartbeat_missing"));
    for missing in Duty::ALL {
        let world = World::without_beats();
        for duty in Duty::ALL.into_iter().filter(|duty| *duty != missing) {
            world.put_beat(duty.name(), 0);
        }
        // Another build's duty stands for none of ours.
        world.put_beat("another", 0);
        assert_verdict(&check(&world).await, Some("heartbeat_missing"));
        world.put_beat(missing.name(), 0);
        assert_verdict(&check(&world).await, None);
    }
}

#[tokio::test]
async fn a_schema_of_another_build_is_unhealthy() {
    for (version, status) in [(1, 500), (2, 200), (4, 200), (5, 500)] {
        let world = World::new();
        world.store().set_schema_version(version);
        let answer = check(&world).await;
        assert_eq!(answer.status, status, "{version}");
        assert_eq!(answer.body["checks"]["schema"]["minimum"], 2);
        assert_eq!(answer.body["checks"]["schema"]["maximum"], 4);
    }
}

#[tokio::test]
async fn an_unreachable_database_is_unhealthy_and_tells_no_more() {
    for call in [faults::Call::Open, faults::Call::Vitals] {
        let world = World::new();
        let cause = "secret-host.example refused".to_owned();
        world.fail(call, PortError::Unavailable { what: "the database", cause });
        let answer = check(&world).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.body["status"], "unhealthy");
        assert_eq!(answer.body["checks"]["database"]["code"], "unavailable");
        assert!(!answer.body.to_string().contains("secret-host"));
        assert_eq!(answer.line["code"], "unavailable");
        assert!(answer.line["cause"].as_str().unwrap().contains("secret-host"));
    }
}

#[tokio::test]
async fn matches_that_were_given_up_are_a_warning_and_no_more() {
    let world = World::new();
    assert_eq!(check(&world).await.body["warnings"], json!([]));
    let owner = OrganizationId::parse("org_1").unwrap();
    let (provided, by_hand) = (Uuid::from_u128(1), Uuid::from_u128(2));
    for id in [provided, by_hand] {
        let key = (owner.clone(), id);
        world.store().put_tournament(key, Rules::default(), Chain::default());
    }
    let provider = ProviderTournamentId::parse("cup").unwrap();
    world.store().provide(&(owner.clone(), provided), Some(provider));
    let first: DateTime<Utc> = "2026-07-01T18:00:00Z".parse().unwrap();
    let put = |tournament_id, id: u32, status| {
        let kickoff = first - TimeDelta::hours(id.into());
        let stored = Match { status, next_check_at: None, ..Match::scheduled(kickoff) };
        let match_id = Uuid::from_u128(id.into());
        let place = MatchPlace { organization_id: owner.clone(), tournament_id, match_id };
        world.store().put_match(place, Round::parse("R").unwrap(), stored);
    };
    (1..=12).for_each(|id| put(provided, id, Status::Suspended));
    put(provided, 20, Status::Cancelled);
    put(by_hand, 30, Status::Live);
    let answer = check(&world).await;
    assert_verdict(&answer, None);
    let warning = |id| json!({"code": "matches_given_up", "id": Uuid::from_u128(id), "count": 12});
    let wanted: Vec<Value> = (3..=12).rev().map(warning).collect();
    assert_eq!(answer.body["warnings"], json!(wanted));
    let cause = "no such function".to_owned();
    world.fail(faults::Call::Warnings, PortError::Refused { what: "counting", cause });
    let answer = check(&world).await;
    assert_verdict(&answer, None);
    assert_eq!(answer.body["warnings"], json!([{"code": "not_checked"}]));
}
