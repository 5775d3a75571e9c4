//! Splits messages into sends that the platform takes; pure.

use std::ops::Range;

/// Consecutive ranges of at most `items_max` items and `bytes_max` bytes. An
/// item that is larger by itself gets a range of its own.
pub(crate) fn split(lengths: &[usize], items_max: usize, bytes_max: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, length) in lengths.iter().enumerate() {
        if index > start && (index - start == items_max || bytes + length > bytes_max) {
            ranges.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes += length;
    }
    if start < lengths.len() {
        ranges.push(start..lengths.len());
    }
    ranges
}
