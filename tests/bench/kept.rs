//! A benchmark's lines, each with its bound and whether it holds, as a section of
//! `docs/benchmarks.md`: a benchmark writes its own and leaves the others alone.

use std::process::ExitCode;

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
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.unwrap_or("?").trim_start_matches([' ', '\t', ':']);
        let mut text = format!("{model}, {cores} cores. {server}.\n\n");
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
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let section = format!("{}\n{below}\n", self.text);
        std::fs::write(path, replaced(&before, self.name, &section)).expect("the lines are kept");
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The document with that section instead of the one before, sections by name.
fn replaced(before: &str, name: &str, section: &str) -> String {
    let others = before.split("\n## ").skip(1).filter_map(|part| part.split_once("\n\n"));
    let mut sections: Vec<(&str, &str)> = others.filter(|(other, _)| *other != name).collect();
    sections.push((name, section));
    sections.sort_by_key(|(name, _)| *name);
    let mut text = HEAD.to_owned();
    for (name, section) in sections {
        text += &format!("\n## {name}\n\n{}\n", section.trim_end());
    }
    text
}
