//! Matches that are told, and guesses about them.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ProviderMatchId, ProviderTournamentId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::fixtures::Told;
use mauntic_domain::scoreboard::guesses::GuessError;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::{Fixture, Match, Status, Totals};
use mauntic_flows::ports::{
    BoardKey, BoardStore, GuessView, MatchFilter, MatchTime, MatchView, ToldMatch,
    TournamentChange, TournamentRefused, TournamentStore, TournamentWrite, TournamentWritten,
};
use serde_json::json;
use uuid::Uuid;

use super::given_boards::{MATCHES, TOURNAMENT, member, result, round, score};
use crate::boards::BoardSubject;
use crate::subject::{World, organization};

on_both! {
    matches_are_told_once
    a_match_is_told_otherwise_while_it_is_to_come
    a_match_that_has_begun_stays_as_it_is
    matches_have_pages_by_kickoff
    guesses_are_stored_until_the_kickoff
    guesses_are_of_members_alone
    a_members_guesses_say_what_they_earned
    a_result_by_hand_is_settled_as_a_providers
    a_result_by_hand_is_refused_where_it_cannot_be
}

fn fixture<S: BoardSubject>(world: &World<S>, name: &str, in_hours: i64) -> Fixture {
    Fixture {
        external_id: ProviderMatchId::parse(name).expect("a name"),
        round: round("Final"),
        home: "Home".to_owned(),
        away: "Away".to_owned(),
        kickoff: world.subject.now() + TimeDelta::hours(in_hours),
    }
}

type Refused<T> = Result<T, TournamentRefused>;

impl<S: BoardSubject> World<S> {
    async fn tell_matches(&self, fixtures: Vec<Fixture>) -> Refused<Vec<ToldMatch>> {
        let tell = TournamentWrite::Tell { tournament: TOURNAMENT, fixtures };
        match self.write(tell).await? {
            TournamentWritten::Told(told) => Ok(told),
            other => panic!("{other:?}"),
        }
    }

    async fn matches(&self, filter: &MatchFilter) -> Vec<MatchView> {
        let owner = organization("org_1");
        let found = self.http.matches(&owner, TOURNAMENT, filter, None, 100).await;
        found.expect("read").expect("a tournament")
    }

    async fn a_match(&self, id: Uuid) -> MatchView {
        let filter = MatchFilter { id: Some(id), ..MatchFilter::default() };
        self.matches(&filter).await.pop().expect("a match")
    }

    pub(crate) async fn guess_by_route(
        &self,
        match_id: Uuid,
        guesses: &[(&str, &str)],
    ) -> Refused<(i64, DateTime<Utc>)> {
        let guesses = guesses.iter().map(|(name, of)| (member(name), score(of))).collect();
        let guess = TournamentWrite::Guess { tournament: TOURNAMENT, match_id, guesses };
        match self.write(guess).await? {
            TournamentWritten::Guessed { guesses, at } => Ok((guesses, at)),
            other => panic!("{other:?}"),
        }
    }
}

fn outcomes(told: &[ToldMatch]) -> Vec<Told> {
    told.iter().map(|of| of.told).collect()
}

async fn matches_are_told_once<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let (a, b) = (fixture(&world, "a", 1), fixture(&world, "b", -1));
    let told = world.tell_matches(vec![a.clone(), b.clone()]).await.unwrap();
    assert_eq!(outcomes(&told), [Told::New, Told::New]);
    assert_eq!((told[0].external_id.as_str(), told[1].external_id.as_str()), ("a", "b"));
    for (of, told) in [(&a, &told[0]), (&b, &told[1])] {
        let found = world.a_match(told.id).await;
        let stored = Match::scheduled(of.kickoff);
        let expected = MatchView { id: told.id, fixture: of.clone(), stored, settled_version: 0 };
        assert_eq!(found, expected);
    }
    let before = world.dump().await;
    let again = world.tell_matches(vec![a, b]).await.unwrap();
    assert_eq!(outcomes(&again), [Told::Same, Told::Same]);
    assert_eq!((again[0].id, again[1].id), (told[0].id, told[1].id));
    assert_eq!(world.tell_matches(Vec::new()).await, Ok(Vec::new()));
    assert_eq!(world.dump().await, before);
    let nowhere = TournamentWrite::Tell { tournament: Uuid::from_u128(1), fixtures: Vec::new() };
    assert_eq!(world.write(nowhere).await, Err(TournamentRefused::UnknownTournament));
}

async fn a_match_is_told_otherwise_while_it_is_to_come<S: BoardSubject>(world: World<S>) {
    let mut world = world;
    world.tournament().await;
    let first = fixture(&world, "a", 1);
    let id = world.tell_matches(vec![first.clone()]).await.unwrap()[0].id;
    let renamed = Fixture { home: "Other".to_owned(), round: round("Semi-final"), ..first };
    let moved = Fixture { kickoff: renamed.kickoff + TimeDelta::days(1), ..renamed.clone() };
    for of in [renamed, moved] {
        let fresh = fixture(&world, &format!("b{}", of.kickoff.timestamp()), 3);
        let told = world.tell_matches(vec![of.clone(), fresh]).await.unwrap();
        assert_eq!(outcomes(&told), [Told::Changed, Told::New]);
        assert_eq!(told[0].id, id);
        let found = world.a_match(id).await;
        assert_eq!((&found.fixture, found.stored), (&of, Match::scheduled(of.kickoff)));
    }
}

