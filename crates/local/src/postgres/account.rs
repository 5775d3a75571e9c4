//! Whom the server runs as. PostgreSQL refuses to run as root, so root lends it
//! `nobody`; anybody else runs it as themselves.

use super::error::{Error, io};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The account of the server and of everything that touches its data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    own_uid: u32,
    /// User and group to become; none when we are not root.
    lent: Option<(u32, u32)>,
}

impl Account {
    pub(super) fn choose() -> Result<Self, Error> {
        // The standard library cannot tell who we are without unsafe code.
        let own_uid = id(&["-u"])?.ok_or(Error::NoUnprivilegedUser)?;
        if own_uid != 0 {
            return Ok(Self { own_uid, lent: None });
        }
        match (id(&["-u", "nobody"])?, id(&["-g", "nobody"])?) {
            (Some(uid), Some(gid)) if uid != 0 => Ok(Self { own_uid, lent: Some((uid, gid)) }),
            _ => Err(Error::NoUnprivilegedUser),
        }
    }

    /// Our own user number.
    pub(super) fn own_uid(self) -> u32 {
        self.own_uid
    }

    /// The server's user number.
    pub(super) fn server_uid(self) -> u32 {
        self.lent.map_or(self.own_uid, |(uid, _gid)| uid)
    }

    /// A command that will run as the server's user, deaf to our environment:
    /// `PG*` variables of the person at the terminal must not reach it.
    pub(super) fn command(self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .current_dir("/");
        if let Some((uid, gid)) = self.lent {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Makes `path` the server user's own.
    pub(super) fn give(self, path: &Path) -> Result<(), Error> {
        match self.lent {
            None => Ok(()),
            Some((uid, gid)) => chown(path, Some(uid), Some(gid)).map_err(io("give away", path)),
        }
    }

    /// Asks `test` as the server's user: the only answer that knows every
    /// folder above, its mode and its access lists. `what` is a flag of `test`.
    pub(super) fn can(self, what: &str, path: &Path) -> Result<bool, Error> {
        let status = self
            .command("/bin/sh")
            .args(["-c", "test \"$1\" \"$2\"", "sh", what])
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(io("run", "/bin/sh"))?;
        Ok(status.success())
    }
}

/// What `id` answers; none when there is no such user.
fn id(arguments: &[&str]) -> Result<Option<u32>, Error> {
    let output = Command::new("id").args(arguments).output().map_err(io("run", "id"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
}
