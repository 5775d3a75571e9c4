//! PostgreSQL over a WebSocket: asks for the password as Neon's proxy does, and then
//! carries bytes, through whatever is to go wrong.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use crate::counts::{Counts, Turn};
use crate::faults::{Ending, Faults, gathered};
use crate::server::{Asks, Shared};
use crate::wire::{self, Message};

/// Bytes of the database's that are read at once, and go as one frame.
const READ_BYTES: usize = 64 * 1024;

/// How long a database is listened to whose client is gone.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection ends without an answer to whoever is at its other end.
#[derive(Debug)]
struct Over;

/// Serves a connection to its end.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    shared: &Shared,
    faults: &Faults,
) {
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    let (sink, frames) = socket.split();
    let turn = Turn::new();
    let inlet = Inlet { frames, held: Vec::new(), counts: &shared.counts, turn: &turn };
    let outlet = Outlet { sink, faults: *faults, sent: 0, turn: &turn };
    // How a connection ended shows at its other end.
    session(inlet, outlet, shared).await.unwrap_or(());
}

async fn session<S: AsyncRead + AsyncWrite + Unpin>(
    mut inlet: Inlet<'_, S>,
    mut outlet: Outlet<'_, S>,
    shared: &Shared,
) -> Result<(), Over> {
    let options = &shared.options;
    let startup = inlet.message(wire::take_startup).await?;
    if options.asks == Asks::Password {
        // AuthenticationCleartextPassword
        outlet.send(wire::message(b'R', &3_u32.to_be_bytes()).into()).await?;
        let given = inlet.message(wire::take).await?;
        if given != (Message { kind: b'p', body: wire::texts(&[&options.password]) }) {
            let user = wire::parameter(&startup, "user").unwrap_or_default();
            let text = format!("password authentication failed for user '{user}'");
            return outlet.refuse("28P01", &text).await;
        }
    }
    if outlet.faults.asleep {
        return outlet.refuse("XX000", "Couldn't connect to compute node").await;
    }
    let Ok(database) = TcpStream::connect(options.database).await else {
        return outlet.refuse("XX000", "Couldn't connect to compute node").await;
    };
    let (answers, mut questions) = database.into_split();
    let first = [wire::message(0, &startup.body), std::mem::take(&mut inlet.held)].concat();
    questions.write_all(&first).await.map_err(|_| Over)?;
    let asking = async {
        while let Ok(bytes) = inlet.frame().await {
            if questions.write_all(&bytes).await.is_err() {
                break;
            }
        }
        // The database sees a client that is gone.
        questions.shutdown().await.ok();
    };
    let mut answering = pin!(outlet.carry(answers));
    tokio::select! {
        ended = &mut answering => ended,
        // What the database still says goes to nobody.
        () = asking => tokio::time::timeout(FAREWELL, answering).await.unwrap_or(Err(Over)),
    }
}

/// What a client sends.
struct Inlet<'a, S> {
    frames: SplitStream<WebSocketStream<S>>,
    held: Vec<u8>,
    counts: &'a Counts,
    turn: &'a Turn,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Inlet<'_, S> {
    async fn frame(&mut self) -> Result<Bytes, Over> {
        loop {
            match self.frames.next().await {
                Some(Ok(Frame::Binary(bytes))) => {
                    self.counts.framed(self.turn);
                    return Ok(bytes);
                }
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                _ => return Err(Over),
            }
        }
    }

    async fn message(
        &mut self,
        take: fn(&mut Vec<u8>) -> Option<Message>,
    ) -> Result<Message, Over> {
        loop {
            if let Some(message) = take(&mut self.held) {
                return Ok(message);
            }
            let bytes = self.frame().await?;
            self.held.extend_from_slice(&bytes);
        }
    }
}

/// What a client is sent.
struct Outlet<'a, S> {
    sink: SplitSink<WebSocketStream<S>, Frame>,
    faults: Faults,
    sent: u64,
    turn: &'a Turn,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Outlet<'_, S> {
    /// Everything that the database says, to its end.
    async fn carry(&mut self, mut answers: OwnedReadHalf) -> Result<(), Over> {
        let within = self.faults.merged_within;
        let mut buffer = vec![0; READ_BYTES];
        while let Some(piece) = gathered(&mut answers, &mut buffer, within).await {
            self.send(piece).await?;
        }
        self.sink.send(Frame::Close(None)).await.map_err(|_| Over)
    }

    async fn refuse(&mut self, code: &str, text: &str) -> Result<(), Over> {
        self.send(wire::fatal(code, text).into()).await?;
        self.sink.send(Frame::Close(None)).await.map_err(|_| Over)
    }

    /// Sends bytes, or as many of them as come before the end that is wanted.
    async fn send(&mut self, bytes: Bytes) -> Result<(), Over> {
        let faults = self.faults;
        let (pieces, ending) = faults.pieces(self.sent, &bytes);
        for piece in pieces {
            self.frame(Frame::Binary(bytes.slice_ref(piece))).await?;
            self.sent += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        }
        match ending {
            Some(ending) => self.end(ending).await,
            None => Ok(()),
        }
    }

    async fn end(&mut self, ending: Ending) -> Result<(), Over> {
        match ending {
            Ending::Cut => Err(Over),
            Ending::Close(status) => {
                let close = CloseFrame { code: status.into(), reason: "as wanted".into() };
                self.frame(Frame::Close(Some(close))).await?;
                Err(Over)
            }
            Ending::Hang => std::future::pending().await,
            Ending::Text => self.frame(Frame::Text("a text".into())).await,
            Ending::Frame(bytes) => self.frame(Frame::Binary(vec![0; bytes].into())).await,
        }
    }

    async fn frame(&mut self, frame: Frame) -> Result<(), Over> {
        // Before it leaves: the client's answer may come at once.
        self.turn.answered();
        self.sink.send(frame).await.map_err(|_| Over)
    }
}
