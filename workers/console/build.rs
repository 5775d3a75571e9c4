//! Bundles the console's style sheet and script into the folder of files that are deployed
//! beside the worker, by esbuild, and tells the worker their names. A name has the hash of
//! what the file holds: browsers keep it for ever, and ask for another one after a change.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs, io};

/// The folder, as `tools/build-workers.sh` names it.
const FOLDER: &str = "MAUNTIC_CONSOLE_ASSETS";

/// The bundler, as `target/setup/env.sh` names it.
const ESBUILD: &str = "ESBUILD_BIN";

/// Below this the worker serves them.
const BELOW: &str = "admin/assets";

/// What the platform and wrangler add to the files.
const HEADERS: &str = "/admin/assets/*
  Cache-Control: public, max-age=31536000, immutable
  X-Content-Type-Options: nosniff
  Strict-Transport-Security: max-age=31536000; includeSubDomains
";

fn main() -> io::Result<()> {
    for variable in [FOLDER, ESBUILD] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    for source in ["assets", "../../package-lock.json"] {
        println!("cargo::rerun-if-changed={source}");
    }
    // A lint of the worker deploys nothing.
    let (Some(folder), Some(esbuild)) = (env::var_os(FOLDER), env::var_os(ESBUILD)) else {
        name("STYLE", "console.css");
        name("SCRIPT", "console.js");
        return Ok(());
    };
    let folder = PathBuf::from(folder);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let below = folder.join(BELOW);
    fs::create_dir_all(&below)?;
    keep(&folder.join("_headers"), HEADERS.as_bytes())?;
    bundle(&esbuild.into(), &below)?;
    for (variable, extension) in [("STYLE", "css"), ("SCRIPT", "js")] {
        let file = find(&below, extension)?;
        let bytes = fs::read(&file)?;
        keep(&file, &bytes)?;
        name(variable, &file.file_name().unwrap_or_default().to_string_lossy());
    }
    Ok(())
}

fn bundle(esbuild: &PathBuf, into: &Path) -> io::Result<()> {
    let status = Command::new(esbuild)
        .args(["assets/console.js", "assets/console.css"])
        .args(["--bundle", "--minify", "--target=es2022", "--legal-comments=none"])
        .args(["--entry-names=[name]-[hash]", "--log-level=warning"])
        .arg(format!("--outdir={}", into.display()))
        .status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("esbuild failed")) }
}

fn find(folder: &Path, extension: &str) -> io::Result<PathBuf> {
    let files = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let mut paths = files.into_iter().map(|file| file.path());
    let found = paths.find(|path| path.extension().is_some_and(|of| of == extension));
    found.ok_or_else(|| io::Error::other(format!("esbuild wrote no .{extension}")))
}

/// Written older than this run, or the next one would take it for changed since.
fn keep(file: &Path, bytes: &[u8]) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", file.display());
    fs::write(file, bytes)?;
    fs::File::options().write(true).open(file)?.set_modified(SystemTime::UNIX_EPOCH)
}

fn name(variable: &str, file: &str) {
    println!("cargo::rustc-env=MAUNTIC_CONSOLE_{variable}=/{BELOW}/{file}");
}
