//! Whatever is done to a chain shows.

use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::*;

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_800_000_000_000_000 + micros).unwrap()
}

/// The rows of these entries, and their head.
fn chain(entries: &[(String, i64)]) -> (Vec<Link>, Walk) {
    let mut head = Walk::default();
    let mut links = Vec::new();
    for (entry, micros) in entries {
        let (seq, at) = (head.seq + 1, at(*micros));
        let hash = hash(&head.hash, seq, at, entry);
        links.push(Link { seq, at, entry: entry.clone(), hash });
        head = Walk { seq, hash };
    }
    (links, head)
}

fn verify(links: &[Link], head: Walk) -> Result<(), Broken> {
    let mut walk = Walk::default();
    walk.follow(links)?;
    walk.finish(head)
}

#[test]
fn the_first_hash_is_what_the_database_makes_of_it() {
    // By migration 0006: sha256(head.hash || int8send(1) || int8send(micros) || entry).
    let mut bytes = vec![0_u8; 32];
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
    bytes.extend(1_800_000_000_000_007_i64.to_be_bytes());
    bytes.extend(br#"{"actor":"owner"}"#);
    let expected: Hash = Sha256::digest(&bytes).into();
    assert_eq!(hash(&GENESIS, 1, at(7), r#"{"actor":"owner"}"#), expected);
}

#[test]
fn an_entry_has_every_field_by_its_name() {
    let entry = Entry {
        actor: "bootstrap".to_owned(),
        action: "cron.run".to_owned(),
        target: "overnight-scoring".to_owned(),
        outcome: DONE.to_owned(),
        reason: None,
        before: json!(null),
        after: json!({"executionId": "x"}),
        request_id: "r".to_owned(),
    };
    let text = serde_json::to_string(&entry).unwrap();
    assert_eq!(
        text,
        r#"{"actor":"bootstrap","action":"cron.run","target":"overnight-scoring","outcome":"done","reason":null,"before":null,"after":{"executionId":"x"},"requestId":"r"}"#
    );
    assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
}

#[test]
fn what_is_wrong_is_said() {
    let entries: Vec<(String, i64)> = (0..4).map(|n| (format!("{{\"n\":{n}}}"), n)).collect();
    let (links, head) = chain(&entries);
    assert_eq!(verify(&links, head), Ok(()));
    assert_eq!(verify(&[], Walk::default()), Ok(()));
    let without = |place: usize| {
        let mut links = links.clone();
        links.remove(place);
        verify(&links, head)
    };
    assert_eq!(without(0), Err(Broken::Gap { expected: 1, found: 2 }));
    assert_eq!(without(2), Err(Broken::Gap { expected: 3, found: 4 }));
    assert_eq!(without(3), Err(Broken::End { expected: 4, found: 3 }));
    assert_eq!(verify(&[], head), Err(Broken::End { expected: 4, found: 0 }));
    let mut altered = links.clone();
    altered[1].entry.push(' ');
    assert_eq!(verify(&altered, head), Err(Broken::Altered { seq: 2 }));
    // Hashed anew to the end, by somebody who could not write the head.
    let mut other = entries;
    other[1].0 = "{}".to_owned();
    assert_eq!(verify(&chain(&other).0, head), Err(Broken::Altered { seq: 4 }));
}

prop_compose! {
    fn any_chain()(entries in vec(("[a-z{}\"]{0,20}", 0..1_000_i64), 1..30)) -> (Vec<Link>, Walk) {
        chain(&entries)
    }
}

proptest! {
    #[test]
    fn what_was_written_is_found_whole_in_pages_of_any_size(
        (links, head) in any_chain(), size in 1..10_usize,
    ) {
        let mut walk = Walk::default();
        for page in links.chunks(size) {
            prop_assert_eq!(walk.follow(page), Ok(()));
        }
        prop_assert_eq!(walk.finish(head), Ok(()));
    }

    #[test]
    fn any_change_of_a_row_is_found(
        (mut links, head) in any_chain(), place: Index, what in 0..4_usize, bit in 0..256_usize,
    ) {
        let seq = i64::try_from(place.index(links.len())).unwrap() + 1;
        let link = place.get(&links).clone();
        let changed = match what {
            0 => Link { entry: format!("{}x", link.entry), ..link },
            1 => Link { at: link.at + TimeDelta::microseconds(1), ..link },
            2 => Link { seq: link.seq + 1, ..link },
            _ => {
                let mut hash = link.hash;
                hash[bit / 8] ^= 1 << (bit % 8);
                Link { hash, ..link }
            }
        };
        let at = place.index(links.len());
        links[at] = changed;
        let expected = match what {
            2 => Broken::Gap { expected: seq, found: seq + 1 },
            _ => Broken::Altered { seq },
        };
        prop_assert_eq!(verify(&links, head), Err(expected));
    }

    #[test]
    fn any_row_that_is_gone_is_found((mut links, head) in any_chain(), place: Index) {
        links.remove(place.index(links.len()));
        prop_assert!(verify(&links, head).is_err());
    }

    /// With a hash of its own that is right, and with the seqs after it moved.
    #[test]
    fn any_row_that_was_put_in_is_found(
        (mut links, head) in any_chain(), place: Index, moves: bool, copies: bool,
    ) {
        let at = place.index(links.len() + 1);
        let (seq, before) = match at.checked_sub(1) {
            Some(before) => (links[before].seq + 1, links[before].hash),
            None => (1, GENESIS),
        };
        let (time, entry) = (self::at(5), "{}".to_owned());
        let hash = hash(&before, seq, time, &entry);
        let put = if copies {
            place.get(&links).clone()
        } else {
            Link { seq, at: time, entry, hash }
        };
        links.insert(at, put);
        if moves {
            links.iter_mut().skip(at + 1).for_each(|link| link.seq += 1);
        }
        prop_assert!(verify(&links, head).is_err());
    }

    /// As rows, or as what stands in them under the seqs they had.
    #[test]
    fn any_two_rows_that_are_swapped_are_found(
        (mut links, head) in any_chain(), one: Index, other: Index, keeps_seqs: bool,
    ) {
        let (one, other) = (one.index(links.len()), other.index(links.len()));
        prop_assume!(one != other);
        links.swap(one, other);
        if keeps_seqs {
            let (a, b) = (links[one].seq, links[other].seq);
            (links[one].seq, links[other].seq) = (b, a);
        }
        prop_assert!(verify(&links, head).is_err());
    }
}
