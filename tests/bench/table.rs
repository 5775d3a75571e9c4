//! What is printed.

use crate::contender::{Shape, Who};
use crate::figures::{Figures, MEASURES};
use crate::machine;
use crate::server::Server;
use crate::sizes::{self, BATCHES};

/// Width of a line's name.
const NAME: usize = 46;

/// The machine, the versions and the sizes.
pub(crate) async fn heading(server: &Server) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{}, {} of memory, load {}",
        machine::cores(),
        machine::field("/proc/meminfo", "MemTotal"),
        load.split(' ').next().unwrap_or("?")
    );
    println!("{}", server.described().await);
    println!("pg-boss {}, graphile-worker {}", version("pg-boss"), version("graphile-worker"));
    let jobs = BATCHES.map(|batch| format!("{} in batches of {batch}", sizes::jobs(batch)));
    println!("{} passes, medians; jobs a pass: {}", sizes::passes(), jobs.join(", "));
    println!("Clients and server share the cores: read ratios, not absolutes.");
}

fn version(package: &str) -> String {
    let root = mauntic_local::repository_root();
    let path = root.join(format!("tests/bench/peers/node_modules/{package}/package.json"));
    let text = std::fs::read_to_string(path).expect("the peers are installed: run `make bench`");
    let package: serde_json::Value = serde_json::from_str(&text).unwrap();
    package["version"].as_str().unwrap().to_owned()
}

/// Jobs a second of every shape.
pub(crate) fn rates(figures: &Figures) {
    heads("jobs/s from claim to done (least to most)", BATCHES.map(|b| format!("batch {b}")));
    for who in Who::ALL {
        for (shape, cells) in figures.shapes(who) {
            let cells = cells.iter().map(|cell| match cell {
                Some([least, middle, most]) => format!("{middle:.0} ({least:.0}-{most:.0})"),
                None => String::new(),
            });
            line(&format!("{}, {}", who.name(), label(who, shape)), cells);
        }
    }
}

fn label(who: Who, shape: Shape) -> String {
    let label = format!("{} {}", shape.parallel, who.counted());
    if shape.fetch == 0 { label } else { format!("{label}, local queue of {}", shape.fetch) }
}

/// Everything else, a contender a column.
pub(crate) fn others(figures: &Figures) {
    for batch in BATCHES {
        heads(&format!("batches of {batch}"), Who::ALL.map(|who| who.name().to_owned()));
        for measure in MEASURES {
            let decimals = measure.decimals;
            let cells = Who::ALL.map(|who| (measure.of)(figures.cell(who, batch)));
            line(measure.name, cells.iter().map(|cell| format!("{cell:.decimals$}")));
        }
        let cells = Who::ALL.map(|who| figures.cell(who, batch));
        line("enqueue to effect p95, ms", cells.map(|c| format!("{:.2}", c.percentile(95))));
    }
}

/// Ours in terms of the better of the others.
pub(crate) fn ratios(figures: &Figures) {
    heads("ours / better peer", BATCHES.map(|batch| format!("batch {batch}")));
    for measure in MEASURES {
        let sign = match measure.better {
            crate::figures::Better::More => "more is better",
            crate::figures::Better::Less => "less is better",
        };
        let name = format!("{} ({sign})", measure.name);
        line(&name, BATCHES.map(|batch| format!("{:.2}", figures.ratio(&measure, batch))));
    }
}

/// The heading of a table.
pub(crate) fn heads(name: &str, columns: impl IntoIterator<Item = String>) {
    println!();
    line(name, columns);
}

/// A line of a table.
pub(crate) fn line(name: &str, cells: impl IntoIterator<Item = String>) {
    let cells: String = cells.into_iter().map(|cell| format!("{cell:>24}")).collect();
    println!("{name:NAME$}{cells}");
}
