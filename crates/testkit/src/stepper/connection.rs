//! The tasks of a session's connections: what passes at once, and what is held.

use super::state::{Connection, Session, Shared};
use super::statement::{Part, Statements};
use crate::wire::{Header, Message, Phase};
use futures::future::{Either, join, select};
use std::io;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const CHUNK_BYTES: usize = 16 * 1024;

/// Says that there is no encryption here.
const NOT_ENCRYPTED: &[u8] = b"N";

/// One end of one session.
struct Place {
    shared: Arc<Shared>,
    session: usize,
    connection: u64,
}

/// Serves whoever connects, until it is dropped.
pub(super) async fn listen(
    listener: TcpListener,
    upstream: u16,
    session: usize,
    shared: Arc<Shared>,
) {
    let mut connections = JoinSet::new();
    let mut number = 0;
    while let Ok((client, _address)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        number += 1;
        let place = Place { shared: Arc::clone(&shared), session, connection: number };
        connections.spawn(async move {
            // How it ended is told to the client, whose connection ends as well.
            serve(client, upstream, &place).await.ok();
            place.shared.change(session, |session| leave(session, number));
        });
    }
}

/// Forgets a connection.
fn leave(session: &mut Session, number: u64) {
    session.connections.retain(|connection| connection.number != number);
    session.held.retain(|(connection, _statement)| *connection != number);
}

async fn serve(mut client: TcpStream, upstream: u16, place: &Place) -> io::Result<()> {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, upstream)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    start_up(&mut client, &mut server).await?;
    let (to_server, passing) = mpsc::unbounded_channel();
    let connection = Connection {
        number: place.connection,
        pid: None,
        is_in: false,
        owed: 0,
        to_server: Some(to_server),
    };
    place.shared.change(place.session, |session| session.connections.push(connection));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = pin!(join(hold(from_client, place), write(to_server, passing)));
    let back = pin!(answer(from_server, to_client, place));
    match select(back, there).await {
        Either::Left((answered, _there)) => answered,
        // What is outstanding is still answered, if only to the proxy.
        Either::Right((_written, back)) => back.await,
    }
}

/// Forwards the start-up message, behind as many requests for encryption as the
/// client likes to make.
async fn start_up(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    loop {
        let mut bytes = vec![0; 8];
        client.read_exact(&mut bytes).await?;
        let header = Header::read(Phase::Startup, &bytes).ok_or(io::ErrorKind::InvalidData)?;
        if header.message == Message::EncryptionRequest {
            client.write_all(NOT_ENCRYPTED).await?;
            continue;
        }
        let length = usize::try_from(header.length).map_err(io::Error::other)?;
        bytes.resize(length, 0);
        client.read_exact(bytes.get_mut(8..).unwrap_or_default()).await?;
        return server.write_all(&bytes).await;
    }
}

/// Takes in what the client writes, until it leaves.
async fn hold(mut client: OwnedReadHalf, place: &Place) {
    let mut statements = Statements::default();
    let mut buffer = vec![0; CHUNK_BYTES];
    while let Ok(count) = client.read(&mut buffer).await
        && count > 0
    {
        let parts = statements.feed(buffer.get(..count).unwrap_or_default());
        place.shared.change(place.session, |session| {
            for part in parts {
                take(session, place, part);
            }
        });
    }
    place.shared.change(place.session, |session| {
        session.held.retain(|(connection, _statement)| *connection != place.connection);
        if let Some(connection) = session.connection(place.connection) {
            connection.to_server = None;
        }
    });
}

fn take(session: &mut Session, place: &Place, part: Part) {
    let number = place.connection;
    match part {
        Part::Login(bytes) | Part::Leaving(bytes) => {
            if let Some(connection) = session.connection(number) {
                connection.pass(bytes, 0);
            }
        }
        Part::Statement(mut statement) => {
            statement.is_prelude |= (place.shared.is_prelude)(&statement.sql);
            session.held.push_back((number, statement));
        }
        Part::Tidying(bytes) => {
            let held = session.held.iter_mut().rev().find(|(of, _statement)| *of == number);
            if let Some((_of, statement)) = held {
                statement.bytes.extend(bytes);
                statement.answers += 1;
            } else if let Some(connection) = session.connection(number) {
                connection.pass(bytes, 1);
            }
        }
    }
}

/// Writes what may pass, until the client has left.
async fn write(mut server: OwnedWriteHalf, mut passing: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(bytes) = passing.recv().await {
        if server.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Passes the server's answers on, until it hangs up. They are taken off the
/// account when the client has them; one that has left needs none.
async fn answer(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    place: &Place,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut buffer = Vec::new();
    loop {
        let count = server.read(&mut chunk).await?;
        let read = chunk.get(..count).unwrap_or_default();
        if read.is_empty() {
            return Ok(());
        }
        client.write_all(read).await.ok();
        buffer.extend_from_slice(read);
        place.shared.change(place.session, |session| {
            if let Some(connection) = session.connection(place.connection) {
                account(connection, &mut buffer);
            }
        });
    }
}

/// Reads the messages that are whole.
fn account(connection: &mut Connection, buffer: &mut Vec<u8>) {
    while let Some(Header { message, length, .. }) = Header::read(Phase::Messages, buffer)
        && let Ok(length) = usize::try_from(length)
        && let Some(bytes) = buffer.get(..length)
    {
        match message {
            Message::Of(b'K') => {
                let pid = bytes.get(5..9).and_then(|four| four.try_into().ok());
                connection.pid = pid.map(i32::from_be_bytes);
            }
            Message::Of(b'Z') if connection.is_in => {
                connection.owed = connection.owed.saturating_sub(1);
            }
            Message::Of(b'Z') => connection.is_in = true,
            _ => {}
        }
        buffer.drain(..length);
    }
}
