//! Runs the domain's rules over newline-delimited JSON, a result a line.

use std::collections::BTreeMap;
use std::io::{BufRead, Read, Write};

use anyhow::bail;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{
    Category, Config, ConfigEntry, Context, Contribution, Features, Grade, Score, score,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Longest line: the HTTP API's largest body, 1 MiB.
const LINE_BYTES_MAX: usize = 1024 * 1024;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// `{"features":{…},"config":[…],"context":{…}?}` a line → the score.
    Score,
}

#[derive(Deserialize)]
struct ScoreInput {
    #[serde(default)]
    features: Features,
    #[serde(default)]
    config: Vec<ConfigEntry>,
    #[serde(default)]
    context: Option<Context>,
}

/// Every input line gets one output line, in order; a line that cannot be
/// scored gets an `error` and makes the whole fail at the end.
pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    let Command::Score = command;
    let (mut input, mut output) =
        (std::io::stdin().lock(), std::io::BufWriter::new(std::io::stdout().lock()));
    let (mut number, mut refused) = (0_usize, 0_usize);
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = u64::try_from(LINE_BYTES_MAX + 1)?;
        if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        if line.len() > LINE_BYTES_MAX {
            bail!("line {number} has more than {LINE_BYTES_MAX} bytes");
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let result = score_line(&line).unwrap_or_else(|(code, message)| {
            refused += 1;
            json!({"error": {"code": code, "message": message, "line": number}}).to_string()
        });
        writeln!(output, "{result}")?;
    }
    output.flush()?;
    if refused > 0 {
        bail!("{refused} of {number} lines could not be scored");
    }
    Ok(())
}

fn score_line(line: &[u8]) -> Result<String, (&'static str, String)> {
    let input: ScoreInput =
        serde_json::from_slice(line).map_err(|error| ("invalid_input", error.to_string()))?;
    let config =
        Config::new(input.config).map_err(|error| ("invalid_config", error.to_string()))?;
    let score = score(&input.features, &config, &input.context.unwrap_or_default());
    render(&score).map_err(|error| ("unprintable", error.to_string()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScoreOutput<'a> {
    total_score: PointsE4,
    grade: Grade,
    fit_score: PointsE4,
    engagement_score: PointsE4,
    intent_score: PointsE4,
    components: BTreeMap<&'a str, PointsE4>,
    top_contributors: Vec<&'a Contribution>,
}

fn render(score: &Score) -> Result<String, serde_json::Error> {
    serde_json::to_string(&ScoreOutput {
        total_score: score.total(),
        grade: score.grade(),
        fit_score: score.category(Category::Fit),
        engagement_score: score.category(Category::Engagement),
        intent_score: score.category(Category::Intent),
        components: score.components(),
        top_contributors: score.top_contributors(),
    })
}
