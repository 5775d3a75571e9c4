//! A match from its kickoff to the scoreboard in workerd: cron triggers alone have a
//! provider of this machine asked, and the result settled.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::ProviderTournamentId;
use mauntic_domain::scoreboard::{Chain, Rules, Status};
use mauntic_flows::ports::Scope;
use mauntic_local::workers::{Build, Worker};
use mauntic_sim::provider::{Fixture, Said, world_cup};
use mauntic_sim::provider_desk::Trouble;
use mauntic_tests::stack::{Stack, until};
use mauntic_tests::world::organization;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::operations::given::count;
use crate::provider::Provider;

const KEY: &str = "a-key.of-ours~1";
/// What the other provider knows us by.
const OTHER_KEY: &str = "a-key.of-theirs~1";
const TOURNAMENT: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);
const MATCH: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0011);
const EVERY_FIVE_MINUTES: &str = "*/5 * * * *";

/// Three members, who guessed before the kickoff: the score, the difference, nothing.
const GUESSES: &str = "
  with joined as (
    insert into scoreboard.members (organization_id, tournament_id, member_id)
    select 'org_a', $1, unnest(array['ada', 'bob', 'cy']) returning member_id
  )
  insert into scoreboard.guesses
    (organization_id, tournament_id, match_id, member_id, home, away, stored_at)
  select 'org_a', $1, $2, j.member_id, g.home, g.away, $3
  from joined j join (values ('ada', 3, 3), ('bob', 1, 1), ('cy', 2, 0)) as g(member_id, home, away)
    using (member_id)";

/// Jobs that are not final.
const UNDONE: &str = "select count(*) from jobs.job where finished_at is null";

/// Time passes for what waits.
const TIME_PASSES: &str = "update jobs.job set
    available_at = least(available_at, clock_timestamp()),
    wake_at = least(wake_at, clock_timestamp())
  where state in ('queued', 'failed')";

/// A match of ours that has begun half an hour ago, as its provider knows it.
async fn tournament(owner: &Client, tournament: &ProviderTournamentId) -> Fixture {
    let kickoff = Utc::now() - TimeDelta::minutes(30);
    let fixture = Fixture { kickoff, ..world_cup().pop().unwrap() };
    let (rules, chain) = (json!(Rules::default()), json!(Chain::default()));
    let sql = "insert into scoreboard.tournaments
        (organization_id, id, name, provider_id, rules, tie_breaks)
      values ('org_a', $1, 'The cup', $2, $3, $4)";
    owner.execute(sql, &[&TOURNAMENT, &tournament.as_str(), &rules, &chain]).await.unwrap();
    let sql = "insert into scoreboard.matches (organization_id, tournament_id, id, external_id,
        round, home_team, away_team, kickoff, next_check_at)
      values ('org_a', $1, $2, $3, $4, $5, $6, $7, $7)";
    let (id, round) = (fixture.id.as_str(), fixture.round.as_str());
    owner
        .execute(sql, &[&TOURNAMENT, &MATCH, &id, &round, &fixture.home, &fixture.away, &kickoff])
        .await
        .unwrap();
    let before = kickoff - TimeDelta::hours(1);
    owner.execute(GUESSES, &[&TOURNAMENT, &MATCH, &before]).await.unwrap();
    fixture
}

/// The schedule's trigger fires for the `nth` of its last times, and all that follows is
/// done.
async fn fire(stack: &Stack, owner: &Client, nth: i32) {
    let due = "update scoreboard.matches set next_check_at = clock_timestamp()";
    owner.execute(due, &[]).await.unwrap();
    // Registers the schedules, which begin at the moment that they are seen first.
    stack.tick();
    let last = Utc::now().timestamp().div_euclid(300) * 300;
    let at = DateTime::from_timestamp(last, 0).unwrap() - TimeDelta::minutes(5) * nth;
    // The ticks meanwhile have judged it as missed.
    let behind = "with forgotten as (
        delete from jobs.occurrence where job_key = 'match-verifier-5m'
      )
      update jobs.schedule set judged_until = $1 - interval '1 min'
      where job_key = 'match-verifier-5m' and judged_until >= $1";
    owner.execute(behind, &[&at]).await.unwrap();
    let millis = at.timestamp_millis();
    stack.workers.scheduled(Worker::Queue, EVERY_FIVE_MINUTES, millis).unwrap();
    until(
        "all is done",
        || stack.story(),
        async || {
            owner.batch_execute(TIME_PASSES).await.unwrap();
            stack.tick();
            (count(owner, UNDONE).await == 0).then_some(())
        },
    )
    .await;
}

