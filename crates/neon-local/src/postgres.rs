//! A client of PostgreSQL's as small as a proxy needs it: statements with parameters
//! and rows as text, one after the other.

use std::net::SocketAddr;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::request::Statement;
use crate::wire::{self, Message, Reader};

/// Bytes that are read at once.
const READ_BYTES: usize = 64 * 1024;

/// Version 3.0 of the protocol.
const PROTOCOL: [u8; 4] = [0, 3, 0, 0];

/// A column, with the names that Neon's service has for what is known of it.
#[derive(Debug, Serialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "dataTypeID")]
    type_oid: i32,
    #[serde(rename = "tableID")]
    table_oid: i32,
    #[serde(rename = "columnID")]
    column: i16,
    #[serde(rename = "dataTypeSize")]
    type_size: i16,
    #[serde(rename = "dataTypeModifier")]
    type_modifier: i32,
    format: &'static str,
}

/// The answer to a statement.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) fields: Vec<Field>,
    pub(crate) rows: Vec<Vec<Option<String>>>,
    /// As PostgreSQL says it: `INSERT 0 1`.
    pub(crate) tag: String,
}

/// What PostgreSQL says of an error: a letter and a text each.
pub(crate) type Fields = Vec<(u8, String)>;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// PostgreSQL's own error.
    Sql(Fields),
    /// The database is not there.
    Gone,
}

impl From<std::io::Error> for Refusal {
    fn from(_: std::io::Error) -> Self {
        Self::Gone
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Postgres {
    stream: TcpStream,
    held: Vec<u8>,
}

impl Postgres {
    /// Connects to a database that trusts everybody.
    pub(crate) async fn connect(
        at: SocketAddr,
        user: &str,
        database: &str,
    ) -> Result<Self, Refusal> {
        let mut postgres = Self { stream: TcpStream::connect(at).await?, held: Vec::new() };
        let said = ["user", user, "database", database, "client_encoding", "UTF8", ""];
        let startup = [PROTOCOL.as_slice(), &wire::texts(&said)].concat();
        postgres.stream.write_all(&wire::message(0, &startup)).await?;
        postgres.answer().await?;
        Ok(postgres)
    }

    /// Runs a statement that is the proxy's own.
    pub(crate) async fn command(&mut self, text: &str) -> Result<Answer, Refusal> {
        self.stream.write_all(&wire::message(b'Q', &wire::texts(&[text]))).await?;
        self.answer().await
    }

    /// Runs a statement.
    pub(crate) async fn query(&mut self, statement: &Statement) -> Result<Answer, Refusal> {
        let parse = [wire::texts(&["", &statement.query]), vec![0, 0]].concat();
        let sent = [
            wire::message(b'P', &parse),
            wire::message(b'B', &bind(&statement.params)),
            wire::message(b'D', b"P\0"),
            wire::message(b'E', &[0, 0, 0, 0, 0]),
            wire::message(b'S', b""),
        ];
        self.stream.write_all(&sent.concat()).await?;
        self.answer().await
    }

    /// Everything until the server is ready again.
    async fn answer(&mut self) -> Result<Answer, Refusal> {
        let mut answer = Answer::default();
        let mut refusal = None;
        loop {
            let Message { kind, body } = self.message().await?;
            let mut reader = Reader(&body);
            match kind {
                b'T' => answer.fields = fields(&mut reader),
                b'D' => answer.rows.push(row(&mut reader)),
                b'C' => answer.tag = reader.text(),
                b'E' => refusal = Some(error(&mut reader)),
                b'Z' => return refusal.map_or(Ok(answer), |fields| Err(Refusal::Sql(fields))),
                _ => {}
            }
        }
    }

    async fn message(&mut self) -> Result<Message, Refusal> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            if let Some(message) = wire::take(&mut self.held) {
                return Ok(message);
            }
            match self.stream.read(&mut buffer).await? {
                0 => return Err(Refusal::Gone),
                bytes => self.held.extend_from_slice(buffer.get(..bytes).unwrap_or_default()),
            }
        }
    }
}

/// Every parameter and every column as text.
fn bind(params: &[Option<String>]) -> Vec<u8> {
    let mut body = vec![0, 0, 0, 0];
    body.extend(u16::try_from(params.len()).unwrap_or(u16::MAX).to_be_bytes());
    for param in params {
        match param {
            None => body.extend((-1_i32).to_be_bytes()),
            Some(text) => {
                body.extend(i32::try_from(text.len()).unwrap_or(i32::MAX).to_be_bytes());
                body.extend(text.as_bytes());
            }
        }
    }
    body.extend([0, 0]);
    body
}

fn fields(reader: &mut Reader<'_>) -> Vec<Field> {
    let count = reader.i16();
    let field = |_| {
        let name = reader.text();
        let (table_oid, column) = (reader.i32(), reader.i16());
        let (type_oid, type_size) = (reader.i32(), reader.i16());
        let type_modifier = reader.i32();
        reader.i16();
        Field { name, type_oid, table_oid, column, type_size, type_modifier, format: "text" }
    };
    (0..count).map(field).collect()
}

fn row(reader: &mut Reader<'_>) -> Vec<Option<String>> {
    let count = reader.i16();
    let value = |_| {
        let bytes = usize::try_from(reader.i32()).ok()?;
        Some(String::from_utf8_lossy(reader.bytes(bytes)).into_owned())
    };
    (0..count).map(value).collect()
}

fn error(reader: &mut Reader<'_>) -> Fields {
    let mut fields = Vec::new();
    while let Some(letter) = reader.bytes(1).first().filter(|letter| **letter != 0) {
        fields.push((*letter, reader.text()));
    }
    fields
}
