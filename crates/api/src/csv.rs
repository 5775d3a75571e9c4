//! Tables as text (RFC 4180), for people's spreadsheets as well as for programs.
//!
//! A spreadsheet computes a cell that begins as a formula does, quoted or not, and
//! some cells are our customers' customers' words. Such a cell has a `'` before it,
//! which spreadsheets take for "this is text"; so has one that begins with `'`, so
//! that whoever takes one away has every cell as it was.

/// Media type of tables.
pub(crate) const CSV: &str = "text/csv";

/// The same with what there is to know of ours.
pub(crate) const CSV_HEADED: &str = "text/csv; charset=utf-8; header=present";

/// What formulas begin with, in the widths that spreadsheets know.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// A table, row by row.
#[derive(Debug, Default)]
pub(crate) struct Table(String);

impl Table {
    /// Adds a row of cells that are written already.
    pub(crate) fn row(&mut self, cells: &[String]) {
        self.0.push_str(&cells.join(","));
        self.0.push_str("\r\n");
    }

    /// All of it.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// The cell of a text, whatever it is.
pub(crate) fn cell(text: &str) -> String {
    let guard = if is_formula(text) { "'" } else { "" };
    let is_plain = guard.is_empty() && !text.contains([',', '"', '\r', '\n']);
    if is_plain { text.to_owned() } else { format!("\"{guard}{}\"", text.replace('"', "\"\"")) }
}

/// Whether a spreadsheet may compute it, or whether it looks as if it was guarded.
fn is_formula(text: &str) -> bool {
    let bare = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    text.starts_with('\'') || text.starts_with(char::is_control) || bare.starts_with(FORMULAS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_and_never_formulas() {
        #[rustfmt::skip]
        let table = [
            ("",                        ""),
            ("content.PageVisited",     "content.PageVisited"),
            ("Spring “26”",             "Spring “26”"),
            (" a b ",                   " a b "),
            ("a,b",                     "\"a,b\""),
            ("say \"hi\"",              "\"say \"\"hi\"\"\""),
            ("\"@",                     "\"\"\"@\""),
            ("two\r\nlines",            "\"two\r\nlines\""),
            ("a=b",                     "a=b"),
            ("=1+1",                    "\"'=1+1\""),
            ("+1",                      "\"'+1\""),
            ("-1",                      "\"'-1\""),
            ("@SUM(A1)",                "\"'@SUM(A1)\""),
            ("=HYPERLINK(\"//x\",1)",   "\"'=HYPERLINK(\"\"//x\"\",1)\""),
            ("\t=1",                    "\"'\t=1\""),
            ("\rx",                     "\"'\rx\""),
            (" \u{a0}=1",               "\"' \u{a0}=1\""),
            ("＝1",                     "\"'＝1\""),
            ("'=1",                     "\"''=1\""),
            ("'quoted'",                "\"''quoted'\""),
        ];
        for (text, wanted) in table {
            assert_eq!(cell(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn rows_end_as_the_standard_says() {
        let mut table = Table::default();
        table.row(&["a".to_owned(), String::new()]);
        table.row(&["1".to_owned(), cell("x,y")]);
        assert_eq!(table.into_text(), "a,\r\n1,\"x,y\"\r\n");
    }

    /// What a spreadsheet reads of a cell, by other code than what wrote it.
    fn read(cell: &str) -> String {
        let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner.map_or_else(|| cell.to_owned(), |inner| inner.replace("\"\"", "\""))
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_none_is_computed(text in "[ ='\"+,@\r\n\ta-c＝-]{0,8}|\\PC{0,12}") {
            let written = cell(&text);
            let shown = read(&written);
            prop_assert!(!shown.trim_start().starts_with(FORMULAS), "{}", written);
            prop_assert_eq!(shown.strip_prefix('\'').unwrap_or(&shown), text);
            let quotes = written.matches('"').count();
            prop_assert_eq!(quotes % 2, 0);
            prop_assert!(quotes > 0 || !written.contains([',', '\r', '\n']));
        }
    }
}
