//! Who joins a tournament, and its leagues.

use mauntic_domain::ids::MemberId;
use mauntic_flows::ports::{
    BoardStore, LeagueBoard, LeagueView, TournamentRefused, TournamentStore, TournamentWrite,
    TournamentWritten,
};
use serde_json::json;
use uuid::Uuid;

use super::given_boards::{TOURNAMENT, member};
use crate::boards::BoardSubject;
use crate::subject::{World, organization};

on_both! {
    members_join_once_and_are_on_the_board
    leagues_are_of_members
    leagues_have_pages
    a_member_leaves_a_league
}

fn names(of: &[&str]) -> Vec<MemberId> {
    of.iter().map(|name| member(name)).collect()
}

impl<S: BoardSubject> World<S> {
    async fn join(&self, of: &[&str]) -> i64 {
        let join = TournamentWrite::Join { tournament: TOURNAMENT, members: names(of) };
        match self.write(join).await {
            Ok(TournamentWritten::Added { added }) => added,
            other => panic!("{other:?}"),
        }
    }

    async fn found(&self, name: &str) -> LeagueView {
        let name = name.to_owned();
        match self.write(TournamentWrite::Found { tournament: TOURNAMENT, name }).await {
            Ok(TournamentWritten::League(made)) => made,
            other => panic!("{other:?}"),
        }
    }

    async fn enter_league(
        &self,
        league: Uuid,
        of: &[&str],
    ) -> Result<TournamentWritten, TournamentRefused> {
        let members = names(of);
        self.write(TournamentWrite::Enter { tournament: TOURNAMENT, league, members }).await
    }

    async fn leagues(&self, one: Option<Uuid>, before: Option<Uuid>) -> Vec<LeagueView> {
        let owner = organization("org_1");
        let found = self.http.leagues(&owner, TOURNAMENT, one, before, 2).await;
        found.expect("read").expect("a tournament")
    }
}

async fn members_join_once_and_are_on_the_board<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.advance(60).await;
    assert_eq!(world.join(&["ada", "yan", "zoe"]).await, 2, "ada has joined before");
    let joined = world.subject.now();
    world.advance(60).await;
    assert_eq!(world.join(&["yan", "zoe"]).await, 0);
    assert_eq!(world.join(&[]).await, 0);
    let owner = organization("org_1");
    let read = async |name: &str| {
        world.http.joined_at(&owner, TOURNAMENT, &member(name)).await.expect("read")
    };
    assert_eq!((read("zoe").await, read("nobody").await), (Some(joined), None));
    let board = world.board().await;
    let last = board.as_array().unwrap().last().unwrap();
    assert_eq!((board.as_array().unwrap().len(), last), (7, &json!(["zoe", 0, 0, 0])));
    assert_eq!(world.histogram().await, json!([[0, 7]]));
    let counts = world.table("boards").await;
    assert_eq!((&counts[0]["members"], &counts[0]["changes"]), (&json!(7), &json!(7)));
}

async fn leagues_are_of_members<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let made = world.found("Friends").await;
    let expected = LeagueView {
        id: made.id,
        name: "Friends".to_owned(),
        members: 0,
        created_at: world.subject.now(),
    };
    assert_eq!(made, expected);
    let added = |added| Ok(TournamentWritten::Added { added });
    assert_eq!(world.enter_league(made.id, &["ada", "bob"]).await, added(2));
    assert_eq!(world.enter_league(made.id, &["bob", "cy"]).await, added(1));
    let before = world.dump().await;
    let strangers = Err(TournamentRefused::NotMembers(names(&["yan", "zoe"])));
    assert_eq!(world.enter_league(made.id, &["dan", "yan", "zoe"]).await, strangers);
    let unknown = world.enter_league(Uuid::from_u128(1), &["ada"]).await;
    assert_eq!(unknown, Err(TournamentRefused::UnknownLeague));
    assert_eq!(world.dump().await, before);
    assert_eq!(world.leagues(Some(made.id), None).await, [LeagueView { members: 3, ..expected }]);
    let owner = organization("org_1");
    let board = world.http.league_board(&owner, TOURNAMENT, made.id, 9).await.unwrap();
    let LeagueBoard::Members { entrants, .. } = board else { panic!("{board:?}") };
    assert_eq!(entrants.len(), 3);
}

async fn leagues_have_pages<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    assert_eq!(world.leagues(None, None).await, []);
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        world.advance(1).await;
        ids.push(world.found(name).await.id);
    }
    let (mut before, mut seen): (Option<Uuid>, Vec<Uuid>) = (None, Vec::new());
    loop {
        let page = world.leagues(None, before).await;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        seen.extend(page.iter().map(|of| of.id));
    }
    ids.reverse();
    assert_eq!(seen, ids, "newest first");
    assert_eq!(world.leagues(Some(Uuid::from_u128(1)), None).await, []);
}

async fn a_member_leaves_a_league<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let league = world.found("Friends").await.id;
    world.enter_league(league, &["ada", "bob"]).await.expect("entered");
    let leave = |league: Uuid, name: &str| TournamentWrite::Leave {
        tournament: TOURNAMENT,
        league,
        member: member(name),
    };
    for is_gone in [true, false] {
        let left = world.write(leave(league, "ada")).await;
        assert_eq!(left, Ok(TournamentWritten::Left(is_gone)));
    }
    let unknown = world.write(leave(Uuid::from_u128(1), "ada")).await;
    assert_eq!(unknown, Err(TournamentRefused::UnknownLeague));
    assert_eq!(world.leagues(Some(league), None).await[0].members, 1);
    let counts = world.table("boards").await;
    let of = counts.iter().find(|row| row["members"] == 1).expect("the league's");
    assert_eq!(of["changes"], 3, "two came, one went");
    assert_eq!(world.table("league_members").await.len(), 1);
    assert_eq!(world.table("members").await.len(), 5, "and is a member of the tournament still");
}
