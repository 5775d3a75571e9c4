//! Scoring's effect: exact, once, never backwards.

use mauntic_domain::jobs::Queue;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Config, Context, Features, score};
use mauntic_flows::commands::{put_features::put_features, recalculate::recalculate};
use mauntic_flows::ports::{
    ClaimRequest, Committed, CompletedJob, Database, Effect, EffectStore, JobStore, Ports,
    ScoreWrite, TenantStore,
};
use mauntic_tests::ports::Settled;
use mauntic_tests::world::{World, contact, organization, short, texts};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn a_message_delivered_twice_scores_once() {
    let world = World::new().await;
    let owner = organization("org_1");
    world.contacts(&owner, &[contact("c", &json!({"hasEmail": true, "seniority": "vp"}))]).await;
    let bodies = texts([short("org_1", "c")]);
    let first = world.consume("m", &bodies).await;
    let job = world.rows("select claim, receipt::text from jobs.job").await;
    let second = world.consume("m", &bodies).await;
    assert_eq!((first.report.completed, second.report.completed), (1, 0));
    assert_eq!((first.report.absorbed, second.report.absorbed), (0, 1));
    let again = world.rows("select claim, receipt::text from jobs.job").await;
    assert_eq!(job[0].get::<_, i32>(0), again[0].get::<_, i32>(0));
    assert_eq!(again[0].get::<_, String>(1), r#"{"scored": 1}"#);
    let row = &world
        .rows("select total_score::text, grade, contributions::text from scoring.lead_scores")
        .await[0];
    assert_eq!(
        (row.get::<_, String>(0).as_str(), row.get::<_, String>(1).as_str()),
        ("25.0000", "D")
    );
    let sql = "select count(*) from scoring.score_history where day = (now() at time zone 'utc')::date and total_score = 25";
    assert_eq!(world.count(sql).await, 1);
}

#[tokio::test]
async fn an_unknown_contact_is_done_with_a_reason() {
    let world = World::new().await;
    let batch = world.consume("m", &texts([short("org_1", "nobody")])).await;
    assert_eq!(batch.settled, [Some(Settled::Ack)]);
    let row = &world.rows("select state, receipt->>'reason' from jobs.job").await[0];
    assert_eq!(
        (row.get::<_, String>(0).as_str(), row.get::<_, String>(1).as_str()),
        ("completed", "contact_not_found")
    );
}

#[tokio::test]
async fn an_organizations_configuration_counts_for_it_alone() {
    let world = World::new().await;
    let features = json!({"hasEmail": true, "customFactors": {"vip": true}});
    for name in ["org_a", "org_b"] {
        world.contacts(&organization(name), &[contact("c", &features)]).await;
    }
    let entries: Vec<_> = serde_json::from_value(json!([
        {"category": "intent", "factor": "has_email", "weight": 12.35},
        {"category": "fit", "factor": "vip", "weight": 30},
    ]))
    .unwrap();
    for entries in [Vec::new(), entries] {
        mauntic_store::admin::replace_config(&world.owner, &organization("org_a"), &entries)
            .await
            .unwrap();
    }
    world.consume("m", &texts([short("org_a", "c"), short("org_b", "c")])).await;
    let sql = "select total_score::text, intent_score::text, config_version from scoring.lead_scores order by organization_id";
    let rows = world.rows(sql).await;
    let row = |n: usize| {
        (rows[n].get::<_, String>(0), rows[n].get::<_, String>(1), rows[n].get::<_, i64>(2))
    };
    assert_eq!(row(0), ("42.3500".into(), "12.3500".into(), 2));
    assert_eq!(row(1), ("10.0000".into(), "0.0000".into(), 0));
}

fn write(world_owner: &str, features: &Features, input_version: i64, job_id: Uuid) -> ScoreWrite {
    let (name, _) = contact("c", &json!({}));
    ScoreWrite {
        contact: (organization(world_owner), name),
        score: score(features, &Config::default(), &Context::default(), PointsE4::ZERO),
        input_version,
        config_version: 0,
        job_id,
    }
}

async fn hand_claimed(world: &World) -> (Uuid, i32) {
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max, state, claim, lease_until)
      values ('o', 'mauntic-scoring-events', 'scoring.CalculateScore', '{\"organizationId\": \"o\"}', 3, 'in_progress', 1, clock_timestamp() + interval '1 min')
      returning id, claim";
    let row = &world.rows(sql).await[0];
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_score_never_goes_back_to_older_features() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let (_, rich) = contact("c", &json!({"demoRequest": true}));
    let (_, poor) = contact("c", &json!({"hasEmail": true}));
    for (features, version, superseded) in [(&rich, 2, 0), (&poor, 1, 1)] {
        let (id, claim) = hand_claimed(&world).await;
        let effect = Effect {
            scores: vec![write("o", features, version, id)],
            ..Effect::of(
                chrono::Utc::now(),
                vec![CompletedJob { id, claim, run_id: None, summary: json!({}) }],
            )
        };
        let committed = session.commit(&effect).await.unwrap();
        assert_eq!(committed, Committed::Done { superseded, refill: false });
    }
    let sql = "select s.total_score::text, h.total_score::text, s.input_version
      from scoring.lead_scores s join scoring.score_history h using (organization_id, contact_id)";
    let row = &world.rows(sql).await[0];
    let found = (row.get::<_, String>(0), row.get::<_, String>(1), row.get::<_, i64>(2));
    assert_eq!(found, ("30.0000".into(), "30.0000".into(), 2));
}

