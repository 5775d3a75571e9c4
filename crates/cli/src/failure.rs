//! How the command ends: 0 ok, 1 failed, 2 wrong usage.

use std::io::ErrorKind;
use std::process::ExitCode;

/// Wrong usage that only a look at the whole shows; nothing was sent or done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

const WRONG_USAGE: u8 = 2;

/// Tells what went wrong, and says how to end.
pub(crate) fn exit_code(outcome: &anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    // Whoever reads has read enough (`| head`).
    let ends = |cause: &std::io::Error| cause.kind() == ErrorKind::BrokenPipe;
    if error.downcast_ref().is_some_and(ends) {
        return ExitCode::SUCCESS;
    }
    eprintln!("mauntic: {error:#}");
    if error.is::<Usage>() { ExitCode::from(WRONG_USAGE) } else { ExitCode::FAILURE }
}
