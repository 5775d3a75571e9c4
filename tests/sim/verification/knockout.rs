//! The daily look after rounds that are over.

use chrono::TimeDelta;
use mauntic_domain::ids::{OrganizationId, ProviderTournamentId};
use mauntic_domain::scoreboard::{Chain, Match, Rules, Status};
use mauntic_flows::ports::{Dependency, Request};
use mauntic_sim::outside::Health;
use mauntic_sim::provider::{Fixture, Said, world_cup};
use mauntic_sim::store::boards::TournamentKey;
use serde_json::json;
use uuid::Uuid;

use super::cup::Cup;

/// The external ids of a tournament's matches, sorted.
fn ids(cup: &Cup, key: &TournamentKey) -> Vec<String> {
    cup.ports.store.look(|state| {
        let rows = state.boards().matches.iter();
        let of = |place: &mauntic_flows::ports::MatchPlace| {
            (&place.organization_id, &place.tournament_id) == (&key.0, &key.1)
        };
        let mut ids: Vec<String> =
            rows.filter(|(place, _)| of(place)).map(|(_, row)| row.external_id.clone()).collect();
        ids.sort();
        ids
    })
}

fn lists_asked(cup: &Cup) -> usize {
    let provider = cup.ports.outside.provider();
    let asked = provider.asked().iter();
    asked.filter(|question| matches!(question.request, Request::Matches { .. })).count()
}

/// The final, of which is told once it is known who plays.
fn known_later(cup: &Cup) -> Fixture {
    let last = world_cup().pop().unwrap();
    let now = cup.ports.clock.now();
    let last = Fixture { kickoff: now + TimeDelta::days(4), ..last };
    cup.ports.outside.provider().play(&cup.provider, &last, now + TimeDelta::hours(3));
    last
}

fn check(cup: &Cup) {
    cup.send(&json!({"type": "scoreboard.check-knockout"}));
    cup.minutes(1);
}

#[test]
fn the_next_round_comes_once_and_is_played() {
    let cup = Cup::of(2);
    let last = known_later(&cup);
    check(&cup);
    assert_eq!(lists_asked(&cup), 0, "the round is not over");
    // The schedule comes at six in the morning.
    cup.days(2);
    assert_eq!(ids(&cup, &cup.key), ["2022-01", "2022-02", "2022-64"]);
    let asked = lists_asked(&cup);
    assert_eq!(asked, 1, "then the final is what is waited for");
    check(&cup);
    assert_eq!((ids(&cup, &cup.key).len(), lists_asked(&cup)), (3, asked));
    let stored = cup.ports.store.look(|state| {
        let rows = state.boards().matches.values();
        rows.filter(|row| row.external_id == last.id.as_str()).map(|row| row.stored).next()
    });
    assert_eq!(stored, Some(Match::scheduled(last.kickoff)));
    cup.days(3);
    let statuses: Vec<Status> = cup
        .ports
        .store
        .look(|state| state.boards().matches.values().map(|row| row.stored.status).collect());
    assert_eq!(statuses, [Status::Ended; 3]);
    assert_eq!(cup.letters(), 0);
}

#[test]
fn what_fails_for_one_tournament_stops_no_other() {
    let cup = Cup::of(1);
    known_later(&cup);
    let other = |n: u128, said| {
        let owner = OrganizationId::parse(format!("org_{n}")).unwrap();
        let key = (owner, Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0100 + n));
        let name = ProviderTournamentId::parse(format!("other-{n}")).unwrap();
        cup.ports.store.put_tournament(key.clone(), Rules::default(), Chain::default());
        cup.ports.store.provide(&key, Some(name.clone()));
        let since = cup.ports.clock.now();
        cup.ports.outside.provider().say_list(&name, since, said);
        key
    };
    let refused = other(2, Said::Refused(403));
    let garbage = other(3, Said::Garbage(b"[]".to_vec()));
    let kickoff = cup.ports.clock.now() + TimeDelta::days(10);
    let fixture = Fixture { kickoff, ..world_cup().remove(9) };
    let told = fixture.told(Status::Scheduled, fixture.result);
    let fine = other(4, Said::Json(json!({ "matches": [told] })));
    let twice = {
        let told = fixture.told(Status::Scheduled, fixture.result);
        other(5, Said::Json(json!({ "matches": [told, told] })))
    };
    let nobody = (OrganizationId::parse("org_6").unwrap(), Uuid::from_u128(6));
    cup.ports.store.put_tournament(nobody, Rules::default(), Chain::default());
    cup.minutes(4 * 60);
    check(&cup);
    cup.minutes(30);
    assert_eq!(ids(&cup, &cup.key).len(), 2);
    assert_eq!(ids(&cup, &fine), ["2022-10"]);
    for none in [&refused, &garbage, &twice] {
        assert!(ids(&cup, none).is_empty(), "nothing of {none:?}");
    }
    let mut reasons = cup.letter_reasons();
    reasons.sort();
    assert_eq!(reasons, ["refused_outside", "retries_exhausted", "retries_exhausted"]);
}

#[test]
fn an_outage_puts_the_look_off() {
    let cup = Cup::of(1);
    known_later(&cup);
    cup.minutes(4 * 60);
    cup.ports.outside.set(Dependency::MatchProvider, Health::Down);
    check(&cup);
    cup.minutes(90);
    assert_eq!(cup.letters(), 0);
    cup.ports.outside.set(Dependency::MatchProvider, Health::Up);
    cup.minutes(40);
    assert_eq!(ids(&cup, &cup.key).len(), 2);
    assert_eq!((cup.letters(), cup.unfinished()), (0, 0));
}

#[test]
fn one_tournament_may_be_looked_after_by_hand() {
    let cup = Cup::of(1);
    known_later(&cup);
    cup.minutes(4 * 60);
    let of = |id: Uuid| {
        json!({"type": "scoreboard.check-knockout",
            "data": {"organizationId": "org_1", "tournamentId": id}})
    };
    cup.send(&of(cup.key.1));
    cup.send(&of(Uuid::from_u128(9)));
    cup.minutes(1);
    assert_eq!(ids(&cup, &cup.key).len(), 2);
    assert_eq!(cup.letter_reasons(), ["unknown_tournament"]);
}
