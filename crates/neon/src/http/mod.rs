//! SQL over HTTP: a statement, or a batch of them in one transaction, in one flight
//! and without a session.
//!
//! There is no `SET`, no temporary table and no transaction that waits for an answer
//! of ours in between. A lost answer says nothing about what was done
//! ([`Error::Unanswered`]): writes need a key by which a repetition is known.

mod answer;
mod from_text;
mod request;
mod to_text;

pub use answer::{Answer, Column, Row};
pub use from_text::{FromText, array};
pub use request::{Isolation, Statement, Transaction};
pub use to_text::ToText;

use crate::address::Address;
use crate::connect::Options;
use crate::error::Error;
use crate::platform;
use crate::sql_error::SqlError;

/// Where Neon's proxy takes statements.
pub(crate) const PATH: &str = "/sql";

/// Largest request and largest answer, in bytes. Neon documents 64 MB each way; its
/// proxy, as published, has 10 MiB unless it is told otherwise.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;

/// Characters of a foreign answer that are shown.
const SHOWN_CHARS_MAX: usize = 200;

/// What stands in the place of a password that somebody sent back.
const REDACTED: &str = "[redacted]";

/// Bytes, as `bytea` has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytea(pub Vec<u8>);

/// What came back, whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// The service of one database.
#[derive(Debug, Clone)]
pub struct Http {
    address: Address,
    options: Options,
    host: String,
}

impl Http {
    /// For this database. Nothing is sent yet, and nothing is kept between calls.
    #[must_use]
    pub fn new(address: Address, options: Options) -> Self {
        let host = address.http_host();
        Self { address, options, host }
    }

    /// Runs a statement, in a transaction of its own.
    ///
    /// # Errors
    /// [`Error::Sql`] when PostgreSQL refuses; else by the name of what broke.
    pub async fn query(&self, statement: &Statement) -> Result<Answer, Error> {
        let body = self.post(&[], request::single(statement)).await?;
        Answer::read(&body)
    }

    /// Runs statements in order, in one transaction: all of them, or none.
    ///
    /// # Errors
    /// As for [`query`](Self::query), of the first statement that fails.
    pub async fn batch(
        &self,
        statements: &[Statement],
        transaction: Transaction,
    ) -> Result<Vec<Answer>, Error> {
        let body = self.post(&transaction.headers(), request::batch(statements)).await?;
        Answer::read_batch(&body, statements.len())
    }

    /// The body of an answer that says it is one.
    async fn post(&self, more: &[Header<'_>], body: Vec<u8>) -> Result<Vec<u8>, Error> {
        if body.len() > BYTES_MAX {
            return Err(Error::RequestTooLarge { bytes: body.len(), bytes_max: BYTES_MAX });
        }
        let connection = self.address.connection_string();
        let mut headers: Vec<Header<'_>> = vec![
            ("Neon-Connection-String", &connection),
            ("Neon-Raw-Text-Output", "true"),
            ("Neon-Array-Mode", "true"),
            ("Content-Type", "application/json"),
        ];
        headers.extend(more);
        let reply = platform::post(&self.options, &self.host, &headers, body).await?;
        if reply.status == 200 {
            return Ok(reply.body);
        }
        Err(self.refused(&reply))
    }

    /// An error of the database's, or of something on the way to it.
    fn refused(&self, reply: &Reply) -> Error {
        let text = self.without_password(&String::from_utf8_lossy(&reply.body));
        let error = SqlError::from_json(text.as_bytes());
        let message = match error {
            Some(error) if reply.status == 400 => return Error::Sql(Box::new(error)),
            Some(error) => error.message().to_owned(),
            None => text,
        };
        let message = message.chars().take(SHOWN_CHARS_MAX).collect();
        Error::Status { host: self.host.clone(), status: reply.status, message }
    }

    /// Whoever answers may send back what it was sent.
    fn without_password(&self, text: &str) -> String {
        let plain = String::from_utf8_lossy(self.address.password()).into_owned();
        let escaped = self.address.escaped_password();
        text.replace(&escaped, REDACTED).replace(&plain, REDACTED)
    }
}

/// A header and its value.
pub(crate) type Header<'a> = (&'static str, &'a str);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Hosts;

    fn http() -> Http {
        let url = "postgres://u:hunter%2F2@ep-1.eu.aws.neon.tech/db";
        Http::new(Address::parse(url, &Hosts::neon()).unwrap(), Options::default())
    }

    fn refused(status: u16, body: &str) -> Error {
        http().refused(&Reply { status, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn a_password_that_comes_back_is_not_shown() {
        let bodies = ["no such address postgresql://u:hunter%2F2@x/db", "hunter/2 is wrong"];
        for body in bodies {
            let json = format!(r#"{{"message":"{body}","code":""}}"#);
            for error in [refused(502, body), refused(400, &json), refused(500, &json)] {
                let shown = format!("{error} {error:?}");
                assert!(shown.contains(REDACTED) && !shown.contains("hunter"), "{shown}");
            }
        }
        assert!(!format!("{:?}", http()).contains("hunter"));
    }

    #[test]
    fn only_a_400_is_the_databases() {
        let json = r#"{"message":"division by zero","code":"22012"}"#;
        assert!(matches!(refused(400, json), Error::Sql(_)));
        assert!(matches!(refused(500, json), Error::Status { status: 500, .. }));
        let page = refused(400, "<html>");
        assert!(matches!(&page, Error::Status { message, .. } if message == "<html>"));
        let long = refused(404, &"x".repeat(10_000)).to_string();
        assert!(long.len() < 400, "{}", long.len());
    }
}
