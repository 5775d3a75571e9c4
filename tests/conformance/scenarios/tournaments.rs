//! Tournaments as organizations make and change them.

use mauntic_domain::ids::ProviderTournamentId;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::{Chain, Rules, TieBreak};
use mauntic_flows::ports::{
    Act, PortError, Tournament, TournamentChange, TournamentRefused, TournamentSettings,
    TournamentStore, TournamentWrite, TournamentWritten,
};
use serde_json::json;
use uuid::Uuid;

use super::asked::keyed;
use super::given_boards::{MATCHES, TOURNAMENT, key, member, score};
use crate::boards::BoardSubject;
use crate::subject::{Subject, World, act, organization};

on_both! {
    a_tournament_is_what_was_said_of_it
    a_change_is_made_of_what_was_seen
    rules_stay_once_a_match_was_settled_by_them
    the_first_answer_to_a_key_is_given_again
    a_tournament_that_is_closed_takes_nothing
    another_organizations_tournament_is_unknown
}

type Written = Result<TournamentWritten, TournamentRefused>;

pub(crate) fn settings(name: &str) -> TournamentSettings {
    TournamentSettings {
        name: name.to_owned(),
        provider_id: None,
        ranking: Kind::Competition,
        rules: Rules::default(),
        chain: Chain::default(),
    }
}

impl<S: Subject> World<S> {
    /// What `org_1` does, without a key.
    pub(crate) async fn write(&self, write: TournamentWrite) -> Written {
        self.write_as("org_1", &act(), write).await.expect("written")
    }

    async fn write_as(
        &self,
        owner: &str,
        act: &Act,
        write: TournamentWrite,
    ) -> Result<Written, PortError> {
        self.http.write_tournament(&organization(owner), act, &write).await
    }

    async fn create(&self, settings: TournamentSettings) -> Tournament {
        match self.write(TournamentWrite::Create(settings)).await {
            Ok(TournamentWritten::Tournament(made)) => made,
            other => panic!("{other:?}"),
        }
    }

    async fn tournament_of_id(&self, id: Uuid) -> Option<Tournament> {
        let found = self.http.tournaments(&organization("org_1"), Some(id), None, 1).await;
        found.expect("read").pop()
    }
}

fn provided(name: &str) -> Option<ProviderTournamentId> {
    Some(ProviderTournamentId::parse(name).expect("a name"))
}

fn rules(exact: u32) -> Rules {
    serde_json::from_value(json!({ "exactScore": exact })).expect("rules")
}

