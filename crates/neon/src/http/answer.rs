//! What came back over HTTP: whole, or an error. Pure.

use std::sync::Arc;

use serde::Deserialize;
use tokio_postgres::types::{Oid, Type};

use super::FromText;
use crate::error::Error;

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Column {
    name: String,
    #[serde(rename = "dataTypeID")]
    type_oid: Oid,
}

impl Column {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type, by the number PostgreSQL has for it.
    #[must_use]
    pub fn type_oid(&self) -> Oid {
        self.type_oid
    }
}

/// The answer to one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The command, as `SELECT` or `INSERT`.
    pub command: String,
    /// Rows returned or changed, where the command counts them.
    pub count: Option<u64>,
    /// The rows returned.
    pub rows: Vec<Row>,
}

impl Answer {
    /// Reads what the service answers to a statement.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is no such answer, or not the whole of it.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        let raw =
            serde_json::from_slice(body).map_err(|_| Error::Malformed("a statement's answer"))?;
        whole(raw)
    }

    /// Reads what the service answers to a batch of so many statements.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn read_batch(body: &[u8], statements: usize) -> Result<Vec<Self>, Error> {
        let raw: RawBatch =
            serde_json::from_slice(body).map_err(|_| Error::Malformed("a batch's answer"))?;
        if raw.results.len() != statements {
            return Err(Error::Malformed("as many answers as statements"));
        }
        raw.results.into_iter().map(whole).collect()
    }
}

/// A row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    columns: Arc<[Column]>,
    values: Vec<Option<String>>,
}

impl Row {
    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The value of a column, the first being 0.
    ///
    /// # Errors
    /// [`Error::Column`] when there is none, it is NULL, or of another type.
    pub fn get<T: FromText>(&self, index: usize) -> Result<T, Error> {
        let of = |cause: &str| Error::Column { column: index.to_string(), cause: cause.to_owned() };
        let (column, value) = self
            .columns
            .get(index)
            .zip(self.values.get(index))
            .ok_or_else(|| of("is not in the answer"))?;
        read(column, value.as_deref())
    }

    /// The value of a column by its name.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn by_name<T: FromText>(&self, name: &str) -> Result<T, Error> {
        match self.columns.iter().position(|column| column.name == name) {
            Some(index) => self.get(index),
            None => {
                let cause = "is not in the answer".to_owned();
                Err(Error::Column { column: name.to_owned(), cause })
            }
        }
    }
}

/// Reads a value. The error does not repeat it.
fn read<T: FromText>(column: &Column, value: Option<&str>) -> Result<T, Error> {
    let wanted = std::any::type_name::<T>();
    let of = |cause: String| Error::Column { column: column.name.clone(), cause };
    let kind = Type::from_oid(column.type_oid).unwrap_or(Type::UNKNOWN);
    if !T::accepts(&kind) {
        return Err(of(format!("is of type {kind}, which is no {wanted}")));
    }
    match value {
        None => T::from_null().ok_or_else(|| of("is NULL".to_owned())),
        Some(text) => T::from_text(text).ok_or_else(|| of(format!("holds no {wanted}"))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    command: String,
    row_count: Option<u64>,
    fields: Vec<Column>,
    rows: Vec<Vec<Option<String>>>,
}

#[derive(Deserialize)]
struct RawBatch {
    results: Vec<Raw>,
}

/// An answer whose parts agree.
fn whole(raw: Raw) -> Result<Answer, Error> {
    let Raw { command, row_count: count, fields, rows } = raw;
    if rows.iter().any(|values| values.len() != fields.len()) {
        return Err(Error::Malformed("a value for each column of each row"));
    }
    // `create table as` counts its rows as `SELECT` does, and returns none.
    let returned = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let is_read = command == "SELECT" && !fields.is_empty();
    if is_read && count.is_some_and(|count| count != returned) {
        return Err(Error::Malformed("as many rows as it counts"));
    }
    let columns: Arc<[Column]> = fields.into();
    let row = |values| Row { columns: Arc::clone(&columns), values };
    Ok(Answer { command, count, rows: rows.into_iter().map(row).collect() })
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
