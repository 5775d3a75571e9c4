//! The World Cup of 2022 over again: a tournament of the demo organization whose first
//! match is about to end, and what its provider tells of how it is played.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{MemberId, OrganizationId, ProviderTournamentId};
use mauntic_domain::scoreboard::messages::TournamentRef;
use mauntic_domain::scoreboard::provider::parse_match;
use mauntic_domain::scoreboard::{Answer, Score, Status};
use mauntic_sim::provider::{Fixture, Provider, world_cup};
use mauntic_store::admin_boards::{self, GivenTournament, Guessed};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::clock;

/// The tournament's id.
pub(super) const TOURNAMENT: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_2022);

/// What its provider calls it.
const NAME: &str = "world-cup-2022";

/// How long ago the first match began when all of it is put there: it ends in a minute.
const BEGAN: TimeDelta = TimeDelta::minutes(111);

/// The first matches, whose teams are known from the start; the others come by the daily
/// check once they are known, so long before their kickoffs.
const GROUP_MATCHES: usize = 48;
const KNOWN_BEFORE: TimeDelta = TimeDelta::days(1);

/// Members, who guess all of them.
const MEMBERS: usize = 20;

/// Puts the tournament there unless it is; when its first match began.
pub(super) async fn put(client: &Client, owner: &OrganizationId) -> anyhow::Result<DateTime<Utc>> {
    let (organization_id, tournament_id) = (owner.clone(), TOURNAMENT);
    let place = TournamentRef { organization_id, tournament_id };
    if let Some(began) = admin_boards::first_kickoff(client, &place).await? {
        return Ok(began);
    }
    let began = clock::now()? - BEGAN;
    let cup = moved(began);
    let group = cup.get(..GROUP_MATCHES).unwrap_or(&cup);
    let matches: Vec<Answer> = group.iter().map(answer).collect::<anyhow::Result<_>>()?;
    let guesses = guesses(group)?;
    let given = GivenTournament {
        place,
        name: "World Cup 2022, over again",
        provider: &ProviderTournamentId::parse(NAME)?,
        matches,
        guesses: &guesses,
    };
    admin_boards::put_tournament(client, given).await.context("making the demo's tournament")?;
    Ok(began)
}

/// The provider of a cup whose first match began then.
pub(super) fn provider(began: DateTime<Utc>) -> anyhow::Result<Provider> {
    let tournament = ProviderTournamentId::parse(NAME)?;
    let mut provider = Provider::default();
    for (nth, fixture) in moved(began).iter().enumerate() {
        let known = if nth < GROUP_MATCHES { began } else { fixture.kickoff };
        provider.play(&tournament, fixture, known - KNOWN_BEFORE);
    }
    Ok(provider)
}

fn moved(began: DateTime<Utc>) -> Vec<Fixture> {
    let cup = world_cup();
    let by = cup.first().map_or_else(TimeDelta::zero, |first| began - first.kickoff);
    cup.into_iter().map(|fixture| fixture.moved(by)).collect()
}

/// A match as its provider tells it.
fn answer(fixture: &Fixture) -> anyhow::Result<Answer> {
    let told = fixture.told(Status::Scheduled, fixture.result).to_string();
    Ok(parse_match(&fixture.id, told.as_bytes())?)
}

/// Made by rule, and no two members guess alike.
fn guesses(matches: &[Fixture]) -> anyhow::Result<Vec<Guessed>> {
    let mut guesses = Vec::new();
    for nth in 0..MEMBERS {
        let member = MemberId::parse(format!("member_{:02}", nth + 1))?;
        for (at, fixture) in matches.iter().enumerate() {
            let goals = |many: usize| i64::try_from(many).unwrap_or(0);
            let score = Score::new(goals((nth * 7 + at * 3) % 4), goals((nth * 5 + at) % 3))?;
            guesses.push((member.clone(), fixture.id.clone(), score));
        }
    }
    Ok(guesses)
}