async fn a_tournament_is_what_was_said_of_it<S: Subject>(world: World<S>) {
    let all = TournamentSettings {
        provider_id: provided("wc-2022"),
        ranking: Kind::Percentile,
        rules: rules(9),
        chain: Chain::try_from(vec![TieBreak::RightOutcomes]).expect("a chain"),
        ..settings("World Cup")
    };
    let made = world.create(all.clone()).await;
    let now = world.subject.now();
    let expected = Tournament {
        id: made.id,
        settings: all,
        rules_version: 1,
        settled_at: None,
        closed_at: None,
        created_at: now,
    };
    assert_eq!(made, expected);
    assert_eq!(world.tournament_of_id(made.id).await, Some(made.clone()));
    assert_eq!(world.tournament_of_id(Uuid::from_u128(1)).await, None);
    let mut ids = vec![made.id];
    for n in 0..4 {
        world.advance(1).await;
        ids.push(world.create(settings(&format!("League {n}"))).await.id);
    }
    let (mut before, mut seen): (Option<Uuid>, Vec<Uuid>) = (None, Vec::new());
    loop {
        let page = world.http.tournaments(&organization("org_1"), None, before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        seen.extend(page.iter().map(|of| of.id));
    }
    ids.reverse();
    assert_eq!(seen, ids, "newest first");
}

async fn a_change_is_made_of_what_was_seen<S: Subject>(mut world: World<S>) {
    let made = world.create(settings("World Cup")).await;
    let seen = made.tag();
    let change = |seen: &str, change: TournamentChange| TournamentWrite::Change {
        tournament: made.id,
        seen: seen.to_owned(),
        change,
    };
    let named = TournamentChange { name: Some("Cup".to_owned()), ..TournamentChange::default() };
    let Ok(TournamentWritten::Tournament(changed)) =
        world.write(change(&seen, named.clone())).await
    else {
        panic!("changed")
    };
    let expected = Tournament { settings: settings("Cup"), ..made.clone() };
    assert_eq!(changed, expected, "what is not said stays");
    let stale = world.write(change(&seen, named)).await;
    assert_eq!(stale, Err(TournamentRefused::Stale));
    let all = TournamentChange {
        name: None,
        provider_id: Some(provided("wc")),
        ranking: Some(Kind::Dense),
        rules: Some(rules(7)),
        chain: Some(Chain::try_from(Vec::new()).expect("a chain")),
    };
    let Ok(TournamentWritten::Tournament(other)) = world.write(change(&changed.tag(), all)).await
    else {
        panic!("changed")
    };
    assert_eq!((other.rules_version, other.settings.ranking), (2, Kind::Dense));
    assert_eq!(world.tournament_of_id(made.id).await, Some(other.clone()));
    let nobody = TournamentChange { provider_id: Some(None), ..TournamentChange::default() };
    let Ok(TournamentWritten::Tournament(last)) = world.write(change(&other.tag(), nobody)).await
    else {
        panic!("changed")
    };
    assert_eq!((last.rules_version, last.settings.provider_id), (2, None));
    let dump = world.dump().await;
    let audit = dump["audit"].as_array().unwrap();
    assert_eq!(audit.len(), 3, "making one is not noted, changing it is");
    assert_eq!(audit[0]["entry"]["action"], "tournament.change");
    assert_eq!(audit[0]["entry"]["before"]["name"], "World Cup");
    assert_eq!(audit[0]["entry"]["after"]["name"], "Cup");
    let unknown = TournamentWrite::Change {
        tournament: Uuid::from_u128(1),
        seen: String::new(),
        change: TournamentChange::default(),
    };
    assert_eq!(world.write(unknown).await, Err(TournamentRefused::UnknownTournament));
}

async fn rules_stay_once_a_match_was_settled_by_them<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.guess(0, &[("ada", "2:1")]).await;
    world.end(0, "2:1").await;
    world.settle(0).await;
    let found = world.tournament_of_id(TOURNAMENT).await.expect("a tournament");
    assert!(found.settled_at.is_some());
    let change = |change: TournamentChange| TournamentWrite::Change {
        tournament: TOURNAMENT,
        seen: found.tag(),
        change,
    };
    let nothing = TournamentChange::default;
    let chain = Chain::try_from(Vec::new()).expect("a chain");
    for refused in [
        TournamentChange { rules: Some(rules(7)), ..nothing() },
        TournamentChange { chain: Some(chain), ..nothing() },
    ] {
        assert_eq!(world.write(change(refused)).await, Err(TournamentRefused::RulesInUse));
    }
    let same = TournamentChange {
        name: Some("Cup".to_owned()),
        rules: Some(Rules::default()),
        ranking: Some(Kind::Dense),
        ..nothing()
    };
    assert!(world.write(change(same)).await.is_ok(), "the same rules, and another name");
}

