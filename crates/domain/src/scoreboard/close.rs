//! The end of a season: the digest of its final lines, which whoever keeps it can tell
//! another board by.

use sha2::{Digest, Sha256};

use super::chain::Entrant;
use super::result::ResultHash;

/// A line as it is digested, for ever: member, ten-thousandths of points, exact hits,
/// right outcomes and microseconds since 1970 of joining, joined by blanks, with a line
/// feed behind them.
#[must_use]
pub fn line(of: &Entrant) -> String {
    let Entrant { member, totals, joined_at } = of;
    let (points, joined_us) = (totals.points.e4(), joined_at.timestamp_micros());
    format!("{member} {points} {} {} {joined_us}\n", totals.exact_hits, totals.right_outcomes)
}

/// SHA-256 of lines, in their order.
#[must_use]
pub fn digest<'a>(lines: impl IntoIterator<Item = &'a Entrant>) -> ResultHash {
    let mut sha = Sha256::new();
    for of in lines {
        sha.update(line(of).as_bytes());
    }
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::super::ledger::to_hex;
    use super::super::totals::Totals;
    use super::*;
    use crate::ids::MemberId;
    use crate::points::PointsE4;

    fn entrant(name: &str, points: i64) -> Entrant {
        let totals = Totals { points: PointsE4::from_e4(points), exact_hits: 1, right_outcomes: 2 };
        let joined_at = chrono::DateTime::from_timestamp_micros(1_668_000_000_000_001).unwrap();
        Entrant { member: MemberId::parse(name).unwrap(), totals, joined_at }
    }

    /// Digests are kept: a build that digests otherwise would find every season altered.
    #[test]
    fn lines_are_digested_in_this_form() {
        let (first, second) = (entrant("ada", 55_000), entrant("b:2", 0));
        assert_eq!(line(&first), "ada 55000 1 2 1668000000000001\n");
        let whole = Sha256::digest(format!("{}{}", line(&first), line(&second)));
        assert_eq!(digest([&first, &second]), ResultHash::from(whole));
        assert_ne!(digest([&second, &first]), digest([&first, &second]));
        let nobody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(to_hex(&digest([])), nobody);
    }
}
