//! A WebSocket of the runtime as a transport.
//!
//! The runtime hands over events whether or not somebody reads, and takes frames
//! whether or not they leave: nobody waits here, and what waits to be read is bounded.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use worker::js_sys::{ArrayBuffer, Uint8Array};
use worker::wasm_bindgen::closure::Closure;
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::web_sys::{BinaryType, CloseEvent, Event as AnyEvent, MessageEvent};
use worker::{Fetch, Headers, Method, Request, RequestInit, RequestRedirect, WebSocket};

use super::Network;
use crate::error::Error;
use crate::stream::{Event, Limits, Transport};

/// WebSocket's status for "done".
const DONE: u16 = 1000;

/// WebSocket's status where the other side has said none.
const NO_STATUS: u16 = 1005;

/// WebSocket's status for an end without a good-bye.
const ABNORMAL: u16 = 1006;

/// What has come and is not read.
#[derive(Debug, Default)]
struct Inbox {
    events: VecDeque<Result<Event, Error>>,
    bytes: usize,
    waker: Option<Waker>,
}

impl Inbox {
    fn push(&mut self, event: Result<Event, Error>) {
        self.events.push_back(event);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn push_data(&mut self, data: JsValue, bytes_max: usize) {
        let Ok(buffer) = data.dyn_into::<ArrayBuffer>() else {
            return self.push(Ok(Event::Text));
        };
        let frame = Uint8Array::new(&buffer);
        let bytes = usize::try_from(frame.length()).unwrap_or(usize::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > bytes_max {
            let bytes = self.bytes;
            return self.push(Err(Error::Flooded { bytes, bytes_max }));
        }
        self.push(Ok(Event::Binary(Bytes::from(frame.to_vec()))));
    }
}

type Listener<E> = Closure<dyn FnMut(E)>;

/// A socket that the runtime has opened. Dropped, it is closed.
pub struct Socket {
    socket: WebSocket,
    inbox: Rc<RefCell<Inbox>>,
    on_message: Listener<MessageEvent>,
    on_close: Listener<CloseEvent>,
    on_error: Listener<AnyEvent>,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("inbox", &self.inbox).finish_non_exhaustive()
    }
}

/// Opens `wss://host:port/path`.
pub(crate) async fn open(
    _: &Network,
    host: &str,
    port: u16,
    path: &str,
    limits: &Limits,
) -> Result<Socket, Error> {
    let unreachable = |error: worker::Error| Error::Unreachable {
        host: host.to_owned(),
        cause: error.to_string(),
    };
    // The runtime opens a WebSocket by a request that asks for the upgrade.
    let url = format!("https://{host}:{port}{path}");
    let headers = Headers::new();
    headers.set("Upgrade", "websocket").map_err(unreachable)?;
    let mut init = RequestInit::new();
    // The password goes to this host and to no other.
    init.with_method(Method::Get).with_headers(headers).with_redirect(RequestRedirect::Manual);
    let request = Request::new_with_init(&url, &init).map_err(unreachable)?;
    let answer = Fetch::Request(request).send().await.map_err(unreachable)?;
    let status = answer.status_code();
    let socket =
        answer.websocket().ok_or_else(|| Error::NotUpgraded { host: host.to_owned(), status })?;
    Socket::accept(socket, limits.unread_bytes_max).map_err(unreachable)
}

impl Socket {
    /// Listens before anything can come.
    fn accept(socket: WebSocket, bytes_max: usize) -> worker::Result<Self> {
        let inbox = Rc::new(RefCell::new(Inbox::default()));
        let of = Rc::clone(&inbox);
        let on_message = Closure::new(move |event: MessageEvent| {
            of.borrow_mut().push_data(event.data(), bytes_max);
        });
        let of = Rc::clone(&inbox);
        let on_close = Closure::new(move |event: CloseEvent| {
            let status = match event.code() {
                ABNORMAL => None,
                NO_STATUS => Some(DONE),
                status => Some(status),
            };
            of.borrow_mut().push(Ok(Event::Closed { status, reason: event.reason() }));
        });
        let of = Rc::clone(&inbox);
        let on_error = Closure::new(move |_: AnyEvent| {
            let reason = "an error of the runtime's".to_owned();
            of.borrow_mut().push(Ok(Event::Closed { status: None, reason }));
        });
        let raw = socket.as_ref();
        // Frames would come as blobs, which can only be read later.
        raw.set_binary_type(BinaryType::Arraybuffer);
        raw.add_event_listener_with_callback("message", on_message.as_ref().unchecked_ref())?;
        raw.add_event_listener_with_callback("close", on_close.as_ref().unchecked_ref())?;
        raw.add_event_listener_with_callback("error", on_error.as_ref().unchecked_ref())?;
        socket.accept()?;
        Ok(Self { socket, inbox, on_message, on_close, on_error })
    }

    fn close(&self) -> worker::Result<()> {
        self.socket.close(Some(DONE), Some(""))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let raw = self.socket.as_ref();
        let listeners = [
            ("message", self.on_message.as_ref()),
            ("close", self.on_close.as_ref()),
            ("error", self.on_error.as_ref()),
        ];
        for (name, listener) in listeners {
            // There is nobody left to be told, and nothing that could be done.
            raw.remove_event_listener_with_callback(name, listener.unchecked_ref()).ok();
        }
        self.close().ok();
    }
}

fn broken(error: &worker::Error) -> Error {
    Error::Broken { how: error.to_string() }
}

impl Transport for Socket {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Error>> {
        let mut inbox = self.inbox.borrow_mut();
        let Some(event) = inbox.events.pop_front() else {
            inbox.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        if let Ok(Event::Binary(frame)) = &event {
            inbox.bytes = inbox.bytes.saturating_sub(frame.len());
        }
        Poll::Ready(event)
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn send(&mut self, frame: Bytes) -> Result<(), Error> {
        self.socket.send_with_bytes(frame).map_err(|error| broken(&error))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(self.close().map_err(|error| broken(&error)))
    }
}
