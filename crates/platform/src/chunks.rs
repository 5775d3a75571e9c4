//! Splits bodies into sends that the platform takes; pure.

/// Consecutive sends of at most `items_max` bodies and `bytes_max` bytes; every
/// body is in exactly one. A body that is larger by itself is a send of its own.
pub(crate) fn split<T: AsRef<str>>(bodies: &[T], items_max: usize, bytes_max: usize) -> Vec<&[T]> {
    let mut sends = Vec::new();
    let mut rest = bodies;
    while !rest.is_empty() {
        let (send, later) = rest.split_at(fitting(rest, items_max, bytes_max));
        sends.push(send);
        rest = later;
    }
    sends
}

/// How many of the first bodies fit into one send; at least one.
fn fitting<T: AsRef<str>>(bodies: &[T], items_max: usize, bytes_max: usize) -> usize {
    let mut bytes = 0;
    let fit = bodies.iter().take(items_max).take_while(|body| {
        bytes += body.as_ref().len();
        bytes <= bytes_max
    });
    fit.count().max(1)
}
