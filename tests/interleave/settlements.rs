//! Settlements of one tournament, among themselves and beside who joins and what is
//! corrected: in every order of their statements nobody fails, whoever found the
//! tournament held comes again, and then everybody has what the guesses earn, once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::settlement::{self, Decision, awards};
use mauntic_domain::scoreboard::{Chain, MatchResult, Round, Rules, Score};
use mauntic_flows::ports::{
    Committed, CompletedJob, Database, Effect, EffectStore, MatchPlace, PortError, SettlementAct,
    SettlementBasis, SettlementStore, SettlementWrite,
};
use mauntic_store::Session;
use mauntic_store::connect::Tcp;
use mauntic_testkit::database::{Role, TestDatabase, connect};
use mauntic_testkit::stepper::{Schedules, SteppingProxy, is_begin};
use mauntic_tests::say::say;
use mauntic_tests::world::organization;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

const OWNER: &str = "org_1";

const fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | n)
}

const TOURNAMENT: Uuid = id(1);
const MATCHES: [Uuid; 2] = [id(2), id(3)];
/// Jobs that settle, held: one a side, and those that come afterwards.
const JOBS: [Uuid; 4] = [id(4), id(5), id(6), id(7)];

/// What members guess about the two matches, and who joins later.
const GUESSES: [(&str, [&str; 2]); 4] = [
    ("ada", ["2:1", "0:0"]),
    ("bob", ["1:0", "1:1"]),
    ("cy", ["0:0", "0:3"]),
    ("dan", ["0:2", ""]),
];
const LATE: [&str; 2] = ["eve", "fay"];

/// How the matches ended, and how the first did by its second result, by which nobody of
/// these has any points.
const RESULTS: [&str; 2] = ["2:1", "0:0"];
const CORRECTED: &str = "3:3";

/// Statements that lock nothing that others want, or are one with what follows.
const PRELUDES: [&str; 1] = ["-- complete_jobs:"];

fn goes_along(sql: &str) -> bool {
    is_begin(sql) || PRELUDES.iter().any(|prelude| sql.starts_with(prelude))
}

/// What one side does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Settles a match, by number, as the job of a version of its result.
    Settle(usize, i32),
    /// Joins.
    Join,
    /// Gives the first match another result.
    Correct,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Did {
    /// It was done.
    It,
    /// Somebody held the tournament.
    Busy,
    /// There was nothing to be settled any more.
    Nothing,
}

/// What is there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing is settled.
    Fresh,
    /// The first match is, and has another result since: who had points has none then.
    Corrected,
}

fn score(text: &str) -> Score {
    let (home, away) = text.split_once(':').unwrap();
    Score::new(home.parse().unwrap(), away.parse().unwrap()).unwrap()
}

