//! Runs the domain's rules over newline-delimited JSON, a result a line.

use std::collections::BTreeMap;
use std::io::{BufRead, BufWriter, ErrorKind, Write};

use anyhow::bail;
use mauntic_domain::object::optional_object;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::features::FEATURE_NAMES;
use mauntic_domain::scoring::{
    Category, Config, ConfigEntry, Context, Contribution, Features, Grade, Score, score,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Longest line: the HTTP API's largest body, 1 MiB.
const LINE_BYTES_MAX: usize = 1024 * 1024;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// `{"features":{…},"config":[…]?,"context":{…}?}` a line → the score.
    Score,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoreInput {
    features: Value,
    #[serde(default)]
    config: Option<Vec<ConfigEntry>>,
    #[serde(default, deserialize_with = "optional_object")]
    context: Option<Context>,
}

/// Every line but empty ones gets one output line, in order; a line that cannot be
/// scored gets an `error` and makes the whole fail at the end.
pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    let Command::Score = command;
    match score_lines(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()) {
        // Whoever reads has read enough (`| head`).
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error.into()),
        Ok((_, 0)) => Ok(()),
        Ok((lines, refused)) => bail!("{refused} of {lines} lines could not be scored"),
    }
}

/// Numbers of lines read and of lines refused.
fn score_lines(
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> std::io::Result<(usize, usize)> {
    let mut output = BufWriter::new(output);
    let (mut lines, mut refused) = (0, 0);
    let mut line = Vec::new();
    while read_line(input, &mut line)? {
        lines += 1;
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        let result = score_line(text).unwrap_or_else(|(code, message)| {
            refused += 1;
            json!({"error": {"code": code, "message": message, "line": lines}}).to_string()
        });
        writeln!(output, "{result}")?;
    }
    output.flush()?;
    Ok((lines, refused))
}

/// Reads a line without its end; of a longer one than is allowed, one byte more
/// than that, and the rest is skipped. False at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let mut begun = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Ok(begun);
        }
        begun = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let content = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
        let room = (LINE_BYTES_MAX + 1).saturating_sub(line.len());
        line.extend(content.iter().take(room));
        let used = content.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

fn score_line(line: &[u8]) -> Result<String, (&'static str, String)> {
    if line.len() > LINE_BYTES_MAX {
        return Err(("too_long", format!("a line has at most {LINE_BYTES_MAX} bytes")));
    }
    let invalid = |error: serde_json::Error| ("invalid_input", error.to_string());
    let value: Value = serde_json::from_slice(line).map_err(invalid)?;
    if !value.is_object() {
        return Err(("invalid_input", "a line must be a JSON object".to_owned()));
    }
    let input = ScoreInput::deserialize(value).map_err(invalid)?;
    let Some(names) = input.features.as_object().map(serde_json::Map::keys) else {
        return Err(("invalid_input", "features must be an object".to_owned()));
    };
    if let Some(unknown) = names.into_iter().find(|name| !FEATURE_NAMES.contains(&name.as_str())) {
        let known = FEATURE_NAMES.join(", ");
        return Err(("invalid_input", format!("no feature is named {unknown:?}; known: {known}")));
    }
    let features = Features::deserialize(&input.features).map_err(invalid)?;
    let config = Config::new(input.config.unwrap_or_default())
        .map_err(|error| ("invalid_config", error.to_string()))?;
    let score = score(&features, &config, &input.context.unwrap_or_default());
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
