//! A tournament whose members have guessed about every match, and the workers on it.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoreboard::{Chain, Rules};
use mauntic_flows::ports::MatchPlace;
use mauntic_local::workers::{Body, Build, Message, Options, Outcome, Worker, Workers};
use mauntic_store::admin;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::server::{Database, Server};

/// Whose tournament.
pub(crate) const ORGANIZATION: &str = "org_bench";

/// Its queue.
pub(crate) const QUEUE: &str = "mauntic-scoreboard-jobs";

/// How much is settled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Members, each with a guess about each match.
    pub(crate) members: i32,
    /// Matches that the worker settles.
    pub(crate) through_workerd: usize,
    /// Matches that each of the two settles that are compared.
    pub(crate) compared: usize,
}

impl Size {
    pub(crate) fn matches(self) -> i32 {
        i32::try_from(self.through_workerd + 2 * self.compared).unwrap()
    }
}

/// The database, and what is on it.
pub(crate) struct Stage {
    database: Database,
    pub(crate) owner: Client,
    pub(crate) workers: Workers,
    /// The database for the queue worker's role.
    pub(crate) queue_url: String,
    pub(crate) tournament: Uuid,
    /// Matches that ended and were not settled.
    pub(crate) matches: Vec<Uuid>,
}

impl Stage {
    pub(crate) async fn prepare(server: &Server, name: &str, members: i32, matches: i32) -> Self {
        let database = server.database(name).await;
        let url = server.migrate(&database).await;
        let owner = server.owner(&database).await;
        let organization = OrganizationId::parse(ORGANIZATION).unwrap();
        admin::put_organization(&owner, &organization, "The benchmark's").await.unwrap();
        let tournament = fill(&owner, members).await;
        let matches = guess(&owner, tournament, matches).await;
        server.vacuum(&database).await;
        eprintln!("{members} members guessed about {} matches", matches.len());
        let mut options = Options::new(Build::Production);
        for (settings, role) in
            [(&mut options.http, "mauntic_http"), (&mut options.queue, "mauntic_queue")]
        {
            settings.secrets.insert("DATABASE_URL".into(), url(role));
        }
        let workers = Workers::start(&options).expect("the workers start; are they built?");
        Self { database, owner, workers, queue_url: url("mauntic_queue"), tournament, matches }
    }

    /// Begins a pass for everybody alike: neither a checkpoint nor the clearing up after
    /// the pass before, which moved every second line of the board, falls into it.
    pub(crate) async fn settle_down(&self) {
        let tables = "scoreboard.entries, scoreboard.point_entries, scoreboard.histograms";
        self.owner.batch_execute(&format!("vacuum (analyze) {tables}")).await.unwrap();
        self.owner.batch_execute("checkpoint").await.unwrap();
    }

    pub(crate) fn place(&self, match_id: Uuid) -> MatchPlace {
        let organization_id = OrganizationId::parse(ORGANIZATION).unwrap();
        MatchPlace { organization_id, tournament_id: self.tournament, match_id }
    }

    /// A job that settles a match, whose message is out: what was never sent would be sent
    /// by who ends a batch.
    pub(crate) async fn job(&self, match_id: Uuid) -> Uuid {
        let data = json!({"organizationId": ORGANIZATION, "tournamentId": self.tournament,
            "matchId": match_id, "resultVersion": 1});
        let sql = "insert into jobs.job (queue, type, organization_id, data, failures_max, resends,
            wake_at)
          values ($1, 'scoreboard.settle-match-score', $2, $3, 5, 1,
                  clock_timestamp() + interval '15 min')
          returning id";
        self.owner.query_one(sql, &[&QUEUE, &ORGANIZATION, &data]).await.unwrap().get(0)
    }

    /// Hands the worker a job's message; it is done when this returns.
    pub(crate) fn deliver(&self, job: Uuid) {
        let id = job.simple().to_string();
        let message = Message { id, timestamp_ms: 1_800_000_000_000, attempts: 1, body: body(job) };
        let result = self.workers.deliver(Worker::Queue, QUEUE, &[message]).expect("delivered");
        assert_eq!((result.outcome, result.explicit_acks.len()), (Outcome::Ok, 1));
    }

    /// Stops where the board is not what its entries of points make, or the histogram is
    /// not the board's.
    pub(crate) async fn recount(&self) {
        let wrong: i64 = self
            .owner
            .query_one(include_str!("recount.sql"), &[&ORGANIZATION, &self.tournament])
            .await
            .unwrap()
            .get(0);
        assert_eq!(wrong, 0, "members or parts of the histogram that are not as recounted");
    }

    pub(crate) async fn forget(self, server: &Server) {
        drop(self.workers);
        drop(self.owner);
        server.forget(self.database).await;
    }
}

/// The address of a job's row.
pub(crate) fn body(job: Uuid) -> Body {
    Body::Text(json!({"type": "scoreboard.settle-match-score", "jobId": job}).to_string())
}

/// A tournament with so many members.
pub(crate) async fn fill(owner: &Client, members: i32) -> Uuid {
    let (rules, chain) = (json!(Rules::default()), json!(Chain::default()));
    let sql = "insert into scoreboard.tournaments (organization_id, name, rules, tie_breaks)
      values ($1, 'a tournament', $2, $3) returning id";
    let row = owner.query_one(sql, &[&ORGANIZATION, &rules, &chain]).await.unwrap();
    let tournament: Uuid = row.get(0);
    let sql = "insert into scoreboard.members (organization_id, tournament_id, member_id)
      select $1, $2, 'member_' || lpad((n * 7919 % $3::int8)::text, 8, '0')
      from generate_series(1, $3::int8) n";
    let members = i64::from(members);
    owner.execute(sql, &[&ORGANIZATION, &tournament, &members]).await.unwrap();
    tournament
}

/// Matches that ended 2:1, with a guess of everybody about each: 0 to 3 goals at home and
/// 0 to 2 away, so that seven in twelve earn something. Foreign keys are not looked at:
/// every row is made from those that they name.
async fn guess(owner: &Client, tournament: Uuid, matches: i32) -> Vec<Uuid> {
    let sql = "insert into scoreboard.matches (organization_id, tournament_id, external_id, round,
        home_team, away_team, kickoff, status, result, result_version, ended_at)
      select $1, $2, 'match_' || n, 'Matchday 1', 'h', 'a', now() - interval '2 h', 'ended',
             '{\"ft\":[2,1]}', 1, now()
      from generate_series(1, $3::int4) n returning id";
    let rows = owner.query(sql, &[&ORGANIZATION, &tournament, &matches]).await.unwrap();
    owner.batch_execute("set session_replication_role = replica").await.unwrap();
    let sql = "insert into scoreboard.guesses (organization_id, tournament_id, match_id, member_id,
        home, away, stored_at)
      select e.organization_id, e.tournament_id, m.id, e.member_id,
             (hashtext(e.member_id || m.id::text) & 65535) % 4,
             (hashtext(m.id::text || e.member_id) & 65535) % 3, m.kickoff - interval '1 h'
      from scoreboard.matches m join scoreboard.members e using (organization_id, tournament_id)
      where e.organization_id = $1 and e.tournament_id = $2 order by m.id, e.member_id";
    owner.execute(sql, &[&ORGANIZATION, &tournament]).await.unwrap();
    owner.batch_execute("reset session_replication_role").await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
