//! A request over a connection of its own.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;

use crate::connect::{Options, within};
use crate::error::Error;
use crate::http::{BYTES_MAX, Header, PATH, Reply};

/// Sends a request, and waits for the whole of its answer.
pub(crate) async fn post(
    options: &Options,
    host: &str,
    headers: &[Header<'_>],
    body: Vec<u8>,
) -> Result<Reply, Error> {
    let request = request(host, headers, body)?;
    let unreachable = |error: hyper::Error| Error::Unreachable {
        host: host.to_owned(),
        cause: error.to_string(),
    };
    let (mut sender, connection) = within(options.timeout, "a connection", async {
        let tls = options.network.connect(host, options.port).await?;
        http1::handshake(TokioIo::new(tls)).await.map_err(unreachable)
    })
    .await?;
    // It ends with its only answer, or with the sender; how is told by the answer.
    let working = tokio::spawn(async { connection.await.is_ok() });
    let silence_max = options.limits.silence_max;
    let replied = async {
        let answer = unanswered(silence_max, sender.send_request(request)).await?;
        let status = answer.status().as_u16();
        let body = read(answer.into_body(), silence_max).await?;
        Ok(Reply { status, body })
    }
    .await;
    working.abort();
    replied
}

fn request(
    host: &str,
    headers: &[Header<'_>],
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, Error> {
    let mut request = Request::builder().method(Method::POST).uri(PATH).header("Host", host);
    for (name, value) in headers {
        let mut value =
            HeaderValue::from_str(value).map_err(|_| Error::Malformed("a header's value"))?;
        value.set_sensitive(true);
        request = request.header(*name, value);
    }
    request.body(Full::new(Bytes::from(body))).map_err(|_| Error::Malformed("a request"))
}

/// From here on it may have been done.
async fn unanswered<T>(
    silence_max: Duration,
    future: impl Future<Output = Result<T, hyper::Error>>,
) -> Result<T, Error> {
    let how = |how: String| Error::Unanswered { how };
    let heard = tokio::time::timeout(silence_max, future).await;
    let silence = |_| how(format!("nothing within {} s", silence_max.as_secs()));
    heard.map_err(silence)?.map_err(|error| how(error.to_string()))
}

/// Reads the body, but no more than is taken.
async fn read(mut body: Incoming, silence_max: Duration) -> Result<Vec<u8>, Error> {
    let too_large = Error::AnswerTooLarge { bytes_max: BYTES_MAX };
    if body.size_hint().lower() > u64::try_from(BYTES_MAX).unwrap_or(u64::MAX) {
        return Err(too_large);
    }
    let mut read = Vec::new();
    while let Some(frame) =
        unanswered(silence_max, async { body.frame().await.transpose() }).await?
    {
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > BYTES_MAX {
            return Err(too_large);
        }
        read.extend_from_slice(&data);
    }
    Ok(read)
}
