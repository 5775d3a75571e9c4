//! Other code, in another language, that is asked whether ours is right: the
//! scoring table and the curves of decay (`oracle/score.mjs`), the receiver of
//! webhooks (`oracle/webhooks.mjs`), a tournament's final table
//! (`oracle/tournament.mjs`), and the scores of portfolios (`oracle/portfolio.mjs`).

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use mauntic_domain::scoreboard::Rules;
use serde_json::{Value, json};

/// The score's answers to questions of `{features, config, context, signals, asOf}`
/// or of `{weight, decayModel, decayHours, elapsedMillis}`, in their order.
///
/// # Panics
/// When it fails or leaves a question out.
#[must_use]
pub fn ask(questions: &[Value]) -> Vec<Value> {
    ask_of("score.mjs", questions)
}

/// Whether the Standard Webhooks' own library takes each of these calls, of
/// `{secret, headers, body}`.
///
/// # Panics
/// When it fails or leaves a call out.
#[must_use]
pub fn verified(calls: &[Value]) -> Vec<Value> {
    ask_of("webhooks.mjs", calls)
}

/// The scores of portfolios, of `{criteria, baseCurrency, rates, assets, quotes}`.
///
/// # Panics
/// When it fails or leaves a portfolio out.
#[must_use]
pub fn portfolios(questions: &[Value]) -> Vec<Value> {
    ask_of("portfolio.mjs", questions)
}

/// The final table of the matches in a file, with so many members: a line a member, the
/// best first, with ranks of every kind.
///
/// # Panics
/// When it fails.
#[must_use]
pub fn final_table(matches: &Path, members: usize, rules: &Rules) -> Vec<Value> {
    let [members, rules] = [members.to_string(), json!(rules).to_string()];
    let output = node("tournament.mjs").arg(matches).args([members, rules]).output();
    let output = output.expect("node starts; is it installed?");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the oracle failed: {said}");
    lines(output.stdout)
}

fn node(script: &str) -> Command {
    let root = mauntic_local::repository_root();
    let mut command = Command::new(root.join("node_modules/node/bin/node"));
    command.arg(root.join("tests/oracle").join(script));
    command
}

fn lines(output: Vec<u8>) -> Vec<Value> {
    let text = String::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ask_of(script: &str, questions: &[Value]) -> Vec<Value> {
    let mut oracle = node(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts; is it installed?");
    let mut input = oracle.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // Beside the reading: neither pipe holds all of it.
        scope.spawn(move || {
            for question in questions {
                writeln!(input, "{question}").expect("the oracle reads");
            }
        });
        oracle.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "the oracle failed");
    let answers = lines(output.stdout);
    assert_eq!(answers.len(), questions.len());
    answers
}
