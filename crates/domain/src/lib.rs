//! Mauntic's rules, as pure functions and values.
//!
//! This room knows no SDK, no SQL, no clock, no randomness and no async: what
//! it needs comes in as arguments, what it decides goes out as values. A test
//! (`tests/tidy`) holds its dependency list to that.
//!
//! - [`analytics`]: what roll-ups count, by their nominal time.
//! - [`audit`]: the chain that shows what was altered.
//! - [`breaker`]: when an outside service is asked, and when it is left alone.
//! - [`cases`]: what dead letters are grouped by.
//! - [`contact_events`]: what products report about contacts, and the signals it makes.
//! - [`ids`]: the opaque names of organizations and contacts.
//! - [`overnight`]: what a night of portfolio scoring does, step by step.
//! - [`points`]: exact fixed-point points.
//! - [`portfolio`]: what a user's criteria make of assets, over night.
//! - [`schedules`]: what fires when.
//! - [`scoreboard`]: what a guess about a match is worth, and who leads.
//! - [`scoring`]: the scoring model and its explanation.
//! - [`object`]: objects that are objects.
//! - [`notifications`]: once a window, and never lost.
//! - [`replays`]: how many dead letters are replayed.
//! - [`runs`]: when a run is final, and how long it may take.
//! - [`trace`]: where spans of traces belong, by ids alone.
//! - [`jobs`]: the messages on the queues, a contract with every version sent.
//! - [`warmup`]: how many e-mails a young sending domain may send a day.

pub mod analytics;
pub mod audit;
pub mod breaker;
pub mod cases;
pub mod contact_events;
pub mod gather;
pub mod ids;
pub mod jobs;
pub mod notifications;
pub mod object;
pub mod overnight;
pub mod points;
pub mod portfolio;
pub mod replays;
pub mod runs;
pub mod schedules;
pub mod scoreboard;
pub mod scoring;
pub mod trace;
pub mod warmup;
