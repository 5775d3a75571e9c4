//! Lists under an operator's rights: pages that look at a bounded number of
//! rows, and cursors that hold while rows come and go.

use mauntic_domain::jobs::JobState;
use mauntic_flows::ports::{Act, CaseFilter, Database, JobFilter, OperatorStore, Page, Ports};
use mauntic_store::Session;
use mauntic_tests::world::World;
use serde_json::json;
use uuid::Uuid;

use super::jobs;

/// What one page of a search looks at.
const LOOKED: i32 = 50_000;

/// The HTTP worker's session, that acts for an operator.
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

fn page(before: Option<Uuid>, limit: i64) -> Page {
    Page { before, limit }
}

#[tokio::test]
async fn a_search_that_finds_little_goes_on_from_page_to_page() {
    let world = World::new().await;
    let ids = jobs(&world, 2 * LOOKED + 100).await;
    let wanted = [ids[0], ids[60_000]];
    super::change(&world, &wanted, "data = data || '{\"context\": {\"campaign\": 7}}'").await;
    let session = operator(&world).await;
    let payload = Some(json!({"context": {"campaign": 7}}));
    let filter = JobFilter { payload, ..JobFilter::default() };
    let (mut found, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let got = session.jobs(&filter, page(before, 10)).await.unwrap();
        found.extend(got.items.iter().map(|job| job.id));
        pages += 1;
        before = got.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!((found, pages), (vec![wanted[1], wanted[0]], 3));
}

#[tokio::test]
async fn jobs_are_found_by_what_they_are() {
    let world = World::new().await;
    let ids = jobs(&world, 6).await;
    let run = Uuid::now_v7();
    super::change(&world, &ids[..3], &format!("run_id = '{run}'")).await;
    super::change(&world, &ids[3..4], "idempotency_key = 'held'").await;
    super::change(&world, &ids[4..5], "released_key = 'given'").await;
    super::change(&world, &ids[5..], "state = 'failed', failures = 1").await;
    let session = operator(&world).await;
    let none = JobFilter::default;
    let key = |key: &str| Some(key.to_owned());
    for (filter, wanted) in [
        (none(), vec![5, 4, 3, 2, 1, 0]),
        (JobFilter { ids: vec![ids[1], ids[4], Uuid::max()], ..none() }, vec![4, 1]),
        (JobFilter { run_id: Some(run), ..none() }, vec![2, 1, 0]),
        (JobFilter { idempotency_key: key("held"), ..none() }, vec![3]),
        (JobFilter { idempotency_key: key("given"), ..none() }, vec![4]),
        (JobFilter { states: vec![JobState::Failed, JobState::Cancelled], ..none() }, vec![5]),
        (JobFilter { organization_id: key("org_2"), ..none() }, vec![]),
        (
            JobFilter { run_id: Some(run), payload: Some(json!({"contactId": "c_2"})), ..none() },
            vec![1],
        ),
    ] {
        let wanted: Vec<Uuid> = wanted.into_iter().map(|n: usize| ids[n]).collect();
        for limit in 1..=7 {
            let (mut found, mut before) = (Vec::new(), None);
            loop {
                let got = session.jobs(&filter, page(before, limit)).await.unwrap();
                assert!(i64::try_from(got.items.len()).unwrap() <= limit);
                found.extend(got.items.iter().map(|job| job.id));
                before = got.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(found, wanted, "{filter:?} by {limit}");
        }
    }
    let one = session.job(ids[3]).await.unwrap().unwrap();
    assert_eq!(one.job.idempotency_key.as_deref(), Some("held"));
    assert_eq!(one.data["contactId"], "c_4");
    assert_eq!(session.job(Uuid::max()).await.unwrap(), None);
}

#[tokio::test]
async fn cases_are_found_grouped_and_told_with_their_job() {
    let world = World::new().await;
    let ids = jobs(&world, 3).await;
    let queue = super::session(&world).await;
    super::change(&world, &ids, "expires_at = '2026-01-01T00:00:00Z'").await;
    super::change(
        &world,
        &ids[2..],
        "organization_id = 'org_2', data = '{\"organizationId\": \"org_2\"}'",
    )
    .await;
    mauntic_flows::ports::JobStore::expire(&queue, 10).await.unwrap();
    let session = operator(&world).await;
    let all = session.cases(&CaseFilter::default(), true, page(None, 2)).await.unwrap();
    let last = all.items[1].id;
    assert_eq!((all.items.len(), all.next), (2, Some(last)));
    let rest = session.cases(&CaseFilter::default(), true, page(all.next, 2)).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    let payload = Some(json!({"contactId": "c_1"}));
    let one = CaseFilter { payload: payload.clone(), ..CaseFilter::default() };
    let found = session.cases(&one, true, page(None, 9)).await.unwrap().items;
    assert_eq!((found.len(), found[0].job_id), (1, Some(ids[0])));
    let groups = session.case_groups(&CaseFilter::default(), 10).await.unwrap();
    assert_eq!((groups.len(), groups[0].open, groups[0].organizations), (1, 3, 2));
    assert_eq!(groups[0].fingerprint, all.items[0].fingerprint);
    assert_eq!(groups[0].newest, all.items[0].id);

    let sql = "update jobs.dead_letter set decided_at = clock_timestamp(), decision = 'discarded'
      where id = $1";
    world.owner.execute(sql, &[&found[0].id]).await.unwrap();
    assert_eq!(session.cases(&one, true, page(None, 9)).await.unwrap().items, []);
    let decided = session.cases(&one, false, page(None, 9)).await.unwrap().items;
    assert_eq!((decided.len(), decided[0].id), (1, found[0].id));
    let case = session.case(found[0].id).await.unwrap().unwrap();
    assert_eq!(case.job.as_ref().map(|job| job.job.id), Some(ids[0]));
    assert_eq!(case.job.unwrap().errors.len(), 1);
    assert_eq!((case.lineage.len(), case.lineage[0].id), (1, found[0].id));
    assert_eq!(session.case(Uuid::max()).await.unwrap(), None);
}