/// A database, and two sides that are led through it.
struct World {
    proxy: SteppingProxy,
    sides: [(Session, Client); 2],
    direct: Session,
    owner: Client,
    _database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let [owner, queue] = [Role::Owner, Role::Queue].map(|r| database.url(r));
        let proxy = SteppingProxy::merging(&owner, 2, goes_along).await.unwrap();
        let mut sides = Vec::new();
        for side in 0..2 {
            let session = Tcp::new(&proxy.url(side, &queue)).unwrap().open().await.unwrap();
            sides.push((session, connect(&proxy.url(side, &owner)).await.unwrap()));
        }
        let direct = Tcp::new(&queue).unwrap().open().await.unwrap();
        let owner = connect(&owner).await.unwrap();
        let sides = sides.try_into().unwrap_or_else(|_| panic!("two sides"));
        Self { proxy, sides, direct, owner, _database: database }
    }

    async fn does(&self, side: usize, does: Does) -> Result<Did, String> {
        let (session, client) = &self.sides[side];
        let statement = match does {
            Does::Settle(nth, version) => {
                let settled = settle(session, JOBS[side], nth, version).await;
                return settled.map_err(|error| error.to_string());
            }
            Does::Join => format!(
                "insert into scoreboard.members (organization_id, tournament_id, member_id)
                 values ('{OWNER}', '{TOURNAMENT}', '{}')",
                LATE[side]
            ),
            Does::Correct => correction(),
        };
        for sql in ["begin", &statement, "commit"] {
            client.batch_execute(sql).await.map_err(|error| format!("{sql}: {error:?}"))?;
        }
        Ok(Did::It)
    }

    /// Walks all orders of two sides; each ends right.
    async fn walk(&self, stage: Stage, does: [Does; 2]) {
        let (mut schedules, mut waits) = (Schedules::new(), 0);
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        while schedules.begin() {
            self.owner.batch_execute(&script()).await.unwrap();
            if stage == Stage::Corrected {
                assert_eq!(settle(&self.direct, JOBS[3], 0, 1).await.unwrap(), Did::It);
                self.owner.batch_execute(&correction()).await.unwrap();
            }
            let sides = [0, 1].map(|side| Box::pin(self.does(side, does[side])));
            let choose = &mut |choices: &[usize]| schedules.choose(choices);
            let (trace, found) = self.proxy.interleave(sides, choose).await;
            waits += trace.blocked();
            let found: Vec<Did> = found
                .into_iter()
                .map(|did| did.unwrap_or_else(|error| panic!("{error} in this order:\n{trace}")))
                .collect();
            *ends.entry(format!("{found:?}")).or_default() += 1;
            for side in 0..2 {
                if let (Did::Busy, Does::Settle(nth, version)) = (found[side], does[side]) {
                    let again = settle(&self.direct, JOBS[side], nth, version).await.unwrap();
                    assert_ne!(again, Did::Busy, "all is quiet");
                }
            }
            if does.contains(&Does::Correct) {
                settle(&self.direct, JOBS[2], 0, 2).await.unwrap();
            }
            let wrongs = self.wrongs().await;
            assert!(wrongs.is_empty(), "{does:?} {found:?}: {wrongs:?}\n{trace}");
        }
        let orders = schedules.orders();
        say(format_args!("{stage:?} {does:?}: all {orders} orders, {waits} waits, {ends:?}"));
        assert!(orders > 1, "nothing overlaps");
    }

    /// What does not hold: the board by guesses and what counts, its histogram, and the
    /// ledger's length.
    async fn wrongs(&self) -> Vec<String> {
        let sql = "select m.id, l.result from scoreboard.matches m
          cross join lateral (select l.result from scoreboard.match_settlement_ledger l
            where l.match_id = m.id and l.status = 'applied' order by l.seq desc limit 1) l";
        let rows = self.owner.query(sql, &[]).await.unwrap();
        let counted: BTreeMap<Uuid, MatchResult> = rows
            .iter()
            .map(|row| (row.get(0), MatchResult::from_canonical(row.get(1)).unwrap()))
            .collect();
        let mut wrongs = Vec::new();
        let (mut board, mut histogram) = (BTreeMap::new(), BTreeMap::<i64, i64>::new());
        let sql = "select member_id, points_e4, standing from scoreboard.entries";
        for row in self.owner.query(sql, &[]).await.unwrap() {
            let (member, points, standing): (String, i64, i64) =
                (row.get(0), row.get(1), row.get(2));
            *histogram.entry(points).or_default() += 1;
            if (points == 0) != (standing == 0) {
                wrongs.push(format!("{member} stands at {standing} with {points}"));
            }
            board.insert(member, points);
        }
        for (member, guesses) in GUESSES {
            let of = MATCHES.iter().zip(guesses).filter(|(_, guess)| !guess.is_empty());
            let earned = of.filter_map(|(of, guess)| {
                let round = Round::parse("Final").unwrap();
                let award = Rules::default().award(&round, *counted.get(of)?, score(guess));
                Some(award.points)
            });
            let earned = earned.fold(PointsE4::ZERO, |sum, points| sum + points);
            if board.get(member) != Some(&earned.e4()) {
                wrongs.push(format!("{member} has {:?}, not {earned}", board.get(member)));
            }
        }
        let sql = "select points_e4, members from scoreboard.histograms where members <> 0";
        let rows = self.owner.query(sql, &[]).await.unwrap();
        let stored: BTreeMap<i64, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        if stored != histogram {
            wrongs.push(format!("the histogram is {stored:?}, not {histogram:?}"));
        }
        let sql = "select count(*) from scoreboard.matches m where m.settled_version > 0
            and m.settled_version <> (select max(l.result_version)
              from scoreboard.match_settlement_ledger l where l.match_id = m.id)";
        let behind: i64 = self.owner.query_one(sql, &[]).await.unwrap().get(0);
        if behind > 0 {
            wrongs.push("a match is settled, and does not say so".to_owned());
        }
        let sql = "select array_agg(seq order by seq) from scoreboard.match_settlement_ledger";
        let seqs: Option<Vec<i64>> = self.owner.query_one(sql, &[]).await.unwrap().get(0);
        let seqs = seqs.unwrap_or_default();
        if !seqs.iter().copied().eq(1..=i64::try_from(seqs.len()).unwrap()) {
            wrongs.push(format!("the ledger is {seqs:?}"));
        }
        wrongs
    }

    async fn entries(&self, status: &str) -> i64 {
        let sql = "select count(*) from scoreboard.match_settlement_ledger where status = $1";
        self.owner.query_one(sql, &[&status]).await.unwrap().get(0)
    }
}

