//! Ranges of contacts: consecutive, without gaps, read as they were planned.

use std::collections::BTreeSet;

use mauntic_domain::jobs::data::ContactRange;
use mauntic_flows::ports::{Database, EffectStore, Ports};
use mauntic_tests::world::{World, contact, organization};
use serde_json::json;

/// Two organizations, of 7 and 5 contacts; the second has a configuration.
async fn stocked() -> World {
    let world = World::new().await;
    for (name, contacts) in [("org_a", 7), ("org_b", 5)] {
        let contacts: Vec<_> =
            (0..contacts).map(|n| contact(&format!("c{n}"), &json!({}))).collect();
        world.contacts(&organization(name), &contacts).await;
    }
    let entries: Vec<_> =
        serde_json::from_value(json!([{"category": "fit", "factor": "vip", "weight": 1}])).unwrap();
    let owner = organization("org_b");
    mauntic_store::admin::replace_config(&world.owner, &owner, &entries).await.unwrap();
    world
}

#[tokio::test]
async fn every_contact_is_in_exactly_one_range() {
    let world = stocked().await;
    let session = world.queue.db().open().await.unwrap();
    for (owner, all) in [(None, 12), (Some("org_a"), 7), (Some("org_b"), 5), (Some("none"), 0)] {
        let owner = owner.map(organization);
        for (contacts, ranges, expected) in
            [(5, 100, 5), (1, 100, 1), (1, 3, 4), (100, 100, 100), (1, 1, 100)]
        {
            let planned =
                session.plan_ranges(owner.as_ref(), contacts, ranges).await.unwrap().ranges;
            assert!(planned.len() <= usize::try_from(ranges).unwrap());
            let mut seen = BTreeSet::new();
            let mut last = None;
            for range in &planned {
                assert_eq!(range.after, last, "no gap");
                last = Some(range.through.clone());
                let read = session.range_inputs(owner.as_ref(), range, None).await.unwrap();
                assert!((1..=expected.max(4)).contains(&read.contacts.len()), "{range:?}");
                for key in read.contacts.into_keys() {
                    assert!(seen.insert(key), "twice");
                }
            }
            assert_eq!(seen.len(), all, "{owner:?} {contacts} {ranges}");
        }
    }
}

#[tokio::test]
async fn a_range_is_of_one_organization_where_it_is_said() {
    let world = stocked().await;
    let session = world.queue.db().open().await.unwrap();
    let whole: Vec<ContactRange> = session.plan_ranges(None, 100, 1).await.unwrap().ranges;
    let of_b = organization("org_b");
    let read = session.range_inputs(Some(&of_b), &whole[0], None).await.unwrap();
    assert!(read.contacts.keys().all(|(owner, _)| *owner == of_b));
    assert_eq!((read.contacts.len(), read.configs.len()), (5, 1));
    let read = session.range_inputs(Some(&organization("org_a")), &whole[0], None).await.unwrap();
    assert_eq!((read.contacts.len(), read.configs.len()), (7, 0));
    let read = session.range_inputs(None, &whole[0], None).await.unwrap();
    assert_eq!((read.contacts.len(), read.configs.len()), (12, 1));
}