async fn the_first_answer_to_a_key_is_given_again<S: Subject>(mut world: World<S>) {
    let create = |name: &str| TournamentWrite::Create(settings(name));
    let first = world.write_as("org_1", &keyed("k", 1), create("Cup")).await.unwrap();
    let before = world.dump().await;
    let act = keyed("k", 1);
    let told = act.key.clone().unwrap().repeat;
    let again = world.write_as("org_1", &act, create("Cup")).await.unwrap();
    assert_eq!(again, first);
    assert!(told.is_told());
    assert_eq!(world.dump().await, before);
    let other = world.write_as("org_1", &keyed("k", 2), create("League")).await;
    assert_eq!(other.unwrap_err(), PortError::KeyConflict);
    world.reopen().await;
    // A refusal is not kept.
    let Ok(TournamentWritten::Tournament(made)) = first else { panic!("made") };
    let join = |name: &str| TournamentWrite::Join {
        tournament: if name == "ada" { Uuid::from_u128(1) } else { made.id },
        members: vec![member(name)],
    };
    let refused = world.write_as("org_1", &keyed("l", 1), join("ada")).await.unwrap();
    assert_eq!(refused, Err(TournamentRefused::UnknownTournament));
    let joined = world.write_as("org_1", &keyed("l", 2), join("bob")).await.unwrap();
    assert_eq!(joined, Ok(TournamentWritten::Added { added: 1 }));
}

async fn a_tournament_that_is_closed_takes_nothing<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    let later = world.subject.now() + chrono::TimeDelta::hours(1);
    world.move_kickoff(0, later).await;
    let league = Uuid::from_u128(9);
    world.subject.put_league(&key("org_1"), league, &[member("ada")]).await;
    world.subject.close_tournament(&key("org_1")).await;
    let found = world.tournament_of_id(TOURNAMENT).await.expect("a tournament");
    let at = world.subject.now();
    assert_eq!(found.closed_at, Some(at));
    let before = world.dump().await;
    let ada = || vec![member("ada")];
    for write in [
        TournamentWrite::Change {
            tournament: TOURNAMENT,
            seen: found.tag(),
            change: TournamentChange::default(),
        },
        TournamentWrite::Tell { tournament: TOURNAMENT, fixtures: Vec::new() },
        TournamentWrite::Join { tournament: TOURNAMENT, members: vec![member("zoe")] },
        TournamentWrite::Guess {
            tournament: TOURNAMENT,
            match_id: MATCHES[0],
            guesses: vec![(member("ada"), score("2:1"))],
        },
        TournamentWrite::Found { tournament: TOURNAMENT, name: "one".to_owned() },
        TournamentWrite::Enter { tournament: TOURNAMENT, league, members: ada() },
        TournamentWrite::Leave { tournament: TOURNAMENT, league, member: member("ada") },
    ] {
        let refused = world.write(write.clone()).await;
        assert_eq!(refused, Err(TournamentRefused::Closed { at }), "{write:?}");
    }
    assert_eq!(world.dump().await, before);
}

async fn another_organizations_tournament_is_unknown<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.subject.put_league(&key("org_1"), Uuid::from_u128(9), &[member("ada")]).await;
    let other = organization("org_2");
    let found = world.http.tournaments(&other, Some(TOURNAMENT), None, 1).await.unwrap();
    assert_eq!(found, []);
    let filter = mauntic_flows::ports::MatchFilter::default();
    let matches = world.http.matches(&other, TOURNAMENT, &filter, None, 9).await.unwrap();
    assert_eq!(matches, None);
    let leagues = world.http.leagues(&other, TOURNAMENT, None, None, 9).await.unwrap();
    assert_eq!(leagues, None);
    let ada = member("ada");
    assert_eq!(world.http.joined_at(&other, TOURNAMENT, &ada).await.unwrap(), None);
    let guesses = world.http.guesses_of(&other, TOURNAMENT, &ada, None, 9).await.unwrap();
    assert_eq!(guesses, None);
    let before = world.dump().await;
    for write in [
        TournamentWrite::Join { tournament: TOURNAMENT, members: vec![member("zoe")] },
        TournamentWrite::Found { tournament: TOURNAMENT, name: "one".to_owned() },
        TournamentWrite::Leave {
            tournament: TOURNAMENT,
            league: Uuid::from_u128(9),
            member: member("ada"),
        },
    ] {
        let refused = world.write_as("org_2", &act(), write).await.unwrap();
        assert_eq!(refused, Err(TournamentRefused::UnknownTournament));
    }
    assert_eq!(world.dump().await, before);
}
