use proptest::prelude::*;
use serde_json::json;

use super::*;

fn config(entries: serde_json::Value) -> Config {
    Config::new(serde_json::from_value(entries).unwrap()).unwrap()
}

fn weights(email: i64, phone: i64, demo: i64) -> Config {
    config(json!([
        {"category": "fit", "factor": "has_email", "weight": email},
        {"category": "fit", "factor": "has_phone", "weight": phone},
        {"category": "intent", "factor": "demo_request", "weight": demo},
    ]))
}

fn features((has_email, has_phone, demo_request): (bool, bool, bool)) -> Features {
    Features { has_email, has_phone, demo_request, ..Features::default() }
}

#[test]
fn a_preview_says_what_moves() {
    let contacts: Vec<(ContactId, Features)> =
        [(true, false, false), (true, true, false), (false, false, true), (false, false, false)]
            .into_iter()
            .enumerate()
            .map(|(n, flags)| (ContactId::parse(format!("c{n}")).unwrap(), features(flags)))
            .collect();
    let sample = contacts.iter().map(|(contact, features)| Sampled {
        contact,
        features,
        signals: PointsE4::whole(5),
    });
    // Totals 15, 35, 45, 5 become 25, 45, 5, 5.
    let found = preview(sample, &weights(10, 20, 40), &weights(20, 20, 0));
    assert_eq!((found.contacts, found.changed), (4, 3));
    let movement = |from, to, contacts| Movement { from, to, contacts };
    let expected = [
        movement(Grade::C, Grade::F, 1),
        movement(Grade::D, Grade::C, 1),
        movement(Grade::F, Grade::D, 1),
        movement(Grade::F, Grade::F, 1),
    ];
    assert_eq!(found.movements, expected);
    let crossed: Vec<_> = found.crossings.iter().map(|c| (c.threshold, c.gained, c.lost)).collect();
    assert_eq!(crossed, [(20, 1, 1), (40, 1, 1), (60, 0, 0), (80, 0, 0)]);
    let filled = |buckets: [u32; BUCKETS]| -> Vec<(usize, u32)> {
        buckets.into_iter().enumerate().filter(|(_, n)| *n > 0).collect()
    };
    assert_eq!(filled(found.before), [(1, 1), (3, 1), (7, 1), (9, 1)]);
    assert_eq!(filled(found.after), [(1, 2), (5, 1), (9, 1)]);
    let movers: Vec<_> = found.movers.iter().map(|m| (m.contact.as_str(), m.after)).collect();
    let points = PointsE4::whole;
    assert_eq!(movers, [("c2", points(5)), ("c0", points(25)), ("c1", points(45))]);
    assert_eq!(found.mean_change, PointsE4::whole(-5));
}

#[test]
fn an_empty_sample_has_an_empty_preview() {
    let found = preview([], &Config::default(), &weights(1, 2, 3));
    assert_eq!((found.contacts, found.mean_change), (0, PointsE4::ZERO));
    assert!(found.movements.is_empty() && found.movers.is_empty());
    assert_eq!(Cost::of(0, &found).queue_operations, 3, "the planner's message alone");
}

#[test]
fn the_cost_follows_the_planner() {
    for (contacts, changed, sampled, chunks, operations, history) in [
        (1, 1, 1, 1, 6, 1),
        (5_000, 0, 1_000, 1, 6, 0),
        (5_001, 1_000, 1_000, 2, 9, 5_001),
        (1_000_000, 333, 1_000, 200, 603, 333_000),
        (3, 1, 2, 1, 6, 2),
        // Larger ranges in place of more jobs than one effect enqueues.
        (100_000_000, 0, 1_000, 10_000, 30_003, 0),
    ] {
        let preview = Preview { contacts: sampled, changed, ..Preview::default() };
        let expected = Cost {
            contacts,
            chunks,
            queue_operations: operations,
            score_rows: contacts,
            history_rows: history,
        };
        assert_eq!(Cost::of(contacts, &preview), expected, "{contacts} contacts");
    }
}

prop_compose! {
    fn any_sample()(
        rows in prop::collection::vec((any::<(bool, bool, bool)>(), 0_i64..60), 0..60)
    ) -> Vec<(ContactId, Features, PointsE4)> {
        rows.into_iter().enumerate().map(|(n, (flags, points))| {
            (ContactId::parse(format!("c{n:02}")).unwrap(), features(flags), PointsE4::whole(points))
        }).collect()
    }
}

fn any_config() -> impl Strategy<Value = Config> {
    (0_i64..120, 0_i64..120, 0_i64..120).prop_map(|(a, b, c)| weights(a, b, c))
}

proptest! {
    #[test]
    fn every_count_adds_up(sample in any_sample(), old in any_config(), new in any_config()) {
        let sampled = || sample.iter().map(|(contact, features, signals)| Sampled {
            contact, features, signals: *signals,
        });
        let found = preview(sampled(), &old, &new);
        let size = u32::try_from(sample.len()).unwrap();
        prop_assert_eq!(found.contacts, size);
        prop_assert_eq!(found.movements.iter().map(|m| m.contacts).sum::<u32>(), size);
        prop_assert_eq!(found.before.iter().sum::<u32>(), size);
        prop_assert_eq!(found.after.iter().sum::<u32>(), size);
        prop_assert!(found.changed <= size && found.movers.len() <= MOVERS_MAX);
        // The grades begin at the thresholds, so that movements tell of crossings.
        for crossing in &found.crossings {
            let grade = Grade::of(PointsE4::whole(crossing.threshold));
            let moved = |is_it: fn(&Movement, Grade) -> bool| -> u32 {
                found.movements.iter().filter(|m| is_it(m, grade)).map(|m| m.contacts).sum()
            };
            prop_assert_eq!(crossing.gained, moved(|m, grade| m.from < grade && m.to >= grade));
            prop_assert_eq!(crossing.lost, moved(|m, grade| m.from >= grade && m.to < grade));
        }
        // What one way gains, the way back loses.
        let back = preview(sampled(), &new, &old);
        prop_assert_eq!(back.before, found.after);
        prop_assert_eq!(back.mean_change, -found.mean_change);
        for (there, back) in found.crossings.iter().zip(&back.crossings) {
            prop_assert_eq!((there.gained, there.lost), (back.lost, back.gained));
        }
        let same = preview(sampled(), &old, &old);
        prop_assert!(same.changed == 0 && same.movers.is_empty());
    }
}
