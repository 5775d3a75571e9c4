//! A dry run is what the real run will be: each of a thousand cases is rehearsed,
//! then replayed and consumed, on one database that the real runs change.

use mauntic_domain::scoring::ConfigEntry;
use mauntic_flows::commands::rehearsal::{Attempt, Cases, Rehearsal};
use mauntic_flows::commands::rehearse::rehearse;
use mauntic_flows::commands::replay::replay_one;
use mauntic_flows::ports::{Act, CaseReplayed, Database, OperatorStore, Ports};
use mauntic_tests::contacts::{Numbers, config, context, features};
use mauntic_tests::say::say;
use mauntic_tests::world::{World, contact, organization, texts};
use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

type Session = <mauntic_store::connect::Tcp as Database>::Session;

const CASES: u64 = 1_000;

/// Cases after which all rows are looked at: a look reads the whole database.
const LOOK_EVERY: u64 = 25;

const OWNERS: u64 = 4;
const CONTACTS: u64 = 40;

/// Contacts of `org_big`: planned in more than one range.
const BIG: i64 = 10_500;

/// A case's job before it died.
#[derive(Debug)]
struct Dead {
    type_name: &'static str,
    version: i16,
    owner: Option<String>,
    data: Value,
}

/// Organizations with configurations, contacts good and bad, and scores that are
/// newer than anything computed here.
async fn prepared(numbers: &mut Numbers) -> World {
    let world = World::new().await;
    for n in 0..OWNERS {
        let owner = organization(&format!("org_{n}"));
        let entries: Vec<ConfigEntry> = serde_json::from_value(config(numbers, n)).unwrap();
        mauntic_store::admin::replace_config(&world.owner, &owner, &entries).await.unwrap();
        let contacts: Vec<_> =
            (0..CONTACTS).map(|n| contact(&format!("c_{n}"), &features(numbers))).collect();
        world.contacts(&owner, &contacts).await;
    }
    // A seventh cannot be read, and another seventh has a newer score.
    for sql in [
        "update scoring.contact_features set features = '{\"contentDownloads\": \"many\"}'
         where hashtext(contact_id) % 7 = 0",
        "insert into scoring.lead_scores (organization_id, contact_id, total_score, grade,
           fit_score, engagement_score, intent_score, contributions, input_version,
           config_version, job_id, calculated_at)
         select organization_id, contact_id, 10, 'F', 10, 0, 0, '[]', 100000, 0, uuidv7(), now()
         from scoring.contact_features where hashtext(contact_id) % 7 = 1",
    ] {
        world.owner.batch_execute(sql).await.unwrap();
    }
    let big = "insert into scoring.contact_features (organization_id, contact_id, features)
      select 'org_big', 'c_' || n, '{}' from generate_series(1, $1::int8) n";
    world.owner.execute(big, &[&BIG]).await.unwrap();
    world
}

/// A job of any type that a dry run may try, with data good and bad.
fn drawn(numbers: &mut Numbers) -> Dead {
    let owner = format!("org_{}", numbers.below(OWNERS));
    // Some are not known.
    let name = |numbers: &mut Numbers| format!("c_{}", numbers.below(CONTACTS + CONTACTS / 5));
    let mut data = json!({"organizationId": owner});
    let (type_name, version) = match numbers.below(10) {
        0..4 => {
            data["contactId"] = json!(name(numbers));
            ("scoring.CalculateScore", 1)
        }
        4 | 5 => {
            let ids: Vec<String> = (0..=numbers.below(8)).map(|_| name(numbers)).collect();
            data["contacts"] = json!({ "ids": ids });
            ("scoring.RecomputeChunk", 2)
        }
        6 => {
            data["contactIds"] = json!([name(numbers), name(numbers)]);
            ("scoring.RecomputeChunk", 1)
        }
        7 => {
            let place = |n| json!({"organizationId": format!("org_{n}"), "contactId": "c_2"});
            data = json!({"contacts": {"range": {"after": place(0), "through": place(2)}}});
            ("scoring.RecomputeChunk", 2)
        }
        8 => {
            let planned = ["org_big", "org_1", "org_none"];
            data["organizationId"] = json!(planned[usize::try_from(numbers.below(3)).unwrap()]);
            if numbers.below(4) == 0 {
                data = json!({});
            }
            ("scoring.BatchRecompute", 1)
        }
        _ => {
            data = json!({});
            ("scoring.Probe", 1)
        }
    };
    if type_name != "scoring.Probe" && type_name != "scoring.BatchRecompute" {
        match numbers.below(8) {
            0 | 1 => data["context"] = context(numbers),
            2 => data["organizationId"] = json!(7),
            3 => data = json!({"organizationId": owner, "contacts": {"ids": []}}),
            _ => {}
        }
    }
    let owner = data["organizationId"].as_str().map(str::to_owned);
    Dead { type_name, version, owner, data }
}

