//! Configurations on the real database: many publishers, rights, and a preview
//! that writes nothing.

use std::time::Duration;

use futures::future::join_all;
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoring::{Config, SignalConfig};
use mauntic_flows::commands::preview_config::preview_config;
use mauntic_flows::commands::publish_config::publish_config;
use mauntic_flows::ports::{
    Act, ConfigPart, ConfigStore, ConfigToken, Database, Pick, Ports, Unchanged,
};
use mauntic_store::Session;
use mauntic_testkit::database::Role;
use mauntic_tests::world::{World, contact, organization, texts};
use serde_json::json;

/// How often a session's statistics are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

fn by(name: &str) -> Act {
    Act { actor: name.to_owned(), reason: None, request_id: "r".to_owned(), key: None }
}

fn weights(demo: u16) -> ConfigPart {
    let entries = json!([{"category": "intent", "factor": "demo_request", "weight": demo}]);
    ConfigPart::Factors(Config::new(serde_json::from_value(entries).unwrap()).unwrap())
}

/// Twenty publishers of every state; each state is published once, and the newest
/// is what all contacts are scored by at the end.
#[tokio::test]
async fn every_state_is_published_once_and_the_last_is_scored() {
    let world = World::new().await;
    let owner = organization("org_1");
    let contacts = ["a", "b"].map(|name| contact(name, &json!({"demoRequest": true})));
    world.contacts(&owner, &contacts).await;
    let session = world.http.db().open().await.unwrap();
    let mut seen = ConfigToken::default();
    for round in 1..=5_u16 {
        seen = session.save_draft(&owner, &by("k"), seen, &weights(round)).await.unwrap().unwrap();
        let publishers = (0..20).map(|_| async {
            let session = world.http.db().open().await.unwrap();
            let (published, sent) =
                publish_config(&world.http, &session, &owner, &by("k"), seen).await.unwrap();
            sent.unwrap();
            published
        });
        let published = join_all(publishers).await;
        let won: Vec<_> = published.iter().filter_map(|of| of.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "round {round}");
        seen = won[0].token;
        assert_eq!(seen.version, i64::from(round));
        let stale = Err(Unchanged::Stale(seen));
        assert_eq!(published.iter().filter(|of| **of == stale).count(), 19);
        // Meanwhile the run goes on: its planner, then its chunk.
        let batch = texts(world.http.sent.take());
        world.consume(&format!("h{round}"), &batch).await;
        if round % 2 == 0 {
            drain(&world, &format!("q{round}")).await;
        }
    }
    drain(&world, "end").await;
    let sql =
        "select count(*) from scoring.lead_scores where total_score = 5 and config_version = 5";
    assert_eq!(world.count(sql).await, 2);
    assert_eq!(world.count("select count(*) from jobs.run where status <> 'completed'").await, 0);
    let sql = "select count(*) from jobs.audit where entry::jsonb->>'action' = 'config.publish'";
    assert_eq!(world.count(sql).await, 5);
    let sql = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(world.count(sql).await, 0);
}

/// Consumes whatever waits until nothing does.
async fn drain(world: &World, tag: &str) {
    for round in 0.. {
        assert!(round < 20, "the run does not end");
        let sql = "select id from jobs.job where state = 'queued' order by id";
        let ids: Vec<uuid::Uuid> = world.rows(sql).await.iter().map(|row| row.get(0)).collect();
        if ids.is_empty() {
            return;
        }
        let message = |id: &uuid::Uuid| {
            let sql = json!({"type": "x", "jobId": id});
            sql.to_string()
        };
        world.consume(&format!("{tag}-{round}"), &texts(ids.iter().map(message))).await;
    }
}

/// Under a role that may write nothing at all, whatever it begins, a preview is
/// the same; and every row is as it was.
#[tokio::test]
async fn a_preview_writes_nothing() {
    let world = World::new().await;
    let owner = organization("org_1");
    let contacts: Vec<_> = (0..50)
        .map(|n| contact(&format!("c{n:02}"), &json!({"demoRequest": n % 2 == 0})))
        .collect();
    world.contacts(&owner, &contacts).await;
    let session = world.http.db().open().await.unwrap();
    let saved = session.save_draft(&owner, &by("k"), ConfigToken::default(), &weights(90)).await;
    saved.unwrap().unwrap();
    let name = world.database.name();
    let read_only = format!(
        "alter role mauntic_http in database {name} set default_transaction_read_only = on"
    );
    world.owner.batch_execute(&read_only).await.unwrap();
    let before = everything(&world).await;
    let session = world.http.db().open().await.unwrap();
    let whole = preview_config(&session, &owner, Pick::Spread(20)).await.unwrap().unwrap();
    assert_eq!((whole.preview.contacts, whole.cost.contacts), (20, 50));
    assert!(whole.preview.changed > 0);
    let one = preview_config(&session, &owner, Pick::One(&contacts[0].0)).await.unwrap().unwrap();
    assert!(one.contact.is_some());
    assert_eq!(everything(&world).await, before);
    // Nor a byte of WAL, once nothing is left for a first reader to note.
    world.owner.batch_execute("vacuum freeze").await.unwrap();
    let session = world.http.db().open().await.unwrap();
    preview_config(&session, &owner, Pick::Spread(20)).await.unwrap().unwrap();
    let wal_bytes = wal_bytes_of_reader(&world, &session, &owner).await;
    preview_config(&session, &owner, Pick::Spread(20)).await.unwrap().unwrap();
    assert_eq!(wal_bytes_of_reader(&world, &session, &owner).await, wal_bytes);
    // What writes is refused there, so that this test would see it.
    let refused = session.save_draft(&owner, &by("k"), whole.token, &weights(1)).await;
    assert!(refused.is_err());
}

