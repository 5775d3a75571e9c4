//! Writes what is deployed beside the worker, where the feature `document` asks for it: what
//! describes the API takes as long to be built as the worker, and a lint deploys nothing.

#[cfg(feature = "document")]
mod document;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "document")]
    document::write()?;
    Ok(())
}
