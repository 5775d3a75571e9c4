use proptest::prelude::*;

use super::*;

const BODY_BYTES_MAX: u32 = 1 << 20;

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], length.as_slice(), body].concat()
}

fn kinds(mut follow: Follow, bytes: &[u8], sizes: &[usize]) -> (Vec<u8>, bool) {
    let mut found = Vec::new();
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        let (chunk, behind) = rest.split_at((*size).min(rest.len()));
        follow.feed(chunk, |kind| found.push(kind)).unwrap();
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    (found, follow.is_amid())
}

#[test]
fn a_start_up_has_no_kind_and_what_follows_has() {
    let startup = [0, 0, 0, 9, 0, 3, 0, 0, 0];
    let bytes = [startup.as_slice(), &message(b'p', b"x\0"), &message(b'X', b"")].concat();
    let (found, amid) = kinds(Follow::from_startup(BODY_BYTES_MAX), &bytes, &[3]);
    assert_eq!(found, [STARTUP, b'p', b'X']);
    assert!(!amid);
}

#[test]
fn a_client_that_has_sent_nothing_is_amid_its_first_message() {
    assert!(Follow::from_startup(BODY_BYTES_MAX).is_amid());
    assert!(!Follow::messages(BODY_BYTES_MAX).is_amid());
}

#[test]
fn headers_that_cannot_be_are_refused() {
    let feed = |bytes: &[u8]| Follow::messages(8).feed(bytes, |_| {});
    assert_eq!(feed(&[b'D', 0, 0, 0, 3]), Err(WireError::BadLength { kind: b'D', length: 3 }));
    assert_eq!(
        feed(&[b'D', 0, 0, 0, 13]),
        Err(WireError::TooLarge { kind: b'D', bytes: 9, bytes_max: 8 })
    );
    assert_eq!(
        feed(&[b'D', 0xff, 0xff, 0xff, 0xff]),
        Err(WireError::TooLarge { kind: b'D', bytes: u32::MAX - 4, bytes_max: 8 })
    );
    assert_eq!(feed(&[b'D', 0, 0, 0, 12]), Ok(()));
}

proptest! {
    #[test]
    fn messages_are_the_same_however_they_are_split_and_merged(
        messages in prop::collection::vec((1u8.., prop::collection::vec(any::<u8>(), 0..40)), 0..20),
        sizes in prop::collection::vec(1usize..50, 1..10),
    ) {
        let bytes: Vec<u8> =
            messages.iter().flat_map(|(kind, body)| message(*kind, body)).collect();
        let expected: Vec<u8> = messages.iter().map(|(kind, _)| *kind).collect();
        let found = kinds(Follow::messages(BODY_BYTES_MAX), &bytes, &sizes);
        prop_assert_eq!(found, (expected, false));
    }

    #[test]
    fn what_is_cut_anywhere_but_at_an_end_is_seen_to_be_cut(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..5),
        at in any::<prop::sample::Index>(),
    ) {
        let bytes: Vec<u8> = bodies.iter().flat_map(|body| message(b'D', body)).collect();
        let at = at.index(bytes.len() + 1);
        let mut ends = vec![0];
        for body in &bodies {
            ends.push(ends.last().unwrap() + HEADER_BYTES + body.len());
        }
        let mut follow = Follow::messages(BODY_BYTES_MAX);
        follow.feed(&bytes[..at], |_| {}).unwrap();
        prop_assert_eq!(follow.is_amid(), !ends.contains(&at));
    }

    #[test]
    fn any_bytes_are_followed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut follow = Follow::messages(64);
        let mut messages = 0;
        let fed = follow.feed(&bytes, |_| messages += 1);
        prop_assert!(messages <= bytes.len() / HEADER_BYTES);
        prop_assert!(fed.is_ok() || bytes.len() >= HEADER_BYTES);
    }
}
