//! Sets and maps of a few entries, in little code.

/// A set or a map of these, one by one. `collect` sorts them first, and a stable sort is some
/// five kilobytes of wasm for each type of entry.
pub fn gathered<C: Default + Extend<T>, T>(entries: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(entries);
    all
}
