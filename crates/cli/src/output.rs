//! What the command prints: JSON for programs, tables for people. Columns are
//! lined up and have heads on a terminal; elsewhere they are parted by tabs.

use std::io::{IsTerminal, Write};

use serde_json::Value;

/// Most characters of a cell on a terminal.
const CELL_CHARS_MAX: usize = 60;

/// How data is printed.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people; without heads, and parted by tabs, where no terminal reads it.
    Text,
    /// JSON; one document, or one a line where there is no end.
    Json,
}

/// Heads, and where the values stand (JSON pointers, RFC 6901).
pub(crate) type Columns = &'static [(&'static str, &'static str)];

impl Output {
    /// Prints an answer: as it came, or what `shown` makes of it.
    pub(crate) fn print(
        self,
        answer: &Value,
        shown: impl FnOnce(&Value) -> String,
    ) -> anyhow::Result<()> {
        match self {
            Self::Json => line(&answer.to_string()),
            Self::Text => line(shown(answer).trim_end_matches('\n')),
        }
    }

    /// Prints a list that stands under `key`.
    pub(crate) fn list(self, answer: &Value, key: &str, columns: Columns) -> anyhow::Result<()> {
        if self == Self::Json {
            return line(&answer.to_string());
        }
        let rows = answer.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if rows.is_empty() {
            eprintln!("none");
            return Ok(());
        }
        line(table(rows, columns, std::io::stdout().is_terminal()).trim_end_matches('\n'))
    }

    /// Prints one thing, a line a field.
    pub(crate) fn record(self, answer: &Value, fields: Columns) -> anyhow::Result<()> {
        self.print(answer, |answer| record(answer, fields))
    }
}

/// Prints a line of data. Whoever stops reading ends the command, which is no
/// failure.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()?;
    Ok(())
}

/// Rows as lines.
pub(crate) fn table(rows: &[Value], columns: Columns, for_people: bool) -> String {
    let cells = |row: &Value| -> Vec<String> {
        columns.iter().map(|(_, at)| cell(row.pointer(at))).collect()
    };
    let mut lines: Vec<Vec<String>> = rows.iter().map(cells).collect();
    if !for_people {
        return lines.iter().map(|line| line.join("\t") + "\n").collect();
    }
    lines.insert(0, columns.iter().map(|(head, _)| (*head).to_owned()).collect());
    for cell in lines.iter_mut().flatten() {
        cut(cell);
    }
    let mut widths = vec![0; columns.len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let shown = |line: &Vec<String>| {
        let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    lines.iter().map(shown).collect()
}

/// One thing as lines; fields that are absent or null are left out.
pub(crate) fn record(value: &Value, fields: Columns) -> String {
    let found = |at: &str| value.pointer(at).filter(|value| !value.is_null());
    let width = fields.iter().map(|(head, _)| head.len()).max().unwrap_or(0);
    let of = |(head, at): &(&str, &str)| {
        found(at).map(|value| format!("{head:<width$}  {}\n", cell(Some(value))))
    };
    fields.iter().filter_map(of).collect()
}

/// A value as a word or a text on one line.
pub(crate) fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::String(text)) => plain(text),
        Some(other) => plain(&other.to_string()),
    }
}

/// A text that a terminal only shows: what would move its cursor or colour it
/// is escaped, because payloads and errors are other people's.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        // Marks of writing direction make a line read as another.
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn cut(cell: &mut String) {
    if let Some((end, _)) = cell.char_indices().nth(CELL_CHARS_MAX) {
        cell.truncate(end);
        cell.push('…');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: Columns = &[("NAME", "/name"), ("N", "/in/n"), ("IS", "/is")];

    #[test]
    fn columns_are_lined_up_for_people_and_parted_by_tabs_for_programs() {
        let rows = [
            json!({"name": "a", "in": {"n": 12}, "is": true}),
            json!({"name": "long", "is": null}),
        ];
        assert_eq!(table(&rows, COLUMNS, true), "NAME  N   IS\na     12  yes\nlong  -   -\n");
        assert_eq!(table(&rows, COLUMNS, false), "a\t12\tyes\nlong\t-\t-\n");
    }

    #[test]
    fn long_cells_are_cut_for_people_only() {
        let rows = [json!({"name": "ä".repeat(100)})];
        assert!(table(&rows, COLUMNS, true).contains(&format!("{}…", "ä".repeat(CELL_CHARS_MAX))));
        assert!(table(&rows, COLUMNS, false).contains(&"ä".repeat(100)));
    }

    #[test]
    fn what_is_absent_is_left_out_of_a_record() {
        assert_eq!(record(&json!({"name": "a", "is": null}), COLUMNS), "NAME  a\n");
        assert_eq!(record(&json!({"in": {"n": {"b": 1}}}), COLUMNS), "N     {\"b\":1}\n");
    }

    #[test]
    fn other_peoples_texts_cannot_drive_the_terminal() {
        assert_eq!(plain("\u{1b}[31mred\n\tü"), "\\u{1b}[31mred\\n\\tü");
        assert_eq!(plain("a\u{202e}b"), "a\\u{202e}b");
    }
}
