//! What a request for SQL over HTTP says, as Neon's proxy reads it
//! (`proxy/src/serverless/sql_over_http.rs`, `json.rs`). No I/O.

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use serde::Deserialize;
use serde_json::Value;

/// Statements, and how they are run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) statements: Vec<Statement>,
    /// Whether they are a batch, in one transaction.
    pub(crate) is_batch: bool,
    /// How that is begun.
    pub(crate) begin: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: String,
}

/// A statement and its parameters as text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) query: String,
    pub(crate) params: Vec<Option<String>>,
    /// Whether its rows are arrays, not objects.
    pub(crate) is_array: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Query {
    query: String,
    #[serde(default)]
    params: Vec<Value>,
    array_mode: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Payload {
    Single(Query),
    Batch { queries: Vec<Query> },
}

/// Reads a request; else what to tell who sent it.
pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Wanted, String> {
    let of = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let is = |name: &str| of(name) == Some(b"true".as_slice());
    if !is("Neon-Raw-Text-Output") {
        return Err("this server has raw text output alone".to_owned());
    }
    let connection = of("Neon-Connection-String").ok_or("missing connection string")?;
    let (user, password, database) =
        connection_string(connection).ok_or("invalid connection string")?;
    let begin = begin(&of, is("Neon-Batch-Read-Only"), is("Neon-Batch-Deferrable"))?;
    let payload = serde_json::from_slice(body)
        .map_err(|error| format!("could not parse the HTTP request body: {error}"))?;
    let (queries, is_batch) = match payload {
        Payload::Single(query) => (vec![query], false),
        Payload::Batch { queries } => (queries, true),
    };
    let is_array = is("Neon-Array-Mode");
    let statement = |query: Query| Statement {
        query: query.query,
        params: query.params.iter().map(param).collect(),
        is_array: query.array_mode.unwrap_or(is_array),
    };
    let statements = queries.into_iter().map(statement).collect();
    Ok(Wanted { statements, is_batch, begin, user, password, database })
}

fn begin<'a>(
    of: &impl Fn(&str) -> Option<&'a [u8]>,
    read_only: bool,
    deferrable: bool,
) -> Result<String, String> {
    let level = match of("Neon-Batch-Isolation-Level") {
        None => "",
        Some(b"ReadUncommitted") => " isolation level read uncommitted",
        Some(b"ReadCommitted") => " isolation level read committed",
        Some(b"RepeatableRead") => " isolation level repeatable read",
        Some(b"Serializable") => " isolation level serializable",
        Some(_) => return Err("invalid isolation level".to_owned()),
    };
    let read_only = if read_only { " read only" } else { "" };
    let deferrable = if deferrable { " deferrable" } else { "" };
    Ok(format!("start transaction{level}{read_only}{deferrable}"))
}

/// User, password and database of `postgresql://user:password@host/database`.
fn connection_string(bytes: &[u8]) -> Option<(String, String, String)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (scheme, rest) = text.split_once("://")?;
    if !["postgres", "postgresql"].contains(&scheme) {
        return None;
    }
    let (credentials, place) = rest.rsplit_once('@')?;
    let (user, password) = credentials.split_once(':')?;
    let (_, path) = place.split_once('/')?;
    let database = path.split('?').next()?;
    Some((unescaped(user)?, unescaped(password)?, unescaped(database)?))
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// A parameter's text: strings as they are, arrays as PostgreSQL writes them.
fn param(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(_) => Some(element(value)),
        other => Some(other.to_string()),
    }
}

fn element(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Array(values) => {
            format!("{{{}}}", values.iter().map(element).collect::<Vec<_>>().join(","))
        }
        Value::Object(_) => Value::String(value.to_string()).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(more: &[(&'static str, &'static str)]) -> HeaderMap {
        let usual = [
            ("neon-connection-string", "postgresql://a%40b:p%3Aw@host.example/db?x=y"),
            ("neon-raw-text-output", "true"),
            ("neon-array-mode", "true"),
        ];
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), HeaderValue::from_static(value))
        };
        usual.iter().chain(more).map(pair).collect()
    }

    #[test]
    fn statements_are_read_as_neons_proxy_reads_them() {
        let body = br#"{"query":"q","params":[null,"a\"",1,true,{"k":1},[1,null,"x\"y",[2]]]}"#;
        let wanted = read(&headers(&[]), body).unwrap();
        let [statement] = &*wanted.statements else { panic!("one statement") };
        let params: Vec<Option<&str>> = statement.params.iter().map(Option::as_deref).collect();
        let array = r#"{1,NULL,"x\"y",{2}}"#;
        let expected =
            [None, Some("a\""), Some("1"), Some("true"), Some(r#"{"k":1}"#), Some(array)];
        assert_eq!(params, expected);
        assert_eq!((wanted.user.as_str(), wanted.password.as_str()), ("a@b", "p:w"));
        assert_eq!((wanted.database.as_str(), wanted.is_batch), ("db", false));
        assert!(statement.is_array);
    }

    #[test]
    fn a_batch_says_how_it_begins() {
        let said = headers(&[
            ("neon-batch-isolation-level", "Serializable"),
            ("neon-batch-read-only", "true"),
            ("neon-batch-deferrable", "true"),
        ]);
        let wanted = read(&said, br#"{"queries":[{"query":"q"}]}"#).unwrap();
        let begin = "start transaction isolation level serializable read only deferrable";
        assert_eq!((wanted.begin.as_str(), wanted.is_batch), (begin, true));
        let odd = headers(&[("neon-batch-isolation-level", "serializable")]);
        assert_eq!(read(&odd, b"{}").unwrap_err(), "invalid isolation level");
        // Only the literal `true` counts.
        let loud = headers(&[("neon-batch-read-only", "TRUE")]);
        assert_eq!(read(&loud, br#"{"queries":[]}"#).unwrap().begin, "start transaction");
    }
}