#[tokio::test]
async fn a_lost_lease_writes_nothing_and_its_neighbours_do() {
    let world = World::new().await;
    let owner = organization("org_1");
    let names = ["a", "b"];
    world.contacts(&owner, &names.map(|name| contact(name, &json!({"hasPhone": true})))).await;
    let session = world.queue.db().open().await.unwrap();
    let (kept, lost) = (hand_claimed(&world).await, hand_claimed(&world).await);
    world
        .owner
        .execute("update jobs.job set claim = claim + 1 where id = $1", &[&lost.0])
        .await
        .unwrap();
    let completed = |(id, claim): &(Uuid, i32)| CompletedJob {
        id: *id,
        claim: *claim,
        run_id: None,
        summary: json!({}),
    };
    let effect = |jobs: &[(Uuid, i32)]| Effect {
        scores: jobs
            .iter()
            .map(|(id, _)| {
                write(&format!("o-{}", &id.to_string()[..8]), &contact("c", &json!({})).1, 1, *id)
            })
            .take(1)
            .collect(),
        ..Effect::of(chrono::Utc::now(), jobs.iter().map(completed).collect())
    };
    assert_eq!(session.commit(&effect(&[kept, lost])).await.unwrap(), Committed::FenceLost);
    assert_eq!(world.count("select count(*) from scoring.lead_scores").await, 0);
    assert_eq!(session.commit(&effect(&[lost])).await.unwrap(), Committed::FenceLost);
    let done = Committed::Done { superseded: 0, refill: false };
    assert_eq!(session.commit(&effect(&[kept])).await.unwrap(), done);
    assert_eq!(world.count("select count(*) from jobs.job where state = 'completed'").await, 1);
}

