//! The audit's chain.

use futures::future::join_all;
use mauntic_domain::audit::{Broken, DONE, ENTRIES_AN_HOUR_MAX, REFUSALS_AN_HOUR_MAX};
use mauntic_flows::ports::{AuditFilter, JobStore, OperatorStore, RunStore};
use mauntic_tests::world::World;

use super::{audited, chain, dead, new_run, operator, system};

#[tokio::test]
async fn acts_at_once_are_chained_without_a_gap() {
    let world = World::new().await;
    let sessions = join_all((0..8).map(|_| operator(&world, None))).await;
    let acts = sessions.iter().enumerate().map(async |(n, session)| {
        for round in 0..10 {
            if (n + round) % 2 == 0 {
                session.open_run(&new_run(&format!("k-{n}-{round}"), true), "api").await.unwrap();
            } else {
                session.note_refusal("cron.run", "nobody's", "schedule_not_found").await.unwrap();
            }
        }
    });
    join_all(acts).await;
    let links = chain(&world).await.unwrap();
    assert_eq!(links.len(), 80);
    let done = audited(&world).await.iter().filter(|entry| entry.outcome == DONE).count();
    assert_eq!(i64::try_from(done).unwrap(), world.count("select count(*) from jobs.run").await);
}

#[tokio::test]
async fn refusals_at_once_are_no_more_than_the_audit_takes() {
    let world = World::new().await;
    let sessions = join_all((0..8).map(|_| operator(&world, None))).await;
    let refused = sessions.iter().map(async |session| {
        let mut written = 0;
        for _ in 0..20 {
            written += i64::from(session.note_refusal("a", "t", "c").await.unwrap());
        }
        written
    });
    let written: i64 = join_all(refused).await.into_iter().sum();
    assert_eq!(written, REFUSALS_AN_HOUR_MAX);
    assert_eq!(i64::try_from(chain(&world).await.unwrap().len()).unwrap(), written);
}

#[tokio::test]
async fn a_busy_audit_takes_no_refusals() {
    let world = World::new().await;
    let many = r#"select jobs.append_audit('{"actor": "a", "action": "b", "target": "c",
      "outcome": "done"}') from generate_series(1, $1::int8)"#;
    world.owner.execute(many, &[&ENTRIES_AN_HOUR_MAX]).await.unwrap();
    let session = operator(&world, None).await;
    assert!(!session.note_refusal("a", "t", "c").await.unwrap());
    world.rows("update jobs.audit set at = at - interval '1 h' where seq = 1").await;
    assert!(session.note_refusal("a", "t", "c").await.unwrap());
}

#[tokio::test]
async fn a_chain_that_somebody_touched_is_broken() {
    let world = World::new().await;
    let session = operator(&world, None).await;
    for n in 0..6 {
        session.note_refusal("a", &format!("t{n}"), "c").await.unwrap();
    }
    let copy = "insert into jobs.audit (seq, at, entry, hash) select 7, at, entry, hash
      from jobs.audit where seq = 6";
    let swap = "update jobs.audit set entry = case seq
      when 2 then (select entry from jobs.audit where seq = 3)
      else (select entry from jobs.audit where seq = 2) end where seq in (2, 3)";
    let altered = |seq| Broken::Altered { seq };
    for (touch, expected) in [
        ("update jobs.audit set entry = replace(entry, 't2', 't9') where seq = 3", altered(3)),
        ("update jobs.audit set at = at + interval '1 us' where seq = 4", altered(4)),
        ("update jobs.audit set hash = sha256(hash) where seq = 6", altered(6)),
        ("delete from jobs.audit where seq = 1", Broken::Gap { expected: 1, found: 2 }),
        ("delete from jobs.audit where seq = 4", Broken::Gap { expected: 4, found: 5 }),
        ("delete from jobs.audit where seq = 6", Broken::End { expected: 6, found: 5 }),
        ("delete from jobs.audit", Broken::End { expected: 6, found: 0 }),
        (copy, altered(7)),
        (swap, altered(2)),
        ("update jobs.audit_head set seq = 5", Broken::End { expected: 5, found: 6 }),
    ] {
        let kept =
            "create table kept as table jobs.audit; create table head as table jobs.audit_head";
        world.owner.batch_execute(kept).await.unwrap();
        world.owner.batch_execute(touch).await.unwrap();
        assert_eq!(chain(&world).await, Err(expected), "{touch}");
        let back = "delete from jobs.audit;
          insert into jobs.audit (seq, at, entry, hash) select seq, at, entry, hash from kept;
          update jobs.audit_head h set seq = k.seq, hash = k.hash from head k;
          drop table kept, head";
        world.owner.batch_execute(back).await.unwrap();
        assert_eq!(chain(&world).await.unwrap().len(), 6);
    }
}

#[tokio::test]
async fn what_people_write_is_kept_to_what_its_columns_hold() {
    let world = World::new().await;
    let (case, _) = dead(&world, "c", None, None).await;
    let mut session = system(&world).await;
    session.cancel(&[case]).await.unwrap();
    session = operator(&world, None).await;
    let mut long = super::act(None);
    long.reason = Some(format!("why\0{}", "ä".repeat(900)));
    long.request_id = "r".repeat(300);
    session.operate(long);
    session.discard(case).await.unwrap();
    session.note_refusal("a\0", &"t\0".repeat(400), "c").await.unwrap();
    let entries = audited(&world).await;
    assert_eq!(entries[0].reason.as_ref().unwrap().chars().count(), 500);
    assert!(entries[0].reason.as_ref().unwrap().starts_with("why\u{fffd}ä"));
    assert_eq!((entries[0].request_id.len(), entries[1].target.chars().count()), (128, 300));
}

#[tokio::test]
async fn entries_are_found_by_what_they_say_newest_first() {
    let world = World::new().await;
    let session = operator(&world, None).await;
    for n in 0..5 {
        session.note_refusal("cron.run", &format!("t{}", n % 2), "held").await.unwrap();
    }
    let filter = AuditFilter { target: Some("t0".to_owned()), ..AuditFilter::default() };
    let page = session.audit(&filter, None, 2).await.unwrap();
    let seqs = |page: &mauntic_flows::ports::AuditPage| -> Vec<i64> {
        page.links.iter().map(|link| link.seq).collect()
    };
    assert_eq!((seqs(&page), page.head.seq), (vec![5, 3], 5));
    assert_eq!(seqs(&session.audit(&filter, Some(3), 2).await.unwrap()), [1]);
    let none = AuditFilter { outcome: Some(DONE.to_owned()), ..AuditFilter::default() };
    let page = session.audit(&none, None, 2).await.unwrap();
    assert_eq!((seqs(&page), page.head.seq), (vec![], 5));
    let page = session.audit_chain(3, 10).await.unwrap();
    assert_eq!((seqs(&page), page.head.hash), (vec![4, 5], page.links[1].hash));
}
