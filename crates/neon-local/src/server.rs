//! Listens, and tells the two protocols apart, as Neon's proxy does on one port.

use std::convert::Infallible;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::authority::{Authority, CertificateError, Validity};
use crate::counts::Counts;
use crate::delay::delayed;
use crate::faults::Faults;
use crate::sql::{self, Body};
use crate::websocket;

/// The server could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// It has no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// It cannot listen.
    #[error("cannot listen on this machine: {0}")]
    Listen(#[from] std::io::Error),
}

/// What a client is asked for over WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// A clear-text password, as Neon's proxy asks.
    Password,
    /// What the database itself asks for.
    AsTheDatabase,
}

/// What server is wanted.
#[derive(Clone)]
pub struct Options {
    /// Where PostgreSQL listens.
    pub database: SocketAddr,
    /// Whose password is asked for; the database itself trusts everybody.
    pub password: String,
    /// How it is asked for.
    pub asks: Asks,
    /// Names in the certificate.
    pub names: Vec<String>,
    /// When the certificate holds.
    pub validity: Validity,
    /// Largest answer over HTTP, in bytes; Neon's proxy has as much.
    pub answer_bytes_max: usize,
    /// Port to listen on; 0 for any.
    pub port: u16,
}

/// Without the password, which a server of somebody's may share with another.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Options");
        shown.field("database", &self.database).field("asks", &self.asks);
        shown.field("names", &self.names).field("validity", &self.validity);
        shown.finish_non_exhaustive()
    }
}

impl Options {
    /// In front of this database, with this password and these names.
    #[must_use]
    pub fn new(database: SocketAddr, password: &str, names: &[&str]) -> Self {
        Self {
            database,
            password: password.to_owned(),
            asks: Asks::Password,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            validity: Validity::Good,
            answer_bytes_max: 10 * 1024 * 1024,
            port: 0,
        }
    }
}

/// What every connection knows.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) counts: Counts,
    faults: Mutex<Faults>,
}

/// A running server. Dropped, it ends with all its connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: AbortHandle,
}

impl Server {
    /// Starts one, on the calling runtime.
    ///
    /// # Errors
    /// When it has no certificate or port.
    pub async fn start(authority: &Authority, options: Options) -> Result<Self, ServerError> {
        let tls = TlsAcceptor::from(authority.server(&options.names, options.validity)?);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let (counts, faults) = (Counts::default(), Mutex::default());
        let shared = Arc::new(Shared { options, counts, faults });
        let listening = tokio::spawn(listen(listener, tls, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, listening })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has seen.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// What goes wrong with the connections that are made from now on.
    pub fn set_faults(&self, faults: Faults) {
        *self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Takes connections until it is dropped, and them with it.
async fn listen(listener: TcpListener, tls: TlsAcceptor, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    // A listener fails only for want of file descriptors: who connects is told by that.
    while let Ok((tcp, _)) = listener.accept().await {
        shared.counts.connected();
        connections.spawn(accept(tcp, tls.clone(), Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

async fn accept(tcp: TcpStream, tls: TlsAcceptor, shared: Arc<Shared>) {
    let faults = *shared.faults.lock().unwrap_or_else(PoisonError::into_inner);
    if tcp.set_nodelay(true).is_err() {
        return;
    }
    // A client that does not trust the certificate is gone here.
    if faults.delay.is_zero() {
        if let Ok(stream) = tls.accept(tcp).await {
            serve(stream, shared, faults).await;
        }
    } else if let Ok(stream) = tls.accept(delayed(tcp, faults.delay)).await {
        serve(stream, shared, faults).await;
    }
}

/// Serves requests, and a WebSocket if one of them asks for it.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    shared: Arc<Shared>,
    faults: Faults,
) {
    if faults.mute {
        return std::future::pending().await;
    }
    let upgraded: Arc<Mutex<Option<OnUpgrade>>> = Arc::default();
    let service = service_fn(|mut request: Request<Incoming>| {
        let (shared, upgraded) = (Arc::clone(&shared), Arc::clone(&upgraded));
        async move {
            let answer = upgrade(&request).filter(|_| !faults.not_upgraded);
            let Some(answer) = answer else {
                return Ok::<_, Infallible>(sql::answer(request, &shared, &faults).await);
            };
            if faults.moved && request.uri().path() != MOVED_TO {
                return Ok(moved());
            }
            shared.counts.upgraded();
            let on = hyper::upgrade::on(&mut request);
            *upgraded.lock().unwrap_or_else(PoisonError::into_inner) = Some(on);
            Ok(answer)
        }
    });
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that is gone in the middle of a request is not told about it.
    if serving.with_upgrades().await.is_err() {
        return;
    }
    let on = upgraded.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(on) = on
        && let Ok(stream) = on.await
    {
        websocket::serve(TokioIo::new(stream), &shared, &faults).await;
    }
}

/// Where WebSockets are by [`Faults::moved`].
const MOVED_TO: &str = "/elsewhere";

fn moved() -> Response<Body> {
    let mut answer = Response::new(sql::body(Vec::new(), None));
    *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let headers = answer.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::from_static(MOVED_TO));
    // Faults are a connection's.
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// The answer to a request for a WebSocket; none if it is for something else.
fn upgrade(request: &Request<Incoming>) -> Option<Response<Body>> {
    let headers = request.headers();
    let wanted = headers.get(header::UPGRADE)?;
    if !wanted.as_bytes().eq_ignore_ascii_case(b"websocket") {
        return None;
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()?;
    let mut answer = Response::new(sql::body(Vec::new(), None));
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Some(answer)
}
