//! A batch that is being consumed, and the ends it may come to.

use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use mauntic_domain::jobs::queue::Origin;
use mauntic_flows::consume::{Delivery, Settle};

use super::{DEAD_RETRY_DELAY, Inner, Parcel, RETRY_DELAY, SimQueues, key};

/// Messages that an invocation was given. What is said about each counts once
/// the invocation ends; of two words the first.
#[derive(Debug)]
pub struct Batch {
    origin: Origin,
    parcels: Vec<Parcel>,
    deliveries: Vec<Delivery>,
    words: Mutex<Vec<Option<Word>>>,
}

#[derive(Debug, Clone, Copy)]
enum Word {
    Ack,
    Retry(u32),
}

/// What became of a batch's messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Finished {
    /// Gone because they were acknowledged.
    pub acked: usize,
    /// To come back.
    pub retried: usize,
    /// Given up, to the dead-letter queue, or for good out of that.
    pub given_up: usize,
    /// Nothing was said about them, which the platform takes for an
    /// acknowledgement.
    pub unsaid: usize,
}

impl Batch {
    /// Where it is from.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// The messages.
    #[must_use]
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    fn say(&self, index: usize, word: Word) {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(index < words.len(), "a word about message {index} of {}", words.len());
        if let Some(said) = words.get_mut(index) {
            said.get_or_insert(word);
        }
    }

    fn into_words(self) -> (Origin, impl Iterator<Item = (Parcel, Option<Word>)>) {
        let words = self.words.into_inner().unwrap_or_else(PoisonError::into_inner);
        (self.origin, self.parcels.into_iter().zip(words))
    }
}

impl Settle for Batch {
    fn ack(&self, index: usize) {
        self.say(index, Word::Ack);
    }

    fn retry(&self, index: usize, delay_secs: u32) {
        self.say(index, Word::Retry(delay_secs));
    }
}

impl SimQueues {
    /// Hands over at most `most` messages that may be delivered now; none where
    /// there is nothing.
    #[must_use]
    pub fn pull(&self, origin: Origin, most: usize) -> Option<Batch> {
        let now = self.clock.now();
        let mut inner = self.inner();
        let reordered = inner.mishaps.reordered;
        if inner.rng.chance(reordered) {
            inner.count("reordered");
            inner.shuffle(origin);
        }
        let queue = inner.queues.get_mut(&key(origin))?;
        let mut left = most;
        let is_taken = |parcel: &mut Parcel| {
            let is_taken = left > 0 && parcel.visible_at <= now;
            left -= usize::from(is_taken);
            is_taken
        };
        let mut parcels: Vec<Parcel> = queue.extract_if(.., is_taken).collect();
        parcels.iter_mut().for_each(|parcel| parcel.deliveries += 1);
        let delivery =
            |parcel: &Parcel| Delivery { message_id: parcel.id.clone(), body: parcel.body.clone() };
        let deliveries: Vec<Delivery> = parcels.iter().map(delivery).collect();
        let words = Mutex::new(vec![None; parcels.len()]);
        (!parcels.is_empty()).then_some(Batch { origin, parcels, deliveries, words })
    }

    /// Puts a queue's messages into a random order.
    pub fn reorder(&self, origin: Origin) {
        self.inner().shuffle(origin);
    }

    /// The invocation ended well: what was said counts.
    pub fn finish(&self, batch: Batch) -> Finished {
        self.finish_losing(batch, |_| false)
    }

    /// The invocation ended well, but of these messages the acknowledgement
    /// was lost: they come back.
    pub fn finish_losing(&self, batch: Batch, mut is_lost: impl FnMut(usize) -> bool) -> Finished {
        let lost = |index, word| match word {
            Some(Word::Ack) | None if is_lost(index) => None,
            Some(word) => Some(word),
            None => Some(Word::Ack),
        };
        self.settle(batch, lost)
    }

    /// The handler failed: what was acknowledged is gone, the rest comes back.
    pub fn reject(&self, batch: Batch) -> Finished {
        self.settle(batch, |_, word| word)
    }

    /// The isolate died: nothing that was said arrived, and all comes back.
    pub fn die(&self, batch: Batch) -> Finished {
        self.settle(batch, |_, _| None)
    }

    /// `heard` is the word that arrives; none lets the message come back after
    /// the queue's own delay.
    fn settle(
        &self,
        batch: Batch,
        mut heard: impl FnMut(usize, Option<Word>) -> Option<Word>,
    ) -> Finished {
        let now = self.clock.now();
        let (origin, words) = batch.into_words();
        let mut inner = self.inner();
        let mut finished = Finished::default();
        for (index, (mut parcel, word)) in words.enumerate() {
            finished.unsaid += usize::from(word.is_none());
            let delay = match heard(index, word) {
                Some(Word::Ack) => {
                    finished.acked += 1;
                    continue;
                }
                Some(Word::Retry(delay_secs)) => TimeDelta::seconds(i64::from(delay_secs)),
                None => retry_delay(origin),
            };
            parcel.visible_at = now + delay;
            if inner.comes_back(origin, parcel) {
                finished.retried += 1;
            } else {
                finished.given_up += 1;
            }
        }
        finished
    }
}

const fn retry_delay(origin: Origin) -> TimeDelta {
    match origin {
        Origin::Jobs(_) => RETRY_DELAY,
        Origin::DeadLetters(_) => DEAD_RETRY_DELAY,
    }
}

impl Inner {
    fn shuffle(&mut self, origin: Origin) {
        if let Some(queue) = self.queues.get_mut(&key(origin)) {
            self.rng.shuffle(queue);
        }
    }

    /// Whether the message stays in its queue. The first delivery is no retry.
    fn comes_back(&mut self, origin: Origin, mut parcel: Parcel) -> bool {
        if parcel.deliveries <= self.retries_max {
            self.count("retried");
            self.queues.entry(key(origin)).or_default().push(parcel);
            return true;
        }
        self.count("given_up");
        if let Origin::Jobs(queue) = origin {
            parcel.deliveries = 0;
            self.queues.entry((queue, true)).or_default().push(parcel);
        }
        false
    }
}
