//! Asks a database of Neon's who it is, both ways: `DATABASE_URL=… cargo run --example hello`.

use mauntic_neon::http::{Http, Statement};
use mauntic_neon::{Address, Error, Hosts, Options, Patience, connect_awake};

const QUESTION: &str = "select current_database()::text";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let url = std::env::var("DATABASE_URL").unwrap_or_default();
    let address = Address::parse(&url, &Hosts::neon())?;
    let options = Options::default();
    let (client, connection, attempts) =
        connect_awake(&address, &options, &Patience::default()).await?;
    let working = tokio::spawn(connection);
    let row = client.query_typed_one(QUESTION, &[]).await?;
    println!("over WebSocket, at attempt {attempts}: {}", row.get::<_, &str>(0));
    drop(client);
    if let Ok(ended) = working.await {
        ended?;
    }
    let answer = Http::new(address, options).query(&Statement::new(QUESTION)).await?;
    for row in &answer.rows {
        println!("over HTTP: {}", row.get::<String>(0)?);
    }
    Ok(())
}
