//! The statements' texts as they are sent: without the comments that are for readers, which
//! are a quarter of all texts, in both workers and in every message to the server. The name
//! stays, by which the server's views show them.

/// The text of a statement below `crates/store/sql`, as it is sent.
macro_rules! sql {
    ($file:literal) => {{
        const WHOLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $file));
        const BYTES: [u8; $crate::sql::bare::<0>(WHOLE).1] = $crate::sql::bare(WHOLE).0;
        const TEXT: &str = $crate::sql::text(&BYTES);
        TEXT
    }};
}

/// A statement without its lines of comment, but for the name at its very beginning; and
/// how many bytes that has, of which those come that have room.
#[allow(clippy::indexing_slicing, reason = "run by the compiler, which stops there")]
pub(crate) const fn bare<const N: usize>(whole: &str) -> ([u8; N], usize) {
    let (from, mut to, mut length) = (whole.as_bytes(), [0; N], 0);
    let mut at = 0;
    while at < from.len() {
        let mut end = at;
        while end < from.len() && from[end] != b'\n' {
            end += 1;
        }
        let mut word = at;
        while word < end && from[word] == b' ' {
            word += 1;
        }
        let is_comment = end - word >= 2 && from[word] == b'-' && from[word + 1] == b'-';
        let mut kept = if is_comment { at } else { end };
        while is_comment && at == 0 && kept < end && (kept == 0 || from[kept - 1] != b':') {
            kept += 1;
        }
        let is_kept = !is_comment || at == 0;
        while is_kept && at <= kept {
            if length < N {
                to[length] = if at < kept { from[at] } else { b'\n' };
            }
            length += 1;
            at += 1;
        }
        at = end + 1;
    }
    (to, length)
}

/// Bytes of a statement as text.
#[allow(clippy::panic, reason = "run by the compiler, which stops there")]
pub(crate) const fn text(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("whole lines of a text are text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_left_out_and_the_name_stays() {
        const WHOLE: &str =
            "-- name: what it does\n-- $1 text.\nselect '--', 1 -- é\n  -- why\nfrom t\n";
        const BARE: ([u8; bare::<0>(WHOLE).1], usize) = bare(WHOLE);
        assert_eq!(text(&BARE.0), "-- name:\nselect '--', 1 -- é\nfrom t\n");
    }

    #[test]
    fn a_statement_is_sent_by_its_name() {
        let sent = sql!("settle_match.sql");
        assert!(sent.starts_with("-- settle_match:\nwith "), "{}", &sent[..80]);
        assert!(sent.lines().skip(1).all(|line| !line.trim_start().starts_with("--")));
    }
}
