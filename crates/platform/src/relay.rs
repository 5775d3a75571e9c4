//! A session's bytes between a test and the database, over the way that the workers take:
//! what a test's own driver says goes as theirs does. Part of the fault hooks.

use std::future::ready;

use futures::StreamExt;
use futures::future::select;
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use wasm_bindgen_futures::spawn_local;
use worker::web_sys::BinaryType;
use worker::{Env, WebSocket, WebSocketPair, WebsocketEvent};

use crate::config::{self, Transport};
use crate::connect;
use crate::log;
use crate::wire::{Wire, encrypted};

/// The header of a request for a relay.
pub const RELAY_HEADER: &str = "x-fault-relay";

/// Bytes of the database's that go as one frame.
const READ_BYTES: usize = 64 * 1024;

/// One end of a relay, the other being the database.
///
/// # Errors
/// When the database is not reached, for people.
pub async fn relay(env: &Env) -> Result<WebSocket, String> {
    let wire = reach(env).await?;
    let pair = WebSocketPair::new().map_err(|error| error.to_string())?;
    // Frames would come as blobs, which can only be read later.
    pair.server.as_ref().set_binary_type(BinaryType::Arraybuffer);
    pair.server.accept().map_err(|error| error.to_string())?;
    let server = pair.server;
    spawn_local(async move {
        if let Err(cause) = carry(wire, &server).await {
            log::warn("relay_ended", serde_json::json!({"cause": cause}));
        }
        // The other side may be gone already.
        server.close(Some(1000), Some("")).ok();
    });
    Ok(pair.client)
}

async fn reach(env: &Env) -> Result<Wire, String> {
    let transport = config::transport(env).map_err(|error| error.to_string())?;
    match transport {
        Transport::Hyperdrive(hyperdrive) => hyperdrive.connect().map(Wire::Socket),
        Transport::Tcp(address) => {
            let wire = connect::socket(&address).map(Wire::Socket);
            let wire = wire.map_err(|error| error.to_string())?;
            return if address.tls { encrypted(wire).await } else { Ok(wire) };
        }
        Transport::Neon(address, port) => {
            let start = |stream| ready(Ok(Wire::Neon(Box::new(stream))));
            let connected = connect::over_neon(&address, port, start).await;
            return connected.map_err(|error| error.to_string());
        }
    }
    .map_err(|error| error.to_string())
}

async fn carry(wire: Wire, socket: &WebSocket) -> Result<(), String> {
    let (mut answers, mut questions) = split(wire);
    let mut events = socket.events().map_err(|error| error.to_string())?;
    let asking = Box::pin(async move {
        while let Some(Ok(WebsocketEvent::Message(frame))) = events.next().await {
            let bytes = frame.bytes().ok_or("a frame of text")?;
            questions.write_all(&bytes).await.map_err(|error| error.to_string())?;
            questions.flush().await.map_err(|error| error.to_string())?;
        }
        Ok(())
    });
    let answering = Box::pin(async move {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let bytes = answers.read(&mut buffer).await.map_err(|error| error.to_string())?;
            let Some(frame) = buffer.get(..bytes).filter(|frame| !frame.is_empty()) else {
                return Ok(());
            };
            socket.send_with_bytes(frame).map_err(|error| error.to_string())?;
        }
    });
    select(asking, answering).await.factor_first().0
}
