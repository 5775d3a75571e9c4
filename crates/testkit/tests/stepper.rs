//! Sessions go statement by statement, in every order there is.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use futures::future::{join, join3, select};
use mauntic_testkit::database::{Role, TestDatabase, connect};
use mauntic_testkit::stepper::{Schedules, Step, SteppingProxy, Trace, is_begin};
use mauntic_testkit::wait;
use std::collections::BTreeSet;
use std::pin::pin;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};

struct Fixture {
    database: TestDatabase,
    proxy: SteppingProxy,
    owner: Client,
}

impl Fixture {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let owner = database.connect(Role::Owner).await.unwrap();
        let table = "create table stock (id int primary key, n int not null);
          insert into stock values (1, 0), (2, 0)";
        owner.batch_execute(table).await.unwrap();
        let proxy = SteppingProxy::start(&database.url(Role::Owner), 2).await.unwrap();
        Self { database, proxy, owner }
    }

    async fn client(&self, session: usize) -> Client {
        connect(&self.proxy.url(session, &self.database.url(Role::Owner))).await.unwrap()
    }

    async fn clients(&self) -> [Client; 2] {
        [self.client(0).await, self.client(1).await]
    }

    async fn stock(&self) -> Vec<i32> {
        let rows = self.owner.query("select n from stock order by id", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

async fn add(client: &Client, id: i32) -> Result<u64, Error> {
    let sql = "update stock set n = n + 1 where id = $1 returning n";
    client.query_typed(sql, &[(&id, Type::INT4)]).await.map(|rows| rows.len() as u64)
}

/// One transaction, in one flight or statement by statement.
async fn add_both(client: &Client, ids: [i32; 2], pipelined: bool) -> Result<(), Error> {
    if pipelined {
        let work = join3(client.batch_execute("begin"), add(client, ids[0]), add(client, ids[1]));
        let (worked, committed) = join(work, client.batch_execute("commit")).await;
        worked.0?;
        worked.1?;
        worked.2?;
        return committed;
    }
    client.batch_execute("begin").await?;
    let worked = match add(client, ids[0]).await {
        Ok(_) => add(client, ids[1]).await,
        failed => failed,
    };
    // Of a failed transaction it is a rollback.
    client.batch_execute("commit").await?;
    worked.map(|_rows| ())
}

/// All orders of two transactions over the same rows; answers the traces, with
/// how many of the two were a deadlock's victim.
async fn all_orders(ids: [[i32; 2]; 2], pipelined: bool) -> Vec<(Trace, usize)> {
    let fixture = Fixture::new().await;
    let clients = fixture.clients().await;
    let mut schedules = Schedules::new();
    let mut orders = Vec::new();
    let mut expected = 0;
    while schedules.begin() {
        let operations = [0, 1].map(|n| add_both(&clients[n], ids[n], pipelined));
        let choose = &mut |choices: &[usize]| schedules.choose(choices);
        let (trace, ended) = fixture.proxy.interleave(operations, choose).await;
        let failed: Vec<Error> = ended.into_iter().filter_map(Result::err).collect();
        for error in &failed {
            assert_eq!(error.code(), Some(&SqlState::T_R_DEADLOCK_DETECTED), "{trace}");
        }
        expected += 2 - i32::try_from(failed.len()).unwrap();
        assert_eq!(fixture.stock().await, [expected, expected], "{trace}");
        orders.push((trace, failed.len()));
    }
    assert_eq!(orders.len(), schedules.orders());
    orders
}

#[tokio::test]
async fn opposite_orders_of_rows_deadlock_somewhere() {
    for pipelined in [false, true] {
        let orders = all_orders([[1, 2], [2, 1]], pipelined).await;
        let deadlocks: Vec<_> = orders.iter().filter(|(_trace, victims)| *victims > 0).collect();
        assert!(!deadlocks.is_empty(), "{orders:#?}");
        // The later one fails, often before it is seen to wait.
        assert!(deadlocks.iter().all(|(trace, victims)| *victims == 1 && trace.blocked() >= 1));
        let traces: BTreeSet<String> = orders.iter().map(|(trace, _)| trace.to_string()).collect();
        assert_eq!(traces.len(), orders.len(), "no order comes twice");
    }
}

#[tokio::test]
async fn one_order_of_rows_never_deadlocks() {
    for pipelined in [false, true] {
        let orders = all_orders([[1, 2], [1, 2]], pipelined).await;
        assert!(orders.iter().all(|(_trace, victims)| *victims == 0), "{orders:#?}");
        // Whoever comes second waits until the first has committed, after one or
        // two or all of its statements: three orders for each that may be first.
        assert_eq!(orders.len(), 6, "{orders:#?}");
        assert!(orders.iter().filter(|(trace, _)| trace.blocked() == 1).count() >= 4);
    }
}

#[tokio::test]
async fn independent_statements_come_in_every_order() {
    let fixture = Fixture::new().await;
    let clients = fixture.clients().await;
    let mut schedules = Schedules::new();
    let mut seen = BTreeSet::new();
    while schedules.begin() {
        let operations = [0, 1].map(|n: usize| {
            let client = &clients[n];
            async move {
                client.batch_execute("select 1").await.unwrap();
                client.batch_execute("select 2").await.unwrap();
            }
        });
        let choose = &mut |choices: &[usize]| schedules.choose(choices);
        let (trace, _ended) = fixture.proxy.interleave(operations, choose).await;
        assert_eq!(trace.blocked(), 0);
        assert!(seen.insert(trace.to_string()), "{trace} came twice");
    }
    // 4! / (2! 2!)
    assert_eq!((seen.len(), schedules.orders()), (6, 6));
}

#[tokio::test]
async fn operations_may_connect_for_themselves_and_prepare() {
    let fixture = Fixture::new().await;
    let mut schedules = Schedules::new();
    while schedules.begin() {
        let operations = [0, 1].map(|n: usize| {
            let fixture = &fixture;
            async move {
                let client = fixture.client(n).await;
                client.execute("update stock set n = n + $1 where id = 1", &[&1]).await.unwrap();
                drop(client);
                let client = fixture.client(n).await;
                client.batch_execute("update stock set n = n + 1 where id = 2").await.unwrap();
            }
        });
        let choose = &mut |choices: &[usize]| schedules.choose(choices);
        let (trace, _ended) = fixture.proxy.interleave(operations, choose).await;
        assert_eq!(trace.events.len(), 4, "a preparation goes along: {trace}");
    }
    assert_eq!((schedules.orders(), fixture.stock().await), (6, vec![12, 12]));
}

#[tokio::test]
async fn a_blocked_statement_goes_on_after_the_others_commit() {
    let fixture = Fixture::new().await;
    let [one, two] = fixture.clients().await;
    let [first, second] = [0, 1].map(|n| fixture.proxy.session(n));
    let operations =
        join(first.run(add_both(&one, [1, 2], true)), second.run(add_both(&two, [1, 2], false)));
    let steps = async {
        assert_eq!(first.step().await, Step::Done);
        assert_eq!(second.step().await, Step::Blocked);
        assert_eq!(first.step().await, Step::Done);
        assert_eq!(fixture.stock().await, [0, 0], "nothing is committed yet");
        assert_eq!(first.step().await, Step::Done);
        second.settle().await;
        assert!(!first.has_more().await);
        assert_eq!(fixture.stock().await, [1, 1]);
        assert_eq!([second.step().await, second.step().await], [Step::Done, Step::Done]);
        assert!(!second.has_more().await);
    };
    let (ended, ()) = join(operations, steps).await;
    ended.0.unwrap();
    ended.1.unwrap();
    assert_eq!(fixture.stock().await, [2, 2]);
}

#[tokio::test]
async fn nothing_passes_before_its_step() {
    let fixture = Fixture::new().await;
    let client = fixture.client(0).await;
    let session = fixture.proxy.session(0);
    let mut adding = pin!(session.run(add(&client, 1)));
    let held = async { assert!(session.has_more().await) };
    drop(select(adding.as_mut(), pin!(held)).await);
    assert_eq!(fixture.stock().await, [0, 0]);
    let (added, step) = join(adding, session.step()).await;
    assert_eq!((added.unwrap(), step), (1, Step::Done));
    assert_eq!(fixture.stock().await, [1, 0]);
}

#[tokio::test]
async fn what_a_rule_calls_a_prelude_goes_along() {
    let fixture = Fixture::new().await;
    let owner = fixture.database.url(Role::Owner);
    let is_scope: fn(&str) -> bool = |sql| is_begin(sql) || sql.contains("set_config");
    let proxy = SteppingProxy::merging(&owner, 1, is_scope).await.unwrap();
    let client = connect(&proxy.url(0, &owner)).await.unwrap();
    let operation = async {
        client.batch_execute("begin").await.unwrap();
        let sql = "select set_config('app.organization', $1, true)";
        client.query_typed(sql, &[(&"org_1", Type::TEXT)]).await.unwrap();
        add(&client, 1).await.unwrap();
        client.batch_execute("commit").await.unwrap();
    };
    let (trace, _ended) = proxy.interleave([operation], &mut |_choices| 0).await;
    assert_eq!(trace.events.len(), 2, "{trace}");
    assert!(trace.to_string().starts_with("0: begin; select set_config"), "{trace}");
}

#[tokio::test]
async fn without_a_rule_begin_is_a_step_of_its_own() {
    let fixture = Fixture::new().await;
    let owner = fixture.database.url(Role::Owner);
    let proxy = SteppingProxy::merging(&owner, 1, |_sql| false).await.unwrap();
    let client = connect(&proxy.url(0, &owner)).await.unwrap();
    let operation = add_both(&client, [1, 2], true);
    let (trace, _ended) = proxy.interleave([operation], &mut |_choices| 0).await;
    assert_eq!(trace.events.len(), 4, "{trace}");
}

#[tokio::test]
async fn every_role_logs_in_and_finds_deadlocks_at_once() {
    let fixture = Fixture::new().await;
    for role in [Role::Owner, Role::Http, Role::Queue] {
        let client = connect(&fixture.proxy.url(0, &fixture.database.url(role))).await.unwrap();
        let session = fixture.proxy.session(0);
        let show = session.run(client.simple_query("show deadlock_timeout"));
        let (shown, _step) = join(show, session.step()).await;
        let shown = shown.unwrap();
        let row = shown.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        assert_eq!(row, Some("1ms"), "{role:?}");
    }
}

#[tokio::test]
async fn a_client_that_would_rather_encrypt_is_told_that_there_is_none() {
    let fixture = Fixture::new().await;
    let url = fixture.proxy.url(0, &fixture.database.url(Role::Owner));
    let config: Config = url.parse().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", config.get_ports()[0])).await.unwrap();
    for _ in 0..2 {
        stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'N');
    }
    let (client, connection) = config.connect_raw(stream, NoTls).await.unwrap();
    tokio::spawn(connection);
    let session = fixture.proxy.session(0);
    let (added, _step) = join(session.run(add(&client, 1)), session.step()).await;
    added.unwrap();
}

#[tokio::test]
async fn dropped_it_cuts_its_connections() {
    let fixture = Fixture::new().await;
    let client = fixture.client(0).await;
    drop(fixture.proxy);
    wait::until_async("the connection's end", 30, || async { client.is_closed().then_some(()) })
        .await;
    client.batch_execute("select 1").await.unwrap_err();
}
