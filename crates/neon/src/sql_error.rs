//! An error of PostgreSQL's, the same whichever way it came.

use std::fmt;

use serde::Deserialize;
use tokio_postgres::error::{DbError, SqlState};

/// What PostgreSQL says of an error. A proxy's own errors may have no SQLSTATE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    code: Option<SqlState>,
    fields: Fields,
}

/// The fields as Neon's HTTP service names them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Fields {
    code: Option<String>,
    message: String,
    severity: Option<String>,
    detail: Option<String>,
    hint: Option<String>,
    schema: Option<String>,
    table: Option<String>,
    column: Option<String>,
    data_type: Option<String>,
    constraint: Option<String>,
    #[serde(rename = "where")]
    context: Option<String>,
}

impl SqlError {
    /// Reads the body of an HTTP error; none if it is another's.
    #[must_use]
    pub fn from_json(body: &[u8]) -> Option<Self> {
        let fields: Fields = serde_json::from_slice(body).ok()?;
        if fields.message.is_empty() {
            return None;
        }
        let code = fields.code.as_deref().filter(|code| !code.is_empty());
        Some(Self { code: code.map(SqlState::from_code), fields })
    }

    /// The SQLSTATE.
    #[must_use]
    pub fn code(&self) -> Option<&SqlState> {
        self.code.as_ref()
    }

    /// What happened, in the server's words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.fields.message
    }

    /// `ERROR`, `FATAL` or `PANIC`.
    #[must_use]
    pub fn severity(&self) -> Option<&str> {
        self.fields.severity.as_deref()
    }

    /// More of it. It may hold values of rows.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.fields.detail.as_deref()
    }

    /// What might help.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.fields.hint.as_deref()
    }

    /// The schema that it is about.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.fields.schema.as_deref()
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.fields.table.as_deref()
    }

    /// The column.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.fields.column.as_deref()
    }

    /// The type.
    #[must_use]
    pub fn data_type(&self) -> Option<&str> {
        self.fields.data_type.as_deref()
    }

    /// The constraint.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        self.fields.constraint.as_deref()
    }

    /// Where in which function it happened.
    #[must_use]
    pub fn context(&self) -> Option<&str> {
        self.fields.context.as_deref()
    }
}

impl From<&DbError> for SqlError {
    fn from(error: &DbError) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let fields = Fields {
            code: Some(error.code().code().to_owned()),
            message: error.message().to_owned(),
            severity: Some(error.severity().to_owned()),
            detail: owned(error.detail()),
            hint: owned(error.hint()),
            schema: owned(error.schema()),
            table: owned(error.table()),
            column: owned(error.column()),
            data_type: owned(error.datatype()),
            constraint: owned(error.constraint()),
            context: owned(error.where_()),
        };
        Self { code: Some(error.code().clone()), fields }
    }
}

/// Severity, message and SQLSTATE; the detail may hold values, and stays out.
impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity().unwrap_or("ERROR"), self.message())?;
        self.code().map_or(Ok(()), |code| write!(f, " (SQLSTATE {})", code.code()))
    }
}

impl std::error::Error for SqlError {}
