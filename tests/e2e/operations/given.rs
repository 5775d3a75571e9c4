//! What is there before operators come: dead letters, and runs that wait.

pub(crate) use mauntic_tests::letters::{Died, died, waiting};
use mauntic_tests::stack::QUEUE;
use serde_json::{Value, json};
use tokio_postgres::Client;

/// Waiting jobs of a run wait no longer.
pub(crate) const DUE: &str = "update jobs.job set available_at = clock_timestamp(),
    wake_at = clock_timestamp() where run_id::text = $1";

/// A letter that is no job.
pub(crate) async fn no_job(owner: &Client, body: &str) -> String {
    let sql = "insert into jobs.dead_letter (queue, message_id, body, reason, detail)
      values ($1, 'm-' || uuidv7(), convert_to($2, 'UTF8'), 'malformed', 'expected ident')
      returning id::text";
    owner.query_one(sql, &[&QUEUE, &body]).await.unwrap().get(0)
}

/// One text of the database.
pub(crate) async fn text(owner: &Client, sql: &str, of: &str) -> Option<String> {
    owner.query_opt(sql, &[&of]).await.unwrap().and_then(|row| row.get(0))
}

/// One number of the database.
pub(crate) async fn count(owner: &Client, sql: &str) -> i64 {
    owner.query_one(sql, &[]).await.unwrap().get(0)
}

/// State of a job.
pub(crate) async fn state(owner: &Client, job: &str) -> String {
    text(owner, "select state from jobs.job where id::text = $1", job).await.expect("a job")
}

/// Decision of a case.
pub(crate) async fn decision(owner: &Client, case: &str) -> Option<String> {
    text(owner, "select decision from jobs.dead_letter where id::text = $1", case).await
}

/// A tournament. $1 organization.
const TOURNAMENT: &str = "insert into scoreboard.tournaments
    (organization_id, name, rules, tie_breaks)
  values ($1, 'a tournament', '{}', '[\"exactHits\", \"rightOutcomes\"]')
  returning id::text";

/// Its three members. $1 organization, $2 tournament.
const JOINED: &str = "insert into scoreboard.members (organization_id, tournament_id, member_id)
  select $1, $2::text::uuid, n from unnest(array['ada', 'bob', 'cy']) n";

/// A match that has ended 2:1 and is not settled yet. $1 organization, $2 tournament.
const ENDED: &str = "insert into scoreboard.matches (organization_id, tournament_id, external_id,
    round, home_team, away_team, kickoff, status, result, result_version, ended_at)
  values ($1, $2::text::uuid, 'm-1', 'Final', 'Here', 'There',
    clock_timestamp() - interval '2 h', 'ended', '{\"ft\":[2,1]}', 1, clock_timestamp())
  returning id::text";

/// What they guessed. $1 organization, $2 tournament, $3 match.
const GUESSED: &str = "insert into scoreboard.guesses
    (organization_id, tournament_id, match_id, member_id, home, away, stored_at)
  select $1, $2::text::uuid, $3::text::uuid, g.member, g.home, g.away, clock_timestamp() - interval '3 h'
  from (values ('ada', 2, 1), ('bob', 1, 0), ('cy', 0, 0)) as g(member, home, away)";

/// A tournament with a match that has ended.
#[derive(Debug)]
pub(crate) struct Tournament {
    pub(crate) organization: &'static str,
    pub(crate) id: String,
    pub(crate) match_id: String,
}

impl Tournament {
    /// What settles its match.
    pub(crate) fn settling(&self) -> Value {
        json!({"type": "scoreboard.settle-match-score", "data": {
            "organizationId": self.organization, "tournamentId": self.id,
            "matchId": self.match_id, "resultVersion": 1}})
    }
}

pub(crate) async fn tournament(owner: &Client, organization: &'static str) -> Tournament {
    let id: String = owner.query_one(TOURNAMENT, &[&organization]).await.unwrap().get(0);
    owner.execute(JOINED, &[&organization, &id]).await.unwrap();
    let match_id: String = owner.query_one(ENDED, &[&organization, &id]).await.unwrap().get(0);
    owner.execute(GUESSED, &[&organization, &id, &match_id]).await.unwrap();
    Tournament { organization, id, match_id }
}
