//! Writes the API's document, so that the worker serves text and has none of the
//! code that describes its handlers. The double's ports stand in: the document has
//! nothing of them.

use std::path::PathBuf;
use std::{env, fs, io};

use mauntic_sim::ports::SimPorts;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    let document = mauntic_api::describe::<SimPorts>().to_json()?;
    fs::write(PathBuf::from(folder).join("openapi.json"), document)
}
