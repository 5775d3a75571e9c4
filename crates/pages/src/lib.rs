//! The operator's console: pages that a person reads and acts by. It is a client of the
//! public API and of nothing else: no database, no jobs, and no rule about who may do what.
//! What a key may not do is refused by the API, and shown here.
//!
//! - [`serve`]: a request to its answer; all that a worker wires.
//! - `session`, `csrf`: who is signed in, sealed into a cookie; what a form must bring.
//! - `client`: the API's answers as types, and its refusals.
//! - `layout`, `show`, `form`, `svg`: what every page is made of.
//! - `pages`: one file a page; a page is a function of what the API answered.
//!
//! Pages are read without JavaScript; what acts is a plain form that answers with a
//! redirection. A script refreshes what moves, and nothing else needs it.

mod answer;
mod client;
mod csrf;
mod form;
mod layout;
mod moment;
mod pages;
mod paths;
mod request;
mod serve;
mod session;
mod show;
mod stop;
mod svg;
mod visit;

#[cfg(test)]
mod tests;

pub use client::Api;
pub use layout::Assets;
pub use moment::Moment;
pub use request::FORM_BYTES_MAX;
pub use serve::{Console, serve};
pub use session::{SecretError, Secrets};
