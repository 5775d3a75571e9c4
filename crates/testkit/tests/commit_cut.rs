//! A connection that is cut at its COMMIT, before or after the server heard it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use futures::future::{join, join_all};
use mauntic_testkit::database::{Cluster, Role, TestDatabase, connect};
use mauntic_testkit::proxy::{CommitCut, RoundTripProxy};
use tokio_postgres::{Client, Error};

struct Fixture {
    database: TestDatabase,
    proxy: RoundTripProxy,
    owner: Client,
}

impl Fixture {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let owner = database.connect(Role::Owner).await.unwrap();
        owner.batch_execute("create table mark (n int primary key)").await.unwrap();
        let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
        Self { database, proxy, owner }
    }

    async fn client(&self) -> Client {
        connect(&self.proxy.url(&self.database.url(Role::Owner))).await.unwrap()
    }

    async fn marks(&self) -> Vec<i32> {
        let rows = self.owner.query("select n from mark order by n", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

/// One transaction in one flight, with more behind its COMMIT.
async fn mark(client: &Client, n: i32, commit: &str) -> (Result<(), Error>, Result<(), Error>) {
    let insert = format!("insert into mark values ({n})");
    let work = join(client.batch_execute("begin"), client.batch_execute(&insert));
    let ended = join(client.batch_execute(commit), client.batch_execute("select 1"));
    let (_work, ended) = join(work, ended).await;
    ended
}

#[tokio::test]
async fn a_commit_that_is_cut_before_the_server_hears_it_is_rolled_back() {
    let fixture = Fixture::new().await;
    fixture.proxy.cut_at_commit(CommitCut::Before, 1);
    for n in 0..20 {
        let client = fixture.client().await;
        let (committed, behind) = mark(&client, n, "commit").await;
        assert!(committed.unwrap_err().as_db_error().is_none(), "the connection is gone");
        behind.unwrap_err();
    }
    assert_eq!((fixture.marks().await, fixture.proxy.commits_cut()), (vec![], 20));
    fixture.proxy.spare_commits();
    let client = fixture.client().await;
    mark(&client, 7, "commit").await.0.unwrap();
    assert_eq!((fixture.marks().await, fixture.proxy.commits_cut()), (vec![7], 20));
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_done() {
    let fixture = Fixture::new().await;
    fixture.proxy.cut_at_commit(CommitCut::AfterForward, 1);
    for n in 0..20 {
        let client = fixture.client().await;
        let commit = ["commit", "COMMIT;", " Commit ; "][usize::try_from(n % 3).unwrap()];
        let (committed, behind) = mark(&client, n, commit).await;
        assert!(committed.unwrap_err().as_db_error().is_none(), "the connection is gone");
        behind.unwrap_err();
        // At once: the connection is cut when the server has answered.
        assert_eq!(fixture.marks().await.last(), Some(&n));
    }
    assert_eq!(fixture.proxy.commits_cut(), 20);
}

#[tokio::test]
async fn a_commit_alone_is_cut_after_answers_that_arrived() {
    let fixture = Fixture::new().await;
    fixture.proxy.cut_at_commit(CommitCut::AfterForward, 1);
    let client = fixture.client().await;
    client.batch_execute("begin").await.unwrap();
    client.batch_execute("insert into mark values (1)").await.unwrap();
    client.batch_execute("commit").await.unwrap_err();
    assert_eq!((fixture.marks().await, fixture.proxy.commits_cut()), (vec![1], 1));
}

#[tokio::test]
async fn each_nth_commit_of_all_connections_is_cut() {
    let fixture = Fixture::new().await;
    for (mode, done) in [(CommitCut::Before, 8), (CommitCut::AfterForward, 12)] {
        fixture.owner.batch_execute("truncate mark").await.unwrap();
        let before = fixture.proxy.commits_cut();
        fixture.proxy.cut_at_commit(mode, 3);
        let committed = join_all((0..12).map(|n| {
            let fixture = &fixture;
            async move { mark(&fixture.client().await, n, "commit").await.0.is_ok() }
        }))
        .await;
        assert_eq!(committed.iter().filter(|ok| **ok).count(), 8, "{mode:?}");
        assert_eq!(fixture.marks().await.len(), done, "{mode:?}");
        assert_eq!(fixture.proxy.commits_cut() - before, 4, "{mode:?}");
    }
}

#[tokio::test]
async fn what_only_looks_like_a_commit_passes() {
    let fixture = Fixture::new().await;
    fixture.proxy.cut_at_commit(CommitCut::Before, 1);
    let client = fixture.client().await;
    client.batch_execute("select 'commit'").await.unwrap();
    client.batch_execute("--commit").await.unwrap();
    client.query_typed("select 'commit'", &[]).await.unwrap();
    assert_eq!(fixture.proxy.commits_cut(), 0);
}
