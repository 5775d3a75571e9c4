//! The router against the doubles of the ports. Every answer, in every test, is
//! held to what all answers have in common (`call`).

mod admin;
mod alerts;
mod backlog;
mod call;
mod config;
mod config_bodies;
mod etags;
mod events;
mod explain_rank;
mod health;
mod leaderboard;
mod metrics;
mod observe;
mod openapi;
mod portfolio;
mod refusals;
mod report_pages;
mod reports;
mod roles;
mod schema;
mod scoreboards;
mod scoring;
mod signals;
mod things;
mod tokens;
mod traces;
mod values;
mod warmup;
mod world;