#[tokio::test]
async fn a_batch_with_one_unreadable_row_does_the_others() {
    let world = World::new().await;
    let owner = organization("org_1");
    world
        .contacts(&owner, &["a", "b", "c"].map(|name| contact(name, &json!({"hasPhone": true}))))
        .await;
    world.rows(r#"update scoring.contact_features set features = '{"hasPhone": "yes"}' where contact_id = 'b'"#).await;
    let batch = world.consume("m", &texts(["a", "b", "c"].map(|name| short("org_1", name)))).await;
    assert_eq!((batch.report.completed, batch.report.dead_lettered), (2, 1));
    assert!(batch.settled.iter().all(|s| *s == Some(Settled::Ack)), "{:?}", batch.settled);
    assert_eq!(world.count("select count(*) from scoring.lead_scores").await, 2);
    let sql = "select j.state, d.reason, j.last_error, d.detail from jobs.dead_letter d
      join jobs.job j on j.id = d.job_id where j.data->>'contactId' = 'b'";
    let rows = world.rows(sql).await;
    let text = |n: usize| rows[0].get::<_, String>(n);
    assert_eq!(
        (rows.len(), text(0).as_str(), text(1).as_str()),
        (1, "dead_lettered", "unreadable")
    );
    // Where it is, for whoever mends it; what it is, is a customer's.
    for said in [text(2), text(3)] {
        assert!(said.contains("features") && said.contains("hasPhone"), "{said}");
        assert!(!said.contains("yes"), "{said}");
    }
}

#[tokio::test]
async fn from_command_to_score_through_the_recorded_queue() {
    let world = World::new().await;
    let owner = organization("org_1");
    let session = world.http.db().open().await.unwrap();
    let (name, features) = contact("c", &json!({"pricingPageVisit": true}));
    let (stored, sent) =
        put_features(&world.http, &session, &owner, &name, &features, "req-1").await.unwrap();
    sent.unwrap();
    assert_eq!((stored.input_version, stored.job.created), (1, true));
    assert_eq!(session.score(&owner, &name).await.unwrap(), Some(None));
    let bodies = texts(world.http.sent.take());
    assert_eq!(bodies.len(), 1);
    world.consume("m", &bodies).await;
    let found = session.score(&owner, &name).await.unwrap().unwrap().unwrap();
    assert_eq!(
        found.score,
        score(&features, &Config::default(), &Context::default(), PointsE4::ZERO)
    );
    assert_eq!((found.input_version, found.input_version_now, found.previous_total), (1, 1, None));
    let wake = "select count(*) from jobs.job where request_id = 'req-1'";
    assert_eq!(world.count(wake).await, 1);
}

#[tokio::test]
async fn a_chunk_job_scores_its_contacts_and_a_context_replaces_a_category() {
    let world = World::new().await;
    let owner = organization("org_1");
    let contacts: Vec<_> =
        (0..501).map(|n| contact(&format!("c{n:03}"), &json!({"hasEmail": true}))).collect();
    world.contacts(&owner, &contacts).await;
    let session = world.http.db().open().await.unwrap();
    let names = contacts.iter().map(|(name, _)| name.clone()).collect();
    let (rows, sent) =
        recalculate(&world.http, &session, &owner, &names, None, "r", None).await.unwrap();
    sent.unwrap();
    assert_eq!(rows.len(), 2);
    world.consume("m", &texts(world.http.sent.take())).await;
    assert_eq!(
        world.count("select count(*) from scoring.lead_scores where total_score = 10").await,
        501
    );

    let context = serde_json::from_value(json!({"intent": 42.5})).unwrap();
    let one = [contacts[0].0.clone()].into_iter().collect();
    recalculate(&world.http, &session, &owner, &one, Some(context), "r", None)
        .await
        .unwrap()
        .1
        .unwrap();
    world.consume("n", &texts(world.http.sent.take())).await;
    let found = session.score(&owner, &contacts[0].0).await.unwrap().unwrap().unwrap();
    assert_eq!(found.score.total().to_string(), "52.5");
    assert_eq!(found.previous_total.unwrap().to_string(), "10");
}

#[tokio::test]
async fn an_empty_claim_is_no_error() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let empty = ClaimRequest {
        queue: Queue::ScoringEvents,
        token: Uuid::new_v4(),
        addresses: vec![],
        shorts: vec![],
        letters: vec![],
        messages: 0,
        repeated: 0,
        expects_others: false,
        types: vec![],
        also_batched: vec![],
    };
    let reply = session.claim(&empty).await.unwrap();
    assert!(reply.held.is_empty() && reply.seen.is_empty() && reply.missing.is_empty());
}
