//! Settlements of more guesses than one transaction takes.

use chrono::TimeDelta;
use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_domain::scoreboard::{Chain, Match, MatchResult, Round, Rules, Score, Status};
use mauntic_flows::consume::{Body, Delivery, consume};
use mauntic_flows::ports::MatchPlace;
use mauntic_sim::engine::drive::finish;
use mauntic_sim::ports::SimPorts;
use mauntic_sim::store::Limits;
use serde_json::json;
use uuid::Uuid;

use crate::Done;

/// A tournament of four members, who have guessed how its one match ended.
fn tournament(ports: &SimPorts) -> MatchPlace {
    let organization_id = OrganizationId::parse("org_1").unwrap();
    let (tournament_id, match_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let place = MatchPlace { organization_id, tournament_id, match_id };
    let key = (place.organization_id.clone(), tournament_id);
    ports.store.put_tournament(key.clone(), Rules::default(), Chain::default());
    let (now, score) = (ports.clock.database(), Score::new(2, 1).unwrap());
    let kickoff = now - TimeDelta::hours(2);
    let ended = Match {
        status: Status::Ended,
        result: Some(MatchResult::of_full_time(score)),
        result_version: 1,
        ended_at: Some(now),
        ..Match::scheduled(kickoff)
    };
    ports.store.put_match(place.clone(), Round::parse("Final").unwrap(), ended);
    for name in ["ada", "bob", "cy", "dan"] {
        let member = MemberId::parse(name).unwrap();
        ports.store.put_members(&key, &[(member.clone(), kickoff)]);
        ports.store.put_guesses(&place, &[(member, score, kickoff - TimeDelta::hours(1))]);
    }
    place
}

#[test]
fn too_many_guesses_are_a_case_for_people_at_once() {
    for (most, state) in [(3, JobState::DeadLettered), (4, JobState::Completed)] {
        let ports = SimPorts::new(1);
        let place = tournament(&ports);
        ports.store.set_limits(Limits { guesses_settled_max: most, ..Limits::default() });
        let data = json!({"organizationId": place.organization_id,
            "tournamentId": place.tournament_id, "matchId": place.match_id,
            "resultVersion": 1});
        let message = json!({"type": "scoreboard.settle-match-score", "data": data});
        let body = Body::Text(message.to_string());
        let delivery = [Delivery { message_id: "m-1".to_owned(), body }];
        let origin = Origin::Jobs(Queue::ScoreboardJobs);
        finish(consume(&ports, origin, Uuid::from_u128(9), &delivery, &Done));
        let jobs = ports.store.jobs();
        assert_eq!(jobs.len(), 1, "{:?}", ports.store.letters());
        assert_eq!(jobs[0].state, state, "{jobs:?}");
        let reasons: Vec<String> =
            ports.store.letters().into_iter().map(|letter| letter.reason).collect();
        let expected = ["settlement_too_large"].repeat(1 - usize::from(most > 3));
        assert_eq!(reasons, expected);
        let is_settled = ports.store.look(|state| !state.boards().points.is_empty());
        assert_eq!(is_settled, state == JobState::Completed);
    }
}
