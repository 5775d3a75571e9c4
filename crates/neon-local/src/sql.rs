//! SQL over HTTP, as Neon's proxy answers it.

use std::io;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::faults::{End, Ending, Faults};
use crate::postgres::{Answer, Fields, Postgres, Refusal};
use crate::request::{self, Wanted};
use crate::server::Shared;

/// Largest request, in bytes; Neon's proxy takes as much.
const REQUEST_BYTES_MAX: usize = 10 * 1024 * 1024;

/// The letters of PostgreSQL's errors, and what Neon's service calls them.
const ERROR_FIELDS: [(u8, &str); 16] = [
    (b'M', "message"),
    (b'C', "code"),
    (b'D', "detail"),
    (b'H', "hint"),
    (b'P', "position"),
    (b'p', "internalPosition"),
    (b'q', "internalQuery"),
    (b'S', "severity"),
    (b'W', "where"),
    (b't', "table"),
    (b'c', "column"),
    (b's', "schema"),
    (b'd', "dataType"),
    (b'n', "constraint"),
    (b'F', "file"),
    (b'R', "routine"),
];

/// The body of an answer.
pub(crate) type Body = BoxBody<Bytes, io::Error>;

/// What is told to a client instead of an answer.
struct Refused(StatusCode, Value);

/// Answers a request that is for no WebSocket.
pub(crate) async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
    faults: &Faults,
) -> Response<Body> {
    let (status, value) = match run(request, shared, faults).await {
        Ok(value) => (StatusCode::OK, value),
        Err(Refused(status, value)) => (status, value),
    };
    let mut answer = Response::new(body(value.to_string().into_bytes(), faults.end));
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}

/// A body that may end before its end.
pub(crate) fn body(bytes: Vec<u8>, end: Option<End>) -> Body {
    let whole = Bytes::from(bytes);
    let Some(end) = end else {
        return Full::new(whole).map_err(|never| match never {}).boxed();
    };
    let after = usize::try_from(end.after_bytes).unwrap_or(usize::MAX);
    let first = whole.slice(..after.min(whole.len()));
    let hangs = end.ending == Ending::Hang;
    let first = stream::once(async move { Ok(Frame::data(first)) });
    let rest = stream::once(async move {
        if hangs {
            std::future::pending::<()>().await;
        }
        Err(io::Error::other("cut, as wanted"))
    });
    BodyExt::boxed(StreamBody::new(first.chain(rest)))
}

fn refused(status: StatusCode, message: &str) -> Refused {
    Refused(status, json!({ "message": message, "code": "" }))
}

async fn run(
    request: Request<Incoming>,
    shared: &Shared,
    faults: &Faults,
) -> Result<Value, Refused> {
    if request.method() != Method::POST || request.uri().path() != "/sql" {
        return Err(refused(StatusCode::NOT_FOUND, "page not found"));
    }
    shared.counts.requested();
    let (head, body) = request.into_parts();
    let read = Limited::new(body, REQUEST_BYTES_MAX).collect().await;
    let too_large = |_| refused(StatusCode::PAYLOAD_TOO_LARGE, "request is too large");
    let body = read.map_err(too_large)?.to_bytes();
    let wanted = request::read(&head.headers, &body)
        .map_err(|error| refused(StatusCode::BAD_REQUEST, &error))?;
    if wanted.password != shared.options.password {
        let text = format!("password authentication failed for user '{}'", wanted.user);
        return Err(refused(StatusCode::BAD_REQUEST, &text));
    }
    if faults.asleep {
        let text = "Couldn't connect to compute node";
        return Err(refused(StatusCode::INTERNAL_SERVER_ERROR, text));
    }
    let value = statements(&wanted, shared).await.map_err(of_database)?;
    let bytes_max = shared.options.answer_bytes_max;
    if value.to_string().len() > bytes_max {
        let text = format!("response is too large (max is {bytes_max} bytes)");
        return Err(refused(StatusCode::INSUFFICIENT_STORAGE, &text));
    }
    Ok(value)
}

/// Runs a statement, or a batch of them: all, or none.
async fn statements(wanted: &Wanted, shared: &Shared) -> Result<Value, Refusal> {
    let at = shared.options.database;
    let mut postgres = Postgres::connect(at, &wanted.user, &wanted.database).await?;
    if wanted.is_batch {
        postgres.command(&wanted.begin).await?;
    }
    let mut results = Vec::new();
    for statement in &wanted.statements {
        // After an error the connection ends, and what was begun with it.
        let answer = postgres.query(statement).await?;
        results.push(result(answer, statement.is_array));
    }
    if wanted.is_batch {
        postgres.command("commit").await?;
        return Ok(json!({ "results": results }));
    }
    Ok(results.pop().unwrap_or_default())
}

fn result(answer: Answer, is_array: bool) -> Value {
    let Answer { fields, rows, tag } = answer;
    let row = |values: Vec<Option<String>>| {
        if is_array {
            return json!(values);
        }
        let names = fields.iter().map(|field| field.name.clone());
        Value::Object(names.zip(values.into_iter().map(Value::from)).collect())
    };
    let rows: Vec<Value> = rows.into_iter().map(row).collect();
    let mut words = tag.split(' ');
    let command = words.next().unwrap_or_default();
    let count: Option<u64> = words.next_back().and_then(|count| count.parse().ok());
    json!({
        "command": command,
        "rowCount": count,
        "rowAsArray": is_array,
        "fields": fields,
        "rows": rows,
    })
}

fn of_database(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Sql(fields) => Refused(StatusCode::BAD_REQUEST, error(&fields)),
        Refusal::Gone => {
            refused(StatusCode::INTERNAL_SERVER_ERROR, "Couldn't connect to compute node")
        }
    }
}

fn error(fields: &Fields) -> Value {
    let of = |letter: u8| fields.iter().find(|field| field.0 == letter).map(|field| &field.1);
    let named = ERROR_FIELDS.map(|(letter, name)| (name.to_owned(), json!(of(letter))));
    Value::Object(Map::from_iter(named))
}
