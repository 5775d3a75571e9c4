//! Every operation of the document, against the real workers: what it does, what
//! it refuses, what it leaves in the database and in the audit.

mod analytics;
mod ask;
mod audit;
mod breakers;
mod cases;
mod config;
mod cron;
mod open;
mod portfolio;
mod queues;
mod replays;
mod runs;
mod scoreboards;
mod scoring;
mod table;
mod upkeep;
mod warmup;

use mauntic_api::{Access, ROUTES, RouteRule};
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_tests::stack::{ADMIN_TOKEN, Request, Stack, until};
use mauntic_tests::world::organization;
use serde_json::Value;
use tokio_postgres::Client;

use super::{Done, given, is_complete, steps};
use ask::{Ask, Called};

/// Method and path, as the document has them.
type Operation = (&'static str, &'static str);

/// The organization of the steps.
const ORGANIZATION: &str = "org_a";

/// What every operator's path begins with.
const ADMIN: &str = "/api/v2/admin/";

struct Api {
    stack: Stack,
    owner: Client,
    /// Key of the organization.
    key: String,
    step: &'static str,
    /// Operations that were answered with 2xx.
    done: Done<Operation>,
}

impl Api {
    async fn start() -> Self {
        let stack = Stack::start(Build::Production, &[]).await;
        let key =
            stack.organization(&organization(ORGANIZATION), &[Scope::Read, Scope::Write]).await;
        let owner = stack.owner().await;
        Self { stack, owner, key, step: "", done: Done::new() }
    }

    fn enter(&mut self, step: &'static str) {
        self.step = step;
    }

    /// Sends it, and takes note of what was done and of what the audit has of it.
    async fn call(&mut self, ask: Ask<'_>) -> Called {
        let rule = |rule: &&RouteRule| (rule.method, rule.path) == ask.operation;
        let access = ROUTES.iter().find(rule).expect("a route").access;
        let usual = match access {
            Access::Open => None,
            Access::AnyKey | Access::Organization(_) => Some(self.key.as_str()),
            Access::Operator(_) => Some(ADMIN_TOKEN),
        };
        let what = format!("{}: {ask:?}", self.step);
        let (method, pattern) = ask.operation;
        let answer = self.stack.send(Request {
            method,
            path: &ask.path(),
            key: ask.caller.unwrap_or(usual),
            idempotency_key: ask.idempotency_key,
            known: ask.known,
            if_match: ask.if_match,
            accept: ask.accept,
            body: &ask.body,
            traceparent: None,
        });
        let answer = answer.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(answer.status != 500 || pattern == open::HEALTH, "{what}: {}", answer.body);
        if (200..300).contains(&answer.status) {
            self.done.insert((self.step, ask.operation));
        }
        let is_change = method != "GET" && pattern.starts_with(ADMIN);
        let entry = self.entry(&answer.headers["x-request-id"]).await;
        // An organization's change is there if it was made.
        let is_own = ask.if_match.is_some() || pattern.ends_with("/result");
        let may_have_one = is_change || is_own && answer.status < 300;
        assert!(may_have_one || entry.is_none(), "{what} is in the audit: {entry:?}");
        Called { what, answer, is_change, entry }
    }

    /// What the audit has of a request.
    async fn entry(&self, request: &str) -> Option<Value> {
        let sql = "select entry from jobs.audit where entry::jsonb->>'requestId' = $1";
        let found = self.owner.query(sql, &[&request]).await.unwrap();
        assert!(found.len() <= 1, "{}: {} entries of one request", self.step, found.len());
        found.first().map(|row| serde_json::from_str(row.get(0)).unwrap())
    }

    /// Waits until a run has that status.
    async fn until_run_is(&mut self, route: &'static str, run: &str, status: &str) {
        let what = format!("{}: the run is {status}", self.step);
        until(
            &what,
            || self.stack.story(),
            async || {
                self.stack.tick();
                let sql = "select status from jobs.run where id = $1::text::uuid";
                let found = given::text(&self.owner, sql, run).await;
                (found.as_deref() == Some(status)).then_some(())
            },
        )
        .await;
        let shown = self.call(Ask::get(route).at(run)).await.ok(200);
        assert_eq!(shown["status"], status, "{shown}");
    }

    /// Waits until jobs have that state in the database.
    async fn until_jobs_are(&self, jobs: &[&str], state: &str) {
        let what = format!("{}: the jobs are {state}", self.step);
        until(
            &what,
            || self.stack.story(),
            async || {
                self.stack.tick();
                for job in jobs {
                    if given::state(&self.owner, job).await != state {
                        return None;
                    }
                }
                Some(())
            },
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_does_what_it_says() {
    let mut api = Api::start().await;
    steps!(api;
        open::health_is_shown_to_everybody,
        open::the_document_is_served,
        open::a_caller_learns_who_they_are,
        open::numbers_are_told_to_operators,
        scoring::features_are_scored_and_explained,
        scoring::a_recalculation_is_done_once_a_key,
        scoring::events_become_signals_and_alerts,
        scoring::a_score_is_shown_as_of_any_instant,
        scoring::signals_and_days_are_listed,
        scoring::an_alert_is_taken_on_once,
        config::a_configuration_is_drafted_and_discarded,
        config::a_draft_is_previewed_and_published,
        warmup::a_sending_domain_is_stored_and_listed,
        warmup::emails_are_reserved_up_to_the_limit,
        analytics::events_are_read_by_period,
        analytics::months_scores_and_enrichments_are_read,
        analytics::campaigns_are_read_as_a_table,
        cron::schedules_are_listed,
        cron::expressions_are_previewed,
        cron::a_schedule_is_paused_and_resumed,
        cron::a_schedule_runs_by_hand,
        cron::its_runs_are_listed,
        cron::its_nominal_times_are_listed,
        runs::a_run_is_shown,
        runs::its_jobs_are_listed,
        runs::a_run_is_cancelled,
        runs::dead_jobs_of_a_run_are_retried,
        queues::queues_are_counted,
        queues::jobs_are_searched,
        queues::a_message_is_enqueued,
        queues::a_job_is_shown,
        queues::a_job_is_cancelled,
        cases::cases_are_listed,
        cases::cases_are_grouped,
        cases::a_case_is_shown,
        cases::a_case_is_replayed,
        cases::a_case_is_discarded,
        replays::many_are_replayed,
        replays::a_replay_is_shown,
        replays::a_replay_is_cancelled,
        breakers::breakers_are_listed,
        breakers::a_breaker_is_reset,
        audit::what_was_done_and_refused_is_listed,
        audit::the_audit_is_verified,
        upkeep::a_ledger_is_verified,
        upkeep::a_board_is_made_anew,
        upkeep::a_rank_is_explained,
        upkeep::a_season_is_closed,
        scoreboards::a_tournament_is_told,
        scoreboards::members_join_and_make_leagues,
        scoreboards::guesses_become_a_board,
        portfolio::a_portfolio_is_stored_with_its_criteria,
        portfolio::a_score_is_explained_and_replayed,
        portfolio::nights_are_listed_and_replayed,
    );
    is_complete(table::OPERATIONS, &open::served(&api), &api.done);
}
