//! The queue worker: wiring only. The entry that is deployed is `entry.mjs`,
//! which guards these handlers.

#![cfg(target_arch = "wasm32")]

use mauntic_platform::{handlers, rehearsals};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{Context, Env, MessageBatch, Result, ScheduleContext, ScheduledEvent, event};

/// Never an error: the SDK would panic.
#[event(queue)]
async fn queue(batch: MessageBatch<()>, env: Env, context: Context) -> Result<()> {
    handlers::queue(&batch, &env, &context).await;
    Ok(())
}

#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, context: ScheduleContext) {
    handlers::scheduled(&event, &env, &context).await;
}

/// A dry run for the HTTP worker, by an entry that only workers of the account can bind.
#[wasm_bindgen]
pub async fn rehearse(env: Env, asked: String) -> String {
    rehearsals::answer(&env, &asked).await
}

/// For the guard alone, which calls it on the instance after one that died; the
/// deployed entry does not show it.
#[wasm_bindgen]
pub async fn release(env: Env, token: String, shared: bool) -> core::result::Result<f64, JsValue> {
    match handlers::release(&env, &token, shared).await {
        Ok(released) => Ok(u32::try_from(released).unwrap_or(u32::MAX).into()),
        Err(cause) => Err(JsValue::from_str(&cause)),
    }
}
