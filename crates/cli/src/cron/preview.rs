//! `cron preview`: asks nobody, so that an expression can be tried before there
//! is anything to deploy.

use chrono::{DateTime, SecondsFormat, Utc};
use mauntic_domain::schedules::preview;
use serde_json::{Value, json};

use crate::clock;
use crate::failure::Usage;
use crate::output::{Output, line};

pub(super) fn run(
    expr: &str,
    count: usize,
    from: Option<DateTime<Utc>>,
    output: Output,
) -> anyhow::Result<()> {
    let from = from.map_or_else(clock::now, Ok)?;
    let preview =
        preview(expr, from, count).map_err(|error| Usage(format!("the expression {error}")))?;
    let times = preview.next.iter().map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
    let times: Vec<String> = times.collect();
    if output == Output::Json {
        let warnings = preview.warnings.iter();
        let warnings = warnings.map(|w| json!({"code": w.code, "message": w.message}));
        let warnings: Vec<Value> = warnings.collect();
        return line(&json!({"expr": expr, "next": times, "warnings": warnings}).to_string());
    }
    for warning in &preview.warnings {
        eprintln!("note ({}): {}", warning.code, warning.message);
    }
    for (time, shown) in preview.next.iter().zip(times) {
        line(&format!("{shown}  {}", time.format("%a")))?;
    }
    Ok(())
}
