//! Where a server's data lies, and who holds it.
//!
//! Temporary data goes to memory when there is room, else to the temp folder.
//! Kept data goes where the caller wants it; when the server's user cannot get
//! there (root below a private home), to `/var/tmp/mauntic-<hash of the wanted
//! path>`, so that the same repository finds the same data again.

use super::account::Account;
use super::binaries::{REACHABLE, check_owner};
use super::error::{Error, io};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below this much free memory, temporary data goes to disk: an empty cluster
/// is 40 MB, its log at most 128 MB (`WAL_MEGABYTES_MAX`), and 32 databases of
/// 9 MB at once are 288 MB; together 456 MB.
const MEMORY_KIB_MIN: u64 = 512 * 1024;

/// A data folder, held against every other process as long as this value lives.
#[derive(Debug)]
pub(super) struct Folder {
    /// What is removed with a temporary server: the folder around `data`.
    pub(super) outer: PathBuf,
    /// PostgreSQL's data folder proper.
    pub(super) data: PathBuf,
    /// Whether the data is to vanish with the server.
    pub(super) temporary: bool,
    /// Released by the system when the process dies, however it dies.
    _lock: Option<File>,
}

impl Folder {
    pub(super) fn temporary(account: Account) -> Result<Self, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mauntic-postgres-{}-{number}", std::process::id());
        let tried: Vec<PathBuf> = memory()?
            .into_iter()
            .chain([std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from(REACHABLE)])
            .collect();
        for parent in &tried {
            if !account.can("-w", parent)? {
                continue;
            }
            let outer = parent.join(&name);
            // A leftover of a dead process that had our number.
            remove_if_there(&outer)?;
            private_folder(&outer, account)?;
            return Ok(Self { data: outer.join("data"), outer, temporary: true, _lock: None });
        }
        Err(Error::NoRoom { tried })
    }

    pub(super) fn kept(wanted: &Path, account: Account) -> Result<Self, Error> {
        let data = reachable(wanted, account)?;
        let lock = beside(&data, "lock");
        let file = File::create(&lock).map_err(io("create", &lock))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { folder: data }),
            Err(TryLockError::Error(source)) => return Err(io("lock", lock)(source)),
        }
        Ok(Self { outer: data.clone(), data, temporary: false, _lock: Some(file) })
    }

    /// A file beside the data: `postgres.password` for `postgres`.
    pub(super) fn beside(&self, extension: &str) -> PathBuf {
        beside(&self.data, extension)
    }
}

/// The guardian removes temporary data; this is for what never got one.
impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = remove_if_there(&self.outer)
        {
            eprintln!("{error}");
        }
    }
}

fn beside(data: &Path, extension: &str) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    data.with_file_name(name)
}

/// The wanted folder, or its stand-in where the server's user can get.
fn reachable(wanted: &Path, account: Account) -> Result<PathBuf, Error> {
    let wanted = std::path::absolute(wanted).map_err(io("resolve", wanted))?;
    let parent = wanted.parent().unwrap_or(&wanted);
    fs::create_dir_all(parent).map_err(io("create", parent))?;
    if account.can("-x", parent)? {
        return Ok(wanted);
    }
    let name = format!("mauntic-{:016x}", fnv1a(wanted.as_os_str().as_encoded_bytes()));
    let stand_in = Path::new(REACHABLE).join(name);
    if !stand_in.exists() {
        DirBuilder::new().mode(0o755).create(&stand_in).map_err(io("create", &stand_in))?;
    }
    check_owner(&stand_in, account)?;
    Ok(stand_in.join("postgres"))
}

/// FNV-1a: a hash whose values are fixed for ever, unlike the standard library's.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The memory file system, if this machine has one with room.
fn memory() -> Result<Option<PathBuf>, Error> {
    let path = PathBuf::from("/dev/shm");
    if !path.is_dir() {
        return Ok(None);
    }
    let output = Command::new("df").arg("-Pk").arg(&path).output().map_err(io("run", "df"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // The second line's fourth column, by POSIX: kibibytes available.
    let available = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3));
    let kib: u64 = available.and_then(|number| number.parse().ok()).unwrap_or(0);
    Ok((kib >= MEMORY_KIB_MIN).then_some(path))
}

/// An empty folder that only the server's user may look into.
pub(super) fn private_folder(path: &Path, account: Account) -> Result<(), Error> {
    DirBuilder::new().mode(0o700).create(path).map_err(io("create", path))?;
    account.give(path)
}

/// Removes a folder with all that is in it; none there is as good.
pub(super) fn remove_if_there(path: &Path) -> Result<(), Error> {
    if !path.exists() {
        return Ok(());
    }
    fs::remove_dir_all(path).map_err(io("remove", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_of_a_path_never_changes() {
        // The published test vector of FNV-1a for "foobar".
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_file_beside_the_data_carries_its_name() {
        let beside = beside(Path::new("/repository/.local/postgres"), "password");
        assert_eq!(beside, Path::new("/repository/.local/postgres.password"));
    }
}
