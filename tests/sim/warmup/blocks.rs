//! Why callers reserve blocks: what the same e-mails cost one by one.

use std::pin::Pin;

use mauntic_domain::warmup::Block;
use mauntic_flows::commands::reserve::{Reservation, reserve};
use mauntic_flows::ports::PortError;
use mauntic_sim::engine::drive::side_by_side;
use mauntic_sim::objects::Counts;
use mauntic_sim::ports::SimPorts;
use mauntic_sim::rng::Rng;
use mauntic_tests::say::say;

use super::{CALLERS, domain, owner, stored};

/// What each caller needs.
const EMAILS: u32 = 20;

/// All callers take what they need, so many at a time; what it cost, and how often
/// somebody was asked to come back.
fn taken(block: u32) -> (Counts, u64) {
    let ports = SimPorts::new(u64::from(block));
    let limit = u32::try_from(CALLERS).unwrap() * EMAILS;
    let domain = domain(&ports, limit);
    let refused = std::sync::atomic::AtomicU64::new(0);
    let caller = async || {
        let mut left = EMAILS;
        while left > 0 {
            let block = Block::new(block.min(left)).unwrap();
            match reserve(&ports, &owner(), &domain, block, None).await {
                Ok(Reservation::Granted { emails }) => left -= emails,
                Err(PortError::Contention { .. }) => {
                    refused.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
                other => panic!("{other:?}"),
            }
        }
    };
    let work = (0..CALLERS).map(|_| {
        let work: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(caller());
        work
    });
    side_by_side(&mut Rng::new(10), work.collect());
    let counter = stored(&ports, &domain).unwrap();
    assert_eq!(counter.count(counter.day()), u64::from(limit), "everybody got all");
    (ports.counters.counts(), refused.into_inner())
}

/// A counter takes about one write a second, so that the writes are the seconds
/// that it takes at least.
#[test]
fn blocks_cost_a_write_each_and_single_emails_one_too() {
    let ((single, sent_back), (blocks, blocks_sent_back)) = (taken(1), taken(EMAILS));
    say(format!("one by one: {single:?}, sent back {sent_back}"));
    say(format!("in blocks of {EMAILS}: {blocks:?}, sent back {blocks_sent_back}"));
    assert_eq!((single.stored, blocks.stored), (1_000, 50));
    assert!(single.conflicts > 10 * blocks.conflicts, "conflicts: {single:?} {blocks:?}");
    assert!(single.gets > 10 * blocks.gets, "reads: {single:?} {blocks:?}");
    assert!(sent_back > 10 * blocks_sent_back.max(1), "{sent_back} {blocks_sent_back}");
}
