//! What a session does over WebSocket: all that `tokio_postgres` can.

use std::future::poll_fn;
use std::pin::pin;

use futures::future::{Either, join, select};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{AsyncMessage, Client};

use crate::place::{Place, bounded};

/// Rows of the large answer; with 1 KiB each, 5 MB.
const ROWS: usize = 5_000;

/// Everything, on one session; the suites of faults run it too.
pub(crate) async fn all(client: &mut Client) {
    values(client).await;
    transactions(client).await;
    errors(client).await;
    pipelined(client).await;
    large(client, 200).await;
}

async fn values(client: &Client) {
    let bytes: Vec<u8> = (0..=255).cycle().take(3_000).collect();
    let row = client
        .query_typed_one(
            "select $1::bytea, $2::text, $3::int8, null::text, $4::jsonb",
            &[
                (&bytes, Type::BYTEA),
                (&"Grüße, 世界", Type::TEXT),
                (&i64::MIN, Type::INT8),
                (&serde_json::json!({"a": [1, null]}), Type::JSONB),
            ],
        )
        .await
        .unwrap();
    assert_eq!(row.get::<_, Vec<u8>>(0), bytes);
    assert_eq!(row.get::<_, &str>(1), "Grüße, 世界");
    assert_eq!(row.get::<_, i64>(2), i64::MIN);
    assert_eq!(row.get::<_, Option<&str>>(3), None);
    assert_eq!(row.get::<_, serde_json::Value>(4), serde_json::json!({"a": [1, null]}));
    // A named statement, too.
    let statement = client.prepare("select $1::int4 + 1").await.unwrap();
    assert_eq!(client.query_one(&statement, &[&41]).await.unwrap().get::<_, i32>(0), 42);
}

async fn transactions(client: &mut Client) {
    client.batch_execute("create temp table if not exists kept (n int8)").await.unwrap();
    let insert = "insert into kept select 1";
    let lost = client.transaction().await.unwrap();
    lost.execute_typed(insert, &[]).await.unwrap();
    lost.rollback().await.unwrap();
    let kept = client.transaction().await.unwrap();
    kept.execute_typed(insert, &[]).await.unwrap();
    kept.commit().await.unwrap();
    let count = client.query_typed_one("select count(*) from kept", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 1);
    client.batch_execute("drop table kept").await.unwrap();
}

async fn errors(client: &Client) {
    let error = client.query_typed("select 1 / 0", &[]).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::DIVISION_BY_ZERO));
    let error = client.batch_execute("no such statement").await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::SYNTAX_ERROR));
}

async fn pipelined(client: &Client) {
    let [one, two] = ["select 1", "select 2"].map(|text| client.query_typed_one(text, &[]));
    let (one, two) = join(one, two).await;
    assert_eq!((one.unwrap().get::<_, i32>(0), two.unwrap().get::<_, i32>(0)), (1, 2));
}

async fn large(client: &Client, rows: usize) {
    let count = i32::try_from(rows).unwrap();
    let text = "select n, repeat('x', 1024) from generate_series(1, $1) n";
    let answer = client.query_typed(text, &[(&count, Type::INT4)]).await.unwrap();
    assert_eq!(answer.len(), rows);
    assert!(answer.iter().all(|row| row.get::<_, &str>(1).len() == 1_024));
}

#[tokio::test]
async fn a_session_does_everything() {
    let place = Place::new().await;
    let (mut client, working) = place.connect().await.unwrap();
    bounded(all(&mut client)).await;
    bounded(large(&client, ROWS)).await;
    // A message of 4 MB in either direction.
    let bytes = vec![7_u8; 4 << 20];
    let row = client.query_typed_one("select $1::bytea", &[(&bytes, Type::BYTEA)]).await.unwrap();
    assert_eq!(row.get::<_, &[u8]>(0), bytes);
    drop(client);
    bounded(working).await.unwrap().expect("a session that is over ends clean");
}

#[tokio::test]
async fn notices_are_heard() {
    let place = Place::new().await;
    let (client, mut connection) =
        bounded(mauntic_neon::connect(&place.address, &place.options)).await.unwrap();
    let mut notices = Vec::new();
    {
        let raise = "do $$ begin raise notice 'heard'; end $$";
        let raised = pin!(client.batch_execute(raise));
        let listening = pin!(async {
            while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notice(notice) = message.unwrap() {
                    notices.push(notice.message().to_owned());
                }
            }
        });
        match bounded(select(raised, listening)).await {
            Either::Left((raised, _)) => raised.unwrap(),
            Either::Right(_) => panic!("the connection ended"),
        }
    }
    assert_eq!(notices, ["heard"]);
}

#[tokio::test]
async fn a_session_that_is_killed_says_so() {
    let place = Place::new().await;
    let (client, working) = place.connect().await.unwrap();
    let killing = "select pg_terminate_backend(pg_backend_pid())";
    let error = client.query_typed(killing, &[]).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::ADMIN_SHUTDOWN));
    assert!(bounded(working).await.unwrap().is_err());
}