async fn a_match_that_has_begun_stays_as_it_is<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.end(1, "2:1").await;
    let ended = world.a_match(MATCHES[1]).await;
    assert_eq!(ended.stored.status, Status::Ended);
    let same = world.tell_matches(vec![ended.fixture.clone()]).await.unwrap();
    assert_eq!(outcomes(&same), [Told::Same]);
    let before = world.dump().await;
    let other = Fixture { home: "Other".to_owned(), ..ended.fixture };
    let refused = world.tell_matches(vec![other, fixture(&world, "z", 1)]).await;
    let name = MATCHES[1].to_string();
    assert_eq!(refused, Err(TournamentRefused::Begun(vec![name])), "none of them is written");
    assert_eq!(world.dump().await, before);
}

async fn matches_have_pages_by_kickoff<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.end(2, "0:0").await;
    let more = ["c", "a", "b"].into_iter().zip([5, 5, -5]);
    let mut fixtures: Vec<Fixture> =
        more.map(|(name, hours)| fixture(&world, name, hours)).collect();
    fixtures.sort_by_key(|of| of.external_id.clone());
    world.tell_matches(fixtures).await.unwrap();
    let all: Vec<MatchTime> =
        world.matches(&MatchFilter::default()).await.iter().map(MatchView::at).collect();
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted());
    let (owner, any) = (organization("org_1"), MatchFilter::default());
    let (mut after, mut seen): (Option<MatchTime>, Vec<MatchTime>) = (None, Vec::new());
    loop {
        let page = world.http.matches(&owner, TOURNAMENT, &any, after.as_ref(), 2).await.unwrap();
        let page = page.expect("a tournament");
        let Some(last) = page.last() else { break };
        after = Some(last.at());
        seen.extend(page.iter().map(MatchView::at));
    }
    assert_eq!(seen, all);
    let finals = MatchFilter { round: Some(round("Final")), ..MatchFilter::default() };
    assert_eq!(world.matches(&finals).await.len(), 3);
    let statuses = vec![Status::Ended, Status::Live];
    let ended = world.matches(&MatchFilter { statuses, ..MatchFilter::default() }).await;
    assert_eq!(ended.iter().map(|of| of.id).collect::<Vec<_>>(), [MATCHES[2]]);
}

async fn guesses_are_stored_until_the_kickoff<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let kickoff = world.subject.now() + TimeDelta::seconds(100);
    world.move_kickoff(0, kickoff).await;
    let first = world.subject.now();
    let both = [("ada", "2:1"), ("bob", "0:0")];
    assert_eq!(world.guess_by_route(MATCHES[0], &both).await, Ok((2, first)));
    world.advance(99).await;
    let second = world.subject.now();
    // The same guess is from when it was; another one is from now.
    assert_eq!(world.guess_by_route(MATCHES[0], &both[..1]).await, Ok((1, first)));
    assert_eq!(world.guess_by_route(MATCHES[0], &[("bob", "1:0")]).await, Ok((1, second)));
    world.advance(1).await;
    let locked = Err(TournamentRefused::NoGuess(GuessError::Locked { kickoff }));
    assert_eq!(world.guess_by_route(MATCHES[0], &both).await, locked, "at the kickoff itself");
    let rows = world.table("guesses").await;
    let row = |row: &serde_json::Value| {
        json!([row["member_id"], row["home"], row["away"], row["stored_at"]])
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    assert_eq!(rows, [json!(["ada", 2, 1, "-100s"]), json!(["bob", 1, 0, "-1s"])]);
    let unknown = world.guess_by_route(Uuid::from_u128(1), &both).await;
    assert_eq!(unknown, Err(TournamentRefused::UnknownMatch));
}

async fn guesses_are_of_members_alone<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.move_kickoff(0, world.subject.now() + TimeDelta::hours(1)).await;
    let guesses = [("ada", "2:1"), ("yan", "2:1"), ("zoe", "2:1")];
    let strangers = ["yan", "zoe"].map(member).to_vec();
    let refused = world.guess_by_route(MATCHES[0], &guesses).await;
    assert_eq!(refused, Err(TournamentRefused::NotMembers(strangers)));
    assert_eq!(world.table("guesses").await.len(), 0, "all of them, or none");
}

