//! Sending domains: what is said of them, and which are young.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::data::DomainPlace;
use mauntic_domain::warmup::{DomainName, Schedule, Step, WARMING};
use mauntic_flows::ports::{DomainChange, DomainStore, SendingDomain};
use serde_json::json;

use crate::subject::{Subject, World, organization};

on_both! {
    a_domain_is_made_by_what_is_said_of_it
    what_is_not_said_stays
    domains_have_pages
    young_verified_domains_are_found_in_their_order
    another_organizations_domain_is_unknown
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

fn schedule() -> Schedule {
    Schedule::new(vec![Step { day: 1, max_emails: 7 }, Step { day: 9, max_emails: 8 }])
        .expect("a schedule")
}

fn verified() -> DomainChange {
    DomainChange { verified: Some(true), ..DomainChange::default() }
}

async fn put<S: Subject>(world: &World<S>, text: &str, change: &DomainChange) -> SendingDomain {
    let owner = organization("org_1");
    world.http.put_domain(&owner, &name(text), change).await.expect("stored")
}

async fn a_domain_is_made_by_what_is_said_of_it<S: Subject>(mut world: World<S>) {
    let owner = organization("org_1");
    assert_eq!(world.http.domain(&owner, &name("a.example")).await.unwrap(), None);
    let now = world.subject.now();
    let nothing = SendingDomain {
        domain: name("a.example"),
        created_at: now,
        verified_at: None,
        schedule: None,
        now,
    };
    assert_eq!(put(&world, "a.example", &DomainChange::default()).await, nothing);
    assert_eq!((nothing.day(), nothing.schedule()), (1, Schedule::default()));
    let created_at = now - TimeDelta::days(3);
    let all = DomainChange {
        verified: Some(true),
        created_at: Some(created_at),
        schedule: Some(Some(schedule())),
    };
    let whole = SendingDomain {
        domain: name("b.example"),
        created_at,
        verified_at: Some(now),
        schedule: Some(schedule()),
        now,
    };
    assert_eq!(put(&world, "b.example", &all).await, whole);
    assert_eq!(world.http.domain(&owner, &name("b.example")).await.unwrap(), Some(whole));
    let rows = world.dump().await["sending_domains"].clone();
    let steps = json!([{"day": 1, "maxEmails": 7}, {"day": 9, "maxEmails": 8}]);
    let row = |domain: &str, created: &str, verified, schedule| {
        json!({"organization_id": "org_1", "domain": domain, "created_at": created,
            "verified_at": verified, "schedule": schedule, "updated_at": "+0s"})
    };
    let expected = json!([
        row("a.example", "+0s", None, json!(null)),
        row("b.example", "-259200s", Some("+0s"), steps),
    ]);
    assert_eq!(rows, expected);
}

async fn what_is_not_said_stays<S: Subject>(world: World<S>) {
    let began = world.subject.now();
    let own = DomainChange { schedule: Some(Some(schedule())), ..verified() };
    put(&world, "a.example", &own).await;
    world.advance(60).await;
    let same = put(&world, "a.example", &DomainChange::default()).await;
    let kept = (same.created_at, same.verified_at, same.schedule.clone());
    assert_eq!(kept, (began, Some(began), Some(schedule())));
    assert_eq!(same.now, world.subject.now());
    // Verified again, it is so since the first time.
    assert_eq!(put(&world, "a.example", &verified()).await.verified_at, Some(began));
    let not = DomainChange { verified: Some(false), ..DomainChange::default() };
    let unverified = put(&world, "a.example", &not).await;
    assert_eq!((unverified.verified_at, unverified.schedule), (None, Some(schedule())));
    let usual = DomainChange { schedule: Some(None), ..verified() };
    let usual = put(&world, "a.example", &usual).await;
    assert_eq!((usual.verified_at, usual.schedule), (Some(world.subject.now()), None));
    let moved = began - TimeDelta::days(100);
    let older = DomainChange { created_at: Some(moved), ..DomainChange::default() };
    let older = put(&world, "a.example", &older).await;
    assert_eq!((older.created_at, older.day()), (moved, 101));
}

async fn domains_have_pages<S: Subject>(world: World<S>) {
    let owner = organization("org_1");
    for text in ["b.example", "a-b.example", "a.example", "c.example", "ab.example"] {
        put(&world, text, &DomainChange::default()).await;
    }
    let (mut after, mut seen): (Option<DomainName>, Vec<String>) = (None, Vec::new());
    loop {
        let page = world.http.domains(&owner, after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.domain.clone());
        seen.extend(page.into_iter().map(|domain| domain.domain.into()));
    }
    assert_eq!(seen, ["a-b.example", "a.example", "ab.example", "b.example", "c.example"]);
}

async fn young<S: Subject>(
    world: &World<S>,
    since: DateTime<Utc>,
    after: Option<&DomainPlace>,
    limit: u32,
) -> Vec<DomainPlace> {
    world.queue.warming_domains(since, after, limit).await.expect("found")
}

async fn young_verified_domains_are_found_in_their_order<S: Subject>(world: World<S>) {
    let since = world.subject.now() - WARMING;
    let created = |ago: TimeDelta| DomainChange { created_at: Some(since + ago), ..verified() };
    for (owner, text, change) in [
        ("org_2", "a.example", verified()),
        ("org_1", "b.example", verified()),
        ("org_1", "unverified.example", DomainChange::default()),
        ("org_1", "old.example", created(TimeDelta::zero())),
        ("org_1", "just.example", created(TimeDelta::milliseconds(1))),
    ] {
        let owner = organization(owner);
        world.http.put_domain(&owner, &name(text), &change).await.expect("stored");
    }
    let place = |owner: &str, text: &str| DomainPlace {
        organization_id: organization(owner),
        domain: name(text),
    };
    let all =
        [place("org_1", "b.example"), place("org_1", "just.example"), place("org_2", "a.example")];
    assert_eq!(young(&world, since, None, 9).await, all);
    assert_eq!(young(&world, since, None, 2).await, all[..2]);
    assert_eq!(young(&world, since, Some(&all[1]), 2).await, all[2..]);
    assert_eq!(young(&world, since, Some(&place("org_1", "c.example")), 9).await, all[1..]);
    assert_eq!(young(&world, since, Some(&all[2]), 2).await, []);
}

async fn another_organizations_domain_is_unknown<S: Subject>(world: World<S>) {
    put(&world, "a.example", &verified()).await;
    let other = organization("org_2");
    assert_eq!(world.http.domain(&other, &name("a.example")).await.unwrap(), None);
    assert_eq!(world.http.domains(&other, None, 9).await.unwrap(), []);
    let fresh = DomainChange::default();
    let theirs = world.http.put_domain(&other, &name("a.example"), &fresh).await.unwrap();
    assert_eq!(theirs.verified_at, None);
    let ours = world.http.domain(&organization("org_1"), &name("a.example")).await.unwrap();
    assert!(ours.is_some_and(|domain| domain.verified_at.is_some()));
}
