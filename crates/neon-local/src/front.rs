//! PostgreSQL as it is reached over TCP: behind TLS with a certificate of the authority's,
//! as a host that is far away; or bare, as a local Hyperdrive passes a session on. With
//! the faults of the way.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::authority::{Authority, Validity};
use crate::counts::{Counts, Turn};
use crate::delay::delayed;
use crate::faults::{Ending, Faults, gathered};
use crate::server::ServerError;

/// A client's question for TLS, before its start-up message.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The answer to it: TLS may begin.
const ENCRYPTED: &[u8] = b"S";

/// Bytes of the database's that are read at once.
const READ_BYTES: usize = 64 * 1024;

/// How long a database is listened to whose client is gone.
const FAREWELL: Duration = Duration::from_secs(1);

/// A running front. Dropped, it ends with all its connections.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: AbortHandle,
}

/// What every connection knows.
#[derive(Debug)]
struct Shared {
    database: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
    faults: Faults,
    counts: Counts,
}

impl Front {
    /// In front of this database, behind TLS: whoever does not ask for it is turned away.
    /// Of the faults, frames are what is written at once, and odd ones are cuts.
    ///
    /// # Errors
    /// When it has no certificate or port.
    pub async fn tls(
        database: SocketAddr,
        authority: &Authority,
        names: &[&str],
        validity: Validity,
        faults: Faults,
    ) -> Result<Self, ServerError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let tls = Some(authority.server(&names, validity)?);
        Self::start(database, tls, faults).await
    }

    /// The same without TLS.
    ///
    /// # Errors
    /// When it has no port.
    pub async fn bare(database: SocketAddr, faults: Faults) -> Result<Self, ServerError> {
        Self::start(database, None, faults).await
    }

    async fn start(
        database: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        faults: Faults,
    ) -> Result<Self, ServerError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { database, tls, faults, counts: Counts::default() });
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, listening })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has seen: what is read of a client at once is a frame, and TLS is no flight,
    /// but the question for it is.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.shared.counts
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Takes connections until it is dropped, and them with it.
async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        shared.counts.connected();
        let shared = Arc::clone(&shared);
        // How a connection ended shows at its other ends.
        connections.spawn(async move { accept(tcp, &shared).await.is_ok() });
        while connections.try_join_next().is_some() {}
    }
}

async fn accept(tcp: TcpStream, shared: &Shared) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    if shared.faults.delay.is_zero() {
        serve(tcp, shared).await
    } else {
        serve(delayed(tcp, shared.faults.delay), shared).await
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Shared) -> io::Result<()> {
    let turn = Turn::new();
    let Some(tls) = &shared.tls else { return carry(stream, shared, &turn).await };
    let mut asked = [0; SSL_REQUEST.len()];
    stream.read_exact(&mut asked).await?;
    shared.counts.framed(&turn);
    if asked != SSL_REQUEST {
        return Ok(());
    }
    stream.write_all(ENCRYPTED).await?;
    turn.answered();
    let encrypted = TlsAcceptor::from(Arc::clone(tls)).accept(stream).await?;
    carry(encrypted, shared, &turn).await
}

async fn carry(
    stream: impl AsyncRead + AsyncWrite,
    shared: &Shared,
    turn: &Turn,
) -> io::Result<()> {
    let database = TcpStream::connect(shared.database).await?;
    database.set_nodelay(true)?;
    let (answers, mut questions) = database.into_split();
    let (mut asked, answered) = split(stream);
    let asking = async {
        // However the client ended, the database sees one that is gone.
        let mut buffer = vec![0; READ_BYTES];
        while let Ok(bytes @ 1..) = asked.read(&mut buffer).await {
            shared.counts.framed(turn);
            if questions.write_all(buffer.get(..bytes).unwrap_or_default()).await.is_err() {
                break;
            }
        }
        questions.shutdown().await.ok();
    };
    let mut answering = std::pin::pin!(answer(answers, answered, &shared.faults, turn));
    tokio::select! {
        ended = &mut answering => ended,
        // What the database still says goes to nobody.
        () = asking => tokio::time::timeout(FAREWELL, answering).await.unwrap_or(Ok(())),
    }
}

/// Everything that the database says, to its end or to the one that is wanted.
async fn answer(
    mut answers: OwnedReadHalf,
    mut client: impl AsyncWrite + Unpin,
    faults: &Faults,
    turn: &Turn,
) -> io::Result<()> {
    let mut sent = 0;
    let mut buffer = vec![0; READ_BYTES];
    while let Some(bytes) = gathered(&mut answers, &mut buffer, faults.merged_within).await {
        let (pieces, ending) = faults.pieces(sent, &bytes);
        for piece in pieces {
            // Before it leaves: the client's answer may come at once.
            turn.answered();
            client.write_all(piece).await?;
            client.flush().await?;
            sent += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        }
        match ending {
            None => {}
            Some(Ending::Hang) => std::future::pending().await,
            Some(Ending::Close(_)) => break,
            Some(Ending::Cut | Ending::Text | Ending::Frame(_)) => return Ok(()),
        }
    }
    client.shutdown().await
}
