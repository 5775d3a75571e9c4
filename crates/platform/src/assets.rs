//! Files that are deployed beside a worker, by the binding `ASSETS`. Nobody has them from
//! the platform directly: every request is the worker's first.

use futures::TryStreamExt;
use worker::Env;
use worker::send::IntoSendFuture;

/// The binding.
const BINDING: &str = "ASSETS";

/// Only the path counts; an address has to have a host.
const HOST: &str = "http://assets";

/// A file by its path, which begins with a slash.
///
/// # Errors
/// What kept it from being read, for the log.
pub async fn read(env: Env, path: &'static str) -> Result<Vec<u8>, String> {
    let reading = async {
        let response = env.assets(BINDING)?.fetch(format!("{HOST}{path}"), None).await?;
        let status = response.status().as_u16();
        if status != 200 {
            return Ok(Err(format!("status {status}")));
        }
        let mut bytes = Vec::new();
        let mut body = response.into_body();
        while let Some(chunk) = body.try_next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(Ok(bytes))
    };
    let read: worker::Result<Result<Vec<u8>, String>> = reading.into_send().await;
    let read = read.unwrap_or_else(|error| Err(error.to_string()));
    read.map_err(|cause| format!("the file {path}, which is deployed with the worker: {cause}"))
}
