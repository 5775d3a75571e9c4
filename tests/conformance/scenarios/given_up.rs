//! Matches without an end that nobody asks about any more.

use chrono::TimeDelta;
use mauntic_domain::scoreboard::{Match, Status};
use mauntic_flows::ports::{GivenUp, KeyStore};

use super::given_boards::{MATCHES, key, round};
use super::verifications::provider;
use crate::boards::BoardSubject;
use crate::subject::World;

on_both! {
    matches_that_were_given_up_are_counted_and_named
}

async fn matches_that_were_given_up_are_counted_and_named<S: BoardSubject>(mut world: World<S>) {
    world.provided().await;
    assert_eq!(world.http.given_up(9).await.unwrap(), GivenUp::default());
    let began = world.subject.now() - TimeDelta::days(20);
    for (at, hours, status) in
        [(0, 1, Status::Suspended), (1, 0, Status::Scheduled), (2, 2, Status::Cancelled)]
    {
        let kickoff = began + TimeDelta::hours(hours);
        let stored = Match { status, next_check_at: None, ..Match::scheduled(kickoff) };
        world.subject.put_match(&world.place(at), &round("Final"), &stored).await;
    }
    let all = GivenUp { matches: 2, first: vec![MATCHES[1], MATCHES[0]] };
    assert_eq!(world.http.given_up(9).await.unwrap(), all);
    let first = GivenUp { matches: 2, first: vec![MATCHES[1]] };
    assert_eq!(world.http.given_up(1).await.unwrap(), first);
    world.subject.put_provider(&key("org_1"), None).await;
    assert_eq!(world.http.given_up(9).await.unwrap(), GivenUp::default());
    world.subject.put_provider(&key("org_1"), Some(&provider())).await;
    world.subject.close_tournament(&key("org_1")).await;
    assert_eq!(world.http.given_up(9).await.unwrap(), GivenUp::default());
}
