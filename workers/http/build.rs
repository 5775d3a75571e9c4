//! Writes the API's document into the folder of files that are deployed beside the
//! worker, so that it has neither the text nor the code that describes its handlers. The
//! double's ports stand in: the document has nothing of them.

use std::path::PathBuf;
use std::time::SystemTime;
use std::{env, fs, io};

use mauntic_api::{DOCUMENT, describe};
use mauntic_sim::ports::SimPorts;

/// The folder, as `tools/build-workers.sh` names it.
const FOLDER: &str = "MAUNTIC_ASSETS";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed={FOLDER}");
    // A lint of the worker deploys nothing.
    let Some(folder) = env::var_os(FOLDER) else { return Ok(()) };
    let folder = PathBuf::from(folder);
    let file = folder.join(DOCUMENT.trim_start_matches('/'));
    println!("cargo::rerun-if-changed={}", file.display());
    fs::create_dir_all(folder)?;
    fs::write(&file, describe::<SimPorts>().to_json()?)?;
    // Older than this run, or the next one would take it for changed since.
    fs::File::options().write(true).open(file)?.set_modified(SystemTime::UNIX_EPOCH)
}
