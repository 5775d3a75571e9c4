//! What can go wrong around the workers, in words for the person at the
//! terminal.

use std::io;
use std::path::PathBuf;

/// The workers could not be started, reached or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The npm packages are not there.
    #[error("{path} does not exist: run `npm ci` in the repository")]
    NotInstalled {
        /// What is missing.
        path: PathBuf,
    },
    /// A worker was not built.
    #[error("{path} does not exist: build the workers first (`make build`)")]
    NotBuilt {
        /// What is missing.
        path: PathBuf,
    },
    /// The operating system refused something.
    #[error("could not {what} {path}: {source}")]
    Io {
        /// The action, as a verb.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The runner refused an order.
    #[error("the workers' runner could not {order}: {message}")]
    Refused {
        /// The order's name.
        order: &'static str,
        /// What the harness said.
        message: String,
    },
    /// The runner ended while it was wanted.
    #[error("the workers' runner ended at the order to {order}; its last words:\n{log}")]
    Ended {
        /// The order's name.
        order: &'static str,
        /// The runner's last lines.
        log: String,
    },
    /// The runner did not answer in time.
    #[error(
        "the workers' runner did not {order} within {seconds} s (it may be stuck: restart it); \
         its last words:\n{log}"
    )]
    TimedOut {
        /// The order's name.
        order: &'static str,
        /// The bound.
        seconds: u64,
        /// The runner's last lines.
        log: String,
    },
    /// An answer was not what this side understands: the two are out of step.
    #[error("the workers' runner answered {order} with something unknown: {source}")]
    Answer {
        /// The order's name.
        order: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
