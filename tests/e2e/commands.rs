//! The commands a newcomer types: `make demo`'s program, and every block of the
//! README that is marked to be run.

use std::path::PathBuf;
use std::process::{Command, Output};

use mauntic_flows::ports::Scope;
use mauntic_local::postgres::SUPERUSER;
use mauntic_local::workers::Build;
use mauntic_tests::shell::as_from_a_shell;
use mauntic_tests::stack::{ADMIN_TOKEN, Stack};
use mauntic_tests::turn::Turn;
use mauntic_tests::world::{contact, organization};
use serde_json::json;

use crate::operations::given;

fn root() -> PathBuf {
    mauntic_local::repository_root()
}

fn cargo_run(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "-q", "-p", "mauntic-cli", "--"]).args(arguments).current_dir(root());
    as_from_a_shell(&mut command);
    command
}

fn text(output: &Output) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}\n{err}")
}

#[test]
fn the_demo_scores_every_seeded_contact_as_the_rules_do() {
    let _turn = Turn::shared_blocking();
    for transport in ["tcp", "neon-ws"] {
        let demo = cargo_run(&["dev", "--demo"]).env("TRANSPORT", transport).output().unwrap();
        shows_the_best(transport, demo);
    }
}

fn shows_the_best(transport: &str, output: Output) {
    assert!(output.status.success(), "{transport}: {}", text(&output));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("200 contacts scored, every score equal to the rules'"), "{printed}");
    let best = printed.lines().filter(|line| line.trim_start().starts_with("contact_")).count();
    assert_eq!(best, 10, "{printed}");
}

#[test]
fn wrong_usage_and_failure_have_their_own_exit_codes() {
    let _turn = Turn::shared_blocking();
    for (arguments, code) in [
        (&["simulate", "nothing"][..], 2),
        (&["no-such-verb"], 2),
        (&["migrate"], 2),
        (&["migrate", "--database-url", "nonsense"], 1),
        (&["migrate", "--database-url", "postgres://nobody@127.0.0.1:1/none"], 1),
    ] {
        let output = cargo_run(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_line_that_cannot_be_scored_gets_an_error_line_in_its_place() {
    use std::io::Write;
    let _turn = Turn::shared_blocking();
    let mut child = cargo_run(&["simulate", "score"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let input = "{\"features\":{\"hasEmail\":true}}\nnonsense\n\n{\"features\":{},\"config\":[{\"category\":\"fit\",\"factor\":\"x\",\"weight\":1},{\"category\":\"fit\",\"factor\":\"x\",\"weight\":1}]}\n";
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["totalScore"], 10);
    assert_eq!(
        (&lines[1]["error"]["code"], &lines[1]["error"]["line"]),
        (&"invalid_input".into(), &2.into())
    );
    assert_eq!(
        (&lines[2]["error"]["code"], &lines[2]["error"]["line"]),
        (&"invalid_config".into(), &4.into())
    );
}

/// The blocks of the README that begin with three backticks, `sh run`.
fn blocks_to_run() -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = readme.split("```sh run\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// What an operator has: a deployment that ticks, dead letters to decide, and a board that
/// is not what its ledger makes.
async fn deployment() -> (Stack, String) {
    let stack = Stack::start(Build::Production, &[]).await;
    let key = stack.organization(&organization("org_123"), &[Scope::Read, Scope::Write]).await;
    let owner = stack.owner().await;
    let features = json!({"hasEmail": true});
    let contacts = [contact("contact_457", &features), contact("contact_458", &features)];
    mauntic_store::admin::put_contacts(&owner, &organization("org_123"), &contacts).await.unwrap();
    let data = |name: &str| json!({"organizationId": "org_123", "contactId": name});
    let data = ["contact_457", "contact_458", "contact_457"].map(data);
    given::died(&owner, "org_123", &data, "the provider was away").await;
    given::tournament(&owner, "org_123").await;
    let spoil = "update scoreboard.entries set points_e4 = 70000 where member_id = 'ada'";
    owner.execute(spoil, &[]).await.unwrap();
    stack.tick();
    (stack, key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readmes_blocks_run_as_they_stand() {
    let (stack, key) = deployment().await;
    let blocks = blocks_to_run();
    assert!(blocks.len() >= 6, "the README shows {} blocks to run", blocks.len());
    stack.while_ticking(|| {
        for block in blocks {
            let mut shell = Command::new("sh");
            let output = as_from_a_shell(&mut shell)
                .args(["-eu", "-c", &block])
                .current_dir(root())
                .env("MAUNTIC_URL", stack.workers.http_url())
                .env("MAUNTIC_KEY", &key)
                .env("MAUNTIC_TOKEN", ADMIN_TOKEN)
                .env("OWNER_URL", stack.postgres.url(SUPERUSER, "mauntic"))
                .output()
                .unwrap();
            assert!(output.status.success(), "{block}\n{}", text(&output));
            assert!(!output.stdout.is_empty(), "{block} printed nothing");
        }
    });
    let owner = stack.owner().await;
    let sql = "select count(*) from jobs.dead_letter where decided_at is null";
    assert_eq!(given::count(&owner, sql).await, 0, "the runbook decided every letter");
    let sql = "select count(*) from jobs.job j where j.replays > 0 and j.state <> 'completed'";
    assert_eq!(given::count(&owner, sql).await, 0, "what was replayed is done");
    let sql = "select format('%s differences: %s', differences, detail) from scoreboard.drift";
    let found: Vec<String> =
        owner.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(found, ["0 differences: []"], "the board was made anew");
}
