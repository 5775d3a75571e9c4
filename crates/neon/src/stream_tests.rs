use std::collections::VecDeque;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::wire::WireError;

const STARTUP: &[u8] = &[0, 0, 0, 9, 0, 3, 0, 0, 0];

/// Says what it was told to say, then nothing; keeps what it was sent.
#[derive(Debug, Default)]
struct Script {
    events: VecDeque<Result<Event, Error>>,
    sent: Vec<Bytes>,
    is_full: bool,
    is_closed: bool,
}

impl Transport for Script {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Result<Event, Error>> {
        self.events.pop_front().map_or(Poll::Pending, Poll::Ready)
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.is_full { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn send(&mut self, frame: Bytes) -> Result<(), Error> {
        self.sent.push(frame);
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.is_closed = true;
        Poll::Ready(Ok(()))
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], length.as_slice(), body].concat()
}

fn binary(bytes: &[u8]) -> Result<Event, Error> {
    Ok(Event::Binary(Bytes::copy_from_slice(bytes)))
}

fn closed(status: Option<u16>) -> Result<Event, Error> {
    Ok(Event::Closed { status, reason: String::new() })
}

fn stream(events: impl IntoIterator<Item = Result<Event, Error>>) -> WsStream<Script> {
    let events = events.into_iter().collect();
    WsStream::new(Script { events, ..Script::default() }, Limits::default())
}

/// A stream on which the start-up has been sent, so that an answer is owed.
async fn asked(events: impl IntoIterator<Item = Result<Event, Error>>) -> WsStream<Script> {
    let mut stream = stream(events);
    stream.write_all(STARTUP).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

/// All that can be read, and the error it ended with.
async fn read(stream: &mut WsStream<Script>) -> (Vec<u8>, Option<Error>) {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes).await;
    let error = ended.err().map(|error| {
        let inner = error.into_inner().expect("an error of ours");
        *inner.downcast::<Error>().expect("an error of ours")
    });
    (bytes, error)
}

#[tokio::test]
async fn a_flush_is_a_frame() {
    let mut stream = stream([]);
    for piece in [STARTUP, &message(b'p', b"x\0")] {
        stream.write_all(piece).await.unwrap();
    }
    assert!(stream.transport.sent.is_empty());
    stream.flush().await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(stream.transport.sent, [[STARTUP, &message(b'p', b"x\0")].concat()]);
    stream.write_all(&message(b'X', b"")).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(stream.transport.sent.len(), 2);
    assert!(stream.transport.is_closed);
}

#[tokio::test]
async fn a_large_message_goes_in_frames_of_a_mebibyte() {
    let mut stream = asked([]).await;
    let large = message(b'B', &vec![7; 2 * SENT_BYTES_MAX]);
    stream.write_all(&large).await.unwrap();
    stream.flush().await.unwrap();
    let sizes: Vec<usize> = stream.transport.sent.iter().map(Bytes::len).collect();
    assert_eq!(sizes, [9, SENT_BYTES_MAX, SENT_BYTES_MAX, 5]);
    assert_eq!(stream.transport.sent[1..].concat(), large);
}

/// What is owed, what comes, and how it ends.
#[tokio::test]
async fn every_end_has_its_name() {
    let row = message(b'D', b"row");
    let ready = message(b'Z', b"I");
    let both = [row.clone(), ready.clone()].concat();

    let (bytes, error) = read(&mut asked([binary(&both), closed(Some(1000))]).await).await;
    assert_eq!((bytes, error.is_none()), (both.clone(), true), "a clean close");

    for status in [None, Some(1000), Some(1011)] {
        let (bytes, error) = read(&mut asked([binary(&row[..4]), closed(status)]).await).await;
        assert!(matches!(error, Some(Error::CutAmidMessage { .. })), "{error:?}");
        assert_eq!(bytes, &row[..4]);
        let (bytes, error) = read(&mut asked([binary(&row), closed(status)]).await).await;
        assert!(matches!(error, Some(Error::CutAmidAnswer { .. })), "{error:?}");
        assert_eq!(bytes, row);
    }
    let (_, error) = read(&mut asked([binary(&both), closed(None)]).await).await;
    assert!(matches!(error, Some(Error::Broken { .. })), "{error:?}");
    let (_, error) = read(&mut asked([Ok(Event::Text)]).await).await;
    assert!(matches!(error, Some(Error::TextFrame)), "{error:?}");
    let (_, error) = read(&mut asked([binary(&[b'D', 0, 0, 0, 1])]).await).await;
    assert!(matches!(error, Some(Error::Wire(WireError::BadLength { .. }))), "{error:?}");
    let (_, error) = read(&mut asked([binary(&[b'D', 0x7f, 0, 0, 1])]).await).await;
    assert!(matches!(error, Some(Error::Wire(WireError::TooLarge { .. }))), "{error:?}");
    let large = vec![0; Limits::default().frame_bytes_max + 1];
    let (bytes, error) = read(&mut asked([binary(&large)]).await).await;
    assert!(matches!(error, Some(Error::FrameTooLarge { .. })), "{error:?}");
    assert!(bytes.is_empty());
}

#[tokio::test]
async fn an_end_is_said_again() {
    let mut stream = asked([closed(None)]).await;
    for _ in 0..2 {
        let (_, error) = read(&mut stream).await;
        assert!(matches!(error, Some(Error::CutAmidAnswer { .. })), "{error:?}");
    }
    assert!(stream.write_all(b"Q").await.is_err() && stream.flush().await.is_err());
}

#[tokio::test]
async fn after_a_good_bye_any_close_is_clean() {
    let mut stream = asked([binary(&message(b'Z', b"I")), closed(None)]).await;
    stream.write_all(&message(b'X', b"")).await.unwrap();
    stream.shutdown().await.unwrap();
    let (_, error) = read(&mut stream).await;
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn silence_is_an_error_while_an_answer_is_owed() {
    let (_, error) = read(&mut asked([binary(&message(b'D', b"row"))]).await).await;
    assert!(matches!(error, Some(Error::TimedOut { secs: 60, .. })), "{error:?}");

    // Nothing is owed: whoever waits may wait.
    let mut stream = asked([binary(&message(b'Z', b"I"))]).await;
    let waited = Duration::from_secs(3_600);
    assert!(tokio::time::timeout(waited, read(&mut stream)).await.is_err());

    // Nothing leaves.
    let mut stream = asked([]).await;
    stream.transport.is_full = true;
    stream.write_all(&message(b'Q', b"x\0")).await.unwrap();
    let error = stream.flush().await.unwrap_err();
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    assert!(matches!(inner, Some(Error::TimedOut { .. })), "{error}");
}

proptest! {
    #[test]
    fn bytes_arrive_in_order_however_they_are_framed(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..20),
        sizes in prop::collection::vec(0usize..40, 1..10),
    ) {
        let mut all: Vec<u8> = bodies.iter().flat_map(|body| message(b'D', body)).collect();
        all.extend(message(b'Z', b"I"));
        let mut events = Vec::new();
        let mut rest = all.as_slice();
        for size in sizes.iter().cycle().take(1_000) {
            let size = *size;
            let (now, behind) = rest.split_at(size.min(rest.len()));
            events.push(binary(now));
            rest = behind;
        }
        events.push(binary(rest));
        events.push(closed(Some(1000)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (bytes, error) = runtime.block_on(async { read(&mut asked(events).await).await });
        prop_assert_eq!(bytes, all);
        prop_assert!(error.is_none());
    }
}
