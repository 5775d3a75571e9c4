//! Contacts that a configuration is previewed by.

use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{ConfigPart, ConfigStore, Pick, PortError, SIGNALS_SCORED_MAX};

use super::configs::{NOTHING, factors};
use super::given_signals::signal;
use crate::subject::{Subject, World, contact, organization};

on_both! {
    a_sample_is_spread_evenly
    one_contact_is_a_sample
    a_sample_shows_what_could_be_read
}

async fn a_sample_is_spread_evenly<S: Subject>(world: World<S>) {
    let owner = organization("org_1");
    let empty = world.http.config_sample(&owner, Pick::Spread(10)).await.unwrap();
    assert_eq!((empty.contacts_total, empty.contacts.len()), (0, 0));
    for n in 0..10 {
        world.subject.put_contact(&owner, &contact(&format!("c{n}")), Features::default()).await;
        world.subject.put_contact(&organization("org_2"), &contact("z"), Features::default()).await;
    }
    for (most, expected) in [
        (1, vec![9]),
        (2, vec![4, 9]),
        (3, vec![3, 6, 9]),
        (4, vec![2, 4, 7, 9]),
        (9, vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (10, (0..10).collect()),
        (1_000, (0..10).collect()),
    ] {
        let sample = world.http.config_sample(&owner, Pick::Spread(most)).await.unwrap();
        let expected: Vec<_> = expected.into_iter().map(|n| contact(&format!("c{n}"))).collect();
        assert_eq!(sample.contacts.keys().cloned().collect::<Vec<_>>(), expected, "{most}");
        assert_eq!((sample.contacts_total, sample.now), (10, world.subject.now()));
    }
}

async fn one_contact_is_a_sample<S: Subject>(world: World<S>) {
    let owner = organization("org_1");
    let features = Features { has_email: true, ..Features::default() };
    world.subject.put_contact(&owner, &contact("ada"), features.clone()).await;
    world.subject.put_contact(&owner, &contact("bob"), Features::default()).await;
    world.save(NOTHING, factors(2.5)).await.unwrap();
    let ada = contact("ada");
    let sample = world.http.config_sample(&owner, Pick::One(&ada)).await.unwrap();
    assert_eq!(sample.contacts_total, 2);
    let input = sample.contacts[&ada].as_ref().unwrap();
    assert_eq!((&input.features, input.input_version, sample.contacts.len()), (&features, 1, 1));
    assert_eq!(ConfigPart::Factors(sample.state.draft.unwrap().0.factors), factors(2.5));
    let unknown = contact("cy");
    let sample = world.http.config_sample(&owner, Pick::One(&unknown)).await.unwrap();
    assert_eq!((sample.contacts_total, sample.contacts.len()), (2, 0));
}

async fn a_sample_shows_what_could_be_read<S: Subject>(world: World<S>) {
    let (owner, now) = (organization("org_1"), world.subject.now());
    for (name, many) in [("ada", 1), ("bob", SIGNALS_SCORED_MAX), ("cy", 1)] {
        world.subject.put_contact(&owner, &contact(name), Features::default()).await;
        let signals: Vec<_> = (0..many).map(|n| signal(&format!("evt-{n:05}"), now)).collect();
        world.put_signals(name, &signals).await;
    }
    let sample = world.http.config_sample(&owner, Pick::Spread(10)).await.unwrap();
    assert!(sample.contacts[&contact("ada")].is_ok());
    for name in ["bob", "cy"] {
        let found = &sample.contacts[&contact(name)];
        assert!(matches!(found, Err(PortError::Unreadable { .. })), "{name}");
    }
}
