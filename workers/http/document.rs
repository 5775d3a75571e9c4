//! Writes the API's document into the folder of files that are deployed beside the
//! worker, so that it has neither the text nor the code that describes its handlers. The
//! double's ports stand in: the document has nothing of them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs, io};

use mauntic_api::{DOCUMENT, describe};
use mauntic_sim::ports::SimPorts;

/// The folder, as `tools/build-workers.sh` names it.
const FOLDER: &str = "MAUNTIC_ASSETS";

/// Writes it where the folder is named.
pub(crate) fn write() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed={FOLDER}");
    println!("cargo::rerun-if-changed=document.rs");
    env::var_os(FOLDER).map_or(Ok(()), |folder| write_to(&PathBuf::from(folder)))
}

/// Writes it into this folder.
pub(crate) fn write_to(folder: &Path) -> io::Result<()> {
    let file = folder.join(DOCUMENT.trim_start_matches('/'));
    println!("cargo::rerun-if-changed={}", file.display());
    fs::create_dir_all(folder)?;
    fs::write(&file, describe::<SimPorts>().to_json()?)?;
    // Older than this run, or the next one would take it for changed since.
    fs::File::options().write(true).open(file)?.set_modified(SystemTime::UNIX_EPOCH)
}
