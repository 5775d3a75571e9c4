//! Every order there is, by depth-first search. No I/O.

/// Orders that are walked at most. Two operations of six statements each have
/// 12! / (6! 6!) = 924; of seven, 3,432: those are to be cut smaller.
pub const ORDERS_MAX: usize = 2_000;

/// A point at which there was a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fork {
    taken: usize,
    of: usize,
}

/// Walks all orders: `while orders.begin() { … orders.choose(…) … }`. The same
/// choices must lead to the same forks.
#[derive(Debug)]
pub struct Schedules {
    path: Vec<Fork>,
    /// How many forks this order has passed.
    depth: usize,
    orders: usize,
    max: usize,
}

impl Default for Schedules {
    fn default() -> Self {
        Self::new()
    }
}

impl Schedules {
    /// At most [`ORDERS_MAX`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_max(ORDERS_MAX)
    }

    /// At most `max` orders.
    #[must_use]
    pub fn with_max(max: usize) -> Self {
        Self { path: Vec::new(), depth: 0, orders: 0, max }
    }

    /// Begins the next order; false when there is none left.
    ///
    /// # Panics
    /// When there are more than were allowed, for then some would be left out;
    /// or when the order before did not come to the forks it came to earlier.
    pub fn begin(&mut self) -> bool {
        if self.orders > 0 {
            assert_eq!(self.depth, self.path.len(), "the same choices led elsewhere: {self:?}");
            while self.path.pop_if(|fork| fork.taken + 1 == fork.of).is_some() {}
            let Some(fork) = self.path.last_mut() else { return false };
            fork.taken += 1;
        }
        assert!(self.orders < self.max, "there are more than {} orders", self.max);
        self.orders += 1;
        self.depth = 0;
        true
    }

    /// Chooses among these; answers a position.
    ///
    /// # Panics
    /// When there are not as many as there were on the same path.
    pub fn choose(&mut self, choices: &[usize]) -> usize {
        let of = choices.len();
        if self.depth == self.path.len() {
            self.path.push(Fork { taken: 0, of });
        }
        let fork = self.path.get(self.depth).copied();
        assert_eq!(fork.map(|fork| fork.of), Some(of), "the same choices led elsewhere: {self:?}");
        self.depth += 1;
        fork.map_or(0, |fork| fork.taken)
    }

    /// Orders begun so far.
    #[must_use]
    pub fn orders(&self) -> usize {
        self.orders
    }

    /// What was chosen in this order, to name it by.
    #[must_use]
    pub fn chosen(&self) -> Vec<usize> {
        self.path.iter().take(self.depth).map(|fork| fork.taken).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Merges sequences of these lengths in every order.
    fn merged(lengths: &[usize], schedules: &mut Schedules) -> BTreeSet<Vec<usize>> {
        let mut all = BTreeSet::new();
        while schedules.begin() {
            let mut left = lengths.to_vec();
            let mut order = Vec::new();
            loop {
                let open: Vec<usize> = (0..left.len()).filter(|n| left[*n] > 0).collect();
                let chosen = match open.len() {
                    0 => break,
                    1 => 0,
                    _ => schedules.choose(&open),
                };
                left[open[chosen]] -= 1;
                order.push(open[chosen]);
            }
            assert!(all.insert(order), "an order came twice");
        }
        all
    }

    #[test]
    fn every_order_comes_once() {
        for (lengths, orders) in
            [(&[][..], 1), (&[3], 1), (&[1, 1], 2), (&[2, 2], 6), (&[4, 3], 35), (&[2, 2, 2], 90)]
        {
            let mut schedules = Schedules::new();
            assert_eq!(merged(lengths, &mut schedules).len(), orders);
            assert_eq!(schedules.orders(), orders);
        }
    }

    #[test]
    #[should_panic(expected = "more than 5 orders")]
    fn no_order_is_left_out_silently() {
        merged(&[2, 2], &mut Schedules::with_max(5));
    }

    #[test]
    #[should_panic(expected = "led elsewhere")]
    fn what_cannot_be_repeated_is_an_error() {
        let mut schedules = Schedules::new();
        assert!(schedules.begin());
        schedules.choose(&[0, 1]);
        schedules.choose(&[0, 1]);
        assert!(schedules.begin());
        schedules.choose(&[0, 1, 2]);
    }
}
