//! Keeps a PostgreSQL server until standard input closes: `server temporary`,
//! or `server FOLDER` for kept data. Prints its address. The tests kill it.

use std::io::Read;

use mauntic_local::postgres::{Data, Options, Postgres};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::args().nth(1).ok_or("usage: server temporary|FOLDER")?;
    let data = match data.as_str() {
        "temporary" => Data::Temporary,
        folder => Data::Folder(folder.into()),
    };
    let server = Postgres::start(Options { data, ..Options::temporary() })?;
    println!("url {}", server.url(mauntic_local::postgres::SUPERUSER, "postgres"));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
