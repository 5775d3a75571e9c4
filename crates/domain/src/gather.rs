//! Sets, maps and sorted lists, in little code.

use std::cmp::Ordering;

/// A set or a map of these, one by one. `collect` sorts them first, and a stable sort is some
/// five kilobytes of wasm for each type of entry.
pub fn gathered<C: Default + Extend<T>, T>(entries: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(entries);
    all
}

/// Sorts as [`slice::sort_by`] does: what is equal stays in its order. What compares and
/// moves numbers is there once, and for each type of entry only what puts them in place.
pub fn sort_by<T>(entries: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let compared = |a: usize, b: usize| match (entries.get(a), entries.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    };
    let mut order = in_order(entries.len(), &compared);
    // A place gets its entry from another place, that one from a third, until the circle is
    // closed.
    for first in 0..order.len() {
        let mut to = first;
        while let Some(from) = order.get_mut(to).map(|from| std::mem::replace(from, to)) {
            if from == first {
                break;
            }
            entries.swap(to, from);
            to = from;
        }
    }
}

/// The numbers below `count` in the order of what they stand for.
fn in_order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// By the first of a pair alone, so that equal ones show whether they have moved.
        #[test]
        fn entries_are_sorted_as_the_library_sorts_them(
            entries in proptest::collection::vec((0_u8..8, any::<u16>()), 0..60),
        ) {
            let (mut ours, mut theirs) = (entries.clone(), entries);
            sort_by(&mut ours, |a, b| a.0.cmp(&b.0));
            theirs.sort_by_key(|entry| entry.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
