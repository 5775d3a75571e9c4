//! The console's worker: wiring only. The entry that is deployed is `entry.mjs`, which guards
//! this handler and hands files on.

#![cfg(target_arch = "wasm32")]

mod api;
mod host;

use http::HeaderMap;
use mauntic_pages::{Assets, Console, FORM_BYTES_MAX, Secrets, serve};
use worker::{Context, Env, Headers, Request, Response, Result, event};

use api::Bound;

/// Named by the build script.
const ASSETS: Assets =
    Assets { style: env!("MAUNTIC_CONSOLE_STYLE"), script: env!("MAUNTIC_CONSOLE_SCRIPT") };

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _context: Context) -> Result<Response> {
    let secret = env.secret("SESSION_SECRET").ok().map(|secret| secret.to_string());
    let secrets = secret.and_then(|secret| Secrets::parse(&secret).ok());
    let console = Console { assets: ASSETS, secrets };
    let asked = http::Request::builder()
        .method(request.method().as_ref())
        .uri(request.url()?.as_str())
        .body(api::body(&mut request, FORM_BYTES_MAX).await?);
    let Ok(mut asked) = asked else {
        return Response::error("This is no address of a page.", 400);
    };
    *asked.headers_mut() = HeaderMap::from(request.headers());
    let bound = Bound::new(env);
    let answer = serve(&console, &bound, asked, host::moment()?).await;
    if answer.status().is_server_error() {
        host::log(answer.status().as_u16(), bound.request_id());
    }
    let (parts, body) = answer.into_parts();
    let response = Response::from_bytes(body)?.with_status(parts.status.as_u16());
    Ok(response.with_headers(Headers::from(parts.headers)))
}
