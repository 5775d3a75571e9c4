//! Every verb of the command, as an operator types it, against the real workers:
//! what it prints, how it ends, and what it leaves in the database.

mod analytics;
mod audit;
mod cron;
mod dlq;
mod doctor;
mod jobs;
mod keys;
mod outside;
mod queues;
mod ran;
mod replays;
mod runs;
mod table;
mod tail;
mod upkeep;
mod verbs;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use mauntic_local::postgres::SUPERUSER;
use mauntic_local::workers::Build;
use mauntic_tests::shell::as_from_a_shell;
use mauntic_tests::stack::{ADMIN_TOKEN, Stack};
use serde_json::Value;
use tokio_postgres::Client;

use super::{Done, is_complete, steps};
use ran::Ran;
use table::VERBS;

/// The organization that `seed` makes, with its contacts.
const SEEDED: &str = "org_123";

struct Cli {
    stack: Stack,
    owner: Client,
    binary: PathBuf,
    /// The operator's key; the deployment's own until `keys create` made one.
    token: String,
    /// Address of the database, for its owner.
    database: String,
    step: &'static str,
    /// Verbs that ended with 0.
    done: Done<&'static str>,
}

/// The command as cargo builds it, which tests of another package are not told.
fn build() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    as_from_a_shell(&mut cargo).args(["build", "-q", "-p", "mauntic-cli"]);
    cargo.current_dir(mauntic_local::repository_root());
    assert!(cargo.status().unwrap().success(), "the command is not built");
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).expect("a test stands in deps");
    folder.join("mauntic")
}

impl Cli {
    async fn start() -> Self {
        let binary = build();
        let stack = Stack::start(Build::Production, &[]).await;
        let owner = stack.owner().await;
        let database = stack.postgres.url(SUPERUSER, "mauntic");
        let token = ADMIN_TOKEN.to_owned();
        Self { stack, owner, binary, token, database, step: "", done: Done::new() }
    }

    fn enter(&mut self, step: &'static str) {
        self.step = step;
    }

    /// The command as an operator's shell would start it.
    fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(line).current_dir(mauntic_local::repository_root()).env_clear();
        command.env("MAUNTIC_URL", self.stack.workers.http_url());
        command.env("MAUNTIC_TOKEN", &self.token);
        command.env("DATABASE_URL", &self.database);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    fn run(&mut self, line: &[&str]) -> Ran {
        self.run_with(self.command(line), line, "")
    }

    /// Runs it while the tick comes and goes.
    fn run_ticking(&mut self, line: &[&str]) -> Ran {
        let command = self.command(line);
        let ran = self.stack.while_ticking(|| ended(command, ""));
        self.note(line, ran)
    }

    /// The same with this input.
    fn run_with(&mut self, command: Command, line: &[&str], input: &str) -> Ran {
        let ran = ended(command, input);
        self.note(line, ran)
    }

    /// What it prints for programs.
    fn json(&mut self, line: &[&str]) -> Value {
        let line = [line, &["--output", "json"]].concat();
        self.run(&line).ok().json()
    }

    fn note(&mut self, line: &[&str], ran: Ran) -> Ran {
        let ran = Ran { line: format!("{}: {}", self.step, line.join(" ")), ..ran };
        for secret in [&self.token, &self.database] {
            assert!(!ran.all().contains(secret), "a secret shows in {ran:?}");
        }
        assert!(!ran.all().contains("panicked"), "{ran:?}");
        let words: Vec<&str> = line.iter().filter(|word| !word.starts_with('-')).copied().collect();
        let is_it = |verb: &&str| {
            let named: Vec<&str> = verb.split(' ').collect();
            words.starts_with(&named)
        };
        let verb = VERBS.iter().map(|(verb, _)| *verb).find(is_it);
        if let (0, Some(verb)) = (ran.code, verb) {
            self.done.insert((self.step, verb));
        }
        ran
    }
}

fn ended(mut command: Command, input: &str) -> Ran {
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().expect("it ended by itself");
    Ran { line: String::new(), code, out: text(output.stdout), err: text(output.stderr) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_verb_does_what_it_says() {
    let mut cli = Cli::start().await;
    steps!(cli;
        keys::a_database_is_migrated_and_seeded,
        keys::a_key_is_made_and_revoked,
        doctor::before_the_first_tick_no_http_worker_is_deployed,
        queues::what_is_wrong_is_never_sent,
        queues::queues_are_listed,
        queues::a_message_is_enqueued,
        queues::every_queue_works,
        doctor::a_healthy_deployment_has_nothing_to_tell,
        tail::jobs_are_followed_from_where_it_ended,
        cron::schedules_are_listed_and_expressions_previewed,
        cron::a_paused_schedule_runs_by_hand,
        cron::its_runs_and_times_are_listed,
        runs::a_run_is_shown_and_cancelled,
        runs::dead_jobs_of_a_run_are_retried,
        jobs::jobs_are_searched_and_cancelled,
        dlq::cases_are_listed_grouped_and_shown,
        dlq::one_is_tried_and_replayed,
        dlq::one_is_discarded,
        replays::many_are_replayed_behind_a_canary,
        replays::a_failing_canary_is_a_failure,
        replays::a_replay_is_cancelled,
        doctor::an_undecided_letter_fails_the_day,
        analytics::hours_are_counted_again,
        analytics::each_job_is_done_by_hand,
        audit::breakers_are_reset,
        audit::the_audit_is_listed_and_verified,
        audit::receipts_balance,
        upkeep::a_ledger_is_verified,
        upkeep::a_board_is_made_anew,
        upkeep::a_season_is_closed,
        upkeep::a_night_is_replayed,
        outside::rules_and_simulator_run_alone,
    );
    let listed = verbs::listed(&cli);
    let elsewhere = table::ELSEWHERE.map(|(verb, _)| verb);
    let there = VERBS.iter().map(|(verb, _)| *verb).chain(elsewhere);
    let there: std::collections::BTreeSet<&str> = there.collect();
    let listed: std::collections::BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    assert_eq!(listed, there, "what the command lists, and what is shown");
    let shown = VERBS.iter().map(|(verb, _)| *verb).collect();
    is_complete(VERBS, &shown, &cli.done);
}
