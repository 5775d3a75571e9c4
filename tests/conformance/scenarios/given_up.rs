//! Matches without an end that nobody asks about any more.

use chrono::TimeDelta;
use mauntic_domain::scoreboard::{Match, Status};
use mauntic_flows::ports::{KeyStore, Warning, WarningKind};

use super::given_boards::{MATCHES, key, round};
use super::verifications::provider;
use crate::boards::BoardSubject;
use crate::subject::World;

on_both! {
    matches_that_were_given_up_are_warned_of
}

async fn matches_that_were_given_up_are_warned_of<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    let warnings = async |world: &World<S>| world.http.vitals().await.unwrap().warnings;
    assert_eq!(warnings(&world).await, Some(Vec::new()));
    let began = world.subject.now() - TimeDelta::days(20);
    for (at, hours, status) in
        [(0, 1, Status::Suspended), (1, 0, Status::Scheduled), (2, 2, Status::Cancelled)]
    {
        let kickoff = began + TimeDelta::hours(hours);
        let stored = Match { status, next_check_at: None, ..Match::scheduled(kickoff) };
        world.subject.put_match(&world.place(at), &round("Final"), &stored).await;
    }
    let all = [MATCHES[1], MATCHES[0]].map(|id| Warning {
        kind: WarningKind::MatchesGivenUp,
        id: Some(id),
        name: None,
        count: Some(2),
    });
    assert_eq!(warnings(&world).await, Some(all.to_vec()));
    world.subject.put_provider(&key("org_1"), None).await;
    assert_eq!(warnings(&world).await, Some(Vec::new()));
    world.subject.put_provider(&key("org_1"), Some(&provider())).await;
    world.subject.close_tournament(&key("org_1")).await;
    assert_eq!(warnings(&world).await, Some(Vec::new()));
}