/// Writes the job as a dead letter, some in a run; the case and the job.
async fn written(world: &World, dead: &Dead, n: u64) -> (Uuid, Uuid) {
    let sql = "with run as (
        insert into jobs.run (id, job_key, trigger, jobs_total, jobs_dead, status, finished_at)
        select uuidv7(), 'k', 'manual', 1, 1, 'failed', clock_timestamp() where $6
        returning id
      ), dead as (
        insert into jobs.job (organization_id, queue, type, version, data, failures_max, run_id,
          state, claim, finished_at, failures, last_error, request_id)
        select $1, 'mauntic-scoring-events', $2, $3, $4, 3, (select id from run), 'dead_lettered',
          2, clock_timestamp(), 3, 'broken', $5
        returning *)
      insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
      select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'),
        'exhausted', 'broken' from dead d
      returning id, job_id";
    let request = format!("case-{n}");
    let row = world
        .owner
        .query_one(
            sql,
            &[
                &dead.owner,
                &dead.type_name,
                &dead.version,
                &dead.data,
                &request,
                &n.is_multiple_of(2),
            ],
        )
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

async fn operator(world: &World) -> Session {
    let mut session = world.http.db().open().await.unwrap();
    session.operate(Act {
        actor: "bootstrap".to_owned(),
        reason: None,
        request_id: "r".to_owned(),
        key: None,
    });
    session
}

/// Every version of every row, in one number a table.
async fn look(world: &World) -> Vec<(String, String)> {
    let tables = "select format('%I.%I', schemaname, tablename) from pg_tables
      where schemaname in ('jobs', 'scoring', 'auth') order by 1";
    let mut seen = Vec::new();
    for table in world.rows(tables).await {
        let table: String = table.get(0);
        let sql = format!(
            "select concat(count(*), ' ', sum(hashtextextended(xmin::text || t::text, 0)))
             from {table} t"
        );
        seen.push((table, world.rows(&sql).await[0].get(0)));
    }
    seen
}

/// What the real run did with the job, as its rows tell it.
const DONE: &str = "select
    case when j.state = 'queued' and j.snooze_reason is not null then 'snoozed'
         else j.state end as outcome,
    j.receipt, l.reason, coalesce(l.detail, j.last_error) as detail, j.snooze_reason,
    (select count(*) from scoring.lead_scores s where s.job_id = j.id) as scores,
    (select count(*) - 1 from jobs.job o where o.request_id = j.request_id) as jobs,
    (select count(*) from jobs.event_outbox e
     where e.job_id = j.id and e.type not in ('scoring.LeadScoreUpdated', 'scoring.ThresholdCrossed')) as events
  from jobs.job j
  left join lateral (
    select d.reason, d.detail from jobs.dead_letter d
    where d.job_id = j.id and d.decided_at is null order by d.id desc limit 1) l on true
  where j.id = $1";

/// The rehearsal told what came.
fn assert_told(told: &Rehearsal, done: &Row, about: &str) {
    let outcome: String = done.get("outcome");
    assert_eq!(json!(told.outcome), outcome, "{about}");
    let count = |name: &str| usize::try_from(done.get::<_, i64>(name)).unwrap();
    assert_eq!(told.scores - told.superseded, count("scores"), "{about}");
    assert_eq!((told.jobs, told.events), (count("jobs"), count("events")), "{about}");
    match told.outcome {
        Attempt::Completed => assert_eq!(told.summary, done.get("receipt"), "{about}"),
        Attempt::DeadLettered => {
            assert_eq!(told.reason, done.get("reason"), "{about}");
            assert_eq!(told.detail, done.get("detail"), "{about}");
        }
        Attempt::Failed => assert_eq!(told.detail, done.get("detail"), "{about}"),
        Attempt::Snoozed => assert_eq!(told.reason, done.get("snooze_reason"), "{about}"),
        Attempt::Refused => panic!("{about}"),
    }
}

#[tokio::test]
async fn a_dry_run_is_what_the_real_run_will_be() {
    let mut numbers = Numbers::new(1_000_003);
    let world = prepared(&mut numbers).await;
    let session = operator(&world).await;
    let mut often = [("completed", 0), ("dead_lettered", 0), ("superseded", 0), ("jobs", 0)];
    for n in 0..CASES {
        let dead = drawn(&mut numbers);
        let (case, job) = written(&world, &dead, n).await;
        let about = format!("case {n}: {dead:?}");
        let before = if n % LOOK_EVERY == 0 { Some(look(&world).await) } else { None };
        let cases = Cases::One { id: case, data: None };
        let [told] = rehearse(&world.queue, &cases).await.unwrap().try_into().unwrap();
        if let Some(before) = before {
            assert_eq!(look(&world).await, before, "{about}");
        }
        let replayed = replay_one(&world.http, &session, case, None, Uuid::now_v7()).await.unwrap();
        assert_eq!(replayed.replayed, Ok(CaseReplayed::Queued { job_id: job }), "{about}");
        let address = json!({"type": dead.type_name, "jobId": job}).to_string();
        world.consume(&format!("m-{n}"), &texts([address])).await;
        let done = world.owner.query_one(DONE, &[&job]).await.unwrap();
        assert_told(&told, &done, &about);
        for (what, count) in &mut often {
            let is_so = match *what {
                "superseded" => told.superseded > 0,
                "jobs" => told.jobs > 1,
                outcome => json!(told.outcome) == outcome,
            };
            *count += usize::from(is_so);
        }
    }
    say(format_args!("dry runs of {CASES} cases equal their real runs: {often:?}"));
    // What makes it worth something is among them, and often.
    assert!(often.iter().all(|(_, count)| *count >= 10), "{often:?}");
}
