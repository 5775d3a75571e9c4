//! PostgreSQL as a tournament's stage: with the clock of the conformance suite in front
//! of its own, and behind a proxy that loses COMMITs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mauntic_domain::scoreboard::{Chain, Rules};
use mauntic_sim::clock::ManualClock;
use mauntic_sim::faults::Faults;
use mauntic_sim::ports::SimPorts;
use mauntic_sim::rng::Rng;
use mauntic_store::connect::Tcp;
use mauntic_testkit::database::{Cluster, Role, TestDatabase};
use mauntic_testkit::proxy::{CommitCut, RoundTripProxy};
use serde_json::json;
use tokio_postgres::Client;

use super::stage::{OWNER, PROVIDED, Stage, Stored, TOURNAMENT, trouble_outside};
use super::{Member, Played};

/// Of so many COMMITs at most one that comes is lost.
const COMMITS_MAX: usize = 3;

/// The stage.
#[derive(Debug)]
pub struct OnPostgres {
    ports: SimPorts<Tcp>,
    http: Tcp,
    owner: Client,
    proxy: RoundTripProxy,
    /// Gone with the value.
    _database: TestDatabase,
}

impl OnPostgres {
    /// A database of its own whose clock starts then.
    pub async fn starting(at: DateTime<Utc>, seed: u64) -> Self {
        let database = TestDatabase::create().await;
        let first = database.connect(Role::Owner).await.expect("the owner connects");
        let clockwork = include_str!("../../conformance/clockwork.sql");
        first.batch_execute(clockwork).await.expect("the clock is in place");
        let sql = "insert into clockwork.clock (now) values ($1)";
        first.execute(sql, &[&at]).await.expect("the clock is set");
        // A session of its own: the search path is that of later ones.
        let owner = database.connect(Role::Owner).await.expect("the owner connects");
        let proxy = RoundTripProxy::start(Cluster::shared().server().port()).expect("a proxy");
        let tcp = |url: &str| Tcp::new(url).expect("a URL of the testkit");
        let queue = tcp(&proxy.url(&database.url(Role::Queue)));
        let http = tcp(&database.url(Role::Http));
        let clock = ManualClock::starting(at.timestamp());
        let ports = SimPorts::over(queue, clock, Arc::new(Faults::default()), seed);
        Self { ports, http, owner, proxy, _database: database }
    }

    async fn count(&self, sql: &str) -> usize {
        let count: i64 = self.owner.query_one(sql, &[]).await.expect("a count").get(0);
        usize::try_from(count).expect("a count")
    }
}

impl Stage for OnPostgres {
    type Db = Tcp;

    fn ports(&self) -> &SimPorts<Tcp> {
        &self.ports
    }

    fn http(&self) -> &Tcp {
        &self.http
    }

    async fn move_to(&self, at: DateTime<Utc>) {
        self.ports.clock.advance(at - self.ports.clock.now());
        let sql = "update clockwork.clock set now = $1";
        self.owner.execute(sql, &[&at]).await.expect("the clock is set");
    }

    async fn put_tournament(&self, rules: &Rules) {
        let (rules, chain) = (json!(rules), json!(Chain::default()));
        let sql = "insert into scoreboard.tournaments (organization_id, id, name, provider_id,
            rules, tie_breaks)
          values ($1, $2, 'a tournament', $5, $3, $4)";
        let params = &[&OWNER as _, &TOURNAMENT as _, &rules as _, &chain as _, &PROVIDED as _];
        self.owner.execute(sql, params).await.expect("the test's own row");
    }

    async fn put_members(&self, members: &[Member]) {
        let (names, times): (Vec<&str>, Vec<_>) =
            members.iter().map(|of| (of.name.as_str(), of.joined_at)).unzip();
        let sql = "insert into scoreboard.members (organization_id, tournament_id, member_id,
            joined_at)
          select $1, $2, m, at from unnest($3::text[], $4::timestamptz[]) as n(m, at)";
        let params = &[&OWNER as _, &TOURNAMENT as _, &names as _, &times as _];
        self.owner.execute(sql, params).await.expect("the test's own rows");
    }

    async fn put_match(&self, of: &Played) {
        let sql = "insert into scoreboard.matches (organization_id, tournament_id, id, external_id,
            round, home_team, away_team, kickoff, next_check_at)
          values ($1, $2, $3, $3::uuid::text, $4, $5, $6, $7, $7)";
        let params = &[
            &OWNER as _,
            &TOURNAMENT as _,
            &of.id as _,
            &of.round.as_str() as _,
            &of.home as _,
            &of.away as _,
            &of.kickoff as _,
        ];
        self.owner.execute(sql, params).await.expect("the test's own row");
    }

    async fn put_guesses(&self, of: &Played, guesses: &[Stored]) {
        let names: Vec<&str> = guesses.iter().map(|(member, ..)| member.as_str()).collect();
        let home: Vec<i16> = guesses.iter().map(|(_, of, _)| of.home().into()).collect();
        let away: Vec<i16> = guesses.iter().map(|(_, of, _)| of.away().into()).collect();
        let times: Vec<DateTime<Utc>> = guesses.iter().map(|(.., at)| *at).collect();
        let sql = "insert into scoreboard.guesses (organization_id, tournament_id, match_id,
            member_id, home, away, stored_at)
          select $1, $2, $3, g.* from unnest($4::text[], $5::int2[], $6::int2[],
            $7::timestamptz[]) g
          on conflict (organization_id, tournament_id, match_id, member_id) do update
            set home = excluded.home, away = excluded.away, stored_at = excluded.stored_at";
        let params = &[
            &OWNER as _,
            &TOURNAMENT as _,
            &of.id as _,
            &names as _,
            &home as _,
            &away as _,
            &times as _,
        ];
        self.owner.execute(sql, params).await.expect("the test's own rows");
    }

    fn trouble(&self, rng: &mut Rng) {
        if rng.chance(200) {
            return trouble_outside(&self.ports.faults, rng);
        }
        let mode = if rng.chance(500) { CommitCut::Before } else { CommitCut::AfterForward };
        let every = 1 + rng.below(COMMITS_MAX);
        self.proxy.cut_at_commit(mode, u32::try_from(every).expect("a few"));
    }

    fn calm(&self) {
        self.proxy.spare_commits();
        self.ports.faults.calm();
    }

    async fn unfinished(&self) -> usize {
        self.count("select count(*) from jobs.job where finished_at is null").await
    }

    async fn open_matches(&self) -> usize {
        self.count("select count(*) from scoreboard.matches where next_check_at is not null").await
    }

    async fn given_up(&self) -> usize {
        let sql = "select count(*) from jobs.dead_letter
          where type = 'scoreboard.settle-match-score'";
        self.count(sql).await
    }

    async fn boards(&self) -> String {
        let sql = "select jsonb_build_array(
            (select jsonb_agg(to_jsonb(e) order by e.board_id, e.member_id)
              from scoreboard.entries e),
            (select jsonb_agg(to_jsonb(h) order by h.board_id, h.points_e4)
              from scoreboard.histograms h),
            (select jsonb_agg(to_jsonb(p) order by p.tournament_id, p.seq, p.member_id)
              from scoreboard.point_entries p))::text";
        self.owner.query_one(sql, &[]).await.expect("the boards").get(0)
    }
}
