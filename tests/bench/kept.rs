//! A benchmark's lines, each with its bound and whether it holds, as a section of
//! `docs/benchmarks.md`: a benchmark writes its own and leaves the others alone.

use std::io::ErrorKind;
use std::process::ExitCode;

use crate::machine;

/// Where they are kept.
const PATH: &str = "docs/benchmarks.md";

/// What stands above all sections.
const HEAD: &str = "# Benchmarks\n\nWritten by `make bench`; read ratios, not absolutes. \
                    Clients, workers and the server share the cores.\n";

/// What was found so far.
pub(crate) struct Lines {
    name: &'static str,
    text: String,
    failed: usize,
}

impl Lines {
    pub(crate) fn begin(name: &'static str, server: &str) -> Self {
        let mut text = format!("{}. {server}.\n\n", machine::cores());
        text += "| what | measured | bound | |\n|---|---|---|---|\n";
        Self { name, text, failed: 0 }
    }

    /// A line, printed as well.
    pub(crate) fn line(&mut self, what: &str, measured: &str, bound: &str, holds: bool) {
        self.failed += usize::from(!holds);
        let verdict = if holds { "pass" } else { "FAIL" };
        println!("{what}: {measured} ({bound}): {verdict}");
        self.text += &format!("| {what} | {measured} | {bound} | {verdict} |\n");
    }

    /// Keeps it, with what is to be said below, as the process's end.
    pub(crate) fn end(self, below: &str) -> ExitCode {
        let path = mauntic_local::repository_root().join(PATH);
        let before = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            before => before.expect("the other benchmarks' lines are read"),
        };
        let section = format!("{}\n{below}\n", self.text);
        std::fs::write(path, replaced(&before, self.name, &section)).expect("the lines are kept");
        self.verdict()
    }

    /// Whether every bound holds, as the process's end.
    pub(crate) fn verdict(&self) -> ExitCode {
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The document with that section instead of the one before, sections by name.
fn replaced(before: &str, name: &str, section: &str) -> String {
    // What stands before the first one is the head, which is written anew.
    let parts = before.split("\n## ").skip(1);
    let others = parts.map(|part| part.split_once("\n\n").expect("a section has a name and lines"));
    let mut sections: Vec<(&str, &str)> = others.filter(|(other, _)| *other != name).collect();
    sections.push((name, section));
    sections.sort_by_key(|(name, _)| *name);
    let mut text = HEAD.to_owned();
    for (name, section) in sections {
        text += &format!("\n## {name}\n\n{}\n", section.trim_end());
    }
    text
}
