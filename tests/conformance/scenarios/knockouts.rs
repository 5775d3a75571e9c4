//! Tournaments whose next round is looked after, and the matches that come with it.

use std::slice;

use chrono::TimeDelta;
use mauntic_domain::ids::ProviderMatchId;
use mauntic_domain::scoreboard::messages::TournamentRef;
use mauntic_domain::scoreboard::{Answer, Match, Status};
use mauntic_flows::ports::{Effect, EffectStore, JobKey, NewMatches, VerificationStore};
use uuid::Uuid;

use super::given::effect;
use super::given_boards::{MATCHES, TOURNAMENT, key, round};
use super::verifications::provider;
use crate::boards::BoardSubject;
use crate::dump::none;
use crate::subject::{World, organization};

on_both! {
    tournaments_are_listed_in_their_order
    matches_that_come_later_come_once
}

fn place_of(owner: &str) -> TournamentRef {
    TournamentRef { organization_id: organization(owner), tournament_id: TOURNAMENT }
}

async fn tournaments_are_listed_in_their_order<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    world.same_elsewhere().await;
    let list = async |world: &World<S>, after: Option<&TournamentRef>, limit| {
        world.queue.provided_tournaments(after, limit).await.unwrap()
    };
    let (first, second) = (place_of("org_1"), place_of("org_2"));
    assert_eq!(list(&world, None, 9).await, slice::from_ref(&first), "the other has no provider");
    world.subject.put_provider(&key("org_2"), Some(&provider())).await;
    assert_eq!(list(&world, None, 9).await, [first.clone(), second.clone()]);
    assert_eq!(list(&world, None, 1).await, slice::from_ref(&first));
    assert_eq!(list(&world, Some(&first), 9).await, slice::from_ref(&second));
    assert_eq!(list(&world, Some(&second), 9).await, []);
}

async fn matches_that_come_later_come_once<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let kickoff = world.subject.now() + TimeDelta::days(3);
    let answer = |id: &str, hours| Answer {
        id: ProviderMatchId::parse(id).unwrap(),
        round: round("Final"),
        home: "Argentina".to_owned(),
        away: "France".to_owned(),
        kickoff: kickoff + TimeDelta::hours(hours),
        status: Status::Scheduled,
        result: None,
    };
    let known = MATCHES[0].to_string();
    for matches in [vec![answer("m-1", 0), answer(&known, 0)], vec![answer("m-1", 5)]] {
        let job = world.one(JobKey::None).await;
        let held = world.hold(job).await;
        let new_matches = vec![NewMatches { tournament: place_of("org_1"), matches }];
        let whole = Effect { new_matches, ..effect(world.subject.now(), &[&held]) };
        world.queue.commit(&whole).await.unwrap();
    }
    let inputs = world.queue.knockout_inputs(&place_of("org_1")).await.unwrap().unwrap();
    assert_eq!(inputs.tournament, Some(provider()));
    assert_eq!(inputs.matches.len(), MATCHES.len() + 1);
    let last = inputs.matches.last().unwrap();
    assert_eq!((last.external_id.as_str(), &last.round), ("m-1", &round("Final")));
    assert_eq!(last.stored, Match::scheduled(kickoff));
    let rows = world.table("matches").await;
    assert_eq!(rows[0]["kickoff"], "-7200s", "it stays as it is");
    assert!(rows.iter().all(|row| row["last_checked_at"] == none()));
    world.same_elsewhere().await;
    let elsewhere = world.queue.knockout_inputs(&place_of("org_2")).await.unwrap().unwrap();
    assert_eq!((elsewhere.tournament, elsewhere.matches.len()), (None, 1));
    let nobody = TournamentRef { tournament_id: Uuid::from_u128(9), ..place_of("org_1") };
    assert_eq!(world.queue.knockout_inputs(&nobody).await.unwrap(), None);
}