async fn a_members_guesses_say_what_they_earned<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    for at in 0..2 {
        world.guess(at, &[("ada", "2:1"), ("bob", "1:0")]).await;
    }
    world.end(0, "3:0").await;
    world.settle(0).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    let owner = organization("org_1");
    let guesses = async |name: &str, after: Option<MatchTime>, limit: i64| {
        let member = member(name);
        let read = world.http.guesses_of(&owner, TOURNAMENT, &member, after.as_ref(), limit);
        read.await.expect("read")
    };
    let all = guesses("ada", None, 9).await.expect("a member");
    let exact = Totals { points: PointsE4::whole(5), exact_hits: 1, right_outcomes: 1 };
    let kickoff = world.kickoff(0);
    let expected = |match_id: Uuid, status: Status, earned: Option<Totals>| GuessView {
        match_id,
        round: round("Matchday 1"),
        kickoff,
        status,
        score: score("2:1"),
        stored_at: kickoff - TimeDelta::hours(1),
        earned,
    };
    let ended = expected(MATCHES[0], Status::Ended, Some(exact));
    let open = expected(MATCHES[1], Status::Scheduled, None);
    assert_eq!(all, [ended, open.clone()]);
    assert_eq!(guesses("ada", Some(all[0].at()), 9).await, Some(vec![open]));
    assert_eq!(guesses("ada", None, 1).await.map(|page| page.len()), Some(1));
    assert_eq!(guesses("cy", None, 9).await, Some(Vec::new()), "who guessed nothing");
    assert_eq!(guesses("zoe", None, 9).await, None, "who is no member");
}

impl<S: BoardSubject> World<S> {
    async fn enter_by_hand(
        &self,
        match_id: Uuid,
        of: &str,
    ) -> Refused<(String, i32, Option<Uuid>)> {
        let result = result(of);
        let enter = TournamentWrite::Result { tournament: TOURNAMENT, match_id, result };
        match self.write(enter).await? {
            TournamentWritten::Entered { reason, result_version, job } => {
                assert!(job.is_none_or(|(_, at)| at == self.subject.now()));
                Ok((reason, result_version, job.map(|(id, _)| id)))
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn a_result_by_hand_is_settled_as_a_providers<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let (reason, version, job) = world.enter_by_hand(MATCHES[0], "2:1").await.unwrap();
    assert_eq!((reason.as_str(), version), ("ended", 1));
    let now = world.subject.now();
    let found = world.a_match(MATCHES[0]).await.stored;
    let expected = (Status::Ended, Some(result("2:1")), Some(now), Some(now));
    let is = (found.status, found.result, found.ended_at, found.last_checked_at);
    assert_eq!(is, expected);
    let job = job.expect("a settlement");
    let key = format!("settlement:{}:1", MATCHES[0]);
    world
        .expect_job(
            job,
            json!({"type": "scoreboard.settle-match-score", "state": "queued",
                "idempotency_key": key, "data": {"organizationId": "org_1",
                "tournamentId": TOURNAMENT, "matchId": MATCHES[0], "resultVersion": 1}}),
        )
        .await;
    let (reason, version, none) = world.enter_by_hand(MATCHES[0], "2:1").await.unwrap();
    assert_eq!((reason.as_str(), version, none), ("unchanged", 1, None));
    let (reason, version, other) = world.enter_by_hand(MATCHES[0], "2:2").await.unwrap();
    assert_eq!((reason.as_str(), version, other.is_some()), ("corrected", 2, true));
    let dump = world.dump().await;
    let audit = dump["audit"].as_array().unwrap();
    assert_eq!((audit.len(), &audit[2]["entry"]["action"]), (3, &json!("match.result")));
    assert_eq!(
        (&audit[2]["entry"]["before"], &audit[2]["entry"]["after"]),
        (
            &json!({"resultVersion": 1, "result": r#"{"ft":[2,1]}"#}),
            &json!({"resultVersion": 2, "result": r#"{"ft":[2,2]}"#}),
        )
    );
    let unsettled = async |world: &World<S>| {
        let (owner, key) =
            (organization("org_1"), BoardKey { tournament: TOURNAMENT, league: None });
        let page = world.http.board_page(&owner, key, Kind::Dense, None, 1).await;
        page.expect("read").expect("a board").unsettled
    };
    assert_eq!(unsettled(&world).await, 1, "the board is provisional");
    world.settle(0).await;
    assert_eq!((unsettled(&world).await, world.a_match(MATCHES[0]).await.settled_version), (0, 2));
}

async fn a_result_by_hand_is_refused_where_it_cannot_be<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let kickoff = world.subject.now() + TimeDelta::seconds(1);
    world.move_kickoff(1, kickoff).await;
    let before = world.dump().await;
    let early = world.enter_by_hand(MATCHES[1], "2:1").await;
    assert_eq!(early, Err(TournamentRefused::NotBegun { kickoff }));
    let unknown = world.enter_by_hand(Uuid::from_u128(1), "2:1").await;
    assert_eq!(unknown, Err(TournamentRefused::UnknownMatch));
    assert_eq!(world.dump().await, before);
    let owner = organization("org_1");
    let found = world.http.tournaments(&owner, Some(TOURNAMENT), None, 1).await.unwrap();
    let provider_id = Some(Some(ProviderTournamentId::parse("p").unwrap()));
    let change = TournamentWrite::Change {
        tournament: TOURNAMENT,
        seen: found[0].tag(),
        change: TournamentChange { provider_id, ..TournamentChange::default() },
    };
    world.write(change).await.unwrap();
    assert_eq!(world.enter_by_hand(MATCHES[0], "2:1").await, Err(TournamentRefused::Provided));
}
