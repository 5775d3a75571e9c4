//! Runs the domain's rules over newline-delimited JSON, a result a line.

mod decay;
mod lines;
mod portfolio;
mod priority;
mod rank;
mod score;
mod settle;
mod signals;
mod warmup;

use std::io::ErrorKind;

use anyhow::bail;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// `{"features":{…},"config":[…]?,"context":{…}?,"signals":[…]?,"asOf":…?}` a line → the score.
    ///
    /// A signal is `{"signalType"?,"weight","decayModel"?,"decayHours"?,"detectedAt"}`;
    /// it weighs as of `asOf`, a time in RFC 3339, which is needed where signals are given.
    Score,
    /// `{"weight","decayModel","decayHours","elapsedSeconds"}` a line → `{"currentWeight"}`.
    ///
    /// The model is `linear`, `exponential` or `step`.
    Decay,
    /// `{"signalType"}` a line → `{"priority"}`.
    Priority,
    /// `{"day"}` a line → `{"maxEmails"}`, null where there is no limit.
    ///
    /// Days of a sending domain's life, from 1; before that it may send nothing.
    Warmup,
    /// `{"rules":{…}?,"round"?,"result":{"home","away"},"guesses":[{"member","home","away"}]}`
    /// a line → `{"points":{"<member>":n}}`.
    ///
    /// What the rules do not say is the product's: 5 for the score, 3 for the difference of
    /// goals, 2 for the outcome. A round has the rules' multiplier.
    Settle,
    /// `{"kind","tieBreaks":[…]?,"entries":[{"member","points","exactHits"?,"rightOutcomes"?,"joinedAt"?}]}`
    /// a line → `{"ranks":{"<member>":n}}`.
    ///
    /// The kind is `dense`, `competition`, `modified`, `ordinal` or `percentile`. Tie-breaks,
    /// `exactHits` and then `rightOutcomes` unless the line names others, the time of joining
    /// and the member's name decide the ordinal one alone.
    Rank,
    /// `{"criteria":[{"id","name","metric","operator","value","value2"?,"points","requiredFundamentals"?}],"assets":[{"id","symbol","fundamentals":{…}}]}`
    /// a line → `{"scores":[{"assetId","score","breakdown":[…]}]}`.
    ///
    /// A price among the fundamentals is in the user's base currency. Numbers are plain
    /// decimals of at most 28 digits, as numbers or strings; null is missing.
    Portfolio,
}

/// Every line but empty ones gets one output line, in order; a line that has no
/// answer gets an `error` and makes the whole fail at the end.
pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    let (answer, done): (lines::Answer, _) = match command {
        Command::Score => (score::answer, "scored"),
        Command::Decay => (decay::answer, "decayed"),
        Command::Priority => (priority::answer, "given a priority"),
        Command::Warmup => (warmup::answer, "given a limit"),
        Command::Settle => (settle::answer, "settled"),
        Command::Rank => (rank::answer, "ranked"),
        Command::Portfolio => (portfolio::answer, "scored"),
    };
    match lines::answer(&mut std::io::stdin().lock(), &mut std::io::stdout().lock(), answer) {
        // Whoever reads has read enough (`| head`).
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error.into()),
        Ok((_, 0)) => Ok(()),
        Ok((lines, refused)) => bail!("{refused} of {lines} lines could not be {done}"),
    }
}

#[cfg(test)]
mod tests;
