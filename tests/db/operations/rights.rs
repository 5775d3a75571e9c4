//! Whose rights an operator's work is done with.

use mauntic_flows::ports::{
    CaseFilter, EffectStore, JobFilter, JobStore, KeyStore, OperatorStore, Page, RelayStore,
    ScheduleStore,
};
use mauntic_testkit::database::Role;
use mauntic_tests::world::{World, contact, organization, short, texts};
use serde_json::json;

use super::{dead, failed_run, operator, system};

/// What only operators may.
const TABLES: [&str; 3] = ["jobs.audit", "jobs.audit_head", "jobs.replay"];

#[tokio::test]
async fn the_http_worker_alone_has_no_operators_rights() {
    let world = World::new().await;
    let http = world.database.connect(Role::Http).await.unwrap();
    for table in TABLES {
        let refused = http.query(&format!("select from {table}"), &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{table}");
    }
    for change in [
        "select jobs.append_audit('{}')",
        "insert into jobs.audit (seq, at, entry, hash) values (1, now(), '{}', sha256(''))",
        "update jobs.audit_head set seq = 9",
        "delete from jobs.answer",
        "update jobs.job set state = 'cancelled'",
        "update jobs.dead_letter set decided_at = now()",
    ] {
        let refused = http.batch_execute(change).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{change}");
    }
    let refused = http.batch_execute("set role mauntic_queue").await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "42501", "only by way of the operator's");
}

#[tokio::test]
async fn nobody_writes_the_audit_but_by_its_function() {
    let world = World::new().await;
    for role in [Role::Queue, Role::Http] {
        let client = world.database.connect(role).await.unwrap();
        let become_one = if role == Role::Http { "set local role mauntic_operator;" } else { "" };
        for change in [
            "update jobs.audit set entry = '{}'",
            "delete from jobs.audit",
            "insert into jobs.audit (seq, at, entry, hash) values (1, now(), '{}', sha256(''))",
            "update jobs.audit_head set seq = 0",
            "truncate jobs.audit",
        ] {
            let change = format!("begin; {become_one} {change}");
            let refused = client.batch_execute(&change).await.unwrap_err();
            assert_eq!(refused.code().unwrap().code(), "42501", "{change}");
            client.batch_execute("rollback").await.unwrap();
        }
    }
    let queue = world.database.connect(Role::Queue).await.unwrap();
    let refused = queue.batch_execute("select jobs.append_audit('{}')").await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "42501");
}

#[tokio::test]
async fn an_operators_rights_end_with_its_transaction() {
    let world = World::new().await;
    world.consume("m", &texts([short("org_a", "c"), short("org_b", "c")])).await;
    let http = world.database.connect(Role::Http).await.unwrap();
    let seen = async |begin: &str, end: &str| -> (i64, i64, String) {
        http.batch_execute(begin).await.unwrap();
        let sql = "select (select count(*) from jobs.job), (select count(*) from jobs.run),
          current_user::text";
        let row = http.query_one(sql, &[]).await.unwrap();
        http.batch_execute(end).await.unwrap();
        (row.get(0), row.get(1), row.get(2))
    };
    let operator = "begin; set local role mauntic_operator";
    let tenant = "begin; select set_config('app.organization', 'org_a', true)";
    let http_alone = || "mauntic_http".to_owned();
    for end in ["commit", "rollback"] {
        assert_eq!(seen(operator, end).await, (2, 2, "mauntic_operator".to_owned()));
        assert_eq!(seen("begin", end).await, (0, 0, http_alone()), "after {end}");
        assert_eq!(seen(tenant, end).await, (1, 1, http_alone()), "after {end}");
    }
    http.batch_execute(operator).await.unwrap();
    http.batch_execute("select 1 / 0").await.unwrap_err();
    http.batch_execute("commit").await.unwrap();
    assert_eq!(seen("begin", "commit").await, (0, 0, http_alone()), "after an error");
}

#[tokio::test]
async fn a_refusal_needs_somebody_who_acts() {
    let world = World::new().await;
    let nobody = system(&world).await.note_refusal("a", "t", "c").await;
    assert_eq!(nobody.unwrap_err().code(), "refused");
    let (case, _) = dead(&world, "c", Some(failed_run(&world, 1).await), None).await;
    system(&world).await.discard(case).await.unwrap();
    assert_eq!(world.count("select count(*) from jobs.audit").await, 0, "nobody did it");
    operator(&world, None).await.note_refusal("a", "t", "c").await.unwrap();
    assert_eq!(world.count("select count(*) from jobs.audit").await, 1);
}

/// A dry run and the sending go through the ordinary ports.
#[tokio::test]
async fn an_operators_session_may_all_that_it_is_asked() {
    let world = World::new().await;
    let owner = organization("org_1");
    let (case, job) = dead(&world, "c", Some(failed_run(&world, 1).await), None).await;
    world.contacts(&owner, &[contact("c", &json!({}))]).await;
    let session = operator(&world, None).await;
    let page = Page { before: None, limit: 10 };
    assert_eq!(session.jobs(&JobFilter::default(), page).await.unwrap().items.len(), 1);
    assert!(session.job(job).await.unwrap().is_some());
    assert_eq!(session.cases(&CaseFilter::default(), true, page).await.unwrap().items.len(), 1);
    assert_eq!(session.case_groups(&CaseFilter::default(), 10).await.unwrap().len(), 1);
    assert!(session.case(case).await.unwrap().is_some());
    assert_eq!(session.runs("k", page).await.unwrap().items.len(), 1);
    session.cron_rows(&["k"]).await.unwrap();
    session.occurrences("k", None, 10).await.unwrap();
    session.schedules(&["k"]).await.unwrap();
    session.breakers().await.unwrap();
    assert!(!session.queue_stats().await.unwrap().is_empty());
    session.vitals().await.unwrap();
    let read = session.score_inputs(&[(owner.clone(), contact("c", &json!({})).0)]).await;
    assert_eq!(read.unwrap().contacts.len(), 1);
    let ranges = session.plan_ranges(None, 10, 10).await.unwrap().ranges;
    let read = session.range_inputs(Some(&owner), &ranges[0], None).await.unwrap();
    assert_eq!(read.contacts.len(), 1);
    session.replay(job).await.unwrap();
    let due = session.take_due(10).await.unwrap();
    assert_eq!((due.len(), due[0].1.message.job_id), (1, Some(job)));
    session.mark_sent(&[job]).await.unwrap();
    assert_eq!(super::row(&world, "jobs.job", job).await["resends"], 1);
}
