//! A tournament that is put there by hand, for local running. Connects as the owner of the
//! tables.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{MemberId, ProviderMatchId, ProviderTournamentId};
use mauntic_domain::scoreboard::messages::TournamentRef;
use mauntic_domain::scoreboard::{Answer, Chain, Rules, Score};
use mauntic_flows::ports::NewMatches;
use serde_json::json;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use crate::flight::{Param, READ_WRITE, Statement, transaction};
use crate::verifications::Arrivals;

/// A guess: who, about which match, and what.
pub type Guessed = (MemberId, ProviderMatchId, Score);

/// A tournament by the product's rules.
#[derive(Debug)]
pub struct GivenTournament<'a> {
    /// Which.
    pub place: TournamentRef,
    /// For people.
    pub name: &'a str,
    /// What its provider calls it.
    pub provider: &'a ProviderTournamentId,
    /// Its matches.
    pub matches: Vec<Answer>,
    /// Guesses that were made before the kickoffs.
    pub guesses: &'a [Guessed],
}

/// Puts a tournament there; what is there of it stays as it is.
///
/// # Errors
/// The database's. The connection is then to be dropped.
pub async fn put_tournament(client: &Client, given: GivenTournament<'_>) -> Result<(), Error> {
    let GivenTournament { place, name, provider, matches, guesses } = given;
    let (owner, id) = (place.organization_id.as_str().to_owned(), place.tournament_id);
    let provider = provider.as_str();
    let (rules, chain) = (json!(Rules::default()), json!(Chain::default()));
    let tournament: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&id, Type::UUID),
        (&name, Type::TEXT),
        (&provider, Type::TEXT),
        (&rules, Type::JSONB),
        (&chain, Type::JSONB),
    ];
    let new = [NewMatches { tournament: place, matches }];
    let arrivals = Arrivals::of(&new);
    let arrivals = arrivals.params();
    let members: Vec<&str> = guesses.iter().map(|(member, ..)| member.as_str()).collect();
    let about: Vec<&str> = guesses.iter().map(|(_, of, _)| of.as_str()).collect();
    let home: Vec<i16> = guesses.iter().map(|(.., score)| score.home().into()).collect();
    let away: Vec<i16> = guesses.iter().map(|(.., score)| score.away().into()).collect();
    let guessed: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&id, Type::UUID),
        (&members, Type::TEXT_ARRAY),
        (&about, Type::TEXT_ARRAY),
        (&home, Type::INT2_ARRAY),
        (&away, Type::INT2_ARRAY),
    ];
    let matches = arrivals
        .iter()
        .map(|params| Statement { sql: sql!("insert_matches.sql"), params: params.as_slice() });
    let first = Statement { sql: sql!("put_tournament.sql"), params: tournament };
    let last = Statement { sql: sql!("put_guesses.sql"), params: guessed };
    let statements: Vec<Statement<'_>> =
        std::iter::once(first).chain(matches).chain([last]).collect();
    transaction(client, READ_WRITE, &statements).await.map(|_| ())
}

/// When a tournament began; none where it has no match.
///
/// # Errors
/// The database's.
pub async fn first_kickoff(
    client: &Client,
    place: &TournamentRef,
) -> Result<Option<DateTime<Utc>>, Error> {
    let owner = place.organization_id.as_str();
    let params: &[Param<'_>] = &[(&owner, Type::TEXT), (&place.tournament_id, Type::UUID)];
    client.query_typed_one(sql!("first_kickoff.sql"), params).await?.try_get("kickoff")
}
