//! Dry runs from worker to worker: the HTTP worker asks by the binding `REHEARSALS`, an
//! entry of the queue worker's that only workers of the account can bind.

use js_sys::{JsString, Promise};
use mauntic_flows::commands::rehearsal::{self, Cases, Rehearsal, RehearsalError};
use mauntic_flows::commands::rehearse::rehearse;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Env;
use worker::send::IntoSendFuture;

use crate::WorkerPorts;

/// The binding.
const BINDING: &str = "REHEARSALS";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = js_sys::Object)]
    type Rehearsing;

    #[wasm_bindgen(method, catch)]
    fn rehearse(this: &Rehearsing, asked: &str) -> Result<Promise, JsValue>;
}

/// Asks for a dry run.
///
/// # Errors
/// Where the other worker cannot be reached, or says why it could not.
pub async fn ask(env: Env, cases: Cases) -> Result<Vec<Rehearsal>, RehearsalError> {
    let asking = async {
        let bound = env.service(BINDING).map_err(|_| format!("{BINDING} is not bound"))?;
        let called = bound.into_rpc::<Rehearsing>().rehearse(&rehearsal::ask(&cases));
        let told = JsFuture::from(called.map_err(cause)?).await.map_err(cause)?;
        told.dyn_into::<JsString>().map(String::from).map_err(|_| "no answer".to_owned())
    };
    let told: Result<String, String> = asking.into_send().await;
    let told = told.map_err(|cause| RehearsalError::Away { cause })?;
    Ok(rehearsal::answered(&told)?)
}

/// Does one, for the other worker.
pub async fn answer(env: &Env, asked: &str) -> String {
    rehearsal::answer(match rehearsal::asked(asked) {
        Ok(cases) => rehearse(&WorkerPorts::new(env), &cases).await,
        Err(error) => Err(error),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn cause(thrown: JsValue) -> String {
    let error = thrown.dyn_ref::<js_sys::Error>().map(js_sys::Error::message);
    error.map_or_else(|| "it threw".to_owned(), String::from)
}
