//! The schema's version and the database's clock.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_store::{SCHEMA, doctor};
use tokio_postgres::Client;

use super::check::Check;
use crate::clock;

/// Clocks that differ by more are worth a look: logs and rows cannot be laid
/// side by side.
const SKEW_WARN: TimeDelta = TimeDelta::seconds(5);

/// From here on ids, which begin with a host's clock, are further from the
/// database's times than lists by time allow for.
const SKEW_FAIL: TimeDelta = TimeDelta::seconds(60);

/// Whether this build runs on the schema, or, before it is deployed, whether the
/// schema is its own.
pub(super) async fn schema(client: &Client, is_exact: bool) -> Check {
    match doctor::clock(client).await {
        Ok((_, version)) => judge_schema(version, is_exact),
        Err(error) => Check::unanswered("schema", &error),
    }
}

fn judge_schema(version: i32, is_exact: bool) -> Check {
    let own = *SCHEMA.start();
    let found = format!("version {version}; this build's is {own}, and it runs on {SCHEMA:?}");
    if version < own {
        return Check::fail("schema", found, "run `mauntic migrate` with this build");
    }
    if !SCHEMA.contains(&version) {
        return Check::fail("schema", found, "use the build that brought the schema there");
    }
    if is_exact && version != own {
        return Check::fail("schema", found, "a newer build has migrated; deploy that one");
    }
    Check::ok("schema", found)
}

/// Whether this machine and the database tell the same time.
pub(super) async fn clock(client: &Client) -> Check {
    let before = clock::now();
    let asked = doctor::clock(client).await;
    match (before, asked, clock::now()) {
        (Ok(before), Ok((database, _)), Ok(after)) => {
            judge_clock("clock", "the database's", database, (before, after))
        }
        (_, Err(error), _) => Check::unanswered("clock", &error),
        (Err(error), ..) | (.., Err(error)) => {
            Check::fail("clock", format!("{error:#}"), "set this machine's clock")
        }
    }
}

/// Judges another clock's time that was read between two looks at ours.
pub(super) fn judge_clock(
    name: &'static str,
    whose: &str,
    theirs: DateTime<Utc>,
    (before, after): (DateTime<Utc>, DateTime<Utc>),
) -> Check {
    let ahead = (theirs - after).max(TimeDelta::zero());
    let behind = (before - theirs).max(TimeDelta::zero());
    let (skew, how) = if ahead > behind { (ahead, "ahead of") } else { (behind, "behind") };
    let found = format!("{whose} is {} ms {how} this machine's", skew.num_milliseconds());
    let advice = "set the clocks by NTP: this machine's, or tell the provider";
    if skew > SKEW_FAIL {
        Check::fail(name, found, advice)
    } else if skew > SKEW_WARN {
        Check::warn(name, found, advice)
    } else {
        Check::ok(name, found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    #[test]
    fn a_build_is_deployed_on_its_own_schema_and_runs_on_the_next() {
        let own = *SCHEMA.start();
        for (version, is_exact, verdict) in [
            (own, false, Verdict::Ok),
            (own, true, Verdict::Ok),
            (own + 1, false, Verdict::Ok),
            (own + 1, true, Verdict::Fail),
            (own + 2, false, Verdict::Fail),
            (own - 1, false, Verdict::Fail),
            (0, true, Verdict::Fail),
        ] {
            assert_eq!(judge_schema(version, is_exact).verdict, verdict, "{version} {is_exact}");
        }
    }

    #[test]
    fn a_slow_answer_is_no_skew() {
        let at = |secs: i64| DateTime::from_timestamp(1_790_000_000 + secs, 0).unwrap();
        for (theirs, verdict) in [
            (0, Verdict::Ok),
            (15, Verdict::Ok),
            (30, Verdict::Ok),
            (35, Verdict::Ok),
            (36, Verdict::Warn),
            (-6, Verdict::Warn),
            (91, Verdict::Fail),
            (-61, Verdict::Fail),
        ] {
            let check = judge_clock("clock", "theirs", at(theirs), (at(0), at(30)));
            assert_eq!(check.verdict, verdict, "{theirs}: {}", check.found);
        }
    }
}