async fn text(owner: &Client, sql: &str) -> String {
    owner.query_one(sql, &[]).await.unwrap().get(0)
}

const MATCHES: &str = "select concat_ws(' ', status, result, result_version, settled_version)
  from scoreboard.matches";
const REASONS: &str = "select coalesce(string_agg(outcome || ':' || reason, ' '
    order by fetched_at), '') from scoreboard.verifications";
const BOARD: &str = "select string_agg(member_id || '=' || points_e4 / 10000, ' '
    order by member_id) from scoreboard.entries";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_match_goes_from_its_kickoff_to_the_board_by_cron_alone() {
    let (first, second) = (Provider::start(), Provider::start());
    let vars = [
        ("ENABLE_SCOREBOARD_CRON", "true".to_owned()),
        ("MATCH_PROVIDER_URL", first.url()),
        ("MATCH_PROVIDER_FALLBACK_URL", format!("{}/v2/", second.url())),
        ("MATCH_PROVIDER_KEY", KEY.to_owned()),
        ("MATCH_PROVIDER_FALLBACK_KEY", OTHER_KEY.to_owned()),
    ];
    let vars = vars.each_ref().map(|(name, value)| (*name, value.as_str()));
    let stack = Stack::start(Build::Production, &vars).await;
    stack.organization(&organization("org_a"), &[Scope::Read]).await;
    let owner = stack.owner().await;
    let cup = ProviderTournamentId::parse("cup:2022").unwrap();
    let fixture = tournament(&owner, &cup).await;
    let since = fixture.kickoff;
    for provider in [&first, &second] {
        let live = Said::Json(fixture.told(Status::Live, fixture.result));
        provider.script(|script| script.say(&cup, &fixture.id, since, live));
    }

    fire(&stack, &owner, 3).await;
    assert_eq!(text(&owner, MATCHES).await, "live 0 0");
    assert_eq!(text(&owner, REASONS).await, "noop:not_ended");
    let asked = first.asked();
    assert_eq!((asked.len(), second.asked().len()), (1, 0));
    assert_eq!(asked[0].method, "GET");
    let path = asked[0].path.replace("%3A", ":");
    assert_eq!(path, "/tournaments/cup:2022/matches/2022-64");
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {KEY}"));

    // Both say what is no answer, and then the last plan's question is not asked again.
    first.turn(Trouble::Garbage);
    second.turn(Trouble::Garbage);
    fire(&stack, &owner, 2).await;
    let reasons = text(&owner, REASONS).await;
    assert_eq!(reasons.matches("retry:answer_not_json").count(), 3, "{reasons}");
    assert_eq!(text(&owner, MATCHES).await, "live 0 0");

    // It does not know us, and the other one tells how the match has ended.
    first.turn(Trouble::Refusing);
    second.turn(Trouble::None);
    let ended = Said::Json(fixture.told(Status::Ended, fixture.result));
    second.script(|script| script.say(&cup, &fixture.id, since, ended));
    fire(&stack, &owner, 1).await;
    let result = r#"{"ft":[2,2],"et":[3,3],"p":[4,2]}"#;
    assert_eq!(text(&owner, MATCHES).await, format!("ended {result} 1 1"));
    assert!(text(&owner, REASONS).await.ends_with("settled:ended"));
    assert_eq!(text(&owner, BOARD).await, "ada=5 bob=3 cy=0");
    let path = second.asked()[0].path.replace("%3A", ":");
    assert_eq!(path, "/v2/tournaments/cup:2022/matches/2022-64");
    // Nobody gets the other's key.
    let keys = |of: &Provider| -> BTreeSet<String> {
        of.asked().iter().map(|asked| asked.headers["authorization"].clone()).collect()
    };
    assert_eq!(keys(&first), [format!("Bearer {KEY}")].into());
    assert_eq!(keys(&second), [format!("Bearer {OTHER_KEY}")].into());

    // Both hang up: what is stored stays, and nothing is given up.
    first.turn(Trouble::Down);
    second.turn(Trouble::Down);
    fire(&stack, &owner, 0).await;
    assert!(text(&owner, REASONS).await.ends_with("retry:unreachable"));
    assert_eq!(text(&owner, BOARD).await, "ada=5 bob=3 cy=0");
    let dead = "select count(*) from jobs.dead_letter";
    assert_eq!(count(&owner, dead).await, 0, "{}", stack.story());
    let settled =
        "select count(*) from scoreboard.match_settlement_ledger where status = 'applied'";
    assert_eq!(count(&owner, settled).await, 1);
}
