//! What is asked over HTTP, as Neon's service reads it. Pure.

use serde::Serialize;

use super::{Header, ToText};

/// A statement and its parameters, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    query: String,
    params: Vec<Option<String>>,
}

impl Statement {
    /// A statement without parameters yet. The server infers their types: cast where it
    /// cannot, as in `$1::int8`.
    #[must_use]
    pub fn new(query: impl Into<String>) -> Self {
        Self { query: query.into(), params: Vec::new() }
    }

    /// Binds the next of `$1`, `$2` and so on.
    #[must_use]
    pub fn bind(mut self, value: &(impl ToText + ?Sized)) -> Self {
        self.params.push(value.to_text());
        self
    }
}

/// How much a batch's transaction sees of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// As PostgreSQL has it, [`ReadCommitted`](Self::ReadCommitted).
    ReadUncommitted,
    /// What is committed when a statement begins.
    ReadCommitted,
    /// What was committed when the first statement began.
    RepeatableRead,
    /// As if there were no others.
    Serializable,
}

/// How a batch's transaction is begun; as the database has it, unless it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transaction {
    /// How much it sees of others.
    pub isolation: Option<Isolation>,
    /// Whether it may write.
    pub read_only: bool,
    /// Whether it waits for a moment in which it can neither fail nor harm. Only with
    /// `Serializable` and `read_only`.
    pub deferrable: bool,
}

impl Transaction {
    /// The headers that say so; what is not said has none.
    pub(crate) fn headers(self) -> Vec<Header<'static>> {
        let isolation = self.isolation.map(|isolation| match isolation {
            Isolation::ReadUncommitted => "ReadUncommitted",
            Isolation::ReadCommitted => "ReadCommitted",
            Isolation::RepeatableRead => "RepeatableRead",
            Isolation::Serializable => "Serializable",
        });
        let said = [
            isolation.map(|level| ("Neon-Batch-Isolation-Level", level)),
            self.read_only.then_some(("Neon-Batch-Read-Only", "true")),
            self.deferrable.then_some(("Neon-Batch-Deferrable", "true")),
        ];
        said.into_iter().flatten().collect()
    }
}

#[derive(Serialize)]
struct Batch<'a> {
    queries: &'a [Statement],
}

/// The body of one statement.
pub(crate) fn single(statement: &Statement) -> Vec<u8> {
    body(statement)
}

/// The body of a batch.
pub(crate) fn batch(queries: &[Statement]) -> Vec<u8> {
    body(&Batch { queries })
}

/// Texts and nothing else: JSON has all of them.
fn body(of: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(of).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_as_neons_own_driver_sends_them() {
        let one = Statement::new("show $1::int8, $2").bind(&7i64).bind("a\"b\u{1F600}");
        let text = r#"{"query":"show $1::int8, $2","params":["7","a\"b😀"]}"#;
        assert_eq!(String::from_utf8(single(&one)).unwrap(), text);
        let two = Statement::new("show 1").bind(&None::<bool>);
        let both = format!(r#"{{"queries":[{text},{{"query":"show 1","params":[null]}}]}}"#);
        assert_eq!(String::from_utf8(batch(&[one, two])).unwrap(), both);
    }

    #[test]
    fn only_what_is_said_is_sent() {
        assert!(Transaction::default().headers().is_empty());
        let isolation = Some(Isolation::Serializable);
        let all = Transaction { isolation, read_only: true, deferrable: true }.headers();
        let expected = [
            ("Neon-Batch-Isolation-Level", "Serializable"),
            ("Neon-Batch-Read-Only", "true"),
            ("Neon-Batch-Deferrable", "true"),
        ];
        assert_eq!(all, expected);
    }
}
