//! The operators' routes.

mod audit;
mod cases;
mod cron;
mod hostile;
mod jobs;
mod keys;
mod messages;
mod pages;
mod preview;
mod refused;
mod replays;
mod runs;
mod scoreboards;
mod settlements;
