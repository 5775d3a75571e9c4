//! The embedded PostgreSQL: its life, its deaths, and what is left of it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::until;
use mauntic_local::postgres::{Error, Options, Postgres, SUPERUSER};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tokio_postgres::{Client, NoTls};

/// Runs one piece of SQL over a connection of its own and answers the last
/// value of its last row.
fn query(url: &str, sql: &str) -> Result<Option<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection): (Client, _) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await;
        drop(client);
        // The server's side of a broken connection is told by `messages`.
        connection.await.unwrap().ok();
        Ok(messages?.into_iter().rev().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
            _ => None,
        }))
    })
}

/// Kept, but not at the price of waiting for the disk.
fn kept(folder: impl Into<PathBuf>) -> Options {
    Options { durable: false, ..Options::kept(folder) }
}

fn data_folder(url: &str) -> PathBuf {
    query(url, "show data_directory").unwrap().unwrap().into()
}

/// A folder in the temp folder that is gone with the value.
struct TempFolder(PathBuf);

impl TempFolder {
    fn new(name: &str, mode: u32) -> Self {
        let path = std::env::temp_dir().join(format!("mauntic-{name}-{}", std::process::id()));
        fs::DirBuilder::new().mode(mode).create(&path).unwrap();
        Self(path)
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn a_temporary_server_survives_a_kill_and_leaves_nothing() {
    let server = Postgres::start(Options::temporary()).unwrap();
    let url = server.url(SUPERUSER, "postgres");
    assert_eq!(server.password(), None);
    query(&url, "create table t as select 7 as n").unwrap();

    server.kill().unwrap();
    assert!(!server.is_running());
    query(&url, "select 1").unwrap_err();
    server.restart().unwrap();
    assert!(server.is_running());
    assert_eq!(query(&url, "select n from t").unwrap().as_deref(), Some("7"));

    server.halt().unwrap();
    query(&url, "select 1").unwrap_err();
    server.restart().unwrap();
    server.restart().unwrap();
    assert_eq!(query(&url, "select n from t").unwrap().as_deref(), Some("7"));

    let data = data_folder(&url);
    server.stop().unwrap();
    query(&url, "select 1").unwrap_err();
    assert!(!data.exists());
}

#[test]
fn a_killed_server_that_is_not_wanted_again_leaves_nothing() {
    let server = Postgres::start(Options::temporary()).unwrap();
    let data = data_folder(&server.url(SUPERUSER, "postgres"));
    server.kill().unwrap();
    drop(server);
    assert!(!data.exists());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = Postgres::start(Options::temporary()).unwrap();
    let port = first.port();
    let second = Postgres::start(Options { port: Some(port), ..Options::temporary() });
    match second {
        Err(Error::PortTaken { port: named }) => assert_eq!(named, port),
        other => panic!("expected the port to be taken, got {other:?}"),
    }
}

#[test]
fn a_kept_server_keeps_data_password_and_port_and_lets_nobody_else_in() {
    let parent = TempFolder::new("kept", 0o755);
    let options = Options::kept(parent.0.join("postgres"));
    let server = Postgres::start(options.clone()).unwrap();
    let url = server.url(SUPERUSER, "postgres");
    query(&url, "create table t as select 7 as n").unwrap();
    assert!(matches!(Postgres::start(options.clone()), Err(Error::InUse { .. })));
    query(&server.url_with(SUPERUSER, Some("wrong"), "postgres"), "select 1").unwrap_err();
    let password = fs::metadata(parent.0.join("postgres.password")).unwrap();
    assert_eq!(password.mode() & 0o777, 0o600);
    server.stop().unwrap();

    let server = Postgres::start(options).unwrap();
    assert_eq!(server.url(SUPERUSER, "postgres"), url);
    assert_eq!(query(&url, "select n from t").unwrap().as_deref(), Some("7"));
    assert_eq!(query(&url, "show fsync").unwrap().as_deref(), Some("on"));
}

#[test]
fn a_folder_out_of_reach_has_a_stand_in_that_is_found_again() {
    let parent = TempFolder::new("private", 0o700);
    if fs::metadata(&parent.0).unwrap().uid() != 0 {
        return; // Who runs the server as themselves reaches what is theirs.
    }
    let options = kept(parent.0.join("postgres"));
    let folders = [0, 1].map(|_| {
        let server = Postgres::start(options.clone()).unwrap();
        data_folder(&server.url(SUPERUSER, "postgres"))
    });
    assert_eq!(folders[0], folders[1]);
    assert!(folders[0].starts_with("/var/tmp"));
    fs::remove_dir_all(folders[0].parent().unwrap()).unwrap();
}

#[test]
fn data_of_another_version_is_refused_and_left_alone() {
    let parent = TempFolder::new("version", 0o755);
    let data = parent.0.join("postgres");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "17\n").unwrap();
    assert!(matches!(Postgres::start(kept(&data)), Err(Error::WrongVersion { .. })));
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
}

#[test]
fn the_note_of_a_server_that_is_long_gone_blocks_nothing() {
    let parent = TempFolder::new("note", 0o755);
    let options = kept(parent.0.join("postgres"));
    Postgres::start(options.clone()).unwrap().stop().unwrap();
    // The number of a process that lives and is none of ours.
    let note = format!("{}\n{}\n", std::process::id(), parent.0.join("postgres").display());
    fs::write(parent.0.join("postgres/postmaster.pid"), note).unwrap();
    Postgres::start(options).unwrap().stop().unwrap();
}

#[test]
fn nothing_outlives_an_owner_that_was_killed() {
    let (mut owner, url) = owner("temporary");
    let data = data_folder(&url);
    owner.kill().unwrap();
    owner.wait().unwrap();
    until("the server is gone", || query(&url, "select 1").is_err());
    until("its data is gone", || !data.parent().unwrap().exists());
}

#[test]
fn after_its_owner_was_killed_kept_data_is_taken_over_at_once() {
    let parent = TempFolder::new("crash", 0o755);
    let (mut owner, url) = owner(parent.0.join("postgres").to_str().unwrap());
    query(&url, "create table t as select 7 as n").unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    let server = Postgres::start(kept(parent.0.join("postgres"))).unwrap();
    let url = server.url(SUPERUSER, "postgres");
    assert_eq!(query(&url, "select n from t").unwrap().as_deref(), Some("7"));
}

#[test]
fn a_server_whose_guardian_was_killed_too_is_stopped_and_taken_over() {
    let parent = TempFolder::new("orphan", 0o755);
    let (mut owner, url) = owner(parent.0.join("postgres").to_str().unwrap());
    query(&url, "create table t as select 7 as n").unwrap();
    let postmaster = first_line(&parent.0.join("postgres/postmaster.pid"));
    let status = fs::read_to_string(format!("/proc/{postmaster}/status"));
    let Ok(status) = status else {
        return owner.kill().unwrap();
    };
    let guardian = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim();
    let killed = Command::new("sh").args(["-c", "kill -KILL \"$1\"", "sh", guardian]).status();
    assert!(killed.unwrap().success());
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(query(&url, "select 1").is_ok(), "the server should be an orphan now");
    let server = Postgres::start(kept(parent.0.join("postgres"))).unwrap();
    let url = server.url(SUPERUSER, "postgres");
    assert_eq!(query(&url, "select n from t").unwrap().as_deref(), Some("7"));
}

fn first_line(path: &Path) -> String {
    fs::read_to_string(path).unwrap().lines().next().unwrap().trim().to_owned()
}

/// Starts the example `server` as the owner of a server, and answers that
/// server's address.
fn owner(data: &str) -> (std::process::Child, String) {
    let programs = std::env::current_exe().unwrap();
    let profile = programs.parent().unwrap().parent().unwrap();
    let mut owner = Command::new(profile.join("examples/server"))
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.find_map(|line| line.split_once("url ").map(|(_, url)| url.to_owned()));
    (owner, url.unwrap())
}