/// Settles as the job's handler and the consumer do: decided again where what it was
/// decided on has changed.
async fn settle(session: &Session, job: Uuid, nth: usize, version: i32) -> Result<Did, PortError> {
    let organization_id = organization(OWNER);
    let place = MatchPlace { organization_id, tournament_id: TOURNAMENT, match_id: MATCHES[nth] };
    for _ in 0..3 {
        let inputs = session.settlement_inputs(&place).await?.unwrap();
        let (result, applied, act) =
            match settlement::decide(&inputs.stored, version, inputs.applied) {
                Decision::Skip { result, applied } => (result, Some(applied), SettlementAct::Skip),
                Decision::Apply { result, replaces } => {
                    let awards = awards(&inputs.rules, &inputs.round, result);
                    let weights = inputs.chain.weights();
                    (result, replaces, SettlementAct::Apply { awards, weights })
                }
                Decision::Superseded { .. } => return Ok(Did::Nothing),
                other => panic!("{other:?}"),
            };
        let basis = SettlementBasis {
            rules_version: inputs.rules_version,
            round: inputs.round,
            kickoff: inputs.stored.kickoff,
            result_version: inputs.stored.result_version,
            applied,
        };
        let (job_id, attempt, request_id) = (job, 1, None);
        let place = place.clone();
        let write = SettlementWrite { place, basis, result, act, job_id, attempt, request_id };
        let jobs = vec![CompletedJob { id: job, claim: 1, run_id: None, summary: json!({}) }];
        let now: DateTime<Utc> = "2026-01-02T03:00:00Z".parse().unwrap();
        let effect = Effect { settlements: vec![write], ..Effect::of(now, jobs) };
        match session.commit(&effect).await {
            Ok(Committed::Done { .. }) => return Ok(Did::It),
            Ok(Committed::Busy) => return Ok(Did::Busy),
            Err(PortError::Contention { .. }) => {}
            Ok(Committed::FenceLost) => panic!("nobody else has its job"),
            Err(error) => return Err(error),
        }
    }
    panic!("it changes again and again")
}

/// The first match's second result.
fn correction() -> String {
    let result = MatchResult::of_full_time(score(CORRECTED)).canonical();
    format!(
        "update scoreboard.matches set result = '{result}', result_version = 2
         where id = '{}'",
        MATCHES[0]
    )
}

