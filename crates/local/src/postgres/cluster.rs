//! Making a data folder, and taking one over from a run that crashed.

use super::account::Account;
use super::binaries::Binaries;
use super::error::{Error, io};
use super::folder::{Folder, private_folder, remove_if_there};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// 24 bytes of the system's randomness, 192 bits, as 48 hex digits.
const PASSWORD_BYTES: usize = 24;

/// How long a leftover server may take for its last checkpoint before it is
/// stopped the hard way.
const LEFTOVER_STOP_SECONDS_MAX: u32 = 20;

/// Makes the cluster if there is none yet, and sees to it that no server of an
/// earlier run is left on it. Answers the superuser's password, if it has one.
pub(super) fn prepare(
    folder: &Folder,
    binaries: &Binaries,
    account: Account,
    durable: bool,
) -> Result<Option<String>, Error> {
    if !folder.data.join("PG_VERSION").exists() {
        initialize(folder, binaries, account, durable)?;
    } else {
        check_version(folder, binaries)?;
        end_leftover(folder, binaries, account)?;
    }
    if folder.temporary {
        return Ok(None);
    }
    let password = folder.beside("password");
    fs::read_to_string(&password).map(Some).map_err(io("read", password))
}

fn check_version(folder: &Folder, binaries: &Binaries) -> Result<(), Error> {
    let path = folder.data.join("PG_VERSION");
    let found = fs::read_to_string(&path).map_err(io("read", path))?.trim().to_owned();
    if found == binaries.major {
        return Ok(());
    }
    Err(Error::WrongVersion {
        folder: folder.data.clone(),
        found,
        expected: binaries.major.clone(),
    })
}

/// `initdb` into a folder of another name first: one that was interrupted
/// half-way must never be taken for a cluster.
fn initialize(
    folder: &Folder,
    binaries: &Binaries,
    account: Account,
    durable: bool,
) -> Result<(), Error> {
    let fresh = folder.beside("new");
    remove_if_there(&fresh)?;
    private_folder(&fresh, account)?;
    let mut command = account.command(binaries.program("initdb"));
    command.args(["--username=postgres", "--encoding=UTF8", "--locale=C", "--no-instructions"]);
    command.arg("--pgdata").arg(&fresh);
    if !durable {
        command.arg("--no-sync");
    }
    if folder.temporary {
        command.arg("--auth=trust");
    } else {
        let password = folder.beside("password");
        write_password(&password, account)?;
        command.arg("--auth=scram-sha-256").arg("--pwfile").arg(password);
    }
    run("initdb", command, &folder.data)?;
    fs::rename(&fresh, &folder.data).map_err(io("put in place", &folder.data))
}

/// The file is the server user's, for `initdb` reads it, and nobody else's.
fn write_password(path: &Path, account: Account) -> Result<(), Error> {
    let mut random = [0_u8; PASSWORD_BYTES];
    let source = Path::new("/dev/urandom");
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut random))
        .map_err(io("read", source))?;
    let password: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(io("create", path))?;
    file.write_all(password.as_bytes()).map_err(io("write", path))?;
    account.give(path)
}

/// Stops a server that a crashed run left behind, or removes the note of one
/// that is gone. The caller holds the folder's lock, so it is nobody else's.
fn end_leftover(folder: &Folder, binaries: &Binaries, account: Account) -> Result<(), Error> {
    let note = folder.data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&note) else {
        return Ok(());
    };
    let process = text.lines().next().unwrap_or_default().trim().to_owned();
    // After a restart of the machine the number may be a stranger's, to whom
    // pg_ctl would send its signal without asking.
    if !command_line(&process)?.contains(&*folder.data.to_string_lossy()) {
        return match fs::remove_file(&note) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(io("remove", note)(error))
            }
            _ => Ok(()),
        };
    }
    let stop = |mode: &str| {
        let mut command = account.command(binaries.program("pg_ctl"));
        command.args(["stop", "--silent", "--mode", mode, "--timeout"]);
        command.arg(LEFTOVER_STOP_SECONDS_MAX.to_string()).arg("--pgdata").arg(&folder.data);
        run("pg_ctl", command, &folder.data)
    };
    // It may end by itself between the look and the order.
    stop("fast")
        .or_else(|_late| stop("immediate"))
        .or_else(|error| if note.exists() { Err(error) } else { Ok(()) })
}

/// The command line of a process, empty when there is none of that number.
fn command_line(process: &str) -> Result<String, Error> {
    let proc = PathBuf::from("/proc").join(process).join("cmdline");
    if let Ok(bytes) = fs::read(proc) {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    if Path::new("/proc/self").exists() {
        return Ok(String::new());
    }
    let output = Command::new("ps")
        .args(["-o", "args=", "-p", process])
        .output()
        .map_err(io("run", "ps"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn run(tool: &'static str, mut command: Command, folder: &Path) -> Result<(), Error> {
    let Output { status, stdout, stderr } = command
        .stdin(Stdio::null())
        .output()
        .map_err(io("run", command.get_program().to_owned()))?;
    if status.success() {
        return Ok(());
    }
    let output =
        format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    Err(Error::Tool { tool, folder: folder.to_owned(), output: output.trim().to_owned() })
}
