//! Answers over HTTP: JSON around PostgreSQL's texts.

use mauntic_neon::SqlError;
use mauntic_neon::http::{Answer, Bytea, FromText, Row, ToText, array};

/// Statements of a batch, at most, whose answer is read.
const STATEMENTS_MAX: usize = 3;

/// An answer is whole or an error, its values are read or refused, and an array is read
/// as it was written.
pub fn rows(input: &[u8]) {
    let single = Answer::read(input).ok();
    let batches = (0..=STATEMENTS_MAX).filter_map(|statements| {
        let answers = Answer::read_batch(input, statements).ok()?;
        assert_eq!(answers.len(), statements, "an answer for each statement");
        Some(answers)
    });
    for answer in single.into_iter().chain(batches.flatten()) {
        answer.rows.iter().for_each(values);
    }
    if let Some(error) = SqlError::from_json(input) {
        assert!(!error.message().is_empty() && !error.to_string().is_empty());
    }
    if let Ok(text) = str::from_utf8(input) {
        texts(text);
    }
}

/// Every column as every type; as a text each can be had.
fn values(row: &Row) {
    for (index, column) in row.columns().iter().enumerate() {
        row.get::<Option<String>>(index).expect("every type has a text");
        row.by_name::<Option<String>>(column.name()).expect("a column of this name");
        let read = [
            row.get::<bool>(index).is_ok(),
            row.get::<i16>(index).is_ok(),
            row.get::<i64>(index).is_ok(),
            row.get::<f64>(index).is_ok(),
            row.get::<Bytea>(index).is_ok(),
            row.get::<Vec<Option<String>>>(index).is_ok(),
            row.get::<Vec<i32>>(index).is_ok(),
        ];
        let is_array_of_numbers = matches!(read, [.., true]);
        let is_array = matches!(read, [.., true, _]);
        assert!(!is_array_of_numbers || is_array, "numbers have texts");
    }
    assert!(row.get::<Option<String>>(row.columns().len()).is_err(), "there is no such column");
}

fn texts(text: &str) {
    if let Some(elements) = array(text) {
        let written = elements.to_text().expect("an array is not NULL");
        assert_eq!(array(&written).as_ref(), Some(&elements), "{written}");
    }
    if let Some(bytes) = Bytea::from_text(text) {
        let written = bytes.to_text().expect("bytes are not NULL");
        assert_eq!(Bytea::from_text(&written), Some(bytes), "{written}");
    }
}
