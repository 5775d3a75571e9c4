//! The pure files of this room, on the host: the crate itself is empty there.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../src/chunks.rs"]
mod chunks;

#[test]
fn sends_keep_both_limits_and_the_order() {
    for (lengths, items_max, bytes_max, expected) in [
        (vec![], 2, 10, vec![]),
        (vec![1], 2, 10, vec![(0, 1)]),
        (vec![1, 1, 1, 1, 1], 2, 10, vec![(0, 2), (2, 4), (4, 5)]),
        (vec![5, 5, 5], 9, 10, vec![(0, 2), (2, 3)]),
        (vec![6, 6, 4], 9, 10, vec![(0, 1), (1, 3)]),
        (vec![50, 1, 50], 9, 10, vec![(0, 1), (1, 2), (2, 3)]),
        (vec![0, 0], 9, 0, vec![(0, 2)]),
    ] {
        let bodies: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
        let mut start = 0;
        let range = |send: &[String]| {
            start += send.len();
            (start - send.len(), start)
        };
        let sends = chunks::split(&bodies, items_max, bytes_max);
        assert_eq!(sends.concat(), bodies, "{lengths:?}");
        let found: Vec<_> = sends.into_iter().map(range).collect();
        assert_eq!(found, expected, "{lengths:?}");
    }
}