/// Two matches that have ended, and nobody has points.
fn script() -> String {
    let (rules, chain) = (json!(Rules::default()), json!(Chain::default()));
    let mut sql = format!(
        "set session_replication_role = replica;
         delete from scoreboard.point_entries; delete from scoreboard.match_settlement_ledger;
         delete from scoreboard.entries; delete from scoreboard.histograms;
         delete from scoreboard.guesses; delete from scoreboard.members;
         delete from scoreboard.matches; delete from scoreboard.boards;
         delete from scoreboard.tournaments;
         delete from jobs.job; delete from jobs.event_outbox;
         set session_replication_role = origin;
         insert into scoreboard.tournaments (organization_id, id, name, rules, tie_breaks)
         values ('{OWNER}', '{TOURNAMENT}', 'a tournament', '{rules}', '{chain}');"
    );
    for (of, result) in MATCHES.iter().zip(RESULTS) {
        let result = MatchResult::of_full_time(score(result)).canonical();
        sql += &format!(
            "insert into scoreboard.matches (organization_id, tournament_id, id, external_id, round,
               home_team, away_team, kickoff, status, result, result_version, ended_at)
             values ('{OWNER}', '{TOURNAMENT}', '{of}', '{of}', 'Final', 'h', 'a',
               now() - interval '2 h', 'ended', '{result}', 1, now());"
        );
    }
    for (member, guesses) in GUESSES {
        sql += &format!(
            "insert into scoreboard.members (organization_id, tournament_id, member_id)
             values ('{OWNER}', '{TOURNAMENT}', '{member}');"
        );
        for (of, guess) in MATCHES.iter().zip(guesses).filter(|(_, guess)| !guess.is_empty()) {
            let guess = score(guess);
            sql += &format!(
                "insert into scoreboard.guesses (organization_id, tournament_id, match_id, member_id,
                   home, away, stored_at)
                 values ('{OWNER}', '{TOURNAMENT}', '{of}', '{member}', {}, {},
                   now() - interval '3 h');",
                guess.home(),
                guess.away()
            );
        }
    }
    for job in JOBS {
        sql += &format!(
            "insert into jobs.job (id, organization_id, queue, type, data, failures_max, state,
               claim, lease_until)
             values ('{job}', '{OWNER}', 'mauntic-scoreboard-jobs',
               'scoreboard.settle-match-score', '{{\"organizationId\": \"{OWNER}\"}}', 5,
               'in_progress', 1,
               now() + interval '1 h');"
        );
    }
    sql
}

#[tokio::test]
async fn of_two_matches_of_one_tournament_both_count() {
    let world = World::new().await;
    world.walk(Stage::Fresh, [Does::Settle(0, 1), Does::Settle(1, 1)]).await;
    assert_eq!((world.entries("applied").await, world.entries("skipped").await), (2, 0));
}

#[tokio::test]
async fn one_match_counts_once_whoever_settles_it() {
    let world = World::new().await;
    world.walk(Stage::Fresh, [Does::Settle(0, 1), Does::Settle(0, 1)]).await;
    assert_eq!((world.entries("applied").await, world.entries("skipped").await), (1, 1));
}

/// Those who get points leave the number of points at which somebody joins.
#[tokio::test]
async fn who_joins_beside_a_settlement_is_counted() {
    let world = World::new().await;
    world.walk(Stage::Fresh, [Does::Settle(0, 1), Does::Join]).await;
}

/// Those whose points are taken come to where somebody joins.
#[tokio::test]
async fn who_joins_beside_a_correction_is_counted() {
    let world = World::new().await;
    world.walk(Stage::Corrected, [Does::Settle(0, 2), Does::Join]).await;
    world.walk(Stage::Corrected, [Does::Settle(0, 2), Does::Settle(1, 1)]).await;
}

#[tokio::test]
async fn of_two_who_join_both_are_counted() {
    let world = World::new().await;
    world.walk(Stage::Fresh, [Does::Join, Does::Join]).await;
}

#[tokio::test]
async fn a_result_that_changes_beside_its_settlement_counts_in_the_end() {
    let world = World::new().await;
    world.walk(Stage::Fresh, [Does::Settle(0, 1), Does::Correct]).await;
}
