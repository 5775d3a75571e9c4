//! What is drawn from the system's randomness.

use anyhow::Context;
use uuid::Uuid;

/// Random bytes of a secret: 256 bits, so that a key's SHA-256 need not be salted.
const SECRET_BYTES: usize = 32;

/// 256 random bits in hexadecimal.
pub(crate) fn hex() -> anyhow::Result<String> {
    Ok(bytes::<SECRET_BYTES>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A random UUID (version 4).
pub(crate) fn id() -> anyhow::Result<Uuid> {
    Ok(uuid::Builder::from_random_bytes(bytes()?).into_uuid())
}

fn bytes<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).context("the system has no randomness to give")?;
    Ok(bytes)
}
