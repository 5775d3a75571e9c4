//! The server's settings, as arguments of its command line.

/// Megabytes of write-ahead log that a temporary server keeps.
const WAL_MEGABYTES_MAX: u32 = 128;

/// The server's settings. Temporary data need not survive the machine, so
/// nothing waits for a disk; but it must survive a SIGKILL, so a commit is
/// handed to the system before it is confirmed (`synchronous_commit` stays on;
/// without `fsync` that costs one write to memory).
pub(super) fn settings(durable: bool, port: u16) -> Vec<String> {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "max_connections=200".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
    ];
    if !durable {
        settings
            .extend(["fsync", "full_page_writes", "autovacuum"].map(|name| format!("{name}=off")));
        settings.extend(
            ["wal_level=minimal", "max_wal_senders=0", "dynamic_shared_memory_type=mmap"]
                .map(ToOwned::to_owned),
        );
        settings.push(format!("max_wal_size={WAL_MEGABYTES_MAX}MB"));
    }
    settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()
}
