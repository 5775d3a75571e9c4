//! The Worker of the README, which a test holds to be the same. Nothing elsewhere.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "what the macro makes of it")]

use futures::future::select;
use mauntic_neon::{Address, Hosts, Options, Patience, connect_awake};
use worker::wasm_bindgen_futures::spawn_local;
use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(_: Request, env: Env, _: Context) -> Result<Response> {
    match greet(&env.secret("DATABASE_URL")?.to_string()).await {
        Ok(greeting) => Response::ok(greeting),
        Err(error) => Response::error(error.to_string(), 503),
    }
}

async fn greet(url: &str) -> Result<String, mauntic_neon::Error> {
    let address = Address::parse(url, &Hosts::neon())?;
    let (client, connection, _) =
        connect_awake(&address, &Options::default(), &Patience::default()).await?;
    // It ends with the client: what an invocation leaves behind, the isolate's memory keeps.
    let (_end, gone) = futures::channel::oneshot::channel::<()>();
    spawn_local(async move { drop(select(connection, gone).await) });
    let row = client.query_typed_one("select 'hello from ' || current_database()", &[]).await?;
    Ok(row.get(0))
}
