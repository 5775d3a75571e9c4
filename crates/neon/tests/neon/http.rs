//! Statements and batches over HTTP.

use mauntic_neon::http::{Bytea, Isolation, Statement, Transaction};
use mauntic_neon::{Error, Reason};
use mauntic_neon_local::{End, Ending, Faults};
use tokio_postgres::error::SqlState;

use crate::place::{Place, bounded};
use crate::said::shown;

#[tokio::test]
async fn values_come_back_by_their_types() {
    let http = Place::new().await.http_kept();
    let bytes = Bytea((0..=255).collect());
    let statement = Statement::new(
        "select $1::bool b, $2::int8 i, $3::float8 f, $4::text t, $5::bytea y, $6::jsonb j,
            $7::text[] a, $8::int4[] n, null::int4 z, 'infinity'::float4 e",
    )
    .bind(&true)
    .bind(&i64::MAX)
    .bind(&0.1_f64)
    .bind("Grüße \"\\ 世界")
    .bind(&bytes)
    .bind(&serde_json::json!([{"k": "v"}]))
    .bind(&["a,b", "NULL", "\"", ""][..])
    .bind(&vec![Some(1), None]);
    let answer = bounded(http.1.query(&statement)).await.unwrap();
    assert_eq!((answer.command.as_str(), answer.count, answer.rows.len()), ("SELECT", Some(1), 1));
    let row = &answer.rows[0];
    assert!(row.by_name::<bool>("b").unwrap());
    assert_eq!(row.by_name::<i64>("i").unwrap(), i64::MAX);
    assert_eq!(row.by_name::<f64>("f").unwrap().to_bits(), 0.1_f64.to_bits());
    assert_eq!(row.by_name::<String>("t").unwrap(), "Grüße \"\\ 世界");
    assert_eq!(row.by_name::<Bytea>("y").unwrap(), bytes);
    assert_eq!(row.by_name::<serde_json::Value>("j").unwrap(), serde_json::json!([{"k": "v"}]));
    assert_eq!(row.by_name::<Vec<String>>("a").unwrap(), ["a,b", "NULL", "\"", ""]);
    assert_eq!(row.by_name::<Vec<Option<i32>>>("n").unwrap(), [Some(1), None]);
    assert_eq!(row.by_name::<Option<i32>>("z").unwrap(), None);
    assert!(row.by_name::<f32>("e").unwrap().is_infinite());
}

#[tokio::test]
async fn a_batch_is_all_or_nothing_and_as_isolated_as_it_says() {
    let (place, http) = Place::new().await.http_kept();
    let client = place.client().await;
    client.batch_execute("create table http_batch (n int4 primary key)").await.unwrap();
    let insert = |n: i32| Statement::new("insert into http_batch values ($1)").bind(&n);

    let done = bounded(http.batch(&[insert(1), insert(2)], Transaction::default())).await.unwrap();
    let counts: Vec<Option<u64>> = done.iter().map(|answer| answer.count).collect();
    assert_eq!(counts, [Some(1), Some(1)]);

    let error = bounded(http.batch(&[insert(3), insert(1)], Transaction::default())).await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION), "{}", shown(&error));
    let Error::Sql(sql) = &error else { panic!("{error:?}") };
    assert_eq!((sql.table(), sql.constraint()), (Some("http_batch"), Some("http_batch_pkey")));
    let count = client.query_typed_one("select count(*) from http_batch", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 2, "nothing of a batch that failed");

    let settings = ["transaction_isolation", "transaction_read_only", "transaction_deferrable"]
        .map(|name| Statement::new(format!("show {name}")));
    let levels = [
        (None, "read committed"),
        (Some(Isolation::ReadUncommitted), "read uncommitted"),
        (Some(Isolation::RepeatableRead), "repeatable read"),
        (Some(Isolation::Serializable), "serializable"),
    ];
    for (isolation, name) in levels {
        let deferrable = isolation == Some(Isolation::Serializable);
        let transaction = Transaction { isolation, read_only: deferrable, deferrable };
        let shown = bounded(http.batch(&settings, transaction)).await.unwrap();
        let read: Vec<String> = shown.iter().map(|show| show.rows[0].get(0).unwrap()).collect();
        let on = if deferrable { "on" } else { "off" };
        assert_eq!(read, [name, on, on]);
    }
    let read_only = Transaction { read_only: true, ..Transaction::default() };
    let error = bounded(http.batch(&[insert(9)], read_only)).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::READ_ONLY_SQL_TRANSACTION));
    assert!(bounded(http.batch(&[], Transaction::default())).await.unwrap().is_empty());
}

#[tokio::test]
async fn refusals_have_their_names() {
    let (place, http) = Place::new().await.http_kept();
    let error = bounded(http.query(&Statement::new("select 1 / 0"))).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::DIVISION_BY_ZERO));
    assert_eq!(error.reason(), Reason::Statement);

    let large = Statement::new("select $1").bind(&"x".repeat(11 << 20));
    let error = bounded(http.query(&large)).await.unwrap_err();
    assert!(matches!(error, Error::RequestTooLarge { .. }), "{error:?}");
    assert_eq!(place.server.counts().requests(), 1, "nothing was sent");

    let large = Statement::new("select repeat('x', 11 * 1024 * 1024)");
    let error = bounded(http.query(&large)).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 507, .. }), "{error:?}");

    let tolerant = Place::with(|wanted| wanted.answer_bytes_max = usize::MAX).await;
    let error = bounded(tolerant.http().query(&large)).await.unwrap_err();
    assert!(matches!(error, Error::AnswerTooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_cut_is_no_answer() {
    let statement = Statement::new("select n from generate_series(1, 100) n");
    for after_bytes in [0, 1, 100, 500] {
        for ending in [Ending::Cut, Ending::Hang] {
            let mut place = Place::with_faults(Faults {
                end: Some(End { after_bytes, ending }),
                ..Faults::default()
            })
            .await;
            place.options.limits.silence_max = std::time::Duration::from_millis(300);
            let error = bounded(place.http().query(&statement)).await.unwrap_err();
            assert!(
                matches!(error, Error::Unanswered { .. }),
                "{after_bytes} {ending:?} {error:?}"
            );
            assert_eq!(error.reason(), Reason::Network);
            shown(&error);
        }
    }
}

impl Place {
    fn http_kept(self) -> (Self, mauntic_neon::http::Http) {
        let http = self.http();
        (self, http)
    }
}
