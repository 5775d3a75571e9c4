//! Sessions through the workers' own ways to the database, in workerd: the test's driver
//! speaks to the HTTP worker over a WebSocket (fault hooks), and that carries its bytes as it
//! carries its own driver's.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use mauntic_flows::ports::PortError;
use mauntic_local::workers::{Build, Options, Workers};
use mauntic_store::connect::Dial;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Config, NoTls};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::reach::{Reach, Transport};

/// The role that the workers would connect as; the test's driver names its own.
const ROLE: &str = "mauntic_http";

/// The header that the HTTP worker relays by.
const RELAY_HEADER: &str = "x-fault-relay";

/// Bytes on their way between the driver and the WebSocket.
const BUFFER_BYTES: usize = 64 * 1024;

/// Workers in front of a server, and what stands between. It outlives the runtimes of single
/// tests, and so has one of its own.
#[derive(Debug)]
pub struct Workerd {
    at: SocketAddr,
    // Dropped in this order.
    _workers: Workers,
    _reach: Reach,
    _runtime: Runtime,
}

/// Of this process, one a way and server: a start takes seconds.
static STARTED: Mutex<Vec<(Transport, u16, Arc<Workerd>)>> = Mutex::new(Vec::new());

impl Workerd {
    /// The workers that reach the server at this port in this way.
    ///
    /// # Panics
    /// When they do not start.
    pub async fn shared(transport: Transport, database_port: u16) -> Arc<Self> {
        let shared = move || {
            let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
            let is_it = |of: &&(Transport, u16, _)| (of.0, of.1) == (transport, database_port);
            if let Some((.., workerd)) = started.iter().find(is_it) {
                return Arc::clone(workerd);
            }
            let workerd = Arc::new(Self::start(transport, database_port));
            started.push((transport, database_port, Arc::clone(&workerd)));
            workerd
        };
        tokio::task::spawn_blocking(shared).await.expect("the workers start")
    }

    fn start(transport: Transport, database_port: u16) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let reach = runtime.block_on(Reach::start(transport, database_port));
        let mut options = Options::new(Build::FaultHooks);
        options.trusted = reach.trusted();
        let direct = format!("postgres://{ROLE}@127.0.0.1:{database_port}/postgres");
        for settings in [&mut options.http, &mut options.queue] {
            reach.lead(settings, ROLE, "postgres", direct.clone());
        }
        options.http.secrets.insert("ADMIN_TOKEN".to_owned(), "nobody's".to_owned());
        let workers = Workers::start(&options).expect("the workers start; are they built?");
        let url = workers.http_url();
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { at, _workers: workers, _reach: reach, _runtime: runtime }
    }

    /// Where the HTTP worker listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.at
    }

    /// A driver's session as this user.
    ///
    /// # Errors
    /// What went wrong, for people.
    pub async fn client(&self, user: &str, database: &str) -> Result<Client, String> {
        let stream = open(self.at).await?;
        let mut config = Config::new();
        config.user(user).dbname(database).ssl_mode(tokio_postgres::config::SslMode::Disable);
        // Neon asks for one; the stand-in is sent its own before this is.
        config.password("of-nobody");
        let started = config.connect_raw(stream, NoTls).await;
        let (client, connection) = started.map_err(|error| error.to_string())?;
        // How it ended shows as an error of the client's next call.
        tokio::spawn(async { connection.await.unwrap_or_default() });
        Ok(client)
    }

    /// The same for the store.
    #[must_use]
    pub fn dial(self: &Arc<Self>, user: &str, database: &str) -> Dial {
        let (workerd, user, database) = (Arc::clone(self), user.to_owned(), database.to_owned());
        Arc::new(move || {
            let (workerd, user, database) = (Arc::clone(&workerd), user.clone(), database.clone());
            Box::pin(async move {
                let client = workerd.client(&user, &database).await;
                client.map_err(|cause| PortError::Unavailable { what: "the database", cause })
            })
        })
    }
}

/// A relay's end, as a stream.
async fn open(at: SocketAddr) -> Result<DuplexStream, String> {
    let shown = |error: &dyn std::error::Error| error.to_string();
    let mut request = format!("ws://{at}/").into_client_request().map_err(|error| shown(&error))?;
    request.headers_mut().insert(RELAY_HEADER, "1".parse().expect("a header"));
    let tcp = TcpStream::connect(at).await.map_err(|error| shown(&error))?;
    tcp.set_nodelay(true).map_err(|error| shown(&error))?;
    let (socket, _) = client_async(request, tcp).await.map_err(|error| shown(&error))?;
    let (near, far) = duplex(BUFFER_BYTES);
    tokio::spawn(carry(socket, far));
    Ok(near)
}

/// Carries bytes until either side is gone; dropped, both are.
async fn carry(socket: WebSocketStream<TcpStream>, stream: DuplexStream) {
    let (mut sink, mut frames) = socket.split();
    let (mut asked, mut answered) = split(stream);
    let asking = async {
        let mut buffer = vec![0; BUFFER_BYTES];
        while let Ok(bytes @ 1..) = asked.read(&mut buffer).await {
            let frame = Bytes::copy_from_slice(buffer.get(..bytes).unwrap_or_default());
            if sink.send(Message::Binary(frame)).await.is_err() {
                return;
            }
        }
        sink.close().await.ok();
    };
    let answering = async {
        while let Some(Ok(Message::Binary(bytes))) = frames.next().await {
            if answered.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asking => {}
        () = answering => {}
    }
}
