//! How often a client writes and then waits, after the upgrade and before its first row.

use mauntic_neon::Options;
use mauntic_neon::http::Statement;

use crate::place::{Place, bounded};

#[tokio::test]
async fn the_first_row_comes_after_two_flights_and_over_http_after_one() {
    let place = Place::new().await;
    let (client, _working) = place.connect().await.unwrap();
    client.query_typed_one("select 1", &[]).await.unwrap();
    let pipelined = place.server.counts().flights();

    let plain = Place::new().await;
    let options = Options { pipelined: false, ..plain.options.clone() };
    let (client, _working) = crate::place::connect(&plain.address, &options).await.unwrap();
    client.query_typed_one("select 1", &[]).await.unwrap();
    let unpipelined = plain.server.counts().flights();

    let asked = Place::new().await;
    bounded(asked.http().query(&Statement::new("select 1"))).await.unwrap();
    let http = asked.server.counts().flights();

    println!(
        "flights before the first row: WebSocket pipelined {pipelined}, not pipelined \
         {unpipelined}, HTTP {http}"
    );
    assert_eq!((pipelined, unpipelined, http), (2, 3, 1));
}

#[tokio::test]
async fn a_flight_is_a_frame() {
    let place = Place::new().await;
    let (client, _working) = place.connect().await.unwrap();
    for _ in 0..5 {
        client.query_typed_one("select 1", &[]).await.unwrap();
    }
    let counts = place.server.counts();
    assert_eq!((counts.frames(), counts.flights(), counts.upgrades()), (6, 6, 1));
}
