//! Driving futures of the doubles by hand, for tests that are no seed's.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::rng::Rng;

/// Runs one to its end; nothing of the doubles ever waits.
pub fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}

/// Runs several side by side, a port call at a time, in random order.
pub fn side_by_side<T>(rng: &mut Rng, mut futures: Vec<Pin<Box<dyn Future<Output = T> + '_>>>) {
    let mut context = Context::from_waker(Waker::noop());
    while !futures.is_empty() {
        let nth = rng.below(futures.len());
        let is_done =
            futures.get_mut(nth).is_none_or(|one| one.as_mut().poll(&mut context).is_ready());
        if is_done {
            drop(futures.swap_remove(nth));
        }
    }
}
