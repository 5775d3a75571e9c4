//! The leaderboard's cursor: an opaque text that holds a position.
//!
//! It carries a check over its content and the organization, so that a cursor
//! that was cut, edited or taken from another organization is refused instead
//! of giving a page that looks right. The check is no secret and need not be:
//! a forged cursor names a place in the caller's own leaderboard.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mauntic_domain::ids::{ContactId, NAME_LENGTH_MAX, OrganizationId};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::score::TOTAL_MAX;
use mauntic_flows::ports::Position;
use sha2::{Digest, Sha256};

/// Kind and version; a cursor of another list or of an older build is refused.
const LABEL: &[u8] = b"leaderboard.1";

const CHECK_BYTES: usize = 8;
const TOTAL_BYTES: usize = 8;

/// Most characters of a cursor: 8 + 8 + 64 bytes are 107 in base64.
pub(crate) const CURSOR_CHARS_MAX: usize =
    (CHECK_BYTES + TOTAL_BYTES + NAME_LENGTH_MAX).div_ceil(3) * 4;

/// Writes a position.
pub(crate) fn encode(organization: &OrganizationId, position: &Position) -> String {
    let total = position.total.e4().to_be_bytes();
    let contact = position.contact_id.as_str().as_bytes();
    let check = check(organization, &total, contact);
    URL_SAFE_NO_PAD.encode([check.as_slice(), &total, contact].concat())
}

/// Reads a position; `None` for anything that [`encode`] did not write for
/// this organization.
pub(crate) fn decode(organization: &OrganizationId, text: &str) -> Option<Position> {
    if text.len() > CURSOR_CHARS_MAX {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (found, rest) = bytes.split_first_chunk::<CHECK_BYTES>()?;
    let (total, contact) = rest.split_first_chunk::<TOTAL_BYTES>()?;
    if *found != check(organization, total, contact) {
        return None;
    }
    let total = PointsE4::from_e4(i64::from_be_bytes(*total));
    let contact_id = ContactId::parse(std::str::from_utf8(contact).ok()?).ok()?;
    (PointsE4::ZERO..=TOTAL_MAX).contains(&total).then_some(Position { total, contact_id })
}

fn check(organization: &OrganizationId, total: &[u8], contact: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hash = Sha256::new();
    // Names hold no zero byte, so the parts cannot run into each other.
    for part in [LABEL, organization.as_str().as_bytes(), contact, total] {
        hash.update(part);
        hash.update([0]);
    }
    let mut check = [0; CHECK_BYTES];
    check.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    check
}
