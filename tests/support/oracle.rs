//! Other code, in another language, that is asked whether ours is right: the
//! scoring table and the curves of decay (`oracle/score.mjs`), and the receiver of
//! webhooks (`oracle/webhooks.mjs`).

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

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

fn ask_of(script: &str, questions: &[Value]) -> Vec<Value> {
    let root = mauntic_local::repository_root();
    let mut oracle = Command::new(root.join("node_modules/node/bin/node"))
        .arg(root.join("tests/oracle").join(script))
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
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), questions.len());
    answers
}