/// Bytes of WAL that the newest session wrote so far. A session tells what it did
/// every second or so: of two tellings the second has all that came before.
async fn wal_bytes_of_reader(world: &World, session: &Session, owner: &OrganizationId) -> i64 {
    let sql = "select (select sum(hits)::int8 from pg_stat_get_backend_io(a.pid)),
                      (pg_stat_get_backend_wal(a.pid)).wal_bytes::int8
               from pg_stat_activity a
               where a.datname = current_database() and a.usename = 'mauntic_http'
               order by a.backend_start desc limit 1";
    let (mut told, mut hits_seen) = (0, None);
    loop {
        let row = &world.rows(sql).await[0];
        let hits = row.get::<_, Option<i64>>(0);
        told += i32::from(hits != hits_seen);
        if told > 2 {
            return row.get(1);
        }
        hits_seen = hits;
        session.config(owner).await.unwrap();
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Every row of ours, as one text a table.
async fn everything(world: &World) -> Vec<(String, String)> {
    let sql = "select c.oid::regclass::text from pg_class c
      where c.relkind = 'r' and c.relnamespace::regnamespace::text
        in ('jobs', 'scoring', 'auth', 'analytics', 'lead_intelligence') order by 1";
    let mut found = Vec::new();
    for row in world.rows(sql).await {
        let table: String = row.get(0);
        let sql = format!(
            "select coalesce(string_agg(t::text || t.xmin::text || t.xmax::text, ' ' order by t.ctid), '')
             from {table} t"
        );
        found.push((table, world.rows(&sql).await[0].get(0)));
    }
    found
}

/// I12: what a publication writes is its own organization's.
#[tokio::test]
async fn nobody_configures_another_organization() {
    let world = World::new().await;
    for name in ["org_a", "org_b"] {
        let session = world.http.db().open().await.unwrap();
        let (owner, nothing) = (organization(name), ConfigToken::default());
        let seen = session.save_draft(&owner, &by("k"), nothing, &weights(1)).await;
        session.publish_config(&owner, &by("k"), seen.unwrap().unwrap()).await.unwrap().unwrap();
        let types = ConfigPart::Signals(SignalConfig::default());
        let state = session.config(&owner).await.unwrap();
        session.save_draft(&owner, &by("k"), state.token, &types).await.unwrap().unwrap();
    }
    let http = world.database.connect(Role::Http).await.unwrap();
    for (sql, is_refused) in [
        ("update scoring.config_drafts set revision = 9 where organization_id = 'org_b'", false),
        ("update scoring.config_versions set version = 9 where organization_id = 'org_b'", false),
        ("update scoring.scoring_configs set weight = 9 where organization_id = 'org_b'", false),
        ("delete from scoring.scoring_configs where organization_id = 'org_b'", false),
        ("delete from scoring.signal_configs where organization_id = 'org_b'", false),
        ("update jobs.run set exclusive = false where organization_id = 'org_b'", false),
        ("update scoring.config_drafts set organization_id = 'org_b'", true),
        (
            "insert into scoring.config_documents
               (organization_id, version, epoch, factors, signals, published_by)
             values ('org_b', 9, 9, '[]', '[]', 'k')",
            true,
        ),
        (
            "insert into scoring.scoring_configs (organization_id, factor, category, weight)
             values ('org_b', 'x', 'fit', 1)",
            true,
        ),
        (
            "insert into jobs.run (id, job_key, organization_id, trigger, jobs_total)
             values (uuidv7(), 'x', 'org_b', 'api', 1)",
            true,
        ),
        // A publication is kept as it was, by whomever.
        ("update scoring.config_documents set factors = '[]'", true),
        ("delete from scoring.config_documents", true),
        ("update jobs.run set status = 'completed'", true),
        ("select jobs.append_audit('{}')", true),
    ] {
        let scope = "begin; select set_config('app.organization', 'org_a', true)";
        http.batch_execute(scope).await.unwrap();
        let outcome = http.execute(sql, &[]).await;
        http.batch_execute("rollback").await.unwrap();
        match outcome {
            Err(error) => {
                assert!(is_refused && error.code().unwrap().code() == "42501", "{sql}: {error:?}");
            }
            Ok(rows) => assert!(!is_refused && rows == 0, "{sql}: {rows} rows"),
        }
    }
}
