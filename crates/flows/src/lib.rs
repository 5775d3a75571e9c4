//! Mauntic's use cases over ports: what happens to a message, a request, a
//! tick. Rules come from `domain`; the database, the queues and the clock come
//! in through [`ports`], so that the same code runs in workerd, in a host
//! process and in tests.
//!
//! - [`consume`]: a batch of messages, from decoding to settlement.
//! - [`events`]: a batch of contact events.
//! - [`relay`]: sends what is due to be sent; the tick and the planners use it.
//! - [`cron`]: judges the schedules' nominal times.
//! - [`tick`]: the duties that come again and again.
//! - [`outside`]: the one way to a service outside; [`webhook`]: the signature of a call.
//! - [`objects`]: the one way to change an object outside of the database.
//! - [`jobs`]: one file a type of job.
//! - [`traces`]: the spans that are told of it.
//! - [`commands`]: what the HTTP worker does.

pub mod commands;
pub mod consume;
pub mod cron;
pub mod events;
pub mod jobs;
pub mod objects;
pub mod outside;
pub mod ports;
pub mod relay;
pub mod tick;
pub mod traces;
pub mod webhook;
